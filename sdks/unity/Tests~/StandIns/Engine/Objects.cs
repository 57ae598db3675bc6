using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

// Stand-ins for the few types of the engine that the package uses: what is needed to compile it, and enough of what they
// do for its components to run. They are written after Unity's documentation, and prove nothing about Unity itself.
namespace UnityEngine
{
    public enum HideFlags { None = 0, HideInHierarchy = 1 }

    public class Object
    {
        internal static readonly List<Object> All = new List<Object>();
        internal bool IsDestroyed;

        public Object() { All.Add(this); }

        public string name { get; set; } = "";
        public HideFlags hideFlags { get; set; }

        public static void DontDestroyOnLoad(Object target) { }
        public static T FindObjectOfType<T>() where T : Object { return All.OfType<T>().FirstOrDefault(one => !one.IsDestroyed); }

        public static T FindAnyObjectByType<T>() where T : Object { return FindObjectOfType<T>(); }

        public static void Destroy(Object target)
        {
            var thing = target as GameObject;
            if (thing != null) thing.Destroy();
            target.IsDestroyed = true;
            All.Remove(target);
        }

        // What is destroyed counts as null.
        public static bool operator ==(Object left, Object right)
        {
            var isLeftGone = ReferenceEquals(left, null) || left.IsDestroyed;
            var isRightGone = ReferenceEquals(right, null) || right.IsDestroyed;
            return isLeftGone || isRightGone ? isLeftGone == isRightGone : ReferenceEquals(left, right);
        }

        public static bool operator !=(Object left, Object right) { return !(left == right); }
        public override bool Equals(object other) { return ReferenceEquals(this, other); }
        public override int GetHashCode() { return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this); }
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new() { return new T(); }
    }

    public sealed class GameObject : Object
    {
        private readonly List<Component> components = new List<Component>();
        private bool isActive = true;

        public GameObject(string name, params Type[] types)
        {
            this.name = name;
            transform = types.Contains(typeof(RectTransform)) ? new RectTransform() : new Transform();
            transform.gameObject = this;
            components.Add(transform);
            foreach (var type in types.Where(type => type != typeof(RectTransform))) Add((Component)Activator.CreateInstance(type, true));
        }

        public Transform transform { get; private set; }
        public int layer { get; set; }
        public bool activeSelf => isActive;
        public bool activeInHierarchy => isActive && (transform.parent == null || transform.parent.gameObject.activeInHierarchy);

        public T AddComponent<T>() where T : Component { return (T)Add((Component)Activator.CreateInstance(typeof(T), true)); }
        public T GetComponent<T>() { return components.OfType<T>().FirstOrDefault(); }
        public T GetComponentInParent<T>() { return transform.GetComponentInParent<T>(); }

        public void SetActive(bool value)
        {
            if (isActive == value) return;
            var before = Behaviours().Where(behaviour => behaviour.IsAlive).ToList();
            isActive = value;
            foreach (var behaviour in value ? Behaviours().Where(behaviour => behaviour.IsAlive) : before) behaviour.Send(value ? "OnEnable" : "OnDisable");
        }

        internal void Destroy()
        {
            foreach (var child in transform.Children.ToArray()) Object.Destroy(child.gameObject);
            foreach (var behaviour in components.OfType<Behaviour>())
            {
                if (behaviour.IsAlive) behaviour.Send("OnDisable");
                behaviour.Send("OnDestroy");
            }
            foreach (var component in components)
            {
                component.IsDestroyed = true;
                All.Remove(component);
            }
            if (transform.parent != null) transform.parent.Children.Remove(transform);
        }

        private Component Add(Component component)
        {
            component.gameObject = this;
            components.Add(component);
            var behaviour = component as Behaviour;
            if (behaviour != null && behaviour.IsAlive) behaviour.Send("OnEnable");
            return component;
        }

        private IEnumerable<Behaviour> Behaviours()
        {
            return components.OfType<Behaviour>().Concat(transform.Children.SelectMany(child => child.gameObject.Behaviours())).ToList();
        }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }
        public Transform transform => gameObject.transform;

        public T GetComponent<T>() { return gameObject.GetComponent<T>(); }

        public T GetComponentInParent<T>()
        {
            for (var place = transform; place != null; place = place.parent)
            {
                var found = place.gameObject.GetComponent<T>();
                if (found != null) return found;
            }
            return default(T);
        }
    }

    public class Behaviour : Component
    {
        private bool isEnabled = true;

        public bool enabled
        {
            get { return isEnabled; }
            set
            {
                if (isEnabled == value) return;
                isEnabled = value;
                if (gameObject.activeInHierarchy) Send(value ? "OnEnable" : "OnDisable");
            }
        }

        internal bool IsAlive => isEnabled && gameObject.activeInHierarchy;

        /// <summary>Calls a message of the engine, which classes have by name, privately or not.</summary>
        internal void Send(string message, params object[] arguments)
        {
            const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
            for (var type = GetType(); type != null; type = type.BaseType)
            {
                var method = type.GetMethod(message, Any);
                if (method == null) continue;
                method.Invoke(this, arguments);
                return;
            }
        }
    }

    public class MonoBehaviour : Behaviour { }

    public class Transform : Component
    {
        internal readonly List<Transform> Children = new List<Transform>();

        public Transform parent { get; private set; }
        public int childCount => Children.Count;

        public Transform GetChild(int index) { return Children[index]; }

        public void SetParent(Transform to, bool worldPositionStays)
        {
            if (parent != null) parent.Children.Remove(this);
            parent = to;
            if (to != null) to.Children.Add(this);
        }
    }

    public sealed class RectTransform : Transform
    {
        public Vector2 anchorMin { get; set; }
        public Vector2 anchorMax { get; set; }
        public Vector2 pivot { get; set; }
        public Vector2 sizeDelta { get; set; }
        public Vector2 anchoredPosition { get; set; }
        public Vector2 offsetMin { get; set; }
        public Vector2 offsetMax { get; set; }
    }

    /// <summary>What a test does in the place of the engine.</summary>
    public static class Engine
    {
        public static readonly Dictionary<string, Object> Assets = new Dictionary<string, Object>();

        /// <summary>One frame of the game.</summary>
        public static void Frame()
        {
            foreach (var behaviour in Object.All.OfType<MonoBehaviour>().Where(one => !one.IsDestroyed && one.IsAlive).ToArray()) behaviour.Send("Update");
        }

        public static void Send(Behaviour to, string message, params object[] arguments) { to.Send(message, arguments); }
        public static IEnumerable<Object> Objects => Object.All.ToArray();
    }
}
