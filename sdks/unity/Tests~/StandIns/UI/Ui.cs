using UnityEngine.Events;

namespace UnityEngine.EventSystems
{
    public class EventSystem : Behaviour { public static EventSystem current => FindObjectOfType<EventSystem>(); }
    public class StandaloneInputModule : Behaviour { }
}

namespace UnityEngine.InputSystem.UI
{
    public class InputSystemUIInputModule : Behaviour { }
}

namespace UnityEngine.UI
{
    public class Graphic : Behaviour
    {
        public Color color { get; set; } = Color.white;
        public bool raycastTarget { get; set; } = true;
        public RectTransform rectTransform => (RectTransform)transform;
    }

    public class Text : Graphic
    {
        public string text { get; set; } = "";
        public Font font { get; set; }
        public int fontSize { get; set; }
        public TextAnchor alignment { get; set; }
        public bool supportRichText { get; set; } = true;
        public HorizontalWrapMode horizontalOverflow { get; set; }
        public VerticalWrapMode verticalOverflow { get; set; }
    }

    public class Image : Graphic
    {
        public enum Type { Simple, Sliced, Tiled, Filled }
        public Sprite sprite { get; set; }
        public Type type { get; set; }
    }

    public class Selectable : Behaviour
    {
        public bool interactable { get; set; } = true;
        public Graphic targetGraphic { get; set; }
    }

    public class Button : Selectable
    {
        public sealed class ButtonClickedEvent : UnityEvent { }
        public ButtonClickedEvent onClick { get; set; } = new ButtonClickedEvent();
    }

    public class InputField : Selectable
    {
        public enum LineType { SingleLine, MultiLineSubmit, MultiLineNewline }
        public sealed class OnChangeEvent : UnityEvent<string> { }
        private string content = "";
        public OnChangeEvent onValueChanged { get; set; } = new OnChangeEvent();
        public Text textComponent { get; set; }
        public Graphic placeholder { get; set; }
        public LineType lineType { get; set; }

        public string text
        {
            get { return content; }
            set
            {
                if (content == value) return;
                content = value;
                onValueChanged.Invoke(value);
            }
        }
    }

    public class LayoutElement : Behaviour
    {
        public float minWidth { get; set; }
        public float minHeight { get; set; }
        public float preferredWidth { get; set; }
        public float preferredHeight { get; set; }
        public float flexibleWidth { get; set; }
        public float flexibleHeight { get; set; }
    }

    public class HorizontalOrVerticalLayoutGroup : Behaviour
    {
        public RectOffset padding { get; set; }
        public float spacing { get; set; }
        public bool childControlWidth { get; set; }
        public bool childControlHeight { get; set; }
        public bool childForceExpandWidth { get; set; }
        public bool childForceExpandHeight { get; set; }
    }

    public class HorizontalLayoutGroup : HorizontalOrVerticalLayoutGroup { }
    public class VerticalLayoutGroup : HorizontalOrVerticalLayoutGroup { }
    public class RectMask2D : Behaviour { }

    public class ContentSizeFitter : Behaviour
    {
        public enum FitMode { Unconstrained, MinSize, PreferredSize }
        public FitMode verticalFit { get; set; }
    }

    public class ScrollRect : Behaviour
    {
        public enum MovementType { Unrestricted, Elastic, Clamped }
        public RectTransform viewport { get; set; }
        public RectTransform content { get; set; }
        public bool horizontal { get; set; }
        public MovementType movementType { get; set; }
        public float scrollSensitivity { get; set; }
    }

    public class GraphicRaycaster : Behaviour { }

    public class CanvasScaler : Behaviour
    {
        public enum ScaleMode { ConstantPixelSize, ScaleWithScreenSize, ConstantPhysicalSize }
        public ScaleMode uiScaleMode { get; set; }
        public Vector2 referenceResolution { get; set; }
        public float matchWidthOrHeight { get; set; }
    }
}
