using System.Text;
using Rankora;
using Rankora.Unity;
using UnityEngine;
using UnityEngine.UI;

/// <summary>A live leaderboard that the game draws itself, here as one text.</summary>
public sealed class OwnLeaderboard : MonoBehaviour
{
    [SerializeField] private Text target;

    private LiveLeaderboard live;

    private void OnEnable()
    {
        live = new LiveLeaderboard(RankoraSession.Default.Client, new PageOptions { Limit = 10 });
        live.Changed += Draw;
        live.Start();
    }

    private void OnDisable()
    {
        live.Stop();
    }

    private void Draw(LiveSnapshot snapshot)
    {
        var text = new StringBuilder();
        foreach (var entry in snapshot.Entries) text.AppendLine(entry.Rank + "  " + entry.Name + "  " + ScoreText.Of(entry.Score));
        if (snapshot.State == LiveState.Reconnecting) text.AppendLine("Offline");
        target.text = text.ToString();
    }
}
