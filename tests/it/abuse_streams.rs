//! Clients that open a stream and don't take what it brings, or are gone without a word.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use h2::{
    RecvStream,
    client::{Builder, SendRequest},
};
use http::{Request, Response, StatusCode};
use tokio::{task::JoinHandle, time::timeout};

use crate::support::{
    PATIENCE,
    abuse::{Abuser, Scene},
    api::Reply,
    eventually,
    world::World,
};

const MIB: u64 = 1 << 20;
const STREAMS: usize = 40;

async fn scene(options: &[&str]) -> Scene {
    Scene::begin(World::new(), &format!("realtime_streams = {STREAMS}"), options).await
}

/// A stream of the abuser's that has begun.
async fn open(scene: &Scene) -> Abuser {
    let mut abuser = scene.connect_with_buffer(4096).await;
    let key = &scene.board.publishable;
    abuser.send(format!("GET /api/v1/realtime?key={key} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
    abuser.until("\"initial\"").await;
    abuser
}

/// All places of the plan, one after the other.
async fn open_all(scene: &Scene) -> Vec<Abuser> {
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(open(scene).await);
    }
    let one_more = scene.api().await.request(reqwest::Method::GET, "/realtime");
    Reply::of(one_more).await.is_error(429, "stream_limit", None);
    streams
}

/// Waits until so many streams are open.
async fn open_streams(scene: &Scene, wanted: usize) {
    eventually("streams that end", async || {
        (scene.metric("rankora_open_streams").await == wanted as f64).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_nobody_reads_end_and_their_places_and_memory_are_free() {
    let scene = scene(&["--write-deadline-ms", "1500"]).await;
    let unread = open_all(&scene).await;
    // More than all buffers on the way hold.
    let (with, ()) = futures_util::future::join(scene.with_abuse(), scene.make_events(400)).await;
    open_streams(&scene, 0).await;
    // Whoever notices first, the kernel or the replica.
    let reached = scene.reached("write_deadline").await + scene.reached("vanished").await;
    assert_eq!(reached, STREAMS as u64);
    scene.memory_is_bounded("40 streams that nobody reads", with, 64 * MIB);
    scene.files_are_freed().await;
    // Each place can be had again.
    drop(open_all(&scene).await);
    drop(unread);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_vanish_give_their_places_back() {
    let scene = scene(&["--write-deadline-ms", "1500"]).await;
    let vanished = open_all(&scene).await;
    for abuser in &vanished {
        vanish(abuser);
    }
    // Far less than the buffers hold: only the kernel can know that nothing arrives.
    let (with, ()) = futures_util::future::join(scene.with_abuse(), scene.make_events(2)).await;
    open_streams(&scene, 0).await;
    assert_eq!(scene.reached("vanished").await, STREAMS as u64);
    scene.memory_is_bounded("40 vanished clients", with, 64 * MIB);
    scene.files_are_freed().await;
    drop(vanished);
    scene.end().await;
}

/// From here on, the socket is deaf: what arrives is thrown away before it is seen, and nothing is acknowledged.
fn vanish(abuser: &Abuser) {
    // The one instruction: return, with 0 bytes of the packet.
    let nothing = socket2::SockFilter::new(0x06, 0, 0, 0);
    socket2::SockRef::from(&abuser.0).attach_filter(&[nothing]).expect("a filter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_said_nothing_for_a_while_is_asked_whether_it_is_there() {
    let scene = scene(&[]).await;
    let stream = open(&scene).await;
    let (server, client) =
        (stream.0.peer_addr().expect("an address").port(), stream.0.local_addr().expect("an address").port());
    // The kernel's list of sockets, seen from the server's side: 02 is a timer that keeps alive.
    eventually("a timer", async || {
        let sockets = std::fs::read_to_string("/proc/net/tcp").expect("the kernel's sockets");
        let timer = sockets.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let port = |nth: usize| fields[nth].rsplit_once(':').map(|(_, port)| port.to_owned());
            let ours = port(1)? == format!("{server:04X}") && port(2)? == format!("{client:04X}");
            ours.then(|| fields[5][..2].to_owned())
        });
        (timer.as_deref() == Some("02")).then_some(())
    })
    .await;
    drop(stream);
    scene.end().await;
}

/// An HTTP/2 client whose streams may be this many bytes ahead of what it takes.
struct Http2 {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Http2 {
    async fn connect(scene: &Scene, window: u32) -> Self {
        let socket = scene.connect().await.0;
        let mut builder = Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(8 << 20);
        let (requests, connection) = builder.handshake(socket).await.expect("HTTP/2");
        Self { requests: requests.ready().await.expect("settings"), connection: tokio::spawn(connection) }
    }

    async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Response<RecvStream> {
        let mut request = Request::get(format!("http://x{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let (answer, _) = self.requests.send_request(request, true).expect("a connection");
        timeout(PATIENCE, answer).await.expect("an answer").expect("an answer")
    }

    async fn stream(&mut self, scene: &Scene) -> RecvStream {
        let answer = self.get(&format!("/api/v1/realtime?key={}", scene.board.publishable), &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body()
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_2_stream_that_nobody_takes_ends_alone() {
    let scene = scene(&["--write-deadline-ms", "1500"]).await;
    let mut client = Http2::connect(&scene, 8192).await;
    let mut unread = client.stream(&scene).await;
    let mut read = client.stream(&scene).await;
    let reading = tokio::spawn(async move {
        let mut taken = 0;
        while let Some(Ok(bytes)) = read.data().await {
            read.flow_control().release_capacity(bytes.len()).expect("a window");
            taken += bytes.len();
        }
        taken
    });
    let (with, ()) = futures_util::future::join(scene.with_abuse(), scene.make_events(100)).await;
    open_streams(&scene, 1).await;
    assert_eq!(scene.reached("write_deadline").await, 1);
    let ended = async {
        while let Some(frame) = unread.data().await {
            if let Err(error) = frame {
                return error;
            }
        }
        panic!("it ended as if it were whole");
    };
    let ended = timeout(PATIENCE, ended).await.expect("an end");
    assert_eq!(ended.reason(), Some(h2::Reason::CANCEL), "{ended}");
    // The other one is still fed, and so is the connection.
    assert!(!reading.is_finished());
    assert_eq!(client.get("/healthz", &[]).await.status(), StatusCode::OK);
    scene.memory_is_bounded("an HTTP/2 stream that nobody takes", with, 32 * MIB);
    drop(client);
    assert!(timeout(PATIENCE, reading).await.expect("an end").expect("a reader") > 100_000);
    open_streams(&scene, 0).await;
    scene.files_are_freed().await;
    scene.end().await;
}

/// Waits until a stream has told this.
async fn told(stream: &mut RecvStream, what: &str) {
    let mut text = String::new();
    while !text.contains(what) {
        let bytes = timeout(PATIENCE, stream.data()).await.expect("a message").expect("an open stream");
        text += std::str::from_utf8(&bytes.expect("an open connection")).expect("text");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_connections_have_their_limits_too() {
    let scene = scene(&["--header-deadline-ms", "1500"]).await;
    let mut client = Http2::connect(&scene, 65_535).await;
    eventually("settings", async || (client.requests.current_max_send_streams() == 100).then_some(())).await;
    let large = "x".repeat(15_000);
    assert_eq!(client.get("/healthz", &[("x-huge", &large)]).await.status(), StatusCode::OK);
    let too_large = "x".repeat(17_000);
    let answer = client.get("/healthz", &[("x-huge", &too_large)]).await;
    assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);

    // A stream is no silence, however long nothing comes.
    let mut stream = client.stream(&scene).await;
    told(&mut stream, "\"initial\"").await;
    let silent = join_all((0..50).map(|_| Http2::connect(&scene, 65_535))).await;
    let with = scene.with_abuse().await;
    for mut silent in silent {
        let ended = timeout(PATIENCE, &mut silent.connection).await.expect("an end");
        let _ = ended.expect("a connection");
    }
    // Those began after it.
    scene.make_events(1).await;
    told(&mut stream, "\"update\"").await;
    drop(stream);
    // With its last stream, it falls silent.
    let ended = timeout(PATIENCE, &mut client.connection).await.expect("an end");
    ended.expect("a connection").expect("an end in order");
    assert!(scene.reached("header_deadline").await >= 50);
    scene.memory_is_bounded("50 silent HTTP/2 connections", with, 32 * MIB);
    scene.files_are_freed().await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_requests_that_are_taken_back_at_once_end_their_connection() {
    let scene = scene(&[]).await;
    let mut client = Http2::connect(&scene, 65_535).await;
    let url = format!("http://x/api/v1/leaderboard/entries?key={}", scene.board.publishable);
    let taking_back = async {
        let mut taken_back = 0;
        while taken_back < 20_000 {
            let Ok(mut ready) = client.requests.clone().ready().await else { break };
            let request = Request::get(&url).body(()).expect("a request");
            let Ok((_, mut stream)) = ready.send_request(request, true) else { break };
            stream.send_reset(h2::Reason::CANCEL);
            taken_back += 1;
            if taken_back % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        taken_back
    };
    let (taken_back, with) = futures_util::future::join(taking_back, scene.with_abuse()).await;
    let ended = timeout(PATIENCE, &mut client.connection).await.expect("an end").expect("a connection");
    let reason = ended.expect_err("a connection that is ended").reason();
    assert_eq!(reason, Some(h2::Reason::ENHANCE_YOUR_CALM));
    scene.memory_is_bounded(&format!("{taken_back} HTTP/2 requests taken back"), with, 32 * MIB);
    drop(client);
    scene.files_are_freed().await;
    scene.end().await;
}
