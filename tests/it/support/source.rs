//! The crate's own source, as the compiler sees it: tokens, without comments and strings.

use std::{fs, path::Path};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file below `src/`.
pub struct Source {
    /// Its path below `src/`.
    pub path: String,
    pub text: String,
}

/// A path of two or more names, or one of a `use`, with its names resolved as far as the file tells.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPath {
    /// `crate` first where it lies in this crate.
    pub names: Vec<String>,
    pub line: usize,
    /// Whether others see it through this file.
    pub exported: bool,
}

/// What a file says, as far as the rules ask.
#[derive(Default)]
pub struct Facts {
    pub paths: Vec<NamedPath>,
    /// Words of its code outside tests, with their lines.
    pub words: Vec<(String, usize)>,
    /// What hides code from this look, with lines.
    pub hidden: Vec<(String, usize)>,
}

/// All of `src/`.
pub fn all() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert!(found.len() > 50, "the source is there");
    found
}

/// The tests that use the crate from outside; paths are below `tests/it/`.
pub fn tests() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"), "", &mut found);
    found
}

fn collect(directory: &Path, below: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_str().expect("text");
        let below = format!("{below}{name}");
        if path.is_dir() {
            collect(&path, &format!("{below}/"), found);
        } else if name.ends_with(".rs") {
            found.push(Source { text: fs::read_to_string(&path).expect("a file"), path: below });
        }
    }
}

impl Source {
    /// The module that the file is, without `crate`.
    pub fn module(&self) -> Vec<String> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let module = path.split('/').map(str::to_owned);
        module.filter(|name| !matches!(name.as_str(), "lib" | "main")).collect()
    }

    pub fn is_test(&self) -> bool {
        self.path.ends_with("_tests.rs")
    }

    pub fn facts(&self) -> Facts {
        let tokens: TokenStream = self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let mut reader = Reader { facts: Facts::default(), module: self.module(), in_test: self.is_test() };
        reader.read(tokens);
        reader.facts
    }
}

struct Reader {
    facts: Facts,
    module: Vec<String>,
    in_test: bool,
}

impl Reader {
    fn read(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        let mut test_begins = false;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Punct(hash) if hash.as_char() == '#' => {
                    test_begins |= self.read_attribute(&tokens[at + 1..]);
                    at += 1;
                    // `#![…]` speaks of what is around it.
                    at += usize::from(is_punct(tokens.get(at), '!')) + 1;
                }
                _ if test_begins => {
                    at = self.read_test(&tokens, at);
                    test_begins = false;
                }
                // `impl Trait + use<…>` is no import.
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    at = self.read_use(&tokens, at);
                }
                TokenTree::Ident(word) if word == "extern" && is_word(tokens.get(at + 1), "crate") => {
                    self.hide("extern crate", word.span().start().line);
                    at += 1;
                }
                TokenTree::Ident(word) if word == "include" && is_punct(tokens.get(at + 1), '!') => {
                    self.hide("include!", word.span().start().line);
                    at += 1;
                }
                TokenTree::Ident(word) if word == "mod" => at = self.read_module(&tokens, at),
                TokenTree::Ident(_) => at = self.read_path(&tokens, at),
                TokenTree::Punct(colon) if colon.as_char() == ':' && is_path_separator(&tokens, at) => {
                    // `::redis::…`, since what follows a name was read with the name.
                    at += 2;
                }
                TokenTree::Group(group) => {
                    self.read(group.stream());
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// True for `#[cfg(test)]`.
    fn read_attribute(&mut self, after_hash: &[TokenTree]) -> bool {
        let group = after_hash.iter().find_map(|token| match token {
            TokenTree::Group(group) => Some(group),
            _ => None,
        });
        let Some(group) = group else { return false };
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        let text = group.stream().to_string().replace(' ', "");
        if is_word(inner.first(), "path") && is_punct(inner.get(1), '=') && !text.ends_with("_tests.rs\"") {
            self.hide("#[path]", group.span_open().start().line);
        }
        self.read(group.stream());
        text == "cfg(test)"
    }

    /// An item of a test, up to its body or semicolon: its paths count, its words don't.
    fn read_test(&mut self, tokens: &[TokenTree], from: usize) -> usize {
        let ends = tokens[from..].iter().position(|token| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => is_punct(Some(token), ';'),
        });
        let end = ends.map_or(tokens.len(), |ends| from + ends + 1);
        let was = std::mem::replace(&mut self.in_test, true);
        self.read(tokens[from..end].iter().cloned().collect());
        self.in_test = was;
        end
    }

    fn read_module(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
            (tokens.get(at + 1), tokens.get(at + 2))
        {
            self.module.push(name.to_string());
            self.read(body.stream());
            self.module.pop();
            return at + 3;
        }
        at + 1
    }

    fn read_use(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let exported = at > 0
            && match &tokens[at - 1] {
                TokenTree::Ident(word) => word == "pub",
                // `pub(crate)` and the like.
                TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
                _ => false,
            };
        let end = tokens[at..].iter().position(|token| is_punct(Some(token), ';'));
        let end = end.map_or(tokens.len(), |end| at + end);
        self.read_tree(&tokens[at + 1..end], &[], exported);
        end + 1
    }

    /// A tree of a `use`, below `prefix`.
    fn read_tree(&mut self, tokens: &[TokenTree], prefix: &[String], exported: bool) {
        for branch in tokens.split(|token| is_punct(Some(token), ',')) {
            let mut names = prefix.to_vec();
            let mut line = 0;
            let mut has_branches = false;
            for token in branch {
                match token {
                    TokenTree::Ident(word) if word == "as" => break,
                    TokenTree::Ident(word) => {
                        line = word.span().start().line;
                        names.push(word.to_string());
                    }
                    TokenTree::Punct(star) if star.as_char() == '*' => names.push("*".to_owned()),
                    TokenTree::Group(group) => {
                        has_branches = true;
                        self.read_tree(&group.stream().into_iter().collect::<Vec<_>>(), &names, exported);
                    }
                    _ => {}
                }
            }
            if !branch.is_empty() && !has_branches {
                self.note(names, line, exported);
            }
        }
    }

    /// A name with what follows it over `::`.
    fn read_path(&mut self, tokens: &[TokenTree], from: usize) -> usize {
        let mut names = Vec::new();
        let mut at = from;
        let mut line = 0;
        while let Some(TokenTree::Ident(word)) = tokens.get(at) {
            line = word.span().start().line;
            if !self.in_test {
                self.facts.words.push((word.to_string(), line));
            }
            names.push(word.to_string());
            at += 1;
            if !is_path_separator(tokens, at) {
                break;
            }
            at += 2;
            if let Some(TokenTree::Group(tree)) = tokens.get(at) {
                // A macro's own notation, perhaps of a `use`.
                self.read_tree(&tree.stream().into_iter().collect::<Vec<_>>(), &names, false);
                break;
            }
        }
        if names.len() > 1 || from >= 2 && is_path_separator(tokens, from - 2) {
            self.note(names, line, false);
        }
        at
    }

    fn note(&mut self, names: Vec<String>, line: usize, exported: bool) {
        let mut resolved: Vec<String> = Vec::new();
        let mut rest = names.as_slice();
        match rest.first().map(String::as_str) {
            // The binary calls the library by its name.
            Some("crate" | "rankora") => {
                resolved.push("crate".to_owned());
                rest = &rest[1..];
            }
            Some("self" | "super") => {
                resolved.push("crate".to_owned());
                resolved.extend(self.module.iter().cloned());
                while let Some(first @ ("self" | "super")) = rest.first().map(String::as_str) {
                    if first == "super" && resolved.len() > 1 {
                        resolved.pop();
                    }
                    rest = &rest[1..];
                }
            }
            _ => {}
        }
        resolved.extend(rest.iter().filter(|name| *name != "self").cloned());
        self.facts.paths.push(NamedPath { names: resolved, line, exported });
    }

    fn hide(&mut self, what: &str, line: usize) {
        self.facts.hidden.push((what.to_owned(), line));
    }
}

fn is_word(token: Option<&TokenTree>, text: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(word)) if word == text)
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}
