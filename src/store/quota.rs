//! The month's requests: taken before they are used, and given back.

use redis::Cmd;

use super::{
    Store,
    error::StoreError,
    keys::AccountKeys,
    reply::{Parts, number},
    script,
};

/// Asks for requests of the month.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    /// How many; 0 only looks.
    pub requests: u64,
    /// The plan's requests a month.
    pub limit: Option<u64>,
}

/// What was granted, and how the account stands now.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// 0 to the number asked for.
    pub granted: u64,
    /// Where the month's count stands.
    pub used: Used,
    /// Entries on all leaderboards.
    pub entries: u64,
}

/// The month's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Requests charged this month, open leases included.
    pub requests: u64,
    /// When the month ends, unix seconds.
    pub resets: u64,
}

impl Used {
    pub(super) fn parse(parts: &mut Parts) -> Result<Self, StoreError> {
        Ok(Self { requests: parts.number()?, resets: parts.number()? })
    }
}

impl Taken {
    pub(super) fn parse(parts: &mut Parts) -> Result<Self, StoreError> {
        Ok(Self { granted: parts.number()?, used: Used::parse(parts)?, entries: parts.number()? })
    }
}

impl Store {
    /// When the month ends, unix seconds, as this machine's clock has it. Scripts correct it by Redis' own.
    pub(super) fn month_end(&self) -> i64 {
        self.clock.now().month_start_after().unix_seconds()
    }

    pub(super) fn take_call(&self, usage: &str, take: Take) -> Cmd {
        let mut call = script::TAKE.by_hash(&[usage], 4);
        call.arg(self.clock.for_scripts())
            .arg(self.month_end())
            .arg(take.requests)
            .arg(limit_text(take.limit));
        call
    }

    /// Charges requests ahead of their use; one round trip.
    pub async fn take(&self, keys: &AccountKeys, take: Take) -> Result<Taken, StoreError> {
        let call = self.take_call(&keys.usage, take);
        Taken::parse(&mut Parts::of(self.connections.charge(&script::TAKE, &call).await?)?)
    }

    /// Gives back what was taken in the month that ends at `resets` and not used; one round trip.
    pub async fn give_back(&self, keys: &AccountKeys, requests: u64, resets: u64) -> Result<(), StoreError> {
        let mut call = script::GIVE_BACK.by_hash(&[&keys.usage], 2);
        call.arg(requests).arg(resets);
        self.connections.charge(&script::GIVE_BACK, &call).await?;
        Ok(())
    }

    /// How the account stands, with the number of its leaderboards; one round trip.
    pub async fn usage(&self, keys: &AccountKeys) -> Result<(Taken, u64), StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.add_command(self.take_call(&keys.usage, Take { requests: 0, limit: None }));
        pipeline.cmd("ZCARD").arg(&keys.leaderboards);
        let mut answers = self.pipeline_with_take(&pipeline).await?;
        let taken = Taken::parse(&mut Parts::of(answers.next()?)?)?;
        Ok((taken, number(&answers.next()?)?))
    }

    /// A pipeline whose first command is a `take`; where Redis has forgotten that script, it is charged apart.
    pub(super) async fn pipeline_with_take(&self, pipeline: &redis::Pipeline) -> Result<Parts, StoreError> {
        let mut answers = self.connections.pipeline(pipeline).await?;
        let forgotten =
            matches!(answers.first(), Some(redis::Value::ServerError(error)) if error.code() == "NOSCRIPT");
        if forgotten && let Some(call) = pipeline.cmd_iter().next() {
            answers[0] = self.connections.command(&script::TAKE.by_text(call)).await?;
        }
        Parts::of(redis::Value::Array(answers))
    }
}

pub(super) fn limit_text(limit: Option<u64>) -> String {
    limit.map(|limit| limit.to_string()).unwrap_or_default()
}
