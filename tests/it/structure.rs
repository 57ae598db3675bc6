//! The shape of the crate: who may import whom, and what code may not do. Broken rules are listed with their lines.

use std::{collections::BTreeSet, fs, path::Path};

use clap::CommandFactory;
use rankora::config::Cli;

use crate::support::source::{self, NamedPath, Source};

/// From the top to the bottom; each may use what is below it. What assembles the program is on top.
const LAYERS: [(&str, u8); 13] = [
    ("admin", 6),
    ("config", 6),
    ("demo", 6),
    ("log", 6),
    ("serve", 6),
    ("http", 5),
    ("app", 4),
    ("live", 3),
    ("store", 2),
    ("clock", 1),
    ("mail", 1),
    ("domain", 0),
    // `lib.rs` and `main.rs`.
    ("", 7),
];

/// Crates that belong to one module alone.
const OWNED: [(&str, &str); 6] = [
    ("lettre", "mail"),
    ("redis", "store"),
    ("deadpool_redis", "store"),
    ("axum", "http"),
    ("axum_extra", "http"),
    ("tower_http", "http"),
];

/// All that the rules need: values, texts and randomness.
const DOMAIN_CRATES: [&str; 16] = [
    "alloc",
    "core",
    "std",
    "garde",
    "hmac",
    "jiff",
    "proptest",
    "rand",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "toml",
    "unicode_normalization",
    "unicode_properties",
];

/// Of `std`, what reaches out of the process or asks for the time.
const OUTSIDE: [&[&str]; 10] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "io"],
    &["std", "net"],
    &["std", "os"],
    &["std", "process"],
    &["std", "sync"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
];

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

fn dependencies() -> BTreeSet<String> {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let mut names = BTreeSet::new();
    for table in ["dependencies", "dev-dependencies"] {
        for (name, value) in manifest[table].as_table().expect("a table") {
            assert!(value.get("package").is_none(), "{name} hides a crate's name from the rules");
            names.insert(name.replace('-', "_"));
        }
    }
    names.extend(["alloc", "core", "std"].map(str::to_owned));
    names
}

/// What a file does against the rules of imports.
fn wrong_imports(source: &Source, dependencies: &BTreeSet<String>) -> Vec<String> {
    let module = source.module().first().cloned().unwrap_or_default();
    let facts = source.facts();
    let mut wrong: Vec<String> = Vec::new();
    let mut say = |line: usize, what: String| wrong.push(format!("src/{}:{line}: {what}", source.path));
    let Some(own) = layer(&module) else {
        say(1, format!("{module} has no place among the layers"));
        return wrong;
    };
    for (what, line) in facts.hidden {
        say(line, format!("{what} hides code from the rules"));
    }
    for NamedPath { names, line, exported } in facts.paths {
        let first = names[0].as_str();
        if first == "crate" {
            let target = names.get(1).map_or("", String::as_str);
            let is_root = target.is_empty() || target == "*";
            if is_root && !module.is_empty() {
                say(line, "the whole crate is imported".to_owned());
            } else if let Some(other) = layer(target).filter(|_| target != module && !is_root)
                && (other > own || (other == own && own < 6))
            {
                say(line, format!("{module} imports {target}"));
            }
        } else if dependencies.contains(first) {
            if let Some((_, owner)) = OWNED.iter().find(|(name, owner)| *name == first && *owner != module) {
                say(line, format!("only {owner} may import {first}"));
            }
            if exported && OWNED.iter().any(|(name, _)| *name == first) {
                say(line, format!("{first} is handed on to others"));
            }
            let written = names.join("::");
            if module == "domain" && !DOMAIN_CRATES.contains(&first) && first != "uuid" {
                say(line, format!("the domain imports {first}"));
            }
            let reaches_out = |outside: &&[&str]| {
                names.iter().map(String::as_str).take(outside.len()).eq(outside.iter().copied())
            };
            if module == "domain" && OUTSIDE.iter().any(reaches_out) && written != "std::io::Write" {
                say(line, format!("the domain uses {written}"));
            }
            if module == "domain"
                && (written == "std::*"
                    || written == "std"
                    || written == "std::time"
                    || written == "std::time::*")
            {
                say(line, format!("the domain imports all of {written}"));
            }
        }
    }
    wrong
}

#[test]
fn imports_go_down_alone() {
    let dependencies = dependencies();
    let wrong: Vec<_> =
        source::all().iter().flat_map(|source| wrong_imports(source, &dependencies)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_rules_of_imports_see_through_disguises() {
    let dependencies = dependencies();
    let check = |path: &str, text: &str| {
        wrong_imports(&Source { path: path.to_owned(), text: text.to_owned() }, &dependencies)
    };
    for (path, text) in [
        ("app/entries.rs", "use crate::http::Readiness;"),
        ("app/entries.rs", "use crate::{domain::page::Page, http::{self, api}};"),
        ("app/entries.rs", "use super::super::http as up;"),
        ("app/mod.rs", "use super::http;"),
        ("app/entries.rs", "fn f() { let r = crate::http::Readiness::default(); }"),
        ("app/entries.rs", "fn f() -> impl Fn() { || { if true { crate :: http :: f() } } }"),
        ("app/entries.rs", "fn f() { info!(\"{}\", crate::http::f()); }"),
        ("app/entries.rs", "macro_rules! up { () => { $crate::http::f() }; }"),
        ("app/entries.rs", "use crate as all; fn f() { all::http::f() }"),
        ("app/entries.rs", "use crate::{self as all};"),
        ("app/entries.rs", "use crate::*;"),
        ("app/entries.rs", "mod inner { use super::super::super::http; }"),
        ("app/entries.rs", "#[cfg(test)] mod tests { use crate::http::f; }"),
        ("app/entries.rs", "#[derive(crate::http::Derive)] struct A;"),
        ("app/entries.rs", "#[path = \"../http/mod.rs\"] mod up;"),
        ("app/entries.rs", "include!(\"../http/mod.rs\");"),
        ("app/entries.rs", "use crate::serve::Core;"),
        ("app/entries.rs", "use crate::config::Cli;"),
        ("live/hub.rs", "use crate::app::App;"),
        ("store/keys.rs", "use crate::live::Hub;"),
        ("domain/page.rs", "use crate::clock::Clock;"),
        ("newcomer.rs", "fn f() {}"),
        ("app/entries.rs", "use redis::Value;"),
        ("app/entries.rs", "use ::redis::Value;"),
        ("app/entries.rs", "fn f() -> redis::Value { todo() }"),
        ("app/entries.rs", "fn f() -> Vec<::redis::Value> { todo() }"),
        ("app/entries.rs", "fn f() -> impl Fn() + use<> { g() } use redis::Value;"),
        ("app/entries.rs", "use redis;"),
        ("app/entries.rs", "use redis as r;"),
        ("app/entries.rs", "extern crate redis as r;"),
        ("live/hub.rs", "use deadpool_redis::Pool;"),
        ("serve.rs", "use axum::Router;"),
        ("store/mod.rs", "pub use redis::Value;"),
        ("store/mod.rs", "pub(crate) use ::redis as inner;"),
        ("http/mod.rs", "pub use axum;"),
        ("domain/page.rs", "use tokio::time::sleep;"),
        ("domain/page.rs", "use std::{fmt, time::SystemTime};"),
        ("domain/page.rs", "use std::time; fn f() { time::SystemTime::now(); }"),
        ("domain/page.rs", "fn f() { let t = std::time::SystemTime::now(); }"),
        ("domain/page.rs", "fn f() { std::fs::read(\"x\"); }"),
        ("domain/page.rs", "use std as s;"),
        ("domain/page.rs", "use std::net::IpAddr;"),
    ] {
        assert!(!check(path, text).is_empty(), "{path}: {text}");
    }
    for (path, text) in [
        (
            "app/entries.rs",
            "use super::boards::Board; use crate::{domain::page::Page, live::Hub, store::Store};",
        ),
        ("http/api/entries.rs", "use super::schema::A; use crate::http::auth::B; use axum::Json;"),
        ("app/entries.rs", "// crate::http::f()\n/// [`crate::http`]\nfn f() { g(\"crate::http::f\"); }"),
        ("app/entries.rs", "pub(crate) fn f() {} pub(in crate::app) fn g() {}"),
        ("app/mod.rs", "fn f() -> impl Fn() + use<> { g() } use std::fmt;"),
        ("serve.rs", "use crate::{app::App, config::ServeArgs, http, store::Store};"),
        ("main.rs", "use rankora::{admin, http::Recorder};"),
        ("store/keys.rs", "use crate::clock::Clock; use redis::{Cmd, cmd};"),
        (
            "domain/page.rs",
            "use super::ids::PlayerId; use std::{fmt, io::Write}; #[path = \"page_tests.rs\"] mod tests;",
        ),
    ] {
        assert_eq!(check(path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

/// Uses of `unwrap` outside tests.
fn unwraps(source: &Source) -> Vec<String> {
    let words = source.facts().words.into_iter().filter(|(word, _)| word.starts_with("unwrap"));
    let forbidden =
        words.filter(|(word, _)| matches!(word.as_str(), "unwrap" | "unwrap_unchecked" | "unwrap_err"));
    forbidden.map(|(word, line)| format!("src/{}:{line}: {word}", source.path)).collect()
}

#[test]
fn nothing_unwraps() {
    let wrong: Vec<_> = source::all().iter().flat_map(unwraps).collect();
    assert_eq!(wrong, Vec::<String>::new());

    let check = |text: &str| unwraps(&Source { path: "app/mod.rs".to_owned(), text: text.to_owned() });
    for text in [
        "fn f() { g().unwrap(); }",
        "fn f() { g().map(Option::unwrap) }",
        "#[cfg(test)] mod tests { } fn f() { g().unwrap() }",
        "#[cfg(test)] use a::b; fn f() { h!({ g().unwrap() }) }",
        "#[cfg(not(test))] fn f() { g().unwrap() }",
    ] {
        assert_eq!(check(text).len(), 1, "{text}");
    }
    for text in [
        "#[cfg(test)] mod tests { #[test] fn f() { g().unwrap() } }",
        "#[cfg(test)] #[allow(x)] mod tests { fn f() { g().unwrap() } } fn h() {}",
        "fn f() { g().unwrap_or_default(); h(\"unwrap()\") } // unwrap()",
    ] {
        assert_eq!(check(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let lines = source::all().into_iter().map(|source| (source.text.lines().count(), source.path));
    let long: Vec<_> = lines.filter(|(lines, _)| *lines > 500).collect();
    assert_eq!(long, []);
}

/// The words of a text that begin with `RANKORA_`.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("RANKORA_")).map(str::to_owned).collect()
}

#[test]
fn what_is_deployed_and_documented_names_variables_that_exist() {
    // Those of the compose file itself, and of the tests.
    let others = [
        "RANKORA_PORT",
        "RANKORA_SUBNET",
        "RANKORA_SEED",
        "RANKORA_TEST_SEED",
        "RANKORA_TEST_TOPOLOGY",
        "RANKORA_HOSTILE_CONVERSATIONS",
        "RANKORA_BACKUP_ENTRIES",
        "RANKORA_WRITE_DOCS",
        // Of the samples in the documentation.
        "RANKORA_KEY",
    ];
    let mut known: BTreeSet<String> = others.map(str::to_owned).into();
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        let variables = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str());
        known.extend(variables.map(str::to_owned));
        commands.extend(command.get_subcommands().cloned());
    }
    assert!(known.contains("RANKORA_REDIS_URL"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places: Vec<_> =
        ["docker-compose.yml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile"]
            .map(|place| root.join(place))
            .into();
    let mut directories: Vec<_> = ["deploy", "k8s", "docs", "scripts"].map(|place| root.join(place)).into();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() { directories.push(path) } else { places.push(path) }
        }
    }
    let mut found = 0;
    for place in places {
        let Ok(text) = fs::read_to_string(&place) else { continue };
        for variable in variables(&text) {
            assert!(known.contains(&variable), "{} names {variable}", place.display());
            found += 1;
        }
    }
    assert!(found > 5, "{found} variables");
}
