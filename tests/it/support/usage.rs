//! What a process uses, as the kernel counts it.

use std::{fs, time::Duration};

use nix::unistd::Pid;

/// CPU time that a running process has used.
pub fn cpu_time(pid: Pid) -> Duration {
    ticks(&format!("/proc/{pid}/stat"))
}

/// The same of one of this process' threads.
pub fn cpu_time_of_thread(number: Pid) -> Duration {
    ticks(&format!("/proc/self/task/{number}/stat"))
}

fn ticks(path: &str) -> Duration {
    let stat = fs::read_to_string(path).expect("it runs");
    // Behind the name, which may have spaces: the 12th and 13th field, in ticks of 10 ms.
    let fields = stat.rsplit_once(") ").expect("a name").1.split(' ');
    let ticks: u64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

/// Its memory in bytes, as far as it lies in RAM; `None` once it has ended.
pub fn memory(pid: Pid) -> Option<u64> {
    status_bytes(pid, "VmRSS:")
}

/// The most that its memory has been; `None` once it has ended.
pub fn peak_memory(pid: Pid) -> Option<u64> {
    status_bytes(pid, "VmHWM:")
}

fn status_bytes(pid: Pid, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024)
}

/// Calls by which it has written several pieces at once, as messages of streams are.
pub fn gathered_writes(pid: Pid) -> u64 {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).expect("it runs");
    let count = io.lines().find_map(|line| line.strip_prefix("syscw: ")).expect("a count");
    count.parse().expect("a number")
}
