//! Reads a backup line by line, never more than one at a time.

use std::io::{BufRead, Read};

use serde::Deserialize;

use super::{
    BackupError,
    line::{AccountLine, Line, VERSION},
};

/// Several times the longest that is written.
const LONGEST_LINE: u64 = 64 * 1024;

/// The lines of a backup.
pub(super) struct Reader<R> {
    input: R,
    line: u64,
    text: Vec<u8>,
}

/// Of a first line, what all versions have.
#[derive(Deserialize)]
struct Head {
    rankora_account: Version,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: 0, text: Vec::new() }
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(&self, what: impl Into<String>) -> BackupError {
        BackupError::Line { line: self.line, what: what.into() }
    }

    /// The first line.
    pub(super) fn account(&mut self) -> Result<AccountLine, BackupError> {
        if !self.advance()? {
            return Err(self.wrong("the backup is empty"));
        }
        let head: Head = serde_json::from_slice(&self.text).map_err(|_| {
            self.wrong("this is no backup of an account: it doesn't begin with rankora_account")
        })?;
        let version = head.rankora_account.version;
        if version != VERSION {
            let what = format!("the backup has version {version}; this Rankora reads version {VERSION}");
            return Err(self.wrong(what));
        }
        match self.parse()? {
            Line::RankoraAccount(account) => Ok(account),
            _ => Err(self.wrong("the backup doesn't begin with rankora_account")),
        }
    }

    /// The next line, which must be there.
    pub(super) fn next(&mut self) -> Result<Line, BackupError> {
        if !self.advance()? {
            return Err(self.wrong("the backup ends before its end line: it was cut off"));
        }
        self.parse()
    }

    /// Nothing must follow.
    pub(super) fn end(&mut self) -> Result<(), BackupError> {
        match self.advance()? {
            true => Err(self.wrong("something follows the end line")),
            false => Ok(()),
        }
    }

    /// Reads a line; false at the end.
    fn advance(&mut self) -> Result<bool, BackupError> {
        self.text.clear();
        self.line += 1;
        let mut line = (&mut self.input).take(LONGEST_LINE);
        let length = line.read_until(b'\n', &mut self.text).map_err(BackupError::Read)?;
        if length as u64 == LONGEST_LINE && !self.text.ends_with(b"\n") {
            return Err(self.wrong(format!("the line is longer than {} KiB", LONGEST_LINE / 1024)));
        }
        Ok(length > 0)
    }

    fn parse(&self) -> Result<Line, BackupError> {
        serde_json::from_slice(&self.text).map_err(|error| {
            if error.is_eof() {
                return self.wrong("the line ends in the middle: the backup was cut off");
            }
            let text = error.to_string();
            // Of the parser's own place in the text, the line is always the first.
            let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
            match error.column() {
                0 => self.wrong(what),
                column => self.wrong(format!("{what}, at column {column}")),
            }
        })
    }
}
