//! The URL under which clients reach a server.

/// Takes a URL that links can begin with; whether cookies travel over https alone hangs on it.
///
/// # Errors
/// What it must be like.
pub fn parse(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_graphic() && !"?#@\"'<>\\".contains(c);
    match rest.is_some_and(|rest| rest.starts_with(|c: char| c != '/') && rest.chars().all(is_plain)) {
        true => Ok(text.to_owned()),
        false => Err("a URL that begins with https:// or http://, such as https://scores.example.org"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_a_plain_url() {
        for url in [
            "https://scores.example.org",
            "http://127.0.0.1:8080/",
            "http://[::1]:80",
            "https://x.example/scores",
        ] {
            assert_eq!(parse(url).as_deref(), Ok(url));
        }
        for wrong in [
            "",
            "scores.example.org",
            "HTTPS://x.example",
            "ftp://x.example",
            "https://",
            "https:///x",
            "https://x y",
            "https://x.example?a",
            "https://x.example#a",
            "https://me@x.example",
            "https://x\"y",
            " https://x.example",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
