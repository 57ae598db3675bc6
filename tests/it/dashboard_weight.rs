//! What a page of the dashboard weighs for who comes for the first time: its HTML and all that it names, as sent.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use uuid::Uuid;

use crate::support::{owner::Owner, pages::quoted, visitor::Visitor, world::World};

const MOST: usize = 100 * 1024;

/// An owner of some leaderboards, one of which has full pages of long rows, and keys that were used.
async fn busy_owner(world: &World) -> (Owner, String, Uuid) {
    let owner = Owner::of(world).await;
    let (board, secret, _) = owner.board("A leaderboard with a name that is not short").await;
    for index in 0..6 {
        owner.board(&format!("Another one, number {index}")).await;
        let fields = [("kind", "secret"), ("label", "One of several")];
        owner.submit(&format!("{board}/connect"), &format!("{board}/connect"), &fields).await;
    }
    let api = owner.replicas[0].api(&secret);
    let mut last = Uuid::nil();
    for index in 0..60 {
        last = Uuid::new_v4();
        let body = serde_json::json!({
            "player_id": last,
            "name": format!("{index} a name as long as one can be with fifty char"),
            "score": 1_234_567.25 * f64::from(index),
            "metadata": {"level": index, "character": "a value that is not too short", "country": "Liechtenstein"},
        });
        api.post("/leaderboard/entries", &body).await.ok();
    }
    (owner, board, last)
}

/// A path's bytes on the wire and the text in them.
async fn fetch(visitor: &Visitor, path: &str) -> (usize, String) {
    let plain = visitor.send(visitor.request(Method::GET, path)).await;
    assert!(plain.status.is_success() || plain.status == 404, "{path}: {}", plain.status);
    let zipped = visitor.request(Method::GET, path).header("accept-encoding", "gzip");
    let zipped = zipped.send().await.expect("an answer").bytes().await.expect("a body");
    (zipped.len(), plain.text)
}

/// What a text of this server's names as part of itself: style sheets, scripts, their modules, pictures.
fn parts(text: &str) -> BTreeSet<String> {
    let before = [
        "src=\"",
        "from \"",
        "import \"",
        "<link rel=\"stylesheet\" href=\"",
        "type=\"image/svg+xml\" href=\"",
    ];
    let named = before.iter().flat_map(|before| quoted(text, before));
    // A module's neighbours stand beside it, those of a page have a whole path.
    let paths = named.map(|path| path.replace("./", "/assets/"));
    paths.filter(|path| path.starts_with("/assets/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_weighs_more_than_100_kib_with_all_that_it_names() {
    let world = World::new().with_options(&["--sign-up", "open"]);
    let (owner, board, player) = busy_owner(&world).await;
    let app = owner.replicas[0].app();
    let account = app.find_account(&owner.email).await.expect("an account");
    app.set_operator(&account, true).await.expect("an operator");
    let mut pages: Vec<String> = [
        "",
        "/plan",
        "/leaderboards",
        "/leaderboards/new",
        "/account",
        "/account/keys",
        "/operator",
        "/nothing",
    ]
    .map(|page| format!("/dashboard{page}"))
    .into();
    pages.extend(
        [
            "",
            "?page=2",
            "?find=name",
            "/connect",
            "/embed",
            "/history",
            "/settings",
            "/entries/new",
            "/remove?name=a",
            "/import",
        ]
        .map(|page| format!("{board}{page}")),
    );
    pages.push(format!("{board}/entries/{player}"));
    let mut asked = vec![(&owner.visitor, pages)];
    let stranger = owner.visitor.other();
    asked.push((&stranger, ["/sign-in", "/sign-up", "/no-such-page"].map(str::to_owned).into()));
    let mut known = BTreeMap::new();
    let mut weights = Vec::new();
    for (visitor, pages) in asked {
        for page in pages {
            let (mut weight, text) = fetch(visitor, &page).await;
            let mut ahead = parts(&text);
            let mut seen = BTreeSet::new();
            while let Some(part) = ahead.pop_first() {
                if !known.contains_key(&part) {
                    let fetched = fetch(visitor, &part).await;
                    known.insert(part.clone(), fetched);
                }
                let (bytes, text) = &known[&part];
                weight += bytes;
                seen.insert(part);
                ahead.extend(parts(text).into_iter().filter(|part| !seen.contains(part)));
            }
            assert!(seen.len() > 5, "{page}: {seen:?}");
            weights.push((weight, page));
        }
    }
    weights.sort();
    for (weight, page) in &weights {
        println!("{weight:>7} {page}");
    }
    let heaviest = weights.last().expect("pages");
    assert!(heaviest.0 <= MOST, "{heaviest:?}");
    owner.stop().await;
}
