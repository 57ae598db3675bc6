//! Prometheus' text format, for what is looked up at the time of a scrape.

use std::fmt::Write;

/// A scrape's answer, as far as it is written.
pub(super) struct Exposition(String);

impl Exposition {
    /// Goes on after this text.
    pub(super) fn after(text: String) -> Self {
        Self(text)
    }

    /// A metric without labels.
    pub(super) fn value(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        self.line(format_args!("{name} {value}"));
    }

    /// A gauge of each Redis server; left out where there is none.
    pub(super) fn by_address<'a>(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = (&'a str, f64)>,
    ) {
        let mut values = values.peekable();
        if values.peek().is_some() {
            self.head(name, "gauge", help);
        }
        for (address, value) in values {
            let address = escaped(address);
            self.line(format_args!("{name}{{address=\"{address}\"}} {value}"));
        }
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("\n# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String can't fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// A label's value: the path of a socket may have any character in it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_breaks_out_of_its_label() {
        let mut text = Exposition::after(String::new());
        text.by_address("a", "b", [("/x\"} 1\n\\y", 0.5)].into_iter());
        text.by_address("nothing", "b", std::iter::empty());
        let expected = "\n# HELP a b\n# TYPE a gauge\na{address=\"/x\\\"} 1\\n\\\\y\"} 0.5\n";
        assert_eq!(text.finish(), expected);
    }
}
