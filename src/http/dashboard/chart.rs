//! Charts of bars, as SVG: plotters scales and draws them, [`drawing`](super::drawing) writes them down.

use askama::filters::{Html, escape};
use plotters::{
    chart::ChartBuilder, coord::combinators::BindKeyPoints as _, drawing::IntoDrawingArea as _,
    element::PathElement, style::IntoFont as _,
};

use super::{
    drawing::{BASE, Canvas, Column, FINENESS, GRID, NOTHING, line},
    format::{self, Moment, day, whole},
};
use crate::{
    app::moderation,
    domain::leaderboard::ScoreStyle,
    store::{days::Day, key_uses::KeyUse},
};

/// Days between two dates below a chart.
const WEEK: usize = 7;
/// How wide a bar's place is for plotters, and how much of it the bar fills.
const PLACE: usize = 100;
const FILLED: usize = 78;

/// A number, and what it stands for.
pub struct Told {
    /// How much.
    pub number: u64,
    /// Of what: a day, or a range of scores.
    pub of: String,
}

/// How large a drawing is, and what it has besides its bars.
#[derive(Clone, Copy)]
struct Form {
    /// Units across and down.
    size: (u32, u32),
    /// Room for what is written on the left and below; without any there is no scale either.
    room: Option<(u32, u32)>,
}

/// Beside another of its kind.
const HALF: Form = Form { size: (440, 152), room: Some((44, 22)) };
/// As wide as the page.
const FULL: Form = Form { size: (660, 170), room: Some((40, 6)) };
/// In a line of text.
const SPARK: Form = Form { size: (112, 28), room: None };

/// Where a scale ends that has room for `most`: a number whose half is whole, and short to write.
fn top_of_scale(most: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for steps in [2, 4, 6, 8, 10, 12, 16] {
            match unit.checked_mul(steps) {
                Some(top) if top >= most => return top,
                None => return u64::MAX,
                Some(_) => {}
            }
        }
        let Some(next) = unit.checked_mul(10) else { return u64::MAX };
        unit = next;
    }
}

/// A number on a scale, which has one digit or two: `0`, `400`, `1.5k`, `20M`.
fn short(number: u64) -> String {
    let units = [(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1000, "k")];
    let Some((unit, name)) = units.into_iter().find(|(unit, _)| number >= *unit) else {
        return number.to_string();
    };
    match number % unit / (unit / 10) {
        0 => format!("{}{name}", number / unit),
        tenths => format!("{}.{tenths}{name}", number / unit),
    }
}

/// Draws bars side by side. `below` has the places that are named below them.
fn draw(form: Form, name: &str, told: &[Told], below: &[usize]) -> String {
    let (width, height) = form.size;
    let Ok(name) = escape(name, Html);
    let mut svg =
        format!("<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{name}\">");
    let labels: Vec<_> = told.iter().map(|bar| format!("{}: {}", bar.of, whole(bar.number))).collect();
    let most = told.iter().map(|told| told.number).max().unwrap_or(0);
    let (top, edge) = if form.room.is_some() { (top_of_scale(most), 8) } else { (most.max(1), 1) };
    let columns = told.iter().zip(&labels).enumerate().map(|(place, (bar, label))| {
        let left = place * PLACE;
        Column {
            corners: [(left, 0), (left + FILLED, bar.number), (left + PLACE, top)],
            label,
            is_wide: form.room.is_some(),
        }
    });
    // Bars begin and end with the lines behind them.
    let end = (told.len().max(1) - 1) * PLACE + FILLED;
    let named = below.iter().map(|place| place * PLACE + FILLED / 2).collect();
    let (left, bottom) = form.room.unwrap_or((0, 1));
    let area = Canvas::at_the_end_of(&mut svg, form.size).into_drawing_area();
    let chart = ChartBuilder::on(&area)
        .margin_top(edge * FINENESS)
        .y_label_area_size(left * FINENESS)
        .x_label_area_size(bottom * FINENESS)
        .build_cartesian_2d((0..end).with_key_points(named), (0..top).with_key_points(vec![top / 2, top]));
    let drawn = chart.and_then(|mut chart| {
        let of = |at: &usize| told.get(at / PLACE).map_or_else(String::new, |bar| bar.of.clone());
        let scale = |number: &u64| short(*number);
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh().axis_style(NOTHING).light_line_style(NOTHING).bold_line_style(line(GRID));
        mesh.label_style(("sans-serif", 10 * FINENESS).into_font()).set_all_tick_mark_size(3 * FINENESS);
        mesh.x_label_formatter(&of).y_label_formatter(&scale);
        if form.room.is_none() {
            mesh.disable_y_mesh();
        }
        mesh.draw()?;
        chart.draw_series(columns)?;
        let base = PathElement::new(vec![(0, 0), (end, 0)], line(BASE));
        chart.draw_series([base]).map(drop)
    });
    drawn.expect("a text takes all that is drawn");
    drop(area);
    svg.push_str("</svg>");
    svg
}

/// What happened on each of the last days.
pub struct DayCharts {
    /// One for each kind of number.
    pub charts: Vec<DayChart>,
    /// The same as a table, the newest day first.
    pub table: Vec<DayLine>,
}

/// One number of each of the last days.
pub struct DayChart {
    /// What it counts.
    pub label: &'static str,
    /// Today's.
    pub today: String,
    /// The drawing.
    pub svg: String,
}

/// A day.
pub struct DayLine {
    /// When it began.
    pub date: String,
    /// The same as people read it.
    pub day: String,
    /// Its numbers, in the order of the charts.
    pub numbers: Vec<String>,
}

/// What is counted on a day.
type Count = (&'static str, fn(&Day) -> u64);

const COUNTS: [Count; 4] = [
    ("Requests", |day| day.requests),
    ("Submissions", |day| day.submissions),
    ("Active players", |day| day.players),
    ("Refusals", |day| day.refusals),
];

impl DayCharts {
    /// Of these days, today's last.
    pub fn of(days: &[Day]) -> Self {
        let charts = COUNTS.map(|(label, number)| {
            let told: Vec<_> =
                days.iter().map(|at| Told { number: number(at), of: day(at.begins) }).collect();
            DayChart {
                label,
                today: days.last().map(|day| whole(number(day))).unwrap_or_default(),
                svg: draw(HALF, &summary(label, &told), &told, &weekly(told.len())),
            }
        });
        let line = |at: &Day| DayLine {
            date: at.begins.event_text()[..10].to_owned(),
            day: day(at.begins),
            numbers: COUNTS.iter().map(|(_, number)| whole(number(at))).collect(),
        };
        Self { charts: charts.into(), table: days.iter().rev().map(line).collect() }
    }
}

/// Today's place, and one for each week before.
fn weekly(days: usize) -> Vec<usize> {
    (0..days).rev().step_by(WEEK).collect()
}

/// What a drawing shows, in words.
fn summary(label: &str, told: &[Told]) -> String {
    let (Some(first), Some(last)) = (told.first(), told.last()) else { return label.to_owned() };
    let most = told.iter().max_by_key(|told| told.number).filter(|told| told.number > 0);
    let most =
        most.map_or_else(|| "none".to_owned(), |most| format!("most on {}: {}", most.of, whole(most.number)));
    format!("{label} of each day from {} to {}; {most}; today {}", first.of, last.of, whole(last.number))
}

/// How one key was used lately.
pub struct KeyChart {
    /// When last.
    pub last: Moment,
    /// Requests of all the days.
    pub total: String,
    /// Those of each, today's last.
    pub svg: String,
}

impl From<KeyUse> for KeyChart {
    fn from(used: KeyUse) -> Self {
        let days = used.days.len();
        let told: Vec<_> = used
            .days
            .iter()
            .enumerate()
            .map(|(index, &requests)| {
                let of = match days - 1 - index {
                    0 => "Today".to_owned(),
                    1 => "Yesterday".to_owned(),
                    ago => format!("{ago} days ago"),
                };
                Told { number: requests.into(), of }
            })
            .collect();
        let total = used.days.iter().copied().map(u64::from).sum();
        let most = told.iter().max_by_key(|told| told.number);
        let most = most.map(|most| format!("; most {}: {}", most.of.to_lowercase(), whole(most.number)));
        let name = format!("Requests of each of the last {days} days{}", most.unwrap_or_default());
        Self { last: used.last.into(), total: whole(total), svg: draw(SPARK, &name, &told, &[]) }
    }
}

/// How many entries have which scores.
pub struct Spread {
    /// The drawing.
    pub svg: String,
    /// Where the first bar begins.
    pub lowest: String,
    /// Where the last bar ends.
    pub highest: String,
    /// The same as a table: a range, and its entries.
    pub table: Vec<(String, String)>,
}

impl Spread {
    /// Of these bars; nothing where there are fewer than two.
    pub fn of(bars: &[moderation::Bar], style: ScoreStyle<'_>) -> Option<Self> {
        let [first, .., last] = bars else { return None };
        let told: Vec<_> = bars
            .iter()
            .map(|bar| {
                let (from, to) = (format::number(bar.from, style), format::number(bar.to, style));
                Told { number: bar.entries, of: format!("{from} to {to}") }
            })
            .collect();
        let (lowest, highest) = (format::number(first.from, style), format::number(last.to, style));
        let svg = draw(FULL, &format!("Entries by score, from {lowest} to {highest}"), &told, &[]);
        let table = told.into_iter().map(|bar| (bar.of, whole(bar.number))).collect();
        Some(Self { svg, lowest, highest, table })
    }
}

#[cfg(test)]
#[path = "chart_tests.rs"]
mod tests;
