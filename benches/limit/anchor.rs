//! The smallest server that does what each kind of work can't be done without.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use redis::{Value, aio::MultiplexedConnection, pipe};
use serde::Deserialize;
use tokio::net::TcpListener;
use uuid::Uuid;

pub const RANKING: &str = "anchor:ranking";
pub const ENTRIES: &str = "anchor:entries";
pub const BOARD: &str = "anchor:board";

const SUBMIT: &str = "redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
local total = redis.call('ZCARD', KEYS[1])
redis.call('INCR', KEYS[3])
redis.call('PUBLISH', 'anchor', ARGV[3])
return {rank, total}";

#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    redis: String,
    /// The key that a request must show.
    #[arg(long)]
    key: String,
    /// How many bytes the fixed answer has.
    #[arg(long)]
    bytes: usize,
}

struct Anchor {
    redis: MultiplexedConnection,
    bearer: String,
    fixed: Bytes,
    submit: String,
}

#[derive(Deserialize)]
struct Submission {
    player_id: Uuid,
    score: f64,
}

type Answer = Result<([(header::HeaderName, &'static str); 1], Bytes), StatusCode>;

/// Serves until it is killed; says where on stdout.
pub async fn serve(options: &Options) {
    let client = redis::Client::open(&*options.redis).expect("a URL");
    let mut redis = client.get_multiplexed_async_connection().await.expect("Redis");
    let submit: String =
        redis::cmd("SCRIPT").arg("LOAD").arg(SUBMIT).query_async(&mut redis).await.expect("a script");
    let fixed = vec![b'x'; options.bytes].into();
    let anchor = Anchor { redis, bearer: format!("Bearer {}", options.key), fixed, submit };
    let routes = Router::new()
        .route("/fixed", get(fixed_bytes))
        .route("/submit", post(submit_score))
        .route("/rank/{player}", get(rank))
        .route("/page/{offset}", get(page))
        .with_state(Arc::new(anchor));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    axum::serve(listener, routes).await.expect("serving");
}

fn json(bytes: Bytes) -> Answer {
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes))
}

async fn fixed_bytes(State(anchor): State<Arc<Anchor>>, headers: HeaderMap) -> impl IntoResponse {
    let bearer = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    match bearer == Some(anchor.bearer.as_bytes()) {
        true => json(anchor.fixed.clone()),
        false => Err(StatusCode::UNAUTHORIZED),
    }
}

async fn submit_score(State(anchor): State<Arc<Anchor>>, body: Bytes) -> impl IntoResponse {
    let submission: Submission = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut call = redis::cmd("EVALSHA");
    call.arg(&anchor.submit).arg(3).arg(RANKING).arg(ENTRIES).arg(BOARD.to_owned() + ":count");
    call.arg(submission.player_id.as_bytes().as_slice()).arg(submission.score).arg(&*body);
    let answer: (u64, u64) =
        call.query_async(&mut anchor.redis.clone()).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    json(format!(r#"{{"rank":{},"total":{}}}"#, answer.0, answer.1).into())
}

async fn rank(State(anchor): State<Arc<Anchor>>, Path(player): Path<Uuid>) -> impl IntoResponse {
    let mut redis = anchor.redis.clone();
    let player = player.as_bytes().as_slice();
    let mut first = pipe();
    first.cmd("HGET").arg(BOARD).arg("head");
    first.cmd("ZCARD").arg(RANKING);
    first.cmd("HGET").arg(ENTRIES).arg(player);
    let (_, total, entry): (Value, u64, Vec<u8>) =
        first.query_async(&mut redis).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let second = redis::cmd("ZREVRANK").arg(RANKING).arg(player).to_owned();
    let rank: u64 = second.query_async(&mut redis).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let mut body = format!(r#"{{"rank":{rank},"total":{total},"entry":"#).into_bytes();
    body.extend(entry);
    body.push(b'}');
    json(body.into())
}

async fn page(State(anchor): State<Arc<Anchor>>, Path(offset): Path<u64>) -> impl IntoResponse {
    let mut redis = anchor.redis.clone();
    let mut first = pipe();
    first.atomic();
    first.cmd("HGET").arg(BOARD).arg("head");
    first.cmd("ZCARD").arg(RANKING);
    first.cmd("ZREVRANGE").arg(RANKING).arg(offset).arg(offset + 49).arg("WITHSCORES");
    let (_, total, ranked): (Value, u64, Vec<(Vec<u8>, f64)>) =
        first.query_async(&mut redis).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let mut second = redis::cmd("HMGET");
    second.arg(ENTRIES);
    ranked.iter().for_each(|(player, _)| _ = second.arg(&**player));
    let entries: Vec<Vec<u8>> =
        second.query_async(&mut redis).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let mut body = format!(r#"{{"total":{total},"entries":["#).into_bytes();
    body.extend(entries.join(&b','));
    body.extend(b"]}");
    json(body.into())
}
