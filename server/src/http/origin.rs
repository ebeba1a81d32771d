//! Where does a request come from? From the peer, or, if that is a trusted proxy, from where it says.

use std::net::IpAddr;

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

/// The last address that no trusted proxy of ours has: what stands before it anybody may have written.
fn client_address(request: &Request, peer: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if !is_trusted(&peer) {
        return peer;
    }
    let forwarded: Vec<IpAddr> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map_while(|address| address.trim().parse().ok())
        .map(|address: IpAddr| address.to_canonical())
        .collect();
    forwarded.iter().rev().find(|ip| !is_trusted(ip)).or(forwarded.first()).copied().unwrap_or(peer)
}
