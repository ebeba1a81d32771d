//! What does an access token say of itself? It is read here, never believed: only the server's word counts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The header of a JWT and its claims.
#[must_use]
pub fn decode(token: &str) -> Option<(Value, Value)> {
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some((part(header)?, part(claims)?))
}

/// One of the first two parts: an object.
#[must_use]
pub fn part(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    value.is_object().then_some(value)
}

/// Whether it can be a token at all: printed as it is and sent in a header, no character of it is more than a letter there (RFC 6750 §2.1).
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// A claim that is text.
#[must_use]
pub fn text_claim(token: &str, name: &str) -> Option<String> {
    decode(token)?.1.get(name)?.as_str().map(str::to_owned)
}

/// For how many seconds it was issued: by one clock, the server's.
#[must_use]
pub fn life(token: &str) -> Option<i64> {
    let (_, claims) = decode(token)?;
    let seconds = |name| claims.get(name).and_then(Value::as_i64);
    seconds("exp")?.checked_sub(seconds("iat")?).filter(|life| *life > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_jwt_says_nothing() {
        let token = format!(
            "{}.{}.sig",
            URL_SAFE_NO_PAD.encode("{}"),
            URL_SAFE_NO_PAD.encode(r#"{"iat":5,"exp":9,"sid":"ses_1"}"#)
        );
        assert_eq!(life(&token), Some(4));
        assert_eq!(text_claim(&token, "sid").as_deref(), Some("ses_1"));
        for nonsense in ["", "a.b", "a.b.c", "e30.e30.s.t", "W10.W10.s"] {
            assert!(decode(nonsense).is_none(), "{nonsense}");
        }
    }
}
