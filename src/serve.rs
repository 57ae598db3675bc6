//! A replica from its configuration to its end.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    app::{App, AppOptions},
    clock::Clock,
    config::{ServeArgs, SignUp, StoreArgs, reachable},
    domain::plan::Plans,
    http::{self, Connections, Dashboard, Landing, Limits, Readiness, Recorder, Room, TrustedProxies},
    mail::Mail,
    store::{
        Confirmation, ConnectionOptions, Health, Keys, PrivateKey, Store, Tls,
        embedded::{Embedded, EmbeddedError, Joined},
    },
};

/// The use cases, with the store and the background work beneath them.
pub struct Core {
    /// The use cases.
    pub app: Arc<App>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Ends last: until then, what is held is given back.
    store_tasks: TaskTracker,
    store_stop: CancellationToken,
    private: Option<Joined>,
}

/// The certificates that the options name.
fn tls(args: &StoreArgs) -> anyhow::Result<Tls> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("reading {}", path.display()));
    let authority = args.redis_ca_file.as_deref().map(read).transpose()?;
    let identity = match (&args.redis_cert_file, &args.redis_key_file) {
        (Some(chain), Some(key)) => Some((read(chain)?.into(), PrivateKey::new(&read(key)?))),
        _ => None,
    };
    Ok(Tls { authority: authority.map(Into::into), identity })
}

impl Core {
    /// Connects, or starts a private redis-server to connect to.
    pub async fn start(args: &StoreArgs, clock: Clock) -> anyhow::Result<Self> {
        Self::with(args, clock, |data_dir| Embedded::start(data_dir).map(Joined::Own)).await
    }

    /// Connects, to the private redis-server of another process too; where there is none, starts one.
    pub async fn join(args: &StoreArgs, clock: Clock) -> anyhow::Result<Self> {
        Self::with(args, clock, Embedded::join).await
    }

    async fn with(
        args: &StoreArgs,
        clock: Clock,
        private: fn(&Path) -> Result<Joined, EmbeddedError>,
    ) -> anyhow::Result<Self> {
        let plans = match &args.plans_file {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                Plans::from_toml(&text).with_context(|| format!("in {}", path.display()))?
            }
            None => Plans::built_in(),
        };
        let default_plan = plans.get(&args.default_plan).cloned().with_context(|| {
            let names = plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>().join(", ");
            format!("there is no plan {:?}; name one of {names} with --default-plan", args.default_plan)
        })?;
        let (url, private) = match &args.redis_url {
            Some(url) => (url.expose().to_owned(), None),
            None => {
                let data_dir = args.data_dir.clone();
                let private = tokio::task::spawn_blocking(move || private(&data_dir)).await??;
                let url = match &private {
                    Joined::Own(embedded) => embedded.url(),
                    Joined::Other(home) => home.url(),
                };
                info!(data_dir = %args.data_dir.display(), "on a private redis-server");
                (url, Some(private))
            }
        };
        let within = Duration::from_millis(u64::from(args.write_replicas_ms));
        let replicas = args.write_replicas;
        let options = ConnectionOptions {
            url,
            tls: tls(args)?,
            connections: usize::from(args.redis_connections),
            deadline: Duration::from_millis(u64::from(args.redis_deadline_ms)),
            confirmation: (replicas > 0).then_some(Confirmation { replicas, within }),
        };
        let (store_tasks, store_stop) = (TaskTracker::new(), CancellationToken::new());
        let keys = Keys::new(args.key_prefix.as_str());
        let store = Store::open(&options, keys, clock.clone(), &store_tasks, &store_stop)
            .context("the Redis URL can't be used")?;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let app = App::start(Arc::new(store), clock, AppOptions { plans, default_plan }, &tasks, &stop);
        Ok(Self { app, tasks, stop, store_tasks, store_stop, private })
    }

    /// Waits until Redis can be used. However long it loads its data, that is waited for.
    ///
    /// # Errors
    /// What is wrong with it, where that takes longer than `patience`.
    pub async fn wait_until_ready(&self, patience: Duration) -> anyhow::Result<()> {
        let mut health = self.app.watch_health();
        while tokio::time::timeout(patience, health.wait_for(Health::is_ready)).await.is_err() {
            let health = self.app.health();
            anyhow::ensure!(health == Health::Loading, "{health}");
        }
        Ok(())
    }

    /// Returns when a private redis-server can't be kept running.
    async fn failed(&self) -> EmbeddedError {
        match &self.private {
            Some(Joined::Own(embedded)) => embedded.failed().await,
            _ => std::future::pending().await,
        }
    }

    /// Gives back what is held and ends; the private redis-server last.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.app.give_back().await;
        self.store_stop.cancel();
        self.store_tasks.close();
        self.store_tasks.wait().await;
        if let Some(private) = self.private {
            // Ending it blocks.
            let ended = tokio::task::spawn_blocking(move || drop(private)).await;
            if ended.is_err() {
                warn!("the private redis-server could not be ended");
            }
        }
    }
}

/// Binds an address, before anything else is started: an address that is taken shows at once.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))
}

/// The page on which the first account is made, once Redis is ready; `None` where there are accounts already.
pub async fn setup_url(
    app: &App,
    address: SocketAddr,
    public_url: Option<&str>,
) -> anyhow::Result<Option<String>> {
    app.watch_health().wait_for(Health::is_ready).await.context("waiting for Redis")?;
    let origin = match public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(address)),
    };
    let link = app.offer_setup().await?;
    Ok(link.map(|link| format!("{origin}/sign-up?link={}", link.expose())))
}

/// Open files that are not connections of clients: those to Redis, the log, and what the system needs.
const OTHER_FILES: u64 = 200;
/// Connections of clients where nobody says how many.
const CONNECTIONS: usize = 20_000;

/// What clients may take up.
fn limits(args: &ServeArgs) -> anyhow::Result<Limits> {
    let (files, _) = getrlimit(Resource::RLIMIT_NOFILE).context("reading the limit of open files")?;
    let most = usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(usize::MAX);
    let wanted = args.max_connections.map(|wanted| wanted as usize);
    if let Some(wanted) = wanted.filter(|wanted| *wanted > most) {
        warn!(
            wanted,
            connections = most,
            open_files = files,
            "the limit of open files leaves no room for so many"
        );
    }
    let per_address = args.max_connections_per_address as usize;
    Ok(Limits {
        room: Room {
            in_all: wanted.unwrap_or(CONNECTIONS).min(most),
            per_address: (per_address > 0).then_some(per_address),
        },
        header_deadline: Duration::from_millis(args.header_deadline_ms),
        write_deadline: Duration::from_millis(args.write_deadline_ms),
        header_bytes: args.max_header_bytes,
    })
}

/// Who takes messages to owners.
fn mail(args: &ServeArgs) -> anyhow::Result<Option<Mail>> {
    let (Some(url), Some(from), Some(public_url)) = (&args.smtp_url, &args.mail_from, &args.public_url)
    else {
        return Ok(None);
    };
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("reading {}", path.display()));
    let authority = args.smtp_ca_file.as_deref().map(read).transpose()?;
    let mail = Mail::new(url, from, public_url, authority.as_deref());
    mail.map(Some).context("messages can't be sent with --smtp-url and --mail-from")
}

/// A running replica.
pub struct Replica {
    core: Core,
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    readiness: Readiness,
    stop_serving: CancellationToken,
    serving: JoinHandle<()>,
    stop_metrics: CancellationToken,
    delay: Duration,
}

impl Replica {
    /// Binds, connects and serves. Redis may still be away when this returns: then requests get 503 until it is there.
    pub async fn start(args: &ServeArgs, clock: Clock, recorder: Option<Recorder>) -> anyhow::Result<Self> {
        let listener = listen(args.listen).await?;
        let core = Core::start(&args.store, clock).await?;
        let landing = Landing::Home { public_url: args.public_url.clone() };
        Self::serve(core, listener, args, recorder, landing).await
    }

    /// Serves with what has been started.
    pub async fn serve(
        core: Core,
        listener: TcpListener,
        args: &ServeArgs,
        recorder: Option<Recorder>,
        landing: Landing,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let mail = mail(args)?.map(Arc::new);
        let readiness = Readiness::default();
        let options = Connections {
            listener: "api",
            proxies: TrustedProxies::new(args.trusted_proxies.clone()),
            limits: limits(args)?,
            drain: Duration::from_millis(args.drain_ms),
        };
        let stop_metrics = CancellationToken::new();
        let mut metrics_address = None;
        if let Some(recorder) = recorder {
            if let Some(address) = args.metrics_listen {
                let listener = listen(address).await?;
                let address = listener.local_addr()?;
                metrics_address = Some(address);
                info!(%address, "serving metrics");
                let router = http::metrics_router(recorder.clone(), core.app.clone());
                let options = Connections { listener: "metrics", ..options.clone() };
                core.tasks.spawn(http::serve(listener, router, options, stop_metrics.clone()));
            }
            // What is counted piles up whether anybody may ask for it or not.
            core.tasks.spawn(recorder.keep(stop_metrics.clone()));
        }
        let stop_serving = CancellationToken::new();
        let body_deadline = options.limits.header_deadline;
        let sign_up = match args.sign_up {
            SignUp::Closed => http::SignUp::Closed,
            SignUp::Invite => http::SignUp::Invite,
            SignUp::Open => http::SignUp::Open,
        };
        let dashboard = Dashboard::new(args.public_url.as_deref(), sign_up, mail);
        let router = http::router(core.app.clone(), readiness.clone(), landing, dashboard, body_deadline);
        let serving = tokio::spawn(http::serve(listener, router, options, stop_serving.clone()));
        info!(%address, "serving");
        let delay = Duration::from_millis(args.drain_delay_ms);
        Ok(Self { core, address, metrics_address, readiness, stop_serving, serving, stop_metrics, delay })
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves metrics.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The use cases and what is beneath them.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Serves until `stop`, or until its private redis-server can't be kept running; then ends in order.
    ///
    /// # Errors
    /// What `stop` says, or what became of redis-server.
    pub async fn run_until(self, stop: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let result = tokio::select! {
            told = stop => told,
            failure = self.core.failed() => Err(failure.into()),
        };
        self.stop().await;
        result
    }

    /// Ends in order: readiness fails, streams end, what is under way finishes, and what is held goes back.
    pub async fn stop(self) {
        info!("shutting down");
        self.readiness.drain();
        sleep(self.delay).await;
        self.core.app.close_streams();
        self.stop_serving.cancel();
        if self.serving.await.is_err() {
            warn!("the accept loop panicked");
        }
        self.stop_metrics.cancel();
        self.core.stop().await;
        info!("stopped");
    }
}
