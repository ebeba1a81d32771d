//! How is a list of the server's read? Page by page, as far as it is wanted, and never in a circle.

use std::collections::HashSet;

use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::failure::{Code, Failure};

/// The server gives no more at once.
const PAGE: usize = 200;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is on it.
    pub items: Vec<Value>,
    /// Whether the list goes on.
    pub more: bool,
}

/// So many items of a list at most, the newest first, up to the first that is not wanted. The path may have a query already; who asks
/// gives the JSON that the server answers to it.
///
/// # Errors
/// Those of asking, or an answer that is no list or has no end.
pub async fn pages<F: Future<Output = Result<Value, Failure>>>(
    ask: impl Fn(String) -> F,
    path: &str,
    most: Option<usize>,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Part, Failure> {
    let no_list = || Failure::new(Code::Other, format!("the server answers no list at {path}"));
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    let mut met = HashSet::new();
    loop {
        let left = most.map(|most| most.saturating_sub(items.len()));
        let mut page = ask(at(path, left.map_or(PAGE, |left| left.min(PAGE)), cursor.as_deref())).await?;
        let Some(Value::Array(mut found)) = page.get_mut("items").map(Value::take) else { return Err(no_list()) };
        // A server may give more than it was asked for.
        let cut = left.is_some_and(|left| found.len() > left);
        found.truncate(left.unwrap_or(usize::MAX));
        for item in found {
            if !wanted(&item) {
                return Ok(Part { items, more: false });
            }
            items.push(item);
        }
        let next = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if next.is_none() || most.is_some_and(|most| items.len() >= most) {
            return Ok(Part { items, more: cut || next.is_some() });
        }
        // A list that goes round would have no end.
        if !met.insert(next.clone()) {
            return Err(no_list());
        }
        cursor = next;
    }
}

/// Where a page is.
fn at(path: &str, limit: usize, cursor: Option<&str>) -> String {
    let (path, filters) = path.split_once('?').unwrap_or((path, ""));
    let mut query = Serializer::new(filters.to_owned());
    query.append_pair("limit", &limit.to_string());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    format!("{path}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    /// What is asked, and a list of three pages as the answers.
    async fn read(most: Option<usize>, cursors: &[Option<&str>]) -> (Result<Part, Failure>, Vec<String>) {
        let asked = Mutex::new(Vec::new());
        let ask = |path: String| {
            let mut asked = asked.lock().unwrap();
            asked.push(path);
            let next = cursors[asked.len() - 1];
            ready(Ok(json!({ "items": [asked.len(), "x"], "next_cursor": next })))
        };
        let read = pages(ask, "/list?q=a%26b", most, |_| true).await;
        (read, asked.into_inner().unwrap())
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_end_or_as_far_as_it_is_wanted() {
        let (all, asked) = read(None, &[Some("a/b"), None]).await;
        assert_eq!(all.unwrap(), Part { items: vec![json!(1), json!("x"), json!(2), json!("x")], more: false });
        assert_eq!(asked, ["/list?q=a%26b&limit=200", "/list?q=a%26b&limit=200&cursor=a%2Fb"]);
        let (three, asked) = read(Some(3), &[Some("a"), None]).await;
        assert_eq!(three.unwrap(), Part { items: vec![json!(1), json!("x"), json!(2)], more: true });
        assert_eq!(asked, ["/list?q=a%26b&limit=3", "/list?q=a%26b&limit=1&cursor=a"]);
    }

    #[tokio::test]
    async fn a_list_that_goes_round_and_what_is_no_list_are_told() {
        let (round, asked) = read(None, &[Some("a"), Some("b"), Some("a"), None]).await;
        assert_eq!((round.unwrap_err().code, asked.len()), (Code::Other, 3));
        for odd in [json!(null), json!([]), json!({ "items": {} })] {
            assert!(pages(|_| ready(Ok(odd.clone())), "/list", None, |_| true).await.is_err(), "{odd}");
        }
    }

    #[test]
    fn a_list_can_be_read_beside_the_screen() {
        fn is_send(_: impl Send) {}
        is_send(pages(|_| ready(Ok(Value::Null)), "/list", Some(1), |_| true));
    }
}
