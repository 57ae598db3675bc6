//! One leaderboard's entries as CSV.

use std::{
    cell::Cell,
    io::{self, Read, Write},
    rc::Rc,
};

use csv::{ByteRecord, ReaderBuilder};

use super::AdminError;
use crate::{
    app::{
        App, AppError,
        columns::{COLUMNS, Columns, fields, first_line},
    },
    domain::ids::{AccountId, LeaderboardId},
    store::{accounts::Account, walk::Walk},
};

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
            table.write_record(fields(row))?;
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
    let columns = Columns::find(table.byte_headers()?).map_err(AdminError::Header)?;
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
        let line = first_line(&table, &row);
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
