//! The `rankora` program in processes of its own. They die with the tests, however they end.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use nix::{
    sys::{
        prctl,
        resource::{Resource, getrlimit, setrlimit},
        signal::{Signal, kill, killpg},
        stat::{Mode, umask},
    },
    unistd::Pid,
};
use serde_json::Value;
use tokio::{sync::watch, time::timeout};

use super::{PATIENCE, api::Api, eventually, usage};

/// The program, about to be started. Nothing of the tests' own environment but `PATH` reaches it.
pub struct Rankora(Command);

/// The program, running.
pub struct Process {
    pid: Pid,
    output: Arc<Mutex<String>>,
    log: Arc<Mutex<Vec<String>>>,
    status: watch::Receiver<Option<ExitStatus>>,
}

/// The program, after its end.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// What it wrote to stdout.
    pub output: String,
    /// What it wrote to stderr.
    pub log: String,
}

impl Rankora {
    pub fn new(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rankora"));
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).args(args);
        Self(command)
    }

    /// `rankora serve` on a free port, with a log that programs read.
    pub fn serve() -> Self {
        Self::new(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
    }

    /// `rankora admin …` on a data directory.
    pub fn admin(data_dir: &Path, args: &[&str]) -> Self {
        Self::new(&["admin"]).data_dir(data_dir).args(args)
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.0.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// On the private redis-server of this directory.
    pub fn data_dir(mut self, path: &Path) -> Self {
        self.0.arg("--data-dir").arg(path);
        self
    }

    /// In a process group of its own, as a shell's job is.
    pub fn in_own_group(mut self) -> Self {
        self.0.process_group(0);
        self
    }

    /// With a soft limit of open files.
    pub fn open_files(mut self, soft: u64) -> Self {
        // SAFETY: getrlimit and setrlimit only make system calls.
        unsafe {
            self.0.pre_exec(move || {
                let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
                Ok(setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?)
            });
        }
        self
    }

    /// As somebody who isn't root.
    pub fn unprivileged(mut self) -> Self {
        self.0.uid(65534).gid(65534);
        self
    }

    /// As somebody whose new files are everybody's.
    pub fn open_handed(mut self) -> Self {
        // SAFETY: umask only makes a system call.
        unsafe {
            self.0.pre_exec(|| {
                umask(Mode::empty());
                Ok(())
            });
        }
        self
    }

    pub fn start(mut self) -> Process {
        self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: prctl only makes a system call.
        unsafe {
            self.0.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?));
        }
        let (output, log) = (Arc::<Mutex<String>>::default(), Arc::<Mutex<Vec<String>>>::default());
        let (ending, status) = watch::channel(None);
        let (started, start) = mpsc::channel();
        let mut command = self.0;
        let (out, lines) = (output.clone(), log.clone());
        // The kernel ties the child to the thread that made it, so that thread stays.
        thread::spawn(move || {
            let mut child = command.spawn().expect("the program");
            let (stdout, stderr) =
                (child.stdout.take().expect("its stdout"), child.stderr.take().expect("its stderr"));
            started.send(Pid::from_raw(child.id().cast_signed())).expect("somebody waits");
            let collecting = thread::spawn(move || {
                let (mut stdout, mut line) = (BufReader::new(stdout), String::new());
                while stdout.read_line(&mut line).expect("UTF-8") > 0 {
                    out.lock().expect("the output").push_str(&std::mem::take(&mut line));
                }
            });
            for line in BufReader::new(stderr).lines() {
                lines.lock().expect("the log").push(line.expect("UTF-8"));
            }
            let status = child.wait().expect("a child to wait for");
            collecting.join().expect("the output");
            ending.send_replace(Some(status));
        });
        Process { pid: start.recv().expect("it starts"), output, log, status }
    }

    /// Starts it, and waits until it is ready.
    pub async fn start_ready(self) -> Process {
        let process = self.start();
        process.ready().await;
        process
    }

    /// Runs it to its end.
    pub async fn run(self) -> Ended {
        let process = self.start();
        let status = process.ended().await;
        Ended { status, output: process.output(), log: process.log() }
    }
}

impl Process {
    pub fn pid(&self) -> Pid {
        self.pid
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("a running process");
    }

    /// Kills it, and waits until it is gone.
    pub async fn kill(&self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }

    /// Sends a signal as a terminal does: to the whole group.
    pub fn signal_group(&self, signal: Signal) {
        killpg(self.pid, signal).expect("a running process");
    }

    /// What it has written to stdout, in whole lines.
    pub fn output(&self) -> String {
        self.output.lock().expect("the output").clone()
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").join("\n")
    }

    /// What it has logged, line by line; each must be JSON.
    pub fn records(&self) -> Vec<Value> {
        let lines = self.log.lock().expect("the log").clone();
        lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// Waits until it logs this message, and returns the record.
    pub async fn logged(&self, message: &str) -> Value {
        eventually(message, async || {
            assert!(self.status.borrow().is_none(), "it ended:\n{}", self.log());
            self.records().into_iter().find(|record| record["message"] == message)
        })
        .await
    }

    /// Where it serves, once it does.
    pub async fn address(&self) -> SocketAddr {
        let record = self.logged("serving").await;
        record["address"].as_str().expect("an address").parse().expect("an address")
    }

    /// Where it serves metrics, once it does.
    pub async fn metrics_address(&self) -> SocketAddr {
        let record = self.logged("serving metrics").await;
        record["address"].as_str().expect("an address").parse().expect("an address")
    }

    /// `http://…` without a path, once it serves.
    pub async fn origin(&self) -> String {
        format!("http://{}", self.address().await)
    }

    /// A client with this key, once it serves.
    pub async fn api(&self, key: &str) -> Api {
        Api::new(&self.origin().await, key)
    }

    /// Status and body of `/readyz`.
    pub async fn readiness(&self) -> (u16, Value) {
        let answer = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = answer.get(format!("{}/readyz", self.origin().await)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Waits until it is ready.
    pub async fn ready(&self) {
        eventually("readiness", async || (self.readiness().await.0 == 200).then_some(())).await;
    }

    /// Waits until it isn't ready, and returns the reason that it gives.
    pub async fn unready(&self) -> String {
        let body = eventually("no readiness", async || {
            let (status, body) = self.readiness().await;
            (status == 503).then_some(body)
        });
        body.await["error"].as_str().expect("a sentence").to_owned()
    }

    /// Waits for its end.
    pub async fn ended(&self) -> ExitStatus {
        self.ended_within(PATIENCE).await
    }

    /// The same, with less patience.
    pub async fn ended_within(&self, patience: Duration) -> ExitStatus {
        let mut status = self.status.clone();
        let ended = timeout(patience, status.wait_for(Option::is_some)).await;
        let ended = ended.unwrap_or_else(|_| panic!("it doesn't end:\n{}", self.log()));
        ended.expect("its thread").expect("a status")
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        self.status.borrow().is_none()
    }

    /// Its memory in bytes, as far as it lies in RAM.
    pub fn memory(&self) -> u64 {
        usage::memory(self.pid).expect("a running process")
    }

    /// The most that its memory has been; `None` once it has ended.
    pub fn peak_memory(&self) -> Option<u64> {
        usage::peak_memory(self.pid)
    }

    /// How many files and sockets it has open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid)).expect("a running process").count()
    }

    /// CPU time that it has used.
    pub fn cpu_time(&self) -> Duration {
        usage::cpu_time(self.pid)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }
}

/// The redis-servers that work in a directory.
pub fn redis_servers_in(directory: &Path) -> Vec<Pid> {
    let directory = directory.canonicalize().expect("a directory");
    let processes = std::fs::read_dir("/proc").expect("/proc").filter_map(|entry| {
        let entry = entry.ok()?;
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
        let works_in: PathBuf = std::fs::read_link(entry.path().join("cwd")).ok()?;
        (name.trim() == "redis-server" && works_in == directory).then_some(Pid::from_raw(pid))
    });
    processes.collect()
}
