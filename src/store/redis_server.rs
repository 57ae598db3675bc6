//! A redis-server as a child process: started again where it ends by itself, and never outliving this process.

use std::{
    env,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::{Signal, kill},
        stat::{Mode, umask},
        statvfs::statvfs,
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};
use tokio::sync::watch;
use tracing::{error, info};

/// How long it may take to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// A redis-server that ends more often than this within [`RESTARTS_WITHIN`] is not started any more.
const RESTARTS: usize = 5;
const RESTARTS_WITHIN: Duration = Duration::from_secs(60);
/// Before the first restart; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(100);

/// A running redis-server. It ends when this is dropped, and also when the process is killed.
pub(super) struct RedisServer {
    child: Arc<Shared>,
    failure: watch::Receiver<Option<String>>,
}

/// Why the first start came to nothing.
pub(super) enum StartError {
    /// There is no such program.
    NotFound,
    /// The directory that it was to work in is gone.
    NoDirectory(io::Error),
    /// Its last words.
    Ended(String),
}

impl RedisServer {
    /// Starts what `command` says, whose output goes to `log`. An end before [`Self::note_answered`] is told to
    /// `starting`.
    pub(super) fn start(mut command: Command, log: PathBuf, starting: mpsc::Sender<StartError>) -> Self {
        tie_to_this_process(&mut command);
        let child = Arc::new(Shared::default());
        let (report, failure) = watch::channel(None);
        let keeper = Keeper { child: child.clone(), command, log, report };
        // The kernel ties the child to the thread that made it, so that thread stays until the child has ended.
        thread::spawn(move || keeper.run(&starting));
        Self { child, failure }
    }

    /// It answers: from now on it is started again where it ends by itself.
    pub(super) fn note_answered(&self) {
        self.child.lock().has_answered = true;
    }

    /// Returns the reason when it has ended by itself too often to be started once more.
    pub(super) async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        let reason = failure.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.child.stop(Signal::SIGTERM);
        if !self.child.wait(PATIENCE, |state| state.pid.is_none()) {
            self.child.stop(Signal::SIGKILL);
            self.child.wait(PATIENCE, |state| state.pid.is_none());
        }
    }
}

fn tie_to_this_process(command: &mut Command) {
    // Ctrl-C is for this process, which ends its server last.
    command.process_group(0);
    let parent = nix::unistd::getpid();
    // SAFETY: umask, prctl and getppid only make system calls, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(move || {
            // What it writes is for this user alone, in whatever directory.
            umask(Mode::S_IRWXG | Mode::S_IRWXO);
            prctl::set_pdeathsig(Signal::SIGTERM)?;
            // Killed before the line above: nobody is left to end it.
            if nix::unistd::getppid() != parent {
                return Err(io::Error::other("the parent is gone"));
            }
            Ok(())
        });
    }
}

/// The child, as its owner and its keeper see it.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pid: Option<Pid>,
    has_answered: bool,
    stopping: bool,
}

impl Shared {
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
    child: Arc<Shared>,
    command: Command,
    log: PathBuf,
    report: watch::Sender<Option<String>>,
}

impl Keeper {
    fn run(mut self, starting: &mpsc::Sender<StartError>) {
        let mut ends: Vec<Instant> = Vec::new();
        loop {
            let log_from = fs::metadata(&self.log).map_or(0, |log| log.len());
            let ended = match self.spawn() {
                Ok(Some(child)) => self.wait(child),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            let has_answered = {
                let state = self.child.lock();
                if state.stopping {
                    return;
                }
                state.has_answered
            };
            let missing = ended.as_ref().err().and_then(|error| missing(&self.command, error));
            let reason = match missing {
                Some(Missing::Program) => "redis-server was not found".to_owned(),
                Some(Missing::Directory) => "the data directory is gone".to_owned(),
                None => story(&ended, &self.log, log_from),
            };
            if !has_answered {
                let error = match (missing, ended) {
                    (Some(Missing::Program), _) => StartError::NotFound,
                    (Some(Missing::Directory), Err(error)) => StartError::NoDirectory(error),
                    _ => StartError::Ended(reason),
                };
                // Nobody waits for it where the start took too long.
                let _ = starting.send(error);
                return;
            }
            ends.retain(|end| end.elapsed() < RESTARTS_WITHIN);
            ends.push(Instant::now());
            if ends.len() > RESTARTS {
                error!(reason, "the private redis-server ended too often");
                self.report.send_replace(Some(reason));
                return;
            }
            metrics::counter!("rankora_private_redis_restarts_total").increment(1);
            error!(reason, "the private redis-server ended by itself; it is started again");
            if self.child.wait(PAUSE * (1 << (ends.len() - 1)), |state| state.stopping) {
                return;
            }
        }
    }

    /// `None` where it is to stop.
    fn spawn(&mut self) -> io::Result<Option<Child>> {
        // Under the lock, so that who stops it finds it.
        let mut state = self.child.lock();
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
        self.child.change(|state| {
            state.pid = None;
            ended = Some(child.wait());
        });
        ended.unwrap_or_else(|| child.wait())
    }
}

/// What isn't there of what a start takes.
#[derive(Clone, Copy)]
enum Missing {
    Program,
    Directory,
}

/// The system has one word for all that isn't there: the program, its directory, or what the program itself needs to
/// run, which this doesn't look for.
fn missing(command: &Command, error: &io::Error) -> Option<Missing> {
    if error.kind() != io::ErrorKind::NotFound {
        return None;
    }
    if command.get_current_dir().is_some_and(|directory| !directory.is_dir()) {
        return Some(Missing::Directory);
    }
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let found = env::split_paths(&path).any(|directory| directory.join(command.get_program()).is_file());
    (!found).then_some(Missing::Program)
}

/// How it ended, and its last words since `from` in its log.
fn story(ended: &io::Result<ExitStatus>, log: &Path, from: u64) -> String {
    let status = match ended {
        Err(error) => return format!("it can't be run: {error}"),
        Ok(status) => status,
    };
    let mut said = String::new();
    let read = File::open(log).and_then(|mut log| {
        log.seek(SeekFrom::Start(from))?;
        log.take(1 << 20).read_to_string(&mut said)
    });
    let words = read.ok().and_then(|_| last_words(&said));
    let is_full = statvfs(log).is_ok_and(|disk| disk.blocks() > 0 && disk.blocks_available() == 0);
    tell(*status, words, is_full)
}

/// The last warning, or else the last line.
fn last_words(said: &str) -> Option<&str> {
    said.lines().rev().find(|line| line.contains('#')).or_else(|| said.lines().next_back())
}

/// On a full disk there is no room for its last words either: those that are there may be about something else.
fn tell(status: ExitStatus, words: Option<&str>, is_full: bool) -> String {
    let told = match (status.signal(), words) {
        (Some(signal), _) => format!("it was ended by signal {signal}"),
        (None, Some(line)) => line.to_owned(),
        (None, None) => format!("it ended with {status} and said nothing"),
    };
    if is_full { format!("the disk with the data directory is full; {told}") } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_whatever_its_last_words_were() {
        let failed = ExitStatus::from_raw(1 << 8);
        let silent = tell(failed, last_words(""), false);
        assert_eq!(silent, "it ended with exit status: 1 and said nothing");
        let full = "the disk with the data directory is full; ";
        assert_eq!(tell(failed, last_words(""), true), format!("{full}{silent}"));
        assert_eq!(tell(failed, last_words("1 # A warning\n2 * A"), true), format!("{full}1 # A warning"));
    }
}
