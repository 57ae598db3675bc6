//! The log: lines on stderr, for people or for programs.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{IsTerminal, stderr},
    panic::PanicHookInfo,
};

use anyhow::Context;
use tracing::error;
use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    config::{LogArgs, LogFormat},
    http::request_span,
};

/// Begins to log, for the whole process. `default` is the filter where the arguments have none.
///
/// # Errors
/// Where the filter can't be understood.
pub fn to_stderr(args: &LogArgs, default: &str) -> anyhow::Result<()> {
    let filter = args.log.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(filter).with_context(|| format!("the log filter {filter:?}"))?;
    let log = fmt().with_env_filter(filter).with_writer(stderr).with_target(false);
    match args.log_format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// A panic is a line like others, with the request's id where it belongs to one.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(|text| &**text));
    let location = panic.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    request_span().in_scope(|| {
        error!(panic = message.unwrap_or("not a string"), location, backtrace, "panicked");
    });
}
