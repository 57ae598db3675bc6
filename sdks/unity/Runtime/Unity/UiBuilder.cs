using UnityEngine;
using UnityEngine.Events;
using UnityEngine.EventSystems;
using UnityEngine.UI;

namespace Rankora.Unity
{
    /// <summary>Makes the parts of which the components are built.</summary>
    internal sealed class UiBuilder
    {
        private readonly RankoraTheme theme;
        private readonly Font font;

        public UiBuilder(RankoraTheme theme)
        {
            this.theme = theme;
            font = theme.font != null ? theme.font : BuiltInFont();
        }

        /// <summary>
        /// Where to build: within the canvas that the object is on, filling it; on an object without one, on a canvas of
        /// its own, at a place of the screen.
        /// </summary>
        public RectTransform Panel(Component on, string name, TextAnchor place, Vector2 size)
        {
            EnsureEventSystem();
            var isOnCanvas = on.GetComponentInParent<Canvas>() != null && on.transform is RectTransform;
            var parent = isOnCanvas ? on.transform : Canvas(on.transform);
            var panel = Child(parent, name);
            if (isOnCanvas) Fill(panel, 0);
            else PutAt(panel, place, size);
            Picture(panel, theme.background, theme.backgroundSprite);
            panel.gameObject.AddComponent<CanvasGroup>();
            Stack<VerticalLayoutGroup>(panel, theme.padding);
            return panel;
        }

        /// <summary>A list that takes the height that is left, and is scrolled where that isn't enough.</summary>
        public RectTransform List(Transform parent, string name)
        {
            var frame = Child(parent, name);
            Layout(frame).flexibleHeight = 1;
            frame.gameObject.AddComponent<RectMask2D>();
            var list = Child(frame, "Rows");
            list.anchorMin = new Vector2(0, 1);
            list.anchorMax = Vector2.one;
            list.pivot = new Vector2(0.5f, 1);
            list.sizeDelta = Vector2.zero;
            Stack<VerticalLayoutGroup>(list, 0);
            list.gameObject.AddComponent<ContentSizeFitter>().verticalFit = ContentSizeFitter.FitMode.PreferredSize;
            var scroll = frame.gameObject.AddComponent<ScrollRect>();
            scroll.viewport = frame;
            scroll.content = list;
            scroll.horizontal = false;
            scroll.movementType = ScrollRect.MovementType.Clamped;
            scroll.scrollSensitivity = theme.rowHeight;
            return list;
        }

        public RectTransform Row(Transform parent, string name)
        {
            var row = Child(parent, name);
            Picture(row, theme.row, theme.rowSprite);
            Height(row, theme.rowHeight);
            Stack<HorizontalLayoutGroup>(row, 0).padding = new RectOffset(8, 8, 0, 0);
            return row;
        }

        public Text Label(Transform parent, string name, Color color, TextAnchor alignment = TextAnchor.MiddleLeft)
        {
            var label = Child(parent, name).gameObject.AddComponent<Text>();
            label.font = font;
            label.fontSize = theme.fontSize;
            label.color = color;
            label.alignment = alignment;
            label.raycastTarget = false;
            // Names are texts of players: nothing in them is markup.
            label.supportRichText = false;
            label.horizontalOverflow = HorizontalWrapMode.Wrap;
            label.verticalOverflow = VerticalWrapMode.Truncate;
            return label;
        }

        public Button Button(Transform parent, string text, UnityAction onClick)
        {
            var place = Child(parent, "Button");
            var picture = Picture(place, theme.button, theme.buttonSprite);
            Height(place, theme.rowHeight);
            var button = place.gameObject.AddComponent<Button>();
            button.targetGraphic = picture;
            button.onClick.AddListener(onClick);
            var label = Label(place, "Text", theme.buttonText, TextAnchor.MiddleCenter);
            label.text = text;
            Fill(label.rectTransform, 4);
            return button;
        }

        public InputField Input(Transform parent, string hint)
        {
            var place = Child(parent, "Name");
            var picture = Picture(place, theme.input, theme.rowSprite);
            Height(place, theme.rowHeight);
            var text = Label(place, "Text", theme.text);
            var placeholder = Label(place, "Placeholder", theme.quietText);
            placeholder.text = hint;
            foreach (var label in new[] { text, placeholder }) Fill(label.rectTransform, 8);
            var input = place.gameObject.AddComponent<InputField>();
            input.targetGraphic = picture;
            input.textComponent = text;
            input.placeholder = placeholder;
            input.lineType = InputField.LineType.SingleLine;
            return input;
        }

        public static void Width(Component part, float width)
        {
            Layout(part).preferredWidth = width;
            Layout(part).minWidth = width;
        }

        public static void Height(Component part, float height)
        {
            Layout(part).preferredHeight = height;
            Layout(part).minHeight = height;
        }

        /// <summary>Takes what room is left.</summary>
        public static void Stretch(Component part)
        {
            Layout(part).flexibleWidth = 1;
        }

        private static LayoutElement Layout(Component part)
        {
            var layout = part.GetComponent<LayoutElement>();
            return layout != null ? layout : part.gameObject.AddComponent<LayoutElement>();
        }

        private T Stack<T>(Component on, int padding) where T : HorizontalOrVerticalLayoutGroup
        {
            var stack = on.gameObject.AddComponent<T>();
            stack.padding = new RectOffset(padding, padding, padding, padding);
            stack.spacing = theme.spacing;
            stack.childControlWidth = true;
            stack.childControlHeight = true;
            stack.childForceExpandWidth = typeof(T) == typeof(VerticalLayoutGroup);
            stack.childForceExpandHeight = typeof(T) == typeof(HorizontalLayoutGroup);
            return stack;
        }

        private static Image Picture(Component on, Color color, Sprite sprite)
        {
            var picture = on.gameObject.AddComponent<Image>();
            picture.color = color;
            picture.sprite = sprite;
            if (sprite != null) picture.type = Image.Type.Sliced;
            return picture;
        }

        private static RectTransform Child(Transform parent, string name)
        {
            var child = new GameObject(name, typeof(RectTransform));
            child.transform.SetParent(parent, false);
            child.layer = parent.gameObject.layer;
            return (RectTransform)child.transform;
        }

        private static void Fill(RectTransform part, float margin)
        {
            part.anchorMin = Vector2.zero;
            part.anchorMax = Vector2.one;
            part.offsetMin = new Vector2(margin, 0);
            part.offsetMax = new Vector2(-margin, 0);
        }

        private static void PutAt(RectTransform part, TextAnchor place, Vector2 size)
        {
            const float Margin = 24;
            var point = new Vector2((int)place % 3 * 0.5f, 1 - (int)place / 3 * 0.5f);
            part.anchorMin = part.anchorMax = part.pivot = point;
            part.sizeDelta = size;
            part.anchoredPosition = new Vector2((0.5f - point.x) * 2 * Margin, (0.5f - point.y) * 2 * Margin);
        }

        private static Transform Canvas(Transform on)
        {
            var home = new GameObject("Canvas", typeof(RectTransform));
            home.transform.SetParent(on, false);
            home.AddComponent<Canvas>().renderMode = RenderMode.ScreenSpaceOverlay;
            var scaler = home.AddComponent<CanvasScaler>();
            scaler.uiScaleMode = CanvasScaler.ScaleMode.ScaleWithScreenSize;
            scaler.referenceResolution = new Vector2(1280, 720);
            scaler.matchWidthOrHeight = 0.5f;
            home.AddComponent<GraphicRaycaster>();
            return home.transform;
        }

        private static void EnsureEventSystem()
        {
            if (EventSystem.current != null || FindEventSystem() != null) return;
            var home = new GameObject("EventSystem", typeof(EventSystem));
#if RANKORA_INPUT_SYSTEM && ENABLE_INPUT_SYSTEM
            home.AddComponent<UnityEngine.InputSystem.UI.InputSystemUIInputModule>();
#else
            home.AddComponent<StandaloneInputModule>();
#endif
        }

        private static EventSystem FindEventSystem()
        {
#if UNITY_2023_1_OR_NEWER
            return Object.FindAnyObjectByType<EventSystem>();
#else
            return Object.FindObjectOfType<EventSystem>();
#endif
        }

        private static Font BuiltInFont()
        {
#if UNITY_2022_2_OR_NEWER
            return Resources.GetBuiltinResource<Font>("LegacyRuntime.ttf");
#else
            return Resources.GetBuiltinResource<Font>("Arial.ttf");
#endif
        }
    }
}
