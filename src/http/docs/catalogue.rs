//! Which pages there are, and in which order. Their texts are the repository's own Markdown files.

use std::borrow::Cow;

use super::reference::{Operation, Reference};

/// Where pages live.
pub const BASE: &str = "/docs";

/// A page as it is written.
pub struct Leaf {
    /// Its address below [`BASE`]; empty for the first page.
    pub slug: String,
    /// What the navigation calls it.
    pub title: String,
    /// Where its text lies in the repository; of an operation, where it would lie.
    pub path: String,
    /// Its text.
    pub text: Cow<'static, str>,
    /// What it describes, on a page of the reference.
    pub operation: Option<Operation>,
}

/// Pages that belong together.
pub struct Section {
    /// What stands above them.
    pub title: &'static str,
    /// Whether the navigation shows them only while one of them is open.
    pub is_folded: bool,
    /// The pages.
    pub leaves: Vec<Leaf>,
}

impl Leaf {
    /// Where the page is served.
    pub fn url(&self) -> String {
        if self.slug.is_empty() { BASE.to_owned() } else { format!("{BASE}/{}", self.slug) }
    }

    /// Where its Markdown is served.
    pub fn twin(&self) -> String {
        format!("{BASE}/{}.md", if self.slug.is_empty() { "index" } else { &self.slug })
    }
}

type Written = (&'static str, &'static str, &'static str, &'static str);

macro_rules! written {
    ($($slug:literal, $title:literal, $path:literal;)+) => {
        &[$(($slug, $title, $path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)))),+]
    };
}

const BEGIN: &[Written] = written! {
    "", "Overview", "docs/README.md";
    "quick-start", "Quick start", "docs/quick-start.md";
    "concepts", "Concepts", "docs/concepts.md";
    "keys", "Keys and safety", "docs/keys.md";
    "plans", "Plans", "docs/plans.md";
    "ties", "Ties and ranks", "docs/ties.md";
    "realtime", "Realtime", "docs/realtime.md";
};

const CLIENTS: &[Written] = written! {
    "embed", "On your page", "docs/embed.md";
    "javascript", "JavaScript", "docs/javascript.md";
    "unity", "Unity", "docs/unity.md";
    "godot", "Godot", "docs/godot.md";
    "sdk/javascript", "JavaScript, in full", "sdks/js/README.md";
    "sdk/unity", "Unity, in full", "sdks/unity/README.md";
    "sdk/godot", "Godot, in full", "sdks/godot/README.md";
};

const API: &[Written] = written! {
    "api", "How it works", "docs/api.md";
};

const HOST: &[Written] = written! {
    "self-hosting", "Self-hosting", "docs/self-hosting.md";
    "configuration", "Configuration", "docs/configuration.md";
    "dashboard", "The dashboard", "docs/dashboard.md";
    "redis", "Redis", "docs/redis.md";
    "kubernetes", "Kubernetes", "k8s/README.md";
    "backup", "Backup and restore", "docs/backup.md";
    "upgrade", "Upgrade", "docs/upgrade.md";
    "security", "Security", "docs/security.md";
};

const SCALE: &[Written] = written! {
    "capacity", "Scaling and capacity", "docs/capacity.md";
    "performance", "Performance", "docs/performance.md";
    "limits", "Limits", "docs/limits.md";
    "failover", "Failover", "docs/failover.md";
    "operations", "Watching over it", "docs/operations.md";
};

const RUNBOOKS: &[Written] = written! {
    "runbooks/RankoraAbandoned", "Abandoned", "docs/runbooks/RankoraAbandoned.md";
    "runbooks/RankoraBackgroundFailures", "BackgroundFailures", "docs/runbooks/RankoraBackgroundFailures.md";
    "runbooks/RankoraDeaf", "Deaf", "docs/runbooks/RankoraDeaf.md";
    "runbooks/RankoraDown", "Down", "docs/runbooks/RankoraDown.md";
    "runbooks/RankoraErrors", "Errors", "docs/runbooks/RankoraErrors.md";
    "runbooks/RankoraFilesRunOut", "FilesRunOut", "docs/runbooks/RankoraFilesRunOut.md";
    "runbooks/RankoraInternalErrors", "InternalErrors", "docs/runbooks/RankoraInternalErrors.md";
    "runbooks/RankoraLettersFail", "LettersFail", "docs/runbooks/RankoraLettersFail.md";
    "runbooks/RankoraManyRefusals", "ManyRefusals", "docs/runbooks/RankoraManyRefusals.md";
    "runbooks/RankoraMemoryHigh", "MemoryHigh", "docs/runbooks/RankoraMemoryHigh.md";
    "runbooks/RankoraPrivateRedisRestarted", "PrivateRedisRestarted", "docs/runbooks/RankoraPrivateRedisRestarted.md";
    "runbooks/RankoraRedisFull", "RedisFull", "docs/runbooks/RankoraRedisFull.md";
    "runbooks/RankoraRedisMemoryHigh", "RedisMemoryHigh", "docs/runbooks/RankoraRedisMemoryHigh.md";
    "runbooks/RankoraRedisNotPersistent", "RedisNotPersistent", "docs/runbooks/RankoraRedisNotPersistent.md";
    "runbooks/RankoraRedisServerUnavailable", "RedisServerUnavailable", "docs/runbooks/RankoraRedisServerUnavailable.md";
    "runbooks/RankoraRedisSlow", "RedisSlow", "docs/runbooks/RankoraRedisSlow.md";
    "runbooks/RankoraRedisUnavailable", "RedisUnavailable", "docs/runbooks/RankoraRedisUnavailable.md";
    "runbooks/RankoraReplicaDown", "ReplicaDown", "docs/runbooks/RankoraReplicaDown.md";
    "runbooks/RankoraReplicaWithoutRedis", "ReplicaWithoutRedis", "docs/runbooks/RankoraReplicaWithoutRedis.md";
    "runbooks/RankoraRestarts", "Restarts", "docs/runbooks/RankoraRestarts.md";
    "runbooks/RankoraSlow", "Slow", "docs/runbooks/RankoraSlow.md";
    "runbooks/RankoraStreamGaps", "StreamGaps", "docs/runbooks/RankoraStreamGaps.md";
    "runbooks/RankoraWritesUnconfirmed", "WritesUnconfirmed", "docs/runbooks/RankoraWritesUnconfirmed.md";
};

/// All pages, with one for each operation of the reference.
pub fn sections(reference: Reference) -> Vec<Section> {
    let mut api = leaves(API);
    if let Some(overview) = api.first_mut() {
        overview.text.to_mut().push_str(&reference.list);
    }
    api.extend(reference.operations.into_iter().map(|operation| Leaf {
        slug: format!("api/{}", operation.id),
        title: operation.summary.clone(),
        path: format!("docs/api/{}.md", operation.id),
        text: Cow::Owned(operation.text.clone()),
        operation: Some(operation),
    }));
    let section = |title, is_folded, leaves| Section { title, is_folded, leaves };
    vec![
        section("Begin", false, leaves(BEGIN)),
        section("Build", false, leaves(CLIENTS)),
        section("API reference", true, api),
        section("Host", false, leaves(HOST)),
        section("Scale and watch", false, leaves(SCALE)),
        section("Runbooks", true, leaves(RUNBOOKS)),
    ]
}

fn leaves(written: &[Written]) -> Vec<Leaf> {
    let leaf = |&(slug, title, path, text): &Written| Leaf {
        slug: slug.to_owned(),
        title: title.to_owned(),
        path: path.to_owned(),
        text: Cow::Borrowed(text),
        operation: None,
    };
    written.iter().map(leaf).collect()
}
