//! How to call an operation with the SDKs for Unity and Godot. What has no method of its own there goes by its path.

use super::{
    Key,
    document::Call,
    literals::{Literal, json_line},
    samples::address,
};
use crate::http::api;

/// What a method of an SDK gives, and how a sample shows it.
enum Shown {
    /// An expression, and what to print of it.
    Answer(&'static str, &'static str),
    /// It gives nothing.
    Nothing(&'static str),
}

fn field(call: &Call, name: &str) -> String {
    let body = call.body.as_ref().and_then(|body| body.field(name));
    body.map_or_else(String::new, json_line)
}

fn parameter<'a>(call: &'a Call, name: &str) -> &'a str {
    let found = call.parameters.iter().find(|parameter| parameter.name == name);
    found.map_or("", |parameter| parameter.example.as_str())
}

/// The metadata of a submission: its names with their values.
fn metadata(call: &Call, pair: fn(&str, String) -> String) -> String {
    let Some(Literal::Object(fields)) = call.body.as_ref().and_then(|body| body.field("metadata")) else {
        return String::new();
    };
    fields.iter().map(|(name, value)| pair(name, json_line(value))).collect::<Vec<_>>().join(", ")
}

fn filled(call: &Call, template: &str) -> String {
    template
        .replace("NAME", &field(call, "name"))
        .replace("SCORE", &field(call, "score"))
        .replace("PLAYER", &field(call, "player_id"))
        .replace("LIMIT", parameter(call, "limit"))
        .replace("ID", parameter(call, "player_id"))
}

/// For Unity, within an asynchronous method.
pub fn csharp(call: &Call) -> String {
    let metadata = metadata(call, |name, value| format!("[\"{name}\"] = {value}"));
    let shown = match call.id.as_str() {
        "submit_entry" => Shown::Answer(
            "client.SubmitAsync(NAME, SCORE, PLAYER, new Metadata { METADATA })",
            "$\"Rank {answer.Rank} of {answer.TotalEntries}\"",
        ),
        "list_entries" => Shown::Answer(
            "client.ListAsync(new PageOptions { Limit = LIMIT })",
            "$\"{answer.Entries.Count} of {answer.Total}\"",
        ),
        "read_entry" => Shown::Answer("client.GetEntryAsync(\"ID\")", "$\"{answer.Name}: {answer.Rank}\""),
        "delete_entry" => Shown::Nothing("client.RemoveAsync(\"ID\")"),
        "read_leaderboard" => {
            Shown::Answer("client.GetLeaderboardAsync()", "$\"{answer.Name}: {answer.TotalEntries}\"")
        }
        "read_usage" => Shown::Answer("client.GetUsageAsync()", "answer.CurrentRequests"),
        "open_stream" => {
            return format!(
                "{}var live = new LiveLeaderboard(client, new PageOptions {{ Limit = {} }});\n\
                 live.Changed += snapshot => Debug.Log(snapshot.Total);\nlive.Start();",
                csharp_client(call),
                parameter(call, "limit")
            );
        }
        _ => Shown::Answer("client.SendAsync(METHOD)", "answer"),
    };
    let send = || {
        let path = address(call).replacen(api::BASE, "", 1);
        match &call.body {
            None => format!("\"{}\", \"{path}\"", call.method),
            Some(body) => {
                let body = json_line(body).replace('"', "\\\"");
                format!("\"{}\", \"{path}\",\n    JsonValue.Parse(\"{body}\")", call.method)
            }
        }
    };
    let fill = |text: &str| filled(call, text).replace("METADATA", &metadata).replace("METHOD", &send());
    let rest = match shown {
        Shown::Answer(ask, print) => format!("var answer = await {};\nDebug.Log({print});", fill(ask)),
        Shown::Nothing(ask) => format!("await {};", fill(ask)),
    };
    format!("{}{rest}", csharp_client(call))
}

/// The client of the settings, with the key that they have to have.
fn csharp_client(call: &Call) -> String {
    let key = match call.key {
        Key::None => String::new(),
        key => format!(" // in the settings: {}", key.placeholder()),
    };
    format!("var client = RankoraSession.Default.Client;{key}\n")
}

/// For Godot, within any function.
pub fn gdscript(call: &Call) -> String {
    let metadata = metadata(call, |name, value| format!("\"{name}\": {value}"));
    let shown = match call.id.as_str() {
        "submit_entry" => Shown::Answer(
            "Rankora.submit(NAME, SCORE, {METADATA}, PLAYER)",
            "answer.rank, \" of \", answer.total_entries",
        ),
        "list_entries" => {
            Shown::Answer("Rankora.get_entries(LIMIT)", "answer.entries.size(), \" of \", answer.total")
        }
        "read_entry" => Shown::Answer("Rankora.get_entry(\"ID\")", "answer.name, \": \", answer.rank"),
        "delete_entry" => Shown::Answer("Rankora.remove_entry(\"ID\")", "answer.is_ok()"),
        "read_leaderboard" => {
            Shown::Answer("Rankora.get_leaderboard()", "answer.name, \": \", answer.total_entries")
        }
        "read_usage" => Shown::Answer("Rankora.get_usage()", "answer.current_requests"),
        "open_stream" => {
            return format!(
                "var live := Rankora.follow({})\nlive.changed.connect(func(): print(live.total))\nadd_child(live)",
                parameter(call, "limit")
            );
        }
        // It gives a dictionary, or an error.
        _ => Shown::Nothing("Rankora.ask(METHOD)"),
    };
    let ask = || {
        let path = address(call).replacen(api::BASE, "", 1);
        let Some(body) = &call.body else { return format!("HTTPClient.METHOD_{}, \"{path}\"", call.method) };
        let kind = "PackedStringArray([\"Content-Type: application/json\"])";
        let (method, body) = (&call.method, json_line(body));
        format!("\n\tHTTPClient.METHOD_{method},\n\t\"{path}\",\n\t{kind},\n\tJSON.stringify({body})\n")
    };
    let fill = |text: &str| filled(call, text).replace("METADATA", &metadata).replace("METHOD", &ask());
    match shown {
        Shown::Answer(call, print) => format!("var answer := await {}\nprint({print})", fill(call)),
        Shown::Nothing(call) => format!("var answer: Variant = await {}\nprint(answer)", fill(call)),
    }
}
