//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::{
    SignUp,
    reply::{Fault, GoOn, Refusal, door_page},
    shell::{Flash, Shell},
    visit::{SignedForm, Visit, VisitorForm},
};
use crate::{app::App, http::extract::QueryParameters};

#[derive(Template)]
#[template(path = "dashboard/sign-in.html")]
struct SignInPage {
    shell: Shell,
    email: String,
    next: String,
    fault: Fault,
    is_open: bool,
    has_mail: bool,
}

impl SignInPage {
    fn answer(visit: &Visit, email: &str, next: &str, fault: Fault) -> Response {
        let status = fault.status();
        let page = Self {
            shell: visit.shell("Sign in"),
            email: email.to_owned(),
            next: own_path(next).unwrap_or_default().to_owned(),
            fault,
            is_open: visit.dashboard.sign_up == SignUp::Open,
            has_mail: visit.dashboard.mail.is_some(),
        };
        door_page(visit, status, &page)
    }
}

/// The form.
pub async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    query: QueryParameters,
) -> Result<Response, Refusal> {
    let next = query.get("next").unwrap_or_default();
    if let Some(by) = visit.clone().signed_in(&app).await? {
        return Ok(GoOn::to(&by.visit, own_path(next).unwrap_or("/dashboard")).into_response());
    }
    Ok(SignInPage::answer(&visit, "", next, Fault::default()))
}

/// Signs in, and goes on to where somebody wanted to go.
pub async fn submit(
    State(app): State<Arc<App>>,
    VisitorForm { visit, fields }: VisitorForm,
) -> Result<Response, Refusal> {
    let (email, next) = (fields.get("email"), fields.get("next"));
    let password = fields.get("password").to_owned();
    match app.sign_in(email, password, visit.client, visit.session.as_ref()).await {
        Ok(session) => {
            let to = own_path(next).unwrap_or("/dashboard");
            Ok(GoOn::to(&visit, to).signed_in(&session, &visit).into_response())
        }
        Err(error) => Ok(SignInPage::answer(&visit, email, next, Fault::of(error)?)),
    }
}

/// Ends the session.
pub async fn sign_out(State(app): State<Arc<App>>, form: SignedForm) -> Result<GoOn, Refusal> {
    app.sign_out(&form.by.token).await?;
    Ok(GoOn::to(&form.by.visit, "/sign-in").signed_out().saying(&Flash::new("signed-out")))
}

/// A path of the dashboard; `None` for what leads elsewhere.
fn own_path(path: &str) -> Option<&str> {
    let is_own = super::is_private(path.split(['?', '#']).next().unwrap_or_default());
    (is_own && path.starts_with("/dashboard") && !path.contains(['\\', '\r', '\n'])).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(own_path("/dashboard/leaderboards?page=2"), Some("/dashboard/leaderboards?page=2"));
        for path in [
            "",
            "//example.org",
            "https://example.org/dashboard",
            "/dashboardx",
            "/sign-out",
            "/dashboard\\@x",
            "/\\x",
        ] {
            assert_eq!(own_path(path), None, "{path}");
        }
    }
}
