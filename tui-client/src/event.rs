//! What has happened? The types of the server's events and of this machine's renewals, as people are told them.

/// What is said of a type in nineteen columns at most, and of its outcome in a word. The last three are of this machine.
const TYPES: [(&str, &str, &str); 22] = [
    ("user_created", "user made", "ok"),
    ("signed_in", "signed in", "ok"),
    ("sign_in_failed", "sign-in refused", "refused"),
    ("signed_out", "signed out", "ok"),
    ("session_ended", "session ended", "ended"),
    ("password_changed", "password changed", "ok"),
    (REUSED, "refresh token reuse", "REUSE"),
    ("refresh_retried", "renewal repeated", "ok"),
    ("database_behind", "database behind", "warning"),
    ("user_locked", "user locked out", "ok"),
    ("user_unlocked", "user let in again", "ok"),
    ("user_changed", "user changed", "ok"),
    ("roles_changed", "roles changed", "ok"),
    ("user_deleted", "user deleted", "ok"),
    ("client_created", "client made", "ok"),
    ("client_changed", "client changed", "ok"),
    ("client_secret_rotated", "new client secret", "ok"),
    ("client_deleted", "client deleted", "ok"),
    ("key_rotated", "keys rotated", "ok"),
    ("token_renewed", "token renewed", "ok"),
    ("renewal_failed", "token not renewed", "failed"),
    ("renewal_refused", "session found ended", "ended"),
];

/// A copy of a refresh token was used: the one type that nobody may miss.
pub const REUSED: &str = "refresh_token_reused";

/// What happened, in a few words; of a type that is newer than this program, its name.
#[must_use]
pub fn told(kind: &str) -> &str {
    known(kind).map_or(kind, |(_, told, _)| told)
}

/// What came of it, in a word.
#[must_use]
pub fn outcome(kind: &str) -> &'static str {
    known(kind).map_or("", |(.., outcome)| outcome)
}

fn known(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    TYPES.into_iter().find(|(name, ..)| *name == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_told_once_and_a_newer_one_by_its_name() {
        for (name, told_as, word) in TYPES {
            assert_eq!(TYPES.iter().filter(|(other, told, _)| *other == name || *told == told_as).count(), 1, "{name}");
            assert_eq!((told(name), outcome(name)), (told_as, word));
            assert!(told_as.len() <= 19, "{told_as}");
        }
        assert_eq!((told("moon_landed"), outcome("moon_landed")), ("moon_landed", ""));
        assert_eq!(outcome(REUSED), "REUSE");
    }
}
