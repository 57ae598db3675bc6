//! The lines of a backup. `docs/backup.md` describes them; another form of one is another [`VERSION`].

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

use crate::domain::{
    api_key::{KeyHash, KeyKind},
    appearance::{Css, Site},
    ids::{AccountId, HandleSecret, KeyId, LeaderboardId, PlayerId},
    leaderboard::{Policy, ScoreFormat, SortOrder},
    metadata::Metadata,
    name::{Label, LeaderboardName, PlayerName},
    plan::PlanName,
    score::Score,
    timestamp::Timestamp,
};

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u64 = 1;

/// One line. They come in the order of the variants; `entry` to `leaderboard_end` belong to the `leaderboard` before.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    RankoraAccount(AccountLine),
    Leaderboard(LeaderboardLine),
    Entry(EntryLine),
    /// What came since the `leaderboard` line is void.
    LeaderboardVoid(VoidLine),
    LeaderboardEnd(LeaderboardEndLine),
    Key(KeyLine),
    Month(MonthLine),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountLine {
    pub version: u64,
    #[serde(deserialize_with = "parsed")]
    pub exported_at: Timestamp,
    #[serde(deserialize_with = "parsed")]
    pub id: AccountId,
    pub email: String,
    pub plan: PlanName,
    #[serde(deserialize_with = "parsed")]
    pub created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeaderboardLine {
    #[serde(deserialize_with = "parsed")]
    pub id: LeaderboardId,
    #[serde(deserialize_with = "parsed")]
    pub name: LeaderboardName,
    #[serde(deserialize_with = "parsed")]
    pub sort_order: SortOrder,
    #[serde(deserialize_with = "parsed")]
    pub score_format: ScoreFormat,
    #[serde(deserialize_with = "parsed")]
    pub policy: Policy,
    #[serde(deserialize_with = "parsed")]
    pub created_at: Timestamp,
    /// With it, public ids stay as they were.
    #[serde(serialize_with = "secret_text", deserialize_with = "parsed")]
    pub handle_secret: HandleSecret,
    /// Decimals that scores are shown with; left out where there are as many as a score has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// What stands behind a shown score.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// How its page for frames looks; left out where it is the usual.
    #[serde(
        default,
        skip_serializing_if = "Css::is_empty",
        serialize_with = "css_text",
        deserialize_with = "css"
    )]
    pub css: Css,
    /// Who may show that page; left out where everybody may.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "sites_text",
        deserialize_with = "sites"
    )]
    pub sites: Vec<Site>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    #[serde(deserialize_with = "parsed")]
    pub player_id: PlayerId,
    #[serde(deserialize_with = "parsed")]
    pub name: PlayerName,
    #[serde(deserialize_with = "score")]
    pub score: Score,
    #[serde(default, deserialize_with = "metadata", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(deserialize_with = "parsed")]
    pub created_at: Timestamp,
    #[serde(deserialize_with = "parsed")]
    pub updated_at: Timestamp,
    /// Of equal scores, the smaller number is ahead.
    pub seq: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VoidLine {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeaderboardEndLine {
    /// At least the largest of its entries.
    pub seq: u64,
    /// Lines, one more for an entry that comes twice.
    pub entries: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyLine {
    #[serde(deserialize_with = "parsed")]
    pub id: KeyId,
    #[serde(deserialize_with = "parsed")]
    pub kind: KeyKind,
    /// `null` for a management key.
    #[serde(deserialize_with = "parsed_or_null")]
    pub leaderboard: Option<LeaderboardId>,
    #[serde(deserialize_with = "parsed")]
    pub label: Label,
    #[serde(serialize_with = "displayed", deserialize_with = "parsed")]
    pub hash: KeyHash,
    /// The text of a publishable key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(deserialize_with = "parsed")]
    pub created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MonthLine {
    pub requests: u64,
    /// In another month the requests don't count.
    #[serde(deserialize_with = "parsed")]
    pub resets_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub leaderboards: u64,
    pub entries: u64,
    pub keys: u64,
}

/// Values that stand in a line as text.
trait FromText: Sized {
    /// What is wrong with a text that is none.
    const WRONG: &'static str;

    fn from_text(text: String) -> Option<Self>;
}

macro_rules! from_text {
    ($($type:ty, $wrong:literal, $text:ident => $parsed:expr;)+) => {
        $(impl FromText for $type {
            const WRONG: &'static str = $wrong;

            fn from_text($text: String) -> Option<Self> {
                $parsed
            }
        })+
    };
}

from_text! {
    AccountId, "an account's id must be a UUID", text => Self::parse(&text).ok();
    LeaderboardId, "a leaderboard's id must be a UUID", text => Self::parse(&text).ok();
    KeyId, "a key's id must be a UUID", text => Self::parse(&text).ok();
    PlayerId, "a player's id must be a UUID", text => Self::parse(&text).ok();
    Timestamp, "a time must look like 2025-07-21T19:22:47.782875+00:00", text => Self::parse_entry_text(&text);
    LeaderboardName, "this is no leaderboard's name", text => Self::from_backup(text);
    PlayerName, "this is no player's name", text => Self::from_backup(text);
    Label, "this is no label", text => Self::from_backup(text);
    SortOrder, "the sort_order must be desc or asc", text => Self::parse(&text);
    ScoreFormat, "the score_format must be number or time", text => Self::parse(&text);
    Policy, "the policy must be latest, best or sum", text => Self::parse(&text);
    KeyKind, "the kind must be secret, publishable or management", text => Self::from_name(&text);
    KeyHash, "a key's hash must have 64 hexadecimal digits", text => Self::from_hex(&text);
    HandleSecret, "the handle_secret must have 64 hexadecimal digits", text => Self::from_hex(&text);
}

fn parsed<'de, D: Deserializer<'de>, T: FromText>(deserializer: D) -> Result<T, D::Error> {
    T::from_text(String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom(T::WRONG))
}

fn parsed_or_null<'de, D: Deserializer<'de>, T: FromText>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| T::from_text(text).ok_or_else(|| D::Error::custom(T::WRONG))).transpose()
}

/// From the text, since a double no longer shows what was rounded.
fn score<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Score, D::Error> {
    Score::parse_json(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
}

fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Metadata>, D::Error> {
    Metadata::parse_json(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
}

fn css<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Css, D::Error> {
    Css::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn css_text<S: Serializer>(css: &Css, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(css.as_str())
}

fn sites<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Site>, D::Error> {
    Site::parse_all(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn sites_text<S: Serializer>(sites: &[Site], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Site::join(sites))
}

fn displayed<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn secret_text<S: Serializer>(secret: &HandleSecret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&secret.expose_hex())
}
