//! The dashboard in a real Chromium: what only scripts, a layout engine and a policy that is enforced can show. Each
//! request of a browser goes to another replica than the one before.

use fantoccini::Locator;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    browser::{Browser, Setup},
    eventually,
    owner::{Owner, PASSWORD},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_is_made_and_its_table_follows_what_another_replica_is_sent() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let browser = Browser::start().await;
    owner.sign_in(&browser).await;
    browser.follow("Create a leaderboard").await;
    browser.type_in("#name", "Night Race").await;
    browser.press("\u{e007}").await;
    browser.until("return document.querySelectorAll('.new-keys pre').length === 2").await;
    let secret = browser.run("return document.querySelector('.new-keys code').textContent").await;
    let secret = secret.as_str().expect("text");
    let table = "return document.getElementById('entries')";
    browser.follow("Entries").await;
    browser.until("return document.getElementById('live').dataset.state === 'live'").await;
    assert_eq!(browser.run(&format!("{table}.hidden")).await, json!(true), "nothing yet");
    let api = owner.replicas[1].api(secret);
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(ada, "Ada", 1234.5).await.ok();
    api.submit(bob, "<b>Bob", 1.0).await.is_error(400, "invalid_name", Some("name"));
    api.submit(bob, "Bob", 2000.0).await.ok();
    let rows = "return Array.from(document.querySelectorAll('#entries tbody tr'), (row) => \
                [row.querySelector('.rank').textContent, row.querySelector('bdi').textContent, \
                 row.querySelector('.score').textContent].join(' '))";
    eventually("both rows", async || {
        (browser.run(rows).await == json!(["1 Bob 2,000", "2 Ada 1,234.5"])).then_some(())
    })
    .await;
    // Whose rows these are, the dashboard knows: each leads to its entry.
    let links = "return Array.from(document.querySelectorAll('#entries tbody a'), (link) => link.pathname.split('/').at(-1))";
    eventually("links", async || {
        (browser.run(links).await == json!([bob.to_string(), ada.to_string()])).then_some(())
    })
    .await;
    browser.follow("Ada").await;
    browser.type_in("#score", "3000").await;
    browser.press("\u{e007}").await;
    browser.until("return document.querySelector('.notice')?.textContent.includes('saved')").await;
    // Back, the table shows it; and a removal can be undone.
    browser.client.back().await.expect("back");
    browser.follow("Entries").await;
    eventually("the new order", async || {
        (browser.run(rows).await == json!(["1 Ada 3,000", "2 Bob 2,000"])).then_some(())
    })
    .await;
    owner.stop().await;
}

/// The rows of the table as they are seen: rank and name.
const ROWS: &str = "return Array.from(document.querySelectorAll('#entries tbody tr'), (row) => \
                    `${row.querySelector('.rank').textContent} ${row.querySelector('bdi').textContent}`)";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_table_is_live_and_the_page_of_a_rank_too() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[0].api(&secret);
    let mut players = Vec::new();
    for index in 1..=80 {
        let player = Uuid::new_v4();
        api.submit(player, &format!("Player {index}"), f64::from(1000 - index)).await.ok();
        players.push(player);
    }
    let browser = Browser::start().await;
    owner.sign_in(&browser).await;
    let moved = "return document.querySelectorAll('[data-moved=up]').length === 1 \
                 && document.getAnimations().some((animation) => animation.id === 'move')";
    for (path, first) in [("?page=2", 26), ("?rank=60", 51)] {
        browser.open(&format!("{}{board}{path}", owner.front.origin())).await;
        browser.until("return document.getElementById('live').dataset.state === 'live'").await;
        let shown = |names: Vec<String>| {
            let rows = names.into_iter().enumerate().map(|(index, name)| format!("{} {name}", first + index));
            json!(rows.collect::<Vec<_>>())
        };
        let names = |numbers: &mut dyn Iterator<Item = usize>| {
            numbers.map(|n| format!("Player {n}")).collect::<Vec<_>>()
        };
        let all = names(&mut (first..first + 25));
        assert_eq!(browser.run(ROWS).await, shown(all.clone()), "{path}");
        // Somebody comes before the page: all rows move on, and the one before it comes in.
        let ahead = Uuid::new_v4();
        let other = owner.replicas[1].api(&secret);
        other.submit(ahead, "Ahead", 5000.0).await.ok();
        let pushed = shown(names(&mut (first - 1..first + 24)));
        eventually("the rows one place down", async || (browser.run(ROWS).await == pushed).then_some(()))
            .await;
        // Each row leads to its own player, whom the stream doesn't name.
        let link = "return document.querySelector('#entries tbody a').pathname.split('/').at(-1)";
        let player = json!(players[first - 2].to_string());
        eventually("a link", async || (browser.run(link).await == player).then_some(())).await;
        other.delete(&format!("/leaderboard/entries/{ahead}")).await.ok();
        let back = shown(all.clone());
        eventually("the rows back", async || (browser.run(ROWS).await == back).then_some(())).await;
        // The last of the page moves to its top, and the visitor sees where it went.
        let last = players[first + 23];
        other.submit(last, &all[24], f64::from(1000 - i32::try_from(first).expect("small")) + 0.5).await.ok();
        browser.until(moved).await;
        let turned = shown([&all[24..], &all[..24]].concat());
        eventually("the last first", async || (browser.run(ROWS).await == turned).then_some(())).await;
        api.delete(&format!("/leaderboard/entries/{last}")).await.ok();
        api.submit(last, &all[24], f64::from(1000 - i32::try_from(first + 24).expect("small"))).await.ok();
        eventually("all as it was", async || (browser.run(ROWS).await == back).then_some(())).await;
    }
    assert_eq!(
        browser.run("return document.querySelector('.marked bdi').textContent").await,
        json!("Player 60")
    );
    let range = "return document.getElementById('range').textContent";
    eventually("the range", async || (browser.run(range).await == json!("51–75 of 80")).then_some(())).await;
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_motion_is_not_wanted_rows_change_places_without_any() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[1].api(&secret);
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(ada, "Ada", 2.0).await.ok();
    api.submit(bob, "Bob", 1.0).await.ok();
    let browser = Browser::start_as(Setup { wants_less_motion: true, ..Setup::default() }).await;
    owner.sign_in(&browser).await;
    browser.open(&format!("{}{board}", owner.front.origin())).await;
    browser.until("return document.getElementById('live').dataset.state === 'live'").await;
    // Each animation that ever begins is noted.
    browser.run("window.begun = 0; const animate = Element.prototype.animate; \
        Element.prototype.animate = function (...how) { window.begun += 1; return animate.apply(this, how); }; \
        document.addEventListener('animationstart', () => (window.begun += 1))").await;
    api.submit(bob, "Bob", 3.0).await.ok();
    eventually("the new order", async || {
        (browser.run(ROWS).await == json!(["1 Bob", "2 Ada"])).then_some(())
    })
    .await;
    let still =
        browser.run("return [document.querySelectorAll('[data-moved=up]').length, window.begun]").await;
    assert_eq!(still, json!([1, 0]));
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_realtime_has_pages_that_follow_too() {
    let world = World::new();
    let owner = Owner::on_plan(&world, "free").await;
    let (board, secret, _) = owner.board("Mine").await;
    let api = owner.replicas[1].api(&secret);
    for index in 1..=26 {
        api.submit(Uuid::new_v4(), &format!("Player {index}"), f64::from(100 - index)).await.ok();
    }
    let browser = Browser::start().await;
    owner.sign_in(&browser).await;
    browser.open(&format!("{}{board}?page=2", owner.front.origin())).await;
    browser.until("return document.getElementById('live').dataset.state === 'polling'").await;
    assert_eq!(browser.run(ROWS).await, json!(["26 Player 26"]));
    api.submit(Uuid::new_v4(), "Newcomer", 1.0).await.ok();
    let both = json!(["26 Player 26", "27 Newcomer"]);
    eventually("the next row", async || (browser.run(ROWS).await == both).then_some(())).await;
    let range = browser.run("return document.getElementById('range').textContent").await;
    assert_eq!(range, json!("26–27 of 27"));
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_is_previewed_as_it_is_chosen_and_the_live_table_has_it() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let browser = Browser::start().await;
    owner.sign_in(&browser).await;
    browser.open(&format!("{}{board}/settings", owner.front.origin())).await;
    let preview = "return document.getElementById('score-preview').textContent";
    browser.until(&format!("{preview} === '4,083.456'")).await;
    browser.type_in("#unit", "km").await;
    browser.run("const field = document.getElementById('decimals'); field.value = '1'; field.dispatchEvent(new Event('input', {bubbles: true}))").await;
    assert_eq!(browser.run(preview).await, json!("4,083.5\u{a0}km"));
    browser.find("#unit").await.send_keys("\u{e007}").await.expect("keys");
    browser.until("return document.querySelector('.notice')?.textContent.includes('saved')").await;
    browser.follow("Entries").await;
    browser.until("return document.getElementById('live').dataset.state === 'live'").await;
    owner.replicas[1].api(&secret).submit(Uuid::new_v4(), "Ada", 12.0).await.ok();
    let score = browser.until("return document.querySelector('#entries .score')?.textContent").await;
    assert_eq!(score, json!("12.0\u{a0}km"));
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_in_parts_with_progress_and_what_was_refused_is_told() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let browser = Browser::start().await;
    owner.sign_in(&browser).await;
    browser.open(&format!("{}{board}/import", owner.front.origin())).await;
    let mut table = String::from("name,score,metadata\n");
    for index in 0..2000 {
        let name = if index == 1500 { "X".to_owned() } else { format!("Player {index}") };
        table.push_str(&format!("{name},{index},\"{{\"\"level\"\":{}}}\"\n", index % 50));
    }
    let file = tempfile::NamedTempFile::with_suffix(".csv").expect("a file");
    std::fs::write(file.path(), table).expect("a table");
    let path = file.path().to_str().expect("a path");
    browser.find("#file").await.send_keys(path).await.expect("a file");
    browser.find("#import button[type=submit]").await.click().await.expect("a click");
    let report = browser.until("return document.querySelector('#report .notice')?.textContent").await;
    assert_eq!(report.as_str().map(str::trim), Some("1999 accepted, 1 refused."));
    let refused = browser.run("return document.querySelector('.refused').textContent").await;
    assert!(
        refused.as_str().expect("text").starts_with("Line 1502: The name must have 3 to 50"),
        "{refused}"
    );
    let api = owner.replicas[1].api(&secret);
    assert_eq!(api.get("/leaderboard").await.ok()["total_entries"], 1999);
    let history = owner.visitor.get(&format!("{board}/history")).await.text;
    assert!(history.contains("Imported 1,999 entries"), "{history}");
    owner.stop().await;
}

/// Where a page is wider than its window, and what makes it so.
const TOO_WIDE: &str = "const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide <= 0) return null;
    const over = [...document.querySelectorAll('main *')].filter((part) => part.getBoundingClientRect().right > innerWidth + 1);
    return `${location.pathname}: ${wide} ${over.map((part) => part.className || part.tagName).join(' ')}`";

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_no_page_is_wider_than_the_window_and_the_menu_opens() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, _) = owner.board("Mine").await;
    let name = "W".repeat(50);
    let player = Uuid::new_v4();
    owner.replicas[0].api(&secret).submit(player, &name, 1e300).await.ok();
    let browser = Browser::start_as(Setup { is_phone: true, is_dark: true, ..Setup::default() }).await;
    owner.sign_in(&browser).await;
    let of_board = ["", "/connect", "/history", "/settings", "/entries/new", "/remove?name=w", "/import"];
    let mut paths: Vec<String> = of_board.map(|page| format!("{board}{page}")).into();
    paths.push(format!("{board}/entries/{player}"));
    paths.extend(
        ["", "/leaderboards", "/leaderboards/new", "/plan", "/account", "/account/keys"]
            .map(|page| format!("/dashboard{page}")),
    );
    for path in paths {
        browser.open(&format!("{}{path}", owner.front.origin())).await;
        assert_eq!(browser.run(TOO_WIDE).await, Value::Null);
    }
    let menu = "return getComputedStyle(document.querySelector('.menu')).display";
    assert_eq!(browser.run(menu).await, json!("none"));
    browser.run("document.getElementById('menu').focus()").await;
    browser.press(" ").await;
    assert_eq!(browser.run(menu).await, json!("block"));
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_everything_can_be_done() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let browser = Browser::start_as(Setup { without_scripts: true, ..Setup::default() }).await;
    sign_in_without_scripts(&browser, &owner).await;
    browser.follow("Create a leaderboard").await;
    browser.type_in("#name", "Plain").await;
    browser.press("\u{e007}").await;
    let keys = eventually("keys", async || {
        let shown = browser.client.find_all(Locator::Css(".new-keys pre")).await.ok()?;
        (shown.len() == 2).then_some(shown)
    });
    let secret = keys.await[0].text().await.expect("a key");
    owner.replicas[1].api(secret.trim()).submit(Uuid::new_v4(), "Ada", 7.0).await.ok();
    browser.follow("Entries").await;
    let row = eventually("a row", async || browser.client.find(Locator::LinkText("Ada")).await.ok()).await;
    row.click().await.expect("a click");
    let remove =
        eventually("a button", async || browser.client.find(Locator::Css("button[value=remove]")).await.ok());
    remove.await.click().await.expect("a click");
    let undo =
        eventually("a way back", async || browser.client.find(Locator::Css(".notice button")).await.ok());
    undo.await.click().await.expect("a click");
    eventually("the row again", async || browser.client.find(Locator::LinkText("Ada")).await.ok()).await;
    owner.stop().await;
}

async fn sign_in_without_scripts(browser: &Browser, owner: &Owner) {
    browser.open(&format!("{}/sign-in", owner.front.origin())).await;
    browser.type_in("#email", &owner.email).await;
    browser.type_in("#password", PASSWORD).await;
    browser.press("\u{e007}").await;
    eventually("the overview", async || {
        let title = browser.client.title().await.ok()?;
        title.starts_with("Overview").then_some(())
    })
    .await;
}
