//! What an open stream takes of the replica's memory.

use nix::sys::resource::{Resource, getrlimit};

use super::stage::Stage;

/// Files of the replica and of the clients that are not streams.
const OTHER_FILES: u64 = 700;

pub async fn measure(streams: usize) -> String {
    let (files, _) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let streams = streams.min(files.saturating_sub(OTHER_FILES) as usize);
    let mut table =
        "| open streams | leaderboards | KiB a stream | memory of the replica in MiB, before | with them |\n\
                     |---|---|---|---|---|\n"
            .to_owned();
    for boards in [1, 100] {
        let stage = Stage::set(boards).await;
        // All that comes once is there before the count begins.
        drop(stage.gather(boards));
        let before = stage.rankora.memory();
        let audience = stage.gather(streams);
        let with = stage.rankora.memory();
        let each = with.saturating_sub(before) as f64 / streams as f64 / 1024.0;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        table += &format!("| {streams} | {boards} | {each:.1} | {:.1} | {:.1} |\n", mib(before), mib(with));
        drop(audience);
    }
    table
}
