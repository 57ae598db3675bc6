//! The `rankora` program: subcommands, logs and signals. All else is in the library.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rankora::{
    admin,
    clock::Clock,
    config::{Cli, Command, LogArgs, LogFormat, StoreArgs},
    demo,
    http::Recorder,
    serve::{Core, Replica},
    store::embedded::Embedded,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;
use tracing_subscriber::{EnvFilter, fmt};

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = run(cli) {
        eprintln!("rankora: {error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(cli: Cli) -> anyhow::Result<()> {
    log_to_stderr(&cli.log)?;
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("TLS can't be set up");
    }
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.command {
        Command::Serve(args) => runtime.block_on(async {
            let recorder = Recorder::install()?;
            let replica = Replica::start(&args, Clock::System, Some(recorder)).await?;
            told_to_stop().await?;
            replica.stop().await;
            Ok(())
        }),
        Command::Demo(args) => runtime.block_on(async {
            let recorder = Recorder::install()?;
            demo::run(&args, recorder, told_to_stop()).await
        }),
        Command::Admin { store, command } => runtime.block_on(administer(store, command)),
        Command::Healthcheck { listen } => check_health(listen),
    }
}

fn log_to_stderr(args: &LogArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log).with_context(|| format!("the log filter {:?}", args.log))?;
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

/// A stream is an open file. The soft limit is often 1024, for programs that use select(2); this one doesn't.
fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        warn!(%error, "the limit of open files could not be raised");
    }
}

/// Returns at SIGTERM or Ctrl-C.
async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn administer(mut args: StoreArgs, command: admin::AdminCommand) -> anyhow::Result<()> {
    if args.redis_url.is_none() {
        // A server that is running on the directory is used, not fought with.
        args.redis_url = Embedded::running(&args.data_dir).map(|url| url.parse()).transpose()?;
    }
    let core = Core::start(&args, Clock::System).await?;
    let result = match core.wait_until_ready(Duration::from_secs(10)).await {
        Ok(()) => admin::run(&core.app, command).await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    core.stop().await;
    println!("{}", result?);
    Ok(())
}

/// Asks `/readyz`; an address that means all of them is asked on the loopback.
fn check_health(listen: SocketAddr) -> anyhow::Result<()> {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let patience = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(ip, listen.port()), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).unwrap_or("none");
    anyhow::ensure!(status == "200", "not ready: {}", answer.lines().last().unwrap_or_default());
    Ok(())
}
