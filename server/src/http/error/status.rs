//! Which status has each no? Nowhere else is one chosen.

use poem::http::StatusCode;

use super::{Challenge, Fault, Refused};
use crate::flows::{
    ClientFault, ClientRefusal, Code, Denied, Failure, KeyError, ListRefusal, RECENT, Refusal, RotationRefusal,
    SessionRefusal, UserRefusal,
};
use crate::model::reason::Reason;
use crate::store::StoreError;

impl Refused {
    const fn new(status: StatusCode, word: &'static str, reason: Reason) -> Self {
        Self {
            status,
            word,
            reason,
            fields: Vec::new(),
            retry_after: None,
            challenge: None,
            allow: None,
            clears_cookie: false,
            cause: None,
        }
    }

    /// A request that cannot be read, or says something that it must not.
    pub(in crate::http) const fn request(reason: Reason) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", reason)
    }

    pub(in crate::http) const fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", Reason::BodyTooLarge)
    }

    pub(in crate::http) const fn unsupported_content_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", Reason::UnsupportedContentType)
    }

    /// `allow` names the methods that would have been answered.
    pub(in crate::http) fn method_not_allowed(allow: Option<&str>) -> Self {
        let refused = Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", Reason::MethodNotAllowed);
        Self { allow: allow.map(str::to_owned), ..refused }
    }

    /// The server has more to do than it can, or is about to end.
    pub(in crate::http) fn overloaded() -> Self {
        let refused = Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", Reason::Overloaded);
        Self { retry_after: Some(1), ..refused }
    }

    /// Values that break a rule.
    pub(in crate::http) fn fields(fields: Vec<Fault>) -> Self {
        let reason = fields.first().map_or(Reason::MalformedRequest, |fault| fault.reason);
        Self { fields, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", reason) }
    }

    /// A value that somebody else has.
    fn taken(field: &'static str, reason: Reason) -> Self {
        let refused = Self::new(StatusCode::CONFLICT, "invalid_request", reason);
        Self { fields: vec![Fault::new(field, reason)], ..refused }
    }

    pub(in crate::http) const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "invalid_request", Reason::NotFound)
    }

    pub(in crate::http) fn internal(cause: String) -> Self {
        let refused = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", Reason::InternalError);
        Self { cause: Some(cause), ..refused }
    }

    /// No page of ours has sent it.
    pub(in crate::http) const fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "access_denied", Reason::CrossSiteRequest)
    }

    /// Nobody is signed in. There is no challenge: a browser has no words of its own for a cookie.
    pub(in crate::http) const fn no_cookie() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", Reason::NoCredentials)
    }

    /// A protocol endpoint's no, said to a page: 401 is for what the person can mend by signing in, 403 for what only an operator can.
    pub(in crate::http) fn in_browser(failure: Failure) -> Self {
        let status = match &failure {
            Failure::Refused(Refusal { code: Code::InvalidGrant, .. }) => Some(StatusCode::UNAUTHORIZED),
            Failure::Refused(Refusal { code: Code::TemporarilyUnavailable, .. }) | Failure::Store(_) => None,
            Failure::Refused(_) => Some(StatusCode::FORBIDDEN),
        };
        let refused = Self::from(failure);
        Self { status: status.unwrap_or(refused.status), ..refused }
    }

    /// The same for a cookie: one that will never be good again is taken away, and nothing else is.
    pub(in crate::http) fn of_cookie(failure: Failure) -> Self {
        let clears_cookie = matches!(failure, Failure::Refused(Refusal { code: Code::InvalidGrant, .. }));
        Self { clears_cookie, ..Self::in_browser(failure) }
    }

    /// For a client that used the Authorization header, or should have (RFC 6749 §5.2).
    pub(in crate::http) fn unauthorized(self) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, challenge: Some(Challenge::Basic), ..self }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Unavailable(_) => Self {
                cause: Some(cause),
                retry_after: Some(1),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", Reason::DatabaseUnavailable)
            },
            StoreError::Broken(_) => Self::internal(cause),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        let refusal = match failure {
            Failure::Store(error) => return error.into(),
            Failure::Refused(refusal) => refusal,
        };
        let (status, word) = match refusal.code {
            Code::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request"),
            Code::InvalidClient => (StatusCode::BAD_REQUEST, "invalid_client"),
            Code::InvalidGrant => (StatusCode::BAD_REQUEST, "invalid_grant"),
            Code::UnauthorizedClient => (StatusCode::BAD_REQUEST, "unauthorized_client"),
            Code::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            Code::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
            Code::InvalidTarget => (StatusCode::BAD_REQUEST, "invalid_target"),
            Code::TemporarilyUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        };
        Self { retry_after: refusal.retry_after, ..Self::new(status, word, refusal.reason) }
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        let (status, word, reason, error, scope) = match denied {
            Denied::Store(error) => return error.into(),
            Denied::NoCredentials => (StatusCode::UNAUTHORIZED, "invalid_token", Reason::NoCredentials, None, None),
            Denied::InvalidToken(reason) => {
                (StatusCode::UNAUTHORIZED, "invalid_token", reason, Some("invalid_token"), None)
            }
            Denied::InsufficientScope(scope) => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                Reason::InsufficientScope,
                Some("insufficient_scope"),
                Some(scope),
            ),
            Denied::RoleMissing => return Self::new(StatusCode::FORBIDDEN, "access_denied", Reason::RoleMissing),
            Denied::RecentSignInNeeded => {
                let refused = Self::new(StatusCode::UNAUTHORIZED, "invalid_token", Reason::RecentSignInNeeded);
                return Self { challenge: Some(Challenge::Recent(RECENT)), ..refused };
            }
        };
        Self { challenge: Some(Challenge::Bearer { error, scope }), ..Self::new(status, word, reason) }
    }
}

impl From<SessionRefusal> for Refused {
    fn from(refusal: SessionRefusal) -> Self {
        match refusal {
            SessionRefusal::NotFound => Self::not_found(),
            SessionRefusal::Denied(denied) => denied.into(),
            SessionRefusal::Store(error) => error.into(),
        }
    }
}

impl From<ListRefusal> for Refused {
    fn from(refusal: ListRefusal) -> Self {
        match refusal {
            ListRefusal::UnknownCursor => Self::request(Reason::UnknownValue),
            ListRefusal::Store(error) => error.into(),
        }
    }
}

impl From<ClientRefusal> for Refused {
    fn from(refusal: ClientRefusal) -> Self {
        match refusal {
            ClientRefusal::Invalid(faults) => {
                let told = |fault: ClientFault| Fault { why: Some(fault.why), ..Fault::new(fault.field, fault.reason) };
                Self::fields(faults.into_iter().map(told).collect())
            }
            ClientRefusal::Taken(_) => Self::taken("id", Reason::ClientIdTaken),
            ClientRefusal::NotFound => Self::not_found(),
            ClientRefusal::NoSecret => Self::fields(vec![Fault::new("type", Reason::UnknownValue)]),
            ClientRefusal::Denied(denied) => denied.into(),
            ClientRefusal::Store(error) => error.into(),
        }
    }
}

impl From<RotationRefusal> for Refused {
    fn from(refusal: RotationRefusal) -> Self {
        match refusal {
            RotationRefusal::Denied(denied) => denied.into(),
            RotationRefusal::Overtaken => Self::overloaded(),
            RotationRefusal::Key(KeyError::Store(error)) => error.into(),
            RotationRefusal::Key(error) => Self::internal(error.to_string()),
        }
    }
}

impl From<UserRefusal> for Refused {
    fn from(refusal: UserRefusal) -> Self {
        match refusal {
            UserRefusal::SignupClosed => Self::new(StatusCode::FORBIDDEN, "access_denied", Reason::SignupClosed),
            UserRefusal::Invalid(faults) | UserRefusal::InvalidHash(faults, _) => {
                Self::fields(faults.into_iter().map(|(field, reason)| Fault::new(field, reason)).collect())
            }
            UserRefusal::Taken(field, reason) => Self::taken(field, reason),
            UserRefusal::NotFound => Self::not_found(),
            UserRefusal::LastAdministrator => {
                Self::new(StatusCode::CONFLICT, "invalid_request", Reason::LastAdministrator)
            }
            UserRefusal::WrongPassword(retry_after) => {
                let wrong = Fault::new("current_password", Reason::SignInFailed);
                Self { retry_after, ..Self::fields(vec![wrong]) }
            }
            UserRefusal::Denied(denied) => denied.into(),
            UserRefusal::Overloaded => Self::overloaded(),
            UserRefusal::Store(error) => error.into(),
        }
    }
}
