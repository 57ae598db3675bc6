//! A leaderboard on somebody's page, for tests in a browser.

use serde_json::Value;
use uuid::Uuid;

use super::{
    browser::Browser,
    gate::Gate,
    site::Site,
    world::{Board, Replica, World},
};

/// Gives scripts `all(selector)`: what matches in the page and in the shadow trees of all leaderboards.
pub const ALL: &str = "const all = (selector) => [document, ...Array.from(document.querySelectorAll('rankora-leaderboard'), \
                   (host) => host.shadowRoot)].flatMap((root) => [...root.querySelectorAll(selector)]);";

/// A leaderboard, and a page on a strict site to show it on.
pub struct Stage {
    pub replica: Replica,
    pub gate: Gate,
    pub site: Site,
    pub board: Board,
}

impl Stage {
    pub async fn new(world: &World, plan: &str) -> Self {
        let replica = world.replica().await;
        let gate = Gate::before(&replica.origin()).await;
        let site = Site::allowing(&[&gate.origin()]).await;
        let board = replica.board(plan).await;
        Self { replica, gate, site, board }
    }

    /// Submits so many players; the first has the best score.
    pub async fn fill(&self, players: u32) -> Vec<Uuid> {
        let api = self.replica.api(&self.board.secret);
        let mut ids = Vec::new();
        for index in 0..players {
            let id = Uuid::new_v4();
            api.submit(id, &format!("Player {index}"), f64::from(10_000 - index * 10)).await.ok();
            ids.push(id);
        }
        ids
    }

    pub async fn submit(&self, player: Uuid, name: &str, score: f64) {
        self.replica.api(&self.board.secret).submit(player, name, score).await.ok();
    }

    /// The script where the leaderboard shall be.
    pub fn script(&self, attributes: &str) -> String {
        let (origin, key) = (self.gate.origin(), &self.board.publishable);
        format!("<script src=\"{origin}/embed/v1.js\" data-key=\"{key}\" {attributes}></script>")
    }

    /// An element.
    pub fn element(&self, attributes: &str) -> String {
        format!("<rankora-leaderboard key=\"{}\" {attributes}></rankora-leaderboard>", self.board.publishable)
    }

    /// A page with elements, and the script that makes them work.
    pub fn page(&self, body: &str) -> String {
        self.site.page(&format!("<script async src=\"{}/embed/v1.js\"></script>{body}", self.gate.origin()))
    }

    /// The address of the page for frames.
    pub fn frame(&self, query: &str) -> String {
        format!("{}/embed/{}?key={}{query}", self.gate.origin(), self.board.id, self.board.publishable)
    }
}

/// The texts of all elements that match.
pub async fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let script = format!("{ALL} return all({selector:?}).map((found) => found.textContent);");
    serde_json::from_value(browser.run(&script).await).expect("texts")
}

/// Waits until an expression with `all` is true.
pub async fn until(browser: &Browser, expression: &str) -> Value {
    browser.until(&format!("{ALL} return {expression};")).await
}
