//! How does a client speak with the server? The verbs of the protocol, and answers that explain themselves when a test fails.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Index;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::document;
use crate::wire::{Connection, Reply};

/// What an answer was: status, headers, body, and the body as JSON (`Null` when it is none).
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    /// The body as JSON.
    pub json: Value,
    /// What was asked, for messages.
    asked: String,
}

impl Answer {
    /// Fails the test when the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "the status{self}");
        self
    }

    /// Fails the test when it is not this refusal: status and `error` of a protocol endpoint.
    #[track_caller]
    pub fn expect_error(self, status: u16, error: &str) -> Self {
        assert_eq!((self.status, self.json["error"].as_str()), (status, Some(error)), "the refusal{self}");
        self
    }

    /// Fails the test when the `reason` is another.
    #[track_caller]
    pub fn expect_reason(self, reason: &str) -> Self {
        assert_eq!(self.json["reason"].as_str(), Some(reason), "the reason{self}");
        self
    }

    /// A header's value, `None` when there is none.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A member that has to be a text.
    #[track_caller]
    pub fn text(&self, member: &str) -> String {
        self.json[member].as_str().unwrap_or_else(|| panic!("no text {member:?}{self}")).to_owned()
    }

    /// The tokens of a token answer.
    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "no tokens{self}");
        Tokens {
            access: self.text("access_token"),
            refresh: self.json["refresh_token"].as_str().unwrap_or_default().to_owned(),
            scope: self.text("scope"),
            expires_in: self.json["expires_in"].as_i64().unwrap_or_else(|| panic!("no number \"expires_in\"{self}")),
        }
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, member: &str) -> &Value {
        &self.json[member]
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n--- {}\n--- {}", self.asked, self.status)?;
        for (name, value) in &self.headers {
            write!(f, "\n{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n\n{}\n---", self.body)
    }
}

/// What a sign-in or a refresh gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token, empty when there was none.
    pub refresh: String,
    /// The scope.
    pub scope: String,
    /// The access token's life in seconds.
    pub expires_in: i64,
}

impl Tokens {
    /// The access token's claims, unverified.
    pub fn claims(&self) -> Value {
        claims(&self.access)
    }
}

/// The claims of a JWT, unverified.
#[track_caller]
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a JWT.
#[track_caller]
pub fn header(token: &str) -> Value {
    part(token, 0)
}

#[track_caller]
fn part(token: &str, index: usize) -> Value {
    use base64::Engine;
    let decode = |part| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok();
    let bytes = token.split('.').nth(index).and_then(decode);
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_else(|| panic!("no JWT: {token}"))
}

/// One OAuth client of a server: `web` unless told otherwise.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    id: String,
    secret: Option<String>,
}

impl Client {
    /// The public client `web` of the server at this URL (without a slash at its end).
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_mins(1))
            .build()
            .expect("an HTTP client");
        Self { http, base: base.to_owned(), id: "web".to_owned(), secret: None }
    }

    /// The same, over connections of its own.
    pub fn apart(&self) -> Self {
        Self { http: Self::new(&self.base).http, ..self.clone() }
    }

    /// The same as another public client.
    pub fn as_public(&self, id: &str) -> Self {
        Self { id: id.to_owned(), secret: None, ..self.clone() }
    }

    /// The same as a client with a secret, sent by HTTP Basic.
    pub fn as_confidential(&self, id: &str, secret: &str) -> Self {
        Self { id: id.to_owned(), secret: Some(secret.to_owned()), ..self.clone() }
    }

    /// The seeded resource server.
    pub fn as_demo_api(&self) -> Self {
        self.as_confidential("demo-api", "demo-api-dev-secret")
    }

    /// The seeded service.
    pub fn as_demo_service(&self) -> Self {
        self.as_confidential("demo-service", "demo-service-dev-secret")
    }

    /// The server's URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A form to a protocol endpoint, with the client's credentials.
    pub async fn form(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path);
        if let Some(secret) = &self.secret {
            return self.answer(request.basic_auth(&self.id, Some(secret)).form(parameters)).await;
        }
        let with_id: Vec<_> = parameters.iter().copied().chain([("client_id", self.id.as_str())]).collect();
        self.answer(request.form(&with_id)).await
    }

    /// A form exactly as told, without credentials.
    pub async fn bare_form(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        self.answer(self.request(Method::POST, path).form(parameters)).await
    }

    /// A token request.
    pub async fn token(&self, parameters: &[(&str, &str)]) -> Answer {
        self.form("/oauth2/token", parameters).await
    }

    /// Signs in and has to succeed.
    pub async fn sign_in(&self, username: &str, password: &str) -> Tokens {
        self.try_sign_in(username, password).await.tokens()
    }

    /// Signs in.
    pub async fn try_sign_in(&self, username: &str, password: &str) -> Answer {
        self.token(&[("grant_type", "password"), ("username", username), ("password", password)]).await
    }

    /// Signs in with a scope.
    pub async fn sign_in_for(&self, username: &str, password: &str, scope: &str) -> Tokens {
        let parameters = [("grant_type", "password"), ("username", username), ("password", password), ("scope", scope)];
        self.token(&parameters).await.tokens()
    }

    /// Signs in as the seeded administrator, with all default scopes.
    pub async fn sign_in_ada(&self) -> Tokens {
        self.sign_in("ada", "ada-dev-password").await
    }

    /// Signs in as the seeded user without roles.
    pub async fn sign_in_bob(&self) -> Tokens {
        self.sign_in("bob", "bob-dev-password").await
    }

    /// Refreshes.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Asks for a token in the client's own name.
    pub async fn client_credentials(&self) -> Answer {
        self.token(&[("grant_type", "client_credentials")]).await
    }

    /// Introspects, as the client that this is.
    pub async fn introspect(&self, token: &str) -> Answer {
        self.form("/oauth2/introspect", &[("token", token)]).await
    }

    /// Whether the seeded resource server is told that the token is active.
    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.as_demo_api().introspect(token).await.expect(200);
        answer["active"].as_bool().unwrap_or_else(|| panic!("no \"active\"{answer}"))
    }

    /// Revokes, as the client that this is.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.form("/oauth2/revoke", &[("token", token)]).await
    }

    /// Asks who the user is.
    pub async fn userinfo(&self, access_token: &str) -> Answer {
        self.get("/oauth2/userinfo", access_token).await
    }

    /// GET with a bearer token; without one when it is empty.
    pub async fn get(&self, path: &str, access_token: &str) -> Answer {
        self.answer(self.bearer(Method::GET, path, access_token)).await
    }

    /// DELETE with a bearer token.
    pub async fn delete(&self, path: &str, access_token: &str) -> Answer {
        self.answer(self.bearer(Method::DELETE, path, access_token)).await
    }

    /// Another method with a bearer token and a JSON body.
    pub async fn send(&self, method: Method, path: &str, access_token: &str, body: &Value) -> Answer {
        self.answer(self.bearer(method, path, access_token).json(body)).await
    }

    /// Signs up.
    pub async fn sign_up(&self, username: &str, email: &str, password: &str) -> Answer {
        let body = serde_json::json!({"username": username, "email": email, "password": password});
        self.send(Method::POST, "/api/v1/users", "", &body).await
    }

    /// A request with a bearer token, to be changed before it is sent; without one when it is empty.
    pub fn bearer(&self, method: Method, path: &str, access_token: &str) -> RequestBuilder {
        let request = self.request(method, path);
        if access_token.is_empty() { request } else { request.bearer_auth(access_token) }
    }

    /// A request, to be changed before it is sent. `path` may be a whole URL.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        self.http.request(method, url)
    }

    /// Sends a request and has to get an answer.
    pub async fn answer(&self, request: RequestBuilder) -> Answer {
        self.try_answer(request).await.unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }

    /// Sends a request.
    ///
    /// # Errors
    /// No whole answer came.
    pub async fn try_answer(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build()?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let asked = format!("{method} {}", request.url());
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await?;
        let json = serde_json::from_str(&body).unwrap_or_default();
        let answer = Answer { status, headers, body, json, asked };
        document::check(&method, &path, &answer);
        Ok(answer)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        let port = self.base.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
        ([127, 0, 0, 1], port.expect("a URL with a port")).into()
    }

    /// Sends these bytes over a connection of their own, whatever they are, and reads one answer.
    pub async fn raw(&self, bytes: impl AsRef<[u8]>) -> Reply {
        let mut connection = Connection::open(self.address()).await.expect("a connection");
        connection.exchange(bytes.as_ref()).await.expect("an answer")
    }
}
