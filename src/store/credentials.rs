//! How an account's owner gets in, and what they may do there.

use super::{
    Store,
    accounts::{Account, Claim},
    control::ControlMessage,
    error::StoreError,
    reply::{Parts, number},
    script,
};
use crate::domain::{ids::AccountId, plan::PlanName, timestamp::Timestamp};

/// An account with what only its dashboard asks for.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The account.
    pub account: Account,
    /// The hash of its password; `None` where it never had one.
    pub password: Option<PasswordHash>,
    /// Sessions and links of another epoch are void.
    pub epoch: u64,
    /// May manage all accounts.
    pub is_operator: bool,
    /// Its keys are refused.
    pub is_suspended: bool,
}

/// A password's hash, as a PHC string.
#[derive(Clone)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What to change of an account.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    /// Another password.
    pub password: Option<PasswordHash>,
    /// Another address, which must have been claimed.
    pub email: Option<String>,
    /// Whether it may manage all accounts.
    pub is_operator: Option<bool>,
    /// Whether its keys are refused.
    pub is_suspended: Option<bool>,
    /// End all its sessions and void its links.
    pub new_epoch: bool,
    /// Change nothing unless this is its epoch.
    pub expected_epoch: Option<u64>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// It is done; this is the epoch now.
    Changed(u64),
    /// There is no such account.
    Missing,
    /// It has another epoch than expected.
    OtherEpoch,
}

impl Store {
    /// Reads an account with its credentials; `None` where there is none.
    pub async fn read_owner(&self, id: AccountId) -> Result<Option<Owner>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.keys.account(id).record).arg(&[
            "email",
            "plan",
            "created",
            "password",
            "epoch",
            "operator",
            "suspended",
        ]);
        let mut fields = Parts::of(self.connections.command(&command).await?)?;
        let Some(email) = fields.text()? else { return Ok(None) };
        let plan = fields.text()?.and_then(|plan| PlanName::parse(&plan).ok());
        let created = i64::try_from(fields.number()?).map_err(|_| StoreError::Unexpected("a stored time"))?;
        let plan = plan.ok_or(StoreError::Unexpected("a stored plan"))?;
        let account = Account { id, email, plan, created_at: Timestamp::from_micros(created) };
        let password = fields.text()?.map(PasswordHash);
        let epoch = fields.text()?.map_or(Ok(0), |epoch| epoch.parse());
        Ok(Some(Owner {
            account,
            password,
            epoch: epoch.map_err(|_| StoreError::Unexpected("a stored epoch"))?,
            is_operator: fields.text()?.is_some(),
            is_suspended: fields.text()?.is_some(),
        }))
    }

    /// Changes an account that serves.
    pub async fn change_account(
        &self,
        id: AccountId,
        change: &AccountChange,
    ) -> Result<ChangeOutcome, StoreError> {
        let keys = self.keys.account(id);
        let mut call = script::CHANGE_ACCOUNT.by_hash(&[&keys.record], 10);
        call.arg(change.expected_epoch.map(|epoch| epoch.to_string()).unwrap_or_default());
        call.arg(if change.new_epoch { "1" } else { "" });
        if let Some(PasswordHash(password)) = &change.password {
            call.arg("password").arg(password);
        }
        if let Some(email) = &change.email {
            call.arg("email").arg(email);
        }
        for (field, is_set) in [("operator", change.is_operator), ("suspended", change.is_suspended)] {
            if let Some(is_set) = is_set {
                call.arg(field).arg(if is_set { "1" } else { "" });
            }
        }
        match self.connections.write(&script::CHANGE_ACCOUNT, call).await? {
            redis::Value::Int(-1) => Ok(ChangeOutcome::Missing),
            redis::Value::Int(-2) => Ok(ChangeOutcome::OtherEpoch),
            epoch => Ok(ChangeOutcome::Changed(number(&epoch)?)),
        }
    }

    /// How many accounts there are.
    pub async fn count_accounts(&self) -> Result<u64, StoreError> {
        let mut command = redis::cmd("ZCARD");
        command.arg(self.keys.accounts());
        number(&self.connections.command(&command).await?)
    }
}

impl Store {
    /// Gives an account another e-mail address, if it is granted that one.
    pub async fn change_email(&self, account: &Account, email: &str) -> Result<Claim, StoreError> {
        let claim = self.claim_email(email, account.id).await?;
        if let Claim::Granted = claim {
            let change = AccountChange { email: Some(email.to_owned()), ..AccountChange::default() };
            if self.change_account(account.id, &change).await? == ChangeOutcome::Missing {
                self.release_email(email, account.id).await?;
            } else if account.email.to_lowercase() != email.to_lowercase() {
                self.release_email(&account.email, account.id).await?;
            }
        }
        Ok(claim)
    }

    /// Refuses all keys of an account, or takes them again, and tells all replicas.
    pub async fn set_suspended(
        &self,
        id: AccountId,
        is_suspended: bool,
    ) -> Result<ChangeOutcome, StoreError> {
        let change = AccountChange { is_suspended: Some(is_suspended), ..AccountChange::default() };
        let outcome = self.change_account(id, &change).await?;
        self.publish_control(&self.keys.account(id), ControlMessage::AccountChanged(id)).await?;
        Ok(outcome)
    }
}
