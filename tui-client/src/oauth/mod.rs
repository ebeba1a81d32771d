//! What is said to the server, and what does its answer mean? OAuth 2 as a public client, and the API with a token.

mod answer;
mod issuer;

use std::time::{Duration, Instant};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tracing::debug;

pub use answer::Answer;
pub use issuer::Issuer;

use crate::clock;
use crate::device;
use crate::failure::{Code, Failure, plain, root_cause};
use crate::jwt;
use crate::secret::Secret;

/// The client that this program is registered as.
pub const CLIENT_ID: &str = "grant-cli";
/// What it asks for.
pub const SCOPE: &str = "openid profile email account sessions admin";

/// An answer takes no longer: twice this is less than others wait for our lock, and that less than the server's window.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A body that is longer is not one of Grantd's.
const MAX_BODY: usize = 8 << 20;
/// For so long it is waited when the server asks to.
const MAX_RETRY_AFTER: u64 = 3;
/// Under which an operator finds the request in the server's log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A server that is talked to.
#[derive(Clone, Debug)]
pub struct Server {
    issuer: Issuer,
    http: Client,
}

/// What the server gives.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token.
    pub refresh_token: Secret,
    /// When the access token ends, by this machine's clock.
    pub expires_at: i64,
    /// What it covers.
    pub scope: String,
}

/// Why there are no new tokens.
#[derive(Debug)]
pub enum NoTokens {
    /// The server said that this refresh token is good no longer.
    Ended(String),
    /// The server could not be asked, or could not say: nothing is known of the session.
    Unknown(Failure),
}

impl Server {
    /// The server of this issuer; nothing is sent yet.
    ///
    /// # Errors
    /// Certificates of this machine that cannot be read.
    pub fn new(issuer: Issuer) -> Result<Self, Failure> {
        let mut builder = Client::builder()
            .user_agent(device::user_agent())
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // Neither a password nor a token follows a redirect.
            .redirect(reqwest::redirect::Policy::none());
        if issuer.is_loopback() {
            // Nor are the certificates needed that this machine may not have.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        if let Some((name, addresses)) = issuer.own_addresses() {
            builder = builder.resolve_to_addrs(name, &addresses);
        }
        let http = builder.build().map_err(|error| {
            Failure::new(Code::Other, format!("no connection can be made: {}", root_cause(&error)))
                .hint("see SSL_CERT_FILE and the proxy's variables")
        })?;
        Ok(Self { issuer, http })
    }

    /// The server that it is.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Makes sure that this is a Grantd that says of itself what we were told: before a password is sent.
    ///
    /// # Errors
    /// A server that is away, is none of Grantd's, or calls itself by another name.
    pub async fn check(&self) -> Result<(), Failure> {
        self.look().await.map(|_| ())
    }

    /// The same, and how far its clock is ahead of ours, when it says.
    ///
    /// # Errors
    /// As above.
    pub async fn look(&self) -> Result<Option<i64>, Failure> {
        let issuer = self.issuer.as_str();
        let stranger = |why: String| {
            Failure::new(Code::Other, format!("{issuer} is not a Grantd server: {why}"))
                .detail("no password was sent")
                .hint("check the address")
        };
        let answer = self.get("/.well-known/openid-configuration").await?;
        if is_away(answer.status) {
            return Err(self.failure_of(&answer));
        }
        if answer.status != StatusCode::OK {
            return Err(stranger(format!("it has no metadata, and answers {}", answer.status.as_u16())));
        }
        let metadata = answer.json().ok_or_else(|| stranger("its metadata is not JSON".to_owned()))?;
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("issuer") != issuer {
            let named = text("issuer");
            return Err(stranger(format!("its metadata names the issuer `{named}`"))
                .hint(format!("if you trust that one: grant login {named}")));
        }
        for (name, path) in [
            ("token_endpoint", "/oauth2/token"),
            ("revocation_endpoint", "/oauth2/revoke"),
            ("userinfo_endpoint", "/oauth2/userinfo"),
        ] {
            if text(name) != self.at(path) {
                return Err(stranger(format!("its {name} is not {}", self.at(path))));
            }
        }
        Ok(answer.clock_skew)
    }

    /// Signs in with a name and a password.
    ///
    /// # Errors
    /// The two do not fit (4), too many tries (3), or a server that is away (3).
    pub async fn sign_in(&self, username: &str, password: &Secret) -> Result<Tokens, Failure> {
        let form = [
            ("grant_type", "password"),
            ("client_id", CLIENT_ID),
            ("username", username),
            ("password", password.expose()),
            ("scope", SCOPE),
        ];
        let asked_at = clock::now();
        let answer = self.send(self.http.post(self.at("/oauth2/token")).form(&form)).await?;
        if answer.status.is_success() {
            return self.tokens(&answer, asked_at);
        }
        let reason = answer.reason();
        if reason.as_deref() != Some("sign_in_failed") {
            return Err(self.failure_of(&answer));
        }
        Err(match answer.retry_after {
            Some(seconds) => Failure::new(Code::Away, format!("too many tries to sign in as `{username}`"))
                .hint(format!("try again in {seconds} seconds")),
            None => Failure::new(Code::SignIn, "the name and the password do not fit together")
                .hint("check both and try again"),
        }
        .reason(reason.as_deref()))
    }

    /// Has tokens renewed; when the connection is lost, once more with the same refresh token.
    ///
    /// # Errors
    /// The session has ended, or nothing is known of it.
    pub async fn refresh(&self, refresh_token: &Secret) -> Result<Tokens, NoTokens> {
        let form =
            [("grant_type", "refresh_token"), ("client_id", CLIENT_ID), ("refresh_token", refresh_token.expose())];
        let ask = || self.send(self.http.post(self.at("/oauth2/token")).form(&form));
        let mut asked_at = clock::now();
        let mut answer = ask().await;
        let again = match &answer {
            Err(_) => Some(0),
            Ok(answer) if answer.reason().as_deref() == Some("wait_and_retry") => answer.retry_after,
            Ok(_) => None,
        };
        if let Some(seconds) = again.filter(|seconds| *seconds <= MAX_RETRY_AFTER) {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            asked_at = clock::now();
            answer = ask().await;
        }
        let answer = answer.map_err(NoTokens::Unknown)?;
        if answer.status.is_success() {
            return self.tokens(&answer, asked_at).map_err(NoTokens::Unknown);
        }
        let word = answer.json().and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
        if answer.status == StatusCode::BAD_REQUEST && word.as_deref() == Some("invalid_grant") {
            return Err(NoTokens::Ended(answer.reason().unwrap_or_else(|| "unknown_token".to_owned())));
        }
        Err(NoTokens::Unknown(self.failure_of(&answer)))
    }

    /// Ends the session that a token belongs to.
    ///
    /// # Errors
    /// A server that is away, or refuses.
    pub async fn revoke(&self, token: &Secret) -> Result<(), Failure> {
        let form = [("client_id", CLIENT_ID), ("token", token.expose())];
        let answer = self.send(self.http.post(self.at("/oauth2/revoke")).form(&form)).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.failure_of(&answer)) }
    }

    /// Asks the server for something that it tells anybody.
    ///
    /// # Errors
    /// A server that is away.
    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.send(self.http.get(self.at(path))).await
    }

    /// Asks the server for something, with a token and perhaps a JSON body.
    ///
    /// # Errors
    /// A server that is away. What it answers is for the caller to judge.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let request = self.http.request(method, self.at(path)).bearer_auth(token.expose());
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Its public keys.
    ///
    /// # Errors
    /// A server that is away, or has none.
    pub async fn keys(&self) -> Result<Value, Failure> {
        let answer = self.send(self.http.get(self.at("/.well-known/jwks.json"))).await?;
        match answer.json() {
            Some(keys) if answer.status.is_success() => Ok(keys),
            _ => Err(self.failure_of(&answer)),
        }
    }

    /// What a no of the server means here.
    #[must_use]
    pub fn failure_of(&self, answer: &Answer) -> Failure {
        let body = answer.json().unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let faults = answer.faults();
        let told: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.detail)).collect();
        let told = (!told.is_empty()).then(|| told.join(" "));
        let sentence = told.or_else(|| text("error_description")).or_else(|| text("detail"));
        let status = answer.status.as_u16();
        let said = sentence.unwrap_or_else(|| format!("it answers {status}"));
        let code = match status {
            401 => Code::SignIn,
            403 => Code::Refused,
            404 => Code::NotFound,
            _ if is_away(answer.status) => Code::Away,
            _ => Code::Other,
        };
        let failure = Failure::new(code, format!("{}: {said}", self.issuer.as_str()))
            .reason(answer.reason().as_deref())
            .faults(faults);
        match (code, answer.retry_after) {
            (_, Some(seconds)) => failure.hint(format!("try again in {seconds} seconds")),
            (Code::Away, None) => failure.hint("try again later"),
            (Code::SignIn, _) => failure.hint("sign in again: grant login"),
            (Code::Refused, _) if failure.reason.as_deref() == Some("insufficient_scope") => {
                failure.hint("a newer sign-in may cover it: grant login")
            }
            (Code::Refused, _) if failure.reason.as_deref() == Some("role_missing") => {
                failure.hint("ask an administrator for the role, or sign in as one: grant login")
            }
            _ => match text("error_uri").or_else(|| text("type")) {
                Some(page) => failure.hint(format!("see {page}")),
                None => failure,
            },
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.as_str())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let away = |error: &reqwest::Error| {
            let why = if error.is_timeout() { "it does not answer in time".to_owned() } else { root_cause(error) };
            let hint = if why.contains("InvalidContentType") {
                "it does not speak TLS there: is it another port, or http on this machine?"
            } else if why.contains("certificate") {
                "name the file of its authority in SSL_CERT_FILE, if you trust that"
            } else {
                "check the address and your network, then try again"
            };
            Failure::new(Code::Away, format!("{} cannot be reached: {why}", self.issuer.as_str())).hint(hint)
        };
        let asked_at = clock::now();
        let (http, request) = request.build_split();
        let request = request.map_err(|error| away(&error))?;
        // Without its query and its headers, and the answer without its body: there the secrets are.
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let started = Instant::now();
        let sent = http.execute(request).await;
        let ms = started.elapsed().as_millis();
        let mut response = sent.map_err(|error| {
            let failure = away(&error);
            debug!(%method, path, ms, error = failure.error, "no answer");
            failure
        })?;
        let header = |headers: &HeaderMap, name: &HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let status = response.status();
        let request_id = plain(&header(response.headers(), &REQUEST_ID).unwrap_or_default());
        debug!(%method, path, status = status.as_u16(), ms, request_id, "request");
        let retry_after = header(response.headers(), &RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        let date = header(response.headers(), &DATE).and_then(|date| clock::http_date(&date));
        // Whatever lies between the two moments is the way, not the clocks.
        let clock_skew = date.map(|date| {
            let answered_at = clock::now();
            if date < asked_at { date - asked_at } else { (date - answered_at).max(0) }
        });
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| away(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(Failure::new(Code::Other, format!("{} answers more than 8 MiB", self.issuer.as_str())));
            }
        }
        Ok(Answer { status, body, retry_after, clock_skew })
    }

    fn tokens(&self, answer: &Answer, asked_at: i64) -> Result<Tokens, Failure> {
        let read = || {
            let body = answer.json()?;
            let text = |name: &str| body.get(name)?.as_str();
            let token = |name: &str| text(name).filter(|token| jwt::is_token(token));
            if !text("token_type").is_none_or(|kind| kind.eq_ignore_ascii_case("Bearer")) {
                return None;
            }
            Some(Tokens {
                access_token: Secret::new(token("access_token")?.to_owned()),
                refresh_token: Secret::new(token("refresh_token")?.to_owned()),
                expires_at: asked_at.checked_add(body.get("expires_in")?.as_i64().filter(|seconds| *seconds > 0)?)?,
                scope: text("scope").map(plain).unwrap_or_default(),
            })
        };
        read().ok_or_else(|| {
            Failure::new(Code::Other, format!("{} answers no tokens that can be used", self.issuer.as_str()))
                .detail("wanted are Bearer tokens, access and refresh, and for how many seconds they live")
                .hint("its client grant-cli needs the grants password and refresh_token")
        })
    }
}

/// Whether another try may help.
fn is_away(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, retry_after: Option<u64>, body: &str) -> Failure {
        let server = Server::new(Issuer::parse("http://localhost:8080").unwrap()).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        server.failure_of(&Answer { status, body: body.into(), retry_after, clock_skew: None })
    }

    #[test]
    fn an_answer_is_shown_without_its_body() {
        let body = br#"{"access_token":"eyJ"}"#.to_vec();
        let answer = Answer { status: StatusCode::OK, body, retry_after: None, clock_skew: None };
        assert_eq!(format!("{answer:?}"), "Answer(200, 22 bytes)");
    }

    #[test]
    fn a_no_names_the_values_that_are_wrong_and_when_to_try_again() {
        let body = r#"{"detail":"no","reason":"sign_in_failed","errors":[{"field":"current_password","reason":"sign_in_failed","detail":"one or the other"}]}"#;
        let wrong = refused(422, None, body);
        assert_eq!(wrong.faults[0].field, "current_password");
        assert_eq!(wrong.faults[0].detail, "That is not the current password.");
        let throttled = refused(422, Some(12), body);
        assert_eq!(throttled.faults[0].detail, "Too many tries with a wrong password.");
        assert_eq!(throttled.hint.as_deref(), Some("try again in 12 seconds"));
        let weak = r#"{"detail":"no","reason":"too_short","errors":[{"field":"new_password","reason":"too_short","detail":"The value\u001b is too short."}]}"#;
        let weak = refused(422, None, weak);
        assert_eq!(
            (weak.faults[0].word(), weak.faults[0].detail.as_str()),
            ("too short".to_owned(), "The value  is too short.")
        );
        for odd in ["", "[]", r#"{"errors":5}"#, r#"{"errors":[]}"#] {
            assert!(refused(422, None, odd).faults.is_empty(), "{odd}");
        }
        let odd = refused(422, None, r#"{"errors":[7,{}]}"#);
        assert!(odd.faults.iter().all(|fault| fault.field.is_empty()));
    }
}
