//! Answers for people.

use serde_json::Value;

/// `name: value` lines; a list's items are separated by an empty line.
pub(super) fn in_lines(answer: &Value) -> String {
    let mut out = String::new();
    write_lines(&mut out, "", answer);
    out.trim_end().to_owned()
}

fn write_lines(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let path = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                write_lines(out, &path, value);
            }
        }
        Value::Array(items) if items.is_empty() => out.push_str(&format!("{name}: none\n")),
        Value::Array(items) => {
            for item in items {
                write_lines(out, "", item);
                out.push('\n');
            }
        }
        Value::String(text) => out.push_str(&format!("{name}: {text}\n")),
        other => out.push_str(&format!("{name}: {other}\n")),
    }
}
