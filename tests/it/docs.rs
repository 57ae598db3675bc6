//! The documentation at `/docs`: every page is there, every link leads somewhere, and nothing on it is inline.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use flate2::read::GzDecoder;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{
    api::Reply,
    configuration,
    pages::{Reader, code_in, file, links_in, quoted, written},
    raw::exchange,
    world::{Replica, World},
};

async fn reader() -> (Replica, Reader) {
    let replica = World::new().replica().await;
    let reader = Reader::of(&replica.origin());
    (replica, reader)
}

/// The anchors of a page.
fn anchors(page: &Reply) -> BTreeSet<&str> {
    quoted(&page.text, " id=\"").into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_reached_from_the_first_and_every_link_leads_somewhere() {
    let (replica, reader) = reader().await;
    let pages = reader.all().await;
    assert!(pages.len() > 60, "{} pages", pages.len());
    let mut others: BTreeMap<String, StatusCode> = BTreeMap::new();
    for (url, page) in &pages {
        assert_eq!(page.status, StatusCode::OK, "{url}");
        for link in quoted(&page.text, "href=\"").into_iter().chain(quoted(&page.text, "src=\"")) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, part) = link.split_once('#').map_or((link, None), |(path, part)| (path, Some(part)));
            let path = if path.is_empty() { url } else { path };
            assert!(path.starts_with('/'), "{url}: {link}");
            match (pages.get(path), part) {
                (Some(target), Some(part)) => assert!(anchors(target).contains(part), "{url}: {link}"),
                (Some(_), None) => {}
                (None, _) => {
                    if !others.contains_key(path) {
                        others.insert(path.to_owned(), reader.get(path, &[]).await.status);
                    }
                    assert_eq!(others[path], StatusCode::OK, "{url}: {link}");
                }
            }
        }
        let ids = quoted(&page.text, " id=\"");
        assert_eq!(ids.len(), anchors(page).len(), "{url}: an anchor twice");
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_strict_and_has_nothing_inline() {
    let (replica, reader) = reader().await;
    for (url, page) in reader.all().await {
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{url}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{url}");
        let policy: Vec<_> = page.header("content-security-policy").split("; ").collect();
        for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]
        {
            assert!(policy.contains(&directive), "{url}: {policy:?}");
        }
        assert!(!policy.iter().any(|directive| directive.contains("unsafe")), "{url}: {policy:?}");
        let html = &page.text;
        for script in html.split("<script").skip(1) {
            let (tag, body) = script.split_once('>').expect("a whole tag");
            assert!(tag.contains(" src=\"/assets/") && body.starts_with("</script>"), "{url}: {script}");
        }
        assert!(!html.contains("<style"), "{url}");
        for tag in html.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
            let attributes = tag.split_whitespace().skip(1).filter_map(|word| word.split_once("=\""));
            for (name, _) in attributes {
                assert!(name != "style" && !name.starts_with("on"), "{url}: {tag}");
            }
        }
        for (tag, title) in [("<h1", 1), ("<main", 1), ("<title>", 1)] {
            assert_eq!(html.matches(tag).count(), title, "{url}: {tag}");
        }
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_markdown_file_is_a_page_and_is_served_as_markdown_too() {
    let (replica, reader) = reader().await;
    let pages = reader.all().await;
    for (path, text) in written() {
        let slug = path.trim_start_matches("docs/").trim_end_matches(".md");
        let url = if slug == "README" { "/docs".to_owned() } else { format!("/docs/{slug}") };
        assert!(pages.contains_key(&url), "{path} is no page");
        let title = text.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a title");
        assert!(pages[&url].text.contains(&format!("<title>{title} – Rankora</title>")), "{url}");
    }
    for (url, page) in &pages {
        let twins = quoted(&page.text, "type=\"text/markdown\" href=\"");
        let [twin] = twins[..] else { panic!("{url}: {twins:?}") };
        let text = reader.get(twin, &[]).await;
        assert_eq!(text.status, StatusCode::OK, "{twin}");
        assert_eq!(text.header("content-type"), "text/markdown; charset=utf-8");
        assert!(text.text.starts_with("# "), "{twin}");
        for link in links_in(&text.text).iter().filter(|link| !link.starts_with("https://")) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() {
                assert!(path.starts_with('/'), "{twin}: {link}");
                assert_eq!(reader.get(path, &[]).await.status, StatusCode::OK, "{twin}: {link}");
            }
        }
    }
    replica.stop().await;
}

#[test]
fn every_link_of_a_markdown_file_leads_to_a_file() {
    for (path, text) in written() {
        for link in links_in(&text).iter().filter(|link| !link.starts_with("https://")) {
            let target = link.split('#').next().unwrap_or_default();
            let directory = file(&path).parent().expect("a directory").to_owned();
            assert!(target.is_empty() || directory.join(target).exists(), "{path}: {link}");
        }
    }
}

#[test]
fn the_build_of_an_image_has_every_file_that_pages_are_made_of() {
    let ignored = std::fs::read_to_string(file(".dockerignore")).expect("a list");
    let ignored: BTreeSet<_> = ignored.lines().collect();
    let catalogue = std::fs::read_to_string(file("src/http/docs/catalogue.rs")).expect("a catalogue");
    let mut found = 0;
    for path in
        catalogue.split('"').filter(|text| text.ends_with(".md") && text.contains('/') && !text.contains('{'))
    {
        found += 1;
        let mut directories = path.split('/').scan(String::new(), |whole, part| {
            whole.push_str(part);
            let directory = whole.clone();
            whole.push('/');
            Some(directory)
        });
        let is_left_out =
            directories.any(|path| ignored.contains(&*path) || ignored.contains(&*format!("{path}/*")));
        assert!(
            !is_left_out || ignored.contains(&*format!("!{path}")),
            "{path} is not in the image's context"
        );
    }
    assert!(found > 40, "{found} files");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_read_find_every_page_in_llms_txt() {
    let (replica, reader) = reader().await;
    let contents = reader.get("/llms.txt", &[]).await;
    assert_eq!(contents.header("content-type"), "text/plain; charset=utf-8");
    let links = links_in(&contents.text);
    for (url, page) in reader.all().await {
        let [twin] = quoted(&page.text, "type=\"text/markdown\" href=\"")[..] else { panic!("{url}") };
        assert!(links.iter().any(|link| link == twin), "{twin}");
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_has_every_page_and_leads_to_its_parts() {
    let (replica, reader) = reader().await;
    let pages = reader.all().await;
    let index = reader.get("/docs/search.json", &[]).await.ok();
    let entries = index.as_array().expect("entries");
    let mut found = BTreeSet::new();
    for entry in entries {
        let url = entry["url"].as_str().expect("an address");
        let (path, part) = url.split_once('#').map_or((url, None), |(path, part)| (path, Some(part)));
        let page = pages.get(path).unwrap_or_else(|| panic!("{url}"));
        assert!(part.is_none_or(|part| anchors(page).contains(part)), "{url}");
        for field in ["page", "heading", "text"] {
            assert!(entry[field].is_string(), "{entry}");
        }
        found.insert(path.to_owned());
    }
    assert_eq!(found, pages.keys().cloned().collect());
    let has = |words: &str| {
        entries.iter().any(|entry| entry["text"].as_str().is_some_and(|text| text.contains(words)))
    };
    assert!(has("the one that was reached first is ahead") && has("Idempotency-Key"));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_known_is_not_sent_again() {
    let (replica, reader) = reader().await;
    for path in ["/docs", "/docs/api/submit_entry", "/docs/keys.md", "/docs/search.json", "/llms.txt"] {
        let page = reader.get(path, &[]).await;
        assert_eq!(page.header("cache-control"), "no-cache", "{path}");
        let known = reader.get(path, &[("if-none-match", page.header("etag"))]).await;
        assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        let zipped = reqwest::Client::builder().no_proxy().build().expect("a client");
        let zipped = zipped.get(format!("{}{path}", replica.origin())).header("accept-encoding", "gzip");
        let zipped = zipped.send().await.expect("an answer").bytes().await.expect("a body");
        let mut text = String::new();
        GzDecoder::new(&zipped[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, page.text, "{path}");
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_list_of_pages() {
    let (replica, reader) = reader().await;
    for path in [
        "/docs/../Cargo.toml",
        "/docs/..%2f..%2fetc/passwd",
        "/docs/%2e%2e/README",
        "/docs/../docs/keys",
        "/docs//keys",
        "/docs/Keys",
        "/docs/keys.md.md",
        "/docs/.md",
        "/docs/keys%00",
        "/docs/%ff%fe",
        "/docs/api/",
        "/docs/nothing/",
        "/docs//example.org/",
        "/docs/%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let answer = exchange(&replica.origin(), &format!("GET {path}"), &["Accept: text/html"], "").await;
        let answer = answer.expect("an answer");
        let expected = if path == "/docs/api/" { 308 } else { 404 };
        assert_eq!(answer.status.as_u16(), expected, "{path}");
        assert!(!answer.text.contains("<script>alert"), "{path}");
    }
    let moved = reader.get("/docs/api/", &[]).await;
    assert_eq!(moved.header("location"), "/docs/api");
    assert_eq!(reader.get("/docs/", &[]).await.header("location"), "/docs");
    reader.get("/docs/nothing.md", &[]).await.is_error(404, "not_found", None);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_has_each_operation_with_a_sample_in_each_language() {
    let (replica, reader) = reader().await;
    let document = reader.get("/api/v1/openapi.json", &[]).await.ok();
    let overview = reader.get("/docs/api", &[]).await;
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            operations += 1;
            let id = operation["operationId"].as_str().expect("an id");
            assert!(overview.text.contains(&format!("href=\"/docs/api/{id}\"")), "{id}");
            let text = reader.get(&format!("/docs/api/{id}.md"), &[]).await.text;
            assert!(text.contains(&format!("`{} /api/v1{path}`", method.to_uppercase())), "{id}");
            let mut languages: Vec<_> = code_in(id, &text).into_iter().map(|code| code.language).collect();
            languages.truncate(5);
            assert_eq!(languages, ["sh", "js", "csharp", "gdscript", "python"], "{id}");
            for name in operation["parameters"].as_array().into_iter().flatten().map(|one| &one["name"]) {
                assert!(text.contains(&format!("| `{}` |", name.as_str().expect("a name"))), "{id}: {name}");
            }
            for status in operation["responses"].as_object().expect("answers").keys() {
                assert!(text.contains(&format!("`{status}`")), "{id}: {status}");
            }
        }
    }
    assert_eq!(operations, 17);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_on_plans_has_the_built_in_ones() {
    let plans = std::fs::read_to_string(file("src/domain/plans.toml")).expect("plans");
    let plans: toml::Table = plans.parse().expect("TOML");
    let page = &written()["docs/plans.md"];
    let row =
        |plan: &str| page.lines().find(|line| line.starts_with(&format!("| `{plan}` |"))).expect("a row");
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    for plan in plans["plan"].as_array().expect("plans") {
        let cells: Vec<_> = row(plan["name"].as_str().expect("a name")).split('|').map(digits).collect();
        for (place, limit) in
            [(2, "requests_per_month"), (3, "leaderboards"), (4, "entries"), (6, "realtime_streams")]
        {
            let limit = plan.get(limit).and_then(toml::Value::as_integer).filter(|limit| *limit > 0);
            assert_eq!(cells[place], limit.map_or_else(String::new, |limit| limit.to_string()), "{plan}");
        }
        let burst = plan
            .get("burst")
            .map_or_else(String::new, |burst| format!("{}{}", burst["per_second"], burst["bucket"]));
        assert_eq!(cells[7], burst, "{plan}");
    }
}

/// `RANKORA_WRITE_DOCS=1 cargo test --test it docs::the_page_on_configuration` writes it anew.
#[test]
fn the_page_on_configuration_says_what_help_says() {
    let (path, expected) = (file("docs/configuration.md"), configuration::page());
    if std::env::var_os("RANKORA_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).expect("a page");
    }
    let found = std::fs::read_to_string(path).expect("a page");
    assert!(found == expected, "docs/configuration.md is stale: make docs writes it anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_pages_lead_to_the_documentation() {
    let (replica, reader) = reader().await;
    for path in ["/", "/sign-in", "/docs"] {
        assert!(reader.get(path, &[]).await.text.contains("href=\"/docs\""), "{path}");
    }
    let index: Value = reader.get("/api/v1/openapi.json", &[]).await.ok();
    assert!(index["externalDocs"]["url"] == "/docs", "{}", index["externalDocs"]);
    replica.stop().await;
}
