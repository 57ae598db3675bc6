//! Costs by size, as a table.

use super::{
    grown::{Cost, Pair},
    instruments::median,
};

/// All that was measured at one size.
pub struct Row {
    /// Entries.
    pub size: usize,
    /// Bytes of Redis for each.
    pub memory: f64,
    /// Of submissions, and of ranks.
    pub pairs: Vec<Vec<Pair>>,
    /// What a bare sorted set costs Redis, divided by what a small one does.
    pub bare: Vec<f64>,
}

/// The large leaderboard's figure divided by the small one's, of the pair in the middle.
fn ratio(pairs: &[Pair], figure: fn(&Cost) -> f64) -> f64 {
    median(pairs.iter().map(|pair| figure(&pair.large) / figure(&pair.small)))
}

impl Row {
    fn cells(&self) -> String {
        let mut cells = vec![grouped(self.size)];
        for pairs in &self.pairs {
            cells.push(format!("{:.2}", ratio(pairs, |cost| cost.redis)));
            cells.push(format!("{:.2}", ratio(pairs, |cost| cost.service)));
            cells.push(format!("{:.2}", ratio(pairs, Cost::whole)));
        }
        cells.push(format!("{:.2}", median(self.bare.iter().copied())));
        cells.push(format!("{:.0}", self.memory));
        cells.join(" | ")
    }

    /// For whoever watches: the figures themselves as well.
    pub fn in_full(&self) -> String {
        let middle = |pairs: &[Pair], figure: fn(&Pair) -> f64| median(pairs.iter().map(figure));
        let mut text = format!("| {} |", self.cells());
        for (pairs, work) in self.pairs.iter().zip(["submit", "rank"]) {
            text += &format!(
                "\n  {work}: Redis {:.1} µs, of the small one {:.1}; service {:.1} µs, {:.1}",
                middle(pairs, |pair| pair.large.redis),
                middle(pairs, |pair| pair.small.redis),
                middle(pairs, |pair| pair.large.service),
                middle(pairs, |pair| pair.small.service),
            );
        }
        text
    }
}

/// All rows under their heads.
pub fn table(rows: &[Row]) -> String {
    let mut table = "CPU time of one request, divided by what it takes on a leaderboard of 1,000 entries; names of ten \
                     characters, 27 bytes of metadata:\n\n\
                     | entries | submit: Redis | service | both | rank: Redis | service | both | a bare ZADD and ZREVRANK | bytes of Redis an entry |\n\
                     |---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        table += &format!("| {} |\n", row.cells());
    }
    table
}

/// A number with commas.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    groups.map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}
