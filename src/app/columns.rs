//! The columns of a leaderboard as a table: what a row says, and what it submits.

use std::io::Read;

use csv::{ByteRecord, Position, Reader};

use super::AppError;
use crate::domain::{
    entry::{MetadataChange, Row, Submission},
    ids::PlayerId,
    metadata::Metadata,
    name::PlayerName,
    score::Score,
};

/// All columns, as they are written.
pub const COLUMNS: [&str; 7] = ["rank", "player_id", "name", "score", "metadata", "created_at", "updated_at"];

/// A row as it is written.
pub fn fields(row: &Row) -> [String; 7] {
    let entry = &row.entry;
    [
        row.rank.to_string(),
        entry.player.to_string(),
        entry.name.as_str().to_owned(),
        entry.score.to_string(),
        entry.metadata.as_ref().map_or("", Metadata::as_str).to_owned(),
        entry.created_at.entry_text(),
        entry.updated_at.entry_text(),
    ]
}

/// The line on which a row begins that was just read from a table. All lines of the table, the last one too, end in `\n`
/// alone.
pub fn first_line<R: Read>(table: &Reader<R>, row: &ByteRecord) -> u64 {
    // Empty lines before it are passed over, and there may be some inside it. A quote that is left open has no line's
    // end behind it.
    let inside = row.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
    let begun = row.position().map_or(1, Position::line);
    table.position().line().saturating_sub(1 + inside).max(begun)
}

/// Where the columns are that matter; the times and the rank are made anew.
pub struct Columns {
    count: usize,
    player: Option<usize>,
    name: usize,
    score: usize,
    metadata: Option<usize>,
}

impl Columns {
    /// Finds them in a table's first line.
    ///
    /// # Errors
    /// What is wrong with that line.
    pub fn find(header: &ByteRecord) -> Result<Self, String> {
        let place = |wanted: &'static str| {
            let mut places =
                (0..header.len()).filter(|&index| header[index].trim_ascii() == wanted.as_bytes());
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(format!("the column {wanted} is there twice")),
                (place, None) => Ok(place),
            }
        };
        let needed = |wanted| {
            let missing = || format!("the column {wanted} is missing; columns are separated by commas");
            place(wanted)?.ok_or_else(missing)
        };
        Ok(Self {
            count: header.len(),
            player: place("player_id")?,
            name: needed("name")?,
            score: needed("score")?,
            metadata: place("metadata")?,
        })
    }

    /// What a row submits, under the rules of the API: an empty field is one that is left out.
    pub fn submission(&self, row: &ByteRecord) -> Result<Submission, AppError> {
        if row.len() > self.count {
            return Err(AppError::invalid("row", "The row has more fields than there are columns"));
        }
        let field = |name: &'static str, column: Option<usize>| {
            let bytes = column.and_then(|column| row.get(column)).unwrap_or_default();
            let text = std::str::from_utf8(bytes);
            text.map(str::trim).map_err(|_| AppError::invalid(name, format!("The {name} is no UTF-8")))
        };
        let name = PlayerName::parse(field("name", Some(self.name))?);
        let name = name.map_err(|error| AppError::invalid("name", error))?;
        let score = match field("score", Some(self.score))? {
            "" => return Err(AppError::invalid("score", "the score is missing")),
            score => Score::parse_json(score).map_err(|error| AppError::invalid("score", error))?,
        };
        let player = match field("player_id", self.player)? {
            "" => PlayerId::new_v4(),
            player => PlayerId::parse(player)
                .map_err(|_| AppError::invalid("player_id", "the player_id must be a UUID"))?,
        };
        let metadata = match field("metadata", self.metadata)? {
            "" => MetadataChange::Keep,
            metadata => MetadataChange::Set(
                Metadata::parse_json(metadata).map_err(|error| AppError::invalid("metadata", error))?,
            ),
        };
        Ok(Submission { player, name, score, metadata })
    }
}
