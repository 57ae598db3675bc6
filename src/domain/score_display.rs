//! How people see scores: what a leaderboard's owner chose beside its score format.

use thiserror::Error;

use super::name::Label;

/// Decimals at the most.
pub const MOST_DECIMALS: u8 = 6;
/// Characters that a unit may have.
const LONGEST_UNIT: usize = 12;

/// Why something can't be chosen.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DisplayError {
    /// Not a number of decimals.
    #[error("choose 0 to {MOST_DECIMALS} decimals, or none to show as many as there are")]
    Decimals,
    /// Too long, or with characters that nobody sees.
    #[error("the unit must have {LONGEST_UNIT} visible characters at the most")]
    Unit,
}

/// A fixed number of decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimals(u8);

/// What stands behind a score; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit(String);

/// Decimals and a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScoreDisplay {
    /// `None` for as many as there are.
    pub decimals: Option<Decimals>,
    /// Empty for none.
    pub unit: Unit,
}

impl Decimals {
    /// Takes 0 to 6.
    ///
    /// # Errors
    /// [`DisplayError::Decimals`]
    pub fn new(decimals: u8) -> Result<Self, DisplayError> {
        if decimals > MOST_DECIMALS { Err(DisplayError::Decimals) } else { Ok(Self(decimals)) }
    }

    /// How many.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Unit {
    /// Takes a text with white space around it.
    ///
    /// # Errors
    /// [`DisplayError::Unit`]
    pub fn parse(text: &str) -> Result<Self, DisplayError> {
        let unit = Label::parse(text).map_err(|_| DisplayError::Unit)?;
        let is_short = unit.as_str().chars().count() <= LONGEST_UNIT;
        if is_short { Ok(Self(unit.as_str().to_owned())) } else { Err(DisplayError::Unit) }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ScoreDisplay {
    /// Reads both as a form sends them; empty for as many decimals as there are, and for no unit.
    ///
    /// # Errors
    /// [`DisplayError`]
    pub fn parse(decimals: &str, unit: &str) -> Result<Self, DisplayError> {
        let unit = Unit::parse(unit)?;
        let decimals = match decimals.trim() {
            "" => None,
            text => Some(Decimals::new(text.parse().map_err(|_| DisplayError::Decimals)?)?),
        };
        Ok(Self { decimals, unit })
    }

    /// Takes both as they were stored. The unit kept to the rules of its time: those of another Unicode make nothing
    /// unreadable.
    ///
    /// # Errors
    /// [`DisplayError::Decimals`]
    pub fn from_stored(decimals: &str, unit: String) -> Result<Self, DisplayError> {
        Ok(Self { unit: Unit(unit), ..Self::parse(decimals, "")? })
    }

    /// How many decimals; `None` for as many as there are.
    pub fn decimals(&self) -> Option<u8> {
        self.decimals.map(Decimals::get)
    }

    /// The same as a form has it.
    pub fn decimals_text(&self) -> String {
        self.decimals().map(|decimals| decimals.to_string()).unwrap_or_default()
    }

    /// What stands behind a score; empty without a unit.
    pub fn unit(&self) -> &str {
        self.unit.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_and_units_have_bounds() {
        let display = ScoreDisplay::parse("2", " km/h ").expect("valid");
        assert_eq!((display.decimals(), display.unit()), (Some(2), "km/h"));
        assert_eq!(ScoreDisplay::parse("", ""), Ok(ScoreDisplay::default()));
        for decimals in ["7", "-1", "1.5", "x"] {
            assert_eq!(ScoreDisplay::parse(decimals, ""), Err(DisplayError::Decimals), "{decimals}");
        }
        for unit in ["thirteen char", "a\u{202e}b", "a\nb"] {
            assert_eq!(ScoreDisplay::parse("", unit), Err(DisplayError::Unit), "{unit:?}");
        }
        assert!(ScoreDisplay::parse("", &"點".repeat(12)).is_ok());
        let stored = ScoreDisplay::from_stored("2", "a\u{202e}b".to_owned()).expect("as it was stored");
        assert_eq!((stored.decimals(), stored.unit()), (Some(2), "a\u{202e}b"));
    }
}
