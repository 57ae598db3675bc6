//! A page of the API as rows and cells, with the classes that the script gives them.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value, value::RawValue};

use super::{
    numbers,
    options::{Format, Options},
    texts::Language,
};
use crate::domain::leaderboard::{ScoreFormat, ScoreStyle};

/// A page, as the list route answers.
#[derive(Deserialize)]
pub struct Answer {
    entries: Vec<Entry>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    #[serde(deserialize_with = "exactly")]
    score: f64,
    metadata: Option<Map<String, Value>>,
    rank: u64,
    updated_at: String,
    #[serde(default)]
    is_current_player: bool,
}

/// A number as it was meant: serde_json reads a double only nearly, and refuses the largest.
fn exactly<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    <&RawValue>::deserialize(deserializer)?.get().parse().map_err(D::Error::custom)
}

#[derive(Deserialize)]
struct Pagination {
    total: u64,
}

/// A column's heading.
pub struct Column {
    pub class: String,
    pub label: String,
}

/// A row.
pub struct Row {
    pub class: String,
    pub is_current: bool,
    pub cells: Vec<Cell>,
}

/// A cell, with what stands in it.
pub struct Cell {
    pub class: String,
    pub content: Content,
}

/// What stands in a cell.
pub enum Content {
    Rank { text: String, medal: Option<&'static str> },
    Name { text: String, you: Option<String> },
    Move,
    Score { text: String, unit: String, class: &'static str },
    Updated { at: String, day: String },
    Metadata { label: String, text: String, kind: &'static str },
}

/// Draws a page.
pub struct Drawing<'a> {
    pub options: &'a Options,
    pub language: &'a Language<'a>,
    /// How the leaderboard shows its scores.
    pub style: ScoreStyle<'a>,
}

impl Answer {
    /// Entries on the leaderboard.
    pub fn total(&self) -> u64 {
        self.pagination.total
    }
}

impl Options {
    /// The columns, as far as they are asked for.
    pub fn headings(&self, language: &Language<'_>) -> Vec<Column> {
        let heading = |kind: &str| match kind {
            "name" => language.text("player"),
            kind => language.text(kind),
        };
        let mut columns = Vec::new();
        for kind in &self.columns {
            if *kind != "metadata" {
                columns.push(Column { class: format!("rankora-column-{kind}"), label: heading(kind) });
                continue;
            }
            for (index, column) in self.metadata.iter().enumerate() {
                let class = format!("rankora-column-metadata rankora-metadata-{}", index + 1);
                columns.push(Column { class, label: column.label.clone() });
            }
        }
        columns
    }
}

impl Drawing<'_> {
    /// The rows of a page.
    pub fn rows(&self, answer: &Answer) -> Vec<Row> {
        let count = answer.entries.len();
        answer.entries.iter().enumerate().map(|(index, entry)| self.row(entry, index, count)).collect()
    }

    fn row(&self, entry: &Entry, index: usize, count: usize) -> Row {
        let is_current = entry.is_current_player || entry.id == self.options.player;
        let mut class = vec!["rankora-row".to_owned()];
        let mut add = |is_so: bool, name: &str| class.extend(is_so.then(|| format!("rankora-{name}")));
        add(true, if index % 2 == 1 { "row-even" } else { "row-odd" });
        add(index == 0, "row-first");
        add(index + 1 == count, "row-last");
        add(entry.rank <= 10, &format!("rank-{}", entry.rank));
        add(
            true,
            if entry.rank <= 3 {
                "rank-top-3"
            } else if entry.rank <= 10 {
                "rank-top-10"
            } else {
                "rank-rest"
            },
        );
        add(
            entry.rank <= 3 && self.options.layout == "podium",
            &format!("place rankora-place-{}", entry.rank),
        );
        add(is_current, "row-current");
        let mut cells = Vec::new();
        for kind in &self.options.columns {
            let cell = |content| Cell { class: format!("rankora-cell-{kind}"), content };
            match *kind {
                "rank" => cells.push(cell(self.rank(entry))),
                "name" => {
                    let you = is_current.then(|| self.language.text("you"));
                    cells.push(cell(Content::Name { text: entry.name.clone(), you }));
                }
                "move" => cells.push(cell(Content::Move)),
                "score" => cells.push(cell(self.score(entry.score))),
                "updated" => {
                    let day = entry.updated_at.split('T').next().unwrap_or_default().to_owned();
                    cells.push(cell(Content::Updated { at: entry.updated_at.clone(), day }));
                }
                _ => cells.extend(self.metadata(entry)),
            }
        }
        Row { class: class.join(" "), is_current, cells }
    }

    fn rank(&self, entry: &Entry) -> Content {
        let medals = ["gold", "silver", "bronze"];
        let medal = usize::try_from(entry.rank - 1).ok().and_then(|place| medals.get(place).copied());
        Content::Rank { text: numbers::whole(self.language.code, entry.rank), medal }
    }

    fn score(&self, score: f64) -> Content {
        let (code, Options { format, decimals, unit, .. }) = (self.language.code, self.options);
        // Decimals and unit belong to the leaderboard's own format.
        let own = self.style.display;
        let (own_decimals, own_unit) = match format {
            None => (own.decimals().map(usize::from), own.unit()),
            Some(_) => (None, ""),
        };
        let decimals = decimals.unwrap_or(own_decimals);
        let unit = unit.as_deref().unwrap_or(own_unit);
        // Never parted by the end of a line.
        let unit = if unit.is_empty() { String::new() } else { format!("\u{a0}{unit}") };
        let text = match format.unwrap_or(Format::As(self.style.format)) {
            Format::Plain => score.to_string(),
            Format::As(ScoreFormat::Number) => numbers::number(code, score, decimals),
            Format::As(ScoreFormat::Time) => numbers::time(code, score, decimals),
        };
        let class = match (score < 0.0, text.chars().count() > 9) {
            (true, true) => " rankora-score-negative rankora-score-long",
            (true, false) => " rankora-score-negative",
            (false, true) => " rankora-score-long",
            (false, false) => "",
        };
        Content::Score { text, unit, class }
    }

    fn metadata<'s>(&'s self, entry: &'s Entry) -> impl Iterator<Item = Cell> + 's {
        self.options.metadata.iter().enumerate().map(|(index, column)| {
            let value = entry.metadata.as_ref().and_then(|pairs| pairs.get(&column.key));
            let (text, kind) = match value {
                Some(Value::String(text)) => (text.clone(), "string"),
                Some(Value::Bool(value)) => {
                    (self.language.text(if *value { "yes" } else { "no" }), "boolean")
                }
                Some(Value::Number(number)) => {
                    let value = number.as_f64().unwrap_or_default();
                    (numbers::number(self.language.code, value, None), "number")
                }
                _ => ("–".to_owned(), "none"),
            };
            let class = format!("rankora-cell-metadata rankora-metadata-{}", index + 1);
            Cell { class, content: Content::Metadata { label: column.label.clone(), text, kind } }
        })
    }
}
