//! Does the crate oauth2, as crates.io has it, get along with a server started by `grantd dev`?

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_tests::process;
use grantd_tests::temp::TempDir;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, TokenData, Validation, decode, decode_header};
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicRequestTokenError, BasicTokenResponse};
use oauth2::{
    AccessToken, AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IntrospectionUrl, ResourceOwnerPassword, ResourceOwnerUsername, RevocationUrl, Scope, StandardRevocableToken,
    TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use serde_json::Value;

use crate::passes;

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointSet>;
type Answer = Result<BasicTokenResponse, BasicRequestTokenError<reqwest::Error>>;

/// An API that `web` may ask tokens for.
const EXAMPLE_API: &str = "http://localhost:8090";

#[tokio::test(flavor = "multi_thread")]
async fn the_crate_oauth2_walks_through_everything() {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let plain = server.client();
    let issuer = server.url();

    let metadata = plain.get("/.well-known/openid-configuration", "").await.expect(200);
    assert_eq!(metadata["issuer"], issuer);
    let client = |id: &str, secret: Option<&str>| client(&metadata.json, id, secret);
    let web = client("web", None);

    let first = password(&web, "ada-dev-password", None).await.expect("tokens");
    let (access, refresh) = (first.access_token().secret(), first.refresh_token().expect("a refresh token"));
    refused(&password(&web, "not hers", None).await, &BasicErrorResponseType::InvalidGrant);

    // As an API does it, which asks the server for nothing but its keys (RFC 9068).
    let keys = plain.get("/.well-known/jwks.json", "").await.expect(200).json;
    let keys: JwkSet = serde_json::from_value(keys).expect("a key set");
    let claims = verified(&keys, &issuer, &issuer, access).expect("an access token").claims;
    assert_eq!(claims["client_id"], "web");
    let theirs = password(&web, "ada-dev-password", Some(EXAMPLE_API)).await.expect("tokens");
    let theirs = theirs.access_token().secret();
    let seen = verified(&keys, &issuer, EXAMPLE_API, theirs).expect("an access token");
    assert_eq!(seen.claims["sub"], claims["sub"]);

    let tampered = promoted(access, &claims);
    for (token, fault) in [
        (tampered.as_str(), ErrorKind::InvalidSignature),
        (theirs, ErrorKind::InvalidAudience),
        (refresh.secret(), ErrorKind::InvalidToken),
        ("of.no", ErrorKind::InvalidToken),
    ] {
        let refusal = verified(&keys, &issuer, &issuer, token).expect_err("not for us");
        assert_eq!(*refusal.kind(), fault, "{token}");
    }

    // The crate leaves userinfo to others.
    let user = plain.userinfo(access).await.expect(200);
    assert_eq!((&user["sub"], &user["email"]), (&claims["sub"], &Value::from("ada@example.org")));

    let second = web.exchange_refresh_token(refresh).request_async(&send).await.expect("tokens");
    let (next_access, next_refresh) = (second.access_token(), second.refresh_token().expect("a refresh token"));
    assert_ne!((next_access.secret(), next_refresh.secret()), (access, refresh.secret()));
    assert_eq!(second.scopes(), first.scopes());

    for how in [AuthType::BasicAuth, AuthType::RequestBody] {
        let service = client("demo-service", Some("demo-service-dev-secret")).set_auth_type(how.clone());
        let own = service.exchange_client_credentials().request_async(&send).await.expect("a token");
        let own = verified(&keys, &issuer, &issuer, own.access_token().secret()).expect("an access token");
        assert_eq!(own.claims["sub"], "demo-service");
        let stranger = client("demo-service", Some("another-secret-of-some-length")).set_auth_type(how);
        let answer = stranger.exchange_client_credentials().request_async(&send).await;
        refused(&answer, &BasicErrorResponseType::InvalidClient);
    }

    let api = client("demo-api", Some("demo-api-dev-secret"));
    let seen = api.introspect(next_access).request_async(&send).await.expect("an answer");
    assert_eq!((seen.active(), seen.username(), seen.sub()), (true, Some("ada"), claims["sub"].as_str()));

    let ended = StandardRevocableToken::from(next_refresh.clone());
    web.revoke_token(ended).expect("an https URL").request_async(&send).await.expect("an answer");

    let answer = web.exchange_refresh_token(next_refresh).request_async(&send).await;
    refused(&answer, &BasicErrorResponseType::InvalidGrant);
    for token in [access, next_access.secret(), next_refresh.secret()] {
        let token = AccessToken::new(token.clone());
        let seen = api.introspect(&token).request_async(&send).await.expect("an answer");
        assert_eq!((seen.active(), seen.username(), seen.sub()), (false, None, None));
    }

    let locked = include_str!("../../Cargo.lock").split_once("name = \"oauth2\"\nversion = \"");
    let version = locked.and_then(|(_, rest)| rest.split('"').next()).expect("its version");
    passes(&format!("oauth2 {version}: all done"));
}

/// A client of the endpoints that the metadata names.
fn client(metadata: &Value, id: &str, secret: Option<&str>) -> Client {
    let endpoint = |name: &str| metadata[name].as_str().expect("an endpoint").to_owned();
    // The crate revokes over https alone, on the loopback too.
    let revocation = endpoint("revocation_endpoint").replace("http:", "https:");
    let client = BasicClient::new(ClientId::new(id.to_owned()))
        .set_token_uri(TokenUrl::new(endpoint("token_endpoint")).expect("a URL"))
        .set_introspection_url(IntrospectionUrl::new(endpoint("introspection_endpoint")).expect("a URL"))
        .set_revocation_url(RevocationUrl::new(revocation).expect("a URL"));
    match secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.to_owned())),
        None => client,
    }
}

/// The HTTP client that the crate is lent. Where it says https, this is the proxy that would take TLS off.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let mut request = reqwest::Request::try_from(request)?;
    request.url_mut().set_scheme("http").expect("a scheme");
    let answer = reqwest::Client::builder().no_proxy().build()?.execute(request).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}

/// Ada's sign-in, for an API when one is named.
async fn password(web: &Client, password: &str, resource: Option<&str>) -> Answer {
    let (username, password) =
        (ResourceOwnerUsername::new("ada".to_owned()), ResourceOwnerPassword::new(password.to_owned()));
    let scopes = ["openid", "profile", "email"].map(|scope| Scope::new(scope.to_owned()));
    let mut request = web.exchange_password(&username, &password).add_scopes(scopes);
    if let Some(resource) = resource {
        request = request.add_extra_param("resource", resource);
    }
    request.request_async(&send).await
}

/// The crate has to tell this refusal as the server's.
#[track_caller]
fn refused(answer: &Answer, error: &BasicErrorResponseType) {
    match answer {
        Err(BasicRequestTokenError::ServerResponse(refusal)) => assert_eq!(refusal.error(), error),
        other => panic!("no refusal by the server: {other:?}"),
    }
}

fn verified(keys: &JwkSet, issuer: &str, audience: &str, token: &str) -> Result<TokenData<Value>, Error> {
    let header = decode_header(token)?;
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = keys.find(&header.kid.expect("a key's id")).expect("one of the server's keys");
    let mut rules = Validation::new(Algorithm::ES256);
    rules.required_spec_claims = HashSet::from(["iss", "aud", "exp", "sub"].map(str::to_owned));
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    decode(token, &DecodingKey::from_jwk(key)?, &rules)
}

/// The token with a role more, under the signature that it had.
fn promoted(token: &str, claims: &Value) -> String {
    let mut claims = claims.clone();
    claims["roles"] = serde_json::json!(["admin", "root"]);
    let parts: Vec<_> = token.split('.').collect();
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
}
