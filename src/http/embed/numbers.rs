//! Numbers as a visitor reads them, where no script does it.

/// What stands between thousands, and before a fraction.
fn marks(language: &str) -> (&'static str, &'static str) {
    match language {
        "de" | "es" | "pt" | "tr" => (".", ","),
        "fr" => ("\u{202f}", ","),
        _ => (",", "."),
    }
}

/// A whole number.
pub fn whole(language: &str, value: u64) -> String {
    grouped(language, &value.to_string())
}

/// A number, rounded to this many decimals; without a number of decimals up to six, and none that say nothing.
pub fn number(language: &str, value: f64, decimals: Option<usize>) -> String {
    let mut text = rounded(value.abs(), decimals.unwrap_or(6));
    if decimals.is_none() {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    let (integer, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if value < 0.0 && text.contains(|c: char| ('1'..='9').contains(&c)) { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { marks(language).1 };
    format!("{sign}{}{point}{fraction}", grouped(language, integer))
}

/// As browsers round it: the shortest decimals that mean this number, halves upwards. The format of the standard library
/// rounds halves to even digits, and what a double is between its decimals.
fn rounded(value: f64, decimals: usize) -> String {
    let all = value.to_string();
    let (integer, fraction) = all.split_once('.').unwrap_or((&all, ""));
    let Some((kept, rest)) = fraction.split_at_checked(decimals) else {
        return format!("{value:.decimals$}");
    };
    let mut digits = [integer, kept].concat();
    if rest.starts_with(|digit| digit >= '5') {
        let nines = digits.len() - digits.trim_end_matches('9').len();
        digits.truncate(digits.len() - nines);
        let last = digits.pop().unwrap_or('0');
        digits.push(char::from_digit(last.to_digit(10).unwrap_or(0) + 1, 10).unwrap_or('1'));
        digits.extend(std::iter::repeat_n('0', nines));
    }
    let end = digits.len() - decimals;
    if decimals > 0 {
        digits.insert(end, '.');
    }
    digits
}

/// Seconds as hours, minutes and seconds.
pub fn time(language: &str, seconds: f64, decimals: Option<usize>) -> String {
    let digits = i32::try_from(decimals.unwrap_or(3)).unwrap_or(3);
    let unit = 10_f64.powi(digits);
    let parts = seconds.abs() * unit;
    // What can't be multiplied has no fraction.
    let whole_seconds = if parts.is_finite() { parts.round() / unit } else { seconds.abs() };
    let sign = if seconds < 0.0 && whole_seconds > 0.0 { "−" } else { "" };
    let minutes = (whole_seconds / 60.0).floor();
    // What is left of a double has more decimals than are shown.
    let rest = ((whole_seconds % 60.0) * unit).round() / unit;
    let rest_text = number(language, rest, decimals.or(if rest.fract() == 0.0 { Some(0) } else { None }));
    let rest_text = if rest < 10.0 { format!("0{rest_text}") } else { rest_text };
    if minutes < 60.0 {
        return format!("{sign}{minutes}:{rest_text}");
    }
    let hours = number(language, (minutes / 60.0).floor(), Some(0));
    format!("{sign}{hours}:{:02}:{rest_text}", minutes % 60.0)
}

fn grouped(language: &str, digits: &str) -> String {
    // Spanish leaves four digits alone.
    if language == "es" && digits.len() == 4 {
        return digits.to_owned();
    }
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push_str(marks(language).0);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_each_language() {
        assert_eq!(number("en", 1_234_567.5, None), "1,234,567.5");
        assert_eq!(number("de", 1_234_567.5, None), "1.234.567,5");
        assert_eq!(number("fr", -1234.0, None), "-1\u{202f}234");
        assert_eq!(number("es", 1234.0, None), "1234");
        assert_eq!(number("es", 12345.0, None), "12.345");
        assert_eq!(number("en", 0.1 + 0.2, None), "0.3");
        assert_eq!(number("en", 3.0, Some(2)), "3.00");
        assert_eq!(number("en", -0.000_000_1, None), "0");
        assert_eq!(whole("en", 1000), "1,000");
    }

    #[test]
    fn numbers_are_rounded_as_browsers_do_it() {
        for (value, decimals, text) in [
            (8287.25, 1, "8,287.3"),
            (-8287.25, 1, "-8,287.3"),
            (8287.24, 1, "8,287.2"),
            (1.005, 2, "1.01"),
            (0.125, 2, "0.13"),
            (2.5, 0, "3"),
            (999.95, 1, "1,000.0"),
            (0.000_000_5, 6, "0.000001"),
            (0.6, 0, "1"),
            (7.0, 2, "7.00"),
        ] {
            assert_eq!(number("en", value, Some(decimals)), text);
        }
        assert_eq!(number("en", 0.000_000_5, None), "0.000001");
    }

    #[test]
    fn times_are_written_in_minutes_and_hours() {
        assert_eq!(time("en", 83.456, None), "1:23.456");
        assert_eq!(time("de", 83.456, None), "1:23,456");
        assert_eq!(time("en", 59.9996, None), "1:00");
        assert_eq!(time("en", 3_725.0, None), "1:02:05");
        assert_eq!(time("en", 5.25, Some(1)), "0:05.3");
        assert_eq!(time("en", -61.5, None), "−1:01.5");
        assert!(time("en", f64::MAX, None).ends_with(":56:08"), "{}", time("en", f64::MAX, None));
    }
}
