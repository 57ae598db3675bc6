//! The account itself: its password, its address, its end.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    format::Moment,
    reply::{Fault, GoOn, Refusal, own_page},
    shell::{Flash, Shell},
    sign_up::{link_of, new_password},
    visit::{SignedForm, SignedIn},
};
use crate::{app::App, http::extract::QueryParameters};

#[derive(Template)]
#[template(path = "dashboard/account.html")]
struct AccountPage {
    shell: Shell,
    id: String,
    created: Moment,
    typed: String,
    form: &'static str,
    has_mail: bool,
    fault: Fault,
}

/// Where a new address is confirmed.
#[derive(Template)]
#[template(path = "dashboard/email.html")]
struct EmailPage {
    shell: Shell,
    new_email: String,
    link: String,
}

impl AccountPage {
    /// What is wrong with a field of one of the forms.
    fn wrong(&self, form: &str, field: &str) -> Option<&str> {
        if self.form == form { self.fault.with(field) } else { None }
    }
}

fn account_page(by: &SignedIn, form: &'static str, typed: &str, fault: Fault) -> Response {
    let account = &by.owner.account;
    let status = fault.status();
    let shown = AccountPage {
        shell: by.shell("Account").in_section("account"),
        id: account.id.to_string(),
        created: account.created_at.into(),
        typed: typed.to_owned(),
        form,
        has_mail: by.visit.dashboard.mail.is_some(),
        fault,
    };
    own_page(by, status, &shown)
}

/// The account.
pub async fn show(by: SignedIn) -> Response {
    account_page(&by, "", "", Fault::default())
}

/// Sets another password.
pub async fn change_password(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let new = match new_password(&fields) {
        Ok(new) => new,
        Err(fault) => return Ok(account_page(&by, "password", "", fault)),
    };
    let current = fields.get("current_password").to_owned();
    match app.change_password(&by.owner, current, new, &by.token).await {
        Ok(session) => {
            let on = GoOn::to(&by.visit, "/dashboard/account").signed_in(&session, &by.visit);
            Ok(on.saying(&Flash::new("password-set")).into_response())
        }
        Err(error) => Ok(account_page(&by, "password", "", Fault::of(error)?)),
    }
}

/// Sets another e-mail address; where messages can be sent, once its owner has opened a link.
pub async fn change_email(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let (email, current) = (fields.get("email"), fields.get("current_password").to_owned());
    let (done, said) = match &by.visit.dashboard.mail {
        Some(mail) => (app.send_email_link(mail, &by.owner, current, email).await, "email-sent"),
        None => (app.change_email(&by.owner, current, email).await, "email-changed"),
    };
    match done {
        Ok(()) => {
            let on = GoOn::to(&by.visit, "/dashboard/account");
            Ok(on.saying(&Flash::new(said)).into_response())
        }
        Err(error) => Ok(account_page(&by, "email", email, Fault::of(error)?)),
    }
}

/// What a link to confirm an address leads to. Opening it changes nothing: programs that look at mail do so too.
pub async fn show_email(
    State(app): State<Arc<App>>,
    by: SignedIn,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let token = link_of(query.get("link").unwrap_or_default())?;
    let new_email = app.find_email_link(&by.owner, &token).await?;
    let shell = by.shell("Confirm your e-mail address").in_section("account");
    Ok(own_page(&by, StatusCode::OK, &EmailPage { shell, new_email, link: token.expose() }))
}

/// Sets the e-mail address that was confirmed.
pub async fn confirm_email(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<GoOn, Refusal> {
    let token = link_of(fields.get("link"))?;
    app.use_email_link(by.visit.dashboard.mail.as_ref(), &by.owner, &token).await?;
    Ok(GoOn::to(&by.visit, "/dashboard/account").saying(&Flash::new("email-changed")))
}

/// Ends all other sessions.
pub async fn sign_out_elsewhere(
    State(app): State<Arc<App>>,
    SignedForm { by, .. }: SignedForm,
) -> Result<GoOn, Refusal> {
    let session = app.sign_out_elsewhere(&by.owner, &by.token).await?;
    let on = GoOn::to(&by.visit, "/dashboard/account").signed_in(&session, &by.visit);
    Ok(on.saying(&Flash::new("signed-out-elsewhere")))
}

/// Deletes the account with all that it has.
pub async fn delete(
    State(app): State<Arc<App>>,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let account = &by.owner.account;
    if fields.get("confirm").trim() != account.email {
        let fault = Fault::at("confirm", "Type your e-mail address exactly as it stands above");
        return Ok(account_page(&by, "delete", "", fault));
    }
    if let Err(error) = app.confirm_password(&by.owner, fields.get("current_password").to_owned()).await {
        return Ok(account_page(&by, "delete", "", Fault::of(error)?));
    }
    app.delete_account(&account.id.to_string()).await?;
    let on = GoOn::to(&by.visit, "/sign-in").signed_out();
    Ok(on.saying(&Flash::new("account-deleted")).into_response())
}
