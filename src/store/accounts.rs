//! Accounts: who owns leaderboards, and under which plan.

use redis::Value;

use super::{Store, error::StoreError, reply::Parts};
use crate::domain::{ids::AccountId, plan::PlanName, timestamp::Timestamp};

/// An account as it is stored.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The address that it was made with, as it was written.
    pub email: String,
    /// The name of its plan.
    pub plan: PlanName,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// Stores a new account; `false` where its e-mail address has one already.
    pub async fn create_account(&self, account: &Account) -> Result<bool, StoreError> {
        let id = account.id.to_string();
        let mut claim = redis::cmd("SET");
        claim.arg(self.keys.email(&account.email.to_lowercase())).arg(&id).arg("NX");
        if self.connections.write_command(claim).await? == Value::Nil {
            return Ok(false);
        }
        let mut record = redis::cmd("HSET");
        record
            .arg(self.keys.account(account.id).record)
            .arg(&["email", account.email.as_str()])
            .arg(&["plan", account.plan.as_str()])
            .arg("created")
            .arg(account.created_at.micros());
        self.connections.write_command(record).await?;
        let mut index = redis::cmd("ZADD");
        index.arg(self.keys.accounts()).arg(account.created_at.micros()).arg(id);
        self.connections.write_command(index).await?;
        Ok(true)
    }

    /// Reads an account; `None` where there is none.
    pub async fn read_account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.keys.account(id).record).arg(&["email", "plan", "created"]);
        let mut fields = Parts::of(self.connections.command(&command).await?)?;
        let Some(email) = fields.text()? else { return Ok(None) };
        let plan = fields.text()?.and_then(|plan| PlanName::parse(&plan).ok());
        let created = i64::try_from(fields.number()?).map_err(|_| StoreError::Unexpected("a stored time"))?;
        Ok(Some(Account {
            id,
            email,
            plan: plan.ok_or(StoreError::Unexpected("a stored plan"))?,
            created_at: Timestamp::from_micros(created),
        }))
    }

    /// The account with this e-mail address.
    pub async fn find_account(&self, email: &str) -> Result<Option<AccountId>, StoreError> {
        let mut command = redis::cmd("GET");
        command.arg(self.keys.email(&email.to_lowercase()));
        let id = super::reply::text(self.connections.command(&command).await?)?;
        id.map(|id| AccountId::parse(&id).map_err(|_| StoreError::Unexpected("a stored id"))).transpose()
    }

    /// All accounts, oldest first.
    pub async fn account_ids(&self) -> Result<Vec<AccountId>, StoreError> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(self.keys.accounts()).arg(0).arg(-1);
        let mut answer = Parts::of(self.connections.command(&command).await?)?;
        let mut ids = Vec::with_capacity(answer.remaining());
        while answer.remaining() > 0 {
            let id = answer.text()?.unwrap_or_default();
            ids.push(AccountId::parse(&id).map_err(|_| StoreError::Unexpected("a stored id"))?);
        }
        Ok(ids)
    }

    /// Puts an account on another plan and tells all replicas.
    pub async fn set_plan(&self, id: AccountId, plan: &PlanName) -> Result<(), StoreError> {
        let mut command = redis::cmd("HSET");
        command.arg(self.keys.account(id).record).arg("plan").arg(plan.as_str());
        self.connections.write_command(command).await?;
        let keys = self.keys.account(id);
        self.publish_control(&keys, super::control::ControlMessage::AccountChanged(id)).await
    }
}
