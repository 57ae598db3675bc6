//! What the benches measure with, and where they write it down.

#![allow(dead_code, reason = "each bench uses its part")]

pub mod document;
pub mod load;
pub mod request;

/// The middle of some numbers.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
