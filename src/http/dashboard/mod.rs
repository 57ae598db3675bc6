//! The dashboard: pages for people, over the same use cases as the API. A session is a cookie, all pages are made
//! here, and what their scripts add can be left out.

mod account;
mod account_keys;
mod board;
mod boards;
mod chart;
mod cookies;
mod drawing;
mod embed;
mod entries;
mod forgotten;
mod format;
mod import;
mod keys;
mod operator;
mod overview;
mod paths;
mod reply;
mod settings;
mod shell;
mod sign_in;
mod sign_up;
mod snippets;
mod table;
mod visit;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Extension, Router,
    extract::Request,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use tracing::warn;

use super::error::ApiError;
use crate::{app::App, mail::Mail};

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUp {
    /// Nobody but the operator.
    #[default]
    Closed,
    /// Who has an invitation.
    Invite,
    /// Everybody.
    Open,
}

/// How the dashboard is set up.
#[derive(Debug, Default)]
pub struct Dashboard {
    /// Under which URL clients reach it, where that is known; without a slash at the end.
    pub origin: Option<String>,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Who takes messages to owners, where anybody does.
    pub mail: Option<Arc<Mail>>,
    warned: AtomicBool,
}

impl Dashboard {
    /// A dashboard under this URL.
    pub fn new(public_url: Option<&str>, sign_up: SignUp, mail: Option<Arc<Mail>>) -> Self {
        let origin = public_url.map(|url| url.trim_end_matches('/').to_owned());
        Self { origin, sign_up, mail, warned: AtomicBool::new(false) }
    }

    /// Whether cookies travel over https alone.
    fn is_secure(&self) -> bool {
        self.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// Says once that sessions can be read on their way.
    fn warn_of_http(&self) {
        if !self.is_secure() && !self.warned.swap(true, Ordering::Relaxed) {
            warn!("somebody signed in over http; put https in front, and name it in --public-url");
        }
    }
}

/// All pages.
pub fn router(dashboard: Dashboard) -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sign-up", get(sign_up::show).post(sign_up::submit))
        .route("/password", get(sign_up::show_password).post(sign_up::set_password))
        .route("/password/forgotten", get(forgotten::show).post(forgotten::submit))
        .route("/dashboard", get(overview::show))
        .route("/dashboard/", get(async || Redirect::permanent("/dashboard")))
        .route("/dashboard/plan", get(overview::show_plan))
        .route("/dashboard/leaderboards", get(boards::list).post(boards::create))
        .route("/dashboard/leaderboards/new", get(boards::new))
        .route("/dashboard/leaderboards/{id}", get(board::show))
        .route("/dashboard/leaderboards/{id}/rows", get(table::rows))
        .route("/dashboard/leaderboards/{id}/connect", get(keys::show).post(keys::create))
        .route("/dashboard/leaderboards/{id}/connect/revoke", post(keys::revoke))
        .route("/dashboard/leaderboards/{id}/connect/rotate", post(keys::rotate))
        .route("/dashboard/leaderboards/{id}/embed", get(embed::show).post(embed::save))
        .route("/dashboard/leaderboards/{id}/settings", get(settings::show).post(settings::save))
        .route("/dashboard/leaderboards/{id}/reset", post(settings::reset))
        .route("/dashboard/leaderboards/{id}/delete", post(settings::delete))
        .route("/dashboard/leaderboards/{id}/history", get(board::history))
        .route("/dashboard/leaderboards/{id}/entries/new", get(entries::new).post(entries::add))
        .route("/dashboard/leaderboards/{id}/entries/{player_id}", get(entries::show).post(entries::save))
        .route("/dashboard/leaderboards/{id}/remove", get(entries::preview).post(entries::remove))
        .route("/dashboard/leaderboards/{id}/restore", post(entries::restore))
        .route("/dashboard/leaderboards/{id}/import", get(import::show).post(import::submit))
        .route("/dashboard/leaderboards/{id}/export.csv", get(import::export))
        .route("/dashboard/account", get(account::show))
        .route("/dashboard/account/password", post(account::change_password))
        .route("/dashboard/account/email", get(account::show_email).post(account::change_email))
        .route("/dashboard/account/email/confirm", post(account::confirm_email))
        .route("/dashboard/account/sign-out-elsewhere", post(account::sign_out_elsewhere))
        .route("/dashboard/account/delete", post(account::delete))
        .route("/dashboard/account/keys", get(account_keys::show).post(account_keys::create))
        .route("/dashboard/account/keys/revoke", post(account_keys::revoke))
        .route("/dashboard/operator", get(operator::show))
        .route("/dashboard/operator/invite", post(operator::invite))
        .route("/dashboard/operator/plan", post(operator::set_plan))
        .route("/dashboard/operator/suspend", post(operator::suspend))
        .route("/dashboard/operator/link", post(operator::link))
        .layer(Extension(Arc::new(dashboard)))
}

/// Whether a path is for the visitor's own browser: its cookies, and no other origin's scripts.
pub fn is_private(path: &str) -> bool {
    ["/dashboard", "/sign-in", "/sign-out", "/sign-up", "/password"]
        .iter()
        .any(|own| path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The address doesn't take this method.
pub fn method_not_allowed(request: &Request) -> Response {
    let message = "This address doesn't take this method";
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
    match is_private(request.uri().path()) {
        true => reply::error_page(error),
        false => error.into_response(),
    }
}

/// There is no such route: a page for who reads pages, the API's error for all others.
pub fn not_found(request: &Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
    let reads_pages = accepts.is_some_and(|kinds| kinds.contains("text/html"))
        && matches!(*request.method(), Method::GET | Method::HEAD);
    match reads_pages || is_private(request.uri().path()) {
        true => reply::error_page(ApiError::no_route()),
        false => ApiError::no_route().into_response(),
    }
}
