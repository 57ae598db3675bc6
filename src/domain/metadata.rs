//! What a game keeps with an entry: a small flat object.

use std::fmt;
use std::io::Write as _;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use thiserror::Error;

use super::score::{NumberToken, push_number};

const MAX_KEYS: usize = 10;
const MAX_KEY_CHARACTERS: usize = 32;
const MAX_VALUE_CHARACTERS: usize = 64;

/// A JSON object of 1 to 10 strings, numbers and booleans, as canonical text: no white space, keys in the order in
/// which they came, numbers by the number rule. Ready to be embedded in an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Metadata(Box<str>);

/// Why a JSON value is no metadata.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MetadataError {
    /// A JSON value of another type.
    #[error("the metadata must be an object")]
    NotAnObject,
    /// No JSON, or text with half of a surrogate pair, which no UTF-8 can carry.
    #[error("the metadata is not valid JSON")]
    Malformed,
    /// More than 10 distinct keys.
    #[error("the metadata may have at most {MAX_KEYS} keys")]
    TooManyKeys,
    /// An empty key, or one of more than 32 characters.
    #[error("a metadata key must have 1 to {MAX_KEY_CHARACTERS} characters")]
    KeyLength,
    /// `null`, an array or an object under this key.
    #[error("the metadata value of {0:?} must be a string, a number or a boolean")]
    ValueType(String),
    /// More than 64 characters under this key; of a number, as written or as it would be answered.
    #[error("the metadata value of {0:?} may have at most {MAX_VALUE_CHARACTERS} characters")]
    ValueLength(String),
    /// A number under this key that no double can hold.
    #[error("the metadata value of {0:?} must be a finite number")]
    NotFinite(String),
}

impl Metadata {
    /// Reads the raw text of one JSON value. `Ok(None)` is "no metadata": `null` or `{}`.
    ///
    /// Of a repeated key the last value counts, in the place of the first.
    ///
    /// # Errors
    ///
    /// See [`MetadataError`].
    pub fn parse_json(raw: &str) -> Result<Option<Metadata>, MetadataError> {
        let raw = raw.trim_ascii();
        if raw == "null" {
            return Ok(None);
        }
        if !raw.starts_with('{') {
            return Err(MetadataError::NotAnObject);
        }
        let pairs = read_pairs(raw).map_err(|_| MetadataError::Malformed)?;
        if pairs.is_empty() {
            return Ok(None);
        }
        if pairs.len() > MAX_KEYS {
            return Err(MetadataError::TooManyKeys);
        }
        let mut out = Vec::with_capacity(raw.len());
        for (key, value) in &pairs {
            if !(1..=MAX_KEY_CHARACTERS).contains(&key.chars().count()) {
                return Err(MetadataError::KeyLength);
            }
            out.push(if out.is_empty() { b'{' } else { b',' });
            push_string(key, &mut out);
            out.push(b':');
            push_value(key, value.get(), &mut out)?;
        }
        out.push(b'}');
        let text = String::from_utf8(out).expect("it is put together from valid UTF-8");
        Ok(Some(Metadata(text.into())))
    }

    /// Takes what [`as_str`](Metadata::as_str) gave before it was stored. `None` for what can't come from there,
    /// the empty text first of all. Of the JSON only the outer braces are checked.
    pub fn from_stored(bytes: &[u8]) -> Option<Metadata> {
        let text = str::from_utf8(bytes).ok()?;
        (text.starts_with('{') && text.ends_with('}')).then(|| Metadata(text.into()))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata({})", self.0)
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Distinct keys with their last values, in the order of the first; one more than allowed at most.
type Pairs<'a> = Vec<(String, &'a RawValue)>;

fn read_pairs(raw: &str) -> Result<Pairs<'_>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(raw);
    let pairs = json.deserialize_map(PairsVisitor)?;
    json.end()?;
    Ok(pairs)
}

struct PairsVisitor;

impl<'a> Visitor<'a> for PairsVisitor {
    type Value = Pairs<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Pairs<'a>, M::Error> {
        let mut pairs = Pairs::new();
        while let Some(key) = map.next_key::<String>()? {
            if pairs.len() > MAX_KEYS {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value()?;
            match pairs.iter_mut().find(|(known, _)| *known == key) {
                Some(pair) => pair.1 = value,
                None => pairs.push((key, value)),
            }
        }
        Ok(pairs)
    }
}

fn push_value(key: &str, raw: &str, out: &mut Vec<u8>) -> Result<(), MetadataError> {
    match raw.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(raw).map_err(|_| MetadataError::Malformed)?;
            if text.chars().count() > MAX_VALUE_CHARACTERS {
                return Err(MetadataError::ValueLength(key.to_owned()));
            }
            push_string(&text, out);
        }
        Some(b't' | b'f') => out.extend_from_slice(raw.as_bytes()),
        Some(b'-' | b'0'..=b'9') => {
            let start = out.len();
            if raw.len() <= MAX_VALUE_CHARACTERS {
                push_number_token(key, raw, out)?;
            }
            if raw.len().max(out.len() - start) > MAX_VALUE_CHARACTERS {
                return Err(MetadataError::ValueLength(key.to_owned()));
            }
        }
        _ => return Err(MetadataError::ValueType(key.to_owned())),
    }
    Ok(())
}

fn push_string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a Vec takes every string");
}

fn push_number_token(key: &str, raw: &str, out: &mut Vec<u8>) -> Result<(), MetadataError> {
    let token = NumberToken::parse(raw).ok_or(MetadataError::Malformed)?;
    if !token.is_integer_literal() {
        let value = token.value();
        if !value.is_finite() {
            return Err(MetadataError::NotFinite(key.to_owned()));
        }
        push_number(value, out);
        return Ok(());
    }
    // Integers keep the digits that a double would lose: they may be ids of the game.
    let sign = if token.negative && token.integer != "0" { "-" } else { "" };
    let fits = token.integer.parse().is_ok_and(|value: u64| value < 1 << 63);
    let fraction = if fits { "" } else { ".0" };
    write!(out, "{sign}{}{fraction}", token.integer).expect("a Vec takes every write");
    Ok(())
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
