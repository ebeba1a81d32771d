//! What time is it, and how is a moment written?

use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

/// Now, in Unix milliseconds: a token's last second is worth telling apart.
#[must_use]
pub fn now_millis() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// Now, in whole Unix seconds.
#[must_use]
pub fn now() -> i64 {
    now_millis() / 1000
}

/// `2026-01-31T12:00:00Z`.
#[must_use]
pub fn rfc3339(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&Rfc3339).ok()
}

/// The Unix seconds of an HTTP date.
#[must_use]
pub fn http_date(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

/// The Unix seconds of `2026-01-31T12:00:00Z`.
#[must_use]
pub fn moment(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// How long that is, on a clock face: `3:12`, `1:02:03`.
#[must_use]
pub fn face(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// How long that is, roughly: `41 s`, `4 min`, `2 h`, `9 d`.
#[must_use]
pub fn rough(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How far a moment is, roughly: `4 min ago`, `in 29 d`. What is no moment is left as it is.
#[must_use]
pub fn told(text: &str) -> String {
    match moment(text).map(|at| at.saturating_sub(now())) {
        None => text.to_owned(),
        Some(-9..=0) => "now".to_owned(),
        Some(ahead @ 1..) => format!("in {}", rough(ahead)),
        Some(behind) => format!("{} ago", rough(behind.saturating_neg())),
    }
}

/// How long that is, as people say it: `14m 05s`.
#[must_use]
pub fn span(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_from_a_header_and_written_for_a_person() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(rfc3339(784_111_777).unwrap(), "1994-11-06T08:49:37Z");
        assert_eq!(http_date("yesterday"), None);
        assert!(told("1994-11-06T08:49:37Z").ends_with(" d ago") && told("9994-11-06T08:49:37Z").starts_with("in "));
        assert_eq!(told("yesterday"), "yesterday");
        assert_eq!(moment("1994-11-06T08:49:37Z"), Some(784_111_777));
        assert_eq!([5, 192, 3723].map(face), ["0:05", "3:12", "1:02:03"]);
        assert_eq!([59, 240, 7200, 777_600].map(rough), ["59 s", "4 min", "2 h", "9 d"]);
        assert_eq!((span(7), span(845), span(7380)), ("7s".to_owned(), "14m 05s".to_owned(), "2h 03m".to_owned()));
    }
}
