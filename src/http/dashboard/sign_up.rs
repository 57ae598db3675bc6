//! Making an account, and setting a password with a link.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    SignUp,
    forgotten::sent_page,
    reply::{Fault, GoOn, Refusal, door_page},
    shell::{Flash, Shell},
    visit::{Fields, Visit, VisitorForm},
};
use crate::{
    app::{
        App, AppError,
        owners::{Leave, SignUpLink},
    },
    domain::{password::Password, token::Token},
    http::extract::QueryParameters,
};

const CLOSED: AppError =
    AppError::Forbidden("Accounts are made by the operator here. Ask them for an invitation");
const NEEDS_LINK: AppError =
    AppError::Forbidden("An account is made with an invitation here. Open the link that you were given");

#[derive(Template)]
#[template(path = "dashboard/sign-up.html")]
struct SignUpPage {
    shell: Shell,
    email: String,
    link: String,
    is_first: bool,
    /// No password is asked for before the address is confirmed.
    needs_confirming: bool,
    /// The address that was confirmed.
    confirmed: Option<String>,
    fault: Fault,
}

/// What lets this visitor make an account, and what kind of link it is.
async fn leave(app: &App, visit: &Visit, link: &str) -> Result<(Leave, Option<SignUpLink>), Refusal> {
    if let Some(token) = Token::parse(link) {
        let kind = app.find_sign_up_link(&token).await?;
        if kind == SignUpLink::Invitation && visit.dashboard.sign_up == SignUp::Closed {
            return Err(CLOSED.into());
        }
        return Ok((Leave::Link(token), Some(kind)));
    }
    match visit.dashboard.sign_up {
        SignUp::Open => Ok((Leave::Open, None)),
        SignUp::Invite => Err(NEEDS_LINK.into()),
        SignUp::Closed => Err(CLOSED.into()),
    }
}

/// The form.
pub async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let link = query.get("link").unwrap_or_default();
    let (_, kind) = leave(&app, &visit, link).await?;
    Ok(sign_up_page(&visit, "", link, kind, Fault::default()))
}

fn sign_up_page(visit: &Visit, email: &str, link: &str, kind: Option<SignUpLink>, fault: Fault) -> Response {
    let status = fault.status();
    let page = SignUpPage {
        shell: visit.shell("Create your account"),
        email: email.to_owned(),
        link: link.to_owned(),
        is_first: kind == Some(SignUpLink::First),
        needs_confirming: kind.is_none() && visit.dashboard.mail.is_some(),
        confirmed: match kind {
            Some(SignUpLink::Confirmed(email)) => Some(email),
            _ => None,
        },
        fault,
    };
    door_page(visit, status, &page)
}

/// Makes the account and signs in; where everybody may and messages can be sent, confirms the address before.
pub async fn submit(
    State(app): State<Arc<App>>,
    VisitorForm { visit, fields }: VisitorForm,
) -> Result<Response, Refusal> {
    let (email, link) = (fields.get("email"), fields.get("link"));
    let (leave, kind) = leave(&app, &visit, link).await?;
    if let (Leave::Open, Some(mail)) = (&leave, &visit.dashboard.mail) {
        return match app.send_sign_up_link(mail, email, visit.client).await {
            Ok(()) => {
                let what = "A message with a link to go on is on its way. The link works once, within a day.";
                Ok(sent_page(&visit, email, what))
            }
            Err(error) => Ok(sign_up_page(&visit, email, link, kind, Fault::of(error)?)),
        };
    }
    let result = match new_password(&fields) {
        Ok(password) => app.sign_up(leave, email, password, visit.client).await.map_err(Fault::of),
        Err(fault) => Err(Ok(fault)),
    };
    match result {
        Ok(session) => {
            let on = GoOn::to(&visit, "/dashboard").signed_in(&session, &visit);
            Ok(on.saying(&Flash::new("welcome")).into_response())
        }
        Err(fault) => Ok(sign_up_page(&visit, email, link, kind, fault?)),
    }
}

/// The password that a form sets; it is asked for once, and can be shown while it is typed.
pub fn new_password(fields: &Fields) -> Result<Password, Fault> {
    Password::parse(fields.get("password").to_owned()).map_err(|error| Fault::at("password", error))
}

#[derive(Template)]
#[template(path = "dashboard/password.html")]
struct PasswordPage {
    shell: Shell,
    email: String,
    link: String,
    fault: Fault,
}

/// The link in a query or a form.
pub fn link_of(text: &str) -> Result<Token, Refusal> {
    Token::parse(text).ok_or_else(|| AppError::Unauthorized("This link is not whole").into())
}

/// The form for a new password.
pub async fn show_password(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let token = link_of(query.get("link").unwrap_or_default())?;
    password_page(&app, &visit, &token, Fault::default()).await
}

async fn password_page(app: &App, visit: &Visit, token: &Token, fault: Fault) -> Result<Response, Refusal> {
    let (shell, status) = (visit.shell("Choose a password"), fault.status());
    let email = app.find_password_link(token).await?.account.email;
    Ok(door_page(visit, status, &PasswordPage { shell, email, link: token.expose(), fault }))
}

/// Sets the password and signs in.
pub async fn set_password(
    State(app): State<Arc<App>>,
    VisitorForm { visit, fields }: VisitorForm,
) -> Result<Response, Refusal> {
    let token = link_of(fields.get("link"))?;
    let password = match new_password(&fields) {
        Ok(password) => password,
        Err(fault) => return password_page(&app, &visit, &token, fault).await,
    };
    let session = app.use_password_link(&token, password).await?;
    let on = GoOn::to(&visit, "/dashboard").signed_in(&session, &visit);
    Ok(on.saying(&Flash::new("password-set")).into_response())
}
