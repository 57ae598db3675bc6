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

// `URL` and `KEY` stand for the real ones. What is shown ends without an end of line. The tests of the SDKs run the last two.
const CURL: &str = include_str!("snippets/submit.sh");
const JAVASCRIPT: &str = include_str!("snippets/submit.js");
const CSHARP: &str = include_str!("snippets/submit.cs");
const GDSCRIPT: &str = include_str!("snippets/submit.gd");

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
    let mut parts = code.trim_end().split("KEY").map(|part| part.replace("URL", base));
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |text, part| text + key + &part)
}
