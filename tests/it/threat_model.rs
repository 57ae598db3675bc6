//! That `docs/security.md` names tests that are there, and the two rules that only the code itself can show.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::source::{self, Source};

const DOCUMENT: &str = include_str!("../../docs/security.md");

/// Names by which code reaches another socket.
const REACHING_OUT: [&str; 11] = [
    "HttpConnector",
    "HttpClient",
    "TcpSocket",
    "TcpStream",
    "ToSocketAddrs",
    "UdpSocket",
    "UnixDatagram",
    "UnixSocket",
    "UnixStream",
    "lookup_host",
    "reqwest",
];

/// Who may, and why no client can say where to. Redis is reached by its own crate, which `store/` alone may use.
const REACHES: [(&str, &str); 6] = [
    ("demo/client.rs", "its players ask the server that they came with"),
    ("http/connection.rs", "connections that were accepted"),
    ("http/server.rs", "connections that were accepted"),
    ("http/socket.rs", "connections that were accepted"),
    ("main.rs", "the health check asks its own server"),
    ("store/embedded.rs", "the private redis-server"),
];

/// Where a file reaches out.
fn outgoing(source: &Source) -> Vec<String> {
    let facts = source.facts();
    let paths = facts.paths.into_iter();
    let imported = paths.flat_map(|path| path.names.into_iter().map(move |name| (name, path.line)));
    let words = facts.words.into_iter().chain(imported);
    let reaching = words.filter(|(word, _)| REACHING_OUT.contains(&word.as_str()));
    reaching.map(|(word, line)| format!("src/{}:{line}: {word}", source.path)).collect()
}

#[test]
fn nothing_reaches_out_but_to_where_the_operator_says() {
    let (allowed, others): (Vec<_>, Vec<_>) =
        source::all().into_iter().partition(|source| REACHES.iter().any(|(path, _)| *path == source.path));
    assert_eq!(others.iter().flat_map(outgoing).collect::<Vec<_>>(), Vec::<String>::new());
    for source in &allowed {
        assert!(!outgoing(source).is_empty(), "{} is allowed what it doesn't do", source.path);
    }
    assert_eq!(allowed.len(), REACHES.len());

    let check = |text: &str| outgoing(&Source { path: "app/entries.rs".to_owned(), text: text.to_owned() });
    for text in [
        "use tokio::net::TcpStream;",
        "fn f() { std::net::TcpStream::connect(\"a:1\"); }",
        "fn f() { tokio::net::lookup_host(name) }",
        "fn f() -> impl std::net::ToSocketAddrs { \"a:1\" }",
        "use hyper_util::client::legacy::connect::HttpConnector;",
    ] {
        assert!(!check(text).is_empty(), "{text}");
    }
}

#[test]
fn no_script_makes_code_or_a_command_of_what_it_is_given() {
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/scripts")];
    let mut scripts = 0;
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("scripts") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a script");
            for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                let makes_code = matches!(word, "load" | "loadstring" | "dofile" | "require" | "setfenv");
                assert!(!makes_code, "{}: {word}", path.display());
            }
            // Also where it has a shorter name.
            for call in text.split("call(").skip(1) {
                // The one choice there is: whether to go up or down.
                let known = ["'", "order ==", "command,", "rank_command,", "range,"];
                let known = known.iter().any(|known| call.starts_with(known));
                assert!(known, "{}: call({call}", path.display());
            }
            scripts += 1;
        }
    }
    assert!(scripts > 10, "{scripts} scripts");
}

/// The tests in some files, by the names that `cargo test` gives them, without the modules inside a file.
fn tests(sources: Vec<Source>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for source in sources {
        let module = source.module().join("::");
        let module = module.trim_end_matches("_tests").to_owned();
        let mut is_test = false;
        for line in source.text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "))
                && std::mem::take(&mut is_test)
            {
                found.insert((module.clone(), rest.split(['(', '<']).next().unwrap_or_default().to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_threat_has_tests_and_they_are_there() {
    let tests: BTreeSet<_> = tests(source::all()).into_iter().chain(tests(source::tests())).collect();
    assert!(tests.len() > 300, "{} tests", tests.len());
    let is_there = |name: &str| {
        let Some((place, function)) = name.rsplit_once("::") else { return false };
        let module = place.split("::tests").next().unwrap_or_default();
        tests.contains(&(module.to_owned(), function.to_owned()))
    };
    let rows = DOCUMENT.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches('|').split(" | ").collect()).collect();
    let mut threats = 0;
    for row in rows {
        let [threat, holds, named] = row[..] else { panic!("not three cells: {row:?}") };
        if named.trim() == "Test" {
            continue;
        }
        assert!(!threat.trim().is_empty() && !holds.trim().is_empty(), "{row:?}");
        let named: Vec<_> = named.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {threat}");
        for name in named {
            assert!(is_there(name), "{threat}: there is no test {name}");
        }
        threats += 1;
    }
    assert!(threats > 30, "{threats} threats");
}
