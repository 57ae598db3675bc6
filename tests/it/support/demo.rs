//! `rankora demo` as a stranger sees it: a process, and what it prints.

use std::{
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use nix::sys::signal::Signal;

use super::{
    api::Api,
    eventually,
    process::{Process, Rankora},
    world::World,
};

/// A running demo.
pub struct Demo {
    process: Process,
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
    pub async fn start_in(data_dir: &Path, more: &[&str]) -> Self {
        let data_dir = data_dir.to_str().expect("a path in UTF-8");
        let mut arguments = vec!["--data-dir", data_dir];
        if !more.contains(&"--listen") {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        arguments.extend(more);
        Self::start(&arguments).await
    }

    /// Starts one on the Redis of this world.
    pub async fn start_on(world: &World) -> Self {
        let on = ["--redis-url", world.redis_url(), "--key-prefix", world.prefix()];
        Self::start(&[&["--listen", "127.0.0.1:0"], &on[..]].concat()).await
    }

    async fn start(arguments: &[&str]) -> Self {
        let process = Rankora::new(&["demo"]).args(arguments).start();
        let block = eventually("a demo", async || {
            let runs = process.is_running();
            let mut block = printed(&process);
            let last = block.iter().position(|line| line.contains("Ctrl-C"));
            assert!(last.is_some() || runs, "no demo: {block:?} {}", process.log());
            block.truncate(last? + 1);
            Some(block)
        });
        let block = block.await;
        Self { block, process }
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
    pub async fn stop(self) -> Ended {
        self.process.signal(Signal::SIGINT);
        self.wait().await
    }

    /// Waits until it ends.
    pub async fn wait(self) -> Ended {
        let status = self.process.ended().await;
        let said = printed(&self.process).split_off(self.block.len());
        Ended { status, said, log: self.process.log() }
    }
}

fn printed(process: &Process) -> Vec<String> {
    process.output().lines().map(str::to_owned).collect()
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
