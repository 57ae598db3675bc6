using System;
using System.Collections.Generic;
using System.Text;

namespace Rankora.Tests
{
    [Tests]
    internal static class StreamParserTests
    {
        private const string Stream =
            "retry: 2500\r\ndata: Zoë 😀\r\n\r\n: comment\r\n\r\nid: 7-1\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nid\r\ndata: x\r\n\r\n";
        private const string Events = "Zoë 😀||2.5;{\"a\":\n1}|7-1|2.5;x||2.5;";

        public static void a_stream_means_the_same_in_whatever_pieces_it_comes_and_with_whatever_line_ends()
        {
            foreach (var end in new[] { "\r\n", "\n", "\r" })
            {
                var bytes = Encoding.UTF8.GetBytes(Stream.Replace("\r\n", end));
                for (var size = 1; size <= bytes.Length; size++) Check.Equal(Parse(bytes, size), Events, "in pieces of " + size);
            }
        }

        public static void what_is_no_message_is_left_out_and_what_is_broken_changes_nothing()
        {
            Check.Equal(Parse("id: 1\n\nevent: x\nfoo: bar\n\nretry: soon\nid: a\0b\ndata: y\n\n"), "y|1|;");
            Check.Equal(Parse("data: unfinished"), "");
            Check.Equal(Parse("data\ndata\n\n"), "\n||;");
        }

        private static string Parse(string text)
        {
            return Parse(Encoding.UTF8.GetBytes(text), text.Length);
        }

        private static string Parse(byte[] bytes, int size)
        {
            var told = "";
            var parser = new StreamParser(next => told += next.Data + "|" + next.Id + "|" + (next.RetrySeconds == null ? "" : ExactNumber.Write(next.RetrySeconds.Value)) + ";");
            for (var start = 0; start < bytes.Length; start += size)
            {
                var piece = new byte[size];
                var count = Math.Min(size, bytes.Length - start);
                Array.Copy(bytes, start, piece, 0, count);
                parser.Take(piece, count);
            }
            return told;
        }
    }
}
