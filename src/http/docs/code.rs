//! Pieces of code: escaped, with comments, texts and words of the language marked.

/// Text as HTML shows it, in attributes too.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Whether pieces of code say the same in several languages, so that a reader needs one of them.
pub fn is_choice(blocks: &[(String, String)]) -> bool {
    const LANGUAGES: [&str; 5] = ["sh", "js", "csharp", "gdscript", "python"];
    let is_first = |place: usize, language: &str| blocks[..place].iter().all(|(other, _)| other != language);
    blocks.len() > 1
        && blocks
            .iter()
            .enumerate()
            .all(|(place, (language, _))| LANGUAGES.contains(&language.as_str()) && is_first(place, language))
}

/// What a tab calls a piece of code.
pub fn name(language: &str, text: &str) -> &'static str {
    match language {
        "sh" | "console" if text.starts_with("curl") => "curl",
        "sh" | "console" => "Shell",
        "js" => "JavaScript",
        "csharp" => "C#",
        "gdscript" => "GDScript",
        "python" => "Python",
        "json" => "JSON",
        "html" => "HTML",
        _ => "Text",
    }
}

const WORDS: &[(&str, &[&str])] = &[
    (
        "js",
        &[
            "import", "from", "const", "let", "new", "await", "async", "for", "of", "if", "throw", "return",
            "try", "catch", "function", "null", "true", "false",
        ],
    ),
    (
        "python",
        &[
            "import", "from", "with", "as", "for", "in", "if", "print", "None", "True", "False", "def",
            "return",
        ],
    ),
    (
        "csharp",
        &[
            "using", "var", "new", "await", "foreach", "in", "if", "else", "while", "return", "null", "true",
            "false",
        ],
    ),
    (
        "gdscript",
        &[
            "var", "func", "await", "for", "in", "if", "not", "and", "print", "null", "true", "false",
            "extends", "return",
        ],
    ),
    ("json", &["true", "false", "null"]),
    ("sh", &["curl", "rankora", "make", "docker", "kubectl"]),
    ("console", &["curl", "rankora", "make", "docker", "kubectl"]),
];

/// Escapes a piece of code and marks what can be told apart without a parser.
pub fn highlight(language: &str, text: &str) -> String {
    let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == language) else { return escape(text) };
    let comment = match language {
        "js" | "csharp" => "//",
        "json" => "\u{0}",
        _ => "#",
    };
    let mut html = String::with_capacity(text.len() * 2);
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let starts_word = !before.is_alphanumeric() && before != '_';
        let (kind, length) = if rest.starts_with(comment) && before.is_whitespace() {
            ("comment", rest.find('\n').unwrap_or(rest.len()))
        } else if matches!(first, '"' | '\'' | '`') {
            ("text", text_length(rest, first))
        } else if first.is_ascii_digit() && starts_word && comment != "#" {
            ("number", rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len()))
        } else if first.is_alphabetic() && starts_word {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (if words.contains(&&rest[..length]) { "word" } else { "" }, length)
        } else {
            ("", first.len_utf8())
        };
        let (piece, after) = rest.split_at(length);
        match kind {
            "" => html.push_str(&escape(piece)),
            kind => html.push_str(&format!("<span class=\"c-{kind}\">{}</span>", escape(piece))),
        }
        before = piece.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    html
}

/// How long the text is that begins here with its quote; the quote alone where none ends it.
fn text_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    quote.len_utf8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_escaped_whatever_it_is_and_loses_nothing() {
        let text = "const a = \"<b>\\\"\"; // it's <i>\nawait f('x', 1.5); `${a}` \"open";
        for language in ["js", "python", "sh", "json", "none"] {
            let html = highlight(language, text);
            assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
            let shown = html.split('<').enumerate().map(|(index, piece)| match index {
                0 => piece,
                _ => piece.split_once('>').map_or("", |(_, after)| after),
            });
            assert_eq!(shown.collect::<String>(), escape(text), "{language}");
        }
        assert!(highlight("js", text).contains("<span class=\"c-word\">const</span>"));
    }
}
