//! Where a link of a Markdown file leads once the file is a page.

use std::collections::HashMap;

/// All pages, by the paths of their files in the repository.
pub type Urls = HashMap<String, Place>;

/// Where a page is served.
pub struct Place {
    /// The page.
    pub url: String,
    /// Its Markdown.
    pub twin: String,
}

/// What a link becomes.
#[derive(Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A page, with the part of it where one is named.
    Page(&'a str, Option<&'a str>),
    /// Elsewhere, or on the same page: as it was written.
    AsWritten,
    /// A file of the repository that isn't a page. Nobody serves it, so the reader is told its path.
    File(String),
}

/// Where a link leads that stands in the file at `from`.
pub fn resolve<'a>(from: &str, link: &'a str, urls: &'a Urls, to: fn(&Place) -> &str) -> Target<'a> {
    let (file, part) = link.split_once('#').map_or((link, None), |(file, part)| (file, Some(part)));
    if file.is_empty() || file.contains("://") || file.starts_with(['/', '?']) || file.starts_with("mailto:")
    {
        return Target::AsWritten;
    }
    let path = joined(from, file);
    match urls.get(&path) {
        Some(place) => Target::Page(to(place), part),
        None => Target::File(path),
    }
}

/// A relative path from the file at `from`, taken together.
fn joined(from: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls() -> Urls {
        let place = |name: &str| Place { url: format!("/docs/{name}"), twin: format!("/docs/{name}.md") };
        ["redis", "runbooks/Down"].map(|name| (format!("docs/{name}.md"), place(name))).into()
    }

    #[test]
    fn links_between_files_lead_to_pages_and_all_others_keep_their_path() {
        let urls = urls();
        let target = |from, link| resolve(from, link, &urls, |place| &place.url);
        assert_eq!(target("docs/backup.md", "redis.md"), Target::Page("/docs/redis", None));
        assert_eq!(
            target("docs/backup.md", "runbooks/Down.md#x"),
            Target::Page("/docs/runbooks/Down", Some("x"))
        );
        assert_eq!(target("docs/runbooks/Down.md", "../redis.md"), Target::Page("/docs/redis", None));
        assert_eq!(target("k8s/README.md", "../docs/redis.md"), Target::Page("/docs/redis", None));
        assert_eq!(target("docs/backup.md", "../SECURITY.md"), Target::File("SECURITY.md".to_owned()));
        for link in ["#part", "https://example.org/redis.md", "/docs/api", "mailto:a@example.org"] {
            assert_eq!(target("docs/backup.md", link), Target::AsWritten, "{link}");
        }
    }
}
