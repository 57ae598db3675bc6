//! Answers: pages, ways on, and refusals as pages.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    cookies::Cookie,
    shell::{Flash, Shell},
    visit::{SignedIn, Visit},
};
use crate::{
    app::AppError,
    domain::token::Token,
    http::{error::ApiError, headers},
};

/// A page for somebody who has signed in; what was to be said or shown once is said and shown by it.
pub fn page(visit: &Visit, template: &impl Template) -> Response {
    respond(visit, StatusCode::OK, template)
}

/// The same with another status: a form that has to be mended, for one.
pub fn own_page(by: &SignedIn, status: StatusCode, template: &impl Template) -> Response {
    respond(&by.visit, status, template)
}

/// A page for somebody who hasn't signed in, with what its form is signed with.
pub fn door_page(visit: &Visit, status: StatusCode, template: &impl Template) -> Response {
    let mut response = respond(visit, status, template);
    if visit.is_new {
        let cookie = Cookie::Visit.set(&visit.secret.expose(), visit.dashboard.is_secure(), None);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn respond(visit: &Visit, status: StatusCode, template: &impl Template) -> Response {
    let mut response = headers::dashboard_page(render(template));
    *response.status_mut() = status;
    let secure = visit.dashboard.is_secure();
    let mut set = |cookie: HeaderValue| _ = response.headers_mut().append(header::SET_COOKIE, cookie);
    if visit.flash.is_some() {
        set(Cookie::Flash.clear(secure));
    }
    if !visit.new_keys.is_empty() {
        set(Cookie::NewKeys.clear(secure));
    }
    response
}

fn render(template: &impl Template) -> bytes::Bytes {
    template.render().expect("a page is written into memory").into()
}

/// A way on after a form, with what to say there.
pub struct GoOn {
    to: String,
    is_secure: bool,
    cookies: Vec<HeaderValue>,
}

impl GoOn {
    /// To a path of this dashboard.
    pub fn to(visit: &Visit, path: impl Into<String>) -> Self {
        Self { to: path.into(), is_secure: visit.dashboard.is_secure(), cookies: Vec::new() }
    }

    /// And says this there.
    #[must_use]
    pub fn saying(mut self, flash: &Flash) -> Self {
        self.cookies.push(Cookie::Flash.set(&flash.text(), self.is_secure, Some(60)));
        self
    }

    /// And shows these keys there.
    #[must_use]
    pub fn showing<'a>(mut self, keys: impl IntoIterator<Item = &'a str>) -> Self {
        let keys: Vec<_> = keys.into_iter().collect();
        self.cookies.push(Cookie::NewKeys.set(&keys.join("."), self.is_secure, None));
        self
    }

    /// With a new session.
    #[must_use]
    pub fn signed_in(mut self, session: &Token, visit: &Visit) -> Self {
        visit.dashboard.warn_of_http();
        let seconds = crate::app::sessions::SESSION_LIFETIME.as_secs();
        self.cookies.push(Cookie::Session.set(&session.expose(), self.is_secure, Some(seconds)));
        self.cookies.push(Cookie::Visit.clear(self.is_secure));
        self
    }

    /// Without a session.
    #[must_use]
    pub fn signed_out(mut self) -> Self {
        self.cookies.push(Cookie::Session.clear(self.is_secure));
        self
    }
}

impl IntoResponse for GoOn {
    fn into_response(self) -> Response {
        // A path that can't stand in a header is one that nobody made here.
        let to = HeaderValue::try_from(self.to).unwrap_or_else(|_| HeaderValue::from_static("/dashboard"));
        let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        let mut response = (StatusCode::SEE_OTHER, headers).into_response();
        for cookie in self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Why there is no page.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody has signed in; then they go on to this path.
    SignInFirst {
        /// Empty where there is no way back.
        next: String,
    },
    /// The form isn't one that was given to this browser, or not any more.
    OutdatedForm,
    /// As the API would have it.
    Api(Box<ApiError>),
}

impl Refusal {
    /// There is no such page.
    pub fn nothing_here() -> Self {
        Self::Api(Box::new(ApiError::no_route()))
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Self::Api(Box::new(error.into()))
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignInFirst { next } => {
                let query =
                    form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
                let to = if next.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") };
                let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store".to_owned())];
                (StatusCode::SEE_OTHER, headers).into_response()
            }
            Self::OutdatedForm => {
                let message = "This form is out of date, or it came from somewhere else. Go back, reload the page and try again.";
                error_page(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message))
            }
            Self::Api(error) => error_page(*error),
        }
    }
}

#[derive(Template)]
#[template(path = "dashboard/error.html")]
struct ErrorPage {
    shell: Shell,
    status: u16,
    message: String,
}

/// A refusal as a page, with the same status and what the log and the metrics make of it.
pub fn error_page(error: ApiError) -> Response {
    let message = error.sentence();
    let (mut parts, _) = error.into_response().into_parts();
    let title = match parts.status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::TOO_MANY_REQUESTS => "Too fast",
        StatusCode::FORBIDDEN => "That didn’t work",
        StatusCode::SERVICE_UNAVAILABLE => "Back in a moment",
        status if status.is_server_error() => "Something went wrong",
        _ => "That didn’t work",
    };
    let shell = Shell::for_visitor(title, String::new(), None);
    let page = ErrorPage { shell, status: parts.status.as_u16(), message };
    let (page_parts, body) = headers::dashboard_page(render(&page)).into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::WWW_AUTHENTICATE);
    parts.headers.extend(page_parts.headers);
    Response::from_parts(parts, body)
}

/// What is wrong with a form, beside the field that it is about.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// The field; empty where it is about the whole form.
    pub field: &'static str,
    /// A sentence; empty where nothing is wrong.
    pub message: String,
    status: Option<StatusCode>,
}

impl Fault {
    /// What a use case refused, where whoever filled the form in can mend it.
    ///
    /// # Errors
    /// The refusal, where they can't.
    pub fn of(error: AppError) -> Result<Self, Refusal> {
        if let AppError::Store(_) | AppError::NotFound(_) = error {
            return Err(error.into());
        }
        let field = match &error {
            AppError::Invalid { field, .. } => field,
            _ => "",
        };
        let error = ApiError::from(error);
        let (message, status) = (error.sentence(), error.status());
        Ok(Self { field, message, status: Some(status) })
    }

    /// Something about one field.
    pub fn at(field: &'static str, message: impl std::fmt::Display) -> Self {
        let error = ApiError::invalid(field, message);
        Self { field, message: error.sentence(), status: Some(StatusCode::BAD_REQUEST) }
    }

    /// The status of the page that says it.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(StatusCode::OK)
    }

    /// What is wrong with this field.
    pub fn with(&self, field: &str) -> Option<&str> {
        (self.field == field && !self.message.is_empty()).then_some(self.message.as_str())
    }
}
