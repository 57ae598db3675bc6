//! The demo: a leaderboard with players who keep submitting, each of them an ordinary client of the public API.

use crate::{clock::Clock, config::ServeArgs, http::Recorder, serve::Replica};

/// Serves the demo until `stop`.
pub async fn run(
    args: &ServeArgs,
    recorder: Recorder,
    stop: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let replica = Replica::start(args, Clock::System, Some(recorder)).await?;
    replica.run_until(stop).await
}
