//! What may a token be used for? A set of scope names (RFC 6749 §3.3).

use std::fmt;

/// The scopes that Grantd itself asks for; an operator may give clients any others.
pub const OPENID: &str = "openid";
/// Reads `/api/v1/me`.
pub const PROFILE: &str = "profile";
/// E-mail at userinfo.
pub const EMAIL: &str = "email";
/// Changes or deletes oneself.
pub const ACCOUNT: &str = "account";
/// Sessions and activity.
pub const SESSIONS: &str = "sessions";
/// Administration, together with the role.
pub const ADMIN: &str = "admin";
/// Refresh without the user; no effect in the password grant.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Every scope that Grantd knows by itself, in the order in which it is shown.
pub const KNOWN: [&str; 7] = [OPENID, PROFILE, EMAIL, ACCOUNT, SESSIONS, ADMIN, OFFLINE_ACCESS];

/// A set of scopes, in the order in which they were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a space-delimited list; a scope named twice counts once. `None` if a character stands in it that no scope may have (RFC 6749 §3.3).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split(' ').filter(|name| !name.is_empty()).try_fold(Self::default(), |mut scopes, name| {
            let allowed = name.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
            if allowed && !scopes.contains(name) {
                scopes.0.push(name.to_owned());
            }
            allowed.then_some(scopes)
        })
    }

    /// The set of these names, which the program itself states.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }

    /// Whether `name` is among them.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope == name)
    }

    /// Whether all of `self` are among `others`.
    #[must_use]
    pub fn within(&self, others: &Self) -> bool {
        self.0.iter().all(|scope| others.contains(scope))
    }

    /// Those that are among `others` too.
    #[must_use]
    pub fn common(&self, others: &Self) -> Self {
        Self(self.0.iter().filter(|scope| others.contains(scope)).cloned().collect())
    }

    /// Those without `names`.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|scope| !names.contains(&scope.as_str())).cloned().collect())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_named_twice_counts_once() {
        assert_eq!(Scopes::parse("a b  a").map(|scopes| scopes.to_string()), Some("a b".to_owned()));
    }

    #[test]
    fn a_scope_holds_visible_ascii_only() {
        for text in ["a\"b", "a\\b", "ü", "a\tb", "a\0"] {
            assert_eq!(Scopes::parse(text), None, "{text:?}");
        }
    }
}
