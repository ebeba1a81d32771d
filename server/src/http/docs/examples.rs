//! What do requests and answers look like? Each answer is the one that its (first) request is really given.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a value that is made for its place is handed over, whatever `json!` does with it"
)]

use serde_json::{Value, json};

use crate::config::Issuer;

/// What an operation is shown with.
#[derive(Default)]
pub(super) struct Examples {
    /// Requests, by name; null where there is no body.
    pub(super) requests: Value,
    /// What a yes brings; null where it has no body.
    pub(super) answer: Value,
}

const ACCESS_TOKEN: &str = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3JfMDBkYyJ9.c2lnbmF0dXJl";
const REFRESH_TOKEN: &str = "grt_the-last-one-that-was-given";
const CLIENT_SECRET: &str = "gcs_shown-this-once";
const USER: &str = "usr_00dc0xxrg000079z5g377cjb0r";
const SESSION: &str = "ses_00dc0xxk80005j86cwvbne62qn";
const PICTURE: &str = "https://gravatar.com/avatar/233ac984b593b1d70d8de3150f794304b623e57e11ae118e236205323735c59f";
const ANOTHER_PICTURE: &str =
    "https://gravatar.com/avatar/b4eb2b660f516a446edeedc0db4073161615dd1aedbbdcc62953ea3005f9543a";
const SIGNED_UP: &str = "2026-01-31T12:00:00Z";
const SIGNED_IN: &str = "2026-02-01T08:30:00Z";
const SCOPE: &str = "openid profile email account sessions";

/// The examples of this operation.
pub(super) fn of(id: &str, issuer: &Issuer) -> Examples {
    let issuer = issuer.as_str();
    match id {
        "getToken" => Examples { requests: token_requests(), answer: tokens() },
        "revokeToken" => asked("A public client", json!({ "token": REFRESH_TOKEN, "client_id": "web" }), Value::Null),
        "introspectToken" => asked(
            "A resource server",
            json!({ "token": ACCESS_TOKEN, "client_id": "billing", "client_secret": CLIENT_SECRET }),
            introspection(issuer),
        ),
        "logIn" => Examples {
            requests: json!({
                "here": shown("For this server", sign_in()),
                "api": shown("For an API", with(sign_in(), json!({ "resource": "http://localhost:8090" }))),
            }),
            answer: with(browser_tokens(), json!({ "user": user() })),
        },
        "refreshLogin" => answered(browser_tokens()),
        "getLogin" => answered(json!({ "user": user(), "session": session() })),
        "getUserInfo" => answered(user_info()),
        "postUserInfo" => asked("In the form", json!({ "access_token": ACCESS_TOKEN }), user_info()),
        "signUp" => asked("A person", new_user(), with(user(), json!({ "name": null, "roles": [] }))),
        "getMe" => answered(user()),
        "changeMe" => asked("Another name", json!({ "name": "Grace Hopper" }), user()),
        "changeMyPassword" => asked(
            "Another password",
            json!({ "current_password": "a compiler of her own", "new_password": "nanoseconds of wire" }),
            Value::Null,
        ),
        "listMySessions" => answered(list(session())),
        "listMyActivity" => answered(list(event())),
        "listUsers" => answered(list(admin_user())),
        "createUser" => {
            let named = json!({ "username": "alan", "email": "alan@example.org" });
            let new = with(with(new_user(), named.clone()), json!({ "roles": ["editor"] }));
            let made = with(
                with(admin_user(), named),
                json!({ "name": null, "picture": ANOTHER_PICTURE, "last_seen_at": null }),
            );
            asked("An editor", new, made)
        }
        "getUser" => answered(admin_user()),
        "changeUser" => Examples {
            requests: json!({
                "lock": shown("Lock the user out", json!({ "locked": true })),
                "roles": shown("Make an administrator", json!({ "roles": ["admin"] })),
            }),
            answer: with(admin_user(), json!({ "locked": true })),
        },
        "setPassword" => asked("Another password", json!({ "password": "nanoseconds of wire" }), Value::Null),
        "listClients" => answered(list(client())),
        "createClient" => Examples {
            requests: json!({
                "service": shown(
                    "A service that signs in for itself",
                    json!({ "id": "billing", "name": "Billing", "scopes": ["invoices"] }),
                ),
                "app": shown(
                    "An app that people type their password into",
                    json!({ "id": "app", "type": "public", "grants": ["password", "refresh_token"] }),
                ),
            }),
            answer: client_with_secret(),
        },
        "getClient" => answered(client()),
        "changeClient" => {
            asked("Shorter tokens", json!({ "access_ttl": 120 }), with(client(), json!({ "access_ttl": 120 })))
        }
        "rotateClientSecret" => asked("An hour to change it", json!({ "grace": 3600 }), client_with_secret()),
        "listSessions" => answered(list(admin_session())),
        "getSession" => answered(admin_session()),
        "listKeys" => answered(list(key("active", SIGNED_UP))),
        "getKey" => answered(key("active", SIGNED_UP)),
        "rotateKeys" => Examples {
            requests: json!({
                "planned": shown("Nobody notices", json!({})),
                "leak": shown("After a leak", json!({ "now": true })),
            }),
            answer: list(key("announced", "2026-01-31T12:06:00Z")),
        },
        "listEvents" => answered(list(admin_event())),
        "getEvent" => answered(admin_event()),
        _ => Examples::default(),
    }
}

fn shown(summary: &str, value: Value) -> Value {
    json!({ "summary": summary, "value": value })
}

fn asked(summary: &str, request: Value, answer: Value) -> Examples {
    Examples { requests: json!({ "request": shown(summary, request) }), answer }
}

fn answered(answer: Value) -> Examples {
    Examples { requests: Value::Null, answer }
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut value, more) {
        members.extend(more);
    }
    value
}

fn list(item: Value) -> Value {
    json!({ "items": [item], "next_cursor": null })
}

fn token_requests() -> Value {
    json!({
        "password": shown("Sign in", json!({
            "grant_type": "password", "username": "grace", "password": "a compiler of her own", "client_id": "web", "scope": SCOPE,
        })),
        "refresh_token": shown("Refresh", json!({
            "grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN, "client_id": "web",
        })),
        "client_credentials": shown("A service signs in for itself", json!({
            "grant_type": "client_credentials", "client_id": "billing", "client_secret": CLIENT_SECRET,
        })),
    })
}

fn tokens() -> Value {
    json!({
        "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300, "refresh_token": REFRESH_TOKEN, "scope": SCOPE,
    })
}

fn sign_in() -> Value {
    json!({ "username": "grace", "password": "a compiler of her own" })
}

fn browser_tokens() -> Value {
    json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": SCOPE })
}

fn introspection(issuer: &str) -> Value {
    json!({
        "active": true, "token_type": "Bearer", "iss": issuer, "sub": USER, "aud": issuer, "client_id": "web", "username": "grace",
        "scope": SCOPE, "iat": 1_769_934_600, "exp": 1_769_934_900, "jti": "AGsB3s0AAAw1tntj1vhYGgAAAAH1ca2GlwuEeg",
        "sid": SESSION, "auth_time": 1_769_934_600, "amr": ["pwd"], "roles": ["editor"],
    })
}

fn user_info() -> Value {
    json!({
        "sub": USER, "name": "Grace Hopper", "preferred_username": "grace", "picture": PICTURE, "email": "grace@example.org",
        "email_verified": false,
    })
}

fn new_user() -> Value {
    json!({ "username": "grace", "email": "grace@example.org", "password": "a compiler of her own" })
}

fn user() -> Value {
    json!({
        "id": USER, "username": "grace", "email": "grace@example.org", "name": "Grace Hopper", "picture": PICTURE, "roles": ["editor"],
        "created_at": SIGNED_UP,
    })
}

fn admin_user() -> Value {
    with(user(), json!({ "locked": false, "email_verified": false, "last_seen_at": SIGNED_IN }))
}

fn session() -> Value {
    json!({
        "id": SESSION, "client_id": "web", "client_name": "Web client", "user_agent": "Mozilla/5.0", "ip": "192.0.2.7",
        "created_at": SIGNED_IN, "last_used_at": "2026-02-01T09:05:00Z", "expires_at": "2026-03-03T09:05:00Z", "current": true,
    })
}

fn admin_session() -> Value {
    with(session(), json!({ "user_id": USER }))
}

fn event() -> Value {
    json!({
        "id": "evt_00dc0xxk80006m256eba19hv9v", "at": SIGNED_IN, "type": "signed_in", "reason": null, "client_id": "web",
        "session_id": SESSION, "ip": "192.0.2.7",
    })
}

fn admin_event() -> Value {
    with(event(), json!({ "user_id": USER, "detail": null }))
}

fn client() -> Value {
    json!({
        "id": "billing", "name": "Billing", "type": "confidential", "grants": ["client_credentials"], "scopes": ["invoices"],
        "resources": [], "audiences": [], "redirect_uris": [], "origins": [], "resource_server": false, "rotation": true,
        "access_ttl": null, "refresh_ttl": null, "created_at": SIGNED_UP,
    })
}

fn client_with_secret() -> Value {
    with(client(), json!({ "client_secret": CLIENT_SECRET }))
}

fn key(state: &str, active_at: &str) -> Value {
    json!({
        "kid": "8CFn3slRW7dNtgnIvRW56J5h9dI_loME-_kfobWO-gQ", "alg": "ES256", "state": state, "created_at": SIGNED_UP,
        "active_at": active_at, "retired_at": null,
    })
}
