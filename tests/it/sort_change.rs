//! Changes of a leaderboard's sort order: at once where it is small, in the background where it is not, with reads
//! and writes going on, and over the death of whoever carries it out.

use nix::sys::signal::Signal;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rankora::{
    domain::leaderboard::{Policy, SortOrder},
    store::BoardKeys,
};
use redis::AsyncCommands;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    self,
    api::{Api, Reply},
    connection::Connection,
    eventually, load,
    model::{Entry, Listed, Model, Player, Submitted},
    redis::Server,
    world::{Board, World},
};

/// More than is done at once.
const LARGE: usize = 4_000;

/// A descending board that is full from the start, with its model.
struct Stage {
    board: Board,
    keys: BoardKeys,
    model: Model,
    players: Vec<Player>,
    redis: Connection,
}

impl Stage {
    async fn set(world: &World, board: Board, entries: usize) -> Self {
        let mut model = Model::new(SortOrder::Desc, Policy::Latest);
        let players = load::players(entries);
        load::fill(world, &board, &players, "").await;
        model.extend(players.iter().cloned());
        Self { keys: world.keys(&board), board, model, players, redis: world.redis().await }
    }

    /// Keeps all replicas from carrying the change out, as if another one were at it.
    async fn hold(&mut self) {
        let fields = [("runner", "somebody else"), ("lapses", "9007199254740991")];
        let () = self.redis.hset_multiple(&self.keys.board, &fields).await.expect("a hash");
    }

    async fn release(&mut self) {
        let () = self.redis.hdel(&self.keys.board, &["runner", "lapses"]).await.expect("a hash");
    }

    async fn is_under_way(&mut self) -> bool {
        let head: Vec<u8> = self.redis.hget(&self.keys.board, "head").await.expect("a head");
        head.last() != Some(&b'-')
    }

    /// Waits until one who carries the change out has come to its middle.
    async fn wait_for_the_middle(&mut self) {
        loop {
            assert!(self.is_under_way().await, "the change was over before its middle was seen");
            let runner: Option<String> = self.redis.hget(&self.keys.board, "runner").await.expect("a hash");
            let built: usize = self.redis.zcard(&self.keys.pending).await.expect("a sorted set");
            if runner.is_some() && built > self.players.len() / 10 {
                return;
            }
        }
    }

    fn path(&self) -> String {
        format!("/leaderboards/{}", self.board.id)
    }

    async fn change(&self, management: &Api, order: SortOrder) -> Reply {
        management.patch(&self.path(), &json!({"sort_order": order.as_str()})).await
    }

    /// Waits for the switch, and compares the board with the model in the new order.
    async fn compare_after_switch(&mut self, management: &Api, api: &Api, order: SortOrder) {
        wait_for_switch(management, &self.path(), order).await;
        self.model.order = order;
        self.compare(api).await;
    }

    /// Compares the first pages, the last one and every fifth between.
    async fn compare(&self, api: &Api) {
        let own = api.get("/leaderboard").await.ok();
        let expected = (json!(self.model.order.as_str()), json!(self.model.len()));
        assert_eq!((own["sort_order"].clone(), own["total_entries"].clone()), expected);
        // Void what was read before the switch: it may stay in a cache for five seconds.
        let any = self.model.ranking()[0].clone();
        api.submit(any.id, &any.name, any.score).await.ok();
        let ranking: Vec<_> = self.model.ranking().into_iter().enumerate().collect();
        let last = ranking.len() / 50;
        let mut pages: JoinSet<(usize, Listed)> = JoinSet::new();
        for page in (0..=last).filter(|page| page % 5 == 0 || *page == 1 || *page == last) {
            let api = api.clone();
            let path = format!("/leaderboard/entries?limit=50&offset={}", page * 50);
            pages.spawn(async move { (page, Listed::of(&api.get(&path).await)) });
        }
        for (page, listed) in pages.join_all().await {
            let expected: Vec<_> = ranking
                .iter()
                .skip(page * 50)
                .take(50)
                .map(|(index, player)| (player.name.as_str(), player.score.to_bits(), index + 1))
                .collect();
            assert_eq!(listed.rows(), expected, "page {page}");
        }
    }
}

async fn wait_for_switch(management: &Api, path: &str, order: SortOrder) {
    let waiting = async {
        loop {
            let board = management.get(path).await.ok();
            if board["sort_order"] == order.as_str() && board["pending_sort_order"] == Value::Null {
                return;
            }
        }
    };
    tokio::time::timeout(support::PATIENCE, waiting).await.expect("the switch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_leaderboard_is_in_its_new_order_when_the_change_is_answered() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut stage = Stage::set(&world, board, 400).await;
    let management = replica.api(&stage.board.account.management);
    let api = replica.api(&stage.board.secret);
    for order in [SortOrder::Asc, SortOrder::Desc, SortOrder::Desc] {
        let answer = stage.change(&management, order).await.ok();
        assert_eq!(answer["sort_order"], order.as_str());
        assert_eq!(answer["pending_sort_order"], Value::Null);
        stage.model.order = order;
        stage.compare(&api).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_does_not_wait_for_the_end_of_another_accounts() {
    let redis = Server::start(&[]);
    let world = World::on(&redis);
    let replica = world.replica().await;
    let (large, small) = (replica.board("unlimited").await, replica.board("unlimited").await);
    let mut large = Stage::set(&world, large, 60_000).await;
    let small = Stage::set(&world, small, 1_000).await;
    let management = replica.api(&large.board.account.management);
    large.change(&management, SortOrder::Asc).await.ok();
    let other = replica.api(&small.board.account.management);
    small.change(&other, SortOrder::Asc).await.ok();
    wait_for_switch(&other, &small.path(), SortOrder::Asc).await;
    assert!(large.is_under_way().await, "the large one came first");
    wait_for_switch(&management, &large.path(), SortOrder::Asc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn until_the_switch_everything_shows_the_old_order() {
    let world = World::new();
    let replicas = [world.replica().await, world.replica().await];
    let board = replicas[0].board("unlimited").await;
    let mut stage = Stage::set(&world, board, 300).await;
    let management = replicas[0].api(&stage.board.account.management);
    let apis = [replicas[0].api(&stage.board.secret), replicas[1].api(&stage.board.secret)];
    stage.hold().await;
    let answer = stage.change(&management, SortOrder::Asc).await.ok();
    assert_eq!((&answer["sort_order"], &answer["pending_sort_order"]), (&json!("desc"), &json!("asc")));

    for order in [SortOrder::Asc, SortOrder::Desc] {
        stage.change(&management, order).await.is_error(409, "conflict", None);
    }
    let answer = management.patch(&stage.path(), &json!({"sort_order": "desc", "name": "Other"})).await;
    answer.is_error(409, "conflict", None);
    let answer = management.patch(&stage.path(), &json!({"name": "Renamed"})).await.ok();
    assert_eq!((&answer["name"], &answer["pending_sort_order"]), (&json!("Renamed"), &json!("asc")));

    let mut rng = StdRng::seed_from_u64(support::seed());
    for step in 0..200 {
        let api = &apis[step % 2];
        assert!(change_something(&mut rng, &mut stage, api).await.is_none_or(|outcome| outcome.old));
        // Each page once: what the other replica wrote, this one may show five seconds later.
        let page = format!("/leaderboard/entries?limit=20&offset={step}");
        stage.model.check_page(&Listed::of(&api.get(&page).await), None);
        let mirror = format!("{page}&order=asc");
        stage.model.check_page(&Listed::of(&api.get(&mirror).await), Some(SortOrder::Asc));
    }
    assert_eq!(apis[1].get("/leaderboard").await.ok()["sort_order"], "desc");

    stage.release().await;
    stage.compare_after_switch(&management, &apis[1], SortOrder::Asc).await;
    // And the same way back, so that the rule for ties is seen to survive both.
    stage.hold().await;
    stage.change(&management, SortOrder::Desc).await.ok();
    for step in 0..100 {
        assert!(
            change_something(&mut rng, &mut stage, &apis[step % 2]).await.is_none_or(|outcome| outcome.old)
        );
    }
    stage.release().await;
    stage.compare_after_switch(&management, &apis[0], SortOrder::Desc).await;
}

/// Whether a rank was the one in the model's order, and whether the one in the other.
struct Outcome {
    old: bool,
    new: bool,
}

/// Submits, deletes or reads, and changes the model alike; nothing where no rank was answered.
async fn change_something(rng: &mut StdRng, stage: &mut Stage, api: &Api) -> Option<Outcome> {
    let model = &mut stage.model;
    let known = stage.players.choose(rng).expect("players").clone();
    let (player, rank) = match rng.random_range(0..10) {
        0 => {
            let reply = api.delete(&format!("/leaderboard/entries/{}", known.id)).await;
            assert_eq!(reply.status == 200, model.delete(known.id), "{}", reply.text);
            return None;
        }
        1..=3 => {
            let reply = api.get(&format!("/leaderboard/entries/{}", known.id)).await;
            if model.rank(known.id).is_none() {
                reply.is_error(404, "not_found", None);
                return None;
            }
            (known.id, Entry::of(&reply).rank)
        }
        choice => {
            let (id, name) =
                if choice == 4 { (Uuid::new_v4(), "Newcomer") } else { (known.id, &*known.name) };
            // Some keep their score, and with it their place.
            let score = if choice == 5 { known.score } else { f64::from(rng.random_range(0..20)) };
            let answer = Submitted::of(&api.submit(id, name, score).await);
            let expected = model.submit(id, name, score).expect("a finite score");
            assert_eq!(answer.score, expected.score);
            assert_eq!(answer.previous_score, expected.previous_score);
            assert_eq!(answer.total_entries, expected.total_entries);
            (id, answer.rank)
        }
    };
    let other = model.order.reversed();
    let outcome =
        Outcome { old: model.rank(player) == Some(rank), new: model.rank_in(other, player) == Some(rank) };
    assert!(outcome.old || outcome.new, "rank {rank} is wrong in both orders");
    Some(outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_leaderboard_changes_its_order_with_reads_and_writes_going_on() {
    let world = World::new();
    let replicas = [world.replica().await, world.replica().await];
    let board = replicas[0].board("unlimited").await;
    let mut stage = Stage::set(&world, board, LARGE).await;
    let management = replicas[0].api(&stage.board.account.management);
    let apis = [replicas[0].api(&stage.board.secret), replicas[1].api(&stage.board.secret)];
    let mut rng = StdRng::seed_from_u64(support::seed());
    for order in [SortOrder::Asc, SortOrder::Desc] {
        let answer = stage.change(&management, order).await.ok();
        assert_eq!(answer["pending_sort_order"], order.as_str(), "it is too large to be done at once");
        let mut switched = false;
        let mut steps = 0;
        while stage.is_under_way().await {
            let outcome = change_something(&mut rng, &mut stage, &apis[steps % 2]).await;
            if let Some(Outcome { old, new }) = outcome {
                assert!(if switched { new } else { old || new }, "back in the old order");
                switched |= !old;
            }
            steps += 1;
        }
        assert!(steps > 10, "only {steps} steps while it went on");
        stage.compare_after_switch(&management, &apis[0], order).await;
    }
    // Nothing is left of it.
    eventually("the change is forgotten", || {
        let mut redis = stage.redis.clone();
        let jobs = format!("{}:sort-jobs", world.prefix());
        async move { (!redis.exists::<_, bool>(jobs).await.expect("an answer")).then_some(()) }
    })
    .await;
    let left: bool = stage.redis.exists(&stage.keys.pending).await.expect("an answer");
    assert!(!left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_that_is_reset_during_the_change_starts_anew_in_the_new_order() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut stage = Stage::set(&world, board, 2_000).await;
    let management = replica.api(&stage.board.account.management);
    let api = replica.api(&stage.board.secret);
    stage.hold().await;
    stage.change(&management, SortOrder::Asc).await.ok();
    // Written while it goes on, so that the new ranking has somebody too.
    api.submit(stage.players[0].id, "Player", -1.0).await.ok();
    let reset = management.post(&format!("{}/reset", stage.path()), &json!({})).await.ok();
    assert_eq!(reset["removed_entries"], 2_000);
    stage.model.reset();
    for (id, score) in [(1, 5.0), (2, 7.0), (3, 5.0)] {
        let (id, name) = (Uuid::from_u128(id), format!("Player {id}"));
        let answer = Submitted::of(&api.submit(id, &name, score).await);
        assert_eq!(Some(answer), stage.model.submit(id, &name, score), "still in the old order");
    }
    stage.release().await;
    stage.compare_after_switch(&management, &api, SortOrder::Asc).await;
    let usage = management.get("/usage").await.ok();
    assert_eq!(usage["currentEntries"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_that_is_deleted_during_the_change_leaves_nothing_behind() {
    let world = World::new();
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut stage = Stage::set(&world, board, 2_000).await;
    let management = replica.api(&stage.board.account.management);
    stage.hold().await;
    stage.change(&management, SortOrder::Asc).await.ok();
    replica.api(&stage.board.secret).submit(stage.players[0].id, "Player", -1.0).await.ok();
    management.delete(&stage.path()).await.ok();
    eventually("nothing is left", || {
        let mut redis = stage.redis.clone();
        let (board, jobs) = (stage.keys.board.clone(), format!("{}:sort-jobs", world.prefix()));
        async move {
            let left: Vec<String> =
                redis.keys(format!("{}*", board.replace(['{', '}'], "?"))).await.expect("keys");
            let noted: bool = redis.exists(jobs).await.expect("an answer");
            (left.is_empty() && !noted).then_some(())
        }
    })
    .await;
    let usage = management.get("/usage").await.ok();
    assert_eq!((&usage["currentEntries"], &usage["currentLeaderboards"]), (&json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_asked_for_the_moment_the_last_one_is_done_is_carried_out_too() {
    let world = World::new();
    let replicas = [world.replica().await, world.replica().await];
    let account = replicas[0].account("unlimited").await;
    let management = replicas[1].api(&account.management);
    let mut changes = JoinSet::new();
    for _ in 0..8 {
        let board = replicas[0].board_of(&account, SortOrder::Desc, Policy::Latest).await;
        let stage = Stage::set(&world, board, 1_200).await;
        let management = management.clone();
        changes.spawn(async move {
            stage.change(&management, SortOrder::Asc).await.ok();
            // Refused until the switch; the one that is not comes right behind it.
            while stage.change(&management, SortOrder::Desc).await.status == 409 {}
            wait_for_switch(&management, &stage.path(), SortOrder::Desc).await;
        });
    }
    changes.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_killed_in_the_middle_leaves_a_change_that_another_finishes() {
    let world = World::new();
    let doomed = world.process().start_ready().await;
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let (management, secret) = (board.account.management.clone(), board.secret.clone());
    let mut stage = Stage::set(&world, board, 30_000).await;
    // Only the doomed one is there to begin.
    replica.stop().await;
    stage.change(&doomed.api(&management).await, SortOrder::Asc).await.ok();
    stage.wait_for_the_middle().await;
    doomed.signal(Signal::SIGSTOP);
    assert!(stage.is_under_way().await, "it was not caught in the middle");
    doomed.kill().await;

    let replica = world.replica().await;
    let (management, api) = (replica.api(&management), replica.api(&secret));
    let mut rng = StdRng::seed_from_u64(support::seed());
    for _ in 0..50 {
        change_something(&mut rng, &mut stage, &api).await;
    }
    stage.compare_after_switch(&management, &api, SortOrder::Asc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_goes_on_after_redis_was_killed_in_the_middle_and_loses_nobody() {
    let server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let world = World::on(&server);
    let replica = world.replica().await;
    let board = replica.board("unlimited").await;
    let mut stage = Stage::set(&world, board, 30_000).await;
    let management = replica.api(&stage.board.account.management);
    let api = replica.api(&stage.board.secret);
    stage.change(&management, SortOrder::Asc).await.ok();
    stage.wait_for_the_middle().await;
    stage.hold().await;
    assert!(stage.is_under_way().await, "it was not caught in the middle");
    server.kill();
    let _server = server.restart();
    stage.redis = eventually("Redis has loaded its data", || async {
        let mut redis = world.redis().await;
        redis.ping::<()>().await.ok().map(|()| redis)
    })
    .await;
    stage.release().await;
    eventually("the replica is connected again", || async {
        management.get("/usage").await.status.is_success().then_some(())
    })
    .await;
    stage.compare_after_switch(&management, &api, SortOrder::Asc).await;
}
