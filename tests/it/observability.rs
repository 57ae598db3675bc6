//! That alerts, dashboard, runbooks and the list of metrics speak of what there is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{
    process::Process,
    promql::{self, Selector},
    scrape::Scrape,
    world::World,
};

/// Labels that Prometheus adds by itself.
const ADDED: [&str; 2] = ["job", "instance"];
const OPERATIONS: &str = "docs/operations.md";

fn file(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: impl AsRef<Path>) -> String {
    let path = file(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of each row of the tables below a heading of the page on operation.
fn tables(heading: &str) -> Vec<Vec<String>> {
    let page = read(OPERATIONS);
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let section = section.split("\n#").next().expect("a section").to_owned();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    // Without the head of the table; the line below it has no spaces.
    rows.skip(1).map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn in_backticks(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    rules: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    alert: String,
    expr: String,
    #[serde(default, rename = "for")]
    _lasting: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn alerts() -> Vec<Alert> {
    let rules: Rules = serde_saphyr::from_str(&read("deploy/prometheus/alerts.yml")).expect("rules");
    let names: BTreeSet<_> = rules.groups.iter().map(|group| &group.name).collect();
    assert_eq!(names.len(), rules.groups.len(), "groups of one name");
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

fn dashboard() -> Value {
    serde_json::from_str(&read("deploy/grafana/rankora.json")).expect("JSON")
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().expect("panels")
}

/// What the dashboard asks, with the title of the panel that does.
fn queries(dashboard: &Value) -> impl Iterator<Item = (&str, &str)> {
    panels(dashboard).iter().flat_map(|panel| {
        let title = panel["title"].as_str().expect("a title");
        let targets = panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
        targets.iter().map(move |target| (title, target["expr"].as_str().expect("a query")))
    })
}

/// A replica that serves metrics.
async fn watched(world: &World) -> Process {
    let process = world.process().args(&["--metrics-listen", "127.0.0.1:0"]).start();
    process.ready().await;
    process
}

/// Some of everything that a replica does.
async fn traffic(world: &World, process: &Process) {
    let here = world.replica().await;
    let board = here.board("unlimited").await;
    let api = process.api(&board.secret).await;
    let mut stream = api.stream("").await;
    stream.begin().await;
    api.submit(Uuid::new_v4(), "Ada", 1.0).await.ok();
    stream.expect("update").await;
    for _ in 0..2 {
        api.get("/leaderboard/entries").await.ok();
    }
    api.with_key("nonsense").get("/leaderboard").await.is_error(401, "unauthorized", None);
    here.stop().await;
}

/// What is wrong with a selector, given these scrapes.
fn unknown(selector: &Selector, scrape: &Scrape) -> Option<String> {
    // Whether a scrape succeeded, which Prometheus itself notes.
    if selector.metric == "up" {
        return None;
    }
    let series: Vec<_> = scrape.series().filter(|series| series.name == selector.metric).collect();
    if series.is_empty() {
        return Some(format!("no metric {}", selector.metric));
    }
    for (label, operator, value) in &selector.matchers {
        if ADDED.contains(&&**label) {
            continue;
        }
        let known: BTreeSet<_> =
            series.iter().filter_map(|series| series.labels.get(&**label).copied()).collect();
        if known.is_empty() {
            return Some(format!("no label {label} at {}", selector.metric));
        }
        // Of a regular expression, only what is a list of values can be looked up.
        let listed = operator.starts_with('=') && !value.contains(['.', '*', '[', '$']);
        let missing = value.split('|').find(|value| listed && !known.contains(value));
        if let Some(value) = missing {
            return Some(format!("{} never has {label}={value}", selector.metric));
        }
    }
    None
}

fn complaints(of: &str, expression: &str, scrape: &Scrape) -> Vec<String> {
    let names = promql::names(expression);
    assert!(!names.selectors.is_empty(), "{of}: no metric in {expression}");
    let mut wrong: Vec<_> = names.selectors.iter().filter_map(|selector| unknown(selector, scrape)).collect();
    let asked = |metric: &str| names.selectors.iter().any(|selector| selector.metric == metric);
    let labels: BTreeSet<_> = scrape
        .series()
        .filter(|series| asked(series.name))
        .flat_map(|series| series.labels.into_keys())
        .chain(ADDED)
        .collect();
    let strange = names.grouping.iter().filter(|label| !labels.contains(&***label));
    wrong.extend(strange.map(|label| format!("none of its metrics has a label {label}")));
    wrong.into_iter().map(|wrong| format!("{of}: {wrong}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_dashboard_ask_for_metrics_that_are_there() {
    let world = World::new();
    let process = watched(&world).await;
    traffic(&world, &process).await;
    let scrape = Scrape::of(&process).await;
    let mut wrong = Vec::new();
    for alert in alerts() {
        wrong.extend(complaints(&alert.alert, &alert.expr, &scrape));
    }
    let dashboard = dashboard();
    assert!(queries(&dashboard).count() > 20);
    for (title, query) in queries(&dashboard) {
        wrong.extend(complaints(title, query, &scrape));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    for nonsense in [
        "rankora_requests",
        r#"rankora_failures_total{kind="ful"}"#,
        "sum by (king) (rankora_failures_total)",
        r#"rankora_open_streams{route="/"}"#,
    ] {
        assert_eq!(complaints("", nonsense, &scrape).len(), 1, "{nonsense}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_there_from_the_start_and_described_in_the_scrape_and_on_the_page() {
    let world = World::new();
    let process = watched(&world).await;
    let before = Scrape::of(&process).await;
    traffic(&world, &process).await;
    let after = Scrape::of(&process).await;
    assert_eq!(before.kinds, after.kinds);
    let names: BTreeSet<_> = after.kinds.keys().cloned().collect();
    assert_eq!(names, after.described);

    let rows = tables("Metrics");
    let documented: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), (row[1].clone(), in_backticks(&row[2]))))
        .collect();
    assert_eq!(documented.len(), rows.len(), "a metric twice");
    let labels_of = |name: &str| {
        let series = after.series().filter(|series| {
            let rest = series.name.strip_prefix(name);
            rest.is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
        });
        series
            .flat_map(|series| series.labels.into_keys())
            .filter(|label| *label != "le")
            .map(str::to_owned)
            .collect()
    };
    let scraped: BTreeMap<_, (_, BTreeSet<String>)> =
        after.kinds.iter().map(|(name, kind)| (name.clone(), (kind.clone(), labels_of(name)))).collect();
    assert_eq!(documented, scraped);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kinds_of_failures_on_the_page_are_those_of_the_scrape() {
    let process = watched(&World::new()).await;
    let scrape = Scrape::of(&process).await;
    let page = read(OPERATIONS);
    let (_, section) = page.split_once("### Kinds of failures\n").expect("the heading");
    let documented: BTreeSet<_> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(documented, scrape.values_of("kind"));
}

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let alerts = alerts();
    let mut index = Vec::new();
    for Alert { alert, labels, annotations, .. } in &alerts {
        let given: Vec<_> = annotations.keys().map(String::as_str).collect();
        assert_eq!(given, ["description", "runbook", "summary"], "{alert}");
        assert_eq!(annotations["runbook"], format!("docs/runbooks/{alert}.md"));
        assert_eq!(labels.keys().collect::<Vec<_>>(), ["severity"], "{alert}");
        index.push((format!("[{alert}](runbooks/{alert}.md)"), labels["severity"].clone()));

        let runbook = read(&annotations["runbook"]);
        assert!(runbook.starts_with(&format!("# {alert}\n\n")), "{alert}: another title");
        let headings: Vec<_> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let expected =
            ["What it means", "What players see", "How to look", "What to do", "How to know that it is over"];
        assert_eq!(headings, expected, "{alert}");
    }
    let runbooks = fs::read_dir(file("docs/runbooks")).expect("runbooks");
    let runbooks: BTreeSet<_> =
        runbooks.map(|entry| entry.expect("a file").file_name().into_string().expect("text")).collect();
    assert_eq!(runbooks, alerts.iter().map(|alert| format!("{}.md", alert.alert)).collect());

    let listed: Vec<_> = tables("Alerts").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(listed, index);
    for (alert, severity) in index {
        assert!(["critical", "warning", "info"].contains(&&*severity), "{alert}");
    }
}

/// What runbooks tell somebody in a hurry to grep for, or to link to, has to be there.
#[tokio::test(flavor = "multi_thread")]
async fn runbooks_name_metrics_and_pages_that_are_there() {
    let scrape = Scrape::of(&watched(&World::new()).await).await;
    let mut pages: Vec<_> = fs::read_dir(file("docs/runbooks"))
        .expect("runbooks")
        .map(|entry| entry.expect("a file").path())
        .collect();
    pages.push(file(OPERATIONS));
    for page in pages {
        let text = read(&page);
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let strange = words.find(|word| {
            let suffixed = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
            let name = suffixed.unwrap_or(word);
            // As a grep for several.
            let is_part = scrape
                .kinds
                .keys()
                .any(|known| known == name || (word.ends_with('_') && known.starts_with(word)));
            (word.starts_with("rankora_") || word.starts_with("process_")) && !is_part
        });
        assert_eq!(strange, None, "{}", page.display());
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().expect("a link");
            let target = page.parent().expect("a folder").join(link);
            assert!(link.is_empty() || target.exists(), "{}: {link}", page.display());
        }
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_takes() {
    let dashboard = dashboard();
    assert_eq!((&dashboard["title"], &dashboard["uid"]), (&"Rankora".into(), &"rankora".into()));
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{title}: its id is taken");
        let place = |side: &str| panel["gridPos"][side].as_u64().expect("a place");
        let (x, y) = (place("x"), place("y"));
        for cell in (0..place("w") * place("h")).map(|n| (x + n % place("w"), y + n / place("w"))) {
            assert!(cell.0 < 24 && taken.insert(cell), "{title}: no place at {cell:?}");
        }
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{title}");
        let targets = panel["targets"].as_array().expect("targets");
        let letters: BTreeSet<_> = targets.iter().map(|target| target["refId"].as_str()).collect();
        assert!(letters.len() == targets.len() && !letters.contains(&None), "{title}");
    }
    let rows = panels(&dashboard).iter().filter(|panel| panel["type"] == "row");
    let rows: Vec<_> = rows.map(|row| row["title"].as_str().expect("a title")).collect();
    assert_eq!(rows, ["Traffic", "Latency", "Redis", "Realtime", "Quotas", "Process"]);
}

#[test]
fn prometheus_is_shown_how_to_scrape_what_the_alerts_know() {
    let text = read("deploy/prometheus/prometheus.yml");
    // Each of the jobs that are left to choose from, as if it were chosen.
    let (head, jobs) = text.split_once("\nscrape_configs:\n").expect("jobs");
    let mut config: Value = serde_saphyr::from_str(head).expect("YAML");
    assert_eq!(config["rule_files"].take(), serde_json::json!(["alerts.yml"]));
    let chosen = jobs.lines().map(|line| match line.strip_prefix("  # ") {
        Some(rest) if rest.starts_with(['-', ' ']) => format!("  {rest}"),
        _ => line.to_owned(),
    });
    let chosen = chosen.collect::<Vec<_>>().join("\n");
    let jobs: Vec<Value> = serde_saphyr::from_str(&chosen).expect("YAML");
    assert_eq!(jobs.len(), 3);
    let selectors = alerts().into_iter().flat_map(|alert| promql::names(&alert.expr).selectors);
    let wanted: BTreeSet<_> = selectors
        .flat_map(|selector| selector.matchers)
        .filter(|(label, ..)| label == "job")
        .map(|(_, _, value)| value)
        .collect();
    for job in &jobs {
        assert_eq!(wanted, [job["job_name"].as_str().expect("a name").to_owned()].into());
    }
    assert!(read("deploy/Dockerfile").contains("RANKORA_METRICS_LISTEN=0.0.0.0:9090"));
    assert_eq!(jobs[0]["static_configs"][0]["targets"][0], "127.0.0.1:9090");
    assert_eq!(jobs[1]["dns_sd_configs"][0]["port"], 9090);
    assert!(read("k8s/base/services.yaml").contains("name: rankora-metrics"));
}
