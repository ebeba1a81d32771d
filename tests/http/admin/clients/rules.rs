//! Which clients can there be? Each rule names the field that breaks it, with its reason.

use serde_json::{Value, json};

use super::Admin;
use crate::errors::expect_problem;
use crate::told::faults;

/// What breaks a rule when a client is made, and what is told of it.
fn cases() -> Vec<(Value, String)> {
    let fields = texts().into_iter().chain(addresses()).map(|(told, member, values)| {
        let body = |value| match member {
            "audiences" => json!({"audiences": value, "resource_server": true}),
            _ => json!({member: value}),
        };
        (told, values.into_iter().map(body).collect::<Vec<_>>())
    });
    let whole = [
        ("type: unknown_value", vec![json!({"type": "secret"}), json!({"type": "Public"})]),
        ("client_secret: unknown_value", vec![public(&json!({"client_secret": "x".repeat(24)}))]),
        ("grants: missing_parameter", vec![public(&json!({"grants": []}))]),
        ("grants: grant_not_allowed", vec![public(&json!({"grants": ["password", "client_credentials"]}))]),
        ("resource_server: unknown_value", vec![public(&json!({"resource_server": true}))]),
        ("rotation: unknown_value", vec![public(&json!({"rotation": false}))]),
        ("audiences: unknown_value", vec![json!({"audiences": ["https://api.example.org"]})]),
        ("created_at: read_only", vec![json!({"created_at": "2027-01-15T08:00:00Z"})]),
        ("secret: unknown_value", vec![json!({"secret": "x".repeat(24)})]),
    ];
    let all =
        fields.chain(whole).flat_map(|(told, bodies)| bodies.into_iter().map(move |body| (body, told.to_owned())));
    all.collect()
}

fn public(said: &Value) -> Value {
    let mut body = json!({"type": "public", "grants": ["password"]});
    for (member, value) in said.as_object().expect("an object") {
        body[member] = value.clone();
    }
    body
}

/// What is told, of which member, and the values that it is told of.
type Told = (&'static str, &'static str, Vec<Value>);

fn texts() -> Vec<Told> {
    let odd = |values: &[&str]| values.iter().map(|value| json!(value)).collect::<Vec<_>>();
    let each = |values: &[&str]| values.iter().map(|value| json!([value])).collect::<Vec<_>>();
    let long = "x".repeat(65);
    let ids = ["", "a b", "a/b", "a\0", "ü", "a:b", "usr_x", "a\n", &long];
    vec![
        ("id: not_allowed_characters", "id", odd(&ids)),
        ("id: missing_parameter", "id", vec![json!(null)]),
        ("id: malformed_request", "id", vec![json!(1), json!(["new"])]),
        ("name: too_short", "name", odd(&["", " "])),
        ("name: not_allowed_characters", "name", odd(&["a\u{202e}b", "a\0b", "a\u{2028}b"])),
        ("name: too_long", "name", vec![json!("x".repeat(201))]),
        ("client_secret: too_short", "client_secret", odd(&["", &"x".repeat(23), &"ü".repeat(23)])),
        ("client_secret: too_long", "client_secret", vec![json!("x".repeat(1025))]),
        ("client_secret: not_allowed_characters", "client_secret", odd(&["a secret with a \0 in the middle"])),
        ("grants: unknown_value", "grants", each(&["implicit", "authorization_code", "", "Password", "password "])),
        ("grants: malformed_request", "grants", vec![json!("password"), json!([1])]),
        ("scopes: not_allowed_characters", "scopes", each(&["", "a b", "a\"b", "a\\b", "ü", "a\0", "a\n"])),
        ("rotation: malformed_request", "rotation", vec![json!("true"), json!(1)]),
        ("access_ttl: malformed_request", "access_ttl", vec![json!(1.5), json!("60"), json!(true), json!(1e30)]),
        ("access_ttl: too_short", "access_ttl", vec![json!(0), json!(-1), json!(i64::MIN)]),
        ("access_ttl: too_long", "access_ttl", vec![json!(315_360_001), json!(i64::MAX)]),
        ("refresh_ttl: too_short", "refresh_ttl", vec![json!(0), json!(-1), json!(i64::MIN)]),
        ("refresh_ttl: too_long", "refresh_ttl", vec![json!(315_360_001), json!(i64::MAX)]),
    ]
}

fn addresses() -> Vec<Told> {
    let each = |values: &[&str]| values.iter().map(|value| json!([value])).collect::<Vec<_>>();
    let long = format!("https://example.org/{}", "a".repeat(2029));
    let uris = [
        "",
        "/cb",
        "app.example.org/cb",
        "http://app.example.org/cb",
        "https://app.example.org/#",
        "https://a b/",
        "myapp:/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///cb",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "https://x\0/",
        "https://x/\u{a0}",
        &long,
    ];
    let origins = [
        "",
        "*",
        "null",
        "app.example.org",
        "https://app.example.org/",
        "https://App.example.org",
        "https://a.example:443",
        "https://a b",
        "org.example.app:/",
    ];
    let names = ["", "api", "https://api.example.org/#a", "https://a b/", "https://x/\0", "//x", &long];
    vec![
        ("redirect_uris: malformed_request", "redirect_uris", each(&uris)),
        ("origins: malformed_request", "origins", each(&origins)),
        ("resources: malformed_request", "resources", each(&names)),
        ("audiences: malformed_request", "audiences", each(&names)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_named_and_makes_no_client() {
    let admin = Admin::begin().await;
    for (mut body, wanted) in cases() {
        if body.get("id").is_none() {
            body["id"] = json!("new");
        }
        let sent = body.to_string();
        assert_eq!(faults(admin.post("/clients", body).await), [wanted], "{sent:.200}");
    }
    assert_eq!(admin.count("clients").await, 5);
    assert_eq!(admin.count("client_origins").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_named_and_changes_no_client() {
    let admin = Admin::begin().await;
    let fine = json!({"id": "new", "resource_server": true, "audiences": ["https://api.example.org"]});
    admin.post("/clients", fine).await.expect(201);
    let before = admin.get("/clients/new").await.expect(200).json;
    let not_changed = ["id", "type", "client_secret", "created_at", "secret"];
    for (body, wanted) in cases() {
        // What a client is for good, and a resource server may have audiences.
        if not_changed.iter().any(|member| body.get(member).is_some()) || wanted == "audiences: unknown_value" {
            continue;
        }
        let sent = body.to_string();
        assert_eq!(faults(admin.patch("/clients/new", body).await), [wanted], "{sent:.200}");
    }
    for member in ["id", "type", "client_secret", "created_at"] {
        let wanted = format!("{member}: read_only");
        assert_eq!(faults(admin.patch("/clients/new", json!({member: "public"})).await), [wanted]);
    }
    let answer = admin.patch("/clients/new", json!({"resource_server": false})).await;
    assert_eq!(faults(answer), ["audiences: unknown_value"]);
    for member in
        ["grants", "scopes", "resources", "audiences", "redirect_uris", "origins", "resource_server", "rotation"]
    {
        let wanted = format!("{member}: missing_parameter");
        assert_eq!(faults(admin.patch("/clients/new", json!({member: null})).await), [wanted]);
    }
    assert_eq!(admin.get("/clients/new").await.expect(200).json, before);
    let answer = admin.patch("/clients/web", json!({"grants": [], "rotation": false, "name": "a\nb"})).await;
    assert_eq!(
        faults(answer),
        ["name: not_allowed_characters", "grants: missing_parameter", "rotation: unknown_value"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_at_a_bound_is_taken() {
    let admin = Admin::begin().await;
    for body in [
        json!({"id": "x".repeat(64)}),
        json!({"id": "A-Z.a_z", "client_secret": "ü".repeat(24)}),
        json!({"id": "b", "client_secret": "x".repeat(1024), "access_ttl": 1, "refresh_ttl": 315_360_000}),
        json!({"id": "c", "redirect_uris": [format!("https://example.org/{}", "a".repeat(2028)), "http://127.0.0.1:8080/cb",
            "http://[::1]/cb", "http://localhost/cb", "org.example.app:/cb"]}),
        json!({"id": "d", "resources": ["urn:cats", "https://api.example.org/?a=b"], "scopes": ["cats:write", "!"], "grants": []}),
    ] {
        admin.post("/clients", body).await.expect(201);
    }
    expect_problem(admin.post("/clients", json!("new")).await, 400, "malformed_request");
}
