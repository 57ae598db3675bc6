//! A world of its own for each test: a key prefix, accounts, replicas.

use std::{collections::BTreeMap, sync::Arc};

use clap::Parser;
use rankora::{
    app::App,
    clock::Clock,
    config::{Cli, Command, ServeArgs},
    domain::{
        api_key::KeyKind,
        ids::{AccountId, LeaderboardId},
        leaderboard::{Policy, ScoreFormat, Settings, SortOrder},
        name::{Label, LeaderboardName},
        score_display::ScoreDisplay,
    },
    serve,
    store::{BoardKeys, Keys},
};
use redis::AsyncCommands;

use super::{api::Api, connection::Connection, process::Rankora, redis::Server, topology::shared::shared};

/// Keys, and the pairs that each holds.
pub type Stored = BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>;

/// Accounts and replicas on one Redis that no other test sees.
pub struct World {
    /// How Rankora reaches Redis.
    url: String,
    /// How the test itself does.
    own_url: String,
    prefix: String,
    clock: Clock,
    options: Vec<String>,
}

/// A replica in this process, on a port of its own.
pub struct Replica {
    inner: serve::Replica,
}

/// An account with a management key.
#[derive(Clone)]
pub struct Account {
    pub id: AccountId,
    pub management: String,
}

/// A leaderboard with a key of each kind.
#[derive(Clone)]
pub struct Board {
    pub id: LeaderboardId,
    pub account: Account,
    pub secret: String,
    pub publishable: String,
}

impl World {
    /// On the shared Redis.
    pub fn new() -> Self {
        Self { url: shared().url_of_rankora(), ..Self::at(shared().url()) }
    }

    /// On a Redis of the test's own.
    pub fn on(server: &Server) -> Self {
        Self::at(server.url())
    }

    /// On whatever this URL names.
    pub fn at(url: String) -> Self {
        let prefix = format!("t-{}", uuid::Uuid::new_v4().simple());
        let own_url = url.clone();
        Self { url, own_url, prefix, clock: Clock::System, options: Vec::new() }
    }

    /// With its replicas from now on at another address of the same Redis.
    pub fn through(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    /// With a clock that the test sets.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// With further options of `rankora serve` for the replicas from now on.
    pub fn with_options(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(|&option| option.to_owned()));
        self
    }

    /// With these plans in place of the built-in ones; `default` is the plan of [`Self::account`].
    pub fn with_plans(self, toml: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{}.toml", self.prefix));
        std::fs::write(&path, toml).expect("a plans file");
        let path = path.display().to_string();
        self.with_options(&["--plans-file", &path])
    }

    /// The prefix of all this world's keys.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The Redis it is on.
    pub fn redis_url(&self) -> &str {
        &self.url
    }

    /// The names of a leaderboard's keys in Redis.
    pub fn keys(&self, board: &Board) -> BoardKeys {
        Keys::new(&*self.prefix).account(board.account.id).leaderboard(board.id)
    }

    /// The same for one that no [`Board`] stands for.
    pub fn keys_of(&self, account: AccountId, board: LeaderboardId) -> BoardKeys {
        Keys::new(&*self.prefix).account(account).leaderboard(board)
    }

    /// A connection to its Redis, for looking at it.
    pub async fn redis(&self) -> Connection {
        Connection::open(&self.own_url).await
    }

    /// The command line of a replica, without the program's name.
    pub fn command_line(&self) -> Vec<String> {
        let line =
            ["serve", "--listen", "127.0.0.1:0", "--redis-url", &self.url, "--key-prefix", &self.prefix];
        line.into_iter().map(str::to_owned).chain(self.options.iter().cloned()).collect()
    }

    /// The options of a replica.
    pub fn args(&self) -> ServeArgs {
        let line = ["rankora".to_owned()].into_iter().chain(self.command_line());
        match Cli::parse_from(line).command {
            Command::Serve(args) => args,
            other => panic!("not serve: {other:?}"),
        }
    }

    /// A replica in a process of its own, about to be started. Only a system clock reaches it.
    pub fn process(&self) -> Rankora {
        let process = Rankora::serve().args(&["--redis-url", &self.url, "--key-prefix", &self.prefix]);
        process.args(&self.options.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// `rankora admin …` in this world, about to be started.
    pub fn admin(&self, args: &[&str]) -> Rankora {
        let place = ["admin", "--redis-url", &self.url, "--key-prefix", &self.prefix];
        Rankora::new(&place).args(args)
    }

    /// All that it has in Redis but what is only counted for charts, which tasks add to in their own time.
    pub async fn stored(&self) -> Stored {
        let mut stored = self.stored_with_days().await;
        stored.retain(|key, _| {
            !key.ends_with(":days") && !key.ends_with(":key-uses") && !key.contains(":players:")
        });
        stored
    }

    /// All that it has in Redis, by key without the prefix: the fields of hashes, the members of sorted sets with their
    /// scores, texts with an empty name.
    pub async fn stored_with_days(&self) -> Stored {
        let mut redis = self.redis().await;
        let keys: Vec<String> = redis.keys(format!("{}:*", self.prefix)).await.expect("keys");
        let mut stored = Stored::new();
        for key in keys {
            let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut redis).await.expect("a type");
            let mut read = match kind.as_str() {
                "hash" => redis::cmd("HGETALL"),
                "zset" => redis::cmd("ZRANGE"),
                "set" => redis::cmd("SMEMBERS"),
                _ => redis::cmd("MGET"),
            };
            read.arg(&key);
            if kind == "zset" {
                read.arg(0).arg(-1).arg("WITHSCORES");
            }
            let values: Vec<Vec<u8>> = read.query_async(&mut redis).await.expect("values");
            let pairs = match kind.as_str() {
                "hash" | "zset" => values.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
                _ => values.into_iter().map(|value| (Vec::new(), value)).collect(),
            };
            stored.insert(key[self.prefix.len() + 1..].to_owned(), pairs);
        }
        stored
    }

    /// Starts a replica and waits until Redis is ready for it.
    pub async fn replica(&self) -> Replica {
        let replica = self.unready_replica().await;
        replica.inner.core().wait_until_ready(super::PATIENCE).await.expect("a Redis that is ready");
        replica
    }

    /// Starts a replica without waiting for Redis.
    pub async fn unready_replica(&self) -> Replica {
        let inner = serve::Replica::start(&self.args(), self.clock.clone(), None).await;
        Replica { inner: inner.expect("a replica") }
    }
}

impl Replica {
    /// The use cases.
    pub fn app(&self) -> &App {
        &self.inner.core().app
    }

    /// The same for tasks.
    pub fn shared_app(&self) -> Arc<App> {
        self.inner.core().app.clone()
    }

    /// `http://…` without a path.
    pub fn origin(&self) -> String {
        format!("http://{}", self.inner.address())
    }

    /// A client with this key.
    pub fn api(&self, key: &str) -> Api {
        Api::new(&self.origin(), key)
    }

    /// A new account on a plan.
    pub async fn account(&self, plan: &str) -> Account {
        let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
        let account = self.app().create_account(&email, Some(plan)).await.expect("an account");
        let label = Label::parse("test").expect("a label");
        let (key, _) = self.app().create_account_key(account.id, label).await.expect("a management key");
        Account { id: account.id, management: key.expose().to_owned() }
    }

    /// A new leaderboard of an account.
    pub async fn board_of(&self, account: &Account, order: SortOrder, policy: Policy) -> Board {
        let app = self.app();
        let settings = Settings {
            name: LeaderboardName::parse("Test board").expect("a name"),
            sort_order: order,
            score_format: ScoreFormat::Number,
            display: ScoreDisplay::default(),
            policy,
        };
        let stored = app.account(account.id).await.expect("an account");
        let board =
            app.create_leaderboard(account.id, &app.plan_of(&stored), &settings).await.expect("a board");
        let key = async |kind| {
            let label = Label::parse("test").expect("a label");
            let (key, _) =
                app.create_leaderboard_key(account.id, board.id, kind, label).await.expect("a key");
            key.expose().to_owned()
        };
        Board {
            id: board.id,
            account: account.clone(),
            secret: key(KeyKind::Secret).await,
            publishable: key(KeyKind::Publishable).await,
        }
    }

    /// A new leaderboard of a new account on a plan: descending, latest.
    pub async fn board(&self, plan: &str) -> Board {
        self.board_of(&self.account(plan).await, SortOrder::Desc, Policy::Latest).await
    }

    /// Ends it in order.
    pub async fn stop(self) {
        self.inner.stop().await;
    }
}
