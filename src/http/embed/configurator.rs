//! What somebody chooses of a leaderboard's looks, and the code that comes of it. The page's script does the same, without
//! asking for the page anew.

use std::fmt::Write;

use form_urlencoded::Serializer;

use super::{
    options::{COLUMNS, LAYOUTS, LONGEST, OPTIONS, THEMES},
    texts,
};
use crate::{domain::ids::LeaderboardId, http::extract::QueryParameters};

/// What needs not be said.
const USUAL: [(&str, &str); 3] =
    [("layout", LAYOUTS[0]), ("theme", THEMES[0]), ("columns", "rank,name,metadata,move,score")];

/// A leaderboard, and what is chosen for it.
pub struct Configurator {
    /// The page's own path.
    pub action: String,
    /// A publishable key of the leaderboard.
    pub key: String,
    /// Whether the key stands in the page's query.
    pub has_key_in_query: bool,
    /// The leaderboard.
    pub board: LeaderboardId,
    /// Its name.
    pub name: String,
    /// Where pages find the server.
    pub origin: String,
    chosen: Vec<(String, String)>,
    texts: Vec<(String, String)>,
}

impl Configurator {
    /// What a query chooses.
    pub fn new(
        board: LeaderboardId,
        name: &str,
        key: String,
        origin: String,
        query: &QueryParameters,
    ) -> Self {
        let language = texts::ALL.language(["en"].into_iter(), &texts::NONE);
        let texts: Vec<_> = language.all().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        let names = OPTIONS.iter().map(|name| (*name).to_owned());
        let names = names.chain(texts.iter().map(|(name, _)| format!("text-{name}")));
        let chosen = names.filter_map(|name| {
            let value = match name.as_str() {
                // Each of them is a field of its own.
                "columns" => query.all("columns").collect::<Vec<_>>().join(","),
                name => query.get(name).unwrap_or_default().trim().chars().take(LONGEST).collect(),
            };
            let is_usual = value.is_empty() || USUAL.contains(&(name.as_str(), value.as_str()));
            (!is_usual).then_some((name, value))
        });
        Self {
            action: String::new(),
            key,
            has_key_in_query: false,
            board,
            name: name.to_owned(),
            origin,
            chosen: chosen.collect(),
            texts,
        }
    }

    /// On the page with this path.
    #[must_use]
    pub fn at(self, action: impl Into<String>, has_key_in_query: bool) -> Self {
        Self { action: action.into(), has_key_in_query, ..self }
    }

    /// The names of all options, in their order.
    pub fn names(&self) -> String {
        let texts = self.texts.iter().map(|(name, _)| format!("text-{name}"));
        OPTIONS.iter().map(|name| (*name).to_owned()).chain(texts).collect::<Vec<_>>().join(" ")
    }

    /// What is chosen of an option; empty where nothing is.
    pub fn value(&self, name: &str) -> &str {
        self.chosen.iter().find(|(chosen, _)| chosen == name).map_or("", |(_, value)| value)
    }

    /// Whether this is what is chosen.
    pub fn is(&self, name: &str, value: impl AsRef<str>) -> bool {
        let (chosen, value) = (self.value(name), value.as_ref());
        chosen == value || (chosen.is_empty() && USUAL.contains(&(name, value)))
    }

    /// All layouts.
    pub fn layouts(&self) -> &'static [&'static str] {
        &LAYOUTS
    }

    /// All themes.
    pub fn themes(&self) -> &'static [&'static str] {
        &THEMES
    }

    /// All columns with their labels, and whether each is chosen.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let labels = ["Rank", "Name", "Metadata", "Movement", "Score", "Updated"];
        let chosen = match self.value("columns") {
            "" => USUAL[2].1,
            chosen => chosen,
        };
        let chosen: Vec<_> = chosen.split(',').map(str::to_owned).collect();
        COLUMNS.into_iter().zip(labels).map(move |(name, label)| {
            let is_chosen = chosen.iter().any(|chosen| chosen == name);
            (name, label, is_chosen)
        })
    }

    /// The texts by name, as they are in English.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Where the page for a frame is, on this server.
    pub fn path(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("key", &self.key);
        query.extend_pairs(&self.chosen);
        format!("/embed/{}?{}", self.board, query.finish())
    }

    /// The code with the script alone.
    pub fn script(&self) -> String {
        let key = escape(&self.key);
        format!(
            "<script async src=\"{}/embed/v1.js\" data-key=\"{key}\"{}></script>",
            escape(&self.origin),
            self.attributes("data-")
        )
    }

    /// The code with the element.
    pub fn element(&self) -> String {
        format!(
            "<script async src=\"{}/embed/v1.js\"></script>\n<rankora-leaderboard key=\"{}\"{}></rankora-leaderboard>",
            escape(&self.origin),
            escape(&self.key),
            self.attributes("")
        )
    }

    /// The code with a frame, which the script lets be as high as it would like to be.
    pub fn frame(&self) -> String {
        format!(
            "<script async src=\"{origin}/embed/v1.js\"></script>\n<iframe src=\"{origin}{}\" title=\"{}\" width=\"100%\" height=\"480\" data-rankora-fit></iframe>",
            escape(&self.path()),
            escape(&self.name),
            origin = escape(&self.origin),
        )
    }

    fn attributes(&self, prefix: &str) -> String {
        self.chosen.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = write!(text, " {prefix}{name}=\"{}\"", escape(value));
            text
        })
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
