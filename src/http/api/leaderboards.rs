//! `/leaderboards`: managing an account's leaderboards.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    described::{decimals, leaderboard_name, unit},
    schema::{LeaderboardBody, LeaderboardList, Pagination, ResetDone, Success},
};
use crate::{
    app::App,
    domain::{
        leaderboard::{Policy, ScoreFormat, Settings, SettingsPatch, SortOrder},
        name::LeaderboardName,
        score_display::{Decimals, DisplayError, MOST_DECIMALS, ScoreDisplay, Unit},
    },
    http::{
        auth::ManagementKey,
        error::ApiError,
        extract::{JsonBody, LeaderboardInPath, QueryParameters, is_null, object, present, string},
    },
};

/// The account's leaderboards
#[utoipa::path(get, path = "/api/v1/leaderboards", operation_id = "list_leaderboards", tag = "Management", security(("key" = [])), params(
    ("limit" = Option<u32>, Query, description = "1 to 50; 50 where left out", minimum = 1, maximum = 50),
    ("offset" = Option<u64>, Query, description = "Leaderboards skipped", minimum = 0, maximum = 9007199254740991_u64),
), responses(
    (status = 200, description = "Oldest first", body = LeaderboardList),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    query: QueryParameters,
) -> Result<Json<LeaderboardList>, ApiError> {
    let page = query.part()?;
    let limit = if query.get("limit").is_some() { page.limit } else { crate::domain::page::MAX_LIMIT };
    let (leaderboards, total) = app.list_leaderboards(key.0.access().account, page.offset, limit).await?;
    let leaderboards = leaderboards.into_iter().map(LeaderboardBody::from).collect();
    Ok(Json(LeaderboardList { leaderboards, pagination: Pagination { limit, offset: page.offset, total } }))
}

/// A leaderboard's settings as they are sent; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = LeaderboardSettings)]
pub struct SettingsBody<'a> {
    /// 1 to 80 characters.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = leaderboard_name)]
    name: Option<&'a RawValue>,
    /// `desc` (the default) or `asc`.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^(desc|asc)$", example = "desc")]
    sort_order: Option<&'a RawValue>,
    /// `number` (the default) or `time`.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^(number|time)$", example = "number")]
    score_format: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = decimals)]
    decimals: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = unit)]
    unit: Option<&'a RawValue>,
    /// `latest` (the default), `best` or `sum`.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^(latest|best|sum)$", example = "best")]
    policy: Option<&'a RawValue>,
}

/// The settings of a new leaderboard: the same, but it needs a name.
struct NewLeaderboard;

impl ToSchema for NewLeaderboard {}

impl PartialSchema for NewLeaderboard {
    fn schema() -> RefOr<Schema> {
        let mut schema = SettingsBody::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.description =
                Some("A new leaderboard as it is sent; what is left out gets its default.".to_owned());
            object.required.push("name".to_owned());
        }
        schema
    }
}

/// Parses the settings of a leaderboard, new or changed.
///
/// # Errors
/// 400, with the field that is to blame.
pub fn parse_settings(body: &[u8]) -> Result<SettingsPatch, ApiError> {
    let fields: SettingsBody<'_> = object(body)?;
    let name = fields.name.map(|raw| string("name", raw)).transpose()?;
    let name = name.map(|name| LeaderboardName::parse(&name)).transpose();
    Ok(SettingsPatch {
        name: name.map_err(|error| ApiError::invalid("name", error))?,
        sort_order: choice("sort_order", fields.sort_order, SortOrder::TEXTS, SortOrder::parse)?,
        score_format: choice("score_format", fields.score_format, ScoreFormat::TEXTS, ScoreFormat::parse)?,
        decimals: fields.decimals.map(parse_decimals).transpose()?,
        unit: fields.unit.map(parse_unit).transpose()?,
        policy: choice("policy", fields.policy, Policy::TEXTS, Policy::parse)?,
    })
}

/// `null` is as many as there are.
fn parse_decimals(raw: &RawValue) -> Result<Option<Decimals>, ApiError> {
    if is_null(raw) {
        return Ok(None);
    }
    // 2.0 is a whole number too, in JSON.
    let number = serde_json::from_str::<f64>(raw.get()).ok().filter(|number| number.fract() == 0.0);
    let known = number.and_then(|number| (0..=MOST_DECIMALS).find(|known| f64::from(*known) == number));
    let decimals = known.ok_or(DisplayError::Decimals).and_then(Decimals::new);
    decimals.map(Some).map_err(|_| {
        ApiError::invalid("decimals", format!("The decimals must be 0 to {MOST_DECIMALS}, or null"))
    })
}

/// `null` is none.
fn parse_unit(raw: &RawValue) -> Result<Unit, ApiError> {
    if is_null(raw) {
        return Ok(Unit::default());
    }
    Unit::parse(&string("unit", raw)?).map_err(|error| ApiError::invalid("unit", error))
}

fn choice<T>(
    field: &'static str,
    raw: Option<&RawValue>,
    texts: &[&str],
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let Some(raw) = raw else { return Ok(None) };
    let text = string(field, raw)?;
    let error = || ApiError::invalid(field, format!("The {field} must be one of: {}", texts.join(", ")));
    parse(&text).map(Some).ok_or_else(error)
}

/// Create a leaderboard
#[utoipa::path(post, path = "/api/v1/leaderboards", operation_id = "create_leaderboard", tag = "Management", security(("key" = [])), request_body = NewLeaderboard, responses(
    (status = 201, description = "It exists", body = LeaderboardBody),
))]
pub async fn create(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    body: JsonBody,
) -> Result<(StatusCode, Json<LeaderboardBody>), ApiError> {
    let patch = parse_settings(&body.0)?;
    let settings = Settings {
        name: patch.name.ok_or_else(|| ApiError::invalid("name", "The name is missing"))?,
        sort_order: patch.sort_order.unwrap_or(SortOrder::Desc),
        score_format: patch.score_format.unwrap_or(ScoreFormat::Number),
        display: ScoreDisplay { decimals: patch.decimals.flatten(), unit: patch.unit.unwrap_or_default() },
        policy: patch.policy.unwrap_or(Policy::Latest),
    };
    let access = key.0.access();
    let leaderboard = app.create_leaderboard(access.account, &access.plan, &settings).await?;
    Ok((StatusCode::CREATED, Json(leaderboard.into())))
}

/// One leaderboard
#[utoipa::path(get, path = "/api/v1/leaderboards/{id}", operation_id = "read_leaderboard_by_id", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
), responses(
    (status = 200, description = "Its settings and its size", body = LeaderboardBody),
))]
pub async fn read(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    LeaderboardInPath(id): LeaderboardInPath,
) -> Result<Json<LeaderboardBody>, ApiError> {
    Ok(Json(app.leaderboard(key.0.access().account, id).await?.into()))
}

/// Change a leaderboard
///
/// Another sort order takes effect when all entries are in it; until then `pending_sort_order` names it, and a second
/// change is refused with 409.
#[utoipa::path(patch, path = "/api/v1/leaderboards/{id}", operation_id = "update_leaderboard", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
), request_body = SettingsBody, responses(
    (status = 200, description = "It is changed", body = LeaderboardBody),
))]
pub async fn update(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    LeaderboardInPath(id): LeaderboardInPath,
    body: JsonBody,
) -> Result<Json<LeaderboardBody>, ApiError> {
    let patch = parse_settings(&body.0)?;
    Ok(Json(app.update_leaderboard(key.0.access().account, id, &patch).await?.into()))
}

/// Delete a leaderboard
///
/// With its entries and its keys; its streams end.
#[utoipa::path(delete, path = "/api/v1/leaderboards/{id}", operation_id = "delete_leaderboard", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
), responses(
    (status = 200, description = "It is gone", body = Success),
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    LeaderboardInPath(id): LeaderboardInPath,
) -> Result<Json<Success>, ApiError> {
    app.delete_leaderboard(key.0.access().account, id).await?;
    Ok(Json(Success::new()))
}

/// Remove all entries
#[utoipa::path(post, path = "/api/v1/leaderboards/{id}/reset", operation_id = "reset_leaderboard", tag = "Management", security(("key" = [])), params(
    ("id" = String, Path, description = "The leaderboard", format = Uuid, example = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20"),
), responses(
    (status = 200, description = "It is empty", body = ResetDone),
))]
pub async fn reset(
    State(app): State<Arc<App>>,
    key: ManagementKey,
    LeaderboardInPath(id): LeaderboardInPath,
) -> Result<Json<ResetDone>, ApiError> {
    let removed_entries = app.reset_leaderboard(key.0.access().account, id).await?;
    Ok(Json(ResetDone { success: true, removed_entries }))
}
