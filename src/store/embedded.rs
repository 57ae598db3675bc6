//! A private redis-server: started with the process on a data directory, and gone with it.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::{fs::DirBuilderExt, net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{Flock, FlockArg},
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::Pid,
};
use thiserror::Error;

/// A socket's path has at most 107 bytes on Linux.
const LONGEST_SOCKET_PATH: usize = 100;
/// How long a redis-server may take to start, or one that is ending to end.
const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(10);

/// Why there is no private redis-server.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// There is no such program.
    #[error(
        "redis-server was not found. Install it (Debian and Ubuntu: apt-get install redis-server; macOS: brew \
         install redis), or name a running one with RANKORA_REDIS_URL"
    )]
    NotInstalled,
    /// Somebody else works on the directory.
    #[error("another process is using the data directory {0}")]
    InUse(PathBuf),
    /// The directory can't be used.
    #[error("the data directory {path} can't be used")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It ended, or didn't answer.
    #[error("redis-server did not start: {0}")]
    NotStarted(String),
}

/// A running private redis-server. It ends when this is dropped, and also when the process is killed.
pub struct Embedded {
    pid: Pid,
    socket: PathBuf,
    ended: mpsc::Receiver<()>,
    _lock: Flock<File>,
}

impl Embedded {
    /// Starts redis-server on a data directory, which is made where it isn't there. Blocks until it answers.
    pub fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let wrong = |source| EmbeddedError::Directory { path: data_dir.to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(wrong)?;
        let data_dir = data_dir.canonicalize().map_err(wrong)?;
        let lock = lock(&data_dir)?;
        let socket = socket_path(&data_dir).map_err(wrong)?;
        wait_for_the_last_one(&socket, &data_dir)?;

        let mut command = command(&data_dir, &socket);
        let (started, start) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        // The kernel ties the child to the thread that made it, so that thread stays until the child ends.
        thread::spawn(move || {
            let child = command.spawn();
            let pid =
                child.as_ref().map(|child| Pid::from_raw(child.id().cast_signed())).map_err(io::Error::kind);
            let _ = started.send(pid);
            if let Ok(child) = child {
                wait(child);
            }
            let _ = ending.send(());
        });
        let pid = match start.recv() {
            Ok(Ok(pid)) => pid,
            Ok(Err(io::ErrorKind::NotFound)) => return Err(EmbeddedError::NotInstalled),
            Ok(Err(kind)) => return Err(EmbeddedError::NotStarted(kind.to_string())),
            Err(_) => return Err(EmbeddedError::NotStarted("its thread ended".to_owned())),
        };
        let embedded = Self { pid, socket, ended, _lock: lock };
        embedded.wait_until_it_answers(&data_dir)?;
        Ok(embedded)
    }

    /// The URL of the server that a running process has started on this directory, if there is one.
    pub fn running(data_dir: &Path) -> Option<String> {
        let socket = socket_path(&data_dir.canonicalize().ok()?).ok()?;
        UnixStream::connect(&socket).is_ok().then(|| url(&socket))
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        url(&self.socket)
    }

    fn wait_until_it_answers(&self, data_dir: &Path) -> Result<(), EmbeddedError> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if UnixStream::connect(&self.socket).is_ok() {
                return Ok(());
            }
            if self.ended.recv_timeout(STEP).is_ok() {
                return Err(EmbeddedError::NotStarted(last_words(data_dir)));
            }
        }
        Err(EmbeddedError::NotStarted(format!("no answer within {} s", PATIENCE.as_secs())))
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // Each signal may find it gone already.
        let _ = kill(self.pid, Signal::SIGTERM);
        if self.ended.recv_timeout(PATIENCE).is_err() {
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = self.ended.recv_timeout(PATIENCE);
        }
    }
}

fn wait(mut child: Child) {
    // However it ended, it has ended.
    let _ = child.wait();
}

fn url(socket: &Path) -> String {
    format!("redis+unix://{}", socket.display())
}

fn lock(data_dir: &Path) -> Result<Flock<File>, EmbeddedError> {
    let path = data_dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| EmbeddedError::Directory { path: data_dir.to_owned(), source })?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| EmbeddedError::InUse(data_dir.to_owned()))
}

/// In the data directory, unless its path is too long for a socket's.
fn socket_path(data_dir: &Path) -> io::Result<PathBuf> {
    let path = data_dir.join("redis.sock");
    if path.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return Ok(path);
    }
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    data_dir.hash(&mut hasher);
    let user = nix::unistd::getuid();
    let directory = std::env::temp_dir().join(format!("rankora-{user}"));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    Ok(directory.join(format!("{:016x}.sock", hasher.finish())))
}

/// A process that was killed leaves a server that is still ending.
fn wait_for_the_last_one(socket: &Path, data_dir: &Path) -> Result<(), EmbeddedError> {
    let until = Instant::now() + PATIENCE;
    while UnixStream::connect(socket).is_ok() {
        if Instant::now() > until {
            return Err(EmbeddedError::InUse(data_dir.to_owned()));
        }
        thread::sleep(STEP);
    }
    Ok(())
}

fn command(data_dir: &Path, socket: &Path) -> Command {
    let mut command = Command::new("redis-server");
    // No configuration file, and none of the machine's.
    command
        .args(["-", "--port", "0", "--daemonize", "no", "--logfile", "redis.log", "--loglevel", "notice"])
        .args([
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
            "--maxmemory-policy",
            "noeviction",
        ])
        .arg("--dir")
        .arg(data_dir)
        .arg("--unixsocket")
        .arg(socket)
        .args(["--unixsocketperm", "700"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C is for this process, which ends its server last.
        .process_group(0);
    // SAFETY: prctl and getppid only make system calls, which is allowed between fork and exec.
    unsafe {
        let parent = nix::unistd::getpid();
        command.pre_exec(move || {
            prctl::set_pdeathsig(Signal::SIGTERM)?;
            // Killed before the line above: nobody is left to end it.
            if nix::unistd::getppid() != parent {
                return Err(io::Error::other("the parent is gone"));
            }
            Ok(())
        });
    }
    command
}

fn last_words(data_dir: &Path) -> String {
    let log = fs::read_to_string(data_dir.join("redis.log")).unwrap_or_default();
    let line = log.lines().rev().find(|line| line.contains('#')).or_else(|| log.lines().next_back());
    line.unwrap_or("it said nothing").to_owned()
}
