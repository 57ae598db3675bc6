//! Takes answers apart.

use redis::Value;

use super::error::StoreError;

/// The parts of an array, one after the other.
pub(super) struct Parts(std::vec::IntoIter<Value>);

impl Parts {
    pub(super) fn of(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Array(parts) => Ok(Self(parts.into_iter())),
            Value::ServerError(error) => Err(redis::RedisError::from(error).into()),
            _ => Err(StoreError::Unexpected("an answer that is no array")),
        }
    }

    pub(super) fn next(&mut self) -> Result<Value, StoreError> {
        match self.0.next() {
            Some(Value::ServerError(error)) => Err(redis::RedisError::from(error).into()),
            Some(value) => Ok(value),
            None => Err(StoreError::Unexpected("an answer that is too short")),
        }
    }

    pub(super) fn rest(self) -> Vec<Value> {
        self.0.collect()
    }

    pub(super) fn remaining(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        bytes(self.next()?)
    }

    pub(super) fn text(&mut self) -> Result<Option<String>, StoreError> {
        text(self.next()?)
    }

    pub(super) fn number(&mut self) -> Result<u64, StoreError> {
        number(&self.next()?)
    }
}

/// Bytes; `None` for nil.
pub(super) fn bytes(value: Value) -> Result<Option<Vec<u8>>, StoreError> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::SimpleString(text) => Ok(Some(text.into_bytes())),
        Value::ServerError(error) => Err(redis::RedisError::from(error).into()),
        _ => Err(StoreError::Unexpected("an answer that is no string")),
    }
}

/// A string; `None` for nil.
pub(super) fn text(value: Value) -> Result<Option<String>, StoreError> {
    bytes(value)?
        .map(|bytes| {
            String::from_utf8(bytes).map_err(|_| StoreError::Unexpected("an answer that is no UTF-8"))
        })
        .transpose()
}

/// A whole number of 0 and more, as an integer or as text.
pub(super) fn number(value: &Value) -> Result<u64, StoreError> {
    let parsed = match value {
        Value::Int(n) => u64::try_from(*n).ok(),
        Value::BulkString(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    parsed.ok_or(StoreError::Unexpected("an answer that is no number"))
}
