//! A private redis-server: started with the process on a data directory, started again where it ends by itself,
//! and gone with the process.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::{
            fs::{DirBuilderExt, OpenOptionsExt},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::fcntl::{Flock, FlockArg};
use thiserror::Error;

use super::redis_server::{RedisServer, StartError};

const SOCKET: &str = "redis.sock";
const LOG: &str = "redis.log";
/// The mode of files that are this user's alone.
const FOR_OWNER: u32 = 0o600;
/// How long a redis-server may take to start, or one that is ending to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the directory may be another's, who may only be an admin command or about to end.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(10);

/// Why there is no private redis-server.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// There is no such program.
    #[error(
        "redis-server was not found. Install it (Debian and Ubuntu: apt-get install redis-server), or name a \
         running one with RANKORA_REDIS_URL"
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
    /// It ended by itself, again and again.
    #[error("the private redis-server can't be kept running: {0}")]
    NotKept(String),
}

/// A running private redis-server. It ends when this is dropped, and also when the process is killed.
pub struct Embedded {
    home: Home,
    server: RedisServer,
    _lock: Flock<File>,
}

/// A data directory, held open. Its descriptor names it in a URL, where its path may be too long for a socket's
/// (107 bytes) or have characters that mean something else there.
pub struct Home {
    path: PathBuf,
    directory: File,
}

/// The redis-server that serves a data directory.
pub enum Joined {
    /// Started for this process.
    Own(Embedded),
    /// Another process' own.
    Other(Home),
}

impl Embedded {
    /// Starts redis-server on a data directory, which is made where it isn't there. Blocks until it answers.
    pub fn start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let until = Instant::now() + LOCK_PATIENCE;
        loop {
            match Self::try_start(data_dir) {
                Err(EmbeddedError::InUse(_)) if Instant::now() < until => thread::sleep(STEP),
                result => return result,
            }
        }
    }

    /// Finds the server that another process has started on the directory, or starts one. Blocks until it answers.
    pub fn join(data_dir: &Path) -> Result<Joined, EmbeddedError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match Self::try_start(data_dir) {
                Err(EmbeddedError::InUse(path)) => {
                    if let Some(home) = Home::open(data_dir).ok().filter(Home::answers) {
                        return Ok(Joined::Other(home));
                    }
                    // It doesn't answer yet, or no longer.
                    if Instant::now() > until {
                        return Err(EmbeddedError::InUse(path));
                    }
                    thread::sleep(STEP);
                }
                result => return result.map(Joined::Own),
            }
        }
    }

    fn try_start(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let wrong = |source| EmbeddedError::Directory { path: data_dir.to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(wrong)?;
        let home = Home::open(data_dir).map_err(wrong)?;
        let lock = home.lock()?;
        home.wait_for_the_last_one()?;
        let command = command(&home).map_err(wrong)?;
        let (starting, started) = mpsc::channel();
        let server = RedisServer::start(command, home.path.join(LOG), starting);
        let embedded = Self { home, server, _lock: lock };
        embedded.wait_until_it_answers(&started)?;
        Ok(embedded)
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        self.home.url()
    }

    /// Returns when it has ended by itself too often to be started once more.
    pub async fn failed(&self) -> EmbeddedError {
        EmbeddedError::NotKept(self.server.failed().await)
    }

    fn wait_until_it_answers(&self, started: &mpsc::Receiver<StartError>) -> Result<(), EmbeddedError> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.home.answers() {
                self.server.note_answered();
                return Ok(());
            }
            // Nothing is said before it has ended.
            match started.recv_timeout(STEP) {
                Ok(StartError::NotFound) => return Err(EmbeddedError::NotInstalled),
                Ok(StartError::NoDirectory(source)) => {
                    return Err(EmbeddedError::Directory { path: self.home.path.clone(), source });
                }
                Ok(StartError::Ended(reason)) => return Err(EmbeddedError::NotStarted(reason)),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(EmbeddedError::NotStarted(format!("no answer within {} s", PATIENCE.as_secs())))
    }
}

impl Home {
    fn open(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.canonicalize()?;
        Ok(Self { directory: File::open(&path)?, path })
    }

    /// How to reach its server, for as long as this is held.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.directory.as_raw_fd().to_string()).join(SOCKET)
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket()).is_ok()
    }

    fn lock(&self) -> Result<Flock<File>, EmbeddedError> {
        let mut options = OpenOptions::new();
        let options = options.create(true).truncate(false).write(true).mode(FOR_OWNER);
        let file = options.open(self.path.join("lock"));
        let file = file.map_err(|source| EmbeddedError::Directory { path: self.path.clone(), source })?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| EmbeddedError::InUse(self.path.clone()))
    }

    /// A process that was killed leaves a server that is still ending.
    fn wait_for_the_last_one(&self) -> Result<(), EmbeddedError> {
        let until = Instant::now() + PATIENCE;
        while self.answers() {
            if Instant::now() > until {
                return Err(EmbeddedError::InUse(self.path.clone()));
            }
            thread::sleep(STEP);
        }
        Ok(())
    }
}

fn command(home: &Home) -> io::Result<Command> {
    let log = OpenOptions::new().create(true).append(true).mode(FOR_OWNER).open(home.path.join(LOG))?;
    let mut command = Command::new("redis-server");
    // No configuration file, and none of the machine's. The log is its output, where errors before the log are too.
    command
        .args(["-", "--port", "0", "--daemonize", "no", "--logfile", "", "--loglevel", "notice"])
        .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
        .args(["--maxmemory-policy", "noeviction"])
        .args(["--dir", ".", "--unixsocket", SOCKET, "--unixsocketperm", "700"])
        .current_dir(&home.path)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(command)
}
