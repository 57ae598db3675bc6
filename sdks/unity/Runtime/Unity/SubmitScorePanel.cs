using System;
using System.Globalization;
using UnityEngine;
using UnityEngine.Events;
using UnityEngine.UI;

namespace Rankora.Unity
{
    /// <summary>
    /// Asks for the player's name and submits a score. What can't be sent now is kept, and sent when it can.
    /// </summary>
    [AddComponentMenu("Rankora/Submit Score Panel")]
    [DisallowMultipleComponent]
    public sealed class SubmitScorePanel : RankoraView
    {
        private const string NameKey = "rankora.name";

        [Tooltip("Where on the screen, unless it is on a canvas already.")]
        [SerializeField] private TextAnchor place = TextAnchor.LowerLeft;
        [Tooltip("How large, unless it is on a canvas already.")]
        [SerializeField] private Vector2 size = new Vector2(380, 210);
        [Tooltip("What is submitted. A game sets it before it shows the panel.")]
        [SerializeField] private double score;
        [SerializeField] private ScoreFormat format = ScoreFormat.Number;
        [Tooltip("Called when the leaderboard has taken the score, or it is kept to be sent later.")]
        [SerializeField] private UnityEvent onDone = new UnityEvent();

        private Text points;
        private InputField input;
        private Button button;
        private Text message;

        /// <summary>Tells of a score that the leaderboard has taken.</summary>
        public event Action<Submitted> Submitted;

        /// <summary>Called when the leaderboard has taken the score, or it is kept to be sent later.</summary>
        public UnityEvent OnDone => onDone;

        /// <summary>What is submitted.</summary>
        public double Score
        {
            get => score;
            set
            {
                score = value;
                if (points != null) points.text = Theme.Score(score, format);
            }
        }

        /// <summary>What scores are.</summary>
        public ScoreFormat Format
        {
            get => format;
            set
            {
                format = value;
                Score = score;
            }
        }

        /// <summary>What goes along with the score; null for nothing.</summary>
        public Metadata Metadata { get; set; }

        /// <summary>Shows the panel for a score.</summary>
        public void Show(double newScore, Metadata metadata = null)
        {
            Score = newScore;
            Metadata = metadata;
            gameObject.SetActive(true);
            enabled = true;
            // Within an inactive object it isn't built yet.
            if (message != null) Begin();
        }

        /// <summary>Submits, as the button does.</summary>
        public async void Submit()
        {
            if (Session == null || !IsNameRight()) return;
            var queue = Session.Queue;
            var life = Life;
            PlayerPrefs.SetString(NameKey, input.text);
            button.interactable = false;
            Say(Theme.words.submitting, Theme.quietText);
            try
            {
                var answer = await queue.SubmitAsync(input.text, score, Metadata);
                if (answer != null) Submitted?.Invoke(answer);
                if (life.IsCancellationRequested) return;
                Say(answer == null ? Theme.words.waits : Words(answer), Theme.text);
                onDone.Invoke();
            }
            catch (RankoraException error)
            {
                Debug.LogWarning("Rankora: a score was not taken (" + error.Code + "): " + error.Message);
                if (life.IsCancellationRequested) return;
                Say(error.Field == "name" ? Theme.words.wrongName : Theme.words.refused, Theme.problemText);
                button.interactable = true;
            }
        }

        internal override TextAnchor Place => place;
        internal override Vector2 Size => size;

        internal override void Build(UiBuilder builder, RectTransform parent)
        {
            points = builder.Label(parent, "Score", Theme.text, TextAnchor.MiddleCenter);
            points.fontSize = Theme.titleSize;
            points.text = Theme.Score(score, format);
            UiBuilder.Height(points, Theme.titleSize * 1.5f);
            input = builder.Input(parent, Theme.words.name);
            input.text = PlayerPrefs.GetString(NameKey, "");
            input.onValueChanged.AddListener(text => IsNameRight());
            button = builder.Button(parent, Theme.words.submit, Submit);
            message = builder.Label(parent, "Message", Theme.quietText, TextAnchor.MiddleCenter);
            UiBuilder.Height(message, Theme.rowHeight);
        }

        internal override void Begin()
        {
            message.text = "";
            button.interactable = true;
        }

        internal override void End()
        {
        }

        internal override void ShowBoard()
        {
        }

        /// <summary>By the server's rules, while it is typed.</summary>
        private bool IsNameRight()
        {
            try
            {
                Rules.CheckName(input.text);
                Say("", Theme.quietText);
                return true;
            }
            catch (RankoraException)
            {
                Say(Theme.words.wrongName, Theme.problemText);
                return false;
            }
        }

        private string Words(Submitted answer)
        {
            return string.Format(CultureInfo.CurrentCulture, Theme.words.submitted, answer.Rank, answer.TotalEntries);
        }

        private void Say(string text, Color color)
        {
            message.text = text;
            message.color = color;
        }
    }
}
