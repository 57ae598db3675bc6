//! A private redis-server: started with the process on a data directory, started again where it ends by itself,
//! and gone with the process.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::{
        fd::AsRawFd,
        unix::{
            fs::DirBuilderExt,
            net::UnixStream,
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};
use thiserror::Error;
use tokio::sync::watch;
use tracing::{error, info};

const SOCKET: &str = "redis.sock";
const LOG: &str = "redis.log";
/// How long a redis-server may take to start, or one that is ending to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the directory may be another's, who may only be an admin command or about to end.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(10);
/// A redis-server that ends more often than this within [`RESTARTS_WITHIN`] is not started any more.
const RESTARTS: usize = 5;
const RESTARTS_WITHIN: Duration = Duration::from_secs(60);
/// Before the first restart; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(100);

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
    server: Arc<Server>,
    failure: watch::Receiver<Option<String>>,
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
            if let Some(home) = Home::open(data_dir).ok().filter(Home::answers) {
                return Ok(Joined::Other(home));
            }
            match Self::try_start(data_dir) {
                // Somebody's server that doesn't answer yet, or no longer.
                Err(EmbeddedError::InUse(_)) if Instant::now() < until => thread::sleep(STEP),
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

        let server = Arc::new(Server::default());
        let (starting, started) = mpsc::channel();
        let (report, failure) = watch::channel(None);
        let keeper = Keeper { server: server.clone(), command, log: home.path.join(LOG), report };
        // The kernel ties the child to the thread that made it, so that thread stays until the child has ended.
        thread::spawn(move || keeper.run(&starting));
        let embedded = Self { home, server, failure, _lock: lock };
        embedded.wait_until_it_answers(&started)?;
        Ok(embedded)
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        self.home.url()
    }

    /// Returns when it has ended by itself too often to be started once more.
    pub async fn failed(&self) -> EmbeddedError {
        let mut failure = self.failure.clone();
        let reason = failure.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => EmbeddedError::NotKept(reason),
            None => std::future::pending().await,
        }
    }

    fn wait_until_it_answers(
        &self,
        started: &mpsc::Receiver<Result<(), EmbeddedError>>,
    ) -> Result<(), EmbeddedError> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.home.answers() {
                self.server.lock().has_answered = true;
                return Ok(());
            }
            // Nothing is said before it has ended.
            match started.recv_timeout(STEP) {
                Ok(result) => return result,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(EmbeddedError::NotStarted(format!("no answer within {} s", PATIENCE.as_secs())))
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.server.stop(Signal::SIGTERM);
        if !self.server.wait(PATIENCE, |state| state.pid.is_none()) {
            self.server.stop(Signal::SIGKILL);
            self.server.wait(PATIENCE, |state| state.pid.is_none());
        }
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
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.path.join("lock"));
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

/// The child, as its owner and its keeper see it.
#[derive(Default)]
struct Server {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pid: Option<Pid>,
    has_answered: bool,
    stopping: bool,
}

impl Server {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn stop(&self, signal: Signal) {
        self.change(|state| {
            state.stopping = true;
            if let Some(pid) = state.pid {
                // It may have ended meanwhile.
                let _ = kill(pid, signal);
            }
        });
    }

    /// Waits until something is true; `false` where that takes longer.
    fn wait(&self, patience: Duration, until: fn(&State) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), patience, |state| !until(state));
        until(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the child, and again where it ends by itself.
struct Keeper {
    server: Arc<Server>,
    command: Command,
    log: PathBuf,
    report: watch::Sender<Option<String>>,
}

impl Keeper {
    fn run(mut self, starting: &mpsc::Sender<Result<(), EmbeddedError>>) {
        let mut ends: Vec<Instant> = Vec::new();
        loop {
            let log_from = fs::metadata(&self.log).map_or(0, |log| log.len());
            let ended = match self.spawn() {
                Ok(Some(child)) => self.wait(child),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            let has_answered = {
                let state = self.server.lock();
                if state.stopping {
                    return;
                }
                state.has_answered
            };
            if !has_answered {
                let error = match &ended {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => EmbeddedError::NotInstalled,
                    _ => EmbeddedError::NotStarted(story(&ended, &self.log, log_from)),
                };
                let _ = starting.send(Err(error));
                return;
            }
            let reason = story(&ended, &self.log, log_from);
            ends.retain(|end| end.elapsed() < RESTARTS_WITHIN);
            ends.push(Instant::now());
            if ends.len() > RESTARTS {
                error!(reason, "the private redis-server ended too often");
                self.report.send_replace(Some(reason));
                return;
            }
            error!(reason, "the private redis-server ended by itself; it is started again");
            if self.server.wait(PAUSE * (1 << (ends.len() - 1)), |state| state.stopping) {
                return;
            }
        }
    }

    /// `None` where it is to stop.
    fn spawn(&mut self) -> io::Result<Option<Child>> {
        // Under the lock, so that who stops it finds it.
        let mut state = self.server.lock();
        if state.stopping {
            return Ok(None);
        }
        let child = self.command.spawn()?;
        state.pid = Some(Pid::from_raw(child.id().cast_signed()));
        if state.has_answered {
            info!("the private redis-server was started again");
        }
        Ok(Some(child))
    }

    fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        let pid = Pid::from_raw(child.id().cast_signed());
        // Not reaped before its id is forgotten: a signal must not reach who gets that id next.
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
        let mut ended = None;
        self.server.change(|state| {
            state.pid = None;
            ended = Some(child.wait());
        });
        ended.unwrap_or_else(|| child.wait())
    }
}

fn command(home: &Home) -> io::Result<Command> {
    let log = OpenOptions::new().create(true).append(true).open(home.path.join(LOG))?;
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
        .stderr(log)
        // Ctrl-C is for this process, which ends its server last.
        .process_group(0);
    let parent = nix::unistd::getpid();
    // SAFETY: prctl and getppid only make system calls, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(move || {
            prctl::set_pdeathsig(Signal::SIGTERM)?;
            // Killed before the line above: nobody is left to end it.
            if nix::unistd::getppid() != parent {
                return Err(io::Error::other("the parent is gone"));
            }
            Ok(())
        });
    }
    Ok(command)
}

/// How it ended, and its last words: the last warning since `from` in its log, or else the last line.
fn story(ended: &io::Result<ExitStatus>, log: &Path, from: u64) -> String {
    let status = match ended {
        Err(error) => return error.to_string(),
        Ok(status) => status,
    };
    let mut said = String::new();
    let read = File::open(log).and_then(|mut log| {
        log.seek(SeekFrom::Start(from))?;
        log.take(1 << 20).read_to_string(&mut said)
    });
    let line = said.lines().rev().find(|line| line.contains('#')).or_else(|| said.lines().next_back());
    match (read, line, status.signal()) {
        (_, _, Some(signal)) => format!("it was ended by signal {signal}"),
        (Ok(_), Some(line), None) => line.to_owned(),
        _ => format!("it ended with {status} and said nothing"),
    }
}
