//! The lines that the demo prints.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use uuid::Uuid;

use super::stage::Stage;

/// All that a stranger needs to try it.
pub struct Block<'a> {
    /// Under which clients reach the server.
    pub origin: &'a str,
    /// The leaderboard and its keys.
    pub stage: &'a Stage,
    /// The player that the example submits for.
    pub guest: Uuid,
    /// How many players there are.
    pub players: usize,
    /// The page on which the demo's account gets a password.
    pub dashboard: &'a str,
    /// Where the data stays.
    pub kept: &'a str,
}

impl Block<'_> {
    /// Prints it. Nobody may be reading.
    pub fn print(&self) {
        let mut out = io::stdout().lock();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let style = Style { colours: out.is_terminal() && !plain };
        let _ = write!(out, "{}", Styled { block: self, style }).and_then(|()| out.flush());
    }
}

/// Says why the demo ends by itself.
pub fn print_taken_over() {
    let _ = writeln!(
        io::stdout(),
        "\n  The demo's key was revoked: another demo on the same Redis has taken over, so this one ends.\n  \
         For several at once, give each a --key-prefix of its own.\n"
    );
}

/// Colours where the terminal has them.
#[derive(Clone, Copy)]
struct Style {
    colours: bool,
}

impl Style {
    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

struct Styled<'a> {
    block: &'a Block<'a>,
    style: Style,
}

impl fmt::Display for Styled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Block { origin, stage, guest, players, dashboard, kept } = self.block;
        let (secret, publishable) = (stage.secret_key.expose(), stage.publishable_key.expose());
        let Self { style, .. } = self;
        writeln!(f, "\n  {}  {}", style.with("1;32", "▲"), style.bold("Rankora is running."))?;
        writeln!(f, "     {}", style.dim(&format!("{players} players are at it. Watch them:")))?;
        writeln!(f, "\n     {}\n", style.with("1;4", &format!("{origin}/")))?;
        writeln!(f, "     {}\n", style.dim("Submit a score and get your rank:"))?;
        writeln!(
            f,
            "     curl -sw '\\n' {origin}/api/v1/leaderboard/entries -H 'Authorization: Bearer {secret}' \
             -H 'Content-Type: application/json' -d '{{\"name\":\"You\",\"score\":15000,\"player_id\":\"{guest}\"}}'"
        )?;
        writeln!(f, "\n     {}\n", style.dim("Follow every change:"))?;
        writeln!(f, "     curl -N '{origin}/api/v1/realtime?key={publishable}'")?;
        writeln!(f, "\n     {}\n", style.dim("Manage it in the dashboard; this link is good once:"))?;
        writeln!(f, "     Dashboard: {dashboard}")?;
        writeln!(f, "\n     {}\n", style.dim(&format!("Ctrl-C stops it. The data stays in {kept}.")))
    }
}
