//! The documentation as a reader finds it: pages, their links, their pieces of code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use reqwest::Client;

use super::api::Reply;

/// A piece of code of a Markdown file.
#[derive(Clone, Debug)]
pub struct Code {
    /// Where it stands.
    pub place: String,
    pub language: String,
    pub text: String,
}

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All Markdown files below `docs/`, by their paths in the repository.
pub fn written() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut directories = vec!["docs".to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(file(&directory)).expect("a directory") {
            let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
            let path = format!("{directory}/{name}");
            if file(&path).is_dir() {
                directories.push(path);
            } else if name.ends_with(".md") {
                texts.insert(path.clone(), fs::read_to_string(file(&path)).expect("a text"));
            }
        }
    }
    texts
}

/// The pieces of code of a Markdown text.
pub fn code_in(place: &str, text: &str) -> Vec<Code> {
    let mut pieces = Vec::new();
    let mut open: Option<Code> = None;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let place = format!("{place}:{}", number + 1);
                open = Some(Code { place, language: language.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => pieces.extend(open.take()),
            (None, Some(code)) => code.text.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{place}: code without an end");
    pieces
}

/// The targets of a Markdown text's links, but for those in code.
pub fn links_in(text: &str) -> Vec<String> {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code
    });
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.map(str::to_owned).collect()
}

/// The texts between `before` and the next double quote.
pub fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

/// A reader of one server's documentation.
pub struct Reader {
    client: Client,
    origin: String,
}

impl Reader {
    pub fn of(origin: &str) -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Self { client: client.expect("a client"), origin: origin.to_owned() }
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let request = self.client.get(format!("{}{path}", self.origin));
        Reply::of(headers.iter().fold(request, |request, &(name, value)| request.header(name, value))).await
    }

    /// All pages that are reached from the first, by their addresses.
    pub async fn all(&self) -> BTreeMap<String, Reply> {
        let mut pages = BTreeMap::new();
        let mut ahead = BTreeSet::from(["/docs".to_owned()]);
        while let Some(path) = ahead.pop_first() {
            let page = self.get(&path, &[]).await;
            for link in quoted(&page.text, "href=\"") {
                let path = link.split('#').next().unwrap_or_default();
                let is_page = path == "/docs" || (path.starts_with("/docs/") && !path.ends_with(".md"));
                if is_page && !pages.contains_key(path) {
                    ahead.insert(path.to_owned());
                }
            }
            pages.insert(path, page);
        }
        pages
    }
}
