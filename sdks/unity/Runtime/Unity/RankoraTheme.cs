using System;
using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>How the components look, and what they say. Without one they look as a new one does.</summary>
    [CreateAssetMenu(menuName = "Rankora/Theme", fileName = "RankoraTheme")]
    public sealed class RankoraTheme : ScriptableObject
    {
        /// <summary>Behind all parts of a component.</summary>
        [Header("Colours")]
        public Color background = new Color(0.09f, 0.1f, 0.14f, 0.94f);
        /// <summary>Behind the first, third, fifth row.</summary>
        public Color row = new Color(1, 1, 1, 0.04f);
        /// <summary>Behind the rows between them.</summary>
        public Color otherRow = new Color(1, 1, 1, 0.08f);
        /// <summary>Behind the row of whoever plays here.</summary>
        public Color ownRow = new Color(0.98f, 0.75f, 0.2f, 0.28f);
        /// <summary>Names and scores.</summary>
        public Color text = new Color(0.95f, 0.96f, 0.98f);
        /// <summary>Ranks, hints, and how it stands.</summary>
        public Color quietText = new Color(0.68f, 0.71f, 0.78f);
        /// <summary>What went wrong.</summary>
        public Color problemText = new Color(1, 0.55f, 0.5f);
        /// <summary>Behind what can be pressed.</summary>
        public Color button = new Color(0.2f, 0.45f, 0.95f);
        /// <summary>On what can be pressed.</summary>
        public Color buttonText = Color.white;
        /// <summary>Behind what can be typed.</summary>
        public Color input = new Color(1, 1, 1, 0.12f);

        /// <summary>Of all texts; Unity's own where null.</summary>
        [Header("Shapes")]
        [Tooltip("Unity's own where there is none. One with the scripts of your players' names belongs here.")]
        public Font font;
        /// <summary>Drawn in the background's colour, sliced; a plain area where null.</summary>
        public Sprite backgroundSprite;
        /// <summary>Drawn in the colours of rows and inputs, sliced; a plain area where null.</summary>
        public Sprite rowSprite;
        /// <summary>Drawn in the button's colour, sliced; a plain area where null.</summary>
        public Sprite buttonSprite;
        /// <summary>In pixels of the canvas.</summary>
        public int fontSize = 20;
        /// <summary>Of titles and of the submitted score, in pixels of the canvas.</summary>
        public int titleSize = 28;
        /// <summary>Of rows, inputs and buttons.</summary>
        public float rowHeight = 36;
        /// <summary>Between the edge and the parts.</summary>
        public int padding = 16;
        /// <summary>Between the parts.</summary>
        public float spacing = 4;
        /// <summary>Of the column of ranks.</summary>
        public float rankWidth = 64;
        /// <summary>Of the column of scores.</summary>
        public float scoreWidth = 140;

        /// <summary>What the components say.</summary>
        [Header("Words")]
        public RankoraWords words = new RankoraWords();

        /// <summary>Digits behind the point; -1 for as many as there are, and for times 3.</summary>
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
        /// <summary>Before anything is known.</summary>
        public string connecting = "Connecting…";
        /// <summary>While the server can't be reached.</summary>
        public string reconnecting = "Offline. This is how it was.";
        /// <summary>On a leaderboard without entries.</summary>
        public string empty = "Nobody is here yet.";
        /// <summary>Where the key is refused.</summary>
        public string stopped = "The leaderboard can't be shown.";
        /// <summary>On the button beneath that.</summary>
        public string tryAgain = "Try again";
        /// <summary>In the place of a player without an entry.</summary>
        public string noEntry = "No score yet";
        /// <summary>Where nothing is typed yet.</summary>
        public string name = "Your name";
        /// <summary>On the button that submits.</summary>
        public string submit = "Submit";
        /// <summary>While an answer is awaited.</summary>
        public string submitting = "Sending…";
        /// <summary>Where a score is kept to be sent later.</summary>
        public string waits = "Kept. It is sent as soon as there is a connection.";
        /// <summary>Where a name breaks a rule.</summary>
        public string wrongName = "3 to 50 letters, digits, spaces, _ and -";
        /// <summary>Where the server has refused a score.</summary>
        public string refused = "The score was not taken.";
        /// <summary>Where a score was taken: {0} is the rank, {1} how many there are.</summary>
        [Tooltip("{0} is the rank, {1} how many there are.")]
        public string submitted = "You are {0} of {1}.";
        /// <summary>In front of each row: {0} is the rank.</summary>
        [Tooltip("{0} is the rank.")]
        public string rank = "#{0}";
    }
}
