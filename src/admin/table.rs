//! One leaderboard's entries as CSV.

use std::{
    cell::Cell,
    io::{self, Read, Write},
    rc::Rc,
};

use csv::{ByteRecord, ReaderBuilder};

use super::AdminError;
use crate::{
    app::{App, AppError},
    domain::{
        entry::{MetadataChange, Submission},
        ids::{AccountId, LeaderboardId, PlayerId},
        metadata::Metadata,
        name::PlayerName,
        score::Score,
    },
    store::{accounts::Account, walk::Walk},
};

const COLUMNS: [&str; 7] = ["rank", "player_id", "name", "score", "metadata", "created_at", "updated_at"];
/// A quote that is left open makes one row of all that follows: more than this is not kept in memory.
const LONGEST_ROW: usize = 256 * 1024;

/// Writes all entries by their ranks; returns how many.
pub(super) async fn export(
    app: &App,
    account: AccountId,
    leaderboard: LeaderboardId,
    out: &mut impl Write,
) -> Result<u64, AdminError> {
    let mut table = csv::Writer::from_writer(out);
    let mut walk = Walk::default();
    let mut written = 0;
    let mut rows = app.next_rows(account, leaderboard, &mut walk).await?;
    table.write_record(COLUMNS)?;
    while !rows.is_empty() {
        for row in &rows {
            let entry = &row.entry;
            table.write_record([
                &*row.rank.to_string(),
                &*entry.player.to_string(),
                entry.name.as_str(),
                &*entry.score.to_string(),
                entry.metadata.as_ref().map_or("", Metadata::as_str),
                &*entry.created_at.entry_text(),
                &*entry.updated_at.entry_text(),
            ])?;
            written += 1;
        }
        rows = app.next_rows(account, leaderboard, &mut walk).await?;
    }
    table.flush().map_err(|error| AdminError::Table(error.into()))?;
    Ok(written)
}

/// Submits all rows, one after the other, and says on stderr which were refused; returns how many were accepted.
pub(super) async fn import(
    app: &App,
    account: &Account,
    leaderboard: LeaderboardId,
    input: impl Read,
) -> Result<u64, AdminError> {
    let mut import = app.import_entries(account, leaderboard).await?;
    let row_length = Rc::new(Cell::new(0));
    let input = Tidied { input, row_length: row_length.clone(), last: b'\n' };
    let mut table = ReaderBuilder::new().flexible(true).from_reader(input);
    let columns = Columns::find(table.byte_headers()?)?;
    let (mut accepted, mut refused) = (0, 0);
    let mut row = ByteRecord::new();
    let end = loop {
        row_length.set(0);
        let begun = table.position().line();
        match table.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err((begun, AdminError::Table(error))),
        }
        // Where it begins: empty lines before it are passed over, and there may be some inside it.
        let inside = row.as_slice().iter().filter(|&&byte| byte == b'\n').count() as u64;
        let line = table.position().line().saturating_sub(1 + inside);
        let submitted = match columns.submission(&row) {
            Ok(submission) => import.submit(&submission).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match submitted {
            Ok(()) => accepted += 1,
            Err(error @ (AppError::Store(_) | AppError::NotFound(_))) => {
                break Err((line, AdminError::App(error)));
            }
            Err(error) => {
                refused += 1;
                eprintln!("line {line}: {error}");
            }
        }
    };
    let finished = import.finish().await;
    end.map_err(|(line, source)| AdminError::Stopped { line, accepted, source: Box::new(source) })?;
    finished?;
    match refused {
        0 => Ok(accepted),
        refused => Err(AdminError::Refused { refused, accepted }),
    }
}

/// Where the columns are that matter; the times and the rank are made anew.
struct Columns {
    count: usize,
    player: Option<usize>,
    name: usize,
    score: usize,
    metadata: Option<usize>,
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, AdminError> {
        let place = |wanted: &'static str| {
            let mut places =
                (0..header.len()).filter(|&index| header[index].trim_ascii() == wanted.as_bytes());
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(AdminError::Header(format!("the column {wanted} is there twice"))),
                (place, None) => Ok(place),
            }
        };
        let needed = |wanted| {
            let missing = || format!("the column {wanted} is missing; columns are separated by commas");
            place(wanted)?.ok_or_else(|| AdminError::Header(missing()))
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
    fn submission(&self, row: &ByteRecord) -> Result<Submission, AppError> {
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

/// A table whose lines all end in the same way, so that they are counted right. Gives up on a row that is too long.
struct Tidied<R> {
    input: R,
    row_length: Rc<Cell<usize>>,
    last: u8,
}

impl<R: Read> Read for Tidied<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.row_length.get() > LONGEST_ROW {
            let too_long = format!("a row is longer than {} KiB: is a quote left open?", LONGEST_ROW / 1024);
            return Err(io::Error::other(too_long));
        }
        let mut length = 0;
        while length == 0 {
            let read = self.input.read(buffer)?;
            if read == 0 && (self.last == b'\n' || buffer.is_empty()) {
                return Ok(0);
            }
            if read == 0 {
                buffer[0] = b'\n';
                length = 1;
            }
            for index in 0..read {
                if buffer[index] != b'\r' {
                    buffer[length] = buffer[index];
                    length += 1;
                }
            }
        }
        self.last = buffer[length - 1];
        self.row_length.set(self.row_length.get() + length);
        Ok(length)
    }
}
