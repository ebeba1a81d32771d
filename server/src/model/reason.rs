//! Why was something ended or refused? One vocabulary for answers, events and the page at `/errors`.

use std::fmt;

macro_rules! reasons {
    ($($variant:ident $name:literal $sentence:literal $way_on:literal)*) => {
        /// A stable reason; its name is part of the public contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $(#[doc = $sentence] $variant,)*
        }

        impl Reason {
            /// Each reason once, endings first.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that answers and events carry.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What happened, in a sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// What to do about it, in a sentence or two.
            #[must_use]
            pub const fn way_on(self) -> &'static str {
                match self { $(Self::$variant => $way_on,)* }
            }
        }
    };
}

reasons! {
    RefreshTokenReused "refresh_token_reused" "A refresh token that had been replaced was used again, so the session was ended." "Somebody else may hold a copy of it. Sign in again; if you did not restore an old backup of the client, look at your sessions and change your password."
    SignedOut "signed_out" "The session was signed out." "Sign in again."
    SessionEnded "session_ended" "The session was ended from another one." "Sign in again."
    SignedOutEverywhere "signed_out_everywhere" "All sessions of the user were signed out at once." "Sign in again."
    PasswordChanged "password_changed" "The password was changed, which ends the other sessions." "Sign in with the new password."
    UserLocked "user_locked" "An administrator has locked the user." "Ask an administrator to unlock it."
    UserDeleted "user_deleted" "The user was deleted." "There is nothing left to sign in to."
    EndedByAdmin "ended_by_admin" "An administrator ended the session." "Sign in again, or ask the administrator."
    ClientDeleted "client_deleted" "The client that held the session was deleted." "Sign in with another client."
    Expired "expired" "The token or its session has reached the end of its life." "Refresh the token; when the session itself is over, sign in again."
    Idle "idle" "The session was not used for so long that it ended." "Sign in again."
    KeyRemoved "key_removed" "The server's secret key that the session was made with has been taken away." "Sign in again."
    UnknownToken "unknown_token" "The token is not one of this server's, or is damaged." "Check that the whole token was sent, to the server that issued it."
    UserNeeded "user_needed" "The token is a service's own, and this needs a user's." "Sign in as a user; a service's token is for other services."
    OtherClient "other_client" "The token was issued to another client." "Use the client that obtained it."
    SignInFailed "sign_in_failed" "The name and the password do not fit together, or there were too many tries." "Check both. When the answer has Retry-After, wait so many seconds."
    ClientAuthenticationFailed "client_authentication_failed" "The request names no client that is known, or the secret is wrong, missing or not expected." "Send client_id, and the secret if the client has one, by one method: HTTP Basic or the body."
    GrantNotAllowed "grant_not_allowed" "The client is not registered for this grant type." "Use another client, or let an operator register the grant for it."
    ScopeNotAllowed "scope_not_allowed" "A scope was asked for that is unknown or not the client's, or that the first sign-in did not cover." "Ask for fewer scopes."
    ResourceNotAllowed "resource_not_allowed" "A resource was asked for that the client may not use, or that the first sign-in did not cover." "Ask for a resource that the client is registered for."
    MissingParameter "missing_parameter" "A parameter that the request needs is missing or empty." "Send it."
    RepeatedParameter "repeated_parameter" "A parameter was sent more than once." "Send it once."
    MalformedRequest "malformed_request" "The request cannot be read." "Check its encoding and its form."
    UnsupportedGrantType "unsupported_grant_type" "This server does not know the grant type." "See grant_types_supported in the server's metadata."
    BodyTooLarge "body_too_large" "The body is larger than 64 KiB." "Send less."
    UnsupportedContentType "unsupported_content_type" "The body is of a type that this endpoint does not take." "Protocol endpoints take application/x-www-form-urlencoded, the API takes application/json."
    NoCredentials "no_credentials" "The request carries no access token, or in the cookie mode no cookie." "Send the token in the header: Authorization: Bearer …; in the cookie mode, sign in."
    InsufficientScope "insufficient_scope" "The access token does not cover this." "Sign in again and ask for the scope that the answer names."
    RoleMissing "role_missing" "The user does not have the role that this needs." "Ask an administrator."
    RecentSignInNeeded "recent_sign_in_needed" "This needs a sign-in of the last ten minutes." "Sign in again and repeat it."
    CrossSiteRequest "cross_site_request" "The request seems to come from another site." "Send it from the server's own pages, with the header X-Grantd: 1."
    SignupClosed "signup_closed" "This server does not let people sign up by themselves." "Ask an administrator for an account."
    NotFound "not_found" "There is nothing here, or nothing of yours." "Check the address."
    MethodNotAllowed "method_not_allowed" "This address does not answer that method." "Use one that the Allow header names."
    UsernameTaken "username_taken" "Another user has this name, or one that cannot be told from it." "Choose another."
    EmailTaken "email_taken" "Another user has this e-mail address." "Sign in with it, or use another."
    ClientIdTaken "client_id_taken" "There is a client of this id already." "Choose another."
    LastAdministrator "last_administrator" "This would leave the server without an administrator." "Give another user the role first."
    TooShort "too_short" "The value is too short." "Make it longer."
    TooLong "too_long" "The value is too long." "Make it shorter."
    TooCommon "too_common" "The password is one of those that are tried first." "Choose another, such as a few words that do not belong together."
    NotAllowedCharacters "not_allowed_characters" "The value holds characters that are not allowed there." "Take them out. A username has letters, digits, dot, hyphen and underscore; nothing has characters that nobody sees."
    NotAnEmail "not_an_email" "The value is not an e-mail address." "Write it as name@example.org."
    UnknownValue "unknown_value" "The value is none of those that are known." "See the API document for those that are."
    ReadOnly "read_only" "The value cannot be set." "Leave it out."
    Overloaded "overloaded" "The server has more to do than it can." "Wait as many seconds as Retry-After says, then try again."
    DatabaseUnavailable "database_unavailable" "The server cannot reach its database." "Try again in a moment."
    WaitAndRetry "wait_and_retry" "The refresh token is being renewed by somebody else just now." "Wait as many seconds as Retry-After says, then send the same token again."
    InternalError "internal_error" "Something went wrong in the server." "Tell its operator the X-Request-Id of the answer; the log has the cause under it."
}

impl Reason {
    /// The reason of this name, as events and families store it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
