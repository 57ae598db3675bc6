//! Backups of accounts: written while they serve, restored elsewhere, and what becomes of broken ones.

mod interrupted;
mod refusals;
mod removal;
mod round_trip;
mod scale;
mod while_it_serves;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{
    process::Ended,
    world::{Account, World},
};

/// A directory for files, gone with the test.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// The text of a command that must succeed without a word on stderr.
#[track_caller]
fn output(ended: Ended) -> String {
    assert!(ended.status.success() && ended.log.is_empty(), "{ended:?}");
    ended.output
}

#[track_caller]
fn is_failure(ended: &Ended, reason: &str) {
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!((ended.log.as_str(), ended.output.as_str()), (format!("rankora: {reason}").as_str(), ""));
}

/// A whole account, as a backup has it.
async fn export(world: &World, account: &Account) -> String {
    output(world.admin(&["export", "--account", &account.id.to_string()]).run().await)
}

/// Restores a backup.
async fn import(world: &World, backup: &str) -> Ended {
    let directory = directory();
    let path = directory.path().join("backup");
    fs::write(&path, backup).expect("a file");
    import_file(world, &path).await
}

async fn import_file(world: &World, path: &Path) -> Ended {
    world.admin(&["import", "--json", "--input", path.to_str().expect("a path")]).run().await
}

/// The lines of a backup that are of one kind, without its name.
fn lines(backup: &str, kind: &str) -> Vec<Value> {
    let lines = backup.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter_map(|line| line.get(kind).cloned()).collect()
}

/// A pipe with a name: who writes to it or reads from it goes on when the test does.
struct Pipe(PathBuf);

impl Pipe {
    fn new(directory: &tempfile::TempDir) -> Self {
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}
