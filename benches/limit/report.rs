//! The ratios, as a table.

use super::{
    instruments::median,
    sides::Turn,
    work::{Side, Work},
};

/// A turn of each, one right after the other.
pub struct Pair {
    anchor: Turn,
    rankora: Turn,
}

/// All that was measured of one kind of work.
pub struct Row {
    pub work: Work,
    /// With as many requests as can be.
    pub full: Vec<Pair>,
    /// With half of each one's own most.
    pub half: Vec<Pair>,
}

impl Pair {
    /// So many pairs. Who begins changes from pair to pair.
    pub fn several(pairs: usize, turn: impl Fn(Side) -> Turn) -> Vec<Self> {
        let pair = |nth: usize| match nth % 2 {
            0 => {
                let anchor = turn(Side::Anchor);
                Self { anchor, rankora: turn(Side::Rankora) }
            }
            _ => {
                let rankora = turn(Side::Rankora);
                Self { anchor: turn(Side::Anchor), rankora }
            }
        };
        (0..pairs).map(pair).collect()
    }

    /// One side's turn.
    pub fn of(&self, side: Side) -> &Turn {
        match side {
            Side::Anchor => &self.anchor,
            Side::Rankora => &self.rankora,
        }
    }
}

/// Rankora's figure divided by the anchor's, of the pair in the middle.
fn ratio(pairs: &[Pair], figure: impl Fn(&Turn) -> f64) -> f64 {
    median(pairs.iter().map(|pair| figure(&pair.rankora) / figure(&pair.anchor)))
}

impl Row {
    fn cells(&self) -> [String; 8] {
        let (full, half) = (&self.full, &self.half);
        let figure = |figure: f64| format!("{figure:.2}");
        [
            self.work.to_string(),
            figure(ratio(full, Turn::rate)),
            figure(ratio(full, |turn| turn.wait(0.5))),
            figure(ratio(full, |turn| turn.wait(0.99))),
            figure(ratio(half, |turn| turn.wait(0.99))),
            figure(ratio(full, Turn::service_cpu)),
            match self.work {
                Work::List => "–".to_owned(),
                Work::Submit | Work::Rank | Work::Miss => figure(ratio(full, Turn::redis_cpu)),
            },
            figure(ratio(full, |turn| turn.memory as f64)),
        ]
    }

    /// For whoever watches: both sides' own figures as well.
    pub fn in_full(&self) -> String {
        let side = |side: Side| {
            let of = |pairs: &[Pair], figure: &dyn Fn(&Turn) -> f64| {
                median(pairs.iter().map(|pair| figure(pair.of(side))))
            };
            format!(
                "{side:?}: {:.0}/s, p50 {:.0} µs, p99 {:.0} µs, at half {:.0} µs; CPU {:.1} + {:.1} µs; {:.1} MiB",
                of(&self.full, &Turn::rate),
                of(&self.full, &|turn| turn.wait(0.5)),
                of(&self.full, &|turn| turn.wait(0.99)),
                of(&self.half, &|turn| turn.wait(0.99)),
                of(&self.full, &Turn::service_cpu),
                of(&self.full, &Turn::redis_cpu),
                of(&self.full, &|turn| turn.memory as f64) / f64::from(1 << 20),
            )
        };
        let ratios = self.cells().join(" | ");
        format!("| {ratios} |\n  {}\n  {}", side(Side::Anchor), side(Side::Rankora))
    }
}

/// All rows under their heads.
pub fn table(rows: &[Row], connections: usize, entries: usize) -> String {
    let mut table = format!(
        "Rankora divided by the anchor, {connections} clients, {entries} entries with names and metadata:\n\n\
         | work | throughput | p50 | p99 | p99 at half of the most | CPU of the service | CPU of Redis | memory |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for row in rows {
        table += &format!("| {} |\n", row.cells().join(" | "));
    }
    table += "\nThe anchor's work:\n\n";
    for row in rows {
        table += &format!("- {}: {}\n", row.work, row.work.anchor());
    }
    table
}
