using System.Globalization;
using UnityEngine;
using UnityEngine.UI;

namespace Rankora.Unity
{
    /// <summary>A row of a <see cref="LeaderboardView"/>.</summary>
    internal sealed class LeaderboardRow
    {
        private readonly RectTransform row;
        private readonly Image background;
        private readonly Text rank;
        private readonly Text name;
        private readonly Text score;
        private readonly Color ordinary;

        public LeaderboardRow(UiBuilder builder, Transform parent, int index, RankoraTheme theme)
        {
            row = builder.Row(parent, "Row " + (index + 1));
            background = row.GetComponent<Image>();
            ordinary = index % 2 == 0 ? theme.row : theme.otherRow;
            rank = builder.Label(row, "Rank", theme.quietText, TextAnchor.MiddleRight);
            name = builder.Label(row, "Name", theme.text);
            score = builder.Label(row, "Score", theme.text, TextAnchor.MiddleRight);
            UiBuilder.Width(rank, theme.rankWidth);
            UiBuilder.Stretch(name);
            UiBuilder.Width(score, theme.scoreWidth);
        }

        public void Show(Entry entry, RankoraTheme theme, ScoreFormat format)
        {
            row.gameObject.SetActive(true);
            rank.text = string.Format(CultureInfo.CurrentCulture, theme.words.rank, entry.Rank);
            name.text = entry.Name;
            score.text = theme.Score(entry.Score, format);
            background.color = entry.IsCurrentPlayer ? theme.ownRow : ordinary;
        }

        public void Hide()
        {
            row.gameObject.SetActive(false);
        }
    }
}
