//! As much of PromQL as it takes to say which metrics and labels an expression stands on.

use std::{iter::Peekable, str::Chars};

/// One metric, and what its labels must be: name, operator, value.
#[derive(Debug, PartialEq, Eq)]
pub struct Selector {
    pub metric: String,
    pub matchers: Vec<(String, String, String)>,
}

/// What an expression stands on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub selectors: Vec<Selector>,
    /// The labels that it groups or joins by.
    pub grouping: Vec<String>,
}

const OPERATORS: [&str; 8] = ["and", "or", "unless", "bool", "offset", "inf", "nan", "atan2"];
const GROUPINGS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Reads an expression. A selector without a metric's name is none that this knows.
pub fn names(expression: &str) -> Names {
    let mut names = Names::default();
    let mut text = expression.chars().peekable();
    while let Some(&next) = text.peek() {
        match next {
            '"' | '\'' | '`' => _ = quoted(&mut text),
            '[' => while text.next().is_some_and(|c| c != ']') {},
            '0'..='9' | '.' => _ = word(&mut text),
            'a'..='z' | 'A'..='Z' | '_' | ':' => {
                let word = word(&mut text);
                space(&mut text);
                let followed_by = text.clone().take_while(|c| c.is_alphanumeric()).collect::<String>();
                let is_call = text.peek() == Some(&'(') || GROUPINGS.contains(&&*followed_by);
                if GROUPINGS.contains(&&*word) && text.next_if_eq(&'(').is_some() {
                    let labels: String = text.by_ref().take_while(|c| *c != ')').collect();
                    names.grouping.extend(labels.split(',').map(|label| label.trim().to_owned()));
                } else if !is_call && !OPERATORS.contains(&&*word) {
                    let matchers = if text.next_if_eq(&'{').is_some() { matchers(&mut text) } else { vec![] };
                    names.selectors.push(Selector { metric: word, matchers });
                }
            }
            '{' => panic!("a selector without a name: {expression}"),
            _ => _ = text.next(),
        }
    }
    names.grouping.retain(|label| !label.is_empty());
    names
}

/// The rest of a selector after its brace.
fn matchers(text: &mut Peekable<Chars<'_>>) -> Vec<(String, String, String)> {
    let mut matchers = Vec::new();
    loop {
        space(text);
        if text.next_if_eq(&'}').is_some() {
            return matchers;
        }
        let label = word(text);
        space(text);
        let operator = std::iter::from_fn(|| text.next_if(|c| "=!~".contains(*c))).collect();
        space(text);
        matchers.push((label, operator, quoted(text)));
        space(text);
        text.next_if_eq(&',');
    }
}

fn space(text: &mut Peekable<Chars<'_>>) {
    while text.next_if(|c| c.is_whitespace()).is_some() {}
}

fn word(text: &mut Peekable<Chars<'_>>) -> String {
    std::iter::from_fn(|| text.next_if(|c| c.is_ascii_alphanumeric() || "_:.".contains(*c))).collect()
}

fn quoted(text: &mut Peekable<Chars<'_>>) -> String {
    let quote = text.next_if(|c| "\"'`".contains(*c)).expect("a quoted value");
    let mut value = String::new();
    loop {
        match text.next().expect("the end of a quoted value") {
            end if end == quote => return value,
            '\\' if quote != '`' => value.extend(text.next()),
            other => value.push(other),
        }
    }
}

#[test]
fn metrics_and_labels_are_told_from_functions_operators_and_text() {
    let found = names(
        r#"sum by (job, le) (rate(a_bucket{x="b{c}", y=~"d|\"e"}[5m] offset 1h)) / on (job) group_left (z)
           max without (w) (f:g) > bool 1e3 and topk(3, h) or absent(up{job='i'} == 1)"#,
    );
    let selector = |metric: &str, matchers: &[(&str, &str, &str)]| Selector {
        metric: metric.to_owned(),
        matchers: matchers.iter().map(|(l, o, v)| ((*l).into(), (*o).into(), (*v).into())).collect(),
    };
    assert_eq!(found.grouping, ["job", "le", "job", "z", "w"]);
    let expected = [
        selector("a_bucket", &[("x", "=", "b{c}"), ("y", "=~", "d|\"e")]),
        selector("f:g", &[]),
        selector("h", &[]),
        selector("up", &[("job", "=", "i")]),
    ];
    assert_eq!(found.selectors, expected);
}
