//! Puts the script together from its modules, some of which the pages of this server use as well.

use std::collections::BTreeMap;

use super::texts::TEXTS;

macro_rules! modules {
    ($($name:literal),+ $(,)?) => {
        &[$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $name))),+]
    };
}

/// In this order, since each uses those before it. All share one scope, so no two may declare the same name.
const MODULES: &[&str] = modules![
    "fold.js",
    "feed.js",
    "glide.js",
    "seek.js",
    "embed/texts.js",
    "embed/scores.js",
    "embed/options.js",
    "embed/source.js",
    "embed/marks.js",
    "embed/row.js",
    "embed/pager.js",
    "embed/view.js",
    "embed/element.js",
];
const STYLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/embed/embed.css"));
const HEAD: &str = "/* Rankora embed v1 */";

/// The script, which leaves nothing behind in the page but its element.
pub fn script() -> String {
    let mut text = format!("{HEAD}(()=>{{\"use strict\";\n");
    for module in MODULES {
        push_module(&mut text, module);
    }
    text.push_str("})();\n");
    let texts = serde_json::to_string(&texts()).expect("texts are JSON");
    let style = serde_json::Value::String(style().replace("rankora-", "~"));
    text.replace("\"TEXTS\"", &texts).replace("\"CSS\"", &style.to_string())
}

/// The names of the texts, and each language's in their order: shorter than with the names in each.
fn texts() -> BTreeMap<String, Vec<String>> {
    let all: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(TEXTS).expect("the texts are JSON");
    let names = all["en"].keys().cloned().collect();
    let mut texts: BTreeMap<_, Vec<_>> =
        all.into_iter().map(|(language, texts)| (language, texts.into_values().collect())).collect();
    texts.insert("names".to_owned(), names);
    texts
}

/// The style sheet, for pages on which no script runs.
pub fn style() -> String {
    let mut text = String::with_capacity(STYLE.len());
    for piece in STYLE.split("/*") {
        text.push_str(piece.split_once("*/").map_or(piece, |(_, rest)| rest));
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = ["{", "}", ";", ","]
        .iter()
        .fold(text, |text, mark| text.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark));
    let text = text.replace(": ", ":").replace(";}", "}");
    // A fraction goes without its zero.
    [" ", ":", "(", ","]
        .iter()
        .fold(text, |text, mark| text.replace(&format!("{mark}0."), &format!("{mark}.")))
}

/// A module without its imports and exports, comments and indentation.
fn push_module(text: &mut String, module: &str) {
    let mut is_comment = false;
    for line in module.lines().map(str::trim) {
        is_comment |= line.starts_with("/**");
        let is_code =
            !is_comment && !line.is_empty() && !line.starts_with("//") && !line.starts_with("import ");
        is_comment &= !line.ends_with("*/");
        if is_code {
            text.push_str(line.strip_prefix("export ").unwrap_or(line));
            // Elsewhere the end of a line may stand for a semicolon.
            if !line.ends_with(['{', ';', ',', '(']) {
                text.push('\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::file::zip;

    #[test]
    fn the_script_is_below_15_kib_compressed() {
        let size = zip(script().as_bytes()).len();
        eprintln!("the script: {size} bytes");
        assert!(size < 15 * 1024, "{size} bytes");
    }

    #[test]
    fn nothing_of_the_modules_is_left() {
        let script = script();
        for line in script.split(['\n', ';', '{']) {
            assert!(!line.starts_with("import ") && !line.starts_with("export "), "{line}");
        }
        for mark in ["\"TEXTS\"", "\"CSS\"", "/**", "\n//", "; //", "{ //"] {
            assert!(!script.contains(mark), "{mark}");
        }
    }

    #[test]
    fn nothing_makes_html_or_code_of_a_text() {
        let script = script();
        for word in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "cookie"]
        {
            assert!(!script.contains(word), "{word}");
        }
    }
}
