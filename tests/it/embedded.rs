//! The private redis-server: it keeps what was acknowledged, and never outlives its process.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{
    eventually,
    process::{Process, Rankora, redis_servers_in},
};

/// Runs an admin command that must succeed, and returns its answer.
async fn admin(data_dir: &Path, args: &[&str]) -> Value {
    let ended = Rankora::admin(data_dir, args).args(&["--json"]).run().await;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.log, "", "it has nothing to say");
    serde_json::from_str(&ended.output).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// A new leaderboard's secret key.
async fn secret_key(data_dir: &Path) -> String {
    let email = format!("{}@example.org", Uuid::new_v4().simple());
    admin(data_dir, &["account", "create", "--email", &email]).await;
    let board = admin(data_dir, &["leaderboard", "create", "--account", &email, "--name", "Board"]).await;
    board["secret_key"].as_str().expect("a key").to_owned()
}

async fn serve(data_dir: &Path) -> Process {
    let process = Rankora::serve().data_dir(data_dir).start();
    process.ready().await;
    process
}

async fn gone_from(data_dir: &Path) {
    eventually("the end of redis-server", async || redis_servers_in(data_dir).is_empty().then_some(())).await;
}

fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_an_append_only_file_and_answers_its_owner_only() {
    let directory = directory();
    let data_dir = directory.path().join("made/when/missing");
    let process = serve(&data_dir).await;
    let mode = |path: PathBuf| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode(data_dir.clone()), mode(data_dir.join("redis.sock"))), (0o700, 0o700));
    assert!(data_dir.join("appendonlydir").is_dir());

    let client = ::redis::Client::open(format!("redis+unix://{}/redis.sock", data_dir.display()));
    let mut redis = client.expect("a URL").get_multiplexed_async_connection().await.expect("a connection");
    let mut get = ::redis::cmd("CONFIG");
    get.arg("GET").arg(&["appendonly", "appendfsync", "port", "maxmemory-policy", "save"]);
    let settings: HashMap<String, String> = get.query_async(&mut redis).await.expect("settings");
    let expected = [
        ("appendonly", "yes"),
        ("appendfsync", "always"),
        ("port", "0"),
        ("maxmemory-policy", "noeviction"),
        ("save", ""),
    ];
    assert_eq!(settings, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());

    process.signal(Signal::SIGTERM);
    assert_eq!(process.ended().await.code(), Some(0));
    assert_eq!(redis_servers_in(&data_dir), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_files_are_its_owners_alone_in_whatever_directory() {
    let directory = directory();
    let data_dir = directory.path().join("open");
    fs::create_dir(&data_dir).expect("a directory");
    fs::set_permissions(&data_dir, fs::Permissions::from_mode(0o777)).expect("a mode");
    let key = secret_key(&data_dir).await;
    let process = Rankora::serve().data_dir(&data_dir).open_handed().start();
    process.ready().await;
    process.api(&key).await.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let mut ahead = vec![data_dir];
    let mut files = 0;
    while let Some(directory) = ahead.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let metadata = fs::metadata(&path).expect("a file");
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", path.display());
            files += 1;
            if metadata.is_dir() {
                ahead.push(path);
            }
        }
    }
    assert!(files >= 6, "{files} files");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigkill_leaves_no_redis_server_and_loses_nothing_acknowledged() {
    let directory = directory();
    let key = secret_key(directory.path()).await;
    let process = serve(directory.path()).await;
    let api = process.api(&key).await;
    let acknowledged = AtomicUsize::new(0);
    let submitting = join_all((0..4).map(async |task: u32| {
        let mut mine = Vec::new();
        for score in 0.. {
            let name = format!("Player {task} {score}");
            let body = json!({"name": name, "score": score});
            let request = api.request(reqwest::Method::POST, "/leaderboard/entries").json(&body);
            match request.send().await {
                Ok(answer) if answer.status().is_success() => mine.push((name, json!(score))),
                _ => break,
            }
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        mine
    }));
    let killing = async {
        eventually("submissions", async || (acknowledged.load(Ordering::Relaxed) > 400).then_some(())).await;
        process.signal(Signal::SIGKILL);
    };
    let (submitted, ()) = futures_util::future::join(submitting, killing).await;
    process.ended().await;
    gone_from(directory.path()).await;

    let process = serve(directory.path()).await;
    let api = process.api(&key).await;
    let mut kept = HashMap::new();
    for offset in (0..).step_by(50) {
        let page = api.get(&format!("/leaderboard/entries?limit=50&offset={offset}")).await.ok();
        let rows = page["entries"].as_array().expect("rows").clone();
        let name = |row: &Value| row["name"].as_str().expect("a name").to_owned();
        kept.extend(rows.iter().map(|row| (name(row), row["score"].clone())));
        if rows.is_empty() {
            break;
        }
    }
    let submitted: Vec<_> = submitted.into_iter().flatten().collect();
    assert!(submitted.len() > 400);
    for (name, score) in submitted {
        assert_eq!(kept.get(&name), Some(&score), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_directory_is_told_so() {
    let directory = directory();
    let first = serve(directory.path()).await;
    let second = Rankora::serve().data_dir(directory.path()).start();
    assert_eq!(second.ended().await.code(), Some(1));
    let path = directory.path().canonicalize().expect("a path");
    let reason = format!("another process is using the data directory {}", path.display());
    assert_eq!(second.records().pop().expect("a record")["error"], reason);
    assert_eq!(first.readiness().await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_waits_for_the_process_before_it() {
    let directory = directory();
    let first = serve(directory.path()).await;
    first.signal(Signal::SIGTERM);
    let second = serve(directory.path()).await;
    assert_eq!(first.ended().await.code(), Some(0));
    assert_eq!(redis_servers_in(directory.path()).len(), 1);
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_commands_work_beside_a_running_server_and_without_one() {
    let directory = directory();
    let key = secret_key(directory.path()).await;
    assert_eq!(redis_servers_in(directory.path()), [], "it was there for the command only");
    let process = serve(directory.path()).await;
    process.api(&key).await.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    let beside = secret_key(directory.path()).await;
    process.api(&beside).await.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    assert_eq!(redis_servers_in(directory.path()).len(), 1);
    assert_eq!(process.readiness().await.0, 200, "the command didn't end what it used");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_and_an_admin_command_may_start_at_once() {
    let directory = directory();
    let process = Rankora::serve().data_dir(directory.path()).start();
    let key = secret_key(directory.path()).await;
    process.ready().await;
    process.api(&key).await.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_may_have_any_name() {
    let directory = directory();
    let long = "long".repeat(30);
    let data_dir = directory.path().join(format!("a 'dir' with %41 ? # & \\ \"ü\" {long}"));
    let key = secret_key(&data_dir).await;
    let process = serve(&data_dir).await;
    process.api(&key).await.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    secret_key(&data_dir).await;
    process.signal(Signal::SIGKILL);
    gone_from(&data_dir).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_can_not_be_written_is_named() {
    // Nobody can make a file here, root neither.
    for (path, reason) in [("/sys", ""), ("/dev/null/data", "Not a directory")] {
        let ended = Rankora::new(&["serve", "--listen", "127.0.0.1:0"]).data_dir(Path::new(path)).run().await;
        assert_eq!(ended.status.code(), Some(1));
        let said = format!("rankora: the data directory {path} can't be used: {reason}");
        assert!(ended.log.contains(&said), "{}", ended.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_server_it_says_how_to_install_one() {
    let directory = directory();
    let serve = Rankora::new(&["serve", "--listen", "127.0.0.1:0"]).data_dir(directory.path());
    let ended = serve.env("PATH", directory.path().to_str().expect("text")).run().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.log.contains("redis-server was not found"), "{}", ended.log);
    assert!(ended.log.contains("apt-get install redis-server"), "{}", ended.log);
    assert!(ended.log.contains("RANKORA_REDIS_URL"), "{}", ended.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_server_that_can_not_be_run_is_not_said_to_be_missing() {
    let (directory, programs) = (directory(), directory());
    let program = programs.path().join("redis-server");
    fs::write(&program, "#!/nowhere/interpreter\n").expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
    let serve = Rankora::new(&["serve", "--listen", "127.0.0.1:0"]).data_dir(directory.path());
    let ended = serve.env("PATH", programs.path().to_str().expect("text")).run().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.log.contains("redis-server did not start: it can't be run: No such file"), "{}", ended.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_goes_away_is_named_as_the_reason() {
    let directory = directory();
    let data_dir = directory.path().join("data");
    let process = serve(&data_dir).await;
    let [server] = redis_servers_in(&data_dir)[..] else { panic!("one redis-server") };
    fs::remove_dir_all(&data_dir).expect("a directory");
    kill(server, Signal::SIGKILL).expect("a redis-server");
    assert_eq!(process.ended().await.code(), Some(1));
    let reason = process.records().pop().expect("a record")["error"].as_str().expect("a reason").to_owned();
    assert!(reason.ends_with("can't be kept running: the data directory is gone"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_server_that_dies_is_started_again_with_its_data() {
    let directory = directory();
    let key = secret_key(directory.path()).await;
    let process = serve(directory.path()).await;
    let api = process.api(&key).await;
    let (ada, bob) = (Uuid::new_v4(), Uuid::new_v4());
    api.submit(ada, "Ada", 1.0).await.ok();
    let [server] = redis_servers_in(directory.path())[..] else { panic!("one redis-server") };
    kill(server, Signal::SIGKILL).expect("a redis-server");
    let record = process.logged("the private redis-server ended by itself; it is started again").await;
    assert_eq!(record["reason"], "it was ended by signal 9");
    let took = eventually("a submission", async || {
        let reply = api.submit(bob, "Bob", 2.0).await;
        (reply.status != 503).then_some(reply)
    });
    assert_eq!(took.await.ok()["rank"], 1);
    assert_eq!(api.get(&format!("/leaderboard/entries/{ada}")).await.ok()["rank"], 2);
    process.signal(Signal::SIGTERM);
    assert_eq!(process.ended().await.code(), Some(0));
    assert_eq!(redis_servers_in(directory.path()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_server_that_can_not_be_kept_running_ends_the_process_with_its_reason() {
    let directory = directory();
    let process = serve(directory.path()).await;
    let files = fs::read_dir(directory.path().join("appendonlydir")).expect("files");
    let file = files
        .map(|file| file.expect("a file").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".incr.aof")));
    let mut file = fs::OpenOptions::new().append(true).open(file.expect("a file")).expect("a file");
    file.write_all(b"this is no command\r\n").expect("a file");
    let [server] = redis_servers_in(directory.path())[..] else { panic!("one redis-server") };
    kill(server, Signal::SIGKILL).expect("a redis-server");

    assert_eq!(process.ended().await.code(), Some(1));
    let reason = process.records().pop().expect("a record")["error"].as_str().expect("a reason").to_owned();
    assert!(reason.contains("the private redis-server can't be kept running"), "{reason}");
    assert!(reason.contains("Bad file format reading the append only file"), "{reason}");

    // The next start doesn't try for long.
    let next = Rankora::serve().data_dir(directory.path()).start();
    assert_eq!(next.ended_within(Duration::from_secs(5)).await.code(), Some(1));
    let reason = next.records().pop().expect("a record")["error"].as_str().expect("a reason").to_owned();
    // It may answer for a moment before it comes to the bad line.
    let says = ["redis-server did not start", "the private redis-server can't be kept running"];
    assert!(says.iter().any(|words| reason.starts_with(words)), "{reason}");
    assert!(reason.contains("Bad file format reading the append only file"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn control_c_in_a_terminal_reaches_the_server_before_its_redis() {
    let directory = directory();
    let process = Rankora::serve().data_dir(directory.path()).in_own_group().start();
    process.ready().await;
    process.signal_group(Signal::SIGINT);
    assert_eq!(process.ended().await.code(), Some(0));
    assert!(!process.log().contains("ended by itself"), "{}", process.log());
    let log = fs::read_to_string(directory.path().join("redis.log")).expect("a log");
    assert!(log.contains("Received SIGTERM") && !log.contains("Received SIGINT"), "{log}");
}
