//! The dashboard: who gets in, for how long, and what a form has to be. Each visitor meets two replicas in turn.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use rankora::{app::owners::Leave, clock::Clock, domain::timestamp::Timestamp};
use reqwest::{Method, StatusCode};

use crate::support::{
    eventually,
    owner::{Owner, PASSWORD, set_password},
    visitor::{Visitor, value_of},
    world::World,
};

/// Pages that only who has signed in sees.
const PAGES: [&str; 6] = [
    "/dashboard",
    "/dashboard/leaderboards",
    "/dashboard/leaderboards/new",
    "/dashboard/plan",
    "/dashboard/account",
    "/dashboard/account/keys",
];

/// Whose form one is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    /// Somebody who hasn't signed in.
    Visitor,
    /// Somebody who has.
    Owner,
    /// Whoever owns the leaderboard in its path.
    BoardsOwner,
    /// The operator.
    Operator,
}

/// All forms there are.
const FORMS: [(&str, By); 29] = [
    ("/sign-in", By::Visitor),
    ("/sign-up", By::Visitor),
    ("/password", By::Visitor),
    ("/password/forgotten", By::Visitor),
    ("/sign-out", By::Owner),
    ("/dashboard/leaderboards", By::Owner),
    ("/dashboard/account/password", By::Owner),
    ("/dashboard/account/email", By::Owner),
    ("/dashboard/account/email/confirm", By::Owner),
    ("/dashboard/account/sign-out-elsewhere", By::Owner),
    ("/dashboard/account/delete", By::Owner),
    ("/dashboard/account/keys", By::Owner),
    ("/dashboard/account/keys/revoke", By::Owner),
    ("/dashboard/leaderboards/{id}/connect", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/connect/revoke", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/connect/rotate", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/embed", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/settings", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/reset", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/delete", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/entries/new", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/entries/{player_id}", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/remove", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/restore", By::BoardsOwner),
    ("/dashboard/leaderboards/{id}/import", By::BoardsOwner),
    ("/dashboard/operator/invite", By::Operator),
    ("/dashboard/operator/plan", By::Operator),
    ("/dashboard/operator/suspend", By::Operator),
    ("/dashboard/operator/link", By::Operator),
];

/// Lets so many microseconds pass.
fn pass(clock: &Clock, micros: i64) {
    clock.set(Timestamp::from_micros(clock.now().micros() + micros));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_is_made_once_with_the_link_and_is_the_operators() {
    let world = World::new();
    let (one, two) = (world.replica().await, world.replica().await);
    let link = one.app().offer_setup().await.expect("an answer").expect("a link").expose();
    let same = two.app().offer_setup().await.expect("an answer").expect("a link").expose();
    assert_eq!(link, same, "all replicas print the same link");
    let visitor = Visitor::of(&[&one, &two]);
    let page = format!("/sign-up?link={link}");
    let fields = [("link", link.as_str()), ("email", "first@example.org"), ("password", PASSWORD)];
    let overview = visitor.submit_and_go_on(&page, "/sign-up", &fields).await;
    assert!(overview.text.contains("Your account is ready") && overview.text.contains("/dashboard/operator"));
    assert!(visitor.get("/dashboard/operator").await.status.is_success());

    let other = visitor.other();
    assert_eq!(other.get(&page).await.status, StatusCode::UNAUTHORIZED);
    assert!(one.app().offer_setup().await.expect("an answer").is_none());
    // Closed to everybody else.
    assert_eq!(other.get("/sign-up").await.status, StatusCode::FORBIDDEN);
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_a_link_at_once_one_gets_an_account() {
    let world = World::new().with_options(&["--sign-up", "invite"]);
    let replica = world.replica().await;
    let (app, client) = (replica.app(), "192.0.2.1".parse().expect("an address"));
    let password = || rankora::domain::password::Password::parse(PASSWORD.to_owned()).expect("a password");
    for link in
        [app.offer_setup().await.expect("an answer"), Some(app.create_invitation().await.expect("a link"))]
    {
        let link = link.expect("a link");
        let tries = (0..6).map(async |index| {
            let email = format!("{index}-{}@example.org", &link.expose()[..8]);
            app.sign_up(Leave::Link(link), &email, password(), client).await.is_ok()
        });
        let made = futures_util::future::join_all(tries).await;
        assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    }
    assert_eq!(app.list_accounts().await.expect("accounts").len(), 2);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_is_for_those_whom_the_configuration_lets() {
    for (mode, without, with_invitation) in [("closed", 403, 403), ("invite", 403, 200), ("open", 200, 200)] {
        let world = World::new().with_options(&["--sign-up", mode]);
        let replica = world.replica().await;
        let visitor = Visitor::of(&[&replica]);
        let invitation = replica.app().create_invitation().await.expect("a link").expose();
        assert_eq!(visitor.get("/sign-up").await.status, without, "{mode}");
        assert_eq!(
            visitor.get(&format!("/sign-up?link={invitation}")).await.status,
            with_invitation,
            "{mode}"
        );
        if mode == "open" {
            let fields = [("email", "somebody@example.org"), ("password", PASSWORD)];
            let page = visitor.submit_and_go_on("/sign-up", "/sign-up", &fields).await;
            assert!(page.text.contains("Get your first score"), "{}", page.text);
            assert_eq!(visitor.get("/dashboard/operator").await.status, StatusCode::NOT_FOUND);
            // Taken, whatever its case; short; no address.
            for (email, password, says) in [
                ("SOMEBODY@example.org", PASSWORD, "There is an account with this e-mail address"),
                ("other@example.org", "short", "10 to 200 characters"),
                ("nobody", PASSWORD, "no e-mail address"),
            ] {
                let other = visitor.other();
                let reply =
                    other.submit("/sign-up", "/sign-up", &[("email", email), ("password", password)]).await;
                assert!(
                    reply.status.is_client_error() && reply.text.contains(says),
                    "{email} {}",
                    reply.text
                );
                assert!(other.cookie("session").is_none());
            }
        }
        replica.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_anew_at_each_sign_in_and_ends_on_all_replicas_at_once() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (name, first) = owner.visitor.cookie("session").expect("a session");
    assert_eq!(name, "rankora-session", "a plain name over http");
    for page in PAGES {
        assert!(owner.visitor.get(page).await.status.is_success(), "{page}");
        let out = owner.visitor.other().get(page).await;
        assert_eq!(
            (out.status, out.header("location").split('?').next()),
            (StatusCode::SEE_OTHER, Some("/sign-in"))
        );
    }
    // Signing in again from the same browser: another session, and the former one is over.
    owner.visitor.submit("/dashboard", "/sign-out", &[]).await;
    assert!(owner.visitor.cookie("session").is_none());
    let stolen = owner.visitor.other();
    stolen.set_cookie("rankora-session", &first);
    assert_eq!(stolen.get("/dashboard").await.status, StatusCode::SEE_OTHER, "signed out");
    let back = owner.visitor.sign_in(&owner.email, PASSWORD).await;
    assert_eq!(back.header("location"), "/dashboard");
    let slash = stolen.get("/dashboard/").await;
    assert_eq!((slash.status, slash.header("location")), (StatusCode::PERMANENT_REDIRECT, "/dashboard"));
    let (_, second) = owner.visitor.cookie("session").expect("a session");
    assert_ne!(first, second);
    let other = owner.visitor.other();
    other.sign_in(&owner.email, PASSWORD).await;
    owner.visitor.submit("/dashboard/account", "/dashboard/account/sign-out-elsewhere", &[]).await;
    for _ in 0..2 {
        assert_eq!(other.get("/dashboard").await.status, StatusCode::SEE_OTHER, "on each replica");
        assert!(owner.visitor.get("/dashboard").await.status.is_success(), "but not here");
    }
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_thirty_days_whoever_uses_it() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone());
    let owner = Owner::of(&world).await;
    let day = 24 * 60 * 60 * 1_000_000;
    pass(&clock, 29 * day);
    assert!(owner.visitor.get("/dashboard").await.status.is_success());
    pass(&clock, day);
    assert_eq!(owner.visitor.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_cookies_are_secure_and_bound_to_this_host() {
    let world = World::new().with_options(&["--public-url", "https://scores.example.org/"]);
    let owner = Owner::of(&world).await;
    let (name, _) = owner.visitor.cookie("session").expect("a session");
    assert_eq!(name, "__Host-rankora-session");
    let other = owner.visitor.other();
    let reply = other.sign_in(&owner.email, PASSWORD).await;
    let lines: Vec<_> =
        reply.headers.get_all("set-cookie").iter().map(|line| line.to_str().expect("text")).collect();
    assert!(!lines.is_empty());
    for line in lines {
        for mark in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(line.contains(mark), "{mark} in {line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_are_refused_alike() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let visitor = owner.visitor.other();
    let mut texts = Vec::new();
    for email in [owner.email.as_str(), "nobody@example.org"] {
        let reply = visitor.sign_in(email, "not the password").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert!(reply.text.contains("The e-mail address or the password is wrong"));
        texts.push(reply.text.replace(email, ""));
    }
    assert_eq!(texts[0], texts[1], "not a character differs");
    owner.stop().await;
}

/// Hashing is what takes the time, so that nobody's address must not be spared it.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_takes_as_long_as_a_known_one() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let app = owner.replicas[0].app();
    let mut took = [Duration::MAX; 2];
    for round in 0..8 {
        for (index, email) in [owner.email.as_str(), "nobody@example.org"].into_iter().enumerate() {
            let client = format!("192.0.2.{}", round * 2 + index).parse().expect("an address");
            let begun = Instant::now();
            assert!(app.sign_in(email, "not the password".to_owned(), client, None).await.is_err());
            took[index] = took[index].min(begun.elapsed());
        }
    }
    let [known, unknown] = took.map(|took| took.as_secs_f64());
    // Without the hashing it would be a hundredth; other tests keep the processors busy meanwhile.
    assert!(unknown > known * 0.2, "{known} {unknown}");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_limited_at_an_address_whether_it_has_an_account_or_not() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone());
    let owner = Owner::of(&world).await;
    for email in [owner.email.as_str(), "nobody@example.org"] {
        let visitor = owner.visitor.other();
        for attempt in 0..10 {
            let reply = visitor.sign_in(email, "not the password").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{attempt}");
        }
        // The right one too, on either replica, until the window is over.
        for _ in 0..2 {
            let reply = visitor.sign_in(email, PASSWORD).await;
            assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
            assert!(visitor.cookie("session").is_none());
        }
    }
    pass(&clock, 15 * 60 * 1_000_000);
    let reply = owner.visitor.other().sign_in(&owner.email, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_limited_for_a_client_whatever_address_it_tries() {
    let world = World::new();
    let replica = world.replica().await;
    let client = "192.0.2.1".parse().expect("an address");
    let mut refused = 0;
    for attempt in 0..64 {
        let email = format!("{attempt}@example.org");
        match replica.app().sign_in(&email, "not the password".to_owned(), client, None).await {
            Err(rankora::app::AppError::RateLimited { .. }) => refused += 1,
            Err(rankora::app::AppError::Unauthorized(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 4);
    replica.stop().await;
}

/// The routes that take a form, as the source has them.
fn routes_of_forms() -> BTreeSet<String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/dashboard/mod.rs");
    let source = std::fs::read_to_string(source).expect("the routes");
    let takes_forms = source.split(".route(").skip(1).filter(|route| route.contains("post("));
    takes_forms.map(|route| route.split('"').nth(1).expect("a path").to_owned()).collect()
}

/// The fields of a form with its signature.
fn signed<'a>(signature: &'a str, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("form", signature)], fields].concat()
}

#[test]
fn every_form_is_in_the_table() {
    let routes = routes_of_forms();
    assert!(routes.len() > 20, "{routes:?}");
    assert_eq!(routes, FORMS.iter().map(|(path, _)| (*path).to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_are_forged_replayed_expired_or_of_somebody_else_are_refused_and_change_nothing() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone()).with_options(&["--sign-up", "open"]);
    let world =
        world.with_options(&["--smtp-url", "smtp://127.0.0.1:1", "--mail-from", "scores@example.org"]);
    let world = world.with_options(&["--public-url", "http://127.0.0.1"]);
    let (owner, other, operator) =
        (Owner::of(&world).await, Owner::of(&world).await, Owner::of(&world).await);
    let app = owner.replicas[0].app();
    let account = app.find_account(&operator.email).await.expect("an account");
    app.set_operator(&account, true).await.expect("an operator");
    let (board, _, publishable) = owner.board("Mine").await;
    let player = uuid::Uuid::new_v4().to_string();
    // Sessions that end, with the forms that they were given; and new ones.
    let late = owner.visitor.other();
    late.sign_in(&owner.email, PASSWORD).await;
    let lates = late.signature("/dashboard/account").await;
    pass(&clock, 30 * 24 * 60 * 60 * 1_000_000);
    for whose in [&owner, &other, &operator] {
        assert!(whose.visitor.sign_in(&whose.email, PASSWORD).await.status.is_redirection());
    }
    let own = owner.visitor.signature("/dashboard/account").await;
    let others = other.visitor.signature("/dashboard/account").await;
    let operators = operator.visitor.signature("/dashboard/account").await;
    let visitor = owner.visitor.other();
    let visitors = visitor.signature("/sign-in").await;
    let changed = |signature: &str| {
        let first = if signature.starts_with('0') { "1" } else { "0" };
        format!("{first}{}", &signature[1..])
    };
    let id = uuid::Uuid::new_v4().to_string();
    // What would do something, if a form got through.
    let meant = [
        ("name", "Forged"),
        ("score", "1"),
        ("sort_order", "asc"),
        ("policy", "sum"),
        ("score_format", "time"),
        ("kind", "secret"),
        ("table", "name,score\nForged,1\n"),
        ("count", "9"),
        ("confirm", "Mine"),
        ("key", &id),
        ("removal", &id),
        ("do", "suspend"),
        ("plan", "pro"),
        ("email", "forged@example.org"),
        ("current_password", PASSWORD),
        ("password", "another long password"),
    ];
    let before = world.stored().await;
    for (form, by) in FORMS {
        let form = form.replace("/dashboard/leaderboards/{id}", &board).replace("{player_id}", &player);
        let is_visitors = by == By::Visitor;
        let (whose, signature) =
            if is_visitors { (&visitor, &visitors) } else { (&operator.visitor, &operators) };
        // Without a signature, with another browser's, with a changed one, with the one of a session that is over.
        let foreign = if is_visitors { &own } else { &visitors };
        for forged in ["", &others, foreign, &lates, &changed(signature)] {
            let reply = whose.post(&form, &signed(forged, &meant)).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{form}");
        }
        // Sent by another site's page, as browsers tell.
        let body =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(signed(signature, &meant)).finish();
        for site in ["cross-site", "same-site", "none"] {
            let request = whose.request(Method::POST, &form).header("sec-fetch-site", site);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let reply = whose.send(request.body(body.clone())).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{form} {site}");
        }
        if is_visitors {
            continue;
        }
        // By somebody who hasn't signed in, isn't any more, or comes with a key.
        let with_key = owner.visitor.other().request(Method::POST, &form).bearer_auth(&publishable);
        let with_key =
            with_key.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        for reply in [
            visitor.post(&form, &signed(&visitors, &meant)).await,
            late.post(&form, &signed(&lates, &meant)).await,
            owner.visitor.other().send(with_key).await,
        ] {
            assert_eq!(
                (reply.status, reply.header("location")),
                (StatusCode::SEE_OTHER, "/sign-in"),
                "{form}"
            );
        }
        // Another owner's leaderboard is not there, for the operator neither; and what is the operator's, for no owner.
        let strangers = match by {
            By::BoardsOwner => vec![(&other, &others), (&operator, &operators)],
            By::Operator => vec![(&owner, &own), (&other, &others)],
            By::Visitor | By::Owner => Vec::new(),
        };
        for (stranger, signature) in strangers {
            let reply = stranger.visitor.post(&form, &signed(signature, &meant)).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{form}");
        }
    }
    // Nor is a leaderboard of somebody else's to be seen.
    for page in [
        "",
        "/connect",
        "/embed",
        "/history",
        "/settings",
        "/entries/new",
        "/remove",
        "/import",
        "/export.csv",
        "/rows",
    ] {
        for stranger in [&other, &operator] {
            let reply = stranger.visitor.get(&format!("{board}{page}")).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{page}");
        }
    }
    assert_eq!(other.visitor.get("/dashboard/operator").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.stored().await, before, "nothing was changed");
    // A signature is worth nothing once its session is over.
    owner.visitor.submit("/dashboard", "/sign-out", &[]).await;
    owner.visitor.sign_in(&owner.email, PASSWORD).await;
    assert_eq!(
        owner.visitor.post("/dashboard/account/delete", &[("form", &own)]).await.status,
        StatusCode::FORBIDDEN
    );
    for whose in [owner, other, operator] {
        whose.stop().await;
    }
}

/// Keys are named by ids, which somebody may learn: they are looked for in the own account and leaderboard alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_account_or_leaderboard_is_neither_revoked_nor_rotated() {
    let world = World::new();
    let (owner, other) = (Owner::of(&world).await, Owner::of(&world).await);
    let (board, secret, _) = owner.board("Mine").await;
    let (sibling, _, _) = owner.board("Also mine").await;
    let (foreign, _, _) = other.board("Theirs").await;
    let page = owner.visitor.get(&format!("{board}/connect")).await.text;
    let key = value_of(&page, "key").expect("a key's id");
    let made = owner
        .submit(
            "/dashboard/account/keys",
            "/dashboard/account/keys",
            &[("label", "CI"), ("current_password", PASSWORD)],
        )
        .await;
    let management = value_of(&made.text, "key").expect("a key's id");
    let before = world.stored().await;
    for (whose, page, key) in [
        (&other, format!("{foreign}/connect"), &key),
        (&other, "/dashboard/account/keys".to_owned(), &management),
        (&other, format!("{foreign}/connect"), &management),
        (&owner, format!("{sibling}/connect"), &key),
        (&owner, "/dashboard/account/keys".to_owned(), &key),
    ] {
        for form in ["revoke", "rotate"] {
            if page.ends_with("/keys") && form == "rotate" {
                continue;
            }
            let reply = whose.visitor.submit(&page, &format!("{page}/{form}"), &[("key", key)]).await;
            assert!(!reply.status.is_success(), "{page}/{form}: {}", reply.status);
        }
    }
    assert_eq!(world.stored().await, before);
    owner.replicas[0].api(&secret).get("/leaderboard").await.ok();
    owner.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_tells_thrice_that_an_address_is_taken_and_is_void_then() {
    let world = World::new().with_options(&["--sign-up", "invite"]);
    let owner = Owner::of(&world).await;
    let visitor = owner.visitor.other();
    let link = async || owner.replicas[0].app().create_invitation().await.expect("a link").expose();
    let page = |link: &str| format!("/sign-up?link={link}");
    let fields = |link, email| [("link", link), ("email", email), ("password", PASSWORD)];
    // A slip or two, and the invitation still serves.
    let used = link().await;
    for _ in 0..2 {
        let reply = visitor.submit(&page(&used), "/sign-up", &fields(&used, &owner.email)).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.text);
    }
    let made = visitor.submit(&page(&used), "/sign-up", &fields(&used, "new@example.org")).await;
    assert!(made.status.is_redirection(), "{}", made.text);
    let probing = link().await;
    let visitor = owner.visitor.other();
    for _ in 0..3 {
        let reply = visitor.submit(&page(&probing), "/sign-up", &fields(&probing, &owner.email)).await;
        assert!(reply.text.contains("There is an account with this e-mail address"), "{}", reply.text);
    }
    assert_eq!(visitor.get(&page(&probing)).await.status, StatusCode::UNAUTHORIZED);
    let signature = visitor.signature("/sign-in").await;
    for email in [&owner.email, "free@example.org"] {
        let fields = [&[("form", signature.as_str())], &fields(&probing, email)[..]].concat();
        assert_eq!(visitor.post("/sign-up", &fields).await.status, StatusCode::UNAUTHORIZED, "{email}");
    }
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_link_works_once_for_a_day_and_not_after_another_change() {
    let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
    let world = World::new().with_clock(clock.clone());
    let owner = Owner::of(&world).await;
    let app = owner.replicas[0].app();
    let account = app.find_account(&owner.email).await.expect("an account").id;
    let link = async || app.create_password_link(account).await.expect("a link").expose();
    let (used, unused, late) = (link().await, link().await, link().await);
    set_password(&owner.visitor.other(), &used, "another long password").await;
    // The sessions of before are over, and so are the links.
    assert_eq!(owner.visitor.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    for link in [&used, &unused, &late, &"0".repeat(64), &String::new()] {
        let reply = owner.visitor.other().get(&format!("/password?link={link}")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{link}");
    }
    assert_eq!(owner.visitor.other().sign_in(&owner.email, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    let good = link().await;
    let page = format!("/password?link={good}");
    assert!(owner.visitor.get(&page).await.status.is_success(), "looking at it doesn't use it up");
    pass(&clock, 24 * 60 * 60 * 1_000_000);
    assert_eq!(owner.visitor.get(&page).await.status, StatusCode::UNAUTHORIZED);
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_changes_password_and_address_and_deletes_the_account_with_the_password_alone() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (_, secret, _) = owner.board("Mine").await;
    let page = "/dashboard/account";
    let new = "an even longer password";
    let wrong = [("current_password", "not the password"), ("password", new), ("email", "new@example.org")];
    for form in ["password", "email"] {
        let reply = owner.visitor.submit(page, &format!("{page}/{form}"), &wrong).await;
        assert!(reply.status == 400 && reply.text.contains("This is not your password"), "{}", reply.text);
    }
    let right = [("current_password", PASSWORD), ("password", new), ("email", "New@example.org")];
    owner.submit(page, "/dashboard/account/email", &right).await;
    owner.submit(page, "/dashboard/account/password", &right).await;
    let other = owner.visitor.other();
    assert_eq!(
        other.sign_in(&owner.email, new).await.status,
        StatusCode::UNAUTHORIZED,
        "the address is given up"
    );
    assert_eq!(other.sign_in("new@example.org", new).await.status, StatusCode::SEE_OTHER);

    let delete = "/dashboard/account/delete";
    let reply = owner
        .visitor
        .submit(page, delete, &[("confirm", "new@example.org"), ("current_password", new)])
        .await;
    assert!(reply.status == 400 && reply.text.contains("exactly as it stands"), "{}", reply.text);
    let fields = [("confirm", "New@example.org"), ("current_password", new)];
    let gone = owner.submit(page, delete, &fields).await;
    assert!(gone.text.contains("The account and everything in it are deleted"), "{}", gone.text);
    assert_eq!(other.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.replicas[1].api(&secret).get("/leaderboard").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(other.sign_in("new@example.org", new).await.status, StatusCode::UNAUTHORIZED);
    // Whatever a replica still had in hand for a chart is not added to what is gone.
    owner.stop().await;
    let left = world.stored_with_days().await.into_keys().filter(|key| key.contains('{')).collect::<Vec<_>>();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_invites_sets_plans_and_suspends_and_all_replicas_heed_it() {
    let world = World::new().with_options(&["--sign-up", "invite"]);
    let (owner, tenant) = (Owner::of(&world).await, Owner::of(&world).await);
    let app = owner.replicas[0].app();
    let account = app.find_account(&owner.email).await.expect("an account");
    app.set_operator(&account, true).await.expect("an operator");
    let (_, secret, _) = tenant.board("Theirs").await;
    let page = "/dashboard/operator";
    let shown = owner.visitor.get(page).await;
    assert!(shown.text.contains(&tenant.email), "{}", shown.text);
    let invited = owner.visitor.submit(page, "/dashboard/operator/invite", &[]).await;
    let link = invited.text.split("/sign-up?link=").nth(1).expect("a link")[..64].to_owned();
    assert!(owner.visitor.other().get(&format!("/sign-up?link={link}")).await.status.is_success());

    let id = app.find_account(&tenant.email).await.expect("an account").id.to_string();
    let plan = [("account", id.as_str()), ("plan", "free")];
    assert!(owner.submit(page, "/dashboard/operator/plan", &plan).await.text.contains("The plan is changed"));
    assert!(tenant.visitor.get("/dashboard/plan").await.text.contains("10,000"));
    let suspend = |what| [("account", id.as_str()), ("do", what)];
    owner.submit(page, "/dashboard/operator/suspend", &suspend("suspend")).await;
    for replica in &tenant.replicas {
        let api = replica.api(&secret);
        eventually("the key is refused", async || {
            (api.get("/leaderboard").await.status == 403).then_some(())
        })
        .await;
    }
    assert!(tenant.visitor.get("/dashboard").await.text.contains("This account is suspended"));
    owner.submit(page, "/dashboard/operator/suspend", &suspend("resume")).await;
    for replica in &tenant.replicas {
        let api = replica.api(&secret);
        eventually("the key is taken", async || {
            api.get("/leaderboard").await.status.is_success().then_some(())
        })
        .await;
    }
    let own = account.id.to_string();
    let reply = owner
        .visitor
        .submit(page, "/dashboard/operator/suspend", &[("account", &own), ("do", "suspend")])
        .await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    owner.stop().await;
    tenant.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_strict_and_no_other_origin_reads_it() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    let (board, _, _) = owner.board("Mine").await;
    let of_board = ["", "/connect", "/history", "/settings", "/entries/new", "/remove", "/import"];
    let mut pages: Vec<String> = PAGES.map(str::to_owned).into();
    pages.extend(of_board.map(|page| format!("{board}{page}")));
    pages.extend(["/dashboard/nothing", "/dashboard/leaderboards/nothing", "/nothing"].map(str::to_owned));
    for path in &pages {
        let page = owner.visitor.get(path).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        let policy = page.header("content-security-policy");
        for directive in
            ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        if path.starts_with("/dashboard") {
            assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
        }
        let html = page.text.to_lowercase();
        assert!(
            !html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="),
            "{path}"
        );
        for script in html.split("<script").skip(1) {
            assert!(script.contains(" src=\"/assets/") && script.contains("></script>"), "{path}: {script}");
        }
        assert!(page.text.len() < 40_000, "{path}: {} bytes", page.text.len());
    }
    // Programs still get what they understand.
    let reply =
        owner.replicas[0].api("rk_sec_x").anonymous(Method::GET, "/nothing").send().await.expect("an answer");
    assert_eq!(reply.headers()["content-type"], "application/json");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_prints_the_first_accounts_link_and_nothing_once_there_is_an_account() {
    let world = World::new();
    let served = async || {
        let process = world.process().start();
        process.ready().await;
        // Whoever is ready prints it in a moment; Redis remembers which.
        let replica = world.replica().await;
        let offered = replica.app().offer_setup().await.expect("an answer").map(|link| link.expose());
        replica.stop().await;
        process.signal(nix::sys::signal::Signal::SIGTERM);
        process.ended().await;
        assert!(!process.log().contains("link="), "no secret in the log");
        (process.output(), offered)
    };
    // One that is told to stop at once may not come to it.
    let printed = eventually("a link", async || {
        let (printed, offered) = served().await;
        (!printed.is_empty()).then_some((printed, offered))
    });
    let (printed, offered) = printed.await;
    let link = offered.expect("a link");
    assert!(printed.ends_with(&format!("/sign-up?link={link}\n")), "{printed}");
    assert_eq!(served().await.1, Some(link), "the same after a restart");
    let made = world.admin(&["account", "create", "--email", "you@example.org"]).run().await;
    assert!(made.status.success(), "{made:?}");
    assert_eq!(served().await, (String::new(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_commands_give_an_account_a_way_in_and_rights() {
    let world = World::new().with_options(&["--sign-up", "invite"]);
    let replica = world.replica().await;
    let account = replica.app().create_account("you@example.org", None).await.expect("an account");
    let admin = async |args: &[&str]| {
        let place = ["account"].iter().chain(args).chain(&["--json"]).copied().collect::<Vec<_>>();
        let ended = world.admin(&place).run().await;
        assert!(ended.status.success(), "{ended:?}");
        serde_json::from_str::<serde_json::Value>(&ended.output).expect("JSON")
    };
    let link = admin(&["link", "--account", "you@example.org", "--public-url", "https://x.example/"]).await;
    let link = link["url"]
        .as_str()
        .expect("a URL")
        .strip_prefix("https://x.example/password?link=")
        .expect("a link")
        .to_owned();
    let visitor = Visitor::of(&[&replica]);
    set_password(&visitor, &link, PASSWORD).await;
    let invitation = admin(&["invite"]).await;
    let path = invitation["url"]
        .as_str()
        .expect("a URL")
        .strip_prefix("http://127.0.0.1:8080")
        .expect("a path")
        .to_owned();
    assert!(visitor.other().get(&path).await.status.is_success());
    admin(&["set-operator", "--account", "you@example.org"]).await;
    assert!(visitor.get("/dashboard/operator").await.status.is_success());
    admin(&["set-operator", "--account", "you@example.org", "--off"]).await;
    assert_eq!(visitor.get("/dashboard/operator").await.status, StatusCode::NOT_FOUND);
    let label = rankora::domain::name::Label::parse("").expect("a label");
    let (key, _) = replica.app().create_account_key(account.id, label).await.expect("a key");
    let api = replica.api(key.expose());
    admin(&["suspend", "--account", "you@example.org"]).await;
    eventually("refused", async || (api.get("/usage").await.status == 403).then_some(())).await;
    admin(&["resume", "--account", "you@example.org"]).await;
    eventually("taken", async || api.get("/usage").await.status.is_success().then_some(())).await;
    replica.stop().await;
}
