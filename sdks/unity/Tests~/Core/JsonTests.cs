using System;

namespace Rankora.Tests
{
    [Tests]
    internal static class JsonTests
    {
        public static void what_is_read_is_written_again_as_it_was()
        {
            foreach (var json in new[]
            {
                "null", "true", "false", "0", "-1.50", "12345678901234567890", "1E+400", "\"\"", "[]", "{}",
                "[1,[2,{\"a\":null}],\"x\"]", "{\"a\":{\"b\":[true,false]},\"c\":\"Zoë 😀\"}", "\"\\\"\\\\\\u0000\\u001f\"", "\"\\ud83d\""
            })
            {
                Check.Equal(JsonValue.Parse(json).ToString(), json);
            }
            Check.Equal(JsonValue.Parse(" { \"a\" : [ 1 , 2 ] } \r\n\t").ToString(), "{\"a\":[1,2]}");
            Check.Equal(JsonValue.Parse("\"\\u00e9\\n\\/\\ud83d\\ude00\"").Text, "é\n/😀");
        }

        public static void what_is_no_json_is_refused()
        {
            foreach (var text in new[]
            {
                "", " ", "nul", "tru", "01", "-", "1.", ".5", "1e", "+1", "NaN", "'a'", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",
                "[1,]", "[1", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "1 1", "<html>", new string('[', 100000)
            })
            {
                Check.That(JsonValue.TryParse(text) == null, text.Substring(0, Math.Min(text.Length, 20)) + " is no JSON");
            }
            Check.That(JsonValue.TryParse(null) == null, "nothing is no JSON");
        }

        public static void what_is_not_there_is_null()
        {
            var json = JsonValue.Parse("{\"a\":1,\"a\":2,\"b\":null}");
            Check.Equal(json["a"].Number, 2);
            Check.That(json["b"].IsNull && json["c"]["d"].IsNull, "both are null");
            Check.That(json.Has("b") && !json.Has("c"), "only one is there");
            Check.That(json["a"].Text == null && json["a"].Items.Count == 0 && !json["a"].Bool, "a number is nothing else");
        }
    }
}
