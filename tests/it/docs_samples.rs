//! What the documentation shows is run against a server: by sh with curl, by Node.js and by Python. Prints how much of
//! it was run.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    sys::{
        prctl,
        signal::{Signal, killpg},
    },
    unistd::Pid,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    api::Api,
    pages::{Code, Reader, code_in, file, written},
    process::Process,
    world::{Board, Replica, World},
};

/// What samples have in place of a server, of keys and of ids.
const SERVER: &str = "https://scores.example.org";
const PLAYER: &str = "3e1c5c1e-7f0b-4c58-9d53-0c2a5d0c6f11";
const BOARD: &str = "5b0f0d3c-2f0a-4a53-8f6e-6c1f9f4b7a20";
const KEY: &str = "9f3b2c6a-1d47-4e0f-8b1a-2f6d7c5e4a31";

/// No sample takes longer.
const SECONDS: &str = "60";

/// curl as the documentation has it, told to fail on a refusal.
const CURL: &str = r#"curl() {
    command curl --no-progress-meter --fail-with-body "$@"
    local status=$?
    # 23: the next command has seen enough.
    case $status in 0 | 23) ;; *) echo "curl: $status" >&2 ;; esac
}
"#;

/// A server with a leaderboard, and a directory as somebody has it who uses it.
struct Stage {
    replica: Replica,
    process: Process,
    board: Board,
    directory: TempDir,
    origin: String,
    metrics: String,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new();
        let replica = world.replica().await;
        let board = replica.board("unlimited").await;
        let process = world.process().args(&["--metrics-listen", "127.0.0.1:0"]).start_ready().await;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        std::fs::create_dir_all(path.join("rankora-data")).expect("a directory");
        std::fs::write(path.join("rankora-data/demo-secret-key"), format!("{}\n", board.secret))
            .expect("a key");
        std::fs::create_dir_all(path.join("node_modules")).expect("a directory");
        std::os::unix::fs::symlink(file("sdks/js"), path.join("node_modules/rankora")).expect("the SDK");
        let (origin, metrics) = (process.origin().await, process.metrics_address().await.to_string());
        Self { replica, process, board, directory, origin, metrics }
    }

    fn api(&self, key: &str) -> Api {
        Api::new(&self.origin, key)
    }

    /// A sample with real things in their places, made anew, since some samples remove them.
    async fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let management = self.api(&self.board.account.management);
        if text.contains(PLAYER) {
            let player = uuid::Uuid::new_v4();
            self.api(&self.board.secret).submit(player, "Ada", 9100.0).await.ok();
            text = text.replace(PLAYER, &player.to_string());
        }
        if text.contains(BOARD) {
            let made = management.post("/leaderboards", &json!({"name": "Made"})).await.ok();
            let id = made["id"].as_str().expect("an id").to_owned();
            let keys = format!("/leaderboards/{id}/keys");
            let key = management.post(&keys, &json!({"kind": "publishable", "label": "Website"})).await.ok();
            text = text.replace(KEY, key["id"].as_str().expect("an id"));
            text = text.replace(BOARD, &id);
        }
        let places = [
            (SERVER, self.origin.as_str()),
            ("http://127.0.0.1:8080", &self.origin),
            ("https://YOUR-HOST", &self.origin),
            ("http://REPLICA:8080", &self.origin),
            ("REPLICA:9090", &self.metrics),
            ("rk_sec_…", &self.board.secret),
            ("rk_pub_…", &self.board.publishable),
            ("rk_mgt_…", &self.board.account.management),
        ];
        for (placeholder, real) in places {
            text = text.replace(placeholder, real);
        }
        assert!(!text.contains('…') && !text.contains("example.org"), "a placeholder is left: {text}");
        text
    }

    /// Runs a sample to its end, or until it has shown a stream's page; returns what it printed.
    async fn run(&self, code: &Code) -> String {
        let (place, language, text) =
            (code.place.clone(), code.language.clone(), self.filled(&code.text).await);
        let path = self.directory.path().to_owned();
        tokio::task::spawn_blocking(move || run(&path, &place, &language, &text)).await.expect("a sample")
    }

    async fn stop(self) {
        self.process.signal(Signal::SIGTERM);
        self.process.ended().await;
        self.replica.stop().await;
    }
}

/// Whether a language can be run here. In shells only what uses curl is.
fn is_run(code: &Code) -> bool {
    match code.language.as_str() {
        "sh" => code.text.contains("curl"),
        "js" | "python" => true,
        _ => false,
    }
}

fn run(directory: &Path, place: &str, language: &str, text: &str) -> String {
    let program = match language {
        "sh" => ["bash", "-c"],
        "js" => ["node", "sample.mjs"],
        "python" => ["python3", "-c"],
        other => panic!("{place}: {other}"),
    };
    let mut command = Command::new("timeout");
    command.arg(SECONDS).args(program).current_dir(directory).process_group(0);
    match language {
        "sh" => _ = command.arg(format!("{CURL}{text}")),
        "js" => std::fs::write(directory.join("sample.mjs"), text).expect("a sample"),
        _ => _ = command.arg(text),
    }
    for proxy in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    // SAFETY: prctl only makes a system call.
    unsafe {
        command.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGKILL)?));
    }
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(
            |error| panic!("{place}: {program:?}, which scripts/setup.sh --dev installs: {error}"),
        );
    let group = Pid::from_raw(child.id().cast_signed());
    let follows = text.contains("/realtime");
    let (mut said, mut is_enough) = (String::new(), false);
    for line in BufReader::new(child.stdout.take().expect("its output")).lines() {
        said.push_str(&line.expect("UTF-8"));
        said.push('\n');
        if follows && said.contains("\"initial\"") {
            is_enough = true;
            killpg(group, Signal::SIGKILL).expect("a process");
            break;
        }
    }
    let ended = child.wait_with_output().expect("an end");
    let wrong = String::from_utf8_lossy(&ended.stderr);
    // grep says by its status that there is nothing of the kind.
    let is_fine = is_enough || ended.status.success() || (language == "sh" && text.contains("grep"));
    assert!(is_fine && wrong.is_empty() && (!follows || is_enough), "{place}\n{text}\n{said}\n{wrong}");
    said
}

/// The names of a value's fields, and of what is in them.
fn shape(value: &Value) -> BTreeSet<String> {
    fn add(within: &str, value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                let name = format!("{within}.{name}");
                names.insert(name.clone());
                // What a game puts there is its own.
                if !name.ends_with(".metadata") {
                    add(&name, value, names);
                }
            }),
            Value::Array(values) => values.iter().for_each(|value| add(within, value, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    add("", value, &mut names);
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_of_the_reference_works_and_is_answered_as_shown() {
    let stage = Stage::new().await;
    let reader = Reader::of(&stage.origin);
    let document = reader.get("/api/v1/openapi.json", &[]).await.ok();
    // Lists show something.
    stage.api(&stage.board.secret).submit(uuid::Uuid::new_v4(), "Ada", 9500.0).await.ok();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let operations = document["paths"].as_object().expect("paths").values();
    for operation in operations.flat_map(|item| item.as_object().expect("an item").values()) {
        let id = operation["operationId"].as_str().expect("an id");
        let page = reader.get(&format!("/docs/api/{id}.md"), &[]).await.text;
        let pieces = code_in(&format!("/docs/api/{id}"), &page);
        let shown = pieces.iter().find(|code| code.language == "json");
        for code in pieces.iter().filter(|code| is_run(code)) {
            let said = stage.run(code).await;
            *counts.entry(code.language.clone()).or_default() += 1;
            if code.language == "sh"
                && let Some(shown) = shown
            {
                let said: Value =
                    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{id}: {error}: {said}"));
                let shown: Value = serde_json::from_str(&shown.text).expect("JSON");
                assert_eq!(shape(&said), shape(&shown), "{id}");
            }
            assert!(!said.is_empty(), "{}", code.place);
        }
    }
    eprintln!("run of the reference: {counts:?}");
    assert_eq!(counts, ["js", "python", "sh"].map(|language| (language.to_owned(), 17)).into());
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_piece_of_code_in_the_guides_works() {
    let stage = Stage::new().await;
    let readme = std::fs::read_to_string(file("README.md")).expect("a text");
    let mut texts = written();
    texts.insert("README.md".to_owned(), readme);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (path, text) in texts {
        let pieces = code_in(&path, &text);
        for (place, code) in pieces.iter().enumerate().filter(|(_, code)| is_run(code)) {
            let ending = tokio::time::timeout(Duration::from_secs(90), stage.run(code));
            let said = ending.await.expect("a sample that ends");
            // What follows a call is its answer, or an error that is told of.
            let next = pieces.get(place + 1).filter(|next| code.language == "sh" && next.language == "json");
            let shown = next.map(|next| serde_json::from_str::<Value>(&next.text).expect("JSON"));
            if let Some(shown) = shown.filter(|shown| shown["success"] != false) {
                let said: Value = serde_json::from_str(&said).expect("JSON");
                assert_eq!(shape(&said), shape(&shown), "{}", code.place);
            }
            *counts.entry(code.language.clone()).or_default() += 1;
        }
    }
    eprintln!("run of the guides: {counts:?}");
    for (language, least) in [("sh", 20), ("js", 6), ("python", 2)] {
        assert!(counts[language] >= least, "{counts:?}");
    }
    stage.stop().await;
}

/// What goes before the README's pieces and behind them: what they leave to the reader, and what came of them.
const BEFORE: &str = r#"let draw;
const drawn = new Promise((resolve) => (draw = (entries) => entries.length && resolve(entries.length)));
const shown = [], show = (text) => shown.push(text);
const [name, score] = ["?", 9500];
"#;
const BEHIND: &str = r"const rows = await drawn;
stop();
console.log(JSON.stringify({ rank, listed: entries.length, rows, answered: answer.rank, shown, id, key }));
";

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_of_the_javascript_sdk_works_from_its_first_piece_to_its_last() {
    let stage = Stage::new().await;
    let path = "sdks/js/README.md";
    let readme = std::fs::read_to_string(file(path)).expect("a text");
    let pieces: Vec<_> = code_in(path, &readme).into_iter().filter(|code| code.language == "js").collect();
    // Each goes on from those before it.
    let all: String = pieces.iter().map(|code| code.text.as_str()).collect();
    let code =
        Code { place: path.to_owned(), language: "js".to_owned(), text: format!("{BEFORE}{all}{BEHIND}") };
    let said: Value = serde_json::from_str(&stage.run(&code).await).expect("JSON");
    assert_eq!((pieces.len(), &said["rank"], &said["listed"]), (5, &json!(1), &json!(1)), "{said}");
    assert!(said["rows"].as_u64().is_some_and(|rows| rows >= 1) && said["answered"].is_u64(), "{said}");
    assert!(said["shown"][0].as_str().is_some_and(|text| text.contains("name")), "{said}");
    assert!(said["key"].as_str().is_some_and(|key| key.starts_with("rk_pub_")), "{said}");
    let made = stage.api(&stage.board.account.management).get("/leaderboards").await.ok();
    let made =
        made["leaderboards"].as_array().expect("leaderboards").iter().find(|made| made["id"] == said["id"]);
    assert_eq!(made.map(|made| (&made["name"], &made["policy"])), Some((&json!("Weekly"), &json!("best"))));
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_for_nodejs_works_as_its_head_says() {
    let stage = Stage::new().await;
    let text = std::fs::read_to_string(file("sdks/js/samples/node.js")).expect("a sample");
    std::fs::write(stage.directory.path().join("node.js"), &text).expect("a sample");
    let line = text.lines().find_map(|line| line.strip_prefix("//   ")).expect("a command").to_owned();
    let code = Code { place: "sdks/js/samples/node.js".to_owned(), language: "sh".to_owned(), text: line };
    assert_eq!(stage.run(&code).await, "→ 1. Ada  9,500\n");
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_looks_as_the_page_on_the_api_shows_it() {
    let replica = World::new().replica().await;
    let board = replica.board("unlimited").await;
    let pieces = code_in("docs/api.md", &written()["docs/api.md"]);
    let shown = pieces.iter().find(|code| code.language == "json").expect("an error");
    let answer =
        replica.api(&board.secret).post("/leaderboard/entries", &json!({"name": "X", "score": 1})).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json(), serde_json::from_str::<Value>(&shown.text).expect("JSON"));
    replica.stop().await;
}

#[test]
fn curl_stands_in_shell_code_that_is_run_and_every_language_is_known() {
    let mut texts = written();
    for path in
        ["README.md", "k8s/README.md", "sdks/js/README.md", "sdks/unity/README.md", "sdks/godot/README.md"]
    {
        texts.insert(path.to_owned(), std::fs::read_to_string(file(path)).expect("a text"));
    }
    for (path, text) in texts {
        for code in code_in(&path, &text) {
            let known = [
                "sh", "console", "js", "python", "csharp", "gdscript", "json", "html", "css", "toml", "acl",
                "yaml", "",
            ];
            assert!(known.contains(&code.language.as_str()), "{}: {}", code.place, code.language);
            assert!(code.language != "console" || !code.text.contains("curl"), "{} is not run", code.place);
            if code.language == "json" {
                assert!(serde_json::from_str::<Value>(&code.text).is_ok(), "{}: no JSON", code.place);
            }
        }
    }
}
