//! How are times written in answers? RFC 3339, in UTC, to the second.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::model::timestamp::Timestamp;

/// `2026-01-31T12:00:00Z`.
#[must_use]
pub fn write(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(at.0).ok().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
