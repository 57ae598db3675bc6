//! Code that works as pasted, with the leaderboard's own keys in it.

use crate::http::api::BASE;

/// One piece of code.
pub struct Snippet {
    /// The language, as a tab says it.
    pub language: &'static str,
    /// What it does.
    pub about: &'static str,
    /// The code.
    pub code: String,
}

/// All of them.
pub struct Snippets {
    /// Whether the secret key stands in them.
    pub is_complete: bool,
    /// For games.
    pub submit: Vec<Snippet>,
    /// For pages; empty where there is no publishable key.
    pub embed: String,
}

const CURL: &str = r#"curl "URL/leaderboard/entries" \
  -H "Authorization: Bearer KEY" \
  -H "Content-Type: application/json" \
  -d '{"name":"First Player","score":9500}'"#;

const JAVASCRIPT: &str = r#"const response = await fetch("URL/leaderboard/entries", {
  method: "POST",
  headers: { "Authorization": "Bearer KEY", "Content-Type": "application/json" },
  body: JSON.stringify({ name: "First Player", score: 9500 }),
});
const { rank, player_id } = await response.json();
console.log(`Rank ${rank}. Keep ${player_id} to update this entry.`);"#;

const CSHARP: &str = r#"using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

var client = new HttpClient();
client.DefaultRequestHeaders.Authorization =
    new AuthenticationHeaderValue("Bearer", "KEY");
var body = new StringContent(
    "{\"name\":\"First Player\",\"score\":9500}", Encoding.UTF8, "application/json");
var response = await client.PostAsync("URL/leaderboard/entries", body);
Console.WriteLine(await response.Content.ReadAsStringAsync());"#;

const GDSCRIPT: &str = r#"extends Node

func _ready():
	var http := HTTPRequest.new()
	add_child(http)
	http.request_completed.connect(func(_result, _status, _headers, body):
		print(body.get_string_from_utf8()))
	http.request(
		"URL/leaderboard/entries",
		["Authorization: Bearer KEY", "Content-Type: application/json"],
		HTTPClient.METHOD_POST,
		JSON.stringify({"name": "First Player", "score": 9500}))"#;

impl Snippets {
    /// For a leaderboard on the server at this URL.
    pub fn new(origin: &str, secret: Option<String>, publishable: Option<String>) -> Self {
        let key = secret.as_deref().unwrap_or("YOUR_SECRET_KEY");
        let base = format!("{origin}{BASE}");
        let snippet =
            |language, about, code: &str| Snippet { language, about, code: code_with(code, &base, key) };
        Self {
            is_complete: secret.is_some(),
            submit: vec![
                snippet("curl", "Submits a score from a terminal", CURL),
                snippet("JavaScript", "Submits a score from a browser game or Node.js", JAVASCRIPT),
                snippet("C#", "Submits a score from a .NET program", CSHARP),
                snippet("GDScript", "Submits a score from a Godot scene", GDSCRIPT),
            ],
            embed: publishable.map_or_else(String::new, |key| {
                format!("<script src=\"{origin}/embed/v1.js\" data-key=\"{key}\" async></script>")
            }),
        }
    }
}

/// The code with the URL first, so that nothing in a URL passes for the place of the key.
fn code_with(code: &str, base: &str, key: &str) -> String {
    let mut parts = code.split("KEY").map(|part| part.replace("URL", base));
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |text, part| text + key + &part)
}
