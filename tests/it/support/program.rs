//! The program itself, as a process that dies with the tests.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
};

use nix::{
    sys::{
        prctl,
        resource::{Resource, getrlimit, setrlimit},
        signal::{Signal, kill},
    },
    unistd::Pid,
};
use serde_json::Value;

use super::{PATIENCE, api::Api, usage, world::World};

/// A replica in a process of its own.
pub struct Program {
    pid: Pid,
    origin: String,
    metrics: Option<String>,
    ended: mpsc::Receiver<ExitStatus>,
}

impl Program {
    /// Starts a replica of this world and waits until it serves and Redis is ready for it.
    pub async fn serve(world: &World) -> Self {
        Self::start(command(world.command_line())).await
    }

    /// The same, with a soft limit of open files.
    pub async fn serve_with_open_files(world: &World, soft: u64) -> Self {
        let mut command = command(world.command_line());
        // SAFETY: getrlimit and setrlimit only make system calls.
        unsafe {
            command.pre_exec(move || {
                let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
                Ok(setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?)
            });
        }
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Self {
        command.env("RANKORA_LOG", "info").env("RANKORA_LOG_FORMAT", "json").stderr(Stdio::piped());
        let (started, start) = mpsc::channel();
        let (serves, serving) = mpsc::channel();
        let (serves_metrics, serving_metrics) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        // The kernel ties the child to the thread that made it, so that thread stays.
        thread::spawn(move || {
            let mut child = command.spawn().expect("the program");
            started.send(Pid::from_raw(child.id().cast_signed())).expect("somebody waits");
            let log = BufReader::new(child.stderr.take().expect("its log"));
            for line in log.lines().map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap_or_default();
                let address = || line["address"].as_str().expect("an address").to_owned();
                let _ = match line["message"].as_str() {
                    Some("serving") => serves.send(address()),
                    Some("serving metrics") => serves_metrics.send(address()),
                    _ => Ok(()),
                };
            }
            let _ = ending.send(child.wait().expect("a child to wait for"));
        });
        let pid = start.recv().expect("the program starts");
        let address = serving.recv_timeout(PATIENCE).expect("the program serves");
        // Told before the other one.
        let metrics = serving_metrics.try_recv().ok();
        let program = Self { pid, origin: format!("http://{address}"), metrics, ended };
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        super::eventually("the program is ready", || async {
            let answer = client.get(format!("{}/readyz", program.origin)).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        program
    }

    /// Where it serves.
    pub fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// A client with this key.
    pub fn api(&self, key: &str) -> Api {
        Api::new(&self.origin, key)
    }

    /// What Prometheus would read; the world needs the option `--metrics-listen`.
    pub async fn metrics(&self) -> String {
        let address = self.metrics.as_ref().expect("a listener for metrics");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(format!("http://{address}/metrics")).send().await.expect("metrics");
        answer.text().await.expect("text")
    }

    /// Its memory in bytes, as far as it lies in RAM.
    pub fn memory(&self) -> u64 {
        usage::memory(self.pid).expect("a running program")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("a running program");
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(self) {
        self.signal(Signal::SIGKILL);
        self.ended.recv_timeout(PATIENCE).expect("it ends");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Reaped ones are left alone: their number may be somebody else's by now.
        if matches!(self.ended.try_recv(), Err(mpsc::TryRecvError::Empty)) {
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }
}

/// Runs the program to its end, which must come soon.
pub async fn run(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::from(command(arguments.iter().copied()));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends").expect("the program")
}

/// The program with these arguments, about to be started.
pub fn command(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rankora"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    // SAFETY: prctl only makes a system call.
    unsafe {
        command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?));
    }
    command
}
