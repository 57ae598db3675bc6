//! The `rankora` program: subcommands, logs and signals. All else is in the library.

use std::{
    io::{ErrorKind, Read, Write, stdout},
    net::{SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rankora::{
    admin,
    clock::Clock,
    config::{Cli, Command, LogFormat, ServeArgs, StoreArgs, reachable},
    demo,
    http::Recorder,
    log,
    serve::{Core, Replica, setup_url},
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, warn};

/// A request makes some fifty small allocations; glibc's took a fifth of a cached page's CPU time. See
/// docs/performance.md for what was compared.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let serves = matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    let json = cli.log.log_format == LogFormat::Json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if serves && json {
                error!(error = format!("{failure:#}"), "ended");
            } else {
                eprintln!("rankora: {failure:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    log::to_stderr(&cli.log, cli.command.default_log())?;
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("TLS can't be set up");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = match cli.command {
        Command::Serve(args) => runtime.block_on(serve(&args)),
        Command::Demo(args) => runtime.block_on(async {
            raise_file_limit();
            let stop = told_to_stop()?;
            demo::run(&args, Recorder::install()?, stop).await
        }),
        Command::Admin { store, command } => runtime.block_on(administer(&store, command)),
        Command::Healthcheck { listen } => check_health(listen),
    };
    // Whoever was stopped while starting may still wait for a redis-server, which ends with the process.
    runtime.shutdown_background();
    result
}

async fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    raise_file_limit();
    let mut stop = std::pin::pin!(told_to_stop()?);
    let replica = tokio::select! {
        replica = Replica::start(args, Clock::System, Some(Recorder::install()?)) => replica?,
        told = &mut stop => return told,
    };
    let (app, address) = (replica.core().app.clone(), replica.address());
    let greeting = async {
        // Without it everything works but the first sign-in, for which there are admin commands too.
        match setup_url(&app, address, args.public_url.as_deref()).await {
            Ok(Some(url)) => _ = writeln!(stdout(), "Make the first account, once: {url}"),
            Ok(None) => {}
            Err(error) => warn!(error = format!("{error:#}"), "no link for the first account could be made"),
        }
        std::future::pending().await
    };
    let told = async {
        tokio::select! {
            told = stop => told,
            never = greeting => never,
        }
    };
    replica.run_until(told).await
}

/// Returns at SIGTERM or Ctrl-C, from now on. Whoever says it once more doesn't want to wait any longer: the process
/// ends at once.
fn told_to_stop() -> anyhow::Result<impl Future<Output = anyhow::Result<()>>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        either(&mut terminate, &mut interrupt).await;
        tokio::spawn(async move {
            let number = either(&mut terminate, &mut interrupt).await;
            warn!("told to stop once more: ending at once");
            std::process::exit(128 + number.as_raw_value());
        });
        Ok(())
    })
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> SignalKind {
    tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    }
}

/// Each stream is an open file, and the usual limit of 1,024 is there for programs that can't do with more.
fn raise_file_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        warn!(error = &error as &dyn std::error::Error, "the limit of open files can't be raised");
    }
}

async fn administer(args: &StoreArgs, command: admin::AdminCommand) -> anyhow::Result<()> {
    // A server that is running on the directory is used, not fought with.
    let core = Core::join(args, Clock::System).await?;
    let result = match core.wait_until_ready(Duration::from_secs(5)).await {
        Ok(()) => admin::run(&core.app, command).await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    core.stop().await;
    let Some(answer) = result? else { return Ok(()) };
    match writeln!(stdout(), "{answer}") {
        // Who reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing the answer"),
    }
}

/// Asks `/readyz`.
fn check_health(listen: SocketAddr) -> anyhow::Result<()> {
    let address = reachable(listen);
    let patience = Duration::from_secs(3);
    let mut answer = Vec::new();
    let mut ask = || {
        let mut stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.take(4096).read_to_end(&mut answer)
    };
    ask().with_context(|| format!("asking {address}"))?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).unwrap_or("none");
    anyhow::ensure!(status == "200", "not ready: {}", answer.lines().last().unwrap_or_default());
    Ok(())
}
