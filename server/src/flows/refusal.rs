//! How does a protocol endpoint say no? In the specifications' words, with our reason.

use crate::model::reason::Reason;
use crate::store::StoreError;

/// The error codes of RFC 6749 §5.2, RFC 8707 §2 and, for what is over soon, RFC 6749 §4.1.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specifications define them")]
pub enum Code {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    InvalidTarget,
    TemporarilyUnavailable,
}

/// A no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The specification's word.
    pub code: Code,
    /// Ours.
    pub reason: Reason,
    /// After how many seconds it is worth another try.
    pub retry_after: Option<i64>,
}

/// Why a protocol endpoint did not do as asked.
#[derive(Debug)]
pub enum Failure {
    /// The request is refused.
    Refused(Refusal),
    /// The database failed.
    Store(StoreError),
}

impl Refusal {
    pub(crate) const fn new(code: Code, reason: Reason) -> Self {
        Self { code, reason, retry_after: None }
    }

    pub(crate) const fn retry_after(self, seconds: i64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub(crate) const fn invalid_grant(reason: Reason) -> Self {
        Self::new(Code::InvalidGrant, reason)
    }

    /// The hashing queue is full, or a guard was lost too often.
    pub(crate) const fn overloaded() -> Self {
        Self::new(Code::TemporarilyUnavailable, Reason::Overloaded).retry_after(1)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
