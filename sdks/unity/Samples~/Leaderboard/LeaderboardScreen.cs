using Rankora.Unity;
using UnityEngine;

/// <summary>
/// A screen with all three components. Put it on an empty object, make the settings (Tools > Rankora > Settings), and
/// play. Call <see cref="GameOver"/> with a score to see it submitted.
/// </summary>
public sealed class LeaderboardScreen : MonoBehaviour
{
    [SerializeField] private double firstScore = 1000;

    private SubmitScorePanel panel;

    private void Start()
    {
        Part<LeaderboardView>("Leaderboard");
        Part<CurrentPlayerView>("Current player");
        panel = Part<SubmitScorePanel>("Submit");
        panel.OnDone.AddListener(() => Debug.Log("The score is in good hands."));
        GameOver(firstScore);
    }

    public void GameOver(double score)
    {
        panel.Show(score);
    }

    private T Part<T>(string name) where T : RankoraView
    {
        var home = new GameObject(name);
        home.transform.SetParent(transform, false);
        return home.AddComponent<T>();
    }
}
