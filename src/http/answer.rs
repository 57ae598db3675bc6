//! Answers on their way: which connections have one, and which of them nobody takes.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::{
    body::{Frame, SizeHint},
    rt::Executor,
};
use tracing::debug;

use super::limits::{Limit, Spell};

tokio::task_local! {
    /// How long what an HTTP/2 stream was given has lain there. The HTTP library makes these tasks itself, and this is
    /// all that a body and the task that sends it share.
    static UNTAKEN: Arc<Spell>;
}

/// What a connection is doing.
pub(super) struct Activity {
    asked: AtomicBool,
    under_way: Mutex<usize>,
    /// The time without a request.
    quiet: Spell,
}

impl Default for Activity {
    fn default() -> Self {
        Self { asked: AtomicBool::default(), under_way: Mutex::default(), quiet: Spell::begun() }
    }
}

/// A request that is being answered, until this is dropped.
pub(super) struct UnderWay(Arc<Activity>);

impl Activity {
    /// A request begins.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.asked.store(true, Ordering::Relaxed);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        *under_way += 1;
        self.quiet.end();
        UnderWay(self.clone())
    }

    /// Whether there has been a request.
    pub(super) fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Returns when nothing has been asked for this long.
    pub(super) async fn is_quiet_for(&self, most: Duration) {
        self.quiet.lasts(most).await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        *under_way -= 1;
        if *under_way == 0 {
            self.0.quiet.begin();
        }
    }
}

/// A body that is under way until it is sent or given up.
pub(super) struct Answer {
    body: Body,
    untaken: Option<Arc<Spell>>,
    _under_way: UnderWay,
}

impl Answer {
    /// The body of an answer.
    pub(super) fn new(body: Body, under_way: UnderWay) -> Self {
        Self { body, untaken: UNTAKEN.try_with(Arc::clone).ok(), _under_way: under_way }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Some(untaken) = &self.untaken {
            // Asked for more, the HTTP library has got rid of what it had; given more, it comes back when it could
            // send it.
            untaken.end();
            if frame.is_ready() {
                untaken.begin();
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Runs the streams of HTTP/2 connections, and ends each whose client takes nothing of it for this long. The other
/// streams of its connection go on.
#[derive(Clone)]
pub(super) struct Streams(pub(super) Duration);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let deadline = self.0;
        // Owned by its connection: the HTTP library ends it with that.
        tokio::spawn(async move {
            let untaken = Arc::new(Spell::over());
            tokio::select! {
                _ = UNTAKEN.scope(untaken.clone(), stream) => {}
                () = untaken.lasts(deadline) => {
                    Limit::WriteDeadline.reached();
                    debug!("a client doesn't take its stream");
                }
            }
        });
    }
}
