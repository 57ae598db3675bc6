use proptest::prelude::*;

use super::*;

fn player(text: &str) -> Result<String, NameError> {
    PlayerName::parse(text).map(PlayerName::into_string)
}

fn is_length_error<T: fmt::Debug>(result: Result<T, NameError>) -> bool {
    matches!(result, Err(NameError::Length { .. }))
}

#[test]
fn names_of_any_script_are_taken() {
    for name in ["Ada", "a_b-c 9", "Zoë", "नमस्ते", "สวัสดี", "中文名", "١٢٣", "Łukasz", "あいう", "___", "𝒜𝒷𝒸"]
    {
        assert_eq!(player(name).as_deref(), Ok(name), "{name}");
    }
}

#[test]
fn names_are_trimmed_and_composed() {
    assert_eq!(player("\u{3000}\t Ada\u{a0}\n").as_deref(), Ok("Ada"));
    assert_eq!(player("Zoe\u{308}").as_deref(), Ok("Zoë"));
    assert_eq!(player("\u{212b}bc").as_deref(), Ok("\u{c5}bc"));
    assert_eq!(player("\u{1112}\u{1161}\u{11ab}gg").as_deref(), Ok("한gg"));
}

#[test]
fn length_is_counted_after_trimming_and_composing() {
    for name in ["", "ab", " ab ", "e\u{301}e\u{301}", &"a".repeat(51), &"é".repeat(51)] {
        assert!(is_length_error(player(name)), "{name}");
    }
    let composed = "e\u{301}".repeat(50);
    assert_eq!(player(&composed), Ok("é".repeat(50)));
    let four_parts = "\u{3b1}\u{313}\u{300}\u{345}".repeat(50);
    assert_eq!(player(&four_parts), Ok("\u{1f82}".repeat(50)));
    // U+0958 is two scalar values in NFC.
    assert!(is_length_error(player(&"\u{958}".repeat(26))));
    assert!(player(&"\u{958}".repeat(25)).is_ok());
}

#[test]
fn what_is_no_letter_mark_or_digit_is_refused() {
    for (name, character) in [
        ("a.b", '.'),
        ("<b>x", '<'),
        ("a\tb", '\t'),
        ("a\u{a0}b", '\u{a0}'),
        ("abc\u{200d}d", '\u{200d}'),
        ("abc\u{202e}d", '\u{202e}'),
        ("ab😀", '😀'),
        ("abⅣ", 'Ⅳ'),
        ("ab²", '²'),
        ("ab\u{0}", '\u{0}'),
        ("ab\u{e000}", '\u{e000}'),
    ] {
        assert_eq!(player(name), Err(NameError::NotInPlayerNames(character)), "{name}");
    }
}

#[test]
fn leaderboard_names_take_all_that_is_visible() {
    let parse = |text: &str| LeaderboardName::parse(text).map(LeaderboardName::into_string);
    assert_eq!(parse(" Level 1: «Café» 😀 100%! ").as_deref(), Ok("Level 1: «Café» 😀 100%!"));
    assert_eq!(parse(&"é".repeat(80)).map(|name| name.chars().count()), Ok(80));
    assert!(is_length_error(parse(" \n ")));
    assert!(is_length_error(parse(&"a".repeat(81))));
    for character in [
        '\0', '\n', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{2029}', '\u{2066}',
        '\u{e000}', '\u{378}',
    ] {
        let refused = Err(NameError::Invisible { what: "name", character });
        assert_eq!(parse(&format!("a{character}b")), refused);
    }
}

#[test]
fn a_label_may_be_empty() {
    assert_eq!(Label::parse("  ").map(Label::into_string).as_deref(), Ok(""));
    assert!(Label::parse(&"x".repeat(60)).is_ok());
    assert!(is_length_error(Label::parse(&"x".repeat(61))));
}

#[test]
fn backups_bring_back_what_other_versions_of_unicode_let_in() {
    let taken = |text: &str| PlayerName::from_backup(text.to_owned()).map(PlayerName::into_string);
    // Nobody knows what the last one will be.
    for name in ["Ada", "Zoe\u{308}", "abc\u{3fffd}"] {
        assert_eq!(taken(name).as_deref(), Some(name));
    }
    for name in ["", "ab", "Ada\n", "Ada\u{1b}[0m", &"a".repeat(51), &"𝒜".repeat(51)] {
        assert_eq!(taken(name), None, "{name:?}");
    }
    assert!(LeaderboardName::from_backup("a".repeat(80)).is_some());
    assert!(LeaderboardName::from_backup("a".repeat(81)).is_none());
    assert_eq!(Label::from_backup(String::new()), Some(Label(String::new())));
}

#[test]
fn errors_are_sentences() {
    let text = |name| PlayerName::parse(name).map_err(|error| error.to_string());
    assert_eq!(text("x"), Err("the name must have 3 to 50 characters".to_owned()));
    assert_eq!(
        text("a.b"),
        Err("the name may have letters, digits, spaces, `_` and `-` only, not U+002E".to_owned())
    );
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ a-zA-Z0-9_-]{0,60}",
        "[\\p{L}\\p{M}\\p{Nd} ]{0,60}",
        "[a-eα\u{300}-\u{345}\u{1f80}-\u{1faf}ᄀ-ᇿ가-힣 ]{0,60}",
    ]
}

proptest! {
    #[test]
    fn a_parsed_name_is_taken_again_unchanged(text in texts()) {
        if let Ok(name) = PlayerName::parse(&text) {
            prop_assert!((3..=50).contains(&name.as_str().chars().count()));
            prop_assert!(unicode_normalization::is_nfc(name.as_str()));
            prop_assert_eq!(name.as_str().trim(), name.as_str());
            prop_assert_eq!(PlayerName::parse(name.as_str()), Ok(name));
        }
        if let Ok(name) = LeaderboardName::parse(&text) {
            prop_assert_eq!(LeaderboardName::parse(name.as_str()), Ok(name));
        }
        if let Ok(label) = Label::parse(&text) {
            prop_assert_eq!(Label::parse(label.as_str()), Ok(label));
        }
    }

    #[test]
    fn decomposed_and_composed_are_the_same_name(text in texts()) {
        prop_assert_eq!(PlayerName::parse(&text.nfd().collect::<String>()).ok(), PlayerName::parse(&text).ok());
    }

    #[test]
    fn the_early_length_check_refuses_nothing_that_fits(text in texts(), times in 1..40_usize) {
        let text = text.repeat(times);
        let fits = (0..=60).contains(&text.trim().nfc().count());
        prop_assert_eq!(!is_length_error(Label::parse(&text)), fits);
    }
}
