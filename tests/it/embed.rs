//! What the embeddable leaderboard is made of, without a browser: files, headers, and the page for a frame.

use std::{collections::BTreeSet, io::Read};

use flate2::read::GzDecoder;
use rankora::domain::leaderboard::{Policy, SortOrder};
use reqwest::{Client, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    api::Reply,
    world::{Board, Replica, World},
};

async fn get(replica: &Replica, path: &str, headers: &[(&str, &str)]) -> Reply {
    let client = Client::builder().no_proxy().build().expect("a client");
    let request = client.get(format!("{}{path}", replica.origin()));
    Reply::of(headers.iter().fold(request, |request, &(name, value)| request.header(name, value))).await
}

fn page_of(board: &Board, query: &str) -> String {
    format!("/embed/{}?key={}{query}", board.id, board.publishable)
}

#[tokio::test]
async fn the_script_is_small_kept_for_a_while_and_for_every_origin() {
    let replica = World::new().replica().await;
    for (path, kind) in
        [("/embed/v1.js", "text/javascript; charset=utf-8"), ("/embed/v1.css", "text/css; charset=utf-8")]
    {
        let plain = get(&replica, path, &[("origin", "https://example.org")]).await;
        assert_eq!(plain.status, StatusCode::OK);
        assert_eq!(plain.header("content-type"), kind);
        assert_eq!(plain.header("cache-control"), "public, max-age=600, stale-while-revalidate=86400");
        assert_eq!(plain.header("vary"), "Accept-Encoding");
        assert_eq!(plain.header("access-control-allow-origin"), "*");
        assert_eq!(plain.header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(plain.header("x-content-type-options"), "nosniff");
        for header in ["set-cookie", "content-encoding", "access-control-allow-credentials"] {
            assert_eq!(plain.header(header), "", "{header}");
        }

        let client = Client::builder().no_proxy().build().expect("a client");
        let asked =
            client.get(format!("{}{path}", replica.origin())).header("accept-encoding", "br, gzip;q=0.5");
        let zipped = asked.send().await.expect("an answer");
        assert_eq!(zipped.headers()["content-encoding"], "gzip");
        let zipped = zipped.bytes().await.expect("a body");
        assert!(zipped.len() < 15 * 1024, "{path}: {} bytes", zipped.len());
        let mut text = String::new();
        GzDecoder::new(&zipped[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, plain.text);
        let refusing = get(&replica, path, &[("accept-encoding", "gzip;q=0, identity")]).await;
        assert_eq!(refusing.text, plain.text);

        let known = get(&replica, path, &[("if-none-match", plain.header("etag"))]).await;
        assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
    replica.stop().await;
}

#[test]
fn the_documented_properties_are_those_that_the_style_sheet_reads() {
    let names = |text: &str| -> BTreeSet<String> {
        let is_in_name = |c: char| c.is_ascii_lowercase() || c == '-';
        let rest = text.split("--rankora-").skip(1);
        let names = rest.map(|rest| rest.chars().take_while(|&c| is_in_name(c)).collect::<String>());
        names.filter(|name| !name.is_empty()).collect()
    };
    let docs = include_str!("../../docs/embed.md");
    let list = docs.split("\n## Custom properties\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let documented = names(list.expect("a list"));
    assert_eq!(documented, names(include_str!("../../assets/embed/embed.css")));
    assert!(documented.len() > 20, "{documented:?}");
}

#[tokio::test]
async fn the_page_for_a_frame_may_be_framed_by_everybody_and_allows_itself_little() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let page = get(&replica, &page_of(&board, ""), &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "public, max-age=5");
    assert_eq!(page.header("vary"), "Accept-Language");
    assert_eq!((page.header("x-frame-options"), page.header("set-cookie")), ("", ""));
    let policy: Vec<_> = page.header("content-security-policy").split("; ").collect();
    for directive in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors * file:"]
    {
        assert!(policy.contains(&directive), "{directive} in {policy:?}");
    }
    assert!(!policy.iter().any(|directive| directive.contains("unsafe")), "{policy:?}");
    assert!(!page.text.contains("style=") && !page.text.contains("<style"), "inline style");

    let home = get(&replica, "/", &[]).await;
    assert!(home.header("content-security-policy").contains("frame-ancestors 'none'"));
    replica.stop().await;
}

#[tokio::test]
async fn the_page_is_drawn_by_the_server_in_the_language_asked_for() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let api = replica.api(&board.secret);
    let player = Uuid::new_v4();
    for (index, score) in [9500.0, 1234.5, -3.0].into_iter().enumerate() {
        let player = if index == 1 { player } else { Uuid::new_v4() };
        let metadata = json!({"level": 12, "pro": true});
        let body = json!({"name": format!("Player {index}"), "score": score, "player_id": player, "metadata": metadata});
        api.post("/leaderboard/entries", &body).await.ok();
    }
    let query = format!("&limit=2&paging=on&metadata=level:Stufe,pro&player={player}");
    let page = get(&replica, &page_of(&board, &query), &[("accept-language", "nl, de-CH;q=0.8")]).await;
    let html = &page.text;
    for text in
        ["lang=\"de\"", ">9.500<", ">1.234,5<", ">Stufe<", ">Ja<", ">3 Teilnehmer<", ">1–2 von 3<", ">Du<"]
    {
        assert!(html.contains(text), "{text} in {html}");
    }
    assert_eq!(html.matches("<tr ").count(), 3, "a head and two rows: {html}");
    assert_eq!(html.matches("rankora-row-current").count(), 1);
    assert!(!html.contains(&player.to_string()[..13]) || html.contains("data-player="), "{html}");
    assert!(html.contains("page=2\"") && !html.contains("page=0"), "{html}");

    let second = get(&replica, &page_of(&board, "&limit=2&page=2&paging=on&locale=ar&order=desc"), &[]).await;
    assert!(
        second.text.contains("dir=\"rtl\"") && second.text.contains("rankora-score-negative"),
        "{}",
        second.text
    );
    let time = get(&replica, &page_of(&board, "&score-format=time&text-score=Clock"), &[]).await;
    assert!(time.text.contains(">2:38:20<") && time.text.contains(">Clock<"), "{}", time.text);
    let empty = replica.board_of(&board.account, SortOrder::Asc, Policy::Best).await;
    let empty = get(&replica, &page_of(&empty, ""), &[]).await;
    assert!(
        empty.text.contains("rankora-state-empty") && empty.text.contains("No scores yet"),
        "{}",
        empty.text
    );
    replica.stop().await;
}

#[tokio::test]
async fn scores_have_the_decimals_and_the_unit_of_the_leaderboard_unless_the_page_says_otherwise() {
    let replica = World::new().replica().await;
    let board = replica.board("unlimited").await;
    replica.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1234.5).await.ok();
    let scores = async |query: &str| {
        let page = get(&replica, &page_of(&board, query), &[("accept-language", "en")]).await;
        let score = page.text.split("rankora-score\" title=\"").nth(1).expect("a score").to_owned();
        let title = score.split('"').next().expect("its title").to_owned();
        let text = score.split_once('>').and_then(|(_, rest)| rest.split_once("</td>")).expect("its text").0;
        let text = text.replace("<span class=\"rankora-unit\">", "|").replace("</span>", "");
        assert_eq!(text.replace('|', ""), title);
        text
    };
    assert_eq!(scores("").await, "1,234.5|");
    let path = format!("/leaderboards/{}", board.id);
    let shown = json!({"decimals": 2, "unit": "<m>"});
    replica.api(&board.account.management).patch(&path, &shown).await.ok();
    for (query, score) in [
        ("", "1,234.50|\u{a0}&#60;m&#62;"),
        ("&decimals=1", "1,234.5|\u{a0}&#60;m&#62;"),
        ("&decimals=auto&unit=off", "1,234.5|"),
        ("&unit=km/h", "1,234.50|\u{a0}km/h"),
        ("&decimals=x&locale=de", "1.234,50|\u{a0}&#60;m&#62;"),
        // They belong to the leaderboard's own format.
        ("&score-format=number", "1,234.5|"),
        ("&score-format=plain", "1234.5|"),
        ("&score-format=time&decimals=2&unit=h", "20:34.50|\u{a0}h"),
    ] {
        assert_eq!(scores(query).await, score, "{query}");
    }
    replica.stop().await;
}

#[tokio::test]
async fn the_largest_score_that_can_be_sent_takes_nobody_the_page() {
    let replica = World::new().replica().await;
    let board = replica.board("unlimited").await;
    let sent = replica.api(&board.secret).submit(Uuid::new_v4(), "Ada", f64::MAX).await;
    assert_eq!(sent.status, StatusCode::OK);
    for format in ["number", "time", "plain"] {
        let page = get(&replica, &page_of(&board, &format!("&score-format={format}")), &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{format}");
        assert!(!page.text.contains("NaN") && page.text.contains("rankora-score-long"), "{}", page.text);
    }
    replica.stop().await;
}

#[tokio::test]
async fn a_key_that_does_not_fit_gets_a_page_that_says_so() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let other = replica.board_of(&board.account, SortOrder::Desc, Policy::Latest).await;
    let unknown = Uuid::new_v4();
    for (path, status) in [
        (format!("/embed/{}", board.id), 401),
        (format!("/embed/{}?key=nonsense", board.id), 401),
        (format!("/embed/{}?key={}", board.id, board.secret), 401),
        (format!("/embed/{}?key={}", other.id, board.publishable), 404),
        (format!("/embed/{unknown}?key={}", board.publishable), 404),
        (format!("/embed/nonsense?key={}", board.publishable), 404),
    ] {
        let page = get(&replica, &path, &[]).await;
        assert_eq!(page.status.as_u16(), status, "{path}: {}", page.text);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert!(page.header("content-security-policy").contains("frame-ancestors * file:"), "{path}");
        assert!(page.text.contains("rankora-state-error") && !page.text.contains("<script"), "{}", page.text);
        assert!(!page.text.contains(&board.secret), "{path}");
    }
    // The key in a header would not reach the script.
    let bearer = format!("Bearer {}", board.publishable);
    let page = get(&replica, &format!("/embed/{}", board.id), &[("authorization", &bearer)]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    replica.stop().await;
}

#[tokio::test]
async fn the_page_counts_as_one_request_and_says_when_the_month_is_used_up() {
    let plan = "[[plan]]\nname = \"few\"\nrequests_per_month = 3\nmetadata = true\n";
    let world = World::new().with_plans(plan).with_options(&["--default-plan", "few"]);
    let replica = world.replica().await;
    let board = replica.board("few").await;
    let usage = replica.api(&board.secret);
    let page = get(&replica, &page_of(&board, "&limit=3"), &[]).await;
    assert_eq!(page.header("x-ratelimit-limit"), "3");
    assert_eq!(usage.get("/usage").await.ok()["currentRequests"], 1);
    for page in 2..4 {
        get(&replica, &page_of(&board, &format!("&limit={page}")), &[]).await;
    }
    let refused = get(&replica, &page_of(&board, ""), &[]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!refused.header("retry-after").is_empty());
    assert!(refused.text.contains("rankora-state-offline"), "{}", refused.text);
    replica.stop().await;
}

#[tokio::test]
async fn what_stands_in_the_query_is_text_on_the_page() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    replica.api(&board.secret).submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let hostile = "%22%27%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let tags = async |query: &str| {
        let page = get(&replica, &page_of(&board, query), &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        page.text.matches('<').count()
    };
    for name in [
        "heading",
        "locale",
        "player",
        "theme",
        "layout",
        "text-rank",
        "limit",
        "score-format",
        "columns",
        "unit",
        "decimals",
    ] {
        assert_eq!(tags(&format!("&{name}={hostile}")).await, tags("&a=b").await, "{name}");
    }
    assert_eq!(tags(&format!("&metadata={hostile}&paging=on")).await, tags("&metadata=x&paging=on").await);
    let names = get(&replica, &page_of(&board, "&text-x%20onload=1&text-%22%3E=2"), &[]).await;
    assert!(!names.text.contains("data-text-"), "{}", names.text);
    replica.stop().await;
}
