//! `rankora demo` as a stranger sees it: a process, and what it prints.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{PATIENCE, api::Api, program, world::World};

/// A running demo.
pub struct Demo {
    pid: Pid,
    lines: mpsc::Receiver<String>,
    ended: mpsc::Receiver<(ExitStatus, String)>,
    is_running: bool,
    /// Everything that it printed at its start.
    pub block: Vec<String>,
}

/// How a demo ended.
pub struct Ended {
    pub status: ExitStatus,
    /// What it printed since its start.
    pub said: Vec<String>,
    /// All that it logged.
    pub log: String,
}

impl Demo {
    /// Starts one on a private redis-server in this directory.
    pub fn start_in(data_dir: &Path, more: &[&str]) -> Self {
        let data_dir = data_dir.to_str().expect("a path in UTF-8");
        let mut arguments = vec!["--data-dir", data_dir];
        if !more.contains(&"--listen") {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        arguments.extend(more);
        Self::start(&arguments)
    }

    /// Starts one on the Redis of this world.
    pub fn start_on(world: &World) -> Self {
        let on = ["--redis-url", world.redis_url(), "--key-prefix", world.prefix()];
        Self::start(&[&["--listen", "127.0.0.1:0"], &on[..]].concat())
    }

    fn start(arguments: &[&str]) -> Self {
        let mut command = program::command(["demo"].iter().chain(arguments));
        command.env_remove("RANKORA_LOG").stdout(Stdio::piped()).stderr(Stdio::piped());
        let (started, start) = mpsc::channel();
        let (line, lines) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        // The kernel ties the child to the thread that made it, so that thread stays.
        thread::spawn(move || {
            let mut child = command.spawn().expect("the program");
            started.send(Pid::from_raw(child.id().cast_signed())).expect("somebody waits");
            let mut log = child.stderr.take().expect("its log");
            let log = thread::spawn(move || {
                let mut text = String::new();
                log.read_to_string(&mut text).expect("UTF-8");
                text
            });
            let out = BufReader::new(child.stdout.take().expect("what it prints"));
            for text in out.lines() {
                let _ = line.send(text.expect("UTF-8"));
            }
            let status = child.wait().expect("a child to wait for");
            let _ = ending.send((status, log.join().expect("its log")));
        });
        let pid = start.recv().expect("the program starts");
        let mut demo = Self { pid, lines, ended, is_running: true, block: Vec::new() };
        while !demo.block.iter().any(|line| line.contains("Ctrl-C")) {
            match demo.lines.recv_timeout(PATIENCE) {
                Ok(line) => demo.block.push(line),
                Err(_) => panic!("no demo: {:?} {:?}", demo.block, demo.ended.recv_timeout(PATIENCE)),
            }
        }
        demo
    }

    /// The line to paste that begins so.
    pub fn line(&self, beginning: &str) -> &str {
        let lines: Vec<_> = self.block.iter().map(|line| line.trim()).collect();
        let found: Vec<_> = lines.into_iter().filter(|line| line.starts_with(beginning)).collect();
        assert_eq!(found.len(), 1, "{beginning}: {:?}", self.block);
        found[0]
    }

    /// Under which URL it says it is, without the slash.
    pub fn origin(&self) -> &str {
        self.line("http").strip_suffix('/').expect("the page's URL")
    }

    /// The printed key that begins so.
    pub fn key(&self, beginning: &str) -> String {
        let text = self.block.join("\n");
        let from = text.find(beginning).unwrap_or_else(|| panic!("no {beginning} in {text}"));
        let is_in_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text[from..].chars().take_while(|&c| is_in_key(c)).collect()
    }

    /// A client with the printed key that begins so.
    pub fn api(&self, beginning: &str) -> Api {
        Api::new(self.origin(), &self.key(beginning))
    }

    /// Tells it to stop, as Ctrl-C does.
    pub fn stop(self) -> Ended {
        kill(self.pid, Signal::SIGINT).expect("a running demo");
        self.wait()
    }

    /// Waits until it ends.
    pub fn wait(mut self) -> Ended {
        let (status, log) = self.ended.recv_timeout(PATIENCE).expect("it ends");
        self.is_running = false;
        Ended { status, said: self.lines.try_iter().collect(), log }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if self.is_running {
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = self.ended.recv_timeout(PATIENCE);
        }
    }
}

/// A line pasted into a shell, on a machine without proxies.
pub fn pasted(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).stdin(Stdio::null());
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command
}
