//! What a leaderboard's policy makes of an update.

use rankora::domain::leaderboard::{Policy, SortOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{api::Api, world::World};

const PATH: &str = "/leaderboard/entries";

async fn entry_of(api: &Api, player: Uuid) -> Value {
    api.get(&format!("{PATH}/{player}")).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_decides_what_an_update_does() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    // Score sent, score after it, whether the submission's metadata is taken.
    let cases = [
        (
            SortOrder::Desc,
            Policy::Latest,
            [(5.0, 5.0, true), (3.0, 3.0, true), (7.0, 7.0, true), (7.0, 7.0, true)],
        ),
        (
            SortOrder::Asc,
            Policy::Latest,
            [(5.0, 5.0, true), (3.0, 3.0, true), (7.0, 7.0, true), (7.0, 7.0, true)],
        ),
        (
            SortOrder::Desc,
            Policy::Best,
            [(5.0, 5.0, true), (3.0, 5.0, false), (7.0, 7.0, true), (7.0, 7.0, false)],
        ),
        (
            SortOrder::Asc,
            Policy::Best,
            [(5.0, 5.0, true), (3.0, 3.0, true), (7.0, 3.0, false), (3.0, 3.0, false)],
        ),
        (
            SortOrder::Desc,
            Policy::Sum,
            [(5.0, 5.0, true), (-3.0, 2.0, true), (0.5, 2.5, true), (0.0, 2.5, true)],
        ),
        (
            SortOrder::Asc,
            Policy::Sum,
            [(5.0, 5.0, true), (-3.0, 2.0, true), (0.5, 2.5, true), (-2.5, 0.0, true)],
        ),
    ];
    for (order, policy, steps) in cases {
        let api = here.api(&here.board_of(&account, order, policy).await.secret);
        let player = Uuid::new_v4();
        let (mut score_before, mut metadata) = (Value::Null, Value::Null);
        for (step, (sent, after, taken)) in steps.into_iter().enumerate() {
            let name = format!("Ada {step}");
            if taken {
                metadata = json!({"step": step});
            }
            let body = json!({"name": name, "score": sent, "player_id": player, "metadata": {"step": step}});
            let answer = api.post(PATH, &body).await.ok();
            let context = format!("{order:?} {policy:?} step {step}");
            assert_eq!(answer["success"], true, "{context}");
            assert_eq!(answer["score"].as_f64(), Some(after), "{context}");
            assert_eq!(answer["previous_score"], score_before, "{context}");
            let entry = entry_of(&api, player).await;
            assert_eq!(entry["score"].as_f64(), Some(after), "{context}");
            assert_eq!(entry["name"], name, "{context}: the name is always updated");
            assert_eq!(entry["metadata"], metadata, "{context}");
            score_before = answer["score"].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_is_not_better_neither_clears_metadata_nor_changes_the_rank() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let api = here.api(&here.board_of(&account, SortOrder::Desc, Policy::Best).await.secret);
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let body = json!({"name": "Ada", "score": 9, "player_id": first, "metadata": {"level": 1}});
    api.post(PATH, &body).await.ok();
    api.submit(second, "Bob", 9.0).await.ok();
    let body = json!({"name": "Ada", "score": 8, "player_id": first, "metadata": null});
    let answer = api.post(PATH, &body).await.ok();
    let expected = json!({"success": true, "player_id": first, "rank": 1, "score": 9, "previous_score": 9,
        "previous_rank": 1, "total_entries": 2});
    assert_eq!(answer, expected);
    let entry = entry_of(&api, first).await;
    assert_eq!((&entry["metadata"], &entry["rank"]), (&json!({"level": 1}), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_changes_nothing_leaves_the_time_of_the_last_change() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    for (policy, score, idle) in [(Policy::Latest, 5, 5), (Policy::Best, 5, 4), (Policy::Sum, 5, 0)] {
        let api = here.api(&here.board_of(&account, SortOrder::Desc, policy).await.secret);
        let player = Uuid::new_v4();
        let submit = async |name: &str, score: i32| {
            let body = json!({"name": name, "score": score, "player_id": player, "metadata": {"level": 1}});
            api.post(PATH, &body).await.ok();
            entry_of(&api, player).await["updated_at"].clone()
        };
        let first = submit("Ada", score).await;
        assert_eq!(submit("Ada", idle).await, first, "{policy:?}");
        assert_ne!(submit("Eva", idle).await, first, "{policy:?}: the name was updated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_would_leave_the_finite_numbers_is_refused_and_nothing_is_written() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let api = here.api(&here.board_of(&account, SortOrder::Desc, Policy::Sum).await.secret);
    let player = Uuid::new_v4();
    for sign in ["", "-"] {
        let submit = async |name: &str| {
            let body = format!(r#"{{"name":"{name}","score":{sign}1e308,"player_id":"{player}"}}"#);
            api.post_text(PATH, body).await
        };
        submit("Ada").await.ok();
        let before = entry_of(&api, player).await;
        submit("Eva").await.is_error(400, "invalid_score", Some("score"));
        assert_eq!(entry_of(&api, player).await, before);
        api.delete(&format!("{PATH}/{player}")).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_is_zero_has_no_sign() {
    let world = World::new();
    let here = world.replica().await;
    let account = here.account("unlimited").await;
    let api = here.api(&here.board_of(&account, SortOrder::Desc, Policy::Sum).await.secret);
    let player = Uuid::new_v4();
    for (sent, answered) in [(-2.5, "-2.5"), (2.5, "0"), (-0.0, "0")] {
        let answer = api.submit(player, "Ada", sent).await;
        assert!(answer.text.contains(&format!("\"score\":{answered},")), "{}", answer.text);
    }
}
