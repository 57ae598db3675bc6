//! What the embeddable leaderboard says, in which language, and how it writes numbers: by its script and by the server.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    browser::{Browser, Setup},
    embedded_board::{ALL, Stage, texts, until},
    world::World,
};

const LANGUAGES: [&str; 10] = ["en", "de", "fr", "es", "pt", "ja", "ko", "zh", "tr", "ar"];

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_shown_as_the_leaderboard_says_unless_the_page_says_otherwise() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    let management = stage.replica.api(&stage.board.account.management);
    let path = format!("/leaderboards/{}", stage.board.id);
    management.patch(&path, &json!({"decimals": 2, "unit": "<m>"})).await.ok();
    stage.submit(Uuid::new_v4(), "Ada", 1234.5).await;
    let wanted = [
        ("", "1,234.50\u{a0}<m>"),
        ("heading=\"High\" decimals=\"1\"", "1,234.5\u{a0}<m>"),
        ("decimals=\"auto\" unit=\"off\"", "1,234.5"),
        ("unit=\"km/h\" locale=\"de\"", "1.234,50\u{a0}km/h"),
        ("score-format=\"number\"", "1,234.5"),
        ("score-format=\"plain\" decimals=\"3\"", "1234.5"),
        ("score-format=\"time\" decimals=\"2\" unit=\"h\"", "20:34.50\u{a0}h"),
    ];
    let scores = wanted.map(|(_, score)| score);
    let browser = Browser::start().await;
    let body: String = wanted.iter().map(|(attributes, _)| stage.element(attributes)).collect();
    browser.open(&stage.page(&body)).await;
    until(&browser, &format!("all('.rankora-state-ready').length === {}", wanted.len())).await;
    assert_eq!(texts(&browser, ".rankora-score").await, scores);
    // The frame's page says the same before its script runs and after.
    for (attributes, score) in wanted {
        let query: String = attributes.replace("\" ", "&").replace('"', "");
        browser.open(&stage.frame(&format!("&{query}&realtime=off"))).await;
        until(&browser, "all('.rankora-status-polling').length").await;
        assert_eq!(texts(&browser, ".rankora-score").await, [score], "{query}");
    }
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn arabic_goes_from_right_to_left_and_the_other_order_begins_at_the_end() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    stage.fill(3).await;
    let browser = Browser::start().await;
    let body = stage.element("locale=\"ar\"") + &stage.element("locale=\"de\" order=\"asc\" decimals=\"1\"");
    browser.open(&stage.page(&body)).await;
    until(&browser, "all('.rankora-row').length === 6").await;
    let left =
        "all('.rankora-rtl .rankora-row:first-child td').map((cell) => cell.getBoundingClientRect().left)";
    let left: Vec<f64> =
        serde_json::from_value(browser.run(&format!("{ALL} return {left};")).await).expect("places");
    assert!(left.windows(2).all(|pair| pair[0] > pair[1]), "{left:?}");
    assert_eq!(
        texts(&browser, ".rankora-rtl .rankora-column-label").await,
        ["المرتبة", "اللاعب", "التغيّر", "النقاط"]
    );
    assert_eq!(
        texts(&browser, ".rankora-order-asc .rankora-name").await,
        ["Player 2", "Player 1", "Player 0"]
    );
    assert_eq!(
        texts(&browser, ".rankora-order-asc .rankora-score").await,
        ["9.980,0", "9.990,0", "10.000,0"]
    );
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_in_each_of_ten_languages_what_the_script_says() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    let management = stage.replica.api(&stage.board.account.management);
    management.patch(&format!("/leaderboards/{}", stage.board.id), &json!({"unit": "pts"})).await.ok();
    for (name, score) in [("Ada", 1_234_567.25), ("Bob", 1234.0), ("Cleo", 7.0)] {
        stage.submit(Uuid::new_v4(), name, score).await;
    }
    let said =
        [".rankora-column-label", ".rankora-total", ".rankora-score", ".rankora-button", ".rankora-range"];
    let options = "limit=2&paging=on&columns=rank,name,move,score,updated";
    let drawn = Browser::start_as(Setup { without_scripts: true, ..Setup::default() }).await;
    let live = Browser::start().await;
    let attributes: String =
        options.split('&').map(|pair| format!(" {}\"", pair.replacen('=', "=\"", 1))).collect();
    let mut labels = std::collections::BTreeSet::new();
    for language in LANGUAGES {
        live.open(&stage.page(&stage.element(&format!("locale=\"{language}\"{attributes}")))).await;
        until(&live, "all('.rankora-row').length === 2").await;
        drawn.open(&stage.frame(&format!("&{options}&locale={language}"))).await;
        let lang = format!("{ALL} return all('.rankora-root').map((root) => [root.lang, root.dir]);");
        let direction = if language == "ar" { "rtl" } else { "ltr" };
        assert_eq!(live.run(&lang).await, json!([[language, direction]]));
        assert_eq!(drawn.run(&lang).await, json!([[language, direction]]));
        for selector in said {
            let retry =
                |texts: Vec<String>| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
            let script = format!(
                "{ALL} return all({selector:?}).filter((one) => one.checkVisibility()).map((one) => one.textContent);"
            );
            let shown: Value = live.run(&script).await;
            let shown = retry(serde_json::from_value(shown).expect("texts"));
            assert_eq!(shown, retry(texts(&drawn, selector).await), "{language} {selector}");
            assert!(!shown.is_empty(), "{language} {selector}");
            labels.insert((selector, shown));
        }
    }
    let of = |selector: &str| labels.iter().filter(|(which, _)| *which == selector).count();
    // No language says what another one says.
    assert_eq!(of(".rankora-column-label"), LANGUAGES.len(), "{labels:?}");
    stage.replica.stop().await;
}
