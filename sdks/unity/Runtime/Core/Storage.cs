using System.Collections.Generic;

namespace Rankora
{
    /// <summary>Where texts are kept over restarts. Throws where that isn't possible.</summary>
    public interface IStorage
    {
        /// <summary>What is kept under a name; null where nothing is.</summary>
        string Get(string name);

        /// <summary>Keeps a text under a name, and doesn't return before it is safe.</summary>
        void Set(string name, string value);
    }

    /// <summary>Keeps texts until the end of the program.</summary>
    public sealed class MemoryStorage : IStorage
    {
        private readonly Dictionary<string, string> kept = new Dictionary<string, string>();

        /// <summary>What is kept under a name; null where nothing is.</summary>
        public string Get(string name)
        {
            string value;
            return kept.TryGetValue(name, out value) ? value : null;
        }

        /// <summary>Keeps a text under a name.</summary>
        public void Set(string name, string value)
        {
            kept[name] = value;
        }
    }
}
