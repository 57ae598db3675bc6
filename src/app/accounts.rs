//! Accounts, as the admin commands make and change them.

use super::{App, AppError};
use crate::{
    domain::{ids::AccountId, plan::PlanName},
    store::accounts::{Account, Claim},
};

pub(super) const EMAIL_TAKEN: AppError = AppError::Conflict("There is an account with this e-mail address");
pub(super) const EMAIL_IN_TRANSIT: AppError =
    AppError::Conflict("An account with this e-mail address is being restored or removed");

impl App {
    /// Creates an account on a plan, the default one where none is named.
    pub async fn create_account(&self, email: &str, plan: Option<&str>) -> Result<Account, AppError> {
        let email = parse_email(email)?;
        let plan = match plan {
            Some(name) => self.plan_named(name)?,
            None => self.default_plan().name.clone(),
        };
        let account = Account { id: AccountId::new_v4(), email, plan, created_at: self.clock.now() };
        match self.store.create_account(&account).await? {
            Claim::Granted => Ok(account),
            Claim::HeldBy(_) => Err(EMAIL_TAKEN),
            Claim::InTransit => Err(EMAIL_IN_TRANSIT),
        }
    }

    /// Puts an account on another plan, on all replicas at once.
    pub async fn set_plan(&self, account: AccountId, plan: &str) -> Result<Account, AppError> {
        let plan = self.plan_named(plan)?;
        if !self.store.set_plan(account, &plan).await? {
            return Err(AppError::NotFound("Account"));
        }
        self.gate.forget_all();
        self.account(account).await
    }

    /// An account by its id.
    pub async fn account(&self, id: AccountId) -> Result<Account, AppError> {
        self.store.read_account(id).await?.ok_or(AppError::NotFound("Account"))
    }

    /// An account by its id or its e-mail address.
    pub async fn find_account(&self, id_or_email: &str) -> Result<Account, AppError> {
        let id = match AccountId::parse(id_or_email) {
            Ok(id) => Some(id),
            Err(_) => self.store.find_account(id_or_email).await?,
        };
        self.account(id.ok_or(AppError::NotFound("Account"))?).await
    }

    /// Deletes an account with all that it has, named by its id or its e-mail address; also what is left of one whose
    /// restoring or deleting was cut short.
    pub async fn delete_account(&self, id_or_email: &str) -> Result<AccountId, AppError> {
        let id = match AccountId::parse(id_or_email) {
            Ok(id) => Some(id),
            Err(_) => self.store.find_account(id_or_email).await?,
        };
        let id = id.ok_or(AppError::NotFound("Account"))?;
        let transit = self.store.begin_removal(id).await?.ok_or(AppError::NotFound("Account"))?;
        self.gate.forget_all();
        self.store.discard(&transit).await?;
        Ok(id)
    }

    /// All accounts, oldest first.
    pub async fn list_accounts(&self) -> Result<Vec<Account>, AppError> {
        let mut accounts = Vec::new();
        for id in self.store.account_ids().await? {
            accounts.extend(self.store.read_account(id).await?);
        }
        Ok(accounts)
    }

    fn plan_named(&self, name: &str) -> Result<PlanName, AppError> {
        let plan = self.plans().get(name).map(|plan| plan.name.clone());
        plan.ok_or_else(|| {
            let names: Vec<_> = self.plans().iter().map(|plan| plan.name.as_str()).collect();
            AppError::invalid("plan", format!("There is no such plan; there are {}", names.join(", ")))
        })
    }
}

/// Only what no address can do without; whether it works, only a message to it can tell.
pub(super) fn parse_email(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    let parts = text.rsplit_once('@');
    let plausible = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    plausible.then(|| text.to_owned()).ok_or_else(|| AppError::invalid("email", "This is no e-mail address"))
}
