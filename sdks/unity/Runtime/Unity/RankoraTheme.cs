using System;
using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>How the components look, and what they say. Without one they look as a new one does.</summary>
    [CreateAssetMenu(menuName = "Rankora/Theme", fileName = "RankoraTheme")]
    public sealed class RankoraTheme : ScriptableObject
    {
        [Header("Colours")]
        public Color background = new Color(0.09f, 0.1f, 0.14f, 0.94f);
        public Color row = new Color(1, 1, 1, 0.04f);
        public Color otherRow = new Color(1, 1, 1, 0.08f);
        public Color ownRow = new Color(0.98f, 0.75f, 0.2f, 0.28f);
        public Color text = new Color(0.95f, 0.96f, 0.98f);
        public Color quietText = new Color(0.68f, 0.71f, 0.78f);
        public Color problemText = new Color(1, 0.55f, 0.5f);
        public Color button = new Color(0.2f, 0.45f, 0.95f);
        public Color buttonText = Color.white;
        public Color input = new Color(1, 1, 1, 0.12f);

        [Header("Shapes")]
        [Tooltip("Unity's own where there is none. One with the scripts of your players' names belongs here.")]
        public Font font;
        public Sprite backgroundSprite;
        public Sprite rowSprite;
        public Sprite buttonSprite;
        public int fontSize = 20;
        public int titleSize = 28;
        public float rowHeight = 36;
        public int padding = 16;
        public float spacing = 4;
        public float rankWidth = 64;
        public float scoreWidth = 140;

        [Header("Words")]
        public RankoraWords words = new RankoraWords();

        [Header("Scores")]
        [Tooltip("Digits behind the point; -1 for as many as there are, and for times 3.")]
        public int decimals = -1;

        /// <summary>A score in words.</summary>
        public string Score(double score, ScoreFormat format)
        {
            return ScoreText.Of(score, format, decimals < 0 ? (int?)null : decimals);
        }
    }

    /// <summary>What the components say, to be translated.</summary>
    [Serializable]
    public sealed class RankoraWords
    {
        public string connecting = "Connecting…";
        public string reconnecting = "Offline. This is how it was.";
        public string empty = "Nobody is here yet.";
        public string stopped = "The leaderboard can't be shown.";
        public string tryAgain = "Try again";
        public string noEntry = "No score yet";
        public string name = "Your name";
        public string submit = "Submit";
        public string submitting = "Sending…";
        public string waits = "Kept. It is sent as soon as there is a connection.";
        public string wrongName = "3 to 50 letters, digits, spaces, _ and -";
        public string refused = "The score was not taken.";
        [Tooltip("{0} is the rank, {1} how many there are.")]
        public string submitted = "You are {0} of {1}.";
        [Tooltip("{0} is the rank.")]
        public string rank = "#{0}";
    }
}
