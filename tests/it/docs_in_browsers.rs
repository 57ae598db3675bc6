//! The documentation in a real Chromium: the search by keyboard, a call from a page, phones, and what is left without
//! scripts.

use serde_json::json;

use crate::support::{
    browser::{Browser, Setup},
    world::World,
};

const ENTER: &str = "\u{e007}";
const DOWN: &str = "\u{e015}";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test(flavor = "multi_thread")]
async fn the_search_is_used_by_keyboard_alone() {
    let replica = World::new().replica().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/docs", replica.origin())).await;
    browser.until("return !document.getElementById('docs-find').hidden").await;
    browser.press("/").await;
    assert_eq!(browser.run("return document.activeElement.id").await, json!("docs-search"));
    browser.press("idempotency").await;
    browser.until("return document.querySelectorAll('#docs-found [role=option]').length > 1").await;
    let selected = "return document.querySelector('#docs-found [aria-selected=true]')?.id";
    assert_eq!(browser.run(selected).await, json!("docs-found-0"));
    browser.press(DOWN).await;
    assert_eq!(browser.run(selected).await, json!("docs-found-1"));
    let active = "return document.getElementById('docs-search').getAttribute('aria-activedescendant')";
    assert_eq!(browser.run(active).await, json!("docs-found-1"));
    browser.press(ESCAPE).await;
    assert_eq!(browser.run("return document.getElementById('docs-found').hidden").await, json!(true));
    // A heading that is named so comes first.
    browser.run("document.getElementById('docs-search').value = ''").await;
    browser.press("coming back").await;
    browser.until("return document.querySelector('#docs-found-0 b')?.textContent === 'Coming back'").await;
    browser.press(ENTER).await;
    browser.until("return location.pathname + location.hash === '/docs/realtime#coming-back'").await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_lies_above_all_of_the_page() {
    let replica = World::new().replica().await;
    for setup in [Setup::default(), Setup { is_phone: true, ..Setup::default() }] {
        let browser = Browser::start_as(setup).await;
        browser.open(&format!("{}/docs/api", replica.origin())).await;
        browser.until("return !document.getElementById('docs-find').hidden").await;
        browser.press("/").await;
        browser.press("idempotency").await;
        browser.until("return document.querySelectorAll('#docs-found [role=option]').length > 4").await;
        // On a grid of points.
        let covered = "const found = document.getElementById('docs-found'), box = found.getBoundingClientRect(); \
                       const at = [...Array(19).keys()].map((step) => (step + 1) / 20); \
                       return at.flatMap((x) => at.map((y) => document.elementFromPoint(box.left + x * box.width, box.top + y * box.height))) \
                         .filter((one) => one && !found.contains(one)).map((one) => one.outerHTML.slice(0, 80))";
        assert_eq!(browser.run(covered).await, json!([]));
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_sent_from_its_page_and_the_key_is_kept_nowhere() {
    let replica = World::new().replica().await;
    let board = replica.board("unlimited").await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/docs/api/submit_entry", replica.origin())).await;
    browser.until("return !document.getElementById('console').hidden").await;
    let warning = "return document.getElementById('call-warning').hidden";
    assert_eq!(browser.run(warning).await, json!(true));
    browser.find("#call-key").await.send_keys(&board.secret).await.expect("keys");
    assert_eq!(browser.run(warning).await, json!(false), "a secret key is warned of");
    browser.press(ENTER).await;
    browser.until("return document.querySelector('#call-status.good')?.textContent.startsWith('200')").await;
    browser
        .until("return document.querySelector('#call-answer code').textContent.includes('\"rank\": 1')")
        .await;
    assert_eq!(replica.api(&board.secret).get("/leaderboard").await.ok()["total_entries"], 1);
    browser
        .until("return document.querySelector('#call-headers code').textContent.includes('x-request-id')")
        .await;
    let kept = "return JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie + location.href";
    assert!(!browser.run(kept).await.as_str().expect("a text").contains("rk_"));

    // What is refused is shown with its reason.
    browser.run("document.getElementById('call-body').value = '{\"name\":\"Ada\"}'").await;
    browser.find("#call button[type=submit]").await.click().await.expect("a click");
    browser.until("return document.querySelector('#call-status.bad')?.textContent.startsWith('400')").await;
    browser
        .until("return document.querySelector('#call-answer code').textContent.includes('invalid_score')")
        .await;

    // A stream goes on until it is stopped.
    browser.open(&format!("{}/docs/api/open_stream", replica.origin())).await;
    browser.until("return !document.getElementById('console').hidden").await;
    assert_eq!(browser.run("return document.getElementById('call-key').value").await, json!(""));
    browser.find("#call-key").await.send_keys(&board.publishable).await.expect("keys");
    assert_eq!(browser.run(warning).await, json!(true), "a publishable key is not");
    browser.press(ENTER).await;
    browser
        .until("return document.querySelector('#call-answer code').textContent.includes('\"initial\"')")
        .await;
    replica.api(&board.secret).submit(uuid::Uuid::new_v4(), "Newcomer", 1.0).await.ok();
    browser
        .until("return document.querySelector('#call-answer code').textContent.includes('Newcomer')")
        .await;
    browser.find("#call-stop").await.click().await.expect("a click");
    browser.until("return document.getElementById('call-status').textContent.includes('stopped')").await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_name_this_server_and_a_chosen_language_stays_chosen() {
    let replica = World::new().replica().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/docs/api/list_entries", replica.origin())).await;
    let shown = "return Array.from(document.querySelectorAll('.tabs .code'), (code) => code).find((code) => code.checkVisibility()).textContent";
    let curl = browser.until(shown).await;
    assert!(curl.as_str().expect("a text").starts_with("curl"), "{curl}");
    browser
        .until(&format!(
            "return document.querySelector('.code').textContent.includes('{}')",
            replica.origin()
        ))
        .await;
    browser.run("document.querySelector('[data-language=Python]').click()").await;
    browser.open(&format!("{}/docs/api/read_entry", replica.origin())).await;
    browser.until("return document.querySelector('[data-language=Python]').checked").await;
    assert!(browser.run(shown).await.as_str().expect("a text").contains("urlopen"));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_wider_than_a_phone_and_its_menu_opens_without_scripts() {
    let replica = World::new().replica().await;
    let browser =
        Browser::start_as(Setup { is_phone: true, without_scripts: true, ..Setup::default() }).await;
    for page in
        ["", "/quick-start", "/api/submit_entry", "/embed", "/limits", "/configuration", "/operations"]
    {
        browser.open(&format!("{}/docs{page}", replica.origin())).await;
        let wider = "return document.documentElement.scrollWidth - innerWidth";
        assert!(browser.run(wider).await.as_i64().expect("a number") <= 0, "{page}");
    }
    let menu = "return document.querySelector('.pages').checkVisibility()";
    assert_eq!(browser.run(menu).await, json!(false));
    browser.find(".pages-button").await.click().await.expect("a click");
    assert_eq!(browser.run(menu).await, json!(true));
    assert_eq!(browser.run("return document.getElementById('docs-find').hidden").await, json!(true));
    replica.stop().await;
}
