//! What a leaderboard says, in the visitor's language: the same texts as in the script.

use std::{collections::BTreeMap, sync::LazyLock};

/// The texts by language and name.
pub const TEXTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/embed/texts.json"));

/// No own words.
pub static NONE: BTreeMap<String, String> = BTreeMap::new();

/// The texts of all languages, read when they are first needed.
pub static ALL: LazyLock<Texts> = LazyLock::new(Texts::new);

/// The texts of all languages.
pub struct Texts(BTreeMap<String, BTreeMap<String, String>>);

/// The texts of one language, some of which a page has put in its own words.
pub struct Language<'a> {
    /// Its code, such as `de`.
    pub code: &'a str,
    own: &'a BTreeMap<String, String>,
    texts: &'a BTreeMap<String, String>,
}

impl Texts {
    fn new() -> Self {
        Self(serde_json::from_str(TEXTS).expect("the texts are JSON"))
    }

    /// The language of the first locale that there are texts for; English where there is none.
    pub fn language<'a>(
        &'a self,
        mut locales: impl Iterator<Item = &'a str>,
        own: &'a BTreeMap<String, String>,
    ) -> Language<'a> {
        let known = |locale: &str| {
            let code = locale.split(['-', ';']).next().unwrap_or_default().trim().to_ascii_lowercase();
            self.0.get_key_value(&code)
        };
        let found = locales.find_map(known).or_else(|| self.0.get_key_value("en"));
        let (code, texts) = found.expect("English is there");
        Language { code, own, texts }
    }
}

impl Language<'_> {
    /// All texts by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// `rtl` for a language that is written from right to left, else `ltr`.
    pub fn direction(&self) -> &'static str {
        if self.code == "ar" { "rtl" } else { "ltr" }
    }

    /// A text without numbers.
    pub fn text(&self, name: &str) -> String {
        self.say(name, &[])
    }

    /// A text; of two forms the first one is for a `count` of one.
    pub fn say(&self, name: &str, numbers: &[(&str, u64)]) -> String {
        let text = self.own.get(name).or_else(|| self.texts.get(name)).map_or("", String::as_str);
        let (one, other) = text.split_once('|').unwrap_or((text, text));
        let is_one = numbers.contains(&("count", 1));
        numbers.iter().fold(if is_one { one } else { other }.to_owned(), |text, (name, number)| {
            text.replace(&format!("{{{name}}}"), &super::numbers::whole(self.code, *number))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text() {
        let Texts(texts) = Texts::new();
        let names: Vec<_> = texts["en"].keys().collect();
        let languages: Vec<_> = texts.keys().map(String::as_str).collect();
        assert_eq!(languages, ["ar", "de", "en", "es", "fr", "ja", "ko", "pt", "tr", "zh"]);
        for (language, own) in &texts {
            assert_eq!(own.keys().collect::<Vec<_>>(), names, "{language}");
            for (name, text) in own {
                let count = |text: &str| text.matches('{').count();
                let english = &texts["en"][name];
                let other = |text: &str| text.rsplit('|').next().unwrap_or_default().to_owned();
                assert_eq!(count(&other(text)), count(&other(english)), "{language} {name}");
                assert!(!text.is_empty(), "{language} {name}");
            }
        }
    }

    #[test]
    fn the_first_locale_with_texts_counts() {
        let (texts, own) = (Texts::new(), BTreeMap::new());
        let code = |locales: &'static str| texts.language(locales.split(','), &own).code.to_owned();
        assert_eq!(code("nl,de-CH;q=0.8,en"), "de");
        assert_eq!(code("PT-br"), "pt");
        assert_eq!(code("nl"), "en");
    }
}
