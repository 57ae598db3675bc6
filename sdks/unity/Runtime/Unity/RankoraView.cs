using System;
using System.Threading;
using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>What the components have in common: whose leaderboard it is, how they look, and when they are alive.</summary>
    public abstract class RankoraView : MonoBehaviour
    {
        [Tooltip("The asset RankoraSettings in a folder Resources where there is none.")]
        [SerializeField] private RankoraSettings settings;
        [Tooltip("As a new one looks where there is none.")]
        [SerializeField] private RankoraTheme theme;

        private RectTransform panel;
        private CancellationTokenSource life;
        private bool isReading;

        /// <summary>Whose leaderboard it is. Taken over when it is enabled.</summary>
        public RankoraSettings Settings
        {
            get => settings;
            set => settings = value;
        }

        /// <summary>How it looks. Taken over when it is enabled for the first time.</summary>
        public RankoraTheme Theme
        {
            get
            {
                if (theme == null) theme = ScriptableObject.CreateInstance<RankoraTheme>();
                return theme;
            }
            set => theme = value;
        }

        /// <summary>Null while it is disabled, and where there are no settings.</summary>
        internal RankoraSession Session { get; private set; }

        /// <summary>What the leaderboard is; null until it is known.</summary>
        internal Leaderboard Board { get; private set; }

        /// <summary>Cancelled as soon as it is disabled.</summary>
        internal CancellationToken Life => life.Token;

        /// <summary>Where on the screen, unless it is on a canvas already.</summary>
        internal abstract TextAnchor Place { get; }

        /// <summary>How large, unless it is on a canvas already.</summary>
        internal abstract Vector2 Size { get; }

        /// <summary>What scores are, as far as that is known.</summary>
        internal ScoreFormat KnownFormat => Board == null ? ScoreFormat.Number : Board.ScoreFormat;

        /// <summary>Makes its parts, once.</summary>
        internal abstract void Build(UiBuilder builder, RectTransform parent);

        internal abstract void Begin();

        internal abstract void End();

        internal abstract void ShowBoard();

        /// <summary>Asks what the leaderboard is, unless that is known.</summary>
        internal async void ReadBoard()
        {
            if (Board != null || isReading) return;
            isReading = true;
            var asking = life;
            try
            {
                var board = await Session.Client.GetLeaderboardAsync(null, asking.Token);
                if (life != asking) return;
                Board = board;
                ShowBoard();
            }
            catch (RankoraException)
            {
                // With the next change it is asked again.
            }
            catch (OperationCanceledException)
            {
                // Nobody looks any more.
            }
            finally
            {
                if (life == asking) isReading = false;
            }
        }

        private void OnEnable()
        {
            life = new CancellationTokenSource();
            isReading = false;
            Board = null;
            if (panel == null)
            {
                var builder = new UiBuilder(Theme);
                panel = builder.Panel(this, GetType().Name, Place, Size);
                Build(builder, panel);
            }
            SetVisible(true);
            try
            {
                Session = RankoraSession.For(settings);
            }
            catch (InvalidOperationException error)
            {
                Debug.LogError(error.Message, this);
                return;
            }
            Begin();
        }

        private void OnDisable()
        {
            if (Session != null) End();
            Session = null;
            life.Cancel();
            if (panel != null) SetVisible(false);
        }

        private void OnDestroy()
        {
            if (panel == null) return;
            Transform top = panel;
            while (top.parent != null && top.parent != transform) top = top.parent;
            Destroy(top.gameObject);
        }

        // An object can't be made inactive while its parent is.
        private void SetVisible(bool isVisible)
        {
            var group = panel.GetComponent<CanvasGroup>();
            group.alpha = isVisible ? 1 : 0;
            group.interactable = isVisible;
            group.blocksRaycasts = isVisible;
        }
    }
}
