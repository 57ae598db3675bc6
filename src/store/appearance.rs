//! How a leaderboard's page for frames looks: two fields of the leaderboard's own hash, and so gone with it.

use super::{
    Store,
    error::StoreError,
    keys::BoardKeys,
    reply::{Parts, text},
};
use crate::domain::appearance::{Appearance, Css, Site};

impl Store {
    /// Keeps an appearance in the place of the one before; false where there is no such leaderboard.
    pub async fn set_appearance(
        &self,
        keys: &BoardKeys,
        appearance: &Appearance,
    ) -> Result<bool, StoreError> {
        let sites = Site::join(&appearance.sites);
        self.set_fields(keys, [("css", appearance.css.as_str()), ("sites", &sites)]).await
    }

    /// The sites alone.
    pub async fn read_sites(&self, keys: &BoardKeys) -> Result<Vec<Site>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(&keys.board).arg("sites");
        Ok(kept(None, text(self.connections.command(&command).await?)?)?.sites)
    }

    /// The appearance; the usual one where nothing else was kept.
    pub async fn read_appearance(&self, keys: &BoardKeys) -> Result<Appearance, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(&keys.board).arg(&["css", "sites"]);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let (css, sites) = (answer.text()?, answer.text()?);
        kept(css, sites)
    }
}

/// An appearance from its fields.
pub(super) fn kept(css: Option<String>, sites: Option<String>) -> Result<Appearance, StoreError> {
    const BAD: StoreError = StoreError::Unexpected("a stored appearance");
    Ok(Appearance {
        css: Css::parse(&css.unwrap_or_default()).map_err(|_| BAD)?,
        sites: Site::parse_all(&sites.unwrap_or_default()).map_err(|_| BAD)?,
    })
}
