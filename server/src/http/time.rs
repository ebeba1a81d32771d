//! How are times written in answers? RFC 3339, in UTC, to the second.

pub use ::time::OffsetDateTime as DateTime;
use ::time::format_description::well_known::Rfc3339;

use crate::model::timestamp::Timestamp;

/// For an answer, whose type says how it is written.
pub(super) fn at(at: Timestamp) -> DateTime {
    DateTime::from_unix_timestamp(at.0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// `2026-01-31T12:00:00Z`.
#[must_use]
pub fn write(at: Timestamp) -> String {
    self::at(at).format(&Rfc3339).unwrap_or_default()
}
