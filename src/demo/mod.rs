//! The demo: a leaderboard with players who keep submitting, each of them an ordinary client of the public API.

mod block;
mod cast;
mod client;
mod form;
mod players;
mod stage;

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    clock::Clock,
    config::{ServeArgs, reachable},
    domain::ids::PlayerId,
    http::{DemoBoard, Landing, Recorder},
    serve::{Core, Replica, listen},
};
use block::Block;
use cast::CAST;
use client::Client;
use players::Players;
use stage::Stage;

/// Where the secret key is for scripts to read, in the data directory.
const KEY_FILE: &str = "demo-secret-key";
/// How long Redis may take to be ready.
const PATIENCE: Duration = Duration::from_secs(15);

/// Serves the demo until `stop`, or until another demo on the same Redis takes over.
///
/// # Errors
/// Where the address is taken, or Redis can't be used.
pub async fn run(
    args: &ServeArgs,
    recorder: Recorder,
    stop: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let mut stop = std::pin::pin!(stop);
    let (replica, mut players) = tokio::select! {
        begun = begin(args, recorder) => begun?,
        told = &mut stop => return told,
    };
    replica
        .run_until(async {
            let ended = tokio::select! {
                told = stop => told,
                () = players.until_key_is_refused() => {
                    block::print_taken_over();
                    Ok(())
                }
            };
            players.stop().await;
            ended
        })
        .await
}

async fn begin(args: &ServeArgs, recorder: Recorder) -> anyhow::Result<(Replica, Players)> {
    // Before the stage is set: a demo that can't serve must not take over from one that does.
    let listener = listen(args.listen).await.with_context(|| {
        "the demo needs an address of its own: --listen 127.0.0.1:8081, or make run ARGS='--listen 127.0.0.1:8081'"
    })?;
    let address = listener.local_addr()?;
    let core = Core::start(&args.store, Clock::System).await?;
    let stage = match set_stage(&core, args).await {
        Ok(stage) => stage,
        Err(error) => {
            core.stop().await;
            return Err(error);
        }
    };
    let (origin, is_ours_alone) = origin(args, address);
    let guest = player_id("the guest");
    let landing = Landing::Demo(DemoBoard {
        origin: origin.clone(),
        name: stage.leaderboard.settings.name.clone(),
        publishable_key: stage.publishable_key.clone(),
        secret_key: is_ours_alone.then(|| stage.secret_key.clone()),
        guest: PlayerId::from_bytes(guest.into_bytes()),
    });
    let replica = Replica::serve(core, listener, args, Some(recorder), landing).await?;
    let players = Players::start(&Client::new(reachable(address), stage.secret_key.expose())?);
    let kept = match &args.store.redis_url {
        Some(_) => "Redis".to_owned(),
        None => args.store.data_dir.display().to_string(),
    };
    let link = replica.core().app.create_password_link(stage.account).await?;
    let dashboard = format!("{origin}/password?link={}", link.expose());
    let (players_count, dashboard) = (CAST.len(), dashboard.as_str());
    Block { origin: &origin, stage: &stage, guest, players: players_count, dashboard, kept: &kept }.print();
    Ok((replica, players))
}

async fn set_stage(core: &Core, args: &ServeArgs) -> anyhow::Result<Stage> {
    core.wait_until_ready(PATIENCE).await?;
    let stage = Stage::set(&core.app).await?;
    if args.store.redis_url.is_none() {
        let path = args.store.data_dir.join(KEY_FILE);
        stage.keep_secret_key(&path).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(stage)
}

/// Under which URL clients reach the demo, and whether only this machine does: what listens on the loopback for
/// somebody else to publish is not safe.
fn origin(args: &ServeArgs, address: SocketAddr) -> (String, bool) {
    match &args.public_url {
        Some(url) => (url.trim_end_matches('/').to_owned(), false),
        None => (format!("http://{}", reachable(address)), address.ip().is_loopback()),
    }
}

/// Each player's id, the same at every start, so that they go on where they were.
fn player_id(name: &str) -> Uuid {
    let digest = Sha256::digest(format!("rankora demo {name}"));
    uuid::Builder::from_custom_bytes(std::array::from_fn(|index| digest[index])).into_uuid()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::{Cli, Command};

    fn origin_of(arguments: &[&str]) -> (String, bool) {
        let cli = Cli::parse_from(["rankora", "demo"].iter().chain(arguments));
        match cli.command {
            Command::Demo(args) => origin(&args, args.listen),
            other => panic!("not demo: {other:?}"),
        }
    }

    #[test]
    fn only_what_nobody_else_reaches_is_safe_for_the_secret_key() {
        assert_eq!(origin_of(&["--listen=127.0.0.1:81"]), ("http://127.0.0.1:81".to_owned(), true));
        assert_eq!(origin_of(&["--listen=[::1]:81"]), ("http://[::1]:81".to_owned(), true));
        assert_eq!(origin_of(&["--listen=0.0.0.0:81"]), ("http://127.0.0.1:81".to_owned(), false));
        assert_eq!(origin_of(&["--listen=192.0.2.1:81"]), ("http://192.0.2.1:81".to_owned(), false));
        let published = ["--listen=127.0.0.1:81", "--public-url=https://demo.example.org/"];
        assert_eq!(origin_of(&published), ("https://demo.example.org".to_owned(), false));
    }
}
