//! Processes that die with the tests, however they end.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::{Mutex, mpsc},
    thread,
};

use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
    },
    unistd::Pid,
};

/// A process of the tests' own; it ends where this is dropped.
pub struct Child {
    pid: Pid,
    /// Closed once the process has ended.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Child {
    /// Starts it, without anything to read from or to write to.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: prctl only makes a system call.
        unsafe {
            command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?));
        }
        let (started, start) = mpsc::channel();
        let (ending, ended) = mpsc::channel();
        // The kernel ties the child to the thread that made it, so that thread stays.
        thread::spawn(move || {
            let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
            started.send(Pid::from_raw(child.id().cast_signed())).expect("somebody waits");
            child.wait().expect("a child to wait for");
            drop::<mpsc::Sender<()>>(ending);
        });
        Self { pid: start.recv().expect("it starts"), ended: Mutex::new(ended) }
    }

    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("a running process");
    }

    /// Whether it hasn't ended yet.
    pub fn is_running(&self) -> bool {
        self.ended.lock().expect("its end").try_recv() == Err(mpsc::TryRecvError::Empty)
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(&self) {
        if self.is_running() {
            let _ = kill(self.pid, Signal::SIGKILL);
            self.wait();
        }
    }

    /// Waits for its end.
    pub fn wait(&self) {
        let _ = self.ended.lock().expect("its end").recv();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // An ended one's number may be somebody else's by now.
        self.kill();
    }
}
