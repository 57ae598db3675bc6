//! Clients that keep listening in the background and fold what they hear.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    api::Api,
    fold::{Asked, Fold, without},
};

/// A client in the background.
pub struct Listener {
    fold: Arc<Mutex<Fold>>,
    task: JoinHandle<()>,
}

/// How a client listens.
#[derive(Clone)]
pub struct Habit {
    /// The replicas; the first connection goes to the first.
    pub replicas: Vec<Api>,
    /// After how many messages the client goes to another replica; never, where this says `None`.
    pub moves: Option<fn() -> usize>,
    /// While this is false, nobody moves.
    pub restless: watch::Receiver<bool>,
    /// Whether the leaderboard is reset or turned around meanwhile.
    pub rebuilds: bool,
}

impl Habit {
    /// On one replica, on a leaderboard that keeps its order.
    pub fn settled(replica: Api) -> Self {
        let restless = watch::Sender::new(false).subscribe();
        Self { replicas: vec![replica], moves: None, restless, rebuilds: false }
    }
}

impl Listener {
    /// Starts to listen, and waits for the first page.
    pub async fn start(habit: Habit, asked: Asked) -> Self {
        let own = own_order(&habit.replicas[0]).await;
        let mut fold = Fold::new(asked, &own);
        if habit.rebuilds {
            fold = fold.across_rebuilds();
        }
        let fold = Arc::new(Mutex::new(fold));
        let task = tokio::spawn(listen(habit, fold.clone()));
        let mut listener = Self { fold, task };
        super::eventually("the first page", || {
            listener.check();
            std::future::ready((listener.fold().initials > 0).then_some(()))
        })
        .await;
        listener
    }

    /// The state now.
    pub fn fold(&self) -> Fold {
        self.fold.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails the test if the client met with something that must not be.
    pub fn check(&mut self) {
        if self.task.is_finished() {
            let result = (&mut self.task).now_or_never().expect("finished");
            std::panic::resume_unwind(result.expect_err("a client listens for ever").into_panic());
        }
    }

    /// Waits until the state is what the leaderboard shows through `api`, where nothing is written any more.
    /// Returns how long that took.
    pub async fn settles(&mut self, api: &Api) -> Duration {
        let asked = self.fold().asked().clone();
        let truth = shown(api, &asked).await;
        let since = Instant::now();
        loop {
            self.check();
            let state = comparable(self.fold().state());
            if state == truth {
                return since.elapsed();
            }
            assert!(
                since.elapsed() < super::PATIENCE,
                "{asked:?} ended as {state:#}\nbut the leaderboard is {truth:#}\n{:#?}",
                self.fold().trail
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(habit: Habit, fold: Arc<Mutex<Fold>>) {
    let mut restless = habit.restless;
    let asked = fold.lock().expect("a fold").asked().clone();
    let mut at = 0;
    loop {
        let last = fold.lock().expect("a fold").last_event_id().map(str::to_owned);
        let api = &habit.replicas[at % habit.replicas.len()];
        let mut stream = api.stream_from(&asked.query(), last.as_deref()).await;
        let mut left = habit.moves.map_or(usize::MAX, |moves| moves());
        loop {
            let moving = left == 0 && *restless.borrow_and_update();
            if moving {
                at += rand::random_range(1..=habit.replicas.len());
                break;
            }
            let message = stream.next_ever().await.expect("a stream that the server doesn't end");
            left = left.saturating_sub(1);
            if habit.rebuilds && message.kind() == "initial" && asked.order.is_some() {
                let own = own_order(api).await;
                fold.lock().expect("a fold").set_own_order(&own);
            }
            fold.lock().expect("a fold").apply(&message);
        }
    }
}

/// The leaderboard's own order.
pub async fn own_order(api: &Api) -> String {
    let board = read(api, "/leaderboard").await;
    board["sort_order"].as_str().expect("an order").to_owned()
}

/// What the leaderboard shows of a page, in the form of a fold's state.
pub async fn shown(api: &Api, asked: &Asked) -> Value {
    let page = read(api, &format!("/leaderboard/entries{}", asked.query())).await;
    let total = page["pagination"]["total"].as_u64().expect("a total");
    let mut player = Value::Null;
    if let Some(id) = asked.player {
        let entry = read(api, &format!("/leaderboard/entries/{id}")).await;
        if entry["code"] != "not_found" {
            player = without(&entry, &["leaderboard_id", "player_id", "created_at"]);
            let own = own_order(api).await;
            if asked.order.is_some_and(|order| order != own) {
                player["rank"] = json!(total + 1 - player["rank"].as_u64().expect("a rank"));
            }
        }
    }
    json!({"entries": page["entries"], "total": total, "player": player})
}

/// A fold's state in what both it and the single entry's route show.
pub fn comparable(mut state: Value) -> Value {
    if state["player"].is_object() {
        state["player"] = without(&state["player"], &["id", "is_current_player"]);
    }
    state
}

/// Reads until the server can answer.
async fn read(api: &Api, path: &str) -> Value {
    // Not `eventually`: what borrows in an async closure can't be spawned.
    let since = Instant::now();
    loop {
        let reply = api.get(path).await;
        if reply.status != StatusCode::SERVICE_UNAVAILABLE {
            return reply.json();
        }
        assert!(since.elapsed() < super::PATIENCE, "{}", reply.text);
    }
}
