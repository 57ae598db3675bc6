//! Asking for a link to set a password, where messages can be sent.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    reply::{Fault, Refusal, door_page},
    shell::Shell,
    visit::{Visit, VisitorForm},
};
use crate::{app::App, mail::Mail};

#[derive(Template)]
#[template(path = "dashboard/forgotten.html")]
struct ForgottenPage {
    shell: Shell,
    email: String,
    fault: Fault,
}

/// What stands in place of a form once a message is on its way, or would be.
#[derive(Template)]
#[template(path = "dashboard/sent.html")]
struct SentPage {
    shell: Shell,
    email: String,
    what: &'static str,
}

fn mail(visit: &Visit) -> Result<&Arc<Mail>, Refusal> {
    visit.dashboard.mail.as_ref().ok_or_else(Refusal::nothing_here)
}

/// The form.
pub async fn show(visit: Visit) -> Result<Response, Refusal> {
    mail(&visit)?;
    Ok(forgotten_page(&visit, "", Fault::default()))
}

fn forgotten_page(visit: &Visit, email: &str, fault: Fault) -> Response {
    let (shell, status) = (visit.shell("Forgotten password"), fault.status());
    door_page(visit, status, &ForgottenPage { shell, email: email.to_owned(), fault })
}

/// Says that a message is on its way, whether the address has an account or not.
pub async fn submit(
    State(app): State<Arc<App>>,
    VisitorForm { visit, fields }: VisitorForm,
) -> Result<Response, Refusal> {
    let email = fields.get("email");
    match app.send_password_link(mail(&visit)?, email, visit.client).await {
        Ok(()) => {
            let what = "If it has an account here, a message with a link to choose a new password is on its way. The \
                        link works once, within an hour.";
            Ok(sent_page(&visit, email, what))
        }
        Err(error) => Ok(forgotten_page(&visit, email, Fault::of(error)?)),
    }
}

/// The page that says that a message is on its way to an address.
pub fn sent_page(visit: &Visit, email: &str, what: &'static str) -> Response {
    let shell = visit.shell("Look into your mail");
    let page = SentPage { shell, email: email.trim().to_owned(), what };
    door_page(visit, axum::http::StatusCode::OK, &page)
}
