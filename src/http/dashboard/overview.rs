//! Where the account stands, and what its plan gives.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    chart::DayCharts,
    format::{Meter, Moment, whole},
    reply::{Refusal, page},
    shell::Shell,
    visit::SignedIn,
};
use crate::{
    app::{App, AppError},
    domain::{
        ids::LeaderboardId,
        leaderboard::Leaderboard,
        name::LeaderboardName,
        plan::{Burst, Plan, Realtime},
    },
};

/// Leaderboards that the overview shows.
const SHOWN: usize = 5;
/// Days that the charts show.
const DAYS: u32 = 30;
/// Changes that the overview shows.
const ACTIVITY: u32 = 6;

#[derive(Template)]
#[template(path = "dashboard/overview.html")]
struct OverviewPage {
    shell: Shell,
    plan: String,
    meters: Vec<Meter>,
    resets: String,
    boards: Vec<BoardLine>,
    total: u64,
    days: Option<DayCharts>,
    activity: Vec<Activity>,
}

/// One of the newest leaderboards.
struct BoardLine {
    id: String,
    name: String,
    entries: String,
}

impl From<Leaderboard> for BoardLine {
    fn from(board: Leaderboard) -> Self {
        let entries = match board.total_entries {
            1 => "1 entry".to_owned(),
            entries => format!("{} entries", whole(entries)),
        };
        Self { id: board.id.to_string(), name: board.settings.name.into_string(), entries }
    }
}

/// Something that was changed lately.
struct Activity {
    at: Moment,
    board: String,
    name: String,
    what: String,
    by: String,
}

/// What was changed last on the newest leaderboards.
async fn newest_activity(
    app: &App,
    by: &SignedIn,
    boards: &[(LeaderboardId, LeaderboardName)],
) -> Result<Vec<Activity>, AppError> {
    let mut notes = Vec::new();
    for (id, name) in boards {
        let of_board = app.read_history(by.owner.account.id, *id, ACTIVITY).await?;
        notes.extend(of_board.into_iter().map(|note| (note, id, name)));
    }
    notes.sort_by_key(|(note, ..)| std::cmp::Reverse(note.at));
    notes.truncate(ACTIVITY as usize);
    let told = notes.into_iter().map(|(note, id, name)| Activity {
        at: note.at.into(),
        board: id.to_string(),
        name: name.as_str().to_owned(),
        what: note.what,
        by: note.by,
    });
    Ok(told.collect())
}

/// What the account has used of its plan.
async fn meters(app: &App, by: &SignedIn) -> Result<(Vec<Meter>, String), AppError> {
    let usage = app.account_usage(by.owner.account.id).await?;
    let plan = &by.plan;
    let streams = match plan.realtime {
        Realtime::None => Some(0),
        Realtime::Streams(most) => Some(most),
        Realtime::Unlimited => None,
    };
    let mut meters = vec![
        Meter::new("Requests this month", usage.requests, plan.requests_per_month),
        Meter::new("Leaderboards", usage.leaderboards, plan.leaderboards),
        Meter::new("Entries", usage.entries, plan.entries),
    ];
    if streams != Some(0) {
        meters.push(Meter::new("Open streams", app.open_streams(by.owner.account.id).await?, streams));
    }
    let resets = crate::domain::timestamp::Timestamp::from_micros(
        i64::try_from(usage.resets).unwrap_or(0).saturating_mul(1_000_000),
    );
    Ok((meters, resets.event_text()))
}

/// The first page after signing in.
pub async fn show(State(app): State<Arc<App>>, by: SignedIn) -> Result<Response, Refusal> {
    let (meters, resets) = meters(&app, &by).await?;
    let (mut boards, total) = app.list_leaderboards(by.owner.account.id, 0, 500).await?;
    boards.reverse();
    boards.truncate(SHOWN);
    let newest: Vec<_> = boards.iter().map(|board| (board.id, board.settings.name.clone())).collect();
    let boards = boards.into_iter().map(BoardLine::from).collect();
    let days = match total {
        0 => None,
        _ => Some(DayCharts::of(&app.last_days(by.owner.account.id, DAYS).await?)),
    };
    let activity = newest_activity(&app, &by, &newest).await?;
    let shell = by.shell("Overview").in_section("overview");
    let plan = by.plan.name.to_string();
    let shown = OverviewPage { shell, plan, meters, resets, boards, total, days, activity };
    Ok(page(&by.visit, &shown))
}

/// What one plan gives, as people compare it, in the order of [`FACTS`].
fn facts(plan: &Plan) -> [String; 6] {
    let limit = |limit: Option<u64>| limit.map_or_else(|| "Unlimited".to_owned(), whole);
    let streams = match plan.realtime {
        Realtime::None => "–".to_owned(),
        Realtime::Streams(most) => whole(most),
        Realtime::Unlimited => "Unlimited".to_owned(),
    };
    let burst = |burst: Burst| format!("{} a second", whole(burst.per_second.into()));
    [
        limit(plan.requests_per_month),
        limit(plan.leaderboards),
        limit(plan.entries),
        if plan.metadata { "Yes" } else { "–" }.to_owned(),
        streams,
        plan.burst.map_or_else(|| "Unlimited".to_owned(), burst),
    ]
}

const FACTS: [&str; 6] =
    ["Requests a month", "Leaderboards", "Entries", "Metadata", "Realtime streams", "Requests of a key"];

/// A plan's column.
struct PlanColumn {
    name: String,
    is_own: bool,
}

/// A line of the comparison.
struct PlanLine {
    label: &'static str,
    /// For each plan what it gives, and whether it is the account's own.
    cells: Vec<(String, bool)>,
}

#[derive(Template)]
#[template(path = "dashboard/plan.html")]
struct PlanPage {
    shell: Shell,
    plan: String,
    meters: Vec<Meter>,
    resets: String,
    plans: Vec<PlanColumn>,
    lines: Vec<PlanLine>,
}

/// The plans, and the account's own.
pub async fn show_plan(State(app): State<Arc<App>>, by: SignedIn) -> Result<Response, Refusal> {
    let (meters, resets) = meters(&app, &by).await?;
    let is_own = |plan: &Plan| plan.name == by.plan.name;
    let plans =
        app.plans().iter().map(|plan| PlanColumn { name: plan.name.to_string(), is_own: is_own(plan) });
    let given: Vec<_> = app.plans().iter().map(|plan| (facts(plan), is_own(plan))).collect();
    let lines = FACTS.into_iter().enumerate().map(|(index, label)| PlanLine {
        label,
        cells: given.iter().map(|(facts, is_own)| (facts[index].clone(), *is_own)).collect(),
    });
    let (plans, lines) = (plans.collect(), lines.collect());
    let shell = by.shell("Plan and limits").in_section("plan");
    let plan = by.plan.name.to_string();
    Ok(page(&by.visit, &PlanPage { shell, plan, meters, resets, plans, lines }))
}
