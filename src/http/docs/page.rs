//! The frame around a page: navigation, what is on it, the pages before and after.

use askama::Template;

use super::{
    catalogue::{Leaf, Section},
    markdown::{Part, Rendered},
    reference::{Key, Operation},
};
use crate::http::assets;

#[derive(Template)]
#[template(path = "docs/page.html")]
struct DocsPage<'a> {
    assets: Assets,
    sections: &'a [Section],
    here: &'a Leaf,
    rendered: &'a Rendered,
    before: Option<&'a Leaf>,
    after: Option<&'a Leaf>,
}

/// The finished page.
pub fn html(
    sections: &[Section],
    here: &Leaf,
    rendered: &Rendered,
    [before, after]: [Option<&Leaf>; 2],
) -> String {
    let page = DocsPage { assets: Assets, sections, here, rendered, before, after };
    page.render().expect("a page is written into memory")
}

/// Where the files are that pages name.
struct Assets;

impl Assets {
    fn url(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

impl DocsPage<'_> {
    /// What is on the page, where there is enough to choose from.
    fn parts(&self) -> Vec<&Part> {
        let parts: Vec<_> = self.rendered.parts.iter().filter(|part| matches!(part.level, 2 | 3)).collect();
        if parts.len() > 1 { parts } else { Vec::new() }
    }

    fn is_here(&self, leaf: &Leaf) -> bool {
        leaf.slug == self.here.slug
    }

    /// Whether the navigation shows a section's pages.
    fn is_open(&self, section: &Section) -> bool {
        !section.is_folded || section.leaves.iter().any(|leaf| self.is_here(leaf))
    }

    /// For those who look for a page by a line.
    fn description(&self) -> &str {
        &self.rendered.summary
    }
}

impl Operation {
    /// Whether a caller has to have one.
    fn needs_key(&self) -> bool {
        self.key != Key::None
    }
}
