//! What a page asks for in its query: the same options as the script's, read in the same way.

use std::collections::BTreeMap;

use axum::http::Uri;

use crate::{
    domain::{
        ids::PlayerId,
        leaderboard::{ScoreFormat, SortOrder},
        page::{MAX_LIMIT, MAX_OFFSET, Page},
    },
    http::extract::QueryParameters,
};

pub const THEMES: [&str; 13] = [
    "auto", "light", "dark", "forest", "midnight", "ocean", "ember", "candy", "paper", "slate", "arcade",
    "terminal", "contrast",
];
pub const LAYOUTS: [&str; 4] = ["table", "cards", "podium", "ticker"];
pub const COLUMNS: [&str; 6] = ["rank", "name", "metadata", "move", "score", "updated"];
/// The names of all options but `key` and the texts, in the order in which they are shown.
pub const OPTIONS: [&str; 19] = [
    "layout",
    "theme",
    "limit",
    "page",
    "paging",
    "order",
    "columns",
    "metadata",
    "player",
    "score-format",
    "decimals",
    "unit",
    "locale",
    "refresh",
    "realtime",
    "animation",
    "heading",
    "header",
    "status",
];
/// Characters of an option that are looked at.
pub const LONGEST: usize = 500;

/// How scores are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// As the leaderboard says, or as the page does.
    As(ScoreFormat),
    /// Without anything between the digits.
    Plain,
}

/// A column that shows a part of the metadata.
#[derive(Debug, PartialEq)]
pub struct MetadataColumn {
    /// Its key.
    pub key: String,
    /// What stands above it.
    pub label: String,
}

/// The options of a page.
#[derive(Debug)]
pub struct Options {
    pub key: String,
    pub limit: u32,
    pub page: u64,
    pub has_pager: bool,
    pub order: Option<SortOrder>,
    pub theme: &'static str,
    pub layout: &'static str,
    pub columns: Vec<&'static str>,
    pub metadata: Vec<MetadataColumn>,
    /// A `player_id` or a public handle.
    pub player: String,
    pub format: Option<Format>,
    /// `None` for the leaderboard's own; within, `None` for as many as there are.
    pub decimals: Option<Option<usize>>,
    /// What stands behind a score; empty for nothing.
    pub unit: Option<String>,
    pub locale: Option<String>,
    pub heading: Option<String>,
    pub has_header: bool,
    pub texts: BTreeMap<String, String>,
    /// For the script, by the names of its attributes.
    pub passed_on: Vec<(String, String)>,
    /// The query without `page`, ready for another one.
    pub others: String,
}

impl Options {
    /// Reads a query. What can't be understood counts as left out.
    pub fn of(uri: &Uri) -> Self {
        let query = QueryParameters::of(uri);
        let raw = |name: &str| query.get(name).map(|text| text.chars().take(LONGEST).collect::<String>());
        let text = |name: &str| raw(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let choice = |name: &str, choices: &[&'static str]| {
            let asked = text(name);
            choices.iter().copied().find(|choice| *choice == asked).unwrap_or(choices[0])
        };
        let limit = whole(&text("limit"), 1, u64::from(MAX_LIMIT)).unwrap_or(10);
        let mut columns: Vec<_> = Vec::new();
        for name in text("columns").split(',').map(str::trim) {
            columns.extend(COLUMNS.into_iter().find(|column| *column == name && !columns.contains(column)));
        }
        if columns.is_empty() {
            columns.extend(&COLUMNS[..5]);
        }
        let metadata = text("metadata");
        let metadata =
            metadata.split(',').map(str::trim).filter(|part| !part.is_empty()).take(10).map(|part| {
                let mut parts = part.split(':');
                let key = parts.next().unwrap_or_default().to_owned();
                let label = parts.next().map_or_else(|| key.clone(), str::to_owned);
                MetadataColumn { key, label }
            });
        // The names become those of attributes.
        let is_word = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
        let own_texts =
            query.with_prefix("text-").filter(|(name, text)| is_word(name) && !text.trim().is_empty());
        let texts: BTreeMap<_, _> =
            own_texts.map(|(name, text)| (name.to_owned(), text.chars().take(LONGEST).collect())).collect();
        // The script gets them as they came. `locale` is the page's own affair.
        let passed_on = OPTIONS.into_iter().filter(|name| *name != "locale");
        let passed_on = passed_on.filter_map(|name| Some((name.to_owned(), raw(name)?)));
        let passed_on = passed_on.chain(
            texts.iter().map(|(name, text): (&String, &String)| (format!("text-{name}"), text.clone())),
        );
        Self {
            key: text("key"),
            limit: u32::try_from(limit).unwrap_or(MAX_LIMIT),
            page: whole(&text("page"), 1, 1_000_000_000).unwrap_or(1),
            has_pager: text("paging") == "on",
            order: SortOrder::parse(&text("order")),
            theme: choice("theme", &THEMES),
            layout: choice("layout", &LAYOUTS),
            metadata: metadata.collect(),
            player: text("player"),
            format: match text("score-format").as_str() {
                "plain" => Some(Format::Plain),
                other => ScoreFormat::parse(other).map(Format::As),
            },
            decimals: match text("decimals").as_str() {
                "auto" => Some(None),
                other => whole(other, 0, 6).map(|decimals| usize::try_from(decimals).ok()),
            },
            unit: match text("unit").as_str() {
                "" => None,
                "off" => Some(String::new()),
                unit => Some(unit.to_owned()),
            },
            locale: Some(text("locale")).filter(|locale| !locale.is_empty()),
            heading: raw("heading"),
            has_header: text("header") != "off",
            passed_on: passed_on.collect(),
            others: query.encoded_without("page"),
            columns,
            texts,
        }
    }

    /// The part of the leaderboard to show.
    pub fn part(&self) -> Page {
        let offset = (self.page - 1).saturating_mul(u64::from(self.limit)).min(MAX_OFFSET);
        Page { limit: self.limit, offset, order: self.order }
    }

    /// The player, where one is named by id.
    pub fn player_id(&self) -> Option<PlayerId> {
        PlayerId::parse(&self.player).ok()
    }
}

/// A whole number, at least and at most so large.
fn whole(text: &str, least: u64, most: u64) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX).clamp(least, most))
}
