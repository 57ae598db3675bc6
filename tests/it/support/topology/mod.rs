//! Several redis-servers that belong together, started by the tests on loopback addresses of their own. They die with
//! the tests, however they end.

pub mod cluster;
pub mod network;
pub mod node;
pub mod sentinel;
pub mod shared;
pub mod switch;

use std::time::Duration;

/// What is the same in all topologies.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether each link can be cut; see [`switch::Switch`].
    pub switched: bool,
    /// After what silence a node counts as gone.
    pub patience: Duration,
    /// Who may log in to the nodes, and nobody else; also how they log in to each other.
    pub login: Option<Login>,
    /// The same for the sentinels.
    pub sentinel_login: Option<Login>,
    /// Further lines of each node's configuration.
    pub settings: Vec<String>,
    /// The same of each sentinel's.
    pub sentinel_settings: Vec<String>,
}

/// A user of Redis. The one called `default` needs no name to log in.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: &'static str,
    pub password: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            switched: false,
            patience: Duration::from_secs(1),
            login: None,
            sentinel_login: None,
            settings: Vec::new(),
            sentinel_settings: Vec::new(),
        }
    }
}

impl Setup {
    /// With links that can be cut.
    pub fn switched() -> Self {
        Self { switched: true, ..Self::default() }
    }
}

impl Login {
    /// As it stands in a URL.
    fn in_url(login: Option<&Self>) -> String {
        login.map_or_else(String::new, |login| format!("{}:{}@", login.user, login.password))
    }

    /// The lines that let this user in alone.
    fn settings(&self) -> Vec<String> {
        let mut lines = vec![format!("user {} reset on >{} ~* &* +@all", self.user, self.password)];
        if self.user != "default" {
            lines.push("user default off".to_owned());
        }
        lines
    }
}
