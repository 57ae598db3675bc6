using System;

namespace Rankora.Tests
{
    [Tests]
    internal static class RulesTests
    {
        public static void a_name_comes_back_as_it_will_be_kept()
        {
            Check.Equal(Rules.CheckName("\u0085 Zoe\u0308\u3000"), "Zoë");
            var dot = Check.Refused(() => Rules.CheckName("a.b"), "invalid_name");
            Check.Equal(dot.Field, "name");
            Check.That(dot.Message.EndsWith("not U+002E"), dot.Message);
            Check.That(Check.Refused(() => Rules.CheckName("ab😀"), "invalid_name").Message.EndsWith("not U+1F600"), "the whole pair is named");
            Check.Refused(() => Rules.CheckName("ab\ud83d"), "invalid_name");
            Check.Refused(() => Rules.CheckName("\ude00ab"), "invalid_name");
            Check.Refused(() => Rules.CheckName(null), "invalid_name");
        }

        public static void a_letter_that_this_runtime_does_not_know_yet_is_left_to_the_server()
        {
            Check.Equal(Rules.CheckName("ab\u0378"), "ab\u0378");
        }

        public static void a_score_is_a_finite_number()
        {
            Check.Equal(Rules.CheckScore(-1.5), -1.5);
            foreach (var score in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            {
                Check.Equal(Check.Refused(() => Rules.CheckScore(score), "invalid_score").Field, "score");
            }
        }

        public static void metadata_is_a_small_flat_object()
        {
            var metadata = new Metadata { ["level"] = 12, ["hero"] = "Ünal", ["hard"] = true };
            Check.Equal(Rules.CheckMetadata(metadata.ToJson()).ToString(), "{\"level\":12,\"hero\":\"Ünal\",\"hard\":true}");
            Check.Equal(Rules.CheckMetadata(JsonValue.Null).ToString(), "{}");
            // The longest numbers that fit in 64 characters as the server writes them, and the shortest that don't.
            foreach (var value in new[] { 9e61, -1e61, 1e-62, -1e-61, 1.5e-61, 0, -0.0, 5e-7 }) Of(value);
            foreach (var value in new[] { 1e62, -2e61, 1e-63, -1e-62, 1.5e-62, double.NaN, double.PositiveInfinity })
            {
                Check.Equal(Check.Refused(() => Of(value), "invalid_metadata").Field, "metadata");
            }
            foreach (var wrong in new[] { "[]", "\"a\"", "1", "{\"a\\ud83d\":1}", "{\"a\":\"\\ude00\"}", "{\"a\":null}" })
            {
                Check.Refused(() => Rules.CheckMetadata(JsonValue.Parse(wrong)), "invalid_metadata");
            }
        }

        public static void a_player_id_is_a_uuid_in_any_case()
        {
            const string Id = "67E55044-10B1-426F-9247-BB680E5FE0C8";
            Check.Equal(Rules.CheckPlayerId(Id), Id.ToLowerInvariant());
            Check.Equal(Rules.CheckPlayerId(Id.Replace("-", "")), Id.Replace("-", "").ToLowerInvariant());
            foreach (var wrong in new[] { null, "", "1", Id + "0", Id.Replace('E', 'g'), "67e5504410-b1-426f-9247-bb680e5fe0c8", Id.Replace('-', 'a') })
            {
                Check.Equal(Check.Refused(() => Rules.CheckPlayerId(wrong), "invalid_player_id").Field, "player_id");
            }
        }

        private static void Of(double value)
        {
            Rules.CheckMetadata(new Metadata { ["value"] = value }.ToJson());
        }
    }
}
