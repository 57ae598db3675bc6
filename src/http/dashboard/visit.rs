//! Who asks for a page, and whether a form is the one that we gave them. An extractor in a handler's signature proves
//! both: no handler of a form can do without.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::{
    Dashboard,
    cookies::Cookie,
    reply::Refusal,
    shell::{Flash, Shell},
};
use crate::{
    app::{App, AppError},
    domain::{
        ids::{LeaderboardId, RemovalId},
        plan::Plan,
        token::Token,
    },
    http::{admission::counted, body::BodyFault, client_address::ClientAddress, error::ApiError},
    store::{accounts::Account, credentials::Owner},
};

/// A request for a page, before anything is asked of Redis.
#[derive(Clone, Debug)]
pub struct Visit {
    /// How this dashboard is set up.
    pub dashboard: Arc<Dashboard>,
    /// The session that the browser speaks of.
    pub session: Option<Token>,
    /// What forms are signed with where there is no session.
    pub secret: Token,
    /// Whether the browser has yet to be told that secret.
    pub is_new: bool,
    /// What the page before wants to be said.
    pub flash: Option<Flash>,
    /// The keys that the page before has made.
    pub new_keys: Vec<String>,
    /// The path and query.
    pub path: String,
    /// Under which URL clients reach this server, without a slash at the end.
    pub origin: String,
    /// What the client is counted as.
    pub client: IpAddr,
}

/// Somebody who has signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub owner: Owner,
    /// Its plan.
    pub plan: Arc<Plan>,
    /// Its session.
    pub token: Token,
    /// The request.
    pub visit: Visit,
}

/// A form of somebody who has signed in.
pub struct SignedForm {
    /// Who.
    pub by: SignedIn,
    /// What.
    pub fields: Fields,
}

/// A form of somebody who hasn't signed in.
pub struct VisitorForm {
    /// Who.
    pub visit: Visit,
    /// What.
    pub fields: Fields,
}

/// Somebody who may manage all accounts.
pub struct Operator(pub SignedIn);

/// A form of somebody who may manage all accounts.
pub struct OperatorForm {
    /// Who.
    pub by: SignedIn,
    /// What.
    pub fields: Fields,
}

/// The fields of a form; of repeated ones the first counts.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads them as browsers write them.
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// One field as it was sent; empty where it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let dashboard = parts.extensions.get::<Arc<Dashboard>>().cloned().unwrap_or_default();
        let secure = dashboard.is_secure();
        let read = |cookie: Cookie| cookie.read(&parts.headers, secure);
        let known = read(Cookie::Visit).and_then(Token::parse);
        let address = parts.extensions.get::<ClientAddress>();
        let new_keys = read(Cookie::NewKeys).unwrap_or_default().split('.');
        Ok(Self {
            session: read(Cookie::Session).and_then(Token::parse),
            secret: known.unwrap_or_else(Token::generate),
            is_new: known.is_none(),
            flash: read(Cookie::Flash).and_then(Flash::parse),
            new_keys: new_keys.filter(|key| key.starts_with("rk_")).map(str::to_owned).collect(),
            path: parts.uri.path_and_query().map_or_else(String::new, |path| path.as_str().to_owned()),
            origin: origin(&dashboard, &parts.headers),
            client: address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| counted(address.0)),
            dashboard,
        })
    }
}

/// Under which URL clients reach this server: the one that it was told, or the one that was asked.
fn origin(dashboard: &Dashboard, headers: &HeaderMap) -> String {
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    dashboard.origin.clone().unwrap_or_else(|| format!("http://{}", host()))
}

impl Visit {
    /// Whose session it is.
    pub async fn signed_in(self, app: &App) -> Result<Option<SignedIn>, Refusal> {
        let Some(token) = self.session else { return Ok(None) };
        let Some(owner) = app.owner_of_session(&token).await? else { return Ok(None) };
        let plan = app.plan_of(&owner.account);
        Ok(Some(SignedIn { owner, plan, token, visit: self }))
    }

    /// The layout of a page for somebody who hasn't signed in.
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        Shell::for_visitor(title, signature(&self.secret), self.flash.clone())
    }
}

impl SignedIn {
    /// Notes in a leaderboard's history what its owner did.
    pub async fn note(&self, app: &App, board: LeaderboardId, what: &str) -> Result<(), AppError> {
        let Account { id, email, .. } = &self.owner.account;
        app.note(*id, board, email, what, None).await
    }

    /// The same of a removal, which the history can undo while it is kept.
    pub async fn note_removal(
        &self,
        app: &App,
        board: LeaderboardId,
        what: &str,
        removal: RemovalId,
    ) -> Result<(), AppError> {
        let Account { id, email, .. } = &self.owner.account;
        app.note(*id, board, email, what, Some(removal)).await
    }

    /// The layout of a page.
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        Shell::for_owner(title, &self.owner, signature(&self.token), self.visit.flash.clone())
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let visit = Visit::from_request_parts(parts, app).await?;
        let next = visit.path.clone();
        visit.signed_in(app).await?.ok_or(Refusal::SignInFirst { next })
    }
}

impl FromRequest<Arc<App>> for SignedForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let by = visit.signed_in(app).await?.ok_or(Refusal::SignInFirst { next: String::new() })?;
        let fields = fields(Request::from_parts(parts, body), &by.token).await?;
        Ok(Self { by, fields })
    }
}

impl FromRequest<Arc<App>> for VisitorForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let fields = fields(Request::from_parts(parts, body), &visit.secret).await?;
        Ok(Self { visit, fields })
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let by = SignedIn::from_request_parts(parts, app).await?;
        // To everybody else there is no such page.
        if by.owner.is_operator { Ok(Self(by)) } else { Err(Refusal::nothing_here()) }
    }
}

impl FromRequest<Arc<App>> for OperatorForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let SignedForm { by, fields } = SignedForm::from_request(request, app).await?;
        if by.owner.is_operator { Ok(Self { by, fields }) } else { Err(Refusal::nothing_here()) }
    }
}

/// The fields of a form, if it is one that was given to whoever has this secret.
async fn fields(request: Request, secret: &Token) -> Result<Fields, Refusal> {
    let from_elsewhere = request.headers().get("sec-fetch-site").is_some_and(|site| site != "same-origin");
    if let Some(fault) = request.extensions().get::<BodyFault>() {
        return Err(ApiError::from(*fault).into());
    }
    let body = to_bytes(request.into_body(), usize::MAX).await;
    let body = body.map_err(|_| ApiError::from(BodyFault::Unreadable))?;
    let fields = Fields::parse(&body);
    let is_signed: bool = fields.get("form").as_bytes().ct_eq(signature(secret).as_bytes()).into();
    if is_signed && !from_elsewhere { Ok(fields) } else { Err(Refusal::OutdatedForm) }
}

/// What the forms of whoever has this secret carry. It can't be made without it.
fn signature(secret: &Token) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("a key may have any length");
    mac.update(b"rankora form");
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_belongs_to_one_secret_and_does_not_tell_it() {
        let (one, two) = (Token::generate(), Token::generate());
        assert_eq!(signature(&one), signature(&one));
        assert_ne!(signature(&one), signature(&two));
        assert_ne!(signature(&one), one.expose());
    }

    #[test]
    fn of_a_repeated_field_the_first_counts() {
        let fields = Fields::parse(b"a=1&a=2&b=%C3%A9+x");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), ("1", "é x", ""));
    }
}
