//! What an owner decides about a leaderboard on other pages: how its page for frames looks, and which sites may show it.

use std::fmt;

use thiserror::Error;

/// Bytes of a style sheet: a form that brings it has 16 KiB, and escapes much of it.
pub const MAX_CSS_BYTES: usize = 8 * 1024;
/// Sites that may be named.
pub const MAX_SITES: usize = 20;
/// Characters of a site: that of the longest name in DNS, with scheme and port.
const MAX_SITE_LENGTH: usize = 270;

/// Why something is no appearance.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AppearanceError {
    /// More than 8 KiB.
    #[error("the style sheet may have at most 8 KiB")]
    CssLength,
    /// A control character that is no white space.
    #[error("the style sheet may not have control characters")]
    CssCharacter,
    /// More than 20.
    #[error("at most {MAX_SITES} sites can be named")]
    TooManySites,
    /// Something else than a scheme, a host and a port.
    #[error("a site is written like https://example.org or https://*.example.org, without a path")]
    Site,
}

/// How the page for frames looks, and on whose pages the leaderboard may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    /// A style sheet on top of the embed's own.
    pub css: Css,
    /// Who may show it in a frame, and read with its publishable keys from scripts; nobody named means everybody.
    pub sites: Vec<Site>,
}

/// A style sheet. It isn't read here: what it can do is limited by the policy that it is sent with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Css(String);

/// An origin as `frame-ancestors` takes it: a scheme, a host that may begin with `*.`, and a port where it isn't the usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site(String);

impl Css {
    /// Takes a style sheet with line ends of any kind.
    ///
    /// # Errors
    /// [`AppearanceError::CssLength`] and [`AppearanceError::CssCharacter`].
    pub fn parse(text: &str) -> Result<Self, AppearanceError> {
        let text = text.replace("\r\n", "\n").trim().to_owned();
        if text.len() > MAX_CSS_BYTES {
            return Err(AppearanceError::CssLength);
        }
        let is_refused = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
        if text.contains(is_refused) {
            return Err(AppearanceError::CssCharacter);
        }
        Ok(Self(text))
    }

    /// The style sheet, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Site {
    /// Takes one site; nothing in it can end a part of a policy.
    ///
    /// # Errors
    /// [`AppearanceError::Site`]
    pub fn parse(text: &str) -> Result<Self, AppearanceError> {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.filter(|_| text.len() <= MAX_SITE_LENGTH).ok_or(AppearanceError::Site)?;
        let (host, port) = rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
        // A policy takes digits alone, and `parse` a sign as well.
        let is_number = |port: &str| !port.starts_with('+') && port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_port = port.is_none_or(is_number);
        let is_label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_host = host.strip_prefix("*.").unwrap_or(host).split('.').all(is_label);
        if is_host && is_port { Ok(Self(text)) } else { Err(AppearanceError::Site) }
    }

    /// Takes sites with white space between them.
    ///
    /// # Errors
    /// [`AppearanceError::Site`] and [`AppearanceError::TooManySites`].
    pub fn parse_all(text: &str) -> Result<Vec<Self>, AppearanceError> {
        let mut sites = Vec::new();
        for site in text.split_ascii_whitespace() {
            let site = Self::parse(site)?;
            if !sites.contains(&site) {
                sites.push(site);
            }
        }
        if sites.len() > MAX_SITES { Err(AppearanceError::TooManySites) } else { Ok(sites) }
    }

    /// Whether pages of this origin, as browsers write it, are among the site's: by the rules of `frame-ancestors`, so
    /// that `http` stands for `https` as well, and `*.` for all below a name but not for the name itself.
    pub fn has(&self, origin: &str) -> bool {
        let (Some(own), Some(other)) = (Parts::of(&self.0), Parts::of(origin)) else { return false };
        let is_host = match own.host.strip_prefix('*') {
            Some(end) => other.host.len() > end.len() && other.host.ends_with(end),
            None => other.host == own.host,
        };
        let is_safer = (own.scheme, other.scheme) == ("http", "https");
        let is_port = own.port == other.port || (is_safer && (own.port, other.port) == (80, 443));
        is_host && is_port && (own.scheme == other.scheme || is_safer)
    }

    /// All of them, with a space between.
    pub fn join(sites: &[Self]) -> String {
        sites.iter().map(|site| site.0.as_str()).collect::<Vec<_>>().join(" ")
    }
}

struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Parts<'a> {
    fn of(origin: &'a str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let usual = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (rest, usual),
        };
        Some(Self { scheme, host, port })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_origin_and_nothing_that_ends_a_policy() {
        for (text, kept) in [
            ("https://example.org", "https://example.org"),
            (" HTTPS://*.Example.org/ ", "https://*.example.org"),
            ("http://localhost:3000", "http://localhost:3000"),
        ] {
            assert_eq!(Site::parse(text).map(|site| site.to_string()), Ok(kept.to_owned()));
        }
        for text in [
            "",
            "*",
            "example.org",
            "https://",
            "https://*",
            "https://a;script-src *",
            "https://a/b",
            "https://a b",
            "https://a:0",
            "https://a:99999",
            "https://a:+443",
            "https://a,b",
            "https://a.*.b",
            "https://a..b",
            "'self'",
            "data:",
            "https://a\u{e4}.org",
        ] {
            assert_eq!(Site::parse(text), Err(AppearanceError::Site), "{text}");
        }
    }

    #[test]
    fn a_site_has_the_origins_that_a_policy_would_let_frame() {
        let has = |site: &str, origin: &str| Site::parse(site).expect("a site").has(origin);
        for (site, origin) in [
            ("https://example.org", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("https://example.org:8443", "https://example.org:8443"),
            ("https://*.example.org", "https://a.b.example.org"),
            ("http://example.org", "http://example.org"),
            ("http://example.org", "https://example.org"),
            ("http://localhost:3000", "https://localhost:3000"),
        ] {
            assert!(has(site, origin), "{site} {origin}");
        }
        for (site, origin) in [
            ("https://example.org", "http://example.org"),
            ("https://example.org", "https://example.org:8443"),
            ("https://example.org", "https://example.org.evil.net"),
            ("https://example.org", "https://evil-example.org"),
            ("https://*.example.org", "https://example.org"),
            ("https://*.example.org", "https://.example.org"),
            ("https://*.example.org", "https://evilexample.org"),
            ("https://*.example.org", "https://a.example.org:8443"),
            ("https://example.org", "null"),
            ("https://example.org", ""),
            ("https://example.org", "file://"),
            ("http://example.org:8080", "https://example.org"),
        ] {
            assert!(!has(site, origin), "{site} {origin}");
        }
    }

    #[test]
    fn sites_are_named_once_and_no_more_than_twenty() {
        let sites = Site::parse_all("https://a.org\r\n https://b.org https://A.org/").expect("sites");
        assert_eq!(Site::join(&sites), "https://a.org https://b.org");
        let many = (0..21).map(|n| format!("https://a{n}.org ")).collect::<String>();
        assert_eq!(Site::parse_all(&many), Err(AppearanceError::TooManySites));
    }

    #[test]
    fn a_style_sheet_keeps_to_its_size_and_to_text() {
        assert_eq!(Css::parse(" a{}\r\nb{} \n").expect("a style sheet").as_str(), "a{}\nb{}");
        assert!(Css::parse(&"a".repeat(MAX_CSS_BYTES)).is_ok());
        assert_eq!(Css::parse(&"a".repeat(MAX_CSS_BYTES + 1)), Err(AppearanceError::CssLength));
        assert_eq!(Css::parse("a\0b"), Err(AppearanceError::CssCharacter));
    }
}
