//! The dashboard with a mail server: passwords that are lost, addresses that are confirmed. Each visitor meets two
//! replicas in turn.

use std::time::{Duration, Instant};

use rankora::{clock::Clock, domain::timestamp::Timestamp};
use reqwest::StatusCode;

use crate::support::{
    certificates::Authority,
    eventually,
    mailbox::Mailbox,
    owner::{Owner, PASSWORD},
    process::Rankora,
    scrape::Scrape,
    visitor::Visitor,
    world::World,
};

/// Under which URL clients reach the replicas.
const PUBLIC: &str = "http://scores.example.org";
const FORGOTTEN: &str = "/password/forgotten";
const ANOTHER: &str = "seven slow green boats";

fn with_mail(world: World, mailbox: &Mailbox) -> World {
    let url = format!("smtp://127.0.0.1:{}", mailbox.port());
    world.with_options(&[
        "--smtp-url",
        &url,
        "--mail-from",
        "Scores <scores@example.org>",
        "--public-url",
        PUBLIC,
    ])
}

async fn ask(visitor: &Visitor, page: &str, email: &str) -> (StatusCode, String) {
    let reply = visitor.submit(page, page, &[("email", email)]).await;
    (reply.status, reply.text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_is_replaced_with_a_link_that_works_once_for_an_hour() {
    let (mailbox, clock) =
        (Mailbox::start().await, Clock::manual(Timestamp::from_micros(1_900_000_000_000_000)));
    let world = with_mail(World::new().with_clock(clock.clone()), &mailbox);
    let owner = Owner::of(&world).await;
    let visitor = owner.visitor.other();
    assert!(visitor.get("/sign-in").await.text.contains(FORGOTTEN));
    // Whatever its case, it goes where the account says.
    let (status, page) = ask(&visitor, FORGOTTEN, &owner.email.to_uppercase()).await;
    assert!(status.is_success() && page.contains("is on its way"), "{page}");
    let message = mailbox.nth_to(&owner.email, 1).await;
    assert!(
        message.text.contains("From: \"Scores\" <scores@example.org>")
            || message.text.contains("From: Scores <scores@example.org>"),
        "{}",
        message.text
    );
    let link = message.link(PUBLIC);
    let token = link.split_once("link=").expect("a link").1;
    let fields = [("link", token), ("password", ANOTHER)];
    let overview = visitor.submit_and_go_on(&link, "/password", &fields).await;
    assert!(overview.text.contains("Your password is set"), "{}", overview.text);
    assert_eq!(
        owner.visitor.get("/dashboard").await.status,
        StatusCode::SEE_OTHER,
        "the old session is over"
    );
    let other = visitor.other();
    assert_eq!(other.get(&link).await.status, StatusCode::UNAUTHORIZED, "used");
    assert!(other.sign_in(&owner.email, ANOTHER).await.status.is_redirection());

    let page = ask(&other.other(), FORGOTTEN, &owner.email).await;
    assert!(page.0.is_success());
    let late = mailbox.nth_to(&owner.email, 2).await.link(PUBLIC);
    assert!(other.other().get(&late).await.status.is_success());
    clock.set(Timestamp::from_micros(clock.now().micros() + 60 * 60 * 1_000_000));
    assert_eq!(other.other().get(&late).await.status, StatusCode::UNAUTHORIZED, "after an hour");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_address_has_an_account_shows_neither_in_words_nor_in_time() {
    let mailbox = Mailbox::start().await;
    let world = with_mail(World::new().with_options(&["--sign-up", "open"]), &mailbox);
    let owner = Owner::of(&world).await;
    for page in [FORGOTTEN, "/sign-up"] {
        let mut seen = Vec::new();
        for email in [owner.email.as_str(), "nobody@example.org"] {
            let visitor = owner.visitor.other();
            let signature = visitor.signature(page).await;
            let begun = Instant::now();
            let reply = visitor.post(page, &[("form", signature.as_str()), ("email", email)]).await;
            assert!(begun.elapsed() < Duration::from_secs(2), "a mail server isn't waited for");
            seen.push((reply.status, reply.text.replace(email, "…")));
        }
        assert_eq!(seen[0], seen[1], "{page}");
    }
    // Whoever has the address learns it.
    let known = mailbox.nth_to(&owner.email, 2).await;
    assert!(
        mailbox.taken().iter().any(|message| message.to == owner.email && message.text.contains("already"))
    );
    assert_eq!(known.credentials, "");
    let unknown = mailbox.nth_to("nobody@example.org", 1).await;
    assert!(
        unknown.text.contains("make an account") && !unknown.text.contains("already"),
        "{}",
        unknown.text
    );
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_limited_to_an_address_and_for_a_client() {
    let mailbox = Mailbox::start().await;
    let world = with_mail(World::new(), &mailbox);
    let owner = Owner::of(&world).await;
    let visitor = owner.visitor.other();
    for email in [owner.email.as_str(), "nobody@example.org"] {
        for _ in 0..3 {
            assert_eq!(ask(&visitor, FORGOTTEN, email).await.0, StatusCode::OK, "{email}");
        }
        assert_eq!(ask(&visitor, FORGOTTEN, email).await.0, StatusCode::TOO_MANY_REQUESTS, "{email}");
    }
    for index in 8..20 {
        let email = format!("nobody-{index}@example.org");
        assert_eq!(ask(&visitor, FORGOTTEN, &email).await.0, StatusCode::OK, "{index}");
    }
    assert_eq!(ask(&visitor, FORGOTTEN, "another@example.org").await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&visitor, FORGOTTEN, "no address").await.0, StatusCode::BAD_REQUEST);
    mailbox.nth_to(&owner.email, 3).await;
    assert!(mailbox.taken().iter().all(|message| message.to == owner.email), "nobody else has an account");
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_once_its_address_is_confirmed() {
    let mailbox = Mailbox::start().await;
    let world = with_mail(World::new().with_options(&["--sign-up", "open"]), &mailbox);
    let (one, two) = (world.replica().await, world.replica().await);
    let visitor = Visitor::of(&[&one, &two]);
    let (status, page) = ask(&visitor, "/sign-up", "new@example.org").await;
    assert!(status.is_success() && page.contains("is on its way"), "{page}");
    assert!(one.app().list_accounts().await.expect("accounts").is_empty(), "not before");
    let link = mailbox.nth_to("new@example.org", 1).await.link(PUBLIC);
    let token = link.split_once("link=").expect("a link").1;
    // The address is the one that was confirmed, whatever the form says.
    let fields = [("link", token), ("email", "other@example.org"), ("password", PASSWORD)];
    let page = visitor.submit_and_go_on(&link, "/sign-up", &fields).await;
    assert!(page.text.contains("Your account is ready"), "{}", page.text);
    let accounts = one.app().list_accounts().await.expect("accounts");
    assert_eq!(accounts.iter().map(|account| &account.email).collect::<Vec<_>>(), ["new@example.org"]);
    assert_eq!(visitor.other().get(&link).await.status, StatusCode::UNAUTHORIZED, "once");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_takes_effect_when_its_link_is_opened_by_the_accounts_owner() {
    let mailbox = Mailbox::start().await;
    let world = with_mail(World::new(), &mailbox);
    let owner = Owner::of(&world).await;
    let new = format!("new-{}", owner.email);
    let change = async |email: &str| {
        let fields = [("email", email), ("current_password", PASSWORD)];
        let page = owner.submit("/dashboard/account", "/dashboard/account/email", &fields).await;
        assert!(
            page.text.contains("is on its way") && !page.text.contains("There is an account"),
            "{}",
            page.text
        );
    };
    change(&new).await;
    let link = mailbox.nth_to(&new, 1).await.link(PUBLIC);
    let token = link.split_once("link=").expect("a link").1;
    // Somebody else's session is of no use, and leaves the link as it was.
    let account =
        owner.replicas[0].app().create_account("other@example.org", None).await.expect("an account");
    let other = owner.visitor.other();
    let way_in = owner.replicas[0].app().create_password_link(account.id).await.expect("a link").expose();
    crate::support::owner::set_password(&other, &way_in, PASSWORD).await;
    assert_eq!(other.get(&link).await.status, StatusCode::UNAUTHORIZED);
    let refused =
        other.submit("/dashboard/account", "/dashboard/account/email/confirm", &[("link", token)]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);

    let page = owner.visitor.get(&link).await;
    assert!(page.status.is_success() && page.text.contains(&new), "{}", page.text);
    assert!(owner.replicas[1].app().find_account(&new).await.is_err(), "opening it changes nothing");
    let page = owner.submit(&link, "/dashboard/account/email/confirm", &[("link", token)]).await;
    assert!(page.text.contains("Your e-mail address is changed"), "{}", page.text);
    assert!(owner.replicas[1].app().find_account(&new).await.is_ok());
    assert!(mailbox.nth_to(&owner.email, 1).await.text.contains(&new), "the former address is told");
    // An address that is taken is told so, and the page doesn't tell.
    change("other@example.org").await;
    assert!(mailbox.nth_to("other@example.org", 1).await.text.contains("already"));
    owner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_over_tls_is_given_the_credentials_and_one_of_another_authority_nothing() {
    let authority = Authority::new();
    let mailbox = Mailbox::start_over_tls(&authority).await;
    let url = format!("smtps://me:s3cret%21@localhost:{}", mailbox.port());
    is_given_the_credentials_over_tls_alone(&mailbox, &url, &authority).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_over_to_tls_is_given_the_credentials_after_that_alone() {
    let authority = Authority::new();
    let mailbox = Mailbox::start_with_starttls(&authority).await;
    let url = format!("smtp://me:s3cret%21@localhost:{}?tls=required", mailbox.port());
    is_given_the_credentials_over_tls_alone(&mailbox, &url, &authority).await;
    // One that doesn't offer it gets no message at all, let alone a password.
    let plain = Mailbox::start().await;
    let url = format!("smtp://me:s3cret%21@localhost:{}?tls=required", plain.port());
    let options = ["--smtp-url", &url, "--mail-from", "scores@example.org", "--public-url", PUBLIC];
    let owner = Owner::of(&World::new().with_options(&options)).await;
    ask(&owner.visitor.other(), FORGOTTEN, &owner.email).await;
    owner.stop().await;
    assert!(plain.taken().is_empty(), "{:?}", plain.taken());
}

async fn is_given_the_credentials_over_tls_alone(mailbox: &Mailbox, url: &str, authority: &Authority) {
    let stranger = Authority::new();
    for (trusted, arrives) in [(&stranger, false), (authority, true)] {
        let options = ["--smtp-url", url, "--mail-from", "scores@example.org", "--public-url", PUBLIC];
        let world = World::new().with_options(&options);
        let world = world.with_options(&["--smtp-ca-file", &trusted.path("authority.pem")]);
        let owner = Owner::of(&world).await;
        ask(&owner.visitor.other(), FORGOTTEN, &owner.email).await;
        if arrives {
            // Base64 of a zero byte, the name, a zero byte, and the password.
            let message = mailbox.nth_to(&owner.email, 1).await;
            assert_eq!(message.credentials, "PLAIN AG1lAHMzY3JldCE=");
        }
        // What is under way ends with the replicas.
        owner.stop().await;
    }
    assert_eq!(mailbox.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_counted_by_whether_the_server_took_them() {
    let mailbox = Mailbox::start().await;
    let world = with_mail(World::new(), &mailbox);
    let here = world.replica().await;
    let process = world.process().args(&["--metrics-listen", "127.0.0.1:0"]).start();
    process.ready().await;
    let counted = async |result: &str| {
        Scrape::of(&process).await.find(&format!(r#"rankora_letters_total{{result="{result}"}}"#))
    };
    assert_eq!((counted("sent").await, counted("failed").await), (Some(0.0), Some(0.0)));
    let visitor = Visitor::at(process.origin().await);
    for email in ["one@example.org", "two@example.org"] {
        here.app().create_account(email, None).await.expect("an account");
    }
    ask(&visitor, FORGOTTEN, "one@example.org").await;
    eventually("a message is sent", async || (counted("sent").await == Some(1.0)).then_some(())).await;
    mailbox.stop().await;
    ask(&visitor, FORGOTTEN, "two@example.org").await;
    eventually("a message fails", async || (counted("failed").await == Some(1.0)).then_some(())).await;
    assert_eq!(counted("sent").await, Some(1.0));
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_there_is_no_such_page_and_the_url_shows_nowhere() {
    let world = World::new();
    let owner = Owner::of(&world).await;
    assert_eq!(owner.visitor.other().get(FORGOTTEN).await.status, StatusCode::NOT_FOUND);
    assert!(!owner.visitor.other().get("/sign-in").await.text.contains(FORGOTTEN));
    owner.stop().await;
    let help =
        Rankora::new(&["serve", "--help"]).env("RANKORA_SMTP_URL", "smtps://me:s3cret@mail.example.org");
    let said = help.run().await.output;
    assert!(said.contains("--smtp-url") && !said.contains("s3cret"), "{said}");
    // A password that would travel in the open: refused, and not repeated.
    let serve = Rankora::serve().args(&["--smtp-url", "smtp://me:s3cret@mail.example.org"]);
    let serve = serve.args(&["--mail-from", "scores@example.org", "--public-url", PUBLIC]);
    let ended = serve.args(&["--redis-url", "redis://127.0.0.1:1"]).run().await;
    assert!(
        !ended.status.success() && ended.log.contains("needs TLS") && !ended.log.contains("s3cret"),
        "{ended:?}"
    );
}
