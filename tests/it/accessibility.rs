//! Every page under axe-core, in a real Chromium, in the light and in the dark theme. A new page gets a line in
//! [`PAGES`], or in [`of_board`] where it belongs to a leaderboard.

use serde_json::{Value, json};
use tempfile::tempdir;
use uuid::Uuid;

use crate::support::{
    browser::{Browser, Setup},
    demo::Demo,
    mailbox::Mailbox,
    owner::{Owner, PASSWORD, set_password},
    site::Site,
    visitor::Visitor,
    world::World,
};

/// Pages for everybody.
const PAGES: [&str; 11] = [
    "/",
    "/sign-in",
    "/sign-up",
    "/password/forgotten",
    "/no-such-page",
    "/docs",
    "/docs/quick-start",
    "/docs/configuration",
    "/docs/api/submit_entry",
    "/docs/no-such-page",
    "/embed/customize",
];

/// With a mail server, which nobody asks for anything, and open to all.
const OPTIONS: [&str; 8] = [
    "--sign-up",
    "open",
    "--smtp-url",
    "smtp://127.0.0.1:1",
    "--mail-from",
    "scores@example.org",
    "--public-url",
    "http://127.0.0.1",
];

/// Pages of somebody who has signed in.
const OWN_PAGES: [&str; 9] = [
    "/dashboard",
    "/dashboard/plan",
    "/dashboard/leaderboards",
    "/dashboard/leaderboards?search=nothing-is-called-so",
    "/dashboard/leaderboards/new",
    "/dashboard/account",
    "/dashboard/account/keys",
    "/dashboard/operator",
    "/dashboard/leaderboards/00000000-0000-4000-8000-000000000000",
];

/// Pages of a leaderboard.
fn of_board(board: &str, player: Uuid) -> Vec<String> {
    let pages = [
        "",
        "?find=ada",
        "/connect",
        "/embed",
        "/history",
        "/settings",
        "/entries/new",
        "/remove",
        "/import",
    ];
    let mut paths: Vec<String> = pages.iter().map(|page| format!("{board}{page}")).collect();
    paths.push(format!("{board}/remove?name=a"));
    paths.push(format!("{board}/entries/{player}"));
    paths
}

/// What is checked: the levels A and AA, and what is good practice for a whole page.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// Opens a page and returns what is wrong with it, one line each.
async fn faults(browser: &Browser, url: &str) -> Vec<String> {
    browser.open(url).await;
    browser.until("return document.readyState === 'complete'").await;
    let shown = browser.run("return location.href").await;
    assert_eq!(shown, json!(url), "a page leads elsewhere");
    faults_here(browser, url, &RULES).await
}

/// What is wrong with the page that is shown, by these rules.
async fn faults_here(browser: &Browser, name: &str, rules: &[&str]) -> Vec<String> {
    browser.run(&axe()).await;
    let script = "const done = arguments[1];
        axe.run(document, {runOnly: arguments[0]}).then((found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) =>
            `${rule.id}: ${node.target.flat().join(' ')}: ${node.failureSummary.split('\\n')[1].trim()}`))),
            (error) => done([String(error)]));";
    let found =
        browser.client.execute_async(script, vec![json!(rules)]).await.expect("an answer of axe-core");
    let found: Vec<String> = serde_json::from_value(found).expect("lines");
    found.into_iter().map(|fault| format!("{name}: {fault}")).collect()
}

/// The script, given to the browser by its driver: the pages' policy lets nobody else add one.
fn axe() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core, which scripts/setup.sh --dev installs")
}

fn themes() -> [Setup; 2] {
    [Setup::default(), Setup { is_dark: true, is_phone: true, ..Setup::default() }]
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Gives a browser the session of a visitor.
async fn sign_in_as(browser: &Browser, visitor: &Visitor, origin: &str) {
    browser.open(&format!("{origin}/no-such-page")).await;
    let (name, value) = visitor.cookie("session").expect("a session");
    browser.run(&format!("document.cookie = '{name}={value}; path=/'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_dashboard_can_be_used_by_everybody_in_both_themes() {
    let world = World::new().with_options(&OPTIONS);
    let owner = Owner::of(&world).await;
    let app = owner.replicas[0].app();
    let (board, secret, _) = owner.board("Mine").await;
    let (empty, ..) = owner.board("Empty").await;
    let api = owner.replicas[0].api(&secret);
    let player = Uuid::new_v4();
    api.submit(player, "Ada", 1234.5).await.ok();
    for index in 0..30 {
        api.submit(Uuid::new_v4(), &format!("Player {index}"), f64::from(index)).await.ok();
    }
    let account = app.find_account(&owner.email).await.expect("an account");
    app.set_operator(&account, true).await.expect("an operator");
    let mut paths: Vec<String> = OWN_PAGES.map(str::to_owned).into();
    paths.extend(of_board(&board, player));
    paths.extend([empty.clone(), format!("{empty}/history")]);
    let mut all = Vec::new();
    for theme in themes() {
        let browser = Browser::start_as(theme).await;
        let origin = owner.replicas[0].origin();
        for path in PAGES {
            all.extend(faults(&browser, &format!("{origin}{path}")).await);
        }
        sign_in_as(&browser, &owner.visitor, &origin).await;
        for path in &paths {
            all.extend(faults(&browser, &format!("{origin}{path}")).await);
        }
    }
    none(&all);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_behind_links_and_what_a_fresh_account_sees_can_be_used_by_everybody() {
    let world = World::new();
    let replica = world.replica().await;
    let app = replica.app();
    let setup = app.offer_setup().await.expect("Redis").expect("a first account is to be made");
    let mut all = Vec::new();
    for (index, theme) in themes().into_iter().enumerate() {
        let browser = Browser::start_as(theme).await;
        let origin = replica.origin();
        if index == 0 {
            all.extend(faults(&browser, &format!("{origin}/sign-up?link={}", setup.expose())).await);
        }
        let account = app.create_account(&format!("a{index}@example.org"), None).await.expect("an account");
        let link = app.create_password_link(account.id).await.expect("a link").expose();
        all.extend(faults(&browser, &format!("{origin}/password?link={link}")).await);
        let visitor = Visitor::of(&[&replica]);
        set_password(&visitor, &link, "a quiet blue kettle").await;
        all.extend(faults(&browser, &format!("{origin}/password?link={link}")).await);
        sign_in_as(&browser, &visitor, &origin).await;
        for path in ["/dashboard", "/dashboard/leaderboards"] {
            all.extend(faults(&browser, &format!("{origin}{path}")).await);
        }
    }
    none(&all);
    replica.stop().await;
}

/// Presses the button of the form that has a field, once that is filled in, and waits for the page behind it.
async fn send(browser: &Browser, field: &str, text: &str) {
    let field = browser.find(field).await;
    field.clear().await.expect("a field");
    field.send_keys(text).await.expect("keys");
    browser.run("window.isBefore = true").await;
    browser.press("\u{e007}").await;
    browser.until("return !window.isBefore && document.readyState === 'complete'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_before_and_behind_messages_can_be_used_by_everybody_in_both_themes() {
    const PUBLIC: &str = "http://scores.example.org";
    let mailbox = Mailbox::start().await;
    let url = format!("smtp://127.0.0.1:{}", mailbox.port());
    let options = ["--sign-up", "open", "--smtp-url", &url, "--mail-from", "scores@example.org"];
    let world = World::new().with_options(&options).with_options(&["--public-url", PUBLIC]);
    let owner = Owner::of(&world).await;
    let app = owner.replicas[0].app();
    let origin = owner.front.origin();
    let mut all = Vec::new();
    for (index, theme) in themes().into_iter().enumerate() {
        let browser = Browser::start_as(theme).await;
        // A lost password: the message is on its way, and the page behind its link.
        browser.open(&format!("{origin}/password/forgotten")).await;
        send(&browser, "#email", &owner.email).await;
        all.extend(faults_here(&browser, "a message to choose a password", &RULES).await);
        let link = mailbox.nth_to(&owner.email, index + 1).await.link(PUBLIC);
        all.extend(faults(&browser, &format!("{origin}{link}")).await);
        // A new account, which is asked for, confirmed, or made with an invitation; and what is wrong with a form.
        let email = format!("new-{index}@example.org");
        browser.open(&format!("{origin}/sign-up")).await;
        send(&browser, "#email", &email).await;
        all.extend(faults_here(&browser, "a message to make an account", &RULES).await);
        let link = mailbox.nth_to(&email, 1).await.link(PUBLIC);
        all.extend(faults(&browser, &format!("{origin}{link}")).await);
        let invitation = app.create_invitation().await.expect("a link").expose();
        all.extend(faults(&browser, &format!("{origin}/sign-up?link={invitation}")).await);
        browser.find("#email").await.send_keys(&owner.email).await.expect("keys");
        send(&browser, "#password", PASSWORD).await;
        browser.until("return document.querySelector('.wrong, .notice.bad') !== null").await;
        all.extend(faults_here(&browser, "an address that is taken", &RULES).await);
        // Another address of an account.
        sign_in_as(&browser, &owner.visitor, &origin).await;
        browser.open(&format!("{origin}/dashboard/account")).await;
        let email = format!("other-{index}@example.org");
        browser.find("#current-2").await.send_keys(PASSWORD).await.expect("keys");
        send(&browser, "#email", &email).await;
        all.extend(faults_here(&browser, "a message to confirm an address", &RULES).await);
        let link = mailbox.nth_to(&email, 1).await.link(PUBLIC);
        all.extend(faults(&browser, &format!("{origin}{link}")).await);
    }
    none(&all);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_and_the_embed_can_be_used_by_everybody_in_both_themes() {
    let directory = tempdir().expect("a directory");
    let demo = Demo::start_in(directory.path(), &[]).await;
    let world = World::new();
    let replica = world.replica().await;
    let site = Site::allowing(&[&replica.origin()]).await;
    let board = replica.board("unlimited").await;
    for index in 0..4 {
        let name = format!("Player {index}");
        replica.api(&board.secret).submit(Uuid::new_v4(), &name, f64::from(index)).await.ok();
    }
    let (origin, key) = (replica.origin(), &board.publishable);
    let mut all = Vec::new();
    for theme in themes() {
        let browser = Browser::start_as(theme).await;
        browser.open(demo.origin()).await;
        browser.until("return document.querySelectorAll('#rows li').length > 2").await;
        all.extend(faults_here(&browser, "the demo", &RULES).await);
        for layout in ["table", "cards", "podium", "ticker"] {
            let frame = format!("{origin}/embed/{}?key={key}&layout={layout}", board.id);
            browser.open(&frame).await;
            browser.until("return document.querySelector('.rankora-row') !== null").await;
            // Landmarks and the first heading are those of the page that the frame is on.
            all.extend(faults_here(&browser, &frame, &RULES[..5]).await);
            let element =
                format!("<rankora-leaderboard key=\"{key}\" layout=\"{layout}\" label=\"A table\">");
            let script = format!("<script async src=\"{origin}/embed/v1.js\"></script>");
            let body = format!("<main><h1>A site</h1>{script}{element}</rankora-leaderboard></main>");
            browser.open(&site.page(&body)).await;
            let rows =
                "document.querySelector('rankora-leaderboard').shadowRoot?.querySelectorAll('.rankora-row')";
            browser.until(&format!("return {rows}?.length === 4")).await;
            all.extend(faults_here(&browser, &format!("an element with {layout}"), &RULES).await);
        }
    }
    none(&all);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_page_is_found() {
    let site = Site::allowing(&[]).await;
    let browser = Browser::start().await;
    let found = faults(&browser, &site.page("<main><h1>A site</h1><img src=\"/x.png\"><input></main>")).await;
    let rules: Vec<&str> = found.iter().filter_map(|fault| fault.split(": ").nth(1)).collect();
    assert_eq!(json!(rules), json!(["image-alt", "label"]), "{found:?}");
    assert_ne!(browser.run("return typeof axe").await, Value::Null);
}
