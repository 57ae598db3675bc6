//! Submitting, deleting and reading entries.

use super::{App, AppError, Caller, Payer, Served, boards::Board};
use crate::{
    domain::{
        entry::{MetadataChange, Row, Submission},
        ids::PlayerId,
        leaderboard::Leaderboard,
        page::Page,
        plan::Plan,
    },
    store::{
        StoreError,
        entries::{Accepted, DeleteOutcome, Idempotency, SubmitOutcome, Written},
    },
};

/// Refuses what the plan lacks.
pub(super) fn check_plan(plan: &Plan, submission: &Submission) -> Result<(), AppError> {
    if !plan.metadata && matches!(submission.metadata, MetadataChange::Set(Some(_))) {
        let message = "The plan has no metadata";
        return Err(AppError::PlanRestriction { field: Some("metadata"), message });
    }
    Ok(())
}

/// The answer to a submission, or why it was refused; `exceeded` says it where the month's requests are used up.
pub(super) fn accepted(
    outcome: SubmitOutcome,
    exceeded: impl FnOnce() -> AppError,
) -> Result<Accepted, AppError> {
    match outcome {
        SubmitOutcome::Accepted(accepted) | SubmitOutcome::Replayed(accepted) => Ok(accepted),
        SubmitOutcome::QuotaExceeded => Err(exceeded()),
        SubmitOutcome::KeyReused => Err(AppError::invalid(
            "Idempotency-Key",
            "The Idempotency-Key was used before with another request",
        )),
        SubmitOutcome::Full => Err(AppError::PlanLimit("The plan has no room for another entry")),
        SubmitOutcome::Overflow => {
            Err(AppError::invalid("score", "The sum of the scores would be no finite number"))
        }
    }
}

impl App {
    /// Submits a score.
    pub async fn submit_entry(
        &self,
        caller: &Caller,
        submission: &Submission,
        idempotency: Option<&Idempotency>,
    ) -> Result<Accepted, AppError> {
        let plan = &caller.access().plan;
        check_plan(plan, submission)?;
        let board = caller.board()?;
        let submit = || self.store.submit(&board.keys, plan, submission, idempotency);
        let outcome = self.write(caller, board, submit, SubmitOutcome::QuotaExceeded).await?;
        let accepted = accepted(outcome, || caller.access().ledger.refuse(self.clock.now()))?;
        caller.access().ledger.tally.submitted(accepted.player);
        Ok(accepted)
    }

    /// Deletes a player's entry.
    pub async fn delete_entry(&self, caller: &Caller, player: PlayerId) -> Result<(), AppError> {
        let board = caller.board()?;
        let delete = || self.store.delete_entry(&board.keys, &caller.access().plan, player);
        match self.write(caller, board, delete, DeleteOutcome::QuotaExceeded).await? {
            DeleteOutcome::Deleted => Ok(()),
            DeleteOutcome::Missing => Err(AppError::NotFound("Entry")),
            DeleteOutcome::QuotaExceeded => Err(caller.access().ledger.refuse(self.clock.now())),
        }
    }

    /// Runs a write; where the month seems to be used up, once more after all leases were asked back.
    async fn write<T, F>(
        &self,
        caller: &Caller,
        board: &Board,
        write: impl Fn() -> F,
        exceeded: T,
    ) -> Result<T, AppError>
    where
        T: PartialEq,
        F: Future<Output = Result<Option<Written<T>>, StoreError>>,
    {
        let ledger = &caller.access().ledger;
        let mut recalled = false;
        loop {
            let result = write().await;
            // Also where the answer was lost: the write may have happened.
            board.generation.advance();
            let written = result?.ok_or(AppError::NotFound("Leaderboard"))?;
            ledger.note(written.used);
            if written.outcome != exceeded {
                caller.note_charged(written.used.resets);
            } else if !recalled && Box::pin(ledger.recall(&self.store)).await? {
                recalled = true;
                continue;
            }
            return Ok(written.outcome);
        }
    }

    /// A page of the caller's leaderboard.
    pub async fn list_entries(&self, caller: &Caller, page: &Page) -> Result<Served, AppError> {
        self.pages.get(&self.store, caller.board()?, page, Some(Payer { app: self, caller })).await
    }

    /// A player's entry with its rank in the leaderboard's own order.
    pub async fn read_entry(&self, caller: &Caller, player: PlayerId) -> Result<Row, AppError> {
        let board = caller.board()?;
        let read = |take| {
            let (store, board) = (self.store.clone(), board.clone());
            async move { store.read_row(&board.keys, player, take).await }
        };
        let value = caller.read(self, read).await?.ok_or(AppError::NotFound("Leaderboard"))?;
        board.note_order(value.order);
        value.row.ok_or(AppError::NotFound("Entry"))
    }

    /// The caller's leaderboard.
    pub async fn read_own_leaderboard(&self, caller: &Caller) -> Result<Leaderboard, AppError> {
        let board = caller.board()?;
        let read = |take| {
            let (store, board) = (self.store.clone(), board.clone());
            async move { store.read_leaderboard(&board.keys, take).await }
        };
        caller.read(self, read).await?.ok_or(AppError::NotFound("Leaderboard"))
    }
}
