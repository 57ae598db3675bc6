//! The fixtures in `sdks/contract`, as its README describes them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::api::{ENTRY_TIME, UUID, has_form};

/// Where the fixtures are.
pub fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdks/contract")
}

/// What belongs together, on a leaderboard of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    pub leaderboard: LeaderboardOf,
    pub steps: Vec<Step>,
}

/// What belongs together, on an account of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagementScenario {
    pub name: String,
    pub plan: String,
    pub steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaderboardOf {
    pub plan: String,
    pub sort_order: String,
    pub score_format: String,
    pub policy: String,
}

/// A request and what it leads to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    pub request: Request,
    pub response: Response,
    /// For SDKs alone: the server refuses it as well.
    #[serde(default)]
    pub refused_before_sending: bool,
    /// Names for fields of the answer.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    pub messages: Option<Vec<Value>>,
    pub page: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub key: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
    pub text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<Value>,
}

/// All scenarios of leaderboards.
pub fn scenarios() -> Vec<Scenario> {
    read(&directory())
}

/// All scenarios of accounts.
pub fn management_scenarios() -> Vec<ManagementScenario> {
    read(&directory().join("management"))
}

fn read<T: DeserializeOwned>(directory: &Path) -> Vec<T> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File<T> {
        #[serde(rename = "about")]
        _about: String,
        scenarios: Vec<T>,
    }
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).expect("fixtures") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a fixture");
        let file: File<T> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        all.extend(file.scenarios);
    }
    all
}

/// A fixture's text with what was kept in the place of its names.
pub fn filled_in(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Whether a value is what a fixture says, its placeholders filled in.
pub fn fits(found: &Value, said: &Value) -> bool {
    match (found, said) {
        (Value::Object(found), Value::Object(said)) => {
            found.len() == said.len()
                && said.iter().all(|(name, said)| found.get(name).is_some_and(|found| fits(found, said)))
        }
        (Value::Array(found), Value::Array(said)) => {
            found.len() == said.len() && found.iter().zip(said).all(|(found, said)| fits(found, said))
        }
        (found, Value::String(said)) => fits_text(found, said),
        (found, said) => found == said,
    }
}

fn fits_text(found: &Value, said: &str) -> bool {
    match said {
        "<uuid>" => has_form(found, UUID),
        "<time>" => has_form(found, ENTRY_TIME),
        "<instant>" => has_form(found, "####-##-##T##:##:##.###Z"),
        "<handle>" | "<text>" => found.as_str().is_some_and(|text| !text.is_empty()),
        "<count>" => found.is_u64(),
        "<seconds>" => found.as_str().and_then(|text| text.parse::<u64>().ok()).is_some_and(|n| n >= 1),
        said => found == said,
    }
}
