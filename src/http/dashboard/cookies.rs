//! The cookies: a session, a visitor's secret before it, what to say once, and new keys to show once.

use axum::http::{HeaderMap, HeaderValue, header};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The browser's session.
    Session,
    /// What the forms of somebody who hasn't signed in are signed with.
    Visit,
    /// What the next page says.
    Flash,
    /// The keys that the next page shows. They are in the owner's own browser, for one page.
    NewKeys,
}

impl Cookie {
    /// Its name; where it only travels over https, one that no other host of the domain can set.
    fn name(self, is_secure: bool) -> String {
        let name = match self {
            Self::Session => "rankora-session",
            Self::Visit => "rankora-visit",
            Self::Flash => "rankora-flash",
            Self::NewKeys => "rankora-new-keys",
        };
        if is_secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// Its value in a request.
    pub fn read(self, headers: &HeaderMap, is_secure: bool) -> Option<&str> {
        let name = self.name(is_secure);
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';'));
        pairs
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// A header that sets it. Values are of letters, digits and what needs no quotes.
    pub fn set(self, value: &str, is_secure: bool, seconds: Option<u64>) -> HeaderValue {
        // Whoever follows a link from a message comes with the session; what others post comes without.
        let same_site = if self == Self::NewKeys { "Strict" } else { "Lax" };
        let secure = if is_secure { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let name = self.name(is_secure);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{age}");
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// A header that removes it.
    pub fn clear(self, is_secure: bool) -> HeaderValue {
        self.set("", is_secure, Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_a_cookie_has_the_names_and_marks_that_keep_others_out() {
        let text = |value: HeaderValue| value.to_str().expect("text").to_owned();
        assert_eq!(
            text(Cookie::Session.set("ab12", true, Some(60))),
            "__Host-rankora-session=ab12; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        assert_eq!(
            text(Cookie::NewKeys.set("ab12", false, None)),
            "rankora-new-keys=ab12; Path=/; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; xrankora-session=no"));
        headers.append(header::COOKIE, HeaderValue::from_static("b=2;rankora-session=yes; rankora-flash=f"));
        assert_eq!(Cookie::Session.read(&headers, false), Some("yes"));
        assert_eq!(Cookie::Session.read(&headers, true), None);
        assert_eq!(Cookie::Flash.read(&headers, false), Some("f"));
    }
}
