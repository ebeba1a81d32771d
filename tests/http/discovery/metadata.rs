//! What stands in the metadata, and where is it when the issuer has a path?

use grantd::config::{Config, Layers, Mode};
use grantd_tests::client::{self, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{JWKS, OAUTH, OPENID};

async fn document(client: &Client, path: &str) -> Value {
    let answer = client.get(path, "").await.expect(200);
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json")), "{answer}");
    answer.json
}

/// A list of texts, sorted.
#[track_caller]
fn sorted(document: &Value, member: &str) -> Vec<String> {
    let list: Option<Vec<String>> = serde_json::from_value(document[member].clone()).ok();
    let mut list = list.unwrap_or_else(|| panic!("no list {member}: {document}"));
    list.sort_unstable();
    list
}

// RFC 8414 §3.3, Discovery §4.3: byte for byte what the URL began with, and what every `iss` says.
#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_the_url_and_every_iss() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [OPENID, OAUTH] {
        assert_eq!(document(&client, path).await["issuer"], server.url());
    }
    let tokens = client.sign_in_ada().await;
    let refreshed = client.refresh(&tokens.refresh).await.tokens();
    let own = client.as_demo_service().client_credentials().await.tokens();
    for token in [&tokens.access, &refreshed.access, &own.access] {
        assert_eq!(client::claims(token)["iss"], server.url());
        assert_eq!(client.as_demo_api().introspect(token).await.expect(200)["iss"], server.url());
    }
}

// Discovery §3, RFC 8414 §2: the required members, and the deviation that DESIGN.md §2 names.
#[tokio::test(flavor = "multi_thread")]
async fn the_openid_metadata_has_what_is_required() {
    let server = TestServer::start().await;
    let metadata = document(&server.client(), OPENID).await;
    let url = |path: &str| json!(format!("{}{path}", server.url()));
    for (member, path) in [
        ("token_endpoint", "/oauth2/token"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("introspection_endpoint", "/oauth2/introspect"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("jwks_uri", JWKS),
    ] {
        assert_eq!(metadata[member], url(path), "{member}");
    }
    assert_eq!(metadata["response_types_supported"], json!([]));
    assert_eq!(metadata["subject_types_supported"], json!(["public"]));
    assert!(sorted(&metadata, "scopes_supported").contains(&"openid".to_owned()), "{metadata}");
}

// Discovery §3: RS256 is always among them.
#[tokio::test(flavor = "multi_thread")]
async fn the_algorithms_of_id_tokens_have_rs256_and_the_signing_algorithm() {
    for (setting, wanted) in [("ES256", &["ES256", "RS256"][..]), ("EdDSA", &["EdDSA", "RS256"]), ("RS256", &["RS256"])]
    {
        let server = TestServer::with(&[("tokens.signing_alg", setting)]).await;
        let metadata = document(&server.client(), OPENID).await;
        assert_eq!(sorted(&metadata, "id_token_signing_alg_values_supported"), wanted);
    }
}

// Discovery §3, RFC 8414 §2: nothing is advertised that does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_implemented_is_advertised() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [OPENID, OAUTH] {
        let metadata = document(&client, path).await;
        for absent in [
            "authorization_endpoint",
            "code_challenge_methods_supported",
            "registration_endpoint",
            "device_authorization_endpoint",
            "pushed_authorization_request_endpoint",
            "end_session_endpoint",
            "dpop_signing_alg_values_supported",
            "response_modes_supported",
        ] {
            assert!(metadata.get(absent).is_none_or(|value| *value == json!([])), "{path}: {absent}");
        }
        for (member, value) in metadata.as_object().expect("an object") {
            let Some(url) = value.as_str().filter(|_| member.ends_with("_endpoint") || member == "jwks_uri") else {
                assert!(!value.is_null(), "{member} without a value");
                continue;
            };
            assert!(url.starts_with(server.url()), "{member}: {url}");
            let method = if member == "jwks_uri" { Method::GET } else { Method::POST };
            let answer = client.answer(client.request(method, url)).await;
            assert!(!matches!(answer.status, 404 | 405 | 500..), "{member}{answer}");
        }
        let grants = sorted(&metadata, "grant_types_supported");
        assert_eq!(grants, ["client_credentials", "password", "refresh_token"]);
        for grant in grants {
            let answer = client.token(&[("grant_type", &grant)]).await;
            assert_ne!(answer["error"], "unsupported_grant_type", "{grant}");
        }
        assert_eq!(
            sorted(&metadata, "token_endpoint_auth_methods_supported"),
            ["client_secret_basic", "client_secret_post", "none"]
        );
        // A public client may not introspect.
        assert_eq!(
            sorted(&metadata, "introspection_endpoint_auth_methods_supported"),
            ["client_secret_basic", "client_secret_post"]
        );
    }
}

// RFC 8414 §3: what both documents say they say alike.
#[tokio::test(flavor = "multi_thread")]
async fn both_documents_agree() {
    let server = TestServer::start().await;
    let client = server.client();
    let (openid, oauth) = (document(&client, OPENID).await, document(&client, OAUTH).await);
    for (member, value) in oauth.as_object().expect("an object") {
        assert_eq!(openid.get(member), Some(value), "{member}");
    }
}

// RFC 8414 §3: inserted before the path; Discovery §4.1: appended to it. Every other route stands behind it.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_with_a_path_has_it_before_every_route() {
    let issuer = "http://localhost:8080/tenant/a-1";
    let server = TestServer::with(&[("issuer", issuer)]).await;
    let client = server.client();
    let openid = document(&client, "/tenant/a-1/.well-known/openid-configuration").await;
    let oauth = document(&client, "/.well-known/oauth-authorization-server/tenant/a-1").await;
    for metadata in [&openid, &oauth] {
        assert_eq!(metadata["issuer"], issuer);
        for (member, value) in metadata.as_object().expect("an object") {
            if member.ends_with("_endpoint") || member == "jwks_uri" {
                assert!(value.as_str().is_some_and(|url| url.starts_with(&format!("{issuer}/"))), "{member}: {value}");
            }
        }
    }
    let path = |url: &Value| url.as_str().and_then(|url| url.strip_prefix("http://localhost:8080")).map(str::to_owned);
    let token = path(&openid["token_endpoint"]).expect("a token endpoint");
    let ada = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("client_id", "web")];
    let tokens = client.bare_form(&token, &ada).await.tokens();
    assert_eq!((&tokens.claims()["iss"], &tokens.claims()["aud"]), (&json!(issuer), &json!(issuer)));
    let userinfo = path(&openid["userinfo_endpoint"]).expect("a userinfo endpoint");
    assert_eq!(client.get(&userinfo, &tokens.access).await.expect(200)["sub"], tokens.claims()["sub"]);
    client.get("/tenant/a-1/api/v1/me", &tokens.access).await.expect(200);
    let introspect = path(&openid["introspection_endpoint"]).expect("an introspection endpoint");
    let told = client.as_demo_api().form(&introspect, &[("token", &tokens.access)]).await.expect(200);
    assert_eq!(told["active"], true);
    client.form(&path(&openid["revocation_endpoint"]).expect("one"), &[("token", &tokens.refresh)]).await.expect(200);
    client.get(&path(&openid["jwks_uri"]).expect("a JWKS"), "").await.expect(200);
    let refused = client.bare_form(&token, &[("client_id", "web")]).await.expect_error(400, "invalid_request");
    assert_eq!(refused["error_uri"], format!("{issuer}/errors#missing_parameter"), "{refused}");
}

// RFC 8414 §3: and nothing answers without it.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_with_a_path_answers_nowhere_else() {
    let server = TestServer::with(&[("issuer", "http://localhost:8080/tenant")]).await;
    let client = server.client();
    for path in [
        OPENID,
        OAUTH,
        JWKS,
        "/oauth2/userinfo",
        "/api/v1/me",
        "/tenant/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration/tenant",
        "/.well-known/oauth-authorization-server/tenant/",
        "/.well-known/oauth-authorization-server/other",
        "/tenantx/.well-known/openid-configuration",
        "/tenant/tenant/.well-known/openid-configuration",
    ] {
        client.get(path, "").await.expect(404);
    }
    let ada = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("client_id", "web")];
    client.bare_form("/oauth2/token", &ada).await.expect(404);
}

// RFC 8414 §2: https (http on loopback excepted), no query, no fragment; what is refused is named.
#[test]
fn an_issuer_that_is_none_is_refused() {
    let read = |issuer: &str| {
        let flags = [("issuer", issuer.to_owned()), ("data_dir", "data".to_owned())];
        let layers = Layers::read(None, std::iter::empty(), &flags).map_err(|faults| faults.to_string())?;
        Config::from_layers(&layers, Mode::Serve).map(drop).map_err(|faults| faults.to_string())
    };
    for issuer in [
        "http://id.example",
        "https://id.example?x=1",
        "https://id.example/?",
        "https://id.example#f",
        "https://id.example/#",
        "ftp://id.example",
        "id.example",
        "https://",
        "https://user@id.example",
        "https://user:password@id.example",
        "https://id.example/a b",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "",
    ] {
        let refused = read(issuer).expect_err(issuer);
        assert!(refused.contains("issuer"), "{issuer}: {refused}");
        assert!(!refused.contains("user:password"), "{refused}");
    }
    for issuer in [
        "https://id.example",
        "https://id.example:8443/tenant",
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        assert_eq!(read(issuer), Ok(()), "{issuer}");
    }
}

// RFC 8414 §3.3: no slash is added or taken away.
#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_told_byte_for_byte() {
    for issuer in ["https://ID.Example", "https://id.example:443", "http://LOCALHOST:8080/Tenant"] {
        let server = TestServer::with(&[("issuer", issuer)]).await;
        let client = server.client();
        let path = issuer.split('/').skip(3).fold(String::new(), |path, part| format!("{path}/{part}"));
        let metadata = document(&client, &format!("{path}{OPENID}")).await;
        assert_eq!(metadata["issuer"], issuer);
        assert_eq!(metadata["token_endpoint"], format!("{issuer}/oauth2/token"));
        let ada =
            [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("client_id", "web")];
        let tokens = client.bare_form(&format!("{path}/oauth2/token"), &ada).await.tokens();
        assert_eq!(tokens.claims()["iss"], issuer);
        client.get(&format!("{path}/oauth2/userinfo"), &tokens.access).await.expect(200);
    }
}
