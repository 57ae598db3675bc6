//! What an owner decides about a leaderboard on other pages: its options, its style sheet, who may show it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rankora::domain::appearance::{Appearance, Css, Site as Origin};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::{
    browser::{Browser, Setup},
    owner::Owner,
    site::Site,
    world::{Board, Replica, World},
};

fn appearance(css: &str, sites: &str) -> Appearance {
    let sites = Origin::parse_all(sites).expect("sites");
    Appearance { css: Css::parse(css).expect("a style sheet"), sites }
}

async fn board_of_three(replica: &Replica) -> Board {
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    for (name, score) in [("Ada", 3.0), ("Bob", 2.0), ("Cleo", 1.0)] {
        api.submit(Uuid::new_v4(), name, score).await.ok();
    }
    board
}

fn frame(replica: &Replica, board: &Board) -> String {
    format!("{}/embed/{}?key={}", replica.origin(), board.id, board.publishable)
}

async fn header(url: &str, name: &str) -> String {
    let answer = reqwest::get(url).await.expect("an answer");
    answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_makes_the_same_code_with_and_without_scripts() {
    let here = World::new().replica().await;
    let board = board_of_three(&here).await;
    let page = format!("{}/embed/customize?key={}", here.origin(), board.publishable);
    let browser = Browser::start().await;
    browser.open(&page).await;
    browser.until("return document.querySelector('.is-live') !== null").await;
    let choose = "const form = document.getElementById('configurator');
        const set = (name, value) => { form.elements[name].value = value; };
        set('layout', 'podium'); set('theme', 'midnight'); set('limit', '7'); set('heading', 'A \"b\" & <c>');
        set('text-player', 'Pilot'); form.elements.paging.checked = true; form.elements.columns[3].checked = false;
        form.dispatchEvent(new InputEvent('input', {bubbles: true})); form.elements.status.click();";
    browser.run(choose).await;
    browser.until("return location.search.includes('status=off')").await;
    let codes = "return ['script', 'element', 'frame'].map((form) => document.getElementById(`code-${form}`).textContent)";
    let made = browser.run(codes).await;
    let script = made[0].as_str().expect("code");
    assert!(
        script.contains(r#"data-layout="podium" data-theme="midnight" data-limit="7" data-paging="on""#),
        "{script}"
    );
    assert!(
        script.contains(
            r#"data-columns="rank,name,metadata,score" data-heading="A &quot;b&quot; &amp; &lt;c>""#
        ),
        "{script}"
    );
    let shown = "return document.getElementById('preview').contentDocument?.querySelector(\
                 '.rankora-layout-podium.rankora-theme-midnight .rankora-title')?.textContent";
    assert_eq!(browser.until(shown).await, json!("A \"b\" & <c>"));
    let url = browser.run("return location.href").await;
    let url = url.as_str().expect("a URL");

    let plain = Browser::start_as(Setup { without_scripts: true, ..Setup::default() }).await;
    plain.open(url).await;
    for (index, form) in ["script", "element", "frame"].iter().enumerate() {
        let drawn = plain.find(&format!("#code-{form}")).await.text().await.expect("a text");
        let drawn = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
        let made = made[index].as_str().expect("code").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(drawn, made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_was_copied_works_on_another_site() {
    let here = World::new().replica().await;
    let board = board_of_three(&here).await;
    let site = Site::allowing(&[&here.origin()]).await;
    let page = format!("{}/embed/customize?key={}&limit=2", here.origin(), board.publishable);
    let browser = Browser::start().await;
    for form in ["script", "element", "frame"] {
        browser.open(&page).await;
        let code = browser.find(&format!("#code-{form}")).await.text().await.expect("a text");
        browser.open(&site.page(&code)).await;
        if form == "frame" {
            let fits = "const frame = document.querySelector('iframe'); return frame.clientHeight !== 480 && frame.clientHeight";
            let height = browser.until(fits).await.as_i64().expect("a height");
            browser.client.enter_frame(0).await.expect("a frame");
            let is_whole = "return [document.documentElement.scrollHeight, innerHeight]";
            assert_eq!(browser.run(is_whole).await, json!([height, height]), "neither cut off nor too high");
        }
        let rows = "return [document, ...Array.from(document.querySelectorAll('rankora-leaderboard'), (host) => \
                    host.shadowRoot)].reduce((sum, root) => sum + root.querySelectorAll('.rankora-rows .rankora-row').length, 0) === 2";
        browser.until(rows).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_grows_with_its_rows_and_never_for_another_page() {
    let here = World::new().replica().await;
    let board = board_of_three(&here).await;
    let site = Site::allowing(&[&here.origin()]).await;
    let (origin, frame) = (here.origin(), frame(&here, &board));
    let page = format!(
        "<script async src=\"{origin}/embed/v1.js\"></script><iframe data-rankora-fit src=\"{frame}\"></iframe>\
         <iframe id=\"left\" src=\"{frame}\"></iframe>"
    );
    let browser = Browser::start().await;
    browser.open(&site.page(&page)).await;
    let height = "return document.querySelector('iframe').style.height";
    let before = browser.until(height).await;
    for name in ["Dan", "Eve", "Fay"] {
        here.api(&board.secret).submit(Uuid::new_v4(), name, 1.0).await.ok();
    }
    browser.until(&format!("{height} !== {before}")).await;
    assert_eq!(browser.run("return document.getElementById('left').style.height").await, json!(""));
    // Who is not the frame has no say.
    browser.run("postMessage({type: 'rankora-height', height: 9}, '*')").await;
    let is_same = "return new Promise((done) => setTimeout(() => done(document.querySelector('iframe').style.height), 0))";
    assert_ne!(browser.run(is_same).await, json!("9px"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_style_sheet_reaches_no_other_server() {
    let here = World::new().replica().await;
    let board = board_of_three(&here).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = format!("http://{}", listener.local_addr().expect("an address"));
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = visits.clone();
    let listening = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let css = format!(
        "@import \"{there}/a.css\"; @import url({there}/b.css) screen;
         @font-face {{ font-family: stolen; src: url({there}/c.woff2) }}
         body {{ background: url(\"{there}/d.png\"); cursor: url({there}/e.cur), auto; font-family: stolen }}
         .rankora-name {{ list-style-image: url({there}/f); border-image: url({there}/g) 1; mask: url({there}/h.svg#m);
            filter: url({there}/i.svg#f); background-image: image-set(\"{there}/j.png\" 1x); shape-outside: url({there}/k.png) }}
         .rankora-row[class*=\"first\"]::before {{ content: url({there}/l.png) }}
         @namespace svg url({there}/m); @document url({there}/n) {{ a {{ color: red }} }}
         body {{ background: url(javascript:top.stolen=1); behavior: url({there}/o.htc); -moz-binding: url({there}/p.xml#x) }}
         </style><script>top.stolen = 1</script><style> x {{}}
         .rankora-title {{ color: rgb(1, 2, 3) }}"
    );
    here.app().set_appearance(board.account.id, board.id, &appearance(&css, "")).await.expect("kept");
    let site = Site::allowing(&[&here.origin()]).await;
    let browser = Browser::start().await;
    browser.open(&site.page(&format!("<iframe src=\"{}\"></iframe>", frame(&here, &board)))).await;
    let blocked = "return performance.getEntriesByType('resource').length > 0";
    browser.client.enter_frame(0).await.expect("a frame");
    browser.until("return document.readyState === 'complete' && document.querySelectorAll('.rankora-row').length === 3").await;
    browser.until(blocked).await;
    // A rule behind all of that holds, so the sheet was read to its end.
    browser
        .until("return getComputedStyle(document.querySelector('.rankora-title')).color === 'rgb(1, 2, 3)'")
        .await;
    assert_eq!(visits.load(Ordering::SeqCst), 0);
    browser.client.enter_parent_frame().await.expect("the page");
    assert_eq!(browser.run("return typeof stolen").await, json!("undefined"));
    listening.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_sheet_is_a_file_that_caches_may_keep_until_it_changes() {
    let here = World::new().replica().await;
    let board = board_of_three(&here).await;
    let url = frame(&here, &board);
    let sheet = async || {
        let page = reqwest::get(&url).await.expect("a page").text().await.expect("a text");
        let path = page
            .split("href=\"")
            .find_map(|rest| rest.split('"').next().filter(|path| path.contains("style.css")));
        path.map(|path| format!("{}{}", here.origin(), path.replace("&#38;", "&").replace("&amp;", "&")))
    };
    assert_eq!(sheet().await, None);
    let keep = async |css: &str| {
        here.app().set_appearance(board.account.id, board.id, &appearance(css, "")).await.expect("kept");
    };
    keep(".rankora-row { color: red }").await;
    let first = sheet().await.expect("a style sheet");
    assert_eq!(header(&first, "content-type").await, "text/css; charset=utf-8");
    assert_eq!(header(&first, "cache-control").await, "public, max-age=31536000, immutable");
    let etag = header(&first, "etag").await;
    let again =
        reqwest::Client::new().get(&first).header("if-none-match", &etag).send().await.expect("an answer");
    assert_eq!(again.status(), 304);
    keep(".rankora-row { color: blue }").await;
    let second = sheet().await.expect("a style sheet");
    assert_ne!(first, second);
    // An old page may still name the old one: it gets the new one, and for a moment only.
    assert_eq!(header(&first, "cache-control").await, "public, max-age=5");
    keep("").await;
    assert_eq!(reqwest::get(&second).await.expect("an answer").status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_sites_that_are_named_may_show_a_frame() {
    let world = World::new();
    let here = world.replica().await;
    let board = board_of_three(&here).await;
    let url = frame(&here, &board);
    let policy = async || header(&url, "content-security-policy").await;
    assert!(policy().await.ends_with("frame-ancestors * file:"));
    let named = appearance("", "https://example.org https://*.example.com");
    here.app().set_appearance(board.account.id, board.id, &named).await.expect("kept");
    assert!(policy().await.ends_with("frame-ancestors 'self' https://example.org https://*.example.com"));
    let site = Site::allowing(&[&here.origin()]).await;
    let browser = Browser::start().await;
    browser.open(&site.page(&format!("<iframe src=\"{url}\"></iframe>"))).await;
    browser.client.enter_frame(0).await.expect("a frame");
    browser.until("return document.readyState === 'complete'").await;
    assert_eq!(browser.run("return document.querySelectorAll('.rankora-row').length").await, json!(0));
    // The preview is on this server.
    browser.client.enter_parent_frame().await.expect("the page");
    browser.open(&format!("{}/embed/customize?key={}", here.origin(), board.publishable)).await;
    browser.until("return document.getElementById('preview').contentDocument?.querySelectorAll('.rankora-row').length === 3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_keeps_a_style_sheet_and_sites_in_the_dashboard() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, _, _) = owner.board("Mine").await;
    let page = format!("{board}/embed");
    let css = ".rankora-title::after { content: \"</textarea>\" }";
    let kept =
        owner.submit(&page, &page, &[("css", css), ("sites", "https://b.org\r\nhttps://a.org/")]).await;
    assert!(kept.status.is_success() && kept.text.contains("The settings are saved."), "{}", kept.text);
    assert!(kept.text.contains("https://b.org\nhttps://a.org</textarea>"), "{}", kept.text);
    assert!(!kept.text.contains(css), "it is text on the page");
    for (fields, wrong) in [
        ([("css", "a".repeat(8193)), ("sites", String::new())], "css-wrong"),
        ([("css", String::new()), ("sites", "https://a.org/path".to_owned())], "sites-wrong"),
    ] {
        let fields = fields.each_ref().map(|(name, text)| (*name, text.as_str()));
        let refused = owner.visitor.submit(&page, &page, &fields).await;
        assert_eq!(refused.status.as_u16(), 400, "{}", refused.text);
        assert!(refused.text.contains(wrong), "{}", refused.text);
    }
    let history = owner.visitor.get(&format!("{board}/history")).await;
    assert!(history.text.contains("Changed the style sheet for frames"), "{}", history.text);
    assert!(history.text.contains("shown by https://b.org https://a.org"), "{}", history.text);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_style_sheet_is_previewed_while_it_is_written_and_by_nobody_else() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, secret, publishable) = owner.board("Mine").await;
    let here = &owner.replicas[0];
    here.api(&secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let page = format!("{board}/embed");
    owner.submit(&page, &page, &[("css", ".rankora-title { text-indent: 9px }"), ("sites", "")]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = format!("http://{}", listener.local_addr().expect("an address"));

    let browser = Browser::start().await;
    owner.sign_in(&browser).await;
    browser.open(&format!("{}{page}", here.origin())).await;
    let title = |property: &str, value: &str| {
        format!(
            "const page = document.getElementById('preview').contentDocument, title = page?.querySelector('.rankora-title'); \
             return title && getComputedStyle(title).{property} === '{value}'"
        )
    };
    let note = "return document.getElementById('draft').checkVisibility() && document.getElementById('draft').textContent";
    browser.until(&title("textIndent", "9px")).await;
    assert_eq!(browser.run(note).await, json!(false));
    let draft = format!(
        "@import \"{there}/a.css\"; body {{ background: url({there}/b.png) }} .rankora-title {{ color: rgb(1, 2, 3) }}"
    );
    browser.type_in("#css", &draft).await;
    browser.until(&title("color", "rgb(1, 2, 3)")).await;
    // It stands in the place of the one that is kept.
    browser.until(&title("textIndent", "0px")).await;
    browser.until(note).await;
    // Another choice is another page in the frame, which has it too.
    browser.run("document.querySelector('[name=layout][value=cards]').click()").await;
    browser
        .until("return document.getElementById('preview').contentDocument?.querySelector('.rankora-layout-cards') !== null")
        .await;
    browser.until(&title("color", "rgb(1, 2, 3)")).await;
    let id = board.rsplit('/').next().expect("an id");
    let frame = format!("{}/embed/{id}?key={publishable}", here.origin());
    let sheet = format!("{}/embed/{id}/style.css?key={publishable}", here.origin());
    for url in [frame, sheet] {
        let text = reqwest::get(&url).await.expect("an answer").text().await.expect("a text");
        assert!(!text.contains("rgb(1"), "{text}");
    }
    let too_long = "document.getElementById('css').value = 'a'.repeat(8193); \
                    document.getElementById('css').dispatchEvent(new InputEvent('input'))";
    browser.run(too_long).await;
    browser.until(&format!("return (() => {{ {note} }})()?.includes?.('8 KiB')")).await;
    browser.until(&title("color", "rgb(1, 2, 3)").replace("===", "!==")).await;
    // Nobody was asked for anything.
    let visit =
        std::future::poll_fn(|context| std::task::Poll::Ready(listener.poll_accept(context).is_ready()))
            .await;
    assert!(!visit, "the other server was asked");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appearance_travels_with_a_backup_and_goes_with_its_leaderboard() {
    let world = World::new();
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let kept = appearance(".rankora-row { color: red }", "https://example.org");
    here.app().set_appearance(board.account.id, board.id, &kept).await.expect("kept");
    let mut backup = Vec::new();
    here.app().export_account(board.account.id, &mut backup).await.expect("a backup");
    let account = board.account.id;
    here.app().delete_leaderboard(account, board.id).await.expect("deleted");
    assert_eq!(here.app().appearance(account, board.id).await.expect("none"), Appearance::default());
    let late = here.app().set_appearance(account, board.id, &kept).await;
    assert!(late.is_err(), "nothing is left behind");

    let elsewhere = World::new();
    let there = elsewhere.replica().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &backup).expect("written");
    let path = file.path().to_str().expect("a path");
    let ended = elsewhere.admin(&["import", "--json", "--input", path]).run().await;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(there.app().appearance(account, board.id).await.expect("there"), kept);
}
