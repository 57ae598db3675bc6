//! An operation's page, in Markdown.

use super::{
    Key,
    document::{Call, Document, Field, text},
    literals::json,
    samples::{curl, fetch, urllib},
    sdks::{csharp, gdscript},
};

/// Writes the page.
pub fn write(call: &Call, document: &Document) -> String {
    let mut page = format!("# {}\n\n`{} {}`\n\n", call.summary, call.method, call.path);
    if !call.description.is_empty() {
        page.push_str(&format!("{}\n\n", call.description));
    }
    page.push_str(&format!("{}\n\n## Example\n\n", needs(call.key)));
    let samples = [
        ("sh", curl(call)),
        ("js", fetch(call)),
        ("csharp", csharp(call)),
        ("gdscript", gdscript(call)),
        ("python", urllib(call)),
    ];
    for (language, sample) in samples {
        page.push_str(&format!("```{language}\n{sample}\n```\n\n"));
    }
    push_answer(&mut page, call, document);
    push_parameters(&mut page, call);
    let body = &call.source["requestBody"]["content"]["application/json"]["schema"];
    if body.is_object() {
        push_fields(&mut page, "Body", &document.fields(body));
    }
    let (_, success) = success(call, document);
    push_fields(
        &mut page,
        "Fields of the answer",
        &document.fields(&success["content"]["application/json"]["schema"]),
    );
    push_refusals(&mut page, call, document);
    page
}

fn needs(key: Key) -> &'static str {
    match key {
        Key::None => "It needs no key.",
        Key::Publishable => {
            "Any key of the leaderboard reads it: publishable (`rk_pub_…`, also as `?key=` in the URL) or secret."
        }
        Key::Secret => "It needs a secret key (`rk_sec_…`), which belongs on a server.",
        Key::Management => "It needs a management key (`rk_mgt_…`), which belongs on a server.",
    }
}

/// The status of success, and the answer.
fn success<'a>(call: &'a Call, document: &'a Document) -> (&'a str, &'a serde_json::Value) {
    let answers = call.source["responses"].as_object();
    let found = answers.into_iter().flatten().find(|(status, _)| status.starts_with('2'));
    found.map_or(("", &serde_json::Value::Null), |(status, answer)| {
        (status.as_str(), document.resolve(answer))
    })
}

fn push_answer(page: &mut String, call: &Call, document: &Document) {
    let (status, answer) = success(call, document);
    page.push_str(&format!("## Answer\n\n`{status}`: {}.\n\n", text(&answer["description"])));
    let schema = &answer["content"]["application/json"]["schema"];
    let example = document.example(schema);
    if !example.is_null() {
        page.push_str(&format!("```json\n{}\n```\n\n", json(&example)));
    }
    let headers: Vec<_> = answer["headers"].as_object().into_iter().flatten().collect();
    if !headers.is_empty() {
        page.push_str("| header | |\n|---|---|\n");
        for (name, header) in headers {
            page.push_str(&format!("| `{name}` | {} |\n", text(&header["description"])));
        }
        page.push('\n');
    }
}

fn push_parameters(page: &mut String, call: &Call) {
    if call.parameters.is_empty() {
        return;
    }
    page.push_str("## Parameters\n\n| name | what |\n|---|---|\n");
    for parameter in &call.parameters {
        let place = if parameter.is_required { "" } else { ", optional" };
        let kind = parameter.kind.replace(" or null", "");
        let (name, description) = (&parameter.name, cell(&parameter.description));
        page.push_str(&format!("| `{name}` | *{}, {kind}{place}.* {description} |\n", parameter.place));
    }
    page.push('\n');
}

fn push_fields(page: &mut String, heading: &str, fields: &[Field]) {
    if fields.is_empty() {
        return;
    }
    page.push_str(&format!("## {heading}\n\n| field | what |\n|---|---|\n"));
    for field in fields {
        // What is always there needn't be said of answers.
        let place = if heading == "Body" && !field.is_required { ", optional" } else { "" };
        let (name, kind, description) = (&field.name, &field.kind, cell(&field.description));
        page.push_str(&format!("| `{name}` | *{kind}{place}.* {description} |\n"));
    }
    page.push('\n');
}

fn push_refusals(page: &mut String, call: &Call, document: &Document) {
    page.push_str("## Other answers\n\n| status | when |\n|---|---|\n");
    for (status, answer) in call.source["responses"].as_object().into_iter().flatten() {
        if !status.starts_with('2') {
            let description = text(&document.resolve(answer)["description"]);
            page.push_str(&format!("| `{status}` | {} |\n", cell(&description)));
        }
    }
    page.push_str("\nAll errors have [one form](../api.md#errors).\n");
}

/// On one line of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
