//! Where does a request come from? From the peer, or, if that is a trusted proxy, from where it says.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use poem::Request;
use poem::http::header;

use crate::flows::Origin;

/// The most characters that are kept of what a client calls itself.
const USER_AGENT_LIMIT: usize = 256;

/// The client's address and what it calls itself.
pub(super) fn read(request: &Request, trusted: &[IpNet]) -> Origin {
    let peer = request
        .remote_addr()
        .as_socket_addr()
        .map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip().to_canonical());
    let user_agent = request.headers().get(header::USER_AGENT).map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        text.chars().filter(|c| !c.is_control()).take(USER_AGENT_LIMIT).collect()
    });
    Origin { ip: client_address(request, peer, trusted), user_agent }
}

/// The last address that no trusted proxy of ours has, read from the right: what stands before it anybody may have written.
fn client_address(request: &Request, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let forwarded = request.headers().get_all("x-forwarded-for");
    let parts: Vec<&str> =
        forwarded.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    let mut nearest = peer;
    for part in parts.iter().rev() {
        if !is_trusted(&nearest) {
            break;
        }
        // What a trusted proxy wrote and we cannot read tells nothing of what stands before it.
        let Some(address) = address(part.trim()) else { break };
        nearest = address;
    }
    nearest
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        client_address(&request.finish(), "10.0.0.1".parse().unwrap(), &trusted).to_string()
    }

    #[test]
    fn the_last_address_that_is_not_ours_counts() {
        assert_eq!(seen(&["9.9.9.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen(&["9.9.9.9, junk, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen(&["198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(seen(&["9.9.9.9", "198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(seen(&["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(seen(&["9.9.9.9, junk"]), "10.0.0.1");
        assert_eq!(seen(&[]), "10.0.0.1");
    }
}
