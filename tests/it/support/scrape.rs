//! What Prometheus reads from a replica.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::process::Process;

/// One scrape.
pub struct Scrape {
    /// By the line's name and labels.
    values: HashMap<String, f64>,
    /// Each metric's type.
    pub kinds: BTreeMap<String, String>,
    /// The metrics that say what they are.
    pub described: BTreeSet<String>,
}

/// One line's name and labels.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series<'a> {
    pub name: &'a str,
    pub labels: BTreeMap<&'a str, &'a str>,
}

impl Scrape {
    pub async fn of(process: &Process) -> Self {
        let url = format!("http://{}/metrics", process.metrics_address().await);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(url).send().await.expect("an answer");
        assert!(answer.headers()["content-type"].to_str().expect("text").starts_with("text/plain"));
        Self::parse(&answer.text().await.expect("text"))
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut values = HashMap::new();
        for line in lines {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(values.insert(name.to_owned(), value), None, "twice: {line}");
        }
        let after = |head: &'static str| text.lines().filter_map(move |line| line.strip_prefix(head));
        let split = |line: &'static str| after(line).map(|rest| rest.split_once(' ').expect("two words"));
        let kinds = split("# TYPE ").map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
        let described = split("# HELP ").map(|(name, _)| name.to_owned()).collect();
        Self { values, kinds, described }
    }

    /// The value of a line.
    #[track_caller]
    pub fn get(&self, line: &str) -> f64 {
        let known = || self.values.keys().filter(|key| key.starts_with("rankora")).collect::<BTreeSet<_>>();
        self.find(line).unwrap_or_else(|| panic!("no {line} in {:#?}", known()))
    }

    /// The same, where the line may not be there.
    pub fn find(&self, line: &str) -> Option<f64> {
        self.values.get(line).copied()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// All lines of a metric; of a histogram's too.
    pub fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.values.keys().map(|line| {
            let Some((name, labels)) = line.split_once('{') else {
                return Series { name: line, labels: BTreeMap::new() };
            };
            let labels = labels.trim_end_matches("\"}").split("\",");
            let labels = labels.map(|label| label.split_once("=\"").expect("a label")).collect();
            Series { name, labels }
        })
    }

    /// All values that a label has.
    pub fn values_of(&self, label: &str) -> BTreeSet<&str> {
        self.series().filter_map(|series| series.labels.get(label).copied()).collect()
    }
}
