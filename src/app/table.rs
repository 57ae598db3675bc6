//! One leaderboard's entries, row by row: read in the order of their ranks, or submitted one after the other.

use std::time::Duration;

use super::{App, AppError, entries};
use crate::{
    domain::{
        entry::{Row, Submission},
        ids::{AccountId, LeaderboardId},
        plan::Plan,
    },
    store::{
        AccountKeys, BoardKeys, Used,
        accounts::Account,
        entries::Accepted,
        walk::{Step, Walk},
    },
};

/// Requests charged at the most before they are given back.
const OWED: u64 = 100;

/// Submissions that an operator makes: under the rules of the API, and not counted as requests.
pub struct EntryImport<'a> {
    app: &'a App,
    account: AccountKeys,
    board: BoardKeys,
    plan: Plan,
    owed: u64,
    charged: Option<Used>,
}

impl App {
    /// The next rows of a leaderboard, by rank; none at the end.
    pub async fn next_rows(
        &self,
        account: AccountId,
        leaderboard: LeaderboardId,
        walk: &mut Walk,
    ) -> Result<Vec<Row>, AppError> {
        match self.store.walk_ranking(&self.board_keys(account, leaderboard), walk).await? {
            Step::Rows(rows) => Ok(rows),
            Step::Lost => {
                Err(AppError::Conflict("The leaderboard was reset or re-sorted meanwhile; begin again"))
            }
            Step::Missing => Err(AppError::NotFound("Leaderboard")),
        }
    }

    /// Begins to submit entries to one of an account's leaderboards.
    pub async fn import_entries(
        &self,
        account: &Account,
        leaderboard: LeaderboardId,
    ) -> Result<EntryImport<'_>, AppError> {
        self.leaderboard(account.id, leaderboard).await?;
        // Whose requests are used up can be helped all the same.
        let plan = Plan { requests_per_month: None, ..Plan::clone(&self.plan_of(account)) };
        let keys = self.store.keys().account(account.id);
        let board = keys.leaderboard(leaderboard);
        Ok(EntryImport { app: self, account: keys, board, plan, owed: 0, charged: None })
    }
}

impl EntryImport<'_> {
    /// Submits one entry.
    ///
    /// # Errors
    /// As the API has them. After a failure of the store, it is not known whether it was carried out.
    pub async fn submit(&mut self, submission: &Submission) -> Result<Accepted, AppError> {
        entries::check_plan(&self.plan, submission)?;
        let written = self.app.store.submit(&self.board, &self.plan, submission, None).await?;
        let written = written.ok_or(AppError::NotFound("Leaderboard"))?;
        self.charged = Some(written.used);
        self.owed += 1;
        if self.owed >= OWED {
            self.give_back().await?;
        }
        // Without a limit there is nothing to exceed.
        entries::accepted(written.outcome, || AppError::QuotaExceeded { retry_after: Duration::ZERO })
    }

    /// Ends it: no request stays charged.
    pub async fn finish(mut self) -> Result<(), AppError> {
        self.app.boards.advance(&self.board);
        self.give_back().await
    }

    async fn give_back(&mut self) -> Result<(), AppError> {
        let owed = std::mem::take(&mut self.owed);
        if let Some(used) = self.charged.filter(|_| owed > 0) {
            self.app.store.give_back(&self.account, owed, used.resets).await?;
        }
        Ok(())
    }
}
