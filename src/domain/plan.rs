//! Plans: what an account may use, and the file in which an operator says so.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The text of the built-in plans, which an operator can copy and change.
pub const BUILT_IN_TOML: &str = include_str!("plans.toml");

/// A plan's name: 1 to 32 of `a` to `z`, `0` to `9`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PlanName(String);

/// The text is no plan name.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a plan's name must have 1 to 32 characters of a-z, 0-9, _ and -")]
pub struct InvalidPlanName;

impl PlanName {
    /// Reads a name. Whether there is such a plan is for [`Plans::get`] to say.
    ///
    /// # Errors
    ///
    /// [`InvalidPlanName`] where the length or a character is wrong.
    pub fn parse(text: &str) -> Result<PlanName, InvalidPlanName> {
        PlanName::try_from(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PlanName {
    type Error = InvalidPlanName;

    fn try_from(text: String) -> Result<PlanName, InvalidPlanName> {
        let belongs = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let valid = (1..=32).contains(&text.len()) && text.bytes().all(belongs);
        valid.then_some(PlanName(text)).ok_or(InvalidPlanName)
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What the accounts of one plan may use. `None` is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What accounts refer to it by.
    pub name: PlanName,
    /// Counted answers in a calendar month, over all keys.
    pub requests_per_month: Option<u64>,
    /// Leaderboards of the account.
    pub leaderboards: Option<u64>,
    /// Entries over all leaderboards.
    pub entries: Option<u64>,
    /// Whether entries may carry metadata.
    pub metadata: bool,
    /// Whether streams may be opened, and how many.
    pub realtime: Realtime,
    /// How fast one key may ask.
    pub burst: Option<Burst>,
}

/// A plan's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realtime {
    /// The plan has no realtime.
    None,
    /// This many open streams of the account at once, 1 or more.
    Streams(u64),
    /// As many as the servers carry.
    Unlimited,
}

/// A token bucket for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Tokens that come back in a second, 1 or more.
    pub per_second: u32,
    /// Tokens that the bucket holds, 1 or more.
    pub bucket: u32,
}

/// Why a text is no list of plans.
#[derive(Debug, Error)]
pub enum PlansError {
    /// No TOML, or an unknown, missing or mistyped field. The source names the line.
    #[error("the plans can't be read")]
    Toml(#[from] toml::de::Error),
    /// Not one plan.
    #[error("there is no [[plan]]")]
    Empty,
    /// Two plans with this name.
    #[error("there are two plans with the name `{0}`")]
    Repeated(PlanName),
    /// A burst that would let nothing through.
    #[error(
        "the burst of plan `{0}` must have a per_second and a bucket of 1 or more; leave it out for no limit"
    )]
    ZeroBurst(PlanName),
}

/// The plans of an installation, in the order of their file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plans(Vec<Plan>);

impl Plans {
    /// The plans of [`BUILT_IN_TOML`].
    pub fn built_in() -> Plans {
        Plans::from_toml(BUILT_IN_TOML).expect("a test reads the built-in plans")
    }

    /// Reads a file such as [`BUILT_IN_TOML`], which documents the format.
    ///
    /// # Errors
    ///
    /// See [`PlansError`].
    pub fn from_toml(text: &str) -> Result<Plans, PlansError> {
        let file: PlansFile = toml::from_str(text)?;
        let mut plans = Plans(Vec::with_capacity(file.plan.len()));
        for plan in file.plan {
            if plan.burst.is_some_and(|burst| burst.per_second == 0 || burst.bucket == 0) {
                return Err(PlansError::ZeroBurst(plan.name));
            }
            if plans.get(plan.name.as_str()).is_some() {
                return Err(PlansError::Repeated(plan.name));
            }
            plans.0.push(plan.into());
        }
        if plans.0.is_empty() {
            return Err(PlansError::Empty);
        }
        Ok(plans)
    }

    /// The plan of this name.
    pub fn get(&self, name: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.name.as_str() == name)
    }

    /// Every plan, in the order of the file; at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.0.iter()
    }
}

/// An array of tables rather than one table per name: TOML tables have no order to keep.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlansFile {
    #[serde(default)]
    plan: Vec<PlanTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanTable {
    name: PlanName,
    requests_per_month: Option<u64>,
    leaderboards: Option<u64>,
    entries: Option<u64>,
    metadata: bool,
    realtime_streams: Option<u64>,
    burst: Option<Burst>,
}

impl From<PlanTable> for Plan {
    fn from(table: PlanTable) -> Plan {
        Plan {
            name: table.name,
            requests_per_month: table.requests_per_month,
            leaderboards: table.leaderboards,
            entries: table.entries,
            metadata: table.metadata,
            realtime: match table.realtime_streams {
                Some(0) => Realtime::None,
                Some(streams) => Realtime::Streams(streams),
                None => Realtime::Unlimited,
            },
            burst: table.burst,
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
