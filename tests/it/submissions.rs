//! `POST /leaderboard/entries`: what is accepted, as what it is stored, and what is refused.

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    api::{Api, UUID, fields, has_form},
    world::World,
};

const PATH: &str = "/leaderboard/entries";

async fn entry_of(api: &Api, player: Uuid) -> Value {
    api.get(&format!("{PATH}/{player}")).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_every_field_before_and_after_an_update() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();

    let first = api.submit(player, "Ada", 10.0).await;
    assert_eq!(first.status.as_u16(), 200);
    let expected = json!({"success": true, "player_id": player, "rank": 1, "score": 10, "previous_score": null,
        "previous_rank": null, "total_entries": 1});
    assert_eq!(first.ok(), expected);

    api.submit(Uuid::new_v4(), "Bob", 20.0).await.ok();
    let expected = json!({"success": true, "player_id": player, "rank": 1, "score": 30.5, "previous_score": 10,
        "previous_rank": 2, "total_entries": 2});
    assert_eq!(api.submit(player, "Ada", 30.5).await.ok(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_trimmed_normalised_and_of_any_script() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let fifty = "x".repeat(50);
    let (fifty_accents, fifty_decomposed) = ("é".repeat(50), "e\u{301}".repeat(50));
    for (sent, stored) in [
        ("Ada", "Ada"),
        ("a_b-c 9", "a_b-c 9"),
        ("  Ada Byron \t\n", "Ada Byron"),
        ("\u{a0}\u{3000}Ada\u{2003}", "Ada"),
        ("E\u{301}va", "Éva"),
        ("नमस्ते", "नमस्ते"),
        ("สวัสดี", "สวัสดี"),
        ("عمر", "عمر"),
        ("玩家一", "玩家一"),
        ("Ω\u{2126}Ω", "ΩΩΩ"),
        ("١٢٣", "١٢٣"),
        ("---", "---"),
        (&fifty, &fifty),
        (&fifty_accents, &fifty_accents),
        (&fifty_decomposed, &fifty_accents),
    ] {
        let player = Uuid::new_v4();
        api.submit(player, sent, 1.0).await.ok();
        assert_eq!(entry_of(&api, player).await["name"], stored, "{sent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_other_characters_or_lengths_are_refused() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let (long, long_accents) = ("x".repeat(51), "e\u{301}".repeat(51));
    for name in [
        "",
        "   ",
        "Ab",
        "  Ab  ",
        "e\u{301}a",
        &long,
        &long_accents,
        "Ada😀",
        "👩‍👩‍👧",
        "ab\u{200d}c",
        "ab\u{200c}c",
        "ab\u{200b}c",
        "\u{202e}adA",
        "abc\u{2066}",
        "\u{feff}Ada",
        "a\u{ad}bc",
        "Ada\u{fe0f}\u{20e3}\u{1f3fb}",
        "A\tda",
        "A\nda",
        "A\u{a0}da",
        "A\u{0}da",
        "a.bc",
        "a/bc",
        "<b>x",
        "O'Neil",
        "a’bc",
        "Ⅷth",
        "a½b",
        "a²b",
        "\u{e000}abc",
        "\u{378}abc",
    ] {
        let answer = api.post(PATH, &json!({"name": name, "score": 1})).await;
        answer.is_error(400, "invalid_name", Some("name"));
    }
    for name in ["null", "5", "true", "[]", "{}", "[\"Ada\"]", r#""Ada\ud800""#] {
        let answer = api.post_text(PATH, format!(r#"{{"name":{name},"score":1}}"#)).await;
        answer.is_error(400, "invalid_name", Some("name"));
    }
    api.post_text(PATH, r#"{"score":1}"#).await.is_error(400, "invalid_name", Some("name"));
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 0, "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_is_answered_without_exponent_and_without_a_fraction_where_it_has_none() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let smallest = format!("0.{}5", "0".repeat(323));
    for (sent, answered) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("-0e5", "0"),
        ("9500", "9500"),
        ("9500.0", "9500"),
        ("-9500", "-9500"),
        ("12.020123", "12.020123"),
        ("1e2", "100"),
        ("1E+2", "100"),
        ("25e-1", "2.5"),
        ("1e-7", "0.0000001"),
        ("0.1", "0.1"),
        ("123456789.123456789", "123456789.12345679"),
        ("1e16", "10000000000000000"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("-9007199254740992", "-9007199254740992"),
        ("9007199254740994", "9007199254740994"),
        ("9223372036854774784", "9223372036854774784"),
        ("-9223372036854774784", "-9223372036854774784"),
        // From 2^63 on, clients in the field read integer tokens as 0.
        ("9223372036854775808", "9223372036854775808.0"),
        ("-9223372036854775808", "-9223372036854775808.0"),
        ("1e19", "10000000000000000000.0"),
        ("1e22", "10000000000000000000000.0"),
        ("5e-324", &smallest),
        ("1e-999", "0"),
    ] {
        let player = Uuid::new_v4();
        let body = format!(r#"{{"name":"Ada","score":{sent},"player_id":"{player}"}}"#);
        let submitted = api.post_text(PATH, body.clone()).await;
        submitted.ok();
        let again = api.post_text(PATH, body).await;
        let entry = api.get(&format!("{PATH}/{player}")).await;
        let list = api.get(&format!("{PATH}?limit=50")).await;
        let answered = format!("\"score\":{answered},");
        for text in [&submitted.text, &entry.text, &list.text] {
            assert!(text.contains(&answered), "{sent}: {text}");
        }
        assert!(again.text.contains(&answered.replace("score", "previous_score")), "{sent}: {}", again.text);
        api.delete(&format!("{PATH}/{player}")).await.ok();
    }
    let answer = api.post_text(PATH, r#"{"name":"Ada","score":1.7976931348623157e308}"#).await;
    let digits: String =
        answer.text.split("\"score\":").nth(1).expect("a score").split(',').take(1).collect();
    assert!(digits.len() == 311 && digits.ends_with(".0"), "{digits}");
    assert_eq!(digits.parse(), Ok(f64::MAX));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_finite_exact_number_is_no_score() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let long = "1".repeat(400);
    for score in [
        "null",
        "true",
        "[]",
        "{}",
        "[1]",
        "\"\"",
        "\"9500\"",
        "\"NaN\"",
        "1e999",
        "-1e999",
        "1e99999999999999999999",
        &long,
        "9007199254740993",
        "-9007199254740993",
        "9007199254740993.0",
        "9223372036854775807",
        "18446744073709551617",
    ] {
        let answer = api.post_text(PATH, format!(r#"{{"name":"Ada","score":{score}}}"#)).await;
        answer.is_error(400, "invalid_score", Some("score"));
    }
    for score in [
        "NaN", "Infinity", "-", "+5", ".5", "5.", "01", "-01", "0x10", "1e", "1e+", "1_000", "--1", "1 2", "",
    ] {
        let answer = api.post_text(PATH, format!(r#"{{"name":"Ada","score":{score}}}"#)).await;
        answer.is_error(400, "invalid_json", None);
    }
    api.post_text(PATH, r#"{"name":"Ada"}"#).await.is_error(400, "invalid_score", Some("score"));
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 0, "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_id_in_any_spelling_is_one_player_and_is_answered_in_lower_case_with_hyphens() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    for spelling in [
        player.hyphenated().to_string(),
        player.hyphenated().to_string().to_uppercase(),
        player.simple().to_string(),
        player.simple().to_string().to_uppercase(),
    ] {
        let answer = api.post(PATH, &json!({"name": "Ada", "score": 1, "player_id": spelling})).await.ok();
        assert_eq!(answer["player_id"], player.to_string());
        assert_eq!(answer["total_entries"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_player_id_the_server_makes_a_new_one_each_time() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let mut made = Vec::new();
    for body in [
        r#"{"name":"Ada","score":1}"#,
        r#"{"name":"Ada","score":1,"player_id":""}"#,
        r#"{"name":"Ada","score":1,"player_id":null}"#,
    ] {
        let id = api.post_text(PATH, body).await.ok()["player_id"].clone();
        assert!(has_form(&id, UUID), "{id}");
        let id: Uuid = id.as_str().and_then(|id| id.parse().ok()).expect("a UUID");
        assert_eq!(id.get_version_num(), 4);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert!(!made.contains(&id));
        made.push(id);
    }
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_uuid_is_no_player_id() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let id = Uuid::new_v4();
    for player in [
        json!(5),
        json!(true),
        json!([]),
        json!({}),
        json!([id]),
        json!(" "),
        json!("ada"),
        json!(format!(" {id}")),
        json!(format!("{id}\n")),
        json!(format!("{{{id}}}")),
        json!(format!("urn:uuid:{id}")),
        json!(&id.to_string()[1..]),
        json!(id.to_string().replace('-', "_")),
    ] {
        let answer = api.post(PATH, &json!({"name": "Ada", "score": 1, "player_id": player})).await;
        answer.is_error(400, "invalid_player_id", Some("player_id"));
    }
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 0, "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_within_the_rules_is_answered_as_it_was_sent() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let ten: String = (0..10).map(|n| format!(r#""k{n}":{n},"#)).collect();
    let ten = format!("{{{}}}", ten.trim_end_matches(','));
    let long_key = format!(r#"{{"{}":1}}"#, "ключ".repeat(8));
    let long_value = format!(r#"{{"k":"{}"}}"#, "😀".repeat(64));
    let long_number = format!(r#"{{"k":1.{}}}"#, "0".repeat(62));
    for (sent, answered) in [
        (r#"{"a":"x","b":1,"c":true,"d":false}"#, r#"{"a":"x","b":1,"c":true,"d":false}"#),
        (r#"{"z":1,"a":2}"#, r#"{"z":1,"a":2}"#),
        (r#"{"a":""}"#, r#"{"a":""}"#),
        (r#"{"a":"\u00e9\n\"<"}"#, r#"{"a":"é\n\"<"}"#),
        (r#"{ "a" : 1e3 , "b": 1.50, "c": -0 }"#, r#"{"a":1000,"b":1.5,"c":0}"#),
        (r#"{"a":9223372036854775808}"#, r#"{"a":9223372036854775808.0}"#),
        (r#"{"a":1e16,"b":1e-7}"#, r#"{"a":10000000000000000,"b":0.0000001}"#),
        // Of a repeated key the last value counts, as in most parsers.
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#"{"rank":"mine","is_current_player":false}"#, r#"{"rank":"mine","is_current_player":false}"#),
        (&ten, &ten),
        (&long_key, &long_key),
        (&long_value, &long_value),
        (&long_number, r#"{"k":1}"#),
    ] {
        let player = Uuid::new_v4();
        let body = format!(r#"{{"name":"Ada","score":1,"player_id":"{player}","metadata":{sent}}}"#);
        api.post_text(PATH, body).await.ok();
        let entry = api.get(&format!("{PATH}/{player}")).await;
        let list = api.get(&format!("{PATH}?limit=50")).await;
        let answered = format!("\"metadata\":{answered},");
        for text in [&entry.text, &list.text] {
            assert!(text.contains(&answered), "{sent}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_beyond_the_rules_is_refused() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let eleven: String = (0..11).map(|n| format!(r#""k{n}":{n},"#)).collect();
    let eleven = format!("{{{}}}", eleven.trim_end_matches(','));
    let long_key = format!(r#"{{"{}":1}}"#, "ё".repeat(33));
    let long_value = format!(r#"{{"k":"{}"}}"#, "😀".repeat(65));
    let long_number = format!(r#"{{"k":1.{}}}"#, "0".repeat(63));
    let deep = format!(r#"{{"k":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
    for metadata in [
        "5",
        "true",
        "\"\"",
        "\"{}\"",
        "[]",
        "[{}]",
        r#"{"k":null}"#,
        r#"{"k":[]}"#,
        r#"{"k":{}}"#,
        r#"{"k":1e999}"#,
        r#"{"":1}"#,
        r#"{"k":"\ud800"}"#,
        &eleven,
        &long_key,
        &long_value,
        &long_number,
        &deep,
    ] {
        let answer =
            api.post_text(PATH, format!(r#"{{"name":"Ada","score":1,"metadata":{metadata}}}"#)).await;
        answer.is_error(400, "invalid_metadata", Some("metadata"));
    }
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 0, "nothing is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_is_kept_where_it_is_left_out_and_cleared_where_it_is_empty() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let player = Uuid::new_v4();
    for (change, after) in [
        (r#","metadata":{"level":1}"#, json!({"level": 1})),
        ("", json!({"level": 1})),
        (r#","metadata":{"rank":"gold"}"#, json!({"rank": "gold"})),
        (r#","metadata":null"#, Value::Null),
        (r#","metadata":{"level":1}"#, json!({"level": 1})),
        (r#","metadata":{ }"#, Value::Null),
        ("", Value::Null),
    ] {
        let body = format!(r#"{{"name":"Ada","score":1,"player_id":"{player}"{change}}}"#);
        api.post_text(PATH, body).await.ok();
        assert_eq!(entry_of(&api, player).await["metadata"], after, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_metadata_takes_only_empty_metadata() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("free").await.secret);
    let submit = async |metadata: &str| {
        api.post_text(PATH, format!(r#"{{"name":"Ada","score":1,"metadata":{metadata}}}"#)).await
    };
    submit("{}").await.ok();
    submit("null").await.ok();
    submit(r#"{"level":1}"#).await.is_error(400, "plan_restriction", Some("metadata"));
    submit("[]").await.is_error(400, "invalid_metadata", Some("metadata"));
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_are_ignored_and_white_space_is_free() {
    let world = World::new();
    let here = world.replica().await;
    let api = here.api(&here.board("unlimited").await.secret);
    let deep = format!("{}{}", "[".repeat(8000), "]".repeat(8000));
    for body in [
        r#"{"name":"Ada","score":1,"leaderboard_id":"x","rank":[1,{"a":null}],"success":true}"#.to_owned(),
        r#"{"unknown":1,"unknown":2,"name":"Ada","score":1}"#.to_owned(),
        " \t\r\n{ \"name\" :\n\"Ada\" ,\r\n\t\"score\" : 1 } \n".to_owned(),
        r#"{"\u006eame":"Ada","score":1}"#.to_owned(),
        format!(r#"{{"unknown":{deep},"name":"Ada","score":1}}"#),
    ] {
        api.post_text(PATH, body).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leaderboard_of_the_key_has_every_field() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let board = here.board_of(&account, SortOrder::Asc, Policy::Best).await;
    let api = here.api(&board.publishable);
    here.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let answer = api.get("/leaderboard").await.ok();
    assert_eq!(
        fields(&answer),
        [
            "created_at",
            "decimals",
            "id",
            "name",
            "pending_sort_order",
            "policy",
            "score_format",
            "sort_order",
            "total_entries",
            "unit"
        ]
    );
    assert_eq!(answer["id"], board.id.to_string());
    assert_eq!((&answer["name"], &answer["sort_order"]), (&json!("Test board"), &json!("asc")));
    assert_eq!((&answer["score_format"], &answer["total_entries"]), (&json!("number"), &json!(1)));
    assert_eq!((&answer["policy"], &answer["pending_sort_order"]), (&json!("best"), &Value::Null));
}
