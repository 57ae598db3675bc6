//! The configurator for everybody: whoever has a publishable key may choose how its leaderboard looks.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::configurator::Configurator;
use crate::{
    app::App,
    http::{
        assets::Assets, auth::ReadKey, error::ApiError, extract::QueryParameters, headers, pages::Landing,
    },
};

/// The page's path.
pub const PATH: &str = "/embed/customize";

#[derive(Template)]
#[template(path = "embed-configurator.html")]
struct CustomizePage<'a> {
    assets: &'a Assets,
    configurator: Option<Configurator>,
    wrong: Option<String>,
}

/// Where the server is, and whose leaderboard is shown where none is named.
pub struct Surroundings {
    assets: Arc<Assets>,
    landing: Landing,
}

impl Surroundings {
    /// Those of this server.
    pub fn new(assets: Arc<Assets>, landing: Landing) -> Self {
        Self { assets, landing }
    }

    /// Where clients find this server.
    fn origin(&self, request: &Request) -> String {
        match &self.landing {
            Landing::Demo(board) => board.origin.clone(),
            Landing::Home { public_url: Some(url) } => url.trim_end_matches('/').to_owned(),
            Landing::Home { public_url: None } => {
                let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
                let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
                format!("http://{}", host.unwrap_or("localhost"))
            }
        }
    }
}

/// The choices and what comes of them, or the question for a key.
pub async fn show(
    around: &Surroundings,
    State(app): State<Arc<App>>,
    key: Result<ReadKey, ApiError>,
    request: Request,
) -> Response {
    let query = QueryParameters::of(request.uri());
    let Some(text) = query.get("key").filter(|key| !key.is_empty()) else {
        return match &around.landing {
            Landing::Demo(board) => to_demo(board.publishable_key.expose()),
            Landing::Home { .. } => page(around, StatusCode::OK, None, None),
        };
    };
    match found(&app, key, text, around.origin(&request), &query).await {
        Ok(configurator) => page(around, StatusCode::OK, Some(configurator), None),
        Err(error) => page(around, error.status(), None, Some(error.sentence())),
    }
}

async fn found(
    app: &App,
    key: Result<ReadKey, ApiError>,
    text: &str,
    origin: String,
    query: &QueryParameters,
) -> Result<Configurator, ApiError> {
    let board = app.read_own_leaderboard(&key?.caller).await?;
    let name = board.settings.name.as_str();
    Ok(Configurator::new(board.id, name, text.to_owned(), origin, query).at(PATH, true))
}

fn to_demo(key: &str) -> Response {
    let to = HeaderValue::try_from(format!("{PATH}?key={key}")).expect("a key is made of letters");
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn page(
    around: &Surroundings,
    status: StatusCode,
    configurator: Option<Configurator>,
    wrong: Option<String>,
) -> Response {
    let page = CustomizePage { assets: &around.assets, configurator, wrong };
    let html = page.render().expect("a page is written into memory");
    let mut response = headers::with_preview(headers::page(html.into()));
    *response.status_mut() = status;
    response
}
