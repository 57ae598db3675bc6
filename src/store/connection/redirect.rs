//! What a cluster says where a key isn't, or isn't yet. Nothing of a command so answered was carried out, so it may
//! be sent again, a write too.

use std::time::Duration;

use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value, pipe};

/// Where to go instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// To this server, from now on.
    Moved(String),
    /// To this server, with ASKING, this once: the key's slot is being moved there.
    Ask(String),
    /// Nowhere: the slot is being moved, and the keys are in two places.
    TryAgain,
}

/// Pauses between two attempts while a slot is being moved.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_millis(2);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl Redirect {
    /// The redirection in an error, if it is one.
    pub(super) fn of(error: &RedisError) -> Option<Self> {
        let address = || error.redirect_node().map(|(address, _)| address.to_owned());
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::Moved) => Some(Self::Moved(address()?)),
            ErrorKind::Server(ServerErrorKind::Ask) => Some(Self::Ask(address()?)),
            ErrorKind::Server(ServerErrorKind::TryAgain) => Some(Self::TryAgain),
            _ => None,
        }
    }
}

/// The first command of a pipeline that has to be sent again, which is the beginning of a transaction where it is
/// in one, and where to.
pub(super) fn first_redirected(pipeline: &Pipeline, answers: &[Value]) -> Option<(usize, Redirect)> {
    let redirected = answers.iter().enumerate().find_map(|(index, answer)| match answer {
        Value::ServerError(error) => Some((index, Redirect::of(&RedisError::from(error.clone()))?)),
        _ => None,
    });
    let (index, redirect) = redirected?;
    let before: Vec<_> = pipeline.cmd_iter().take(index).collect();
    let begin = before.iter().rposition(|command| is(command, b"MULTI"));
    let end = before.iter().rposition(|command| is(command, b"EXEC"));
    Some((begin.filter(|begin| end < Some(*begin)).unwrap_or(index), redirect))
}

/// The commands from `index` on, and which of the answers belong to them: with `asking`, each has ASKING in front,
/// but in a transaction the first one's counts for all.
pub(super) fn rest(pipeline: &Pipeline, index: usize, asking: bool) -> (Pipeline, Vec<bool>) {
    let (mut rest, mut belongs) = (pipe(), Vec::new());
    let mut in_transaction = false;
    for command in pipeline.cmd_iter().skip(index) {
        if asking && !in_transaction {
            rest.cmd("ASKING");
            belongs.push(false);
        }
        in_transaction = (in_transaction || is(command, b"MULTI")) && !is(command, b"EXEC");
        rest.add_command(command.clone());
        belongs.push(true);
    }
    (rest, belongs)
}

fn is(command: &Cmd, expected: &[u8]) -> bool {
    matches!(command.args_iter().next(), Some(redis::Arg::Simple(name)) if name == expected)
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn answer(text: &str) -> Value {
        parse_redis_value(text.as_bytes()).expect("an answer")
    }

    #[test]
    fn redirections_are_told_apart() {
        let of = |text: &str| Redirect::of(&answer(text).extract_error().expect_err("an error"));
        assert_eq!(of("-MOVED 12 10.0.0.1:6379\r\n"), Some(Redirect::Moved("10.0.0.1:6379".to_owned())));
        assert_eq!(of("-ASK 12 10.0.0.1:6379\r\n"), Some(Redirect::Ask("10.0.0.1:6379".to_owned())));
        assert_eq!(
            of("-TRYAGAIN Multiple keys request during rehashing of slot\r\n"),
            Some(Redirect::TryAgain)
        );
        assert_eq!(of("-CLUSTERDOWN The cluster is down\r\n"), None);
    }

    #[test]
    fn what_was_answered_before_a_redirection_is_kept_and_a_transaction_is_sent_whole() {
        let mut pipeline = pipe();
        pipeline.cmd("EVALSHA").cmd("MULTI").cmd("HMGET").cmd("ZCARD").cmd("EXEC").cmd("GET");
        let moved = || answer("-MOVED 12 10.0.0.1:6379\r\n");
        let ok = || Value::Okay;
        let first = |answers: &[Value]| first_redirected(&pipeline, answers).map(|(index, _)| index);
        assert_eq!(first(&[ok(), ok(), ok(), ok(), ok(), ok()]), None);
        assert_eq!(first(&[moved(), ok(), moved(), moved(), ok(), moved()]), Some(0));
        assert_eq!(first(&[ok(), ok(), ok(), moved(), ok(), moved()]), Some(1));
        assert_eq!(first(&[ok(), ok(), ok(), ok(), ok(), moved()]), Some(5));
    }

    #[test]
    fn asking_stands_in_front_of_a_transaction_and_not_in_it() {
        let mut pipeline = pipe();
        pipeline.cmd("MULTI").cmd("HMGET").cmd("EXEC").cmd("GET");
        let (rest, belongs) = rest(&pipeline, 0, true);
        let names =
            rest.cmd_iter().map(|command| String::from_utf8(command.get_packed_command()).expect("text"));
        let names: Vec<_> = names.map(|text| text.lines().nth(2).unwrap_or_default().to_owned()).collect();
        assert_eq!(names, ["ASKING", "MULTI", "HMGET", "EXEC", "ASKING", "GET"]);
        assert_eq!(belongs, [false, true, true, true, false, true]);
    }
}
