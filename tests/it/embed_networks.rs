//! The embeddable leaderboard where the network or the server isn't as one would like, or much happens.

use uuid::Uuid;

use crate::support::{
    browser::Browser,
    embedded_board::{Stage, texts, until},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_streams_is_asked_now_and_then_past_the_cache() {
    let stage = Stage::new(&World::new(), "indie").await;
    stage.fill(2).await;
    let browser = Browser::start().await;
    browser.open(&stage.page(&stage.element("refresh=\"5\""))).await;
    until(&browser, "all('.rankora-status-polling').length").await;
    assert_eq!(texts(&browser, ".rankora-name").await, ["Player 0", "Player 1"]);
    // It says nothing of it.
    assert_eq!(texts(&browser, ".rankora-status-text").await, [""]);
    let before = stage.gate.requests("/leaderboard/entries").len();
    stage.submit(Uuid::new_v4(), "Late", 50_000.0).await;
    until(&browser, "all('.rankora-name')[0].textContent === 'Late'").await;
    assert!(stage.gate.requests("/leaderboard/entries").len() > before);
    for head in stage.gate.heads("/leaderboard/entries") {
        assert!(head.to_lowercase().contains("\r\ncache-control: no-cache"), "{head}");
    }
    // The stream, and why there is none.
    assert_eq!(stage.gate.requests("/realtime").len(), 2);
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stay_while_the_server_is_away_and_go_on_when_it_is_back() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    stage.fill(3).await;
    let browser = Browser::start().await;
    browser.open(&stage.page(&stage.element(""))).await;
    until(&browser, "all('.rankora-status-live').length").await;
    stage.gate.shut();
    until(&browser, "all('.rankora-state-offline.rankora-has-rows').length").await;
    assert_eq!(texts(&browser, ".rankora-name").await.len(), 3);
    assert_eq!(texts(&browser, ".rankora-status-text").await, ["Reconnecting"]);
    stage.submit(Uuid::new_v4(), "Meanwhile", 99_999.0).await;
    stage.gate.open();
    until(
        &browser,
        "all('.rankora-status-live').length && all('.rankora-name')[0].textContent === 'Meanwhile'",
    )
    .await;
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_slow_network_there_are_rows_to_come_and_then_the_rows() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    stage.fill(50).await;
    // The script takes some three seconds, and so does the page of its stream.
    stage.gate.pace(5_000);
    let browser = Browser::start().await;
    browser.open(&stage.page(&stage.element("limit=\"10\""))).await;
    until(&browser, "all('.rankora-state-loading .rankora-skeleton').length === 10").await;
    assert_eq!(texts(&browser, ".rankora-message-text").await, [""], "nothing is wrong yet");
    until(&browser, "all('.rankora-status-live').length && all('.rankora-row').length === 10").await;
    assert_eq!(texts(&browser, ".rankora-name").await[..2], ["Player 0", "Player 1"]);
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_rows_at_twenty_updates_a_second_leave_the_page_responsive() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    let players = stage.fill(50).await;
    let browser = Browser::start().await;
    browser.open(&stage.page(&stage.element("limit=\"50\""))).await;
    until(&browser, "all('.rankora-row').length === 50").await;
    browser
        .run("window.gaps = []; let last = performance.now(); requestAnimationFrame(function next(now) { gaps.push(now - last); last = now; requestAnimationFrame(next); });")
        .await;
    // What keeps the page from answering for more than 50 ms, as the browser sees it.
    browser
        .run("window.long = []; new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) long.push(duration); }).observe({ type: 'longtask' });")
        .await;
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    for index in 0..80_u32 {
        ticks.tick().await;
        stage
            .submit(players[(index as usize * 7) % 50], "Busy", f64::from(9_500 + (index * 131) % 700))
            .await;
    }
    let mut gaps: Vec<f64> = serde_json::from_value(browser.run("return gaps;").await).expect("gaps");
    gaps.sort_by(f64::total_cmp);
    let (median, late) = (gaps[gaps.len() / 2], gaps[gaps.len() * 95 / 100]);
    eprintln!("frames: {}, median {median:.1} ms, 95% within {late:.1} ms", gaps.len());
    // Alone on a machine it is 17 and 33 ms, beside other tests up to 50 and 500; what is held here is that the page goes
    // on drawing while it is updated.
    assert!(median < 200.0 && late < 2000.0, "median {median} ms, 95% within {late} ms");
    let mut long: Vec<f64> = serde_json::from_value(browser.run("return long;").await).expect("long tasks");
    long.sort_by(f64::total_cmp);
    let longest = long.last().copied().unwrap_or_default();
    eprintln!(
        "long tasks: {}, {:.0} ms in all, the longest {longest:.0} ms",
        long.len(),
        long.iter().sum::<f64>()
    );
    // On two busy processors and without a GPU the longest took half a second; what is held here is that none keeps the page
    // from its visitor for long.
    assert!(longest < 2000.0, "{long:?}");
    // What was folded is what the leaderboard is.
    let list = stage.replica.api(&stage.board.secret).get("/leaderboard/entries?limit=50").await.ok();
    let names: Vec<String> =
        list["entries"].as_array().expect("rows").iter().map(|row| row["score"].to_string()).collect();
    let shown = "all('.rankora-score').map((score) => score.textContent.replace(',', '')).join()";
    until(&browser, &format!("{shown} === {:?}", names.join(","))).await;
    stage.replica.stop().await;
}
