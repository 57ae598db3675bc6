//! Somebody who owns an account on two replicas, and has signed in.

use super::{
    api::Reply,
    balancer::Balancer,
    browser::Browser,
    visitor::Visitor,
    world::{Replica, World},
};

pub const PASSWORD: &str = "a quiet blue kettle";

/// An owner at two replicas.
pub struct Owner {
    pub email: String,
    pub visitor: Visitor,
    pub replicas: [Replica; 2],
    /// What browsers ask: it sends each request to the other replica.
    pub front: Balancer,
}

impl Owner {
    /// With a new account on the plan that has no limits.
    pub async fn of(world: &World) -> Self {
        Self::on_plan(world, "unlimited").await
    }

    /// With a new account on a plan.
    pub async fn on_plan(world: &World, plan: &str) -> Self {
        let replicas = [world.replica().await, world.replica().await];
        let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
        let account = replicas[0].app().create_account(&email, Some(plan)).await.expect("an account");
        let link = replicas[0].app().create_password_link(account.id).await.expect("a link");
        let visitor = Visitor::of(&[&replicas[0], &replicas[1]]);
        set_password(&visitor, &link.expose(), PASSWORD).await;
        let front = Balancer::before(&[&replicas[0], &replicas[1]]).await;
        Self { email, visitor, replicas, front }
    }

    /// Makes a leaderboard; returns its path, its secret and its publishable key.
    pub async fn board(&self, name: &str) -> (String, String, String) {
        let fields = [("name", name), ("sort_order", "desc"), ("policy", "best"), ("score_format", "number")];
        let new = "/dashboard/leaderboards/new";
        let page = self.visitor.submit_and_go_on(new, "/dashboard/leaderboards", &fields).await;
        assert!(page.status.is_success(), "{}", page.text);
        let (secret, publishable) = (key_in(&page.text, "rk_sec_"), key_in(&page.text, "rk_pub_"));
        let path = page.text.split("\"/dashboard/leaderboards/").find_map(|rest| {
            let id = rest.split(['"', '/']).next()?;
            (id.len() == 36).then(|| format!("/dashboard/leaderboards/{id}"))
        });
        (path.expect("a leaderboard"), secret, publishable)
    }

    /// Posts a form of the leaderboard's page and goes on.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        self.visitor.submit_and_go_on(page, action, fields).await
    }

    /// Signs a browser in.
    pub async fn sign_in(&self, browser: &Browser) {
        browser.open(&format!("{}/sign-in", self.front.origin())).await;
        browser.type_in("#email", &self.email).await;
        browser.type_in("#password", PASSWORD).await;
        browser.press("\u{e007}").await;
        browser
            .until("return location.pathname === '/dashboard' && document.readyState === 'complete'")
            .await;
    }

    pub async fn stop(self) {
        let [one, two] = self.replicas;
        one.stop().await;
        two.stop().await;
    }
}

/// Sets a password with a link, and is signed in.
pub async fn set_password(visitor: &Visitor, link: &str, password: &str) {
    let page = format!("/password?link={link}");
    let page = visitor.submit_and_go_on(&page, "/password", &[("link", link), ("password", password)]).await;
    assert!(page.status.is_success() && page.text.contains("Overview"), "{}", page.text);
}

/// The key on a page that begins so.
pub fn key_in(text: &str, beginning: &str) -> String {
    let from = text.find(beginning).unwrap_or_else(|| panic!("no {beginning} in {text}"));
    let is_in_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text[from..].chars().take_while(|&c| is_in_key(c)).collect()
}
