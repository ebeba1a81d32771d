//! Is a token what it says it is? Its signature is checked here, with the public keys of the account's own server; the token goes nowhere.

use std::path::PathBuf;
use std::str::FromStr;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Check;
use crate::claims::away;
use crate::clock;
use crate::failure::{Code, Failure, plain};
use crate::files;
use crate::jwt;
use crate::oauth::Server;
use crate::settings::Folders;

/// For so many seconds keys are good without a look at the server: what it says of them itself.
const FRESH: i64 = 300;
/// A key that nobody knows is asked for again no sooner.
const SPARING: i64 = 60;
/// A clock may be ahead of another by so many seconds.
const LEEWAY: i64 = 60;
/// What Grantd signs with. A secret key as a public one, or none at all, is how tokens are forged.
const ALGORITHMS: [&str; 3] = ["ES256", "EdDSA", "RS256"];

/// The public keys of a server, and when it gave them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Keys {
    fetched_at: i64,
    jwks: JwkSet,
}

impl Keys {
    fn path(folders: &Folders, server: &Server) -> PathBuf {
        folders.cache.join("jwks").join(files::name_of(server.issuer().as_str())).with_extension("json")
    }

    /// What was kept of them; what is damaged is had again.
    fn cached(folders: &Folders, server: &Server) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::path(folders, server)).ok()?).ok()
    }

    async fn fetch(folders: &Folders, server: &Server) -> Result<Self, Failure> {
        let answer = server.keys().await?;
        let Some(all) = answer.get("keys").and_then(Value::as_array) else {
            return Err(Failure::new(Code::Other, format!("{} does not show its keys", server.issuer().as_str())));
        };
        // One of a kind that is newer than this program makes the others no worse.
        let keys = all.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
        let keys = Self { fetched_at: clock::now(), jwks: JwkSet { keys } };
        // That they cannot be kept keeps nobody from using them.
        let _ = serde_json::to_vec(&keys).map(|text| files::replace(&Self::path(folders, server), &text));
        Ok(keys)
    }

    /// Those with this key in them, from the cache while that will do; with what is to be said of them.
    async fn with(folders: &Folders, server: &Server, kid: &str) -> Result<(Self, String), Failure> {
        let Some(cached) = Self::cached(folders, server) else {
            return Ok((Self::fetch(folders, server).await?, String::new()));
        };
        // A clock that was put back makes nothing younger.
        let age = clock::now().saturating_sub(cached.fetched_at).saturating_abs();
        let enough = if cached.jwks.find(kid).is_some() { FRESH } else { SPARING };
        if age < enough {
            return Ok((cached, String::new()));
        }
        match Self::fetch(folders, server).await {
            Ok(keys) => Ok((keys, String::new())),
            Err(failure) if failure.code == Code::Away => {
                let told = format!("; keys as of {} ago, the server is away", clock::span(age));
                Ok((cached, told))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Looks at a token from every side: `typ issuer signature audience lives`. The server is that of the account, and no other is asked.
///
/// # Errors
/// What is no JWT (1), or a server whose keys are needed and cannot be had (3).
pub async fn checks(folders: &Folders, server: &Server, token: &str) -> Result<Vec<Check>, Failure> {
    let (header, claims) = jwt::decode(token).ok_or_else(|| Failure::new(Code::Other, "this is no JWT"))?;
    let issuer = issuer(&claims, server);
    let signature = if issuer.ok {
        signature(folders, server, token, &header).await?
    } else {
        Check::bad("signature", "not looked at: only the keys of the account's own server are asked for")
    };
    Ok(vec![typ(&header), issuer, signature, audience(&claims), lives(&claims, clock::now())])
}

fn text<'a>(part: &'a Value, name: &str) -> &'a str {
    part.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn typ(header: &Value) -> Check {
    let typ = plain(text(header, "typ"));
    let ok = matches!(typ.to_ascii_lowercase().as_str(), "at+jwt" | "application/at+jwt");
    if header.get("crit").is_some() {
        return Check::bad("typ", "it has members that have to be understood (crit), and are not");
    }
    Check::whether("typ", ok, if ok { typ } else { format!("`{typ}`, where an access token has at+jwt") })
}

fn issuer(claims: &Value, server: &Server) -> Check {
    let (named, own) = (plain(text(claims, "iss")), server.issuer().as_str());
    let ok = text(claims, "iss") == own;
    Check::whether("issuer", ok, if ok { named } else { format!("`{named}`, where the account's is {own}") })
}

async fn signature(folders: &Folders, server: &Server, token: &str, header: &Value) -> Result<Check, Failure> {
    let (alg, kid) = (text(header, "alg"), text(header, "kid"));
    if !ALGORITHMS.contains(&alg) {
        return Ok(Check::bad("signature", format!("`{}` is none that Grantd signs with", plain(alg))));
    }
    let (keys, told) = Keys::with(folders, server, kid).await?;
    let Some(key) = keys.jwks.find(kid) else {
        let kid = plain(kid);
        return Ok(Check::bad(
            "signature",
            format!("the server has no key `{kid}`: it was taken back, or never was{told}"),
        ));
    };
    let good = is_signed(token, alg, key).unwrap_or(false);
    let detail =
        if good { format!("{alg}, key {}{told}", plain(kid)) } else { format!("it does not fit the token{told}") };
    Ok(Check::whether("signature", good, detail))
}

fn is_signed(token: &str, alg: &str, key: &Jwk) -> Option<bool> {
    let algorithm = Algorithm::from_str(alg).ok()?;
    // A key says itself what it is for.
    if key.common.key_algorithm.is_some_and(|own| own.to_string() != alg) {
        return Some(false);
    }
    let (message, signature) = token.rsplit_once('.')?;
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), &DecodingKey::from_jwk(key).ok()?, algorithm).ok()
}

/// It is not ours to say who may take it; that somebody is named is.
fn audience(claims: &Value) -> Check {
    let named = match claims.get("aud") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(more)) => more.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    };
    let ok = !named.is_empty();
    Check::whether("audience", ok, if ok { plain(&named) } else { "it names nobody who may take it".to_owned() })
}

fn lives(claims: &Value, now: i64) -> Check {
    let moment = |name: &str| claims.get(name).and_then(Value::as_i64);
    let Some(exp) = moment("exp") else { return Check::bad("lives", "it says no end") };
    if let Some(begin) = moment("nbf").max(moment("iat")).filter(|begin| *begin > now.saturating_add(LEEWAY)) {
        return Check::bad("lives", format!("it begins {}: look at both clocks", away(begin, now)));
    }
    let ended = if exp > now { "ends" } else { "ended" };
    Check::whether("lives", exp > now, format!("{ended} {}", away(exp, now)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_lives_from_its_begin_to_its_end_and_the_clocks_may_differ_by_a_minute() {
        let ok = |claims: Value| lives(&claims, 1000).ok;
        assert!(ok(json!({ "exp": 1001, "iat": 900 })) && ok(json!({ "exp": 2000, "iat": 1050, "nbf": 1050 })));
        assert!(!ok(json!({ "exp": 1000 })) && !ok(json!({ "exp": 2000, "nbf": 1100 })) && !ok(json!({})));
        assert!(!ok(json!({ "exp": i64::MIN })) && ok(json!({ "exp": i64::MAX })));
    }

    #[test]
    fn only_an_access_token_is_one_and_what_must_be_understood_is_not() {
        let ok = |header: Value| typ(&header).ok;
        assert!(ok(json!({ "typ": "at+jwt" })) && ok(json!({ "typ": "application/AT+jwt" })));
        assert!(!ok(json!({ "typ": "JWT" })) && !ok(json!({})) && !ok(json!({ "typ": "at+jwt", "crit": ["b64"] })));
        assert!(audience(&json!({ "aud": ["a", "b"] })).detail == "a b" && !audience(&json!({ "aud": [] })).ok);
    }
}
