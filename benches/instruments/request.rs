//! Requests as bytes, made without waste: the clients share the machine with what is measured.

use std::{fmt, io::Write};

use uuid::Uuid;

/// Writes a request without a body; `line` is method and target.
pub fn plain(into: &mut Vec<u8>, key: &str, line: fmt::Arguments) {
    begin(into, key, line);
    into.extend(b"\r\n");
}

/// Writes a request that submits a score with a name and metadata.
pub fn submit(into: &mut Vec<u8>, key: &str, line: fmt::Arguments, player: Uuid, random: u64) {
    begin(into, key, line);
    let body = submission(player, random);
    let length = body.len();
    write!(into, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").expect("memory");
}

/// The body of a submission with a name and metadata.
pub fn submission(player: Uuid, random: u64) -> String {
    let score = random % 1_000_000;
    let level = random % 50;
    format!(
        r#"{{"player_id":"{player}","name":"Player {level}","score":{score},"metadata":{{"level":{level},"country":"DE"}}}}"#
    )
}

fn begin(into: &mut Vec<u8>, key: &str, line: fmt::Arguments) {
    into.clear();
    write!(into, "{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n").expect("memory");
}
