using System;
using System.Threading.Tasks;
using Rankora;
using Rankora.Unity;
using UnityEngine;

/// <summary>
/// The part of a dedicated server that submits for its players: it alone has the secret key, and is the place for rules
/// against cheats. Whatever networking the game has calls <see cref="Report"/> when a match ends.
/// </summary>
public sealed class ScoreServer : MonoBehaviour
{
    [SerializeField] private double mostPoints = 1000000;

    private SubmissionQueue queue;

    private void Awake()
    {
        var settings = ScriptableObject.CreateInstance<RankoraSettings>();
        settings.name = "ScoreServer";
        settings.BaseUrl = Environment.GetEnvironmentVariable("RANKORA_URL") ?? "";
        // From the environment of the server, so that no build contains it.
        settings.Key = Environment.GetEnvironmentVariable("RANKORA_SECRET_KEY") ?? "";
        settings.Keep = QueueKeep.Best;
        queue = RankoraSession.For(settings).Queue;
    }

    /// <summary>Submits a player's score, as the server has seen it; null where it waits for the network.</summary>
    public Task<Submitted> Report(string playerId, string playerName, double score)
    {
        if (!(score >= 0 && score <= mostPoints)) throw new ArgumentOutOfRangeException(nameof(score), "Nobody is that good");
        return queue.SubmitAsync(new Submission(playerName, score) { PlayerId = playerId });
    }
}
