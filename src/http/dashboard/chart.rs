//! Bars, drawn on the server. Their colours are the style sheet's.

use super::format::{Moment, whole};
use crate::store::{days::Day, key_uses::KeyUse};

/// How wide a drawing is, and how high.
const WIDTH: usize = 1000;
const HEIGHT: u64 = 120;

/// One bar.
pub struct DrawnBar {
    /// Its left end.
    pub x: usize,
    /// Its top end.
    pub y: u64,
    /// How wide it is.
    pub width: usize,
    /// How high it is.
    pub height: u64,
    /// What it says.
    pub label: String,
}

/// Numbers with what they say, side by side; the largest fills the height.
pub fn draw(numbers: Vec<(u64, String)>) -> Vec<DrawnBar> {
    let most = numbers.iter().map(|(number, _)| *number).max().unwrap_or(0).max(1);
    let place = WIDTH / numbers.len().max(1);
    let bar = |(index, (number, label)): (usize, (u64, String))| {
        // What is there is seen, however little it is.
        let height = (u128::from(number) * u128::from(HEIGHT)).div_ceil(u128::from(most));
        let height = u64::try_from(height).unwrap_or(HEIGHT);
        let height = if number > 0 { height.max(3) } else { 0 };
        DrawnBar { x: index * place, y: HEIGHT - height, width: place - place.div_ceil(8), height, label }
    };
    numbers.into_iter().enumerate().map(bar).collect()
}

/// One number of each of the last days.
pub struct DayChart {
    /// What it counts.
    pub label: &'static str,
    /// Today's.
    pub today: String,
    /// The bars, today's last.
    pub bars: Vec<DrawnBar>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl DayChart {
    /// All four of them.
    pub fn all(days: &[Day]) -> Vec<Self> {
        let chart = |label, number: fn(&Day) -> u64| {
            let date = |day: &Day| day.begins.event_text()[..10].to_owned();
            let told = days.iter().map(|day| (number(day), format!("{}: {}", date(day), whole(number(day)))));
            Self {
                label,
                today: days.last().map(|day| whole(number(day))).unwrap_or_default(),
                bars: draw(told.collect()),
                from: days.first().map(date).unwrap_or_default(),
                to: days.last().map(date).unwrap_or_default(),
            }
        };
        vec![
            chart("Requests", |day| day.requests),
            chart("Submissions", |day| day.submissions),
            chart("Active players", |day| day.players),
            chart("Refusals", |day| day.refusals),
        ]
    }
}

/// How one key was used lately.
pub struct KeyChart {
    /// When last.
    pub last: Moment,
    /// Requests of all the days.
    pub total: String,
    /// Those of each, today's last.
    pub bars: Vec<DrawnBar>,
}

impl From<KeyUse> for KeyChart {
    fn from(used: KeyUse) -> Self {
        let told = |(ago, &requests): (usize, &u32)| {
            let day = match ago {
                0 => "Today".to_owned(),
                1 => "Yesterday".to_owned(),
                ago => format!("{ago} days ago"),
            };
            (u64::from(requests), format!("{day}: {}", whole(requests.into())))
        };
        let mut days: Vec<_> = used.days.iter().rev().enumerate().map(told).collect();
        days.reverse();
        let total = used.days.iter().copied().map(u64::from).sum();
        Self { last: used.last.into(), total: whole(total), bars: draw(days) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_fills_the_height_and_the_smallest_is_seen() {
        let bars = draw([0, 1, 1_000_000, u64::MAX].map(|number| (number, String::new())).into());
        assert_eq!(bars.iter().map(|bar| bar.height).collect::<Vec<_>>(), [0, 3, 3, 120]);
        assert!(bars.iter().all(|bar| bar.y + bar.height == 120 && bar.x + bar.width <= 1000));
        assert!(draw(Vec::new()).is_empty());
        assert_eq!(draw(vec![(0, String::new())])[0].height, 0);
    }
}
