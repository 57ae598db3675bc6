//! Directories that go with the tests, however they end.

use std::{
    fs,
    io::Write,
    ops::Deref,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{LazyLock, Mutex, PoisonError},
};

/// Removes what it has been told of, line by line, once nobody is left to tell; what works there has a second to end.
const SWEEP: &str = r#"while IFS= read -r path; do set -- "$@" "$path"; done; sleep 1; rm -rf "$@""#;

#[allow(clippy::zombie_processes, reason = "it outlives everybody who could wait for it")]
static SWEEPER: LazyLock<Mutex<ChildStdin>> = LazyLock::new(|| {
    let mut command = Command::new("sh");
    command.args(["-c", SWEEP]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own, so that Ctrl-C doesn't end it as well.
    let sweeper = command.process_group(0).spawn().expect("a shell");
    Mutex::new(sweeper.stdin.expect("its stdin"))
});

/// A directory of the tests' own.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new one whose name begins with this.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir_all(&path).expect("a directory");
        let mut sweeper = SWEEPER.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(sweeper, "{}", path.display()).expect("a sweeper");
        Self(path)
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
