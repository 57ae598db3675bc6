//! What all pages have in common: the frame around them, and what is said once.

use crate::{http::assets, store::credentials::Owner};

/// The frame around a page.
pub struct Shell {
    /// The page's title.
    pub title: String,
    /// The part of the dashboard that it belongs to.
    pub section: &'static str,
    /// Who has signed in.
    pub email: Option<String>,
    /// Whether they may manage all accounts.
    pub is_operator: bool,
    /// Whether their keys are refused.
    pub is_suspended: bool,
    /// What each form carries.
    pub signature: String,
    /// What is said once.
    pub flash: Option<Flash>,
}

impl Shell {
    /// The frame for somebody who hasn't signed in.
    pub fn for_visitor(title: impl Into<String>, signature: String, flash: Option<Flash>) -> Self {
        Self {
            title: title.into(),
            section: "",
            email: None,
            is_operator: false,
            is_suspended: false,
            signature,
            flash,
        }
    }

    /// The frame for an account's owner.
    pub fn for_owner(
        title: impl Into<String>,
        owner: &Owner,
        signature: String,
        flash: Option<Flash>,
    ) -> Self {
        Self {
            email: Some(owner.account.email.clone()),
            is_operator: owner.is_operator,
            is_suspended: owner.is_suspended,
            ..Self::for_visitor(title, signature, flash)
        }
    }

    /// In this part of the dashboard.
    #[must_use]
    pub fn in_section(self, section: &'static str) -> Self {
        Self { section, ..self }
    }

    /// Where an asset is served.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    /// What `aria-current` says of a part of the dashboard.
    pub fn current(&self, section: &str) -> &'static str {
        if self.section == section { "page" } else { "false" }
    }
}

/// Something that the next page says once: one of these, with a number or an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    code: &'static str,
    /// How the page before knows what was meant.
    pub detail: String,
}

/// What can be said; `#` stands for the detail.
const SENTENCES: [(&str, &str); 23] = [
    ("signed-out", "You are signed out."),
    ("signed-out-elsewhere", "Every other browser is signed out."),
    ("welcome", "Your account is ready."),
    ("password-set", "Your password is set. Every other browser is signed out."),
    ("email-changed", "Your e-mail address is changed."),
    (
        "email-sent",
        "A message is on its way to the new address. It takes effect when you open the link in it.",
    ),
    ("account-deleted", "The account and everything in it are deleted."),
    ("board-created", "The leaderboard is ready."),
    ("board-deleted", "The leaderboard is deleted."),
    ("board-reset", "The leaderboard is empty now. Entries removed: #."),
    ("settings-saved", "The settings are saved."),
    ("sort-changing", "The settings are saved. The new order takes effect when every entry is in it."),
    ("entry-saved", "The entry is saved."),
    ("entry-added", "The entry is added."),
    ("entry-removed", "The entry is removed."),
    ("entries-removed", "The entries are removed."),
    ("entries-restored", "Entries put back: #."),
    ("key-created", "The key is ready. Copy it now: it is shown this once."),
    (
        "key-rotated",
        "The new key is ready. Copy it now: it is shown this once. The old one goes on working for a while.",
    ),
    ("key-revoked", "The key is revoked. It stops working within a second."),
    ("plan-changed", "The plan is changed."),
    ("suspended", "The account is suspended. Its keys are refused."),
    ("resumed", "The account is active again."),
];

impl Flash {
    /// One of the sentences.
    pub fn new(code: &'static str) -> Self {
        Self::with(code, "")
    }

    /// One of the sentences with a number or an id.
    pub fn with(code: &'static str, detail: impl ToString) -> Self {
        debug_assert!(SENTENCES.iter().any(|(known, _)| *known == code), "{code}");
        Self { code, detail: detail.to_string() }
    }

    /// As a cookie carries it.
    pub fn text(&self) -> String {
        format!("{}.{}", self.code, self.detail)
    }

    /// Reads what [`Self::text`] wrote. Whoever makes a cookie up can say no other sentence than these.
    pub fn parse(text: &str) -> Option<Self> {
        let (code, detail) = text.split_once('.')?;
        let (code, _) = SENTENCES.iter().find(|(known, _)| *known == code)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (detail.len() <= 64 && detail.chars().all(is_plain)).then(|| Self { code, detail: detail.to_owned() })
    }

    /// What to say.
    pub fn sentence(&self) -> String {
        let sentence = SENTENCES.iter().find(|(known, _)| *known == self.code).map_or("", |(_, text)| text);
        sentence.replace('#', &self.detail)
    }

    /// Whether this is the one of that code.
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_said() {
        let flash = Flash::with("board-reset", 12);
        assert_eq!(Flash::parse(&flash.text()), Some(flash.clone()));
        assert_eq!(flash.sentence(), "The leaderboard is empty now. Entries removed: 12.");
        for text in ["", "signed-out", "send-money.", "signed-out.<b>", "signed-out.a b"] {
            assert_eq!(Flash::parse(text), None, "{text}");
        }
    }
}
