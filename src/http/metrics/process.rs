//! The process as the kernel sees it, under the names that all Prometheus clients give it.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};

use super::exposition::Exposition;

/// Writes what can be told here; some of it is Linux' alone.
pub(super) fn write(started: SystemTime, text: &mut Exposition) {
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
        let seconds = [usage.user_time(), usage.system_time()]
            .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
        let help = "CPU time of the process, user and system";
        text.value("process_cpu_seconds_total", "counter", help, seconds.iter().sum());
    }
    // /proc is Linux'; elsewhere these are left out.
    if let Some(kilobytes) = resident_kilobytes() {
        text.value("process_resident_memory_bytes", "gauge", "Memory of the process", kilobytes * 1024.0);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is the look itself.
        let open = open.count().saturating_sub(1);
        text.value("process_open_fds", "gauge", "Open files and sockets of the process", open as f64);
    }
    if let Ok((most, _)) = getrlimit(Resource::RLIMIT_NOFILE) {
        text.value("process_max_fds", "gauge", "Files and sockets that the process may open", most as f64);
    }
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    text.value("process_start_time_seconds", "gauge", "When the process started, unix seconds", started);
}

fn resident_kilobytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}
