//! What a leaderboard is and how it treats scores.

use serde::Serialize;

use super::{
    ids::LeaderboardId,
    name::LeaderboardName,
    score_display::{Decimals, ScoreDisplay, Unit},
    timestamp::Timestamp,
};

/// Makes an enum whose variants have one text each: on the wire, in Redis and on the command line.
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All texts, in the order of declaration.
            pub const TEXTS: &'static [&'static str] = &[$($text),+];

            /// The text of this variant.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The variant with exactly this text.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

text_enum! {
    /// Which score is ahead: the higher (`desc`) or the lower (`asc`).
    SortOrder { Desc = "desc", Asc = "asc" }
}

text_enum! {
    /// How clients show a score: a plain number, or seconds as a time.
    ScoreFormat { Number = "number", Time = "time" }
}

text_enum! {
    /// What a submission does to the score of a player who has one.
    Policy {
        /// Replaces it.
        Latest = "latest",
        /// Keeps the better of the two in the leaderboard's order.
        Best = "best",
        /// Adds to it.
        Sum = "sum",
    }
}

impl SortOrder {
    /// The other order.
    pub fn reversed(self) -> Self {
        match self {
            Self::Desc => Self::Asc,
            Self::Asc => Self::Desc,
        }
    }
}

/// A leaderboard's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The name that people see.
    pub name: LeaderboardName,
    /// Which score is ahead.
    pub sort_order: SortOrder,
    /// How a score is shown.
    pub score_format: ScoreFormat,
    /// With which decimals and unit.
    pub display: ScoreDisplay,
    /// What an update does.
    pub policy: Policy,
}

/// A change of settings; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SettingsPatch {
    /// A new name.
    pub name: Option<LeaderboardName>,
    /// A new sort order: takes effect once a second ranking has been built.
    pub sort_order: Option<SortOrder>,
    /// A new score format.
    pub score_format: Option<ScoreFormat>,
    /// Another number of decimals, or as many as there are.
    pub decimals: Option<Option<Decimals>>,
    /// Another unit; an empty one is none.
    pub unit: Option<Unit>,
    /// A new policy.
    pub policy: Option<Policy>,
}

/// All that a score is shown by.
#[derive(Clone, Copy, Debug)]
pub struct ScoreStyle<'a> {
    /// A number or a time.
    pub format: ScoreFormat,
    /// Decimals and unit.
    pub display: &'a ScoreDisplay,
}

/// A leaderboard as its owner sees it.
#[derive(Clone, Debug)]
pub struct Leaderboard {
    /// Its id.
    pub id: LeaderboardId,
    /// Its settings as they are in force.
    pub settings: Settings,
    /// The order it is being changed to, while that goes on.
    pub pending_sort_order: Option<SortOrder>,
    /// Number of entries.
    pub total_entries: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Settings {
    /// How scores are shown.
    pub fn style(&self) -> ScoreStyle<'_> {
        ScoreStyle { format: self.score_format, display: &self.display }
    }
}
