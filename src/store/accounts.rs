//! Accounts: who owns leaderboards, and under which plan.

use super::{
    Store,
    error::StoreError,
    reply::{Parts, number, text},
    script,
};
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

/// What became of a claim to an e-mail address.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is the account's now.
    Granted,
    /// It is another account's.
    HeldBy(Account),
    /// It is the one of an account that is being restored or removed.
    InTransit,
}

impl Store {
    /// Stores a new account, if it is granted its e-mail address.
    pub async fn create_account(&self, account: &Account) -> Result<Claim, StoreError> {
        // First the record: so a claim without one was left behind by who was killed, and may be taken over.
        let mut record = redis::cmd("HSET");
        record
            .arg(self.keys.account(account.id).record)
            .arg(&["email", account.email.as_str()])
            .arg(&["plan", account.plan.as_str()])
            .arg("created")
            .arg(account.created_at.micros());
        self.connections.write_command(record).await?;
        let claim = self.claim_email(&account.email, account.id).await?;
        match &claim {
            Claim::Granted => {
                self.list_account(account.id, account.created_at).await?;
                // Whoever knows its address may have deleted it meanwhile.
                if self.read_account(account.id).await?.is_none() {
                    self.unlist_account(account.id).await?;
                }
            }
            Claim::HeldBy(holder) => {
                self.forget_record(account.id).await?;
                // Whoever made it may have been killed just before this.
                self.list_account(holder.id, holder.created_at).await?;
            }
            Claim::InTransit => self.forget_record(account.id).await?,
        }
        Ok(claim)
    }

    async fn forget_record(&self, id: AccountId) -> Result<(), StoreError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.keys.account(id).record);
        self.connections.write_command(command).await?;
        Ok(())
    }

    /// Puts an account into the index of all accounts.
    pub(super) async fn list_account(&self, id: AccountId, created_at: Timestamp) -> Result<(), StoreError> {
        let mut command = redis::cmd("ZADD");
        command.arg(self.keys.accounts()).arg(created_at.micros()).arg(id.to_string());
        self.connections.write_command(command).await?;
        Ok(())
    }

    /// Takes it out of the index.
    pub(super) async fn unlist_account(&self, id: AccountId) -> Result<(), StoreError> {
        let mut command = redis::cmd("ZREM");
        command.arg(self.keys.accounts()).arg(id.to_string());
        self.connections.command(&command).await?;
        Ok(())
    }

    /// Claims an e-mail address, whatever its case. A claim of an account that isn't there is taken over.
    pub(super) async fn claim_email(&self, email: &str, id: AccountId) -> Result<Claim, StoreError> {
        let mut expected = None;
        loop {
            let found = self.pass_email(email, expected, Some(id)).await?;
            if found == expected || found == Some(id) {
                return Ok(Claim::Granted);
            }
            let Some(holder) = found else {
                expected = None;
                continue;
            };
            let keys = self.keys.account(holder);
            let mut exists = redis::cmd("EXISTS");
            // One command, since an account passes from one to the other.
            exists.arg(&keys.record).arg(&keys.transit);
            if number(&self.connections.command(&exists).await?)? == 0 {
                expected = Some(holder);
                continue;
            }
            return Ok(self.read_account(holder).await?.map_or(Claim::InTransit, Claim::HeldBy));
        }
    }

    /// Gives an e-mail address up, if it is the account's.
    pub(super) async fn release_email(&self, email: &str, id: AccountId) -> Result<(), StoreError> {
        self.pass_email(email, Some(id), None).await?;
        Ok(())
    }

    /// Passes an e-mail address from one holder to another; returns the one that was found.
    async fn pass_email(
        &self,
        email: &str,
        from: Option<AccountId>,
        to: Option<AccountId>,
    ) -> Result<Option<AccountId>, StoreError> {
        let id_text = |id: Option<AccountId>| id.map(|id| id.to_string()).unwrap_or_default();
        let mut call = script::CLAIM_EMAIL.by_hash(&[&self.keys.email(&email.to_lowercase())], 2);
        call.arg(id_text(from)).arg(id_text(to));
        let holder = text(self.connections.write(&script::CLAIM_EMAIL, call).await?)?.unwrap_or_default();
        match holder.as_str() {
            "" => Ok(None),
            id => AccountId::parse(id).map(Some).map_err(|_| StoreError::Unexpected("a stored id")),
        }
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
        let id = text(self.connections.command(&command).await?)?;
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

    /// Puts an account on another plan and tells all replicas; `false` where there is none.
    pub async fn set_plan(&self, id: AccountId, plan: &PlanName) -> Result<bool, StoreError> {
        let keys = self.keys.account(id);
        let mut call = script::SET_PLAN.by_hash(&[&keys.record], 1);
        call.arg(plan.as_str());
        let is_there = number(&self.connections.write(&script::SET_PLAN, call).await?)? == 1;
        self.publish_control(&keys, super::control::ControlMessage::AccountChanged(id)).await?;
        Ok(is_there)
    }
}
