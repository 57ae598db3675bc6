using System.Collections.Generic;

namespace Rankora
{
    /// <summary>A score to submit.</summary>
    public sealed class Submission
    {
        /// <summary>A score of a player of this name.</summary>
        public Submission(string name, double score)
        {
            Name = name;
            Score = score;
        }

        /// <summary>3 to 50 letters, marks and digits of any script, spaces, <c>_</c> and <c>-</c>.</summary>
        public string Name { get; set; }

        /// <summary>A finite number.</summary>
        public double Score { get; set; }

        /// <summary>
        /// A UUID. Null or empty, the server makes a new player; a <see cref="SubmissionQueue"/> takes the one who
        /// plays here.
        /// </summary>
        public string PlayerId { get; set; }

        /// <summary>Null, what is there is kept; <see cref="Rankora.Metadata.Cleared"/> clears it.</summary>
        public Metadata Metadata { get; set; }

        /// <summary>Reads one in the form of the wire.</summary>
        /// <exception cref="RankoraException">It breaks a rule.</exception>
        public static Submission FromJson(JsonValue json)
        {
            if (json["name"].Kind != JsonKind.Text) throw RankoraException.Invalid("name", "The name must be a string");
            if (json["score"].Kind != JsonKind.Number) throw RankoraException.Invalid("score", "The score must be a finite number");
            if (!json["player_id"].IsNull && json["player_id"].Kind != JsonKind.Text)
            {
                throw RankoraException.Invalid("player_id", "The player_id must be a UUID");
            }
            return new Submission(json["name"].Text, json["score"].Number)
            {
                PlayerId = json["player_id"].Text,
                Metadata = json.Has("metadata") ? Rules.CheckMetadata(json["metadata"]) : null
            }.Checked();
        }

        /// <summary>As it is sent: with what is left out left out.</summary>
        internal JsonValue ToJson()
        {
            var members = new List<KeyValuePair<string, JsonValue>>();
            members.Add(new KeyValuePair<string, JsonValue>("name", Name));
            members.Add(new KeyValuePair<string, JsonValue>("score", Score));
            if (PlayerId != null) members.Add(new KeyValuePair<string, JsonValue>("player_id", PlayerId));
            if (Metadata != null) members.Add(new KeyValuePair<string, JsonValue>("metadata", Metadata.ToJson()));
            return new JsonValue(members);
        }

        /// <summary>A copy that the server will take.</summary>
        /// <exception cref="RankoraException">There is none.</exception>
        internal Submission Checked()
        {
            return new Submission(Rules.CheckName(Name), Rules.CheckScore(Score))
            {
                PlayerId = string.IsNullOrEmpty(PlayerId) ? null : Rules.CheckPlayerId(PlayerId),
                Metadata = Metadata == null ? null : Rules.CheckMetadata(Metadata.ToJson())
            };
        }
    }
}
