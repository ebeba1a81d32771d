//! Why has a session ended? The server's reasons, as people are told them.

/// What happened, in a sentence; for a reason that is newer than this program, none.
#[must_use]
pub fn sentence(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "refresh_token_reused" => "A copy of this session's refresh token was used, so the session was ended.",
        "signed_out" => "The session was signed out.",
        "session_ended" => "The session was ended from another one.",
        "signed_out_everywhere" => "All sessions were signed out at once.",
        "password_changed" => "The password was changed, which ends the other sessions.",
        "user_locked" => "An administrator has locked the user.",
        "user_deleted" => "The user was deleted.",
        "ended_by_admin" => "An administrator ended the session.",
        "client_deleted" => "The server no longer knows this program.",
        "expired" => "The session has reached the end of its life.",
        "idle" => "The session was not used for so long that it ended.",
        "key_removed" => "The server's key that the session was made with has been taken away.",
        "unknown_token" => "The server does not know the token: it is damaged, or another server's.",
        _ => return None,
    })
}

/// Whether a server that gives this reason for a no to an access token says that the session is over. `expired` and `unknown_token` may
/// be about that token alone, and another be had for the asking; of a word that is newer than this program nothing is known.
#[must_use]
pub fn ends_session(reason: &str) -> bool {
    sentence(reason).is_some() && !matches!(reason, "expired" | "unknown_token")
}

/// The sentence, or for an unknown reason its name.
#[must_use]
pub fn told(reason: &str) -> String {
    sentence(reason).map_or_else(|| format!("The session has ended ({reason})."), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_about_a_token_alone_and_what_nobody_knows_end_no_session() {
        assert!(["signed_out", "refresh_token_reused", "idle"].into_iter().all(ends_session));
        assert!(!["expired", "unknown_token", "insufficient_scope", "", "of_tomorrow"].into_iter().any(ends_session));
    }
}
