//! The command line and its environment twins. `--help` is the reference.

mod values;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::{admin::AdminCommand, domain::public_url, mail::SmtpUrl};
pub use values::{KeyPrefix, RedisUrl};
use values::{network, socket_address};

/// Online leaderboards over HTTP and Server-Sent Events, on Redis.
#[derive(Debug, Parser)]
#[command(name = "rankora", version, about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API.
    Serve(ServeArgs),
    /// Serve with a demo leaderboard whose players keep submitting.
    Demo(ServeArgs),
    /// Manage accounts, leaderboards and keys.
    Admin {
        /// Where the data is.
        #[command(flatten)]
        store: StoreArgs,
        /// What to do there.
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Ask a running server whether it is ready; for containers.
    Healthcheck {
        /// The server's address.
        #[arg(long, env = "RANKORA_LISTEN", default_value = "127.0.0.1:8080", value_parser = socket_address)]
        listen: SocketAddr,
    },
}

impl Command {
    /// What is logged where nothing else is asked for. The terminal of `demo` and `admin` is for what they print.
    pub fn default_log(&self) -> &'static str {
        match self {
            Self::Admin { .. } => "error",
            Self::Demo(_) => "warn",
            Self::Serve(_) | Self::Healthcheck { .. } => "info",
        }
    }
}

/// How to log.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// What to log, as a filter: info, or rankora=debug,warn. [default: info; of the demo, warn; of admin
    /// commands, error]
    #[arg(long, global = true, env = "RANKORA_LOG")]
    pub log: Option<String>,
    /// How a line looks.
    #[arg(long, global = true, env = "RANKORA_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Where the data is, and what accounts may do with it.
#[derive(Clone, Debug, Args)]
pub struct StoreArgs {
    /// Redis: redis://, rediss:// or redis+unix:// for one server; redis+sentinel://host,host,host/name for the
    /// primary that sentinels know by this name; redis+cluster://host,host for a cluster; rediss+… for these with
    /// TLS. User and password stand in front of the hosts, those of sentinels behind, as
    /// ?sentinel_username=…&sentinel_password=…. Without it, a private redis-server is started on the data directory.
    #[arg(long, env = "RANKORA_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<RedisUrl>,
    /// Certificates of the authority to trust with Redis, as a PEM file, in place of the public ones.
    #[arg(long, env = "RANKORA_REDIS_CA_FILE")]
    pub redis_ca_file: Option<PathBuf>,
    /// The certificate to show Redis, as a PEM file.
    #[arg(long, env = "RANKORA_REDIS_CERT_FILE", requires = "redis_key_file")]
    pub redis_cert_file: Option<PathBuf>,
    /// The key of that certificate, as a PEM file.
    #[arg(long, env = "RANKORA_REDIS_KEY_FILE", requires = "redis_cert_file")]
    pub redis_key_file: Option<PathBuf>,
    /// Where the private redis-server keeps its data.
    #[arg(long, env = "RANKORA_DATA_DIR", default_value = "rankora-data")]
    pub data_dir: PathBuf,
    /// What all keys and channels in Redis begin with.
    #[arg(long, env = "RANKORA_KEY_PREFIX", default_value = "rankora")]
    pub key_prefix: KeyPrefix,
    /// Plans, as a TOML file that replaces the built-in ones.
    #[arg(long, env = "RANKORA_PLANS_FILE")]
    pub plans_file: Option<PathBuf>,
    /// The plan of new accounts.
    #[arg(long, env = "RANKORA_DEFAULT_PLAN", default_value = "unlimited")]
    pub default_plan: String,
    /// Connections to Redis that all requests share.
    #[arg(long, env = "RANKORA_REDIS_CONNECTIONS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub redis_connections: u16,
    /// Milliseconds after which Redis is not waited for any more.
    #[arg(long, env = "RANKORA_REDIS_DEADLINE_MS", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(50..=60_000))]
    pub redis_deadline_ms: u32,
    /// Redis replicas that must have a write before it is acknowledged. With the number of all replicas, no
    /// acknowledged write is lost while one of them survives.
    #[arg(long, env = "RANKORA_WRITE_REPLICAS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=16))]
    pub write_replicas: u16,
    /// Milliseconds that a write waits for those replicas; then its answer is 503 not_confirmed.
    #[arg(long, env = "RANKORA_WRITE_REPLICAS_MS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=30_000))]
    pub write_replicas_ms: u32,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignUp {
    /// Nobody but the operator.
    Closed,
    /// Who has an invitation.
    Invite,
    /// Everybody.
    Open,
}

/// How to serve.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The address to serve on.
    #[arg(long, env = "RANKORA_LISTEN", default_value = "127.0.0.1:8080", value_parser = socket_address)]
    pub listen: SocketAddr,
    /// The address to serve Prometheus metrics on; none where left out.
    #[arg(long, env = "RANKORA_METRICS_LISTEN", value_parser = socket_address)]
    pub metrics_listen: Option<SocketAddr>,
    /// The URL under which clients reach this server, where that isn't the address it serves on.
    #[arg(long, env = "RANKORA_PUBLIC_URL", value_parser = public_url::parse)]
    pub public_url: Option<String>,
    /// Who may make an account on the dashboard: nobody but the operator, who has an invitation, or everybody.
    #[arg(long, env = "RANKORA_SIGN_UP", value_enum, default_value_t = SignUp::Closed)]
    pub sign_up: SignUp,
    /// The server that takes messages to owners: smtps://user:password@host, smtp://user:password@host?tls=required for
    /// STARTTLS, or smtp://host without TLS. Without it no messages are sent, and lost passwords are replaced by
    /// admin commands.
    #[arg(
        long,
        env = "RANKORA_SMTP_URL",
        hide_env_values = true,
        requires = "mail_from",
        requires = "public_url"
    )]
    pub smtp_url: Option<SmtpUrl>,
    /// Certificates of the authority to trust with that server, as a PEM file, in place of the public ones.
    #[arg(long, env = "RANKORA_SMTP_CA_FILE", requires = "smtp_url")]
    pub smtp_ca_file: Option<PathBuf>,
    /// Whom messages are from: scores@example.org, or 'Scores <scores@example.org>'.
    #[arg(long, env = "RANKORA_MAIL_FROM", requires = "smtp_url")]
    pub mail_from: Option<String>,
    /// Addresses and networks of proxies whose X-Forwarded-For is believed, separated by commas.
    #[arg(long, env = "RANKORA_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Milliseconds between failing readiness and refusing connections at shutdown, for load balancers to notice.
    #[arg(long, env = "RANKORA_DRAIN_DELAY_MS", default_value_t = 0)]
    pub drain_delay_ms: u64,
    /// Milliseconds that requests under way may take to finish at shutdown.
    #[arg(long, env = "RANKORA_DRAIN_MS", default_value_t = 10_000)]
    pub drain_ms: u64,
    /// Milliseconds that a client may take to send a request's head, then as many for its body, and then as many to
    /// ask again before its connection is closed.
    #[arg(long, env = "RANKORA_HEADER_DEADLINE_MS", default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(100..))]
    pub header_deadline_ms: u64,
    /// Milliseconds that a client may take nothing of what it is sent, streams included, before it is cut off.
    #[arg(long, env = "RANKORA_WRITE_DEADLINE_MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub write_deadline_ms: u64,
    /// Bytes that a request's head may have, its URL included; more is answered with 431.
    #[arg(long, env = "RANKORA_MAX_HEADER_BYTES", default_value_t = 16 * 1024, value_parser = clap::value_parser!(u32).range(8192..=1_048_576))]
    pub max_header_bytes: u32,
    /// Connections that clients may hold open; more are answered with 503 and closed. Never more than the limit of
    /// open files leaves room for. [default: 20000]
    #[arg(long, env = "RANKORA_MAX_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
    /// Connections that one client address may hold open, of IPv6 one /64; more are answered with 429 and closed.
    /// Trusted proxies may hold any number, and 0 lets everybody.
    #[arg(long, env = "RANKORA_MAX_CONNECTIONS_PER_ADDRESS", default_value_t = 2000)]
    pub max_connections_per_address: u32,
}

/// Where this machine itself reaches what listens on an address: one that means all of them is reached on the
/// loopback.
pub fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
