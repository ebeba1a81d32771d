//! How does an API of your own take Grantd's tokens? Reads are verified offline; writes ask the issuer too, so that a sign-out
//! holds at once. To be copied: it knows nothing of Grantd but what is public.
//!
//!     cargo run --bin grantd -- dev
//!     cargo run --example cats
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it has no log but the terminal")]

#[path = "cats/verify.rs"]
mod verify;

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use poem::error::ResponseError;
use poem::http::{Method, StatusCode, header};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::middleware::{AddData, Cors};
use poem::web::{Data, Json};
use poem::{
    EndpointExt, Error, FromRequest, IntoResponse, Request, RequestBody, Response, Result, Route, Server, get, handler,
};
use reqwest::{Client, Url, redirect};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use verify::{Claims, Refusal, Verifier};

/// Who we are in the `aud` of a token, wherever we listen: `grantd client create … --audience` says it to Grantd.
const AUDIENCE: &str = "http://localhost:8090";
/// As whom we ask the issuer. A secret of your own does not stand in your code.
const CREDENTIALS: (&str, &str) = ("demo-api", "demo-api-dev-secret");
const WRITE: &str = "cats:write";
const LONGEST_NAME: usize = 64;
const LARGEST_BODY: usize = 4096;
const MOST_CATS: usize = 1000;

struct Api {
    http: Client,
    issuer: String,
    verifier: Verifier,
    cats: Mutex<Vec<Cat>>,
}

#[derive(Clone, Serialize)]
struct Cat {
    id: usize,
    name: String,
    owner: String,
}

struct NewCat {
    name: String,
}

#[handler]
fn list(_: Caller, Data(api): Data<&Arc<Api>>) -> Json<Value> {
    Json(json!({ "items": *api.cats.lock().unwrap_or_else(PoisonError::into_inner) }))
}

#[handler]
async fn add(caller: Caller, new: Result<NewCat>, Data(api): Data<&Arc<Api>>) -> Result<(StatusCode, Json<Cat>)> {
    caller.needs(WRITE)?;
    let name = new?.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        let detail = format!("A name has 1 to {LONGEST_NAME} characters, none of them control characters.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail).into());
    }
    let owner = api.introspect(&caller.token).await?;
    let mut cats = api.cats.lock().unwrap_or_else(PoisonError::into_inner);
    if cats.len() >= MOST_CATS {
        return Err(Problem::new(StatusCode::CONFLICT, format!("{MOST_CATS} cats are enough.")).into());
    }
    let cat = Cat { id: cats.len() + 1, name, owner };
    cats.push(cat.clone());
    Ok((StatusCode::CREATED, Json(cat)))
}

/// Whoever a good access token speaks for.
struct Caller {
    token: String,
    claims: Claims,
}

impl Caller {
    fn needs(&self, scope: &str) -> Result<(), Problem> {
        if self.claims.scope.split(' ').any(|it| it == scope) {
            return Ok(());
        }
        let problem = Problem::new(StatusCode::FORBIDDEN, format!("It needs the scope {scope}."));
        Err(problem.challenge(&format!(r#", error="insufficient_scope", scope="{scope}""#)))
    }
}

impl<'a> FromRequest<'a> for Caller {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let Data(api) = Data::<&Arc<Api>>::from_request_without_body(request).await?;
        let mut sent = request.headers().get_all(header::AUTHORIZATION).iter();
        let (first, second) = (sent.next(), sent.next());
        if second.is_some() {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "There are two Authorization headers.");
            return Err(problem.challenge(r#", error="invalid_request""#).into());
        }
        let bearer = first.and_then(|value| value.to_str().ok()?.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        // To whom sent nothing it is not said that it is wrong (RFC 6750 §3.1).
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "It needs an access token.").challenge("").into());
        };
        let claims = api.verifier.verify(token).await.map_err(|refusal| match refusal {
            Refusal::Invalid(why) => Problem::invalid_token(why),
            Refusal::Unavailable => Problem::unavailable(),
        })?;
        Ok(Self { token: token.to_owned(), claims })
    }
}

impl<'a> FromRequest<'a> for NewCat {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        let media_type = request.content_type().and_then(|it| it.split(';').next()).unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "It takes application/json.").into());
        }
        let body = body.take()?.into_bytes_limit(LARGEST_BODY).await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let name = body.get("name").and_then(Value::as_str).map(str::to_owned);
        let wrong = || Problem::new(StatusCode::BAD_REQUEST, r#"It takes an object as {"name": "Mia"}."#);
        Ok(Self { name: name.ok_or_else(wrong)? })
    }
}

impl Api {
    /// The username of whom the token speaks for, if the issuer says that it is good still (RFC 7662).
    async fn introspect(&self, token: &str) -> Result<String, Problem> {
        #[derive(Deserialize)]
        struct Answer {
            active: bool,
            username: Option<String>,
            sub: Option<String>,
        }
        let asked = async {
            let request = self.http.post(format!("{}/oauth2/introspect", self.issuer));
            let request = request.basic_auth(CREDENTIALS.0, Some(CREDENTIALS.1)).form(&[("token", token)]);
            request.send().await?.error_for_status()?.json::<Answer>().await
        };
        let answer = asked.await.map_err(|error| {
            eprintln!("no introspection: {:#}", anyhow::Error::from(error));
            Problem::unavailable()
        })?;
        // A service of its own has no username.
        let owner = answer.username.or(answer.sub).filter(|_| answer.active);
        owner.ok_or_else(|| Problem::invalid_token("It is good no longer."))
    }
}

/// A no: RFC 9457 in the body, RFC 6750 §3 in the header.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
struct Problem {
    status: StatusCode,
    detail: String,
    challenge: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), challenge: None }
    }

    fn invalid_token(why: &str) -> Self {
        let problem = Self::new(StatusCode::UNAUTHORIZED, why);
        problem.challenge(&format!(r#", error="invalid_token", error_description="{why}""#))
    }

    /// Not 401: nobody is to be signed out because the issuer is away.
    fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The issuer cannot be asked.")
    }

    fn challenge(self, error: &str) -> Self {
        Self { challenge: Some(format!(r#"Bearer realm="{AUDIENCE}"{error}"#)), ..self }
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response {
        let title = self.status.canonical_reason();
        let body = json!({ "title": title, "status": self.status.as_u16(), "detail": self.detail });
        let response = Response::builder().status(self.status).content_type("application/problem+json");
        match &self.challenge {
            Some(challenge) => response.header(header::WWW_AUTHENTICATE, challenge).body(body.to_string()),
            None => response.body(body.to_string()),
        }
    }
}

/// What poem itself refuses (404, 405, 413, …), in the same words.
async fn refused(error: Error) -> Response {
    let problem = error.downcast::<Problem>().unwrap_or_else(|error| Problem::new(error.status(), error.to_string()));
    let response = problem.as_response();
    match problem.status {
        StatusCode::METHOD_NOT_ALLOWED => response.with_header(header::ALLOW, "GET, HEAD, POST").into_response(),
        _ => response,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = serve().await else { return ExitCode::SUCCESS };
    eprintln!("cats: {error:#}");
    ExitCode::FAILURE
}

async fn serve() -> anyhow::Result<()> {
    let setting = |name: &str, usual: &str| env::var(name).unwrap_or_else(|_| usual.to_owned());
    let listen = setting("CATS_LISTEN", "127.0.0.1:8090");
    let issuer = setting("CATS_ISSUER", "http://localhost:8080");
    let url = Url::parse(&issuer).with_context(|| format!("CATS_ISSUER is no URL: {issuer}"))?;
    ensure!(matches!(url.scheme(), "http" | "https"), "CATS_ISSUER is no http or https URL: {issuer}");
    let issuer = issuer.trim_end_matches('/').to_owned();

    // A secret follows no redirect.
    let mut http = Client::builder().timeout(Duration::from_secs(5)).redirect(redirect::Policy::none());
    if url.scheme() == "http" {
        // That is for this machine alone, which is behind no proxy, and needs no certificates.
        http = http.no_proxy().tls_certs_only([]);
    }
    let http = http.build()?;
    let cats = [("Mia", "ada"), ("Tom", "bob"), ("Ida", "ada")].into_iter().zip(1..);
    let cats = cats.map(|((name, owner), id)| Cat { id, name: name.to_owned(), owner: owner.to_owned() }).collect();
    let verifier = Verifier::new(http.clone(), issuer.clone(), AUDIENCE);
    let api = Arc::new(Api { http, issuer: issuer.clone(), verifier, cats: Mutex::new(cats) });

    let cors = Cors::new().allow_origin(url.origin().ascii_serialization());
    let cors = cors.allow_methods([Method::GET, Method::POST]).expose_header(header::WWW_AUTHENTICATE);
    let cors = cors.allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE]);
    // Inside of CORS, so that its headers are on every answer; and outside, for its own.
    let routes = Route::new().at("/cats", get(list).post(add)).with(AddData::new(api)).catch_all_error(refused);
    let app = routes.with(cors).catch_all_error(refused);

    let acceptor =
        TcpListener::bind(&listen).into_acceptor().await.with_context(|| format!("cannot listen on {listen}"))?;
    for address in acceptor.local_addr().iter().filter_map(|it| it.as_socket_addr()) {
        println!("cats: http://{address}/cats, for users of {issuer}");
    }
    let ended = async { drop(tokio::signal::ctrl_c().await) };
    Ok(Server::new_with_acceptor(acceptor).run_with_graceful_shutdown(app, ended, Some(Duration::from_secs(1))).await?)
}
