//! All pages, each rendered when it is first asked for, and kept from then on.

use std::sync::OnceLock;

use super::{
    catalogue::{Leaf, Section, sections},
    links::{Place, Urls},
    markdown::{Rendered, render, twin},
    page,
    reference::Reference,
    search,
};
use crate::http::file::File;

/// What the pages are served as.
const HTML: &str = "text/html; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// The pages.
pub struct Library {
    /// In the order of the navigation.
    pub sections: Vec<Section>,
    urls: Urls,
    kept: Vec<Kept>,
    index: OnceLock<File>,
    contents: OnceLock<File>,
}

/// What has been made of one page.
#[derive(Default)]
struct Kept {
    rendered: OnceLock<Rendered>,
    page: OnceLock<File>,
    twin: OnceLock<File>,
}

impl Library {
    /// Reads the OpenAPI document; renders nothing yet.
    pub fn new() -> Self {
        let sections = sections(Reference::new());
        let leaves = || sections.iter().flat_map(|section| &section.leaves);
        let place = |leaf: &Leaf| (leaf.path.clone(), Place { url: leaf.url(), twin: leaf.twin() });
        Self {
            urls: leaves().map(place).collect(),
            kept: leaves().map(|_| Kept::default()).collect(),
            sections,
            index: OnceLock::new(),
            contents: OnceLock::new(),
        }
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.sections.iter().flat_map(|section| &section.leaves)
    }

    fn find(&self, slug: &str) -> Option<(usize, &Leaf)> {
        self.leaves().enumerate().find(|(_, leaf)| leaf.slug == slug)
    }

    fn rendered(&self, place: usize, leaf: &Leaf) -> &Rendered {
        self.kept[place].rendered.get_or_init(|| render(&leaf.path, &leaf.text, &self.urls))
    }

    /// A page.
    pub fn page(&self, slug: &str) -> Option<&File> {
        let (place, leaf) = self.find(slug)?;
        let neighbours = [place.checked_sub(1), place.checked_add(1)];
        let neighbours = neighbours.map(|place| place.and_then(|place| self.leaves().nth(place)));
        let file = self.kept[place].page.get_or_init(|| {
            let rendered = self.rendered(place, leaf);
            File::new(HTML, page::html(&self.sections, leaf, rendered, neighbours))
        });
        Some(file)
    }

    /// The Markdown of a page.
    pub fn twin(&self, slug: &str) -> Option<&File> {
        let (place, leaf) = match slug {
            "" => None,
            "index" => self.find(""),
            slug => self.find(slug),
        }?;
        let file = self.kept[place]
            .twin
            .get_or_init(|| File::new(MARKDOWN, twin(&leaf.path, &leaf.text, &self.urls)));
        Some(file)
    }

    /// What the search looks through.
    pub fn index(&self) -> &File {
        self.index.get_or_init(|| {
            let pages = self.leaves().enumerate();
            let pages = pages.map(|(place, leaf)| (leaf.url(), self.rendered(place, leaf)));
            File::new(JSON, search::index(pages))
        })
    }

    /// `llms.txt`: all pages with a line on each, for programs that read.
    pub fn contents(&self) -> &File {
        self.contents.get_or_init(|| {
            let mut text = String::from(
                "# Rankora\n\n> Leaderboards for games and apps: submit a score, get the rank, page through the top, \
                 see it live. An HTTP API with bearer keys and Server-Sent Events, on Redis; open source, one binary.\n\n\
                 The API is described by [OpenAPI](/api/v1/openapi.json).\n",
            );
            let mut place = 0;
            for section in &self.sections {
                text.push_str(&format!("\n## {}\n\n", section.title));
                for leaf in &section.leaves {
                    let summary = &self.rendered(place, leaf).summary;
                    let operation = leaf.operation.as_ref();
                    let summary = match operation {
                        Some(operation) => format!("{} {}", operation.method, operation.path),
                        None => summary.split_whitespace().collect::<Vec<_>>().join(" "),
                    };
                    text.push_str(&format!("- [{}]({}): {summary}\n", leaf.title, leaf.twin()));
                    place += 1;
                }
            }
            File::new(TEXT, text)
        })
    }
}
