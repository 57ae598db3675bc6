//! What the search on the pages looks through.

use serde::Serialize;

use super::markdown::Rendered;

/// How much of a part's text is looked through.
const MOST: usize = 4_000;

/// One part of a page.
#[derive(Serialize)]
struct Entry<'a> {
    url: String,
    page: &'a str,
    heading: &'a str,
    text: String,
}

/// All parts of all pages, each with its address, as JSON.
pub fn index<'a>(pages: impl Iterator<Item = (String, &'a Rendered)>) -> String {
    let mut entries = Vec::new();
    for (url, rendered) in pages {
        for part in &rendered.parts {
            let url = if part.level == 1 { url.clone() } else { format!("{url}#{}", part.id) };
            let heading = if part.level == 1 { "" } else { &part.heading };
            let text = part.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let end = text.char_indices().nth(MOST).map_or(text.len(), |(end, _)| end);
            entries.push(Entry { url, page: &rendered.title, heading, text: text[..end].to_owned() });
        }
    }
    serde_json::to_string(&entries).expect("texts are written into memory")
}
