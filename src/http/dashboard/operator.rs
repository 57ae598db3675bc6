//! All accounts, for who runs this installation.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    SignUp,
    format::{Moment, whole},
    reply::{GoOn, Refusal, page},
    shell::{Flash, Shell},
    visit::{Operator, OperatorForm, SignedIn},
};
use crate::{
    app::{App, AppError},
    domain::ids::AccountId,
    http::extract::QueryParameters,
};

/// Accounts on one page.
const PER_PAGE: usize = 25;

struct AccountRow {
    id: String,
    email: String,
    plan: String,
    created: Moment,
    requests: String,
    leaderboards: String,
    entries: String,
    is_suspended: bool,
    is_operator: bool,
    has_password: bool,
}

#[derive(Template)]
#[template(path = "dashboard/operator.html")]
struct OperatorPage {
    shell: Shell,
    accounts: Vec<AccountRow>,
    plans: Vec<String>,
    search: String,
    total: usize,
    page: usize,
    pages: usize,
    may_invite: bool,
    /// A link that was just made, and for whom.
    link: Option<(String, String)>,
}

/// All accounts, in pages.
pub async fn show(
    State(app): State<Arc<App>>,
    Operator(by): Operator,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let search = query.get("search").unwrap_or_default().trim();
    let number = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    operator_page(&app, &by, search, number, None).await
}

async fn operator_page(
    app: &App,
    by: &SignedIn,
    search: &str,
    number: usize,
    link: Option<(String, String)>,
) -> Result<Response, Refusal> {
    let mut accounts = app.list_accounts().await?;
    accounts.reverse();
    accounts.retain(|account| account.email.to_lowercase().contains(&search.to_lowercase()));
    let (total, pages) = (accounts.len(), accounts.len().div_ceil(PER_PAGE).max(1));
    let number = number.clamp(1, pages);
    let mut rows = Vec::new();
    for account in accounts.into_iter().skip((number - 1) * PER_PAGE).take(PER_PAGE) {
        let usage = app.account_usage(account.id).await?;
        let owner = app.owner(account.id).await?;
        rows.push(AccountRow {
            id: account.id.to_string(),
            email: account.email,
            plan: account.plan.to_string(),
            created: account.created_at.into(),
            requests: whole(usage.requests),
            leaderboards: whole(usage.leaderboards),
            entries: whole(usage.entries),
            is_suspended: owner.is_suspended,
            is_operator: owner.is_operator,
            has_password: owner.password.is_some(),
        });
    }
    let shown = OperatorPage {
        shell: by.shell("Operator").in_section("operator"),
        accounts: rows,
        plans: app.plans().iter().map(|plan| plan.name.to_string()).collect(),
        search: search.to_owned(),
        total,
        page: number,
        pages,
        may_invite: by.visit.dashboard.sign_up != SignUp::Closed,
        link,
    };
    Ok(page(&by.visit, &shown))
}

fn account_of(text: &str) -> Result<AccountId, Refusal> {
    AccountId::parse(text).map_err(|_| AppError::NotFound("Account").into())
}

fn back(by: &SignedIn, said: &'static str) -> Response {
    GoOn::to(&by.visit, "/dashboard/operator").saying(&Flash::new(said)).into_response()
}

/// Makes an invitation and shows its link once.
pub async fn invite(
    State(app): State<Arc<App>>,
    OperatorForm { by, .. }: OperatorForm,
) -> Result<Response, Refusal> {
    let link = format!("{}/sign-up?link={}", by.visit.origin, app.create_invitation().await?.expose());
    operator_page(
        &app,
        &by,
        "",
        1,
        Some(("An invitation, good for one account and seven days".to_owned(), link)),
    )
    .await
}

/// Makes a link with which an account's owner sets a password, and shows it once.
pub async fn link(
    State(app): State<Arc<App>>,
    OperatorForm { by, fields }: OperatorForm,
) -> Result<Response, Refusal> {
    let owner = app.owner(account_of(fields.get("account"))?).await?;
    let token = app.create_password_link(owner.account.id).await?;
    let link = format!("{}/password?link={}", by.visit.origin, token.expose());
    let about = format!("For {}, to choose a password; good once, for a day", owner.account.email);
    operator_page(&app, &by, "", 1, Some((about, link))).await
}

/// Puts an account on another plan.
pub async fn set_plan(
    State(app): State<Arc<App>>,
    OperatorForm { by, fields }: OperatorForm,
) -> Result<Response, Refusal> {
    app.set_plan(account_of(fields.get("account"))?, fields.get("plan")).await?;
    Ok(back(&by, "plan-changed"))
}

/// Suspends an account, or resumes it.
pub async fn suspend(
    State(app): State<Arc<App>>,
    OperatorForm { by, fields }: OperatorForm,
) -> Result<Response, Refusal> {
    let account = account_of(fields.get("account"))?;
    let is_suspended = fields.get("do") == "suspend";
    if is_suspended && account == by.owner.account.id {
        return Err(AppError::Conflict("Nobody can suspend their own account").into());
    }
    app.set_suspended(account, is_suspended).await?;
    Ok(back(&by, if is_suspended { "suspended" } else { "resumed" }))
}
