//! Clients of streams as browsers are: they come back after each end, to whichever replica there is.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};

use super::fleet::Fleet;
use crate::support::{
    api::Api,
    eventually,
    fold::{Asked, Fold},
    listener::{comparable, own_order, shown},
    stream::EventStream,
};

/// How long a client waits before it comes back.
const RETRY: Duration = Duration::from_millis(100);
/// How long a stream may be behind when everything is well again.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client in the background.
pub struct Follower {
    fold: Arc<Mutex<Fold>>,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Starts to follow, and waits for the first page.
    pub async fn start(fleet: Arc<Fleet>, nth: usize, key: String, asked: Asked) -> Self {
        let own = own_order(&fleet.api(nth, &key)).await;
        let fold = Arc::new(Mutex::new(Fold::new(asked, &own)));
        let requests = Arc::new(AtomicUsize::new(1));
        let task = tokio::spawn(follow(fleet, nth, key, fold.clone(), requests.clone()));
        eventually("the first page", async || (fold.lock().ok()?.initials > 0).then_some(())).await;
        Self { fold, requests, task }
    }

    /// How many requests it made that may count.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// What is wrong with what it knows, now that nothing is written any more.
    pub async fn wrong(&mut self, api: &Api) -> Option<String> {
        let since = Instant::now();
        loop {
            if self.task.is_finished() {
                let panic = (&mut self.task).await.expect_err("it follows for ever");
                return Some(format!("a message that must not be: {}", said(panic)));
            }
            let fold = self.fold.lock().expect("a fold").clone();
            self.requests.fetch_add(1, Ordering::Relaxed);
            // Some wait for a page from the server's cache, and so may this.
            let truth = shown(api, fold.asked()).await;
            let state = comparable(fold.state());
            if state == truth {
                return None;
            }
            if since.elapsed() > PATIENCE {
                let (asked, trail) = (fold.asked(), &fold.trail);
                return Some(format!("{asked:?} ended as {state}\nbut there is {truth}\n{trail:#?}"));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(
    fleet: Arc<Fleet>,
    mut nth: usize,
    key: String,
    fold: Arc<Mutex<Fold>>,
    requests: Arc<AtomicUsize>,
) {
    loop {
        let api = fleet.api(nth, &key);
        let (query, last) = {
            let fold = fold.lock().expect("a fold");
            (fold.asked().query(), fold.last_event_id().map(str::to_owned))
        };
        let mut request = api.request(Method::GET, &format!("/realtime{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        requests.fetch_add(1, Ordering::Relaxed);
        if let Ok(response) = request.send().await
            && response.status() == StatusCode::OK
        {
            let mut stream = EventStream::of(response);
            while let Some(message) = stream.next_ever().await {
                if message.kind() != "error" {
                    fold.lock().expect("a fold").apply(&message);
                }
            }
        }
        nth += 1;
        sleep(RETRY).await;
    }
}

fn said(panic: tokio::task::JoinError) -> String {
    let Ok(panic) = panic.try_into_panic() else { return "stopped".to_owned() };
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
}

/// The count of the month's requests that the account is charged for.
pub async fn charged(api: &Api) -> u64 {
    let usage = eventually("the usage", async || {
        let reply = api.get("/usage").await;
        reply.status.is_success().then(|| reply.json())
    });
    let usage: Value = usage.await;
    usage["currentRequests"].as_u64().expect("a count")
}
