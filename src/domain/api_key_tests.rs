use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

// Made with Python's zlib.crc32 and hashlib.sha256.
const KEY: &str = "rk_sec_0123456789ABCDEFabcdefZzYyXxWwVvU0tDE2A";
const KEY_SHA256: &str = "9a1907cd99f330b099b97eedb36d9a8d25802c8c4d7382281623eefdcb0ef85b";

fn kinds() -> impl Strategy<Value = KeyKind> {
    prop::sample::select(KeyKind::ALL.to_vec())
}

#[test]
fn a_known_key_is_read_and_hashed() {
    let key = ApiKey::parse(KEY).expect("well-formed");
    assert_eq!(key.kind(), KeyKind::Secret);
    assert_eq!(key.expose(), KEY);
    assert_eq!(key.hash().to_string(), KEY_SHA256);
    assert_eq!(KeyHash::from_bytes(*key.hash().as_bytes()), key.hash());
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn generated_keys_are_well_formed_and_never_the_same() {
    let mut seen = HashSet::new();
    for kind in KeyKind::ALL.into_iter().cycle().take(300) {
        let key = ApiKey::generate(kind);
        assert_eq!(ApiKey::parse(key.expose()).map(|parsed| parsed.kind()), Ok(kind));
        assert_eq!(key.expose().len(), LENGTH);
        assert!(seen.insert(key.hash()));
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let error = |text: &str| ApiKey::parse(text).map(|_| ()).expect_err("refused");
    for text in ["", "rk_", "rk_xxx_", "Bearer", &KEY[1..], &KEY.to_uppercase()] {
        assert_eq!(error(text), KeyFormatError::UnknownPrefix, "{text}");
    }
    let not_ascii = format!("{}é", &KEY[..LENGTH - 2]);
    let hyphen = format!("{}-", &KEY[..LENGTH - 1]);
    for text in ["rk_sec_", &KEY[..LENGTH - 1], &format!("{KEY}0"), &not_ascii, &hyphen, &KEY.repeat(9)] {
        assert_eq!(error(text), KeyFormatError::Malformed, "{text}");
    }
    assert_eq!(error(&KEY.replace("_sec_", "_pub_")), KeyFormatError::Checksum);
}

#[test]
fn the_text_is_not_in_debug_output() {
    let key = ApiKey::generate(KeyKind::Management);
    assert_eq!(format!("{key:?}"), "ApiKey(rk_mgt_…)");
}

#[test]
fn each_kind_has_the_rights_of_the_contract() {
    let rights = |kind: KeyKind| [kind.may_read(), kind.may_write(), kind.may_manage(), kind.may_see_usage()];
    assert_eq!(rights(KeyKind::Secret), [true, true, false, true]);
    assert_eq!(rights(KeyKind::Publishable), [true, false, false, false]);
    assert_eq!(rights(KeyKind::Management), [false, false, true, true]);
}

#[test]
fn kinds_have_one_name() {
    for kind in KeyKind::ALL {
        assert_eq!(KeyKind::from_name(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).expect("serializes"), format!("\"{}\"", kind.as_str()));
        assert_eq!(kind.prefix().len(), PREFIX_LENGTH);
    }
    assert_eq!(KeyKind::from_name("Secret"), None);
}

proptest! {
    #[test]
    fn one_mistyped_character_is_always_seen(kind in kinds(), place in PREFIX_LENGTH..LENGTH, typed in "[0-9A-Za-z]") {
        let key = ApiKey::generate(kind);
        let mut text = key.expose().to_owned();
        text.replace_range(place..=place, &typed);
        prop_assert_eq!(ApiKey::parse(&text).is_ok(), text == key.expose());
    }

    #[test]
    fn two_swapped_characters_are_always_seen(kind in kinds(), place in PREFIX_LENGTH..LENGTH - 1) {
        let key = ApiKey::generate(kind);
        let mut bytes = key.expose().as_bytes().to_vec();
        bytes.swap(place, place + 1);
        let text = String::from_utf8(bytes).expect("ASCII");
        prop_assert_eq!(ApiKey::parse(&text).is_ok(), text == key.expose());
    }

    #[test]
    fn any_text_is_taken_or_refused(text in prop_oneof![any::<String>(), "rk_(sec|pub|mgt)_[0-9A-Za-zé-]{35,42}"]) {
        if let Ok(key) = ApiKey::parse(&text) {
            prop_assert_eq!(key.expose(), text);
        }
    }
}
