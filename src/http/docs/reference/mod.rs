//! The API reference, written out of the server's own OpenAPI document, so that it says what the server does.

mod document;
mod literals;
mod samples;
mod sdks;
mod text;

use document::Document;
pub use document::Parameter;
use text::write;

/// Which key an operation takes, as samples write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Reading: a publishable key is enough.
    Publishable,
    /// Writing.
    Secret,
    /// The account.
    Management,
    /// None at all.
    None,
}

impl Key {
    /// What stands in samples in a key's place.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Publishable => "rk_pub_…",
            Self::Secret => "rk_sec_…",
            Self::Management => "rk_mgt_…",
            Self::None => "",
        }
    }
}

/// One operation, with its page.
pub struct Operation {
    /// Its name in the OpenAPI document.
    pub id: String,
    /// What it is called.
    pub summary: String,
    /// In capitals.
    pub method: String,
    /// From the root of the server.
    pub path: String,
    /// What can be said in the path, the query and the headers.
    pub parameters: Vec<Parameter>,
    /// An example of the body, laid out.
    pub body: Option<String>,
    /// What it takes.
    pub key: Key,
    /// The page in Markdown.
    pub text: String,
}

/// All operations, and a list of them for the page that introduces them.
pub struct Reference {
    /// In Markdown.
    pub list: String,
    /// In the order in which they are shown.
    pub operations: Vec<Operation>,
}

impl Reference {
    /// Reads the server's document.
    pub fn new() -> Self {
        let document = Document::of_the_server();
        let calls = document.calls();
        let mut list = String::new();
        let mut tag = "";
        for call in &calls {
            if tag != call.tag {
                tag = &call.tag;
                list.push_str(&format!("\n### {tag}\n\n| | |\n|---|---|\n"));
            }
            let place = format!("api/{}.md", call.id);
            list.push_str(&format!("| [`{} {}`]({place}) | {} |\n", call.method, call.path, call.summary));
        }
        let operations = calls.iter().map(|call| Operation {
            id: call.id.clone(),
            summary: call.summary.clone(),
            method: call.method.clone(),
            path: call.path.clone(),
            parameters: call.parameters.clone(),
            body: call.body.as_ref().map(literals::json),
            key: call.key,
            text: write(call, &document),
        });
        Self { operations: operations.collect(), list }
    }
}
