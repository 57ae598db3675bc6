//! Many events a second on one leaderboard that many listen to.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use super::{
    audience::Audience,
    instruments::{
        load::{Answers, Load},
        request,
    },
    stage::Stage,
};

const STREAMS: usize = 1_000;
const CONNECTIONS: usize = 16;

pub async fn measure(events: u32, seconds: u64) -> String {
    let stage = Stage::set(1).await;
    let audience = stage.gather(STREAMS);
    let length = Duration::from_secs(seconds);
    // What is made on the first events is there before anything counts.
    put(&stage, events, Duration::from_secs(2));
    settle(&audience);
    let (memory, resyncs) = (stage.rankora.memory(), stage.resyncs().await);
    let cpu = (stage.rankora.cpu_time(), stage.redis.cpu_time().await, audience.cpu_time());
    let (updates, pages) = (audience.updates(), audience.pages());
    let done = AtomicBool::new(false);
    let (answers, most) = thread::scope(|scope| {
        let most = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = most.max(stage.rankora.memory());
                thread::sleep(Duration::from_millis(100));
            }
            most
        });
        let answers = put(&stage, events, length);
        done.store(true, Ordering::Relaxed);
        (answers, most.join().expect("a most"))
    });
    settle(&audience);
    let sent = answers.waits.len();
    let heard = (audience.updates() - updates) as f64 / STREAMS as f64;
    let share = |cpu: Duration| cpu.as_secs_f64() / answers.took.as_secs_f64();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    format!(
        "| seconds | events a second | heard by each stream | resyncs | fresh pages a stream | p99 of a submission, ms \
         | MiB before | at the most | after | cores: replica | Redis | clients |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n\
         | {:.0} | {:.0} | {heard:.0} of {sent} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} |\n",
        answers.took.as_secs_f64(),
        answers.rate(),
        stage.resyncs().await - resyncs,
        (audience.pages() - pages) as f64 / STREAMS as f64,
        answers.wait(0.99) / 1e3,
        mib(memory),
        mib(most),
        mib(stage.rankora.memory()),
        share(stage.rankora.cpu_time() - cpu.0),
        share(stage.redis.cpu_time().await - cpu.1),
        share(audience.cpu_time() - cpu.2),
    )
}

/// Submits so many new scores a second of players who have one.
fn put(stage: &Stage, events: u32, length: Duration) -> Answers {
    let load =
        Load { address: stage.address, connections: CONNECTIONS, length, pace: Some(f64::from(events)) };
    let ask = |random: u64, into: &mut Vec<u8>| {
        let player = stage.players[random as usize % stage.players.len()].id;
        let line = format_args!("POST /api/v1/leaderboard/entries");
        request::submit(into, &stage.boards[0].secret, line, player, random >> 20);
    };
    tokio::task::block_in_place(|| {
        // A thread of its own, since this one belongs to a runtime.
        thread::scope(|scope| scope.spawn(|| load.put(ask)).join().expect("answers"))
    })
}

/// Returns once nothing more arrives.
fn settle(audience: &Audience) {
    tokio::task::block_in_place(|| {
        let mut before = usize::MAX;
        while before != audience.updates() {
            before = audience.updates();
            thread::sleep(Duration::from_millis(500));
        }
    });
}
