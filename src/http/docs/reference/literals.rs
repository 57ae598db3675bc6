//! Example values, as each language writes them.

use serde_json::Value;

/// A value whose fields keep their order.
#[derive(Clone, Debug)]
pub enum Literal {
    Object(Vec<(String, Literal)>),
    List(Vec<Literal>),
    Plain(Value),
}

impl From<&Value> for Literal {
    fn from(value: &Value) -> Self {
        match value {
            Value::Object(fields) => {
                Self::Object(fields.iter().map(|(name, value)| (name.clone(), value.into())).collect())
            }
            Value::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            plain => Self::Plain(plain.clone()),
        }
    }
}

impl Literal {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Plain(Value::Null))
    }

    /// A field of an object.
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// How a language writes what JSON writes otherwise.
struct Style {
    words: [&'static str; 3],
    quotes_names: bool,
    /// After the last of several lines.
    last_comma: &'static str,
    indent: &'static str,
}

const JSON: Style =
    Style { words: ["true", "false", "null"], quotes_names: true, last_comma: "", indent: "  " };

/// On several lines.
pub fn json(value: &Literal) -> String {
    laid_out(value, &JSON, 0)
}

/// On one line.
pub fn json_line(value: &Literal) -> String {
    on_a_line(value, &JSON)
}

/// As JavaScript, the lines after the first so far to the right.
pub fn javascript(value: &Literal, depth: usize) -> String {
    let style = Style { quotes_names: false, last_comma: ",", ..JSON };
    laid_out(value, &style, depth)
}

/// As Python, the lines after the first so far to the right.
pub fn python(value: &Literal, depth: usize) -> String {
    let words = ["True", "False", "None"];
    laid_out(value, &Style { words, last_comma: ",", indent: "    ", ..JSON }, depth)
}

fn plain(value: &Value, style: &Style) -> String {
    match value {
        Value::Bool(true) => style.words[0].to_owned(),
        Value::Bool(false) => style.words[1].to_owned(),
        Value::Null => style.words[2].to_owned(),
        other => other.to_string(),
    }
}

fn name_of(name: &str, style: &Style) -> String {
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if style.quotes_names || !is_word { Value::from(name).to_string() } else { name.to_owned() }
}

fn on_a_line(value: &Literal, style: &Style) -> String {
    match value {
        Literal::Plain(value) => plain(value, style),
        Literal::List(values) => {
            format!("[{}]", values.iter().map(|value| on_a_line(value, style)).collect::<Vec<_>>().join(", "))
        }
        Literal::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", name_of(name, style), on_a_line(value, style)));
            let fields = fields.collect::<Vec<_>>().join(", ");
            if style.quotes_names { format!("{{{fields}}}") } else { format!("{{ {fields} }}") }
        }
    }
}

fn laid_out(value: &Literal, style: &Style, depth: usize) -> String {
    let (inner, outer) = (style.indent.repeat(depth + 1), style.indent.repeat(depth));
    let lines = |open: &str, lines: Vec<String>, close: &str| {
        format!("{open}\n{inner}{}{}\n{outer}{close}", lines.join(&format!(",\n{inner}")), style.last_comma)
    };
    match value {
        Literal::Object(fields) if !fields.is_empty() && (depth == 0 || fields.len() > 1) => {
            let fields = fields.iter().map(|(name, value)| {
                format!("{}: {}", name_of(name, style), laid_out(value, style, depth + 1))
            });
            lines("{", fields.collect(), "}")
        }
        Literal::List(values) if values.iter().any(|value| matches!(value, Literal::Object(_))) => {
            lines("[", values.iter().map(|value| laid_out(value, style, depth + 1)).collect(), "]")
        }
        other => on_a_line(other, style),
    }
}
