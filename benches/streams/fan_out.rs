//! One event on its way to all streams of a leaderboard.

use std::time::{Duration, Instant};

use super::{bare::Bare, instruments::median, stage::Stage, support::PATIENCE};

const STREAMS: usize = 10_000;
const EVENTS: usize = 21;

pub async fn measure() -> String {
    let stage = Stage::set(1).await;
    let audience = stage.gather(STREAMS);
    let (board, leader) = (&stage.boards[0], &stage.players[0]);
    let writer = stage.rankora.api(&board.secret).await;
    // The first one makes a new row, and with it a new page for all.
    let mut times = Vec::new();
    let mut before = Default::default();
    for event in 0..=EVENTS {
        if event == 1 {
            before = (stage.rankora.cpu_time(), audience.cpu_time());
        }
        let heard = audience.after(STREAMS);
        let sent = Instant::now();
        writer.submit(leader.id, &leader.name, 1e6 + event as f64).await.ok();
        let answered = Instant::now();
        let last = heard.recv_timeout(PATIENCE).expect("an update on each stream");
        times.push((last.duration_since(sent), last.saturating_duration_since(answered)));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    times.remove(0);
    let (used, clients) = (stage.rankora.cpu_time() - before.0, audience.cpu_time() - before.1);
    let bytes = audience.bytes_of_an_update();
    drop(audience);
    let bare = tokio::task::block_in_place(|| {
        Bare::start(STREAMS, bytes).cpu_time_of_a_delivery(STREAMS, EVENTS).as_secs_f64() * 1e6
    });
    let deliveries = (EVENTS * STREAMS) as f64;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / deliveries;
    let middle = |pick: fn(&(Duration, Duration)) -> Duration| {
        median(times.iter().map(|times| pick(times).as_secs_f64() * 1e3))
    };
    let longest = times.iter().map(|times| times.0.as_secs_f64() * 1e3).fold(0.0, f64::max);
    format!(
        "| streams | events | ms from sending to the last stream's last byte, median | longest | from the answer, median \
         | µs of CPU a delivery | of a bare write of its {bytes} bytes | of the clients |\n|---|---|---|---|---|---|---|---|\n\
         | {STREAMS} | {EVENTS} | {:.0} | {longest:.0} | {:.0} | {:.2} | {bare:.2} | {:.2} |\n",
        middle(|times| times.0),
        middle(|times| times.1),
        each(used),
        each(clients),
    )
}
