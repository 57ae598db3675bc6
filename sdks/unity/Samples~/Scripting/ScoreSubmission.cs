using System.Collections;
using Rankora;
using Rankora.Unity;
using UnityEngine;

/// <summary>Scores from code, once with async and await, and once in a coroutine.</summary>
public sealed class ScoreSubmission : MonoBehaviour
{
    public async void Submit(string playerName, double score, int level)
    {
        try
        {
            var answer = await RankoraSession.Default.Queue.SubmitAsync(playerName, score, new Metadata { ["level"] = level });
            // Null: there is no network. It is kept, over restarts too, and sent as soon as there is one.
            Debug.Log(answer == null ? "It waits" : "Rank " + answer.Rank + " of " + answer.TotalEntries);
        }
        catch (RankoraException error)
        {
            Debug.LogWarning(error.Code + ": " + error.Message);
        }
    }

    public IEnumerator ShowTopThree()
    {
        var asking = RankoraSession.Default.Client.ListAsync(new PageOptions { Limit = 3 });
        yield return asking.AsCoroutine();
        if (asking.Error() != null)
        {
            Debug.LogWarning(asking.Error().Message);
            yield break;
        }
        foreach (var entry in asking.Result.Entries)
        {
            Debug.Log(entry.Rank + " " + entry.Name + " " + ScoreText.Of(entry.Score));
        }
    }
}
