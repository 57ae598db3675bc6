//! Writing entries: one script, one round trip.

use super::{
    Store,
    error::StoreError,
    keys::BoardKeys,
    packed,
    quota::{Used, limit_text},
    reply::{Parts, bytes, text},
    script,
};
use crate::domain::{
    entry::{MetadataChange, Submission},
    ids::PlayerId,
    metadata::Metadata,
    plan::Plan,
    score::Score,
};

/// How long the answer to an `Idempotency-Key` is kept, in milliseconds: a day.
const KEEP_ANSWER_MS: u64 = 24 * 60 * 60 * 1000;
/// Says to `submit.lua` that the metadata stays as it is.
const KEEP_METADATA: &str = "=";

/// An `Idempotency-Key` with the hash of the request that came with it.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// 1 to 255 characters.
    pub key: String,
    /// SHA-256 of the request's body.
    pub request_hash: [u8; 32],
}

/// What a write did, and where the month's count stands after it.
#[derive(Clone, Copy, Debug)]
pub struct Written<T> {
    /// The month's count; the request is in it unless the outcome is that the quota is used up.
    pub used: Used,
    /// What became of it.
    pub outcome: T,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SubmitOutcome {
    /// It was carried out.
    Accepted(Accepted),
    /// It had been carried out before under the same `Idempotency-Key`; this was its answer.
    Replayed(Accepted),
    /// The `Idempotency-Key` came with another request before.
    KeyReused,
    /// The month's requests are used up.
    QuotaExceeded,
    /// The plan has no room for another entry.
    Full,
    /// The sum is beyond the finite numbers.
    Overflow,
}

/// The answer to a submission.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accepted {
    /// Whose entry it is.
    pub player: PlayerId,
    /// The rank now, in the leaderboard's own order.
    pub rank: u64,
    /// The score now.
    pub score: Score,
    /// The score before; `None` where the player is new.
    pub previous_score: Option<Score>,
    /// The rank before.
    pub previous_rank: Option<u64>,
    /// Entries on the leaderboard now.
    pub total: u64,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteOutcome {
    /// The entry is gone.
    Deleted,
    /// There was none.
    Missing,
    /// The month's requests are used up.
    QuotaExceeded,
}

impl Store {
    /// Submits a score. `None` where the leaderboard doesn't exist.
    ///
    /// # Errors
    /// Where [`StoreError::outcome_unknown`], the submission may have been carried out.
    pub async fn submit(
        &self,
        keys: &BoardKeys,
        plan: &Plan,
        submission: &Submission,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<Written<SubmitOutcome>>, StoreError> {
        let kept = idempotency.map(|idempotency| keys.kept_answer(&idempotency.key));
        let mut names = vec![&*keys.board, &keys.ranking, &keys.pending, &keys.entries, &keys.usage];
        names.extend(kept.as_deref());
        let (metadata, keep) = match &submission.metadata {
            MetadataChange::Keep => ("", KEEP_METADATA),
            MetadataChange::Set(metadata) => (metadata.as_ref().map_or("", Metadata::as_str), ""),
        };
        let mut call = script::SUBMIT.by_hash(&names, 11);
        call.arg(&keys.channel)
            .arg(submission.player.as_bytes().as_slice())
            .arg(submission.score.to_string())
            .arg(packed::pack_named(&submission.name, metadata))
            .arg(self.month_end())
            .arg(limit_text(plan.requests_per_month))
            .arg(limit_text(plan.entries));
        let now = self.clock.for_scripts();
        let request_hash = idempotency.map(|idempotency| idempotency.request_hash.as_slice());
        if !now.is_empty() {
            call.arg(keep).arg(request_hash.unwrap_or_default()).arg(KEEP_ANSWER_MS).arg(now);
        } else if let Some(hash) = request_hash {
            call.arg(keep).arg(hash).arg(KEEP_ANSWER_MS);
        } else if !keep.is_empty() {
            call.arg(keep);
        }
        let answer = bytes(self.connections.write(&script::SUBMIT, call).await?)?;
        answer.map(|packed| packed::unpack_submitted(&packed)).transpose()
    }

    /// Deletes a player's entry. `None` where the leaderboard doesn't exist.
    ///
    /// # Errors
    /// Where [`StoreError::outcome_unknown`], the entry may have been deleted.
    pub async fn delete_entry(
        &self,
        keys: &BoardKeys,
        plan: &Plan,
        player: PlayerId,
    ) -> Result<Option<Written<DeleteOutcome>>, StoreError> {
        let names = [&*keys.board, &keys.ranking, &keys.pending, &keys.entries, &keys.usage];
        let mut call = script::DELETE_ENTRY.by_hash(&names, 5);
        call.arg(self.clock.for_scripts())
            .arg(self.month_end())
            .arg(limit_text(plan.requests_per_month))
            .arg(&keys.channel)
            .arg(player.as_bytes().as_slice());
        let mut reply = Parts::of(self.connections.write(&script::DELETE_ENTRY, call).await?)?;
        let status = text(reply.next()?)?.unwrap_or_default();
        if status == "gone" {
            return Ok(None);
        }
        let used = Used::parse(&mut reply)?;
        let outcome = match status.as_str() {
            "ok" => DeleteOutcome::Deleted,
            "missing" => DeleteOutcome::Missing,
            "quota" => DeleteOutcome::QuotaExceeded,
            _ => return Err(StoreError::Unexpected("the status of a deletion")),
        };
        Ok(Some(Written { used, outcome }))
    }
}
