//! From which address does a guess come? From the peer, or from where a trusted proxy says.

use grantd_tests::server::TestServer;

use super::{behind_proxy, from, wait};

const HERE: &str = "203.0.113.9";
const ELSEWHERE: &str = "203.0.113.10";

#[tokio::test(flavor = "multi_thread")]
async fn another_address_does_not_wait() {
    let server = behind_proxy().await;
    let client = server.client();
    for _ in 0..5 {
        assert_eq!(wait(from(&client, HERE, "ada", "wrong").await), None);
    }
    assert_eq!(wait(from(&client, HERE, "ada", "ada-dev-password").await), Some(1));
    from(&client, ELSEWHERE, "ada", "ada-dev-password").await.expect(200);
    assert_eq!(wait(from(&client, HERE, "ada", "ada-dev-password").await), Some(1), "cleared from elsewhere");
    from(&client, HERE, "bob", "bob-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guesser_writes_before_the_proxy_does_changes_nothing() {
    let server = behind_proxy().await;
    let client = server.client();
    for forged in ["10.0.0.1", "2001:db8::1", "127.0.0.1", "nonsense", ", ,"] {
        let chain = format!("{forged}, {HERE}");
        assert_eq!(wait(from(&client, &chain, "ada", "wrong").await), None, "{chain}");
    }
    for chain in
        [HERE.to_owned(), format!("198.51.100.1, {HERE}"), format!("{ELSEWHERE},{HERE}"), format!("{HERE}, 127.0.0.1")]
    {
        assert_eq!(wait(from(&client, &chain, "ada", "ada-dev-password").await), Some(1), "{chain}");
    }
    from(&client, &format!("{HERE}, {ELSEWHERE}"), "ada", "ada-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_in_two_lines_is_one_list() {
    let server = behind_proxy().await;
    let client = server.client();
    let twice = |first: &str, second: &str| {
        let body = "grant_type=password&client_id=web&username=ada&password=wrong";
        let headers = format!("X-Forwarded-For: {first}\r\nX-Forwarded-For: {second}\r\n");
        grantd_tests::wire::form("/oauth2/token", &headers, body)
    };
    for forged in ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"] {
        let reply = client.raw(twice(forged, HERE)).await;
        assert_eq!((reply.status, reply.header("retry-after")), (400, None));
    }
    assert_eq!(wait(from(&client, HERE, "ada", "ada-dev-password").await), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trusted_proxy_the_header_is_nobodys_word() {
    let server = TestServer::start().await;
    let client = server.client();
    for forged in ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"] {
        assert_eq!(wait(from(&client, forged, "ada", "wrong").await), None);
    }
    assert_eq!(wait(from(&client, "10.0.0.6", "ada", "ada-dev-password").await), Some(1));
    server.clock().advance(1);
    let tokens = from(&client, "10.0.0.6", "ada", "ada-dev-password").await.tokens();
    let list = client.get("/api/v1/me/sessions", &tokens.access).await.expect(200);
    assert_eq!(list["items"][0]["ip"], "127.0.0.1", "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forwarded_address_is_what_the_session_shows() {
    let server = behind_proxy().await;
    let client = server.client();
    for (chain, shown) in [
        (HERE, HERE),
        ("10.1.1.1, 203.0.113.9", HERE),
        ("203.0.113.9, 127.0.0.1", HERE),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", HERE),
    ] {
        let tokens = from(&client, chain, "ada", "ada-dev-password").await.tokens();
        let list = client.get("/api/v1/me/sessions?limit=200", &tokens.access).await.expect(200);
        let items = list["items"].as_array().unwrap_or_else(|| panic!("no items{list}"));
        let current = items.iter().find(|session| session["current"] == true);
        assert_eq!(current.map(|session| &session["ip"]), Some(&shown.into()), "{chain}{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_breaks_nothing() {
    let server = behind_proxy().await;
    let client = server.client();
    for chain in
        ["", ",", "unknown", "999.1.1.1", "203.0.113.9:4711", "[2001:db8::1]:80", "\"_hidden\"", "fe80::1%eth0"]
    {
        let tokens = from(&client, chain, "ada", "ada-dev-password").await.tokens();
        client.get("/api/v1/me/sessions", &tokens.access).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_one_ipv6_network_count_together() {
    let server = behind_proxy().await;
    let client = server.client();
    for ip in
        ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::", "2001:DB8:1:2:0:0:0:3", "2001:db8:1:2:a:b:c:d"]
    {
        assert_eq!(wait(from(&client, ip, "ada", "wrong").await), None, "{ip}");
    }
    assert_eq!(wait(from(&client, "2001:db8:1:2::6", "ada", "ada-dev-password").await), Some(1));
    from(&client, "2001:db8:1:3::6", "ada", "ada-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ipv4_address_written_as_ipv6_is_the_same() {
    let server = behind_proxy().await;
    let client = server.client();
    for _ in 0..5 {
        assert_eq!(wait(from(&client, HERE, "ada", "wrong").await), None);
    }
    assert_eq!(wait(from(&client, "::ffff:203.0.113.9", "ada", "ada-dev-password").await), Some(1));
    from(&client, "::ffff:203.0.113.10", "ada", "ada-dev-password").await.expect(200);
}
