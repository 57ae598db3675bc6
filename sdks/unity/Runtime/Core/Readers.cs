using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Rankora
{
    /// <summary>
    /// Reads page after page:
    /// <code>while (await pages.NextAsync()) Use(pages.Current);</code>
    /// </summary>
    public sealed class PageReader
    {
        private readonly RankoraClient client;
        private readonly PageOptions options;
        private readonly RequestOptions request;
        private int offset;
        private bool isOver;

        internal PageReader(RankoraClient client, PageOptions options, RequestOptions request)
        {
            this.client = client;
            this.options = options;
            this.request = request;
            offset = options.Offset ?? 0;
        }

        /// <summary>The page that was read last.</summary>
        public Page Current { get; private set; }

        /// <summary>Reads the next page; false where there is none.</summary>
        public async Task<bool> NextAsync(CancellationToken cancel = default(CancellationToken))
        {
            if (isOver) return false;
            Current = await client.ListAsync(options.With(options.Limit ?? 50, offset), request, cancel);
            offset += Current.Entries.Count;
            isOver = Current.Entries.Count == 0 || offset >= Current.Total;
            return true;
        }
    }

    /// <summary>
    /// Reads entry after entry, none of them twice. One that moves up meanwhile, past what was read already, is left
    /// out.
    /// <code>while (await entries.NextAsync()) Use(entries.Current);</code>
    /// </summary>
    public sealed class EntryReader
    {
        private readonly PageReader pages;
        private readonly HashSet<string> seen = new HashSet<string>();
        private int next;

        internal EntryReader(PageReader pages)
        {
            this.pages = pages;
        }

        /// <summary>The entry that was read last.</summary>
        public Entry Current { get; private set; }

        /// <summary>Goes to the next entry, reading a page where it has to; false where there is none.</summary>
        public async Task<bool> NextAsync(CancellationToken cancel = default(CancellationToken))
        {
            for (;;)
            {
                while (pages.Current != null && next < pages.Current.Entries.Count)
                {
                    Current = pages.Current.Entries[next++];
                    // Moved down past the end of its page, it would come a second time.
                    if (seen.Add(Current.Id)) return true;
                }
                if (!await pages.NextAsync(cancel)) return false;
                next = 0;
            }
        }
    }
}
