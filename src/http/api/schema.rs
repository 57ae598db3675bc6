//! The bodies of answers.

use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, SchemaType, Type},
};

use crate::{
    app::leaderboards::Usage,
    domain::{
        entry::Row,
        ids::{EntryHandle, KeyId, LeaderboardId, PlayerId},
        leaderboard::Leaderboard,
        metadata::Metadata,
        name::{Label, LeaderboardName, PlayerName},
        plan::Plan,
        score::Score,
        timestamp::Timestamp,
    },
    store::{api_keys::KeyRecord, entries::Accepted},
};

/// What entries carry besides name and score. The derive leaves an object's example out.
pub fn metadata() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some("Up to 10 strings, numbers and booleans. In a submission, left out: kept; `null` or `{}`: cleared."))
        .examples([serde_json::json!({"level": 12})])
        .build()
}

/// It is done.
#[derive(Serialize, ToSchema)]
pub struct Success {
    /// Always true.
    #[schema(example = true)]
    success: bool,
}

impl Success {
    pub fn new() -> Self {
        Self { success: true }
    }
}

/// What the account has used of its plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Usage)]
pub struct UsageBody {
    /// Requests in this calendar month (UTC), over all leaderboards and keys.
    #[schema(example = 150)]
    current_requests: u64,
    /// What is left of them; null where the plan has no limit.
    #[schema(required, example = 499850)]
    remaining_requests: Option<u64>,
    /// Leaderboards.
    #[schema(example = 2)]
    current_leaderboards: u64,
    /// What is left of them; null where the plan has no limit.
    #[schema(required, example = 8)]
    remaining_leaderboards: Option<u64>,
    /// Entries on all leaderboards.
    #[schema(example = 128)]
    current_entries: u64,
    /// What is left of them; null where the plan has no limit.
    #[schema(required, example = 49872)]
    remaining_entries: Option<u64>,
    /// The name of the plan.
    #[schema(example = "indie")]
    plan: String,
    /// When the requests begin anew.
    #[schema(value_type = String, format = DateTime, example = "2026-08-01T00:00:00.000000+00:00")]
    resets_at: Timestamp,
}

impl UsageBody {
    pub fn new(usage: &Usage, plan: &Plan) -> Self {
        let remaining = |limit: Option<u64>, used: u64| limit.map(|limit| limit.saturating_sub(used));
        let resets = i64::try_from(usage.resets).unwrap_or_default();
        Self {
            current_requests: usage.requests,
            remaining_requests: remaining(plan.requests_per_month, usage.requests),
            current_leaderboards: usage.leaderboards,
            remaining_leaderboards: remaining(plan.leaderboards, usage.leaderboards),
            current_entries: usage.entries,
            remaining_entries: remaining(plan.entries, usage.entries),
            plan: plan.name.to_string(),
            resets_at: Timestamp::from_micros(resets.saturating_mul(1_000_000)),
        }
    }
}

/// The key's leaderboard.
#[derive(Serialize, ToSchema)]
#[schema(as = Leaderboard)]
pub struct LeaderboardBody {
    #[schema(value_type = String, format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20")]
    id: LeaderboardId,
    #[schema(value_type = String, example = "Weekly high scores")]
    name: LeaderboardName,
    /// Which score is ahead: `desc` the higher, `asc` the lower.
    #[schema(example = "desc")]
    sort_order: &'static str,
    /// `number`, or `time` in seconds.
    #[schema(example = "number")]
    score_format: &'static str,
    /// Decimals that scores are shown with, 0 to 6; null for as many as there are.
    #[schema(required, example = 2)]
    decimals: Option<u8>,
    /// What stands behind a score; null for nothing.
    #[schema(required, example = "km/h")]
    unit: Option<String>,
    /// What a submission does to a player's score: `latest`, `best` or `sum`.
    #[schema(example = "latest")]
    policy: &'static str,
    /// Entries on it.
    #[schema(example = 128)]
    total_entries: u64,
    #[schema(value_type = String, format = DateTime, example = "2026-07-21T19:22:47.782875+00:00")]
    created_at: Timestamp,
    /// The order that the leaderboard is being changed to; null unless that is going on.
    #[schema(required)]
    pending_sort_order: Option<&'static str>,
}

impl From<Leaderboard> for LeaderboardBody {
    fn from(leaderboard: Leaderboard) -> Self {
        let Leaderboard { id, settings, pending_sort_order, total_entries, created_at } = leaderboard;
        let unit = settings.display.unit();
        Self {
            id,
            name: settings.name.clone(),
            sort_order: settings.sort_order.as_str(),
            score_format: settings.score_format.as_str(),
            decimals: settings.display.decimals(),
            unit: (!unit.is_empty()).then(|| unit.to_owned()),
            policy: settings.policy.as_str(),
            total_entries,
            created_at,
            pending_sort_order: pending_sort_order.map(|order| order.as_str()),
        }
    }
}

/// A part of the account's leaderboards.
#[derive(Serialize, ToSchema)]
pub struct LeaderboardList {
    pub leaderboards: Vec<LeaderboardBody>,
    pub pagination: Pagination,
}

/// Which part of how much.
#[derive(Serialize, ToSchema)]
pub struct Pagination {
    /// Rows asked for.
    #[schema(example = 10)]
    pub limit: u32,
    /// Rows skipped.
    #[schema(example = 0)]
    pub offset: u64,
    /// Rows in all.
    #[schema(example = 128)]
    pub total: u64,
}

// Lists are written as bytes by `app::pages`; this and what holds it describe them.
/// A row of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryBody {
    /// A public handle, the same for a player for as long as the leaderboard exists. No player_id can be told from it.
    #[schema(value_type = String, example = "Xo3f8xk0Q2mB1v7cN5tZLA")]
    id: EntryHandle,
    #[schema(value_type = String, example = "Ada")]
    name: PlayerName,
    #[schema(value_type = f64, example = 9500)]
    score: Score,
    /// Up to 10 strings, numbers and booleans.
    #[schema(schema_with = metadata, required)]
    metadata: Option<Metadata>,
    /// From 1, in the order asked for.
    #[schema(example = 1)]
    rank: u64,
    #[schema(value_type = String, format = DateTime, example = "2026-07-21T19:22:47.782875+00:00")]
    updated_at: Timestamp,
    /// True on the entry of the player asked for; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    is_current_player: Option<bool>,
}

/// A page of a leaderboard.
#[derive(Serialize, ToSchema)]
pub struct EntryList {
    #[schema(example = true)]
    success: bool,
    entries: Vec<EntryBody>,
    pagination: Pagination,
}

/// What a submission did.
#[derive(Serialize, ToSchema)]
pub struct Submitted {
    #[schema(example = true)]
    success: bool,
    /// The player: as given, or made by the server. Keep it to update the entry.
    #[schema(value_type = String, format = Uuid, example = "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11")]
    player_id: PlayerId,
    /// The rank now.
    #[schema(example = 15)]
    rank: u64,
    /// The score now.
    #[schema(value_type = f64, example = 9500)]
    score: Score,
    /// The score before; null for a new player.
    #[schema(value_type = Option<f64>, required, example = 9100)]
    previous_score: Option<Score>,
    /// The rank before; null for a new player.
    #[schema(required, example = 21)]
    previous_rank: Option<u64>,
    /// Entries on the leaderboard now.
    #[schema(example = 128)]
    total_entries: u64,
}

impl From<Accepted> for Submitted {
    fn from(accepted: Accepted) -> Self {
        Self {
            success: true,
            player_id: accepted.player,
            rank: accepted.rank,
            score: accepted.score,
            previous_score: accepted.previous_score,
            previous_rank: accepted.previous_rank,
            total_entries: accepted.total,
        }
    }
}

/// One player's entry.
#[derive(Serialize, ToSchema)]
pub struct PlayerEntry {
    #[schema(value_type = String, format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20")]
    leaderboard_id: LeaderboardId,
    #[schema(value_type = String, example = "Ada")]
    name: PlayerName,
    #[schema(value_type = f64, example = 9500)]
    score: Score,
    #[schema(value_type = String, format = Uuid, example = "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11")]
    player_id: PlayerId,
    #[schema(schema_with = metadata, required)]
    metadata: Option<Metadata>,
    /// From 1, in the leaderboard's own order.
    #[schema(example = 15)]
    rank: u64,
    #[schema(value_type = String, format = DateTime, example = "2026-07-21T19:22:47.782875+00:00")]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime, example = "2026-07-21T19:22:47.782875+00:00")]
    updated_at: Timestamp,
}

impl PlayerEntry {
    pub fn new(leaderboard_id: LeaderboardId, row: Row) -> Self {
        let Row { entry, rank } = row;
        Self {
            leaderboard_id,
            name: entry.name,
            score: entry.score,
            player_id: entry.player,
            metadata: entry.metadata,
            rank,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }
}

/// The leaderboard is empty now.
#[derive(Serialize, ToSchema)]
pub struct ResetDone {
    #[schema(example = true)]
    pub success: bool,
    /// Entries that were removed.
    #[schema(example = 128)]
    pub removed_entries: u64,
}

/// An API key.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyBody {
    #[schema(value_type = String, format = Uuid, example = "9f3b2c6a-1d47-4e0f-8b1a-2f6d7c5e4a31")]
    id: KeyId,
    /// `secret` or `publishable`.
    #[schema(example = "publishable")]
    kind: &'static str,
    /// What the owner calls it.
    #[schema(value_type = String, example = "Website")]
    label: Label,
    /// The key's text. That of a secret key is in the answer that creates it and nowhere else: then null.
    #[schema(required, example = "rk_pub_…")]
    key: Option<String>,
    #[schema(value_type = String, format = DateTime, example = "2026-07-21T19:22:47.782875+00:00")]
    created_at: Timestamp,
}

impl KeyBody {
    /// A key with the text that may be shown.
    pub fn new(record: KeyRecord, text: Option<String>) -> Self {
        Self {
            id: record.id,
            kind: record.kind.as_str(),
            label: record.label,
            key: text.or(record.public_text),
            created_at: record.created_at,
        }
    }
}

/// The keys of a leaderboard.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    pub keys: Vec<KeyBody>,
}
