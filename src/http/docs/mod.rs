//! The documentation: the Markdown of `docs/` as pages, and the API's reference out of its own description.

mod catalogue;
mod code;
mod library;
mod links;
mod markdown;
mod page;
mod reference;
mod search;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{dashboard, error::ApiError, file::File, headers};
use crate::app::App;
use catalogue::BASE;
use library::Library;

/// Kept, and asked about each time: another version of the server has other pages at the same addresses.
const CACHE_CONTROL: &str = "no-cache";

/// The pages are the binary's own, the same for everybody, and cost nothing until somebody reads them.
type Pages = Arc<LazyLock<Library>>;

/// `/docs`, all below it, and `/llms.txt`.
pub fn router() -> Router<Arc<App>> {
    let pages: Pages = Arc::new(LazyLock::new(Library::new));
    let (first, others, index) = (pages.clone(), pages.clone(), pages.clone());
    let show_first = async move |request: Request| show(&first, "", &request);
    let show_other = async move |request: Request| {
        let path = request.uri().path();
        show(&others, path.strip_prefix("/docs/").unwrap_or_default(), &request)
    };
    let search = async move |asked: HeaderMap| of_all(index, asked, Library::index).await;
    let contents = async move |asked: HeaderMap| of_all(pages, asked, Library::contents).await;
    Router::new()
        .route(BASE, get(show_first))
        .route("/docs/", get(async || moved("")))
        .route("/docs/search.json", get(search))
        .route("/docs/{*page}", get(show_other))
        .route("/llms.txt", get(contents))
}

/// What is made of all pages: that takes longer than the threads that serve may be kept for.
async fn of_all(pages: Pages, asked: HeaderMap, file: fn(&Library) -> &File) -> Response {
    let answer = move || file(&pages).answer(&asked, CACHE_CONTROL);
    tokio::task::spawn_blocking(answer).await.unwrap_or_else(|_| ApiError::panicked().into_response())
}

/// A page, or its Markdown. Names are compared as they were sent, so none can lead out of the list.
fn show(pages: &Pages, name: &str, request: &Request) -> Response {
    let asked = request.headers();
    if let Some(name) = name.strip_suffix(".md") {
        return pages
            .twin(name)
            .map_or_else(|| dashboard::not_found(request), |file| file.answer(asked, CACHE_CONTROL));
    }
    match pages.page(name) {
        Some(file) => page(file, asked),
        None => match name.strip_suffix('/').filter(|name| pages.page(name).is_some()) {
            Some(name) => moved(name),
            None => dashboard::not_found(request),
        },
    }
}

fn page(file: &File, asked: &HeaderMap) -> Response {
    let mut response = file.answer(asked, CACHE_CONTROL);
    headers::restrict(&mut response);
    response
}

/// The same page without the slash at the end.
fn moved(name: &str) -> Response {
    let url = if name.is_empty() { BASE.to_owned() } else { format!("{BASE}/{name}") };
    let location = HeaderValue::try_from(url).expect("a page's address is a header");
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response()
}
