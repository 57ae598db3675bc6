//! The texts that people choose: of players, of leaderboards, and labels of keys.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Serialize, Serializer};
use thiserror::Error;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

const PLAYER_NAME_LENGTH: RangeInclusive<usize> = 3..=50;
const LEADERBOARD_NAME_LENGTH: RangeInclusive<usize> = 1..=80;
const LABEL_LENGTH: RangeInclusive<usize> = 0..=60;

/// Why a text is no name.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// Too short or too long, counted in Unicode scalar values after trimming and NFC.
    #[error("the {what} must have {min} to {max} characters")]
    Length {
        /// `name` or `label`.
        what: &'static str,
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// A character that doesn't belong in a player's name.
    #[error("the name may have letters, digits, spaces, `_` and `-` only, not U+{:04X}", u32::from(*.0))]
    NotInPlayerNames(char),
    /// A control, formatting or unassigned character, or a line separator.
    #[error("the {what} may not have the invisible or unassigned character U+{:04X}", u32::from(*character))]
    Invisible {
        /// `name` or `label`.
        what: &'static str,
        /// The first such character.
        character: char,
    },
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident: $length:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that was parsed before it was stored. It isn't checked again: another version of
            /// Unicode must not make stored entries unreadable.
            pub fn from_stored(text: String) -> $name {
                $name(text)
            }

            /// Takes a text from a backup; `None` for one that no rule ever let in. For the same reason only the
            /// length is checked, and that nothing in it controls a terminal.
            pub fn from_backup(text: String) -> Option<$name> {
                let possible = $length.contains(&text.chars().count()) && !text.contains(char::is_control);
                possible.then_some($name(text))
            }

            /// The text, trimmed and in NFC.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, trimmed and in NFC.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

text_type! {
    /// A player's name: 3 to 50 letters, marks and digits of any script, spaces, `_` and `-`.
    PlayerName: PLAYER_NAME_LENGTH
}
text_type! {
    /// A leaderboard's name: 1 to 80 characters, none of them invisible but spaces.
    LeaderboardName: LEADERBOARD_NAME_LENGTH
}
text_type! {
    /// What an owner calls a key: at most 60 characters of the alphabet of leaderboard names, or nothing.
    Label: LABEL_LENGTH
}

impl PlayerName {
    /// Trims and normalises, then checks.
    ///
    /// # Errors
    ///
    /// See [`NameError`].
    pub fn parse(text: &str) -> Result<PlayerName, NameError> {
        parse(text, "name", PLAYER_NAME_LENGTH, refuse_outside_player_names).map(PlayerName)
    }
}

impl LeaderboardName {
    /// Trims and normalises, then checks.
    ///
    /// # Errors
    ///
    /// See [`NameError`].
    pub fn parse(text: &str) -> Result<LeaderboardName, NameError> {
        parse(text, "name", LEADERBOARD_NAME_LENGTH, |c| refuse_invisible("name", c)).map(LeaderboardName)
    }
}

impl Label {
    /// Trims and normalises, then checks.
    ///
    /// # Errors
    ///
    /// See [`NameError`].
    pub fn parse(text: &str) -> Result<Label, NameError> {
        parse(text, "label", LABEL_LENGTH, |c| refuse_invisible("label", c)).map(Label)
    }
}

fn parse(
    text: &str,
    what: &'static str,
    length: RangeInclusive<usize>,
    check: impl Fn(char) -> Result<(), NameError>,
) -> Result<String, NameError> {
    let wrong_length = NameError::Length { what, min: *length.start(), max: *length.end() };
    let trimmed = text.trim();
    // No scalar value decomposes into more than 4 canonically, nor takes more than 4 bytes: what is longer than
    // this can't be short enough in NFC, and isn't worth normalising.
    if trimmed.len() > length.end() * 16 {
        return Err(wrong_length);
    }
    let normal = if trimmed.is_ascii() || is_nfc_quick(trimmed.chars()) == IsNormalized::Yes {
        trimmed.to_owned()
    } else {
        trimmed.nfc().collect()
    };
    if !length.contains(&normal.chars().count()) {
        return Err(wrong_length);
    }
    normal.chars().try_for_each(check)?;
    Ok(normal)
}

fn refuse_outside_player_names(character: char) -> Result<(), NameError> {
    let belongs = match character {
        ' ' | '_' | '-' => true,
        _ if character.is_ascii() => character.is_ascii_alphanumeric(),
        _ => {
            matches!(
                character.general_category_group(),
                GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark
            ) || character.general_category() == GeneralCategory::DecimalNumber
        }
    };
    belongs.then_some(()).ok_or(NameError::NotInPlayerNames(character))
}

fn refuse_invisible(what: &'static str, character: char) -> Result<(), NameError> {
    let invisible = if character.is_ascii() {
        character.is_ascii_control()
    } else {
        character.general_category_group() == GeneralCategoryGroup::Other
            || matches!(
                character.general_category(),
                GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
            )
    };
    (!invisible).then_some(()).ok_or(NameError::Invisible { what, character })
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
