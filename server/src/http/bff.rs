//! `/bff`: the cookie mode, for pages that must not hold a refresh token.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::cookie;
use super::error::{Fault, ProblemRefused, Refused};
use super::introspect::Audience;
use super::json::{JsonBody, Kind, Member, Members};
use super::lists::SessionAnswer;
use super::same_origin::SameOrigin;
use super::users::UserAnswer;
use super::{Tag, origin};
use crate::config::Config;
use crate::flows::{Code, Credentials, Failure, Flows, Granted, Refusal, TokenRequest};
use crate::model::client::{GrantType, WEB};
use crate::model::reason::Reason;
use crate::model::secret::Secret;

/// The endpoints.
pub struct BffApi;

/// A person who signs in.
#[derive(Object)]
pub struct Login {
    /// Username or e-mail.
    username: String,
    /// The password.
    password: String,
    /// For which resources the access token is: one or more; for this server alone where it is left out.
    resource: Option<Audience>,
}

impl Members for Login {
    const MEMBERS: &'static [Member] = &[
        Member::new("username", Kind::Text).required(),
        Member::new("password", Kind::Text).required(),
        Member::new("resource", Kind::TextOrTexts),
    ];
}

/// An access token; the refresh token is in the cookie.
#[derive(Object)]
pub struct BrowserTokens {
    /// Send it as `Authorization: Bearer …`; keep it in memory alone.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// What the access token may be used for, separated by spaces.
    scope: String,
}

/// An access token, and whose it is; the refresh token is in the cookie.
#[derive(Object)]
pub struct BrowserSignIn {
    #[oai(flatten)]
    tokens: BrowserTokens,
    /// Who signed in.
    user: UserAnswer,
}

/// Who is signed in, and where.
#[derive(Object)]
pub struct BrowserSession {
    /// The user.
    user: UserAnswer,
    /// The session that the cookie belongs to.
    session: SessionAnswer,
}

/// What signing in brings.
#[derive(ApiResponse)]
pub enum LoggedIn {
    /// Signed in.
    #[oai(status = 200, content_type = "application/json")]
    Done(
        Json<BrowserSignIn>,
        /// The cookie with the refresh token.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

/// What refreshing brings.
#[derive(ApiResponse)]
pub enum Refreshed {
    /// The next access token.
    #[oai(status = 200, content_type = "application/json")]
    Done(
        Json<BrowserTokens>,
        /// The cookie with the next refresh token.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

/// What signing out brings.
#[derive(ApiResponse)]
pub enum LoggedOut {
    /// Signed out, or nobody was signed in.
    #[oai(status = 204)]
    Done(
        /// What takes the cookie away.
        #[oai(header = "Set-Cookie")]
        String,
    ),
}

#[OpenApi(prefix_path = "/bff")]
impl BffApi {
    /// Sign in, with a cookie
    ///
    /// The refresh token is put into a cookie that no script can read, and the access token is answered. The session of a cookie that was there before ends.
    #[oai(path = "/login", method = "post", tag = "Tag::CookieMode", operation_id = "logIn")]
    async fn log_in(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        /// Tells a page of this server from those of other sites.
        #[oai(name = "X-Grantd")]
        _page: SameOrigin,
        body: JsonBody<Login>,
    ) -> Result<LoggedIn, ProblemRefused> {
        let Login { username, password, resource } = read_login(body)?;
        let mut asked = asked(&flows, request, GrantType::Password);
        asked.username = Some(username);
        asked.password = Some(Secret::new(password));
        asked.resources = resource.map(Vec::from).unwrap_or_default();
        let origin = asked.origin.clone();
        let granted = flows.token(asked).await.map_err(|failure| match failure {
            Failure::Refused(Refusal { code: Code::InvalidTarget, reason, .. }) => {
                Refused::fields(vec![Fault::new("resource", reason)])
            }
            failure => Refused::in_browser(failure),
        })?;
        let (value, kept) = kept(&flows, &granted)?;
        if let Ok(Some(old)) = cookie::read(request, &flows.config().issuer)
            && let Err(failure @ Failure::Store(_)) = flows.sign_out_with(&old, &origin).await
        {
            return Err(Refused::in_browser(failure).into());
        }
        let user = flows.signed_in_with(value).await.map_err(Refused::in_browser)?.user;
        let answer = BrowserSignIn { tokens: tokens(&granted), user: UserAnswer::new(&flows, user) };
        Ok(LoggedIn::Done(Json(answer), kept))
    }

    /// Refresh, with the cookie
    ///
    /// Answers the next access token and renews the cookie. A cookie that is refused is taken away.
    #[oai(path = "/refresh", method = "post", tag = "Tag::CookieMode", operation_id = "refreshLogin")]
    async fn refresh(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        /// Tells a page of this server from those of other sites.
        #[oai(name = "X-Grantd")]
        _page: SameOrigin,
    ) -> Result<Refreshed, ProblemRefused> {
        let issuer = &flows.config().issuer;
        let value = cookie::read(request, issuer)?.ok_or_else(Refused::no_cookie)?;
        let mut asked = asked(&flows, request, GrantType::RefreshToken);
        asked.refresh_token = Some(Secret::new(value.clone()));
        let mut granted = flows.token(asked).await;
        if let Err(Failure::Refused(Refusal { code: Code::InvalidClient, .. })) = &granted
            && let Err(why) = flows.signed_in_with(&value).await
        {
            // A client that has gone took its sessions with it: they tell more than that it is not there.
            granted = Err(why);
        }
        let granted = granted.map_err(Refused::of_cookie)?;
        let (_, kept) = kept(&flows, &granted)?;
        Ok(Refreshed::Done(Json(tokens(&granted)), kept))
    }

    /// Sign out, with the cookie
    ///
    /// Ends the session that the cookie belongs to and takes the cookie away. Without one, or with one that is no good, there is nothing to end.
    #[oai(path = "/logout", method = "post", tag = "Tag::CookieMode", operation_id = "logOut")]
    async fn log_out(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        /// Tells a page of this server from those of other sites.
        #[oai(name = "X-Grantd")]
        _page: SameOrigin,
    ) -> Result<LoggedOut, ProblemRefused> {
        let Config { issuer, server, .. } = &**flows.config();
        let origin = origin::read(request, &server.trusted_proxies);
        // Of two, whoever wants to go wants both gone.
        for value in cookie::values(request, issuer) {
            match flows.sign_out_with(&value, &origin).await {
                // Another client's is none of ours to end; in the cookie it is of no use to anybody.
                Ok(()) | Err(Failure::Refused(Refusal { code: Code::InvalidGrant, .. })) => {}
                Err(failure) => return Err(Refused::in_browser(failure).into()),
            }
        }
        Ok(LoggedOut::Done(cookie::clear(issuer)))
    }

    /// Who is signed in
    ///
    /// The user and the session that the cookie belongs to. Nothing is renewed: a page asks this when it opens.
    #[oai(path = "/user", method = "get", tag = "Tag::CookieMode", operation_id = "getLogin")]
    async fn user(&self, flows: Data<&Arc<Flows>>, request: &Request) -> Result<Json<BrowserSession>, ProblemRefused> {
        let issuer = &flows.config().issuer;
        let value = cookie::read(request, issuer)?.ok_or_else(Refused::no_cookie)?;
        let signed_in = flows.signed_in_with(&value).await.map_err(Refused::of_cookie)?;
        let current = signed_in.session.session.id.clone();
        let user = UserAnswer::new(&flows, signed_in.user);
        Ok(Json(BrowserSession { user, session: SessionAnswer::new(signed_in.session, &current) }))
    }
}

/// What is sent to sign in. No name has a NUL, and PostgreSQL has no text that does.
fn read_login(body: JsonBody<Login>) -> Result<Login, Refused> {
    let login = body.read()?;
    let named = [("username", &login.username), ("password", &login.password)];
    let empty = named.into_iter().filter(|(_, value)| value.is_empty());
    let mut faults: Vec<_> = empty.map(|(name, _)| Fault::new(name, Reason::MissingParameter)).collect();
    if login.username.contains('\0') {
        faults.push(Fault::new("username", Reason::NotAllowedCharacters));
    }
    if faults.is_empty() { Ok(login) } else { Err(Refused::fields(faults)) }
}

/// A request in the name of the client that our own pages are.
fn asked(flows: &Flows, request: &Request, grant: GrantType) -> TokenRequest {
    TokenRequest {
        credentials: Credentials { client_id: Some(WEB.to_owned()), client_secret: None },
        origin: origin::read(request, &flows.config().server.trusted_proxies),
        grant_type: Some(grant.as_str().to_owned()),
        username: None,
        password: None,
        refresh_token: None,
        scope: None,
        resources: Vec::new(),
        must_refresh: true,
    }
}

/// The refresh token, and the cookie that keeps it.
fn kept<'a>(flows: &Flows, granted: &'a Granted) -> Result<(&'a str, String), Refused> {
    let value = granted.refresh_token.as_ref().map(|token| token.expose().as_str());
    let value = value.ok_or_else(|| Refused::internal("a sign-in without a refresh token".to_owned()))?;
    Ok((value, cookie::keep(&flows.config().issuer, value, granted.refresh_expires_in)))
}

fn tokens(granted: &Granted) -> BrowserTokens {
    BrowserTokens {
        access_token: granted.access_token.expose().clone(),
        token_type: "Bearer".to_owned(),
        expires_in: granted.expires_in,
        scope: granted.scopes.to_string(),
    }
}
