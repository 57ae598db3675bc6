//! Somebody with a browser, as far as HTTP goes: keeps cookies, fills in forms, and meets another replica with each
//! request.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};

use super::{api::Reply, world::Replica};

/// A browser without scripts.
pub struct Visitor {
    client: Client,
    origins: Vec<String>,
    turn: AtomicUsize,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Visitor {
    /// One who meets these replicas in turn.
    pub fn of(replicas: &[&Replica]) -> Self {
        Self::of_origins(replicas.iter().map(|replica| replica.origin()).collect())
    }

    /// One who meets a single server.
    pub fn at(origin: String) -> Self {
        Self::of_origins(vec![origin])
    }

    fn of_origins(origins: Vec<String>) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        Self { client, origins, turn: AtomicUsize::new(0), cookies: Mutex::default() }
    }

    /// Another browser at the same replicas.
    pub fn other(&self) -> Self {
        let client = self.client.clone();
        Self { client, origins: self.origins.clone(), turn: AtomicUsize::new(0), cookies: Mutex::default() }
    }

    /// A copy of a cookie, and its name.
    pub fn cookie(&self, part: &str) -> Option<(String, String)> {
        let cookies = self.cookies.lock().expect("cookies");
        cookies
            .iter()
            .find(|(name, _)| name.contains(part))
            .map(|(name, value)| (name.clone(), value.clone()))
    }

    /// Plants a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("cookies").insert(name.to_owned(), value.to_owned());
    }

    /// A request with the cookies, to the next replica.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.origins.len();
        let cookies = self.cookies.lock().expect("cookies");
        let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.origins[turn]));
        let request = request.header("accept", "text/html");
        if line.is_empty() { request } else { request.header("cookie", line.join("; ")) }
    }

    /// Sends a request, and keeps what cookies come with the answer.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let reply = Reply::of(request).await;
        let mut cookies = self.cookies.lock().expect("cookies");
        for line in reply.headers.get_all("set-cookie") {
            let line = line.to_str().expect("text");
            let (name, value) =
                line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match line.contains("Max-Age=0") {
                true => _ = cookies.remove(name),
                false => _ = cookies.insert(name.to_owned(), value.to_owned()),
            }
        }
        reply
    }

    /// Asks for a page; where it sends on to another one, that is the answer.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// Asks for a page, and goes wherever it sends on to.
    pub async fn open(&self, path: &str) -> Reply {
        let mut reply = self.get(path).await;
        for _ in 0..5 {
            if !reply.status.is_redirection() {
                break;
            }
            let to = reply.header("location").split('#').next().expect("a path").to_owned();
            reply = self.get(&to).await;
        }
        reply
    }

    /// Posts fields as they stand.
    pub async fn post(&self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.request(Method::POST, action);
        self.send(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    }

    /// The signature that the forms of a page carry.
    pub async fn signature(&self, page: &str) -> String {
        let page = self.open(page).await;
        value_of(&page.text, "form").unwrap_or_else(|| panic!("no form: {}", page.text))
    }

    /// Fills a page's form in and posts it.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let signature = self.signature(page).await;
        self.post(action, &[&[("form", signature.as_str())], fields].concat()).await
    }

    /// The same, and goes wherever it sends on to.
    pub async fn submit_and_go_on(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.submit(page, action, fields).await;
        assert!(reply.status.is_redirection(), "{} {}", reply.status, reply.text);
        let to = reply.header("location").split('#').next().expect("a path").to_owned();
        self.open(&to).await
    }

    /// Signs in with an account of this test's.
    pub async fn sign_in(&self, email: &str, password: &str) -> Reply {
        self.submit("/sign-in", "/sign-in", &[("email", email), ("password", password)]).await
    }
}

/// The value of a hidden field of this name.
pub fn value_of(page: &str, name: &str) -> Option<String> {
    let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
    from.split('"').next().map(str::to_owned)
}
