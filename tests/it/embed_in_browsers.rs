//! The embeddable leaderboard in a real browser, on somebody else's page.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use crate::support::{
    browser::{Browser, Setup},
    embedded_board::{ALL, Stage, texts, until},
    world::World,
};

const LAYOUTS: [&str; 4] = ["table", "cards", "podium", "ticker"];
const THEMES: [&str; 13] = [
    "auto", "light", "dark", "forest", "midnight", "ocean", "ember", "candy", "paper", "slate", "arcade",
    "terminal", "contrast",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_layout_and_theme_is_drawn_on_a_strict_site_and_leaves_no_name_behind() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    stage.fill(4).await;
    let mut body = String::new();
    for (index, theme) in THEMES.iter().enumerate() {
        body += &stage.element(&format!("theme=\"{theme}\" layout=\"{}\" limit=\"4\"", LAYOUTS[index % 4]));
    }
    body += &stage.script("data-layout=\"podium\" data-limit=\"4\"");
    let browser = Browser::start().await;
    browser.open(&stage.site.page("")).await;
    let before = browser.run("return Object.getOwnPropertyNames(window).sort();").await;
    browser.open(&stage.page(&body)).await;
    let after = browser.run("return Object.getOwnPropertyNames(window).sort();").await;
    assert_eq!(after, before);
    until(&browser, &format!("all('.rankora-row').length === {}", (THEMES.len() + 1) * 4)).await;

    // Each theme has its own colours, and the styles of the page don't matter to them.
    let looks = browser
        .run(&format!("{ALL} return all('.rankora-root').map((root) => {{ const style = getComputedStyle(root); return [style.backgroundColor, style.color, style.borderRadius].join(); }});"))
        .await;
    let looks: BTreeSet<String> = serde_json::from_value(looks).expect("looks");
    // In a light system, `auto` is `light`.
    assert_eq!(looks.len(), THEMES.len() - 1, "{looks:?}");
    assert!(!looks.iter().any(|look| look.starts_with("rgba(0, 0, 0, 0)")), "{looks:?}");
    let displays = "all('.rankora-table').map((table) => getComputedStyle(table).display)";
    let displays = browser.run(&format!("{ALL} return [...new Set({displays})].sort();")).await;
    assert_eq!(displays, json!(["block", "flex", "table"]));
    // Each class is a part in shadow trees, and in them alone.
    let wrong = "all('.rankora-root, .rankora-root *').filter((one) => one.getAttribute('part') !== (one.getRootNode() === document ? null : one.className))";
    assert_eq!(browser.run(&format!("{ALL} return {wrong}.length;")).await, 0);
    assert_eq!(browser.run("return document.cookie + Object.keys(localStorage).join();").await, "");
    // Attributes may change.
    browser.run("document.querySelector('rankora-leaderboard').setAttribute('limit', '2');").await;
    until(&browser, &format!("all('.rankora-row').length === {}", (THEMES.len() + 1) * 4 - 2)).await;
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_to_another_replica_moves_rows() {
    let world = World::new();
    let stage = Stage::new(&world, "unlimited").await;
    let players = stage.fill(5).await;
    let elsewhere = world.replica().await;
    let api = elsewhere.api(&stage.board.secret);
    let browser = Browser::start().await;
    browser.open(&stage.page(&stage.element("limit=\"5\""))).await;
    until(&browser, "all('.rankora-status-live').length").await;
    api.submit(players[4], "Player 4", 20_000.0).await.ok();
    until(&browser, "all('.rankora-name')[0].textContent === 'Player 4'").await;
    assert_eq!(texts(&browser, ".rankora-row-up .rankora-move-places").await, ["4"]);
    assert_eq!(texts(&browser, ".rankora-score").await, ["20,000", "10,000", "9,990", "9,980", "9,970"]);
    until(&browser, "all('.rankora-row-up').length === 0").await;
    api.submit(Uuid::new_v4(), "Newcomer", 15_000.0).await.ok();
    until(&browser, "all('.rankora-row-new .rankora-name')[0]?.textContent === 'Newcomer'").await;
    assert_eq!(texts(&browser, ".rankora-total").await, ["6 players"]);
    api.delete(&format!("/leaderboard/entries/{}", players[4])).await.ok();
    until(&browser, "all('.rankora-total')[0].textContent === '5 players'").await;
    let names = texts(&browser, ".rankora-name").await;
    assert_eq!(names, ["Newcomer", "Player 0", "Player 1", "Player 2", "Player 3"]);
    elsewhere.stop().await;
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaderboards_with_one_key_share_a_stream_which_a_hidden_tab_closes() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    stage.fill(3).await;
    let browser = Browser::start().await;
    let body = stage.element("limit=\"2\"")
        + &stage.element("layout=\"ticker\"")
        + &stage.script("")
        + &stage.script("data-theme=\"dark\"");
    browser.open(&stage.page(&body)).await;
    until(&browser, "all('.rankora-status-live').length === 4").await;
    assert_eq!((stage.gate.streams(), stage.gate.requests("/realtime").len()), (1, 1));

    let hide = |is_hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ configurable: true, value: {is_hidden} }}); document.dispatchEvent(new Event('visibilitychange'));"
        )
    };
    browser.run(&hide(true)).await;
    crate::support::eventually("no stream", async || (stage.gate.streams() == 0).then_some(())).await;
    stage.submit(Uuid::new_v4(), "Meanwhile", 99_999.0).await;
    browser.run(&hide(false)).await;
    until(&browser, "all('.rankora-name').filter((name) => name.textContent === 'Meanwhile').length === 4")
        .await;
    assert_eq!((stage.gate.streams(), stage.gate.requests("/realtime").len()), (1, 2));
    // Whoever leaves the page is no listener any more.
    browser.run("document.querySelectorAll('rankora-leaderboard').forEach((one) => one.remove());").await;
    assert_eq!(stage.gate.streams(), 1);
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_stay_texts_and_in_their_place() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    let api = stage.replica.api(&stage.board.secret);
    let markup = "<img src=x onerror=document.title='hurt'>";
    let zalgo = format!("A{}", "\u{0301}\u{0316}".repeat(24));
    let family = "👩\u{200d}👩\u{200d}👧".repeat(8);
    let wide = "ဪ".repeat(50);
    let metadata = [
        json!({"note": markup, "constructor": "c"}),
        json!({"note": "\u{202e}\u{2066}txt.exe\u{202e}"}),
        json!({"note": "\u{200d}\u{200b}\u{feff}".repeat(20)}),
        json!({"note": family}),
        json!({"note": "﷽".repeat(64)}),
    ];
    for (index, (name, metadata)) in
        [&zalgo, &wide, "Ｗ".repeat(50).as_str(), "مرحبا بالعالم", "Ada"].iter().zip(metadata).enumerate()
    {
        let body = json!({"name": name, "score": 100 - index, "metadata": metadata});
        api.post("/leaderboard/entries", &body).await.ok();
    }
    let browser = Browser::start_as(Setup { is_phone: true, ..Setup::default() }).await;
    let mut body = String::new();
    for layout in LAYOUTS {
        body +=
            &stage.element(&format!("layout=\"{layout}\" metadata=\"note,constructor,toString:{markup}\""));
    }
    body += &stage.script("data-metadata=\"note\" data-heading=\"<b>High</b>\"");
    browser.open(&stage.page(&body)).await;
    until(&browser, "all('.rankora-row').length === 25").await;
    let made = "all('.rankora-name *, .rankora-metadata-value *, .rankora-title *, .rankora-root img, .rankora-root b').length";
    assert_eq!(browser.run(&format!("{ALL} return {made};")).await, 0);
    assert_eq!(browser.run("return document.title;").await, "A site");
    assert!(texts(&browser, ".rankora-metadata-value").await.iter().any(|text| text == markup));
    assert!(texts(&browser, ".rankora-title").await.contains(&"<b>High</b>".to_owned()));
    // Nothing is wider than the page, and no row is higher than a row without such texts by more than a line.
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= innerWidth;").await, true);
    let spilling = "all('.rankora-name, .rankora-metadata-value').filter((one) => { const [a, b] = [one, one.closest('tr')].map((box) => box.getBoundingClientRect()); return a.height > 0 && (a.left < b.left - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 1 || a.height > 40); }).map((one) => one.textContent)";
    assert_eq!(browser.run(&format!("{ALL} return {spilling};")).await, json!([]));
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_turned_by_keyboard_and_the_focus_stays() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    let players = stage.fill(55).await;
    let browser = Browser::start().await;
    let own = format!("limit=\"25\" paging=\"on\" player=\"{}\"", players[54]);
    browser.open(&stage.page(&stage.element(&own))).await;
    until(&browser, "all('.rankora-row-pinned .rankora-rank-number')[0]?.textContent === '55'").await;
    assert_eq!(texts(&browser, ".rankora-range").await, ["1–25 of 55"]);
    // From the top of the page to the first button, which is of no use yet, and to the other one.
    browser.press("\u{e004}").await;
    browser.press("\u{e004}").await;
    let focus = "return document.activeElement.shadowRoot.activeElement.textContent;";
    assert_eq!(browser.run(focus).await, "Next");
    browser.press("\u{e007}").await;
    until(&browser, "all('.rankora-range')[0].textContent === '26–50 of 55'").await;
    // Beyond what the stream knows.
    browser.press("\u{e007}").await;
    until(&browser, "all('.rankora-name')[0].textContent === 'Player 50'").await;
    assert_eq!(texts(&browser, ".rankora-row-current .rankora-name").await, ["Player 54"]);
    assert_eq!(texts(&browser, ".rankora-row-pinned").await, Vec::<String>::new());
    assert_eq!(texts(&browser, ".rankora-button-disabled").await, ["Next"]);
    assert_eq!(browser.run(focus).await, "Next");
    // It stays right there too.
    stage.submit(players[53], "Renamed", 9_470.0).await;
    until(&browser, "all('.rankora-name')[3].textContent === 'Renamed'").await;
    browser.press("\u{e007}").await;
    assert_eq!(texts(&browser, ".rankora-range").await, ["51–55 of 55"]);
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frame_works_without_scripts_and_comes_alive_with_them() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    stage.fill(5).await;
    let frame = stage.frame("&limit=3&paging=on&theme=forest");
    let still = Browser::start_as(Setup { without_scripts: true, ..Setup::default() }).await;
    still.open(&frame).await;
    assert!(still.client.source().await.expect("a page").contains("Player 2"));
    assert_eq!(
        still.find(".rankora-root").await.css_value("background-color").await.expect("a colour"),
        "rgba(15, 44, 32, 1)"
    );
    still.find("a.rankora-next").await.click().await.expect("a click");
    let rest = still.find(".rankora-rows").await.text().await.expect("text");
    assert!(rest.contains("Player 3") && rest.contains("Player 4") && !rest.contains("Player 2"), "{rest}");
    drop(still);

    let browser = Browser::start().await;
    browser.open(&stage.site.page(&format!("<iframe src=\"{frame}\" title=\"High scores\"></iframe>"))).await;
    browser.client.enter_frame(0).await.expect("the frame");
    until(&browser, "all('.rankora-status-live').length").await;
    assert_eq!(browser.run("return document.querySelectorAll('.rankora-root').length;").await, 1);
    stage.submit(Uuid::new_v4(), "Late", 50_000.0).await;
    until(&browser, "all('.rankora-name')[0].textContent === 'Late'").await;
    assert_eq!(browser.run("return document.body.innerText.includes('Next');").await, true);
    stage.replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_less_motion_gets_none() {
    let stage = Stage::new(&World::new(), "unlimited").await;
    let players = stage.fill(5).await;
    let body = stage.element("") + &stage.element("layout=\"ticker\"");
    for (setup, moves) in
        [(Setup::default(), true), (Setup { wants_less_motion: true, ..Setup::default() }, false)]
    {
        let browser = Browser::start_as(setup).await;
        browser.open(&stage.page(&body)).await;
        until(&browser, "all('.rankora-status-live').length === 2").await;
        let running = "all('*').flatMap((one) => one.getAnimations()).length > 0";
        stage.submit(players[4], "Player 4", if moves { 20_000.0 } else { 30_000.0 }).await;
        let score = if moves { "20,000" } else { "30,000" };
        until(&browser, &format!("all('.rankora-score')[0].textContent === '{score}'")).await;
        assert_eq!(browser.run(&format!("{ALL} return {running};")).await, moves);
        assert_eq!(texts(&browser, ".rankora-moving .rankora-title").await.len(), if moves { 2 } else { 0 });
    }
    stage.replica.stop().await;
}

/// The classes that `docs/embed.md` lists.
fn documented() -> BTreeSet<String> {
    let text = include_str!("../../docs/embed.md");
    let list = text.split("\n## Classes\n").nth(1).expect("a list of classes");
    let list = list.split("\n### The whole\n").nth(1).expect("its tables");
    let words = list.split('`').skip(1).step_by(2);
    words.filter(|word| word.starts_with("rankora-")).map(str::to_owned).collect()
}

/// Adds the classes that are on the page now.
async fn collect(browser: &Browser, seen: &mut BTreeSet<String>) {
    let script = format!(
        "{ALL} return all('*').flatMap((one) => [...one.classList]).filter((name) => name.startsWith('rankora-'));"
    );
    let names: Vec<String> = serde_json::from_value(browser.run(&script).await).expect("names");
    seen.extend(names);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_classes_are_those_that_there_are() {
    let world = World::new();
    let stage = Stage::new(&world, "unlimited").await;
    let players = stage.fill(14).await;
    let api = stage.replica.api(&stage.board.secret);
    let metadata = json!({"text": "a", "number": 1, "flag": true});
    let odd = json!({"name": "Odd", "score": -123_456_789.5, "metadata": metadata});
    api.post("/leaderboard/entries", &odd).await.ok();
    let empty = stage.replica.board("unlimited").await.publishable;
    let mut seen = BTreeSet::new();
    let browser = Browser::start().await;

    let mut body = String::new();
    for theme in THEMES {
        body += &stage.element(&format!("theme=\"{theme}\" limit=\"1\""));
    }
    for layout in LAYOUTS {
        body += &stage.element(&format!("layout=\"{layout}\" limit=\"3\""));
    }
    let all_columns =
        "columns=\"rank,name,metadata,move,score,updated\" metadata=\"text,number,flag,a,b,c,d,e,f,g\"";
    let own = players[14 - 1];
    body += &stage.element(&format!("{all_columns} limit=\"15\" paging=\"on\" player=\"{own}\""));
    body += &stage
        .element(&format!("limit=\"2\" player=\"{own}\" animation=\"off\" locale=\"ar\" order=\"desc\""));
    body += &stage.element("realtime=\"off\" order=\"asc\" score-format=\"time\"");
    body += &stage.script("");
    body += &format!("<rankora-leaderboard key=\"{empty}\"></rankora-leaderboard>");
    body += "<rankora-leaderboard key=\"rk_pub_wrong\"></rankora-leaderboard>";
    browser.open(&stage.page(&body)).await;
    until(&browser, "all('.rankora-state-error').length && all('.rankora-state-empty').length").await;
    until(&browser, "all('.rankora-row-pinned').length && all('.rankora-status-polling').length").await;
    collect(&browser, &mut seen).await;
    for (player, score, class) in
        [(players[5], 11_000.0, "up"), (players[0], 9_000.0, "down"), (players[1], 9_991.0, "same")]
    {
        stage.submit(player, "Mover", score).await;
        until(&browser, &format!("all('.rankora-row-{class}').length")).await;
        collect(&browser, &mut seen).await;
    }
    stage.submit(Uuid::new_v4(), "Newcomer", 50_000.0).await;
    until(&browser, "all('.rankora-row-new').length").await;
    collect(&browser, &mut seen).await;

    browser.open(&stage.frame("")).await;
    collect(&browser, &mut seen).await;
    until(&browser, "all('.rankora-status-live').length").await;
    collect(&browser, &mut seen).await;
    stage.gate.shut();
    until(&browser, "all('.rankora-status-offline').length").await;
    collect(&browser, &mut seen).await;
    stage.gate.open();

    browser.open(&stage.page("")).await;
    stage.gate.shut();
    let key = &stage.board.publishable;
    browser.run(&format!("const made = document.createElement('rankora-leaderboard'); made.setAttribute('key', '{key}'); document.body.append(made);")).await;
    until(&browser, "all('.rankora-skeleton').length").await;
    collect(&browser, &mut seen).await;
    until(&browser, "all('.rankora-message-offline').length").await;
    collect(&browser, &mut seen).await;

    let documented = documented();
    assert!(documented.len() > 100, "{} classes", documented.len());
    let missing: Vec<_> = documented.difference(&seen).collect();
    let unknown: Vec<_> = seen.difference(&documented).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "never seen: {missing:?}; not documented: {unknown:?}");
    stage.replica.stop().await;
}
