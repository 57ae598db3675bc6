using System;

namespace Rankora
{
    /// <summary>Whoever plays on this machine.</summary>
    public static class LocalPlayer
    {
        private const string Name = "rankora.player";
        private static string unsaved;

        /// <summary>The player's id, made at first use and kept in the storage.</summary>
        public static string IdIn(IStorage storage)
        {
            try
            {
                var known = storage.Get(Name);
                if (IsId(known)) return known;
                var made = RankoraClient.NewUuid();
                storage.Set(Name, made);
                return made;
            }
            catch (Exception)
            {
                // Not allowed, or full: the same player at least until the end.
                return unsaved = unsaved ?? RankoraClient.NewUuid();
            }
        }

        /// <summary>Makes whoever plays here another player: one who had this id elsewhere, or where null a new one.</summary>
        /// <exception cref="RankoraException"><c>invalid_player_id</c></exception>
        public static string Change(IStorage storage, string playerId = null)
        {
            var id = playerId == null ? RankoraClient.NewUuid() : Rules.CheckPlayerId(playerId);
            storage.Set(Name, id);
            return id;
        }

        private static bool IsId(string text)
        {
            try
            {
                return text != null && Rules.CheckPlayerId(text) == text;
            }
            catch (RankoraException)
            {
                return false;
            }
        }
    }
}
