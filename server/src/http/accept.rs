//! Which form of an answer does the caller prefer? (RFC 9110 §12.5.1)

use poem::Request;
use poem::http::header;

/// How much the caller likes `wanted` (0 to 1000), by the most specific range that covers it, and how specific that is; `None` if none does.
fn quality(accept: &str, wanted: &str) -> Option<(u16, u8)> {
    let family = wanted.split('/').next().unwrap_or_default();
    let mut best: Option<(u8, u16)> = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let rank = if name == wanted {
            2
        } else if name.strip_suffix("/*").is_some_and(|prefix| prefix == family) {
            1
        } else if name == "*/*" {
            0
        } else {
            continue;
        };
        let q = parts.filter_map(|part| part.strip_prefix("q=")).find_map(thousandths).unwrap_or(1000);
        if best.is_none_or(|(known, _)| rank > known) {
            best = Some((rank, q));
        }
    }
    best.map(|(rank, q)| (q, rank))
}

/// `0.8` as 800.
fn thousandths(q: &str) -> Option<u16> {
    let (whole, rest) = q.split_once('.').unwrap_or((q, ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let padded = format!("{rest:0<3}");
    Some((whole * 1000 + padded.get(..3)?.parse::<u16>().ok()?).min(1000))
}

fn compare(request: &Request, one: &str, other: &str) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    quality(accept, one).unwrap_or_default() > quality(accept, other).unwrap_or_default()
}

/// JSON rather than a page.
pub(super) fn wants_json(request: &Request) -> bool {
    compare(request, "application/json", "text/html")
}

/// A page rather than JSON: what browsers say.
pub(super) fn wants_page(request: &Request) -> bool {
    compare(request, "text/html", "application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_range_counts() {
        assert_eq!(quality("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "text/html"), Some((700, 2)));
        assert_eq!(quality("text/*;q=0.3, */*;q=0.5", "text/html"), Some((300, 1)));
        assert_eq!(quality("*/*", "application/json"), Some((1000, 0)));
        assert_eq!(quality("image/png", "application/json"), None);
        assert_eq!(quality("", "application/json"), None);
        assert!(quality("text/html, */*", "text/html") > quality("text/html, */*", "application/json"));
    }
}
