//! The texts that people choose.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rankora::domain::name::{Label, LeaderboardName, PlayerName};
use rankora_fuzz::check_player_name;

fuzz_target!(|text: &str| {
    if let Ok(name) = PlayerName::parse(text) {
        check_player_name(&name);
        assert!(LeaderboardName::parse(text).is_ok_and(|other| other.as_str() == name.as_str()));
    }
    if let Ok(name) = LeaderboardName::parse(text) {
        check(name.as_str(), 1..=80);
        assert_eq!(LeaderboardName::parse(name.as_str()).as_ref(), Ok(&name));
    }
    if let Ok(label) = Label::parse(text) {
        check(label.as_str(), 0..=60);
        assert_eq!(Label::parse(label.as_str()).as_ref(), Ok(&label));
    }
});

fn check(text: &str, length: std::ops::RangeInclusive<usize>) {
    assert!(length.contains(&text.chars().count()), "{text:?}");
    assert_eq!(text.trim(), text);
    assert!(!text.chars().any(char::is_control), "{text:?}");
}
