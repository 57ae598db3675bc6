using System;
using System.Globalization;
using System.Text;

namespace Rankora
{
    /// <summary>One message of a stream.</summary>
    internal sealed class StreamEvent
    {
        public StreamEvent(string data, string id, double? retrySeconds)
        {
            Data = data;
            Id = id;
            RetrySeconds = retrySeconds;
        }

        public string Data { get; private set; }
        /// <summary>Of the last message that had one.</summary>
        public string Id { get; private set; }
        /// <summary>After which to come back, as told last.</summary>
        public double? RetrySeconds { get; private set; }
    }

    /// <summary>Takes the bytes of a stream of server-sent events apart, in whatever pieces they come.</summary>
    internal sealed class StreamParser
    {
        private readonly Action<StreamEvent> tell;
        private readonly Decoder decoder = new UTF8Encoding(false).GetDecoder();
        private readonly StringBuilder line = new StringBuilder();
        private char[] characters = new char[0];
        private StringBuilder data;
        private string id = "";
        private double? retry;
        private bool isAfterReturn;

        public StreamParser(Action<StreamEvent> tell)
        {
            this.tell = tell;
        }

        public void Take(byte[] bytes, int count)
        {
            var room = decoder.GetCharCount(bytes, 0, count);
            if (characters.Length < room) characters = new char[room];
            var length = decoder.GetChars(bytes, 0, count, characters, 0);
            for (var index = 0; index < length; index++) Take(characters[index]);
        }

        private void Take(char character)
        {
            // `\r\n` is one end of a line.
            var isSecondHalf = isAfterReturn && character == '\n';
            isAfterReturn = character == '\r';
            if (isSecondHalf) return;
            if (character != '\n' && character != '\r')
            {
                line.Append(character);
                return;
            }
            Read(line.ToString());
            line.Length = 0;
        }

        private void Read(string text)
        {
            if (text.Length == 0)
            {
                var told = data;
                data = null;
                if (told != null) tell(new StreamEvent(told.ToString(), id, retry));
                return;
            }
            var colon = text.IndexOf(':');
            var field = colon < 0 ? text : text.Substring(0, colon);
            var value = colon < 0 ? "" : text.Substring(colon + 1);
            if (value.StartsWith(" ", StringComparison.Ordinal)) value = value.Substring(1);
            switch (field)
            {
                case "data":
                    if (data == null) data = new StringBuilder();
                    else data.Append('\n');
                    data.Append(value);
                    break;
                case "id":
                    if (value.IndexOf('\0') < 0) id = value;
                    break;
                case "retry":
                    int milliseconds;
                    var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out milliseconds);
                    if (isNumber) retry = milliseconds / 1000.0;
                    break;
            }
        }
    }
}
