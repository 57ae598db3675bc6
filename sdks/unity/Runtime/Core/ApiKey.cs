using System;

namespace Rankora
{
    /// <summary>What a key is for.</summary>
    public enum KeyKind
    {
        /// <summary>It begins as no key does.</summary>
        Unknown,
        /// <summary>Reading its leaderboard; safe in a game.</summary>
        Publishable,
        /// <summary>All on its leaderboard.</summary>
        Secret,
        /// <summary>An account's leaderboards, keys and usage.</summary>
        Management
    }

    /// <summary>What can be seen of a key without asking the server.</summary>
    public static class ApiKey
    {
        private const int CheckedLength = 40;
        private const int Length = 46;
        private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

        /// <summary>What the key is for.</summary>
        public static KeyKind KindOf(string key)
        {
            if (key == null) return KeyKind.Unknown;
            if (key.StartsWith("rk_pub_", StringComparison.Ordinal)) return KeyKind.Publishable;
            if (key.StartsWith("rk_sec_", StringComparison.Ordinal)) return KeyKind.Secret;
            return key.StartsWith("rk_mgt_", StringComparison.Ordinal) ? KeyKind.Management : KeyKind.Unknown;
        }

        /// <summary>Whether whoever has the key can write: then it must not be in a player's hands.</summary>
        public static bool IsSecret(string key)
        {
            return KindOf(key) == KeyKind.Secret || KindOf(key) == KeyKind.Management;
        }

        /// <summary>What is wrong with the key; null where it may be one that the server knows.</summary>
        public static string ProblemOf(string key)
        {
            if (KindOf(key) == KeyKind.Unknown) return "A key begins with rk_pub_ or rk_sec_.";
            if (KindOf(key) == KeyKind.Management) return "A management key opens no leaderboard: a game needs a key of its leaderboard.";
            if (key.Length != Length) return "A key has " + Length + " characters, and this one has " + key.Length + ".";
            return key.Substring(CheckedLength) == Checksum(key) ? null : "The key has a typing error.";
        }

        /// <summary>What the game's developer has to hear, loudly; null where there is nothing to say.</summary>
        public static string WarningOf(string key)
        {
            if (!IsSecret(key)) return null;
            return "Rankora: THIS BUILD CONTAINS A SECRET KEY. Whoever has the game can take it out, and write and delete all " +
                "entries of the leaderboard. Revoke it; a game gets a publishable key (rk_pub_…), and submits through a " +
                "server of yours that holds the secret one.";
        }

        private static string Checksum(string key)
        {
            var rest = 0xffffffffu;
            for (var index = 0; index < CheckedLength; index++)
            {
                rest ^= (byte)key[index];
                for (var bit = 0; bit < 8; bit++) rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xedb88320u : rest >> 1;
            }
            rest = ~rest;
            var text = new char[Length - CheckedLength];
            for (var index = text.Length - 1; index >= 0; index--)
            {
                text[index] = Alphabet[(int)(rest % 62)];
                rest /= 62;
            }
            return new string(text);
        }
    }
}
