using System;
using System.Collections.Generic;

namespace Rankora
{
    /// <summary>A submission with its Idempotency-Key.</summary>
    internal sealed class KeptSubmission
    {
        public KeptSubmission(Submission submission, string key)
        {
            Submission = submission;
            Key = key;
        }

        public Submission Submission { get; private set; }
        public string Key { get; private set; }
    }

    /// <summary>What a queue keeps: what waits, and of each player what was accepted last.</summary>
    internal sealed class QueueState
    {
        public readonly List<KeptSubmission> Waiting = new List<KeptSubmission>();
        public readonly List<KeptSubmission> Accepted = new List<KeptSubmission>();

        /// <summary>Adds to what waits; returns what had no room any more.</summary>
        public List<KeptSubmission> Add(KeptSubmission added, QueueOptions options)
        {
            var old = options.Keep == QueueKeep.All ? null : Of(Waiting, added.Submission.PlayerId);
            if (old != null)
            {
                // The text is another one, and so is the key.
                added = new KeptSubmission(Merge(old.Submission, added.Submission, options), added.Key);
                Waiting.Remove(old);
            }
            Waiting.Add(added);
            return CutTo(Waiting, options.Limit);
        }

        /// <summary>Keeps what was accepted, as the leaderboard's policy has made it.</summary>
        public void Accept(KeptSubmission sent, double score, int limit)
        {
            Accepted.RemoveAll(one => one.Submission.PlayerId == sent.Submission.PlayerId);
            var submission = new Submission(sent.Submission.Name, score)
            {
                PlayerId = sent.Submission.PlayerId,
                Metadata = sent.Submission.Metadata
            };
            Accepted.Add(new KeptSubmission(submission, sent.Key));
            CutTo(Accepted, limit);
        }

        public void Forget(string playerId)
        {
            Waiting.RemoveAll(one => one.Submission.PlayerId == playerId);
            Accepted.RemoveAll(one => one.Submission.PlayerId == playerId);
        }

        public static KeptSubmission Of(List<KeptSubmission> kept, string playerId)
        {
            return kept.Find(one => one.Submission.PlayerId == playerId);
        }

        public JsonValue ToJson()
        {
            return new JsonValue(new List<KeyValuePair<string, JsonValue>>
            {
                new KeyValuePair<string, JsonValue>("waiting", ToJson(Waiting)),
                new KeyValuePair<string, JsonValue>("accepted", ToJson(Accepted))
            });
        }

        /// <summary>Null where it is none.</summary>
        public static QueueState FromJson(JsonValue json)
        {
            if (json == null || json["waiting"].Kind != JsonKind.Array || json["accepted"].Kind != JsonKind.Array) return null;
            var state = new QueueState();
            Read(json["waiting"], state.Waiting);
            Read(json["accepted"], state.Accepted);
            return state;
        }

        /// <summary>What the server would make of the two, one after the other.</summary>
        private static Submission Merge(Submission old, Submission added, QueueOptions options)
        {
            var isBetter = options.Order == SortOrder.Asc ? added.Score < old.Score : added.Score > old.Score;
            var isReplaced = options.Keep != QueueKeep.Best || isBetter;
            return new Submission(added.Name, isReplaced ? added.Score : old.Score)
            {
                PlayerId = added.PlayerId,
                Metadata = isReplaced ? added.Metadata ?? old.Metadata : old.Metadata
            };
        }

        private static List<KeptSubmission> CutTo(List<KeptSubmission> kept, int limit)
        {
            var dropped = kept.GetRange(0, Math.Max(0, kept.Count - limit));
            kept.RemoveRange(0, dropped.Count);
            return dropped;
        }

        private static JsonValue ToJson(List<KeptSubmission> kept)
        {
            var items = new List<JsonValue>();
            foreach (var one in kept)
            {
                var members = new List<KeyValuePair<string, JsonValue>>(one.Submission.ToJson().Members);
                members.Add(new KeyValuePair<string, JsonValue>("key", one.Key));
                items.Add(new JsonValue(members));
            }
            return new JsonValue(items);
        }

        private static void Read(JsonValue json, List<KeptSubmission> to)
        {
            foreach (var item in json.Items)
            {
                // Older versions of a game may have kept what the rules refuse by now: then it is refused when it is
                // sent, and told of.
                var submission = new Submission(item["name"].Text, item["score"].Number)
                {
                    PlayerId = item["player_id"].Text,
                    Metadata = Metadata.Of(item["metadata"])
                };
                to.Add(new KeptSubmission(submission, item["key"].Text ?? RankoraClient.NewUuid()));
            }
        }
    }
}
