using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>Keeps texts in the player's preferences: they are there on all platforms, WebGL included.</summary>
    public sealed class PlayerPrefsStorage : IStorage
    {
        /// <summary>What is kept under a name; null where nothing is.</summary>
        public string Get(string name)
        {
            return PlayerPrefs.HasKey(name) ? PlayerPrefs.GetString(name) : null;
        }

        /// <summary>Keeps a text under a name.</summary>
        public void Set(string name, string value)
        {
            PlayerPrefs.SetString(name, value);
            // Otherwise a game that crashes would lose it.
            PlayerPrefs.Save();
        }
    }
}
