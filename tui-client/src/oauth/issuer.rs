//! Which address is a server's? One that nobody can listen in on: https, or this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

use crate::failure::Failure;

/// A server's issuer, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// Reads what somebody typed; a host alone means https.
    ///
    /// # Errors
    /// What is no address, or one over which a password must not travel.
    pub fn parse(typed: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::usage(format!("`{typed}` is no address of a server: {why}"))
                .hint("for example: grant login https://id.example.org")
        };
        let text = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let url = Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::usage("the address of a server has no user and no password in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query or a fragment"));
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
            None => return Err(wrong("it names no host")),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(wrong("http is for this machine alone, use https")),
            _ => return Err(wrong("use https")),
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), url })
    }

    /// As the server writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is on this machine and unencrypted: no proxy has business there.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The name of this machine that it uses, and the addresses which that has here whatever a resolver says; none for others.
    #[must_use]
    pub fn own_addresses(&self) -> Option<(&str, [SocketAddr; 2])> {
        let name = self.url.domain().filter(|_| self.is_loopback())?;
        let port = self.url.port_or_known_default()?;
        Some((name, [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]))
    }

    /// Whether this address is at the same scheme, host and port: there its tokens may go.
    #[must_use]
    pub fn is_at(&self, url: &Url) -> bool {
        let at =
            |url: &Url| (url.scheme().to_owned(), url.host().map(|host| host.to_owned()), url.port_or_known_default());
        at(&self.url) == at(url)
    }

    /// The scheme of its address.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// Its host, with the port when that is not the usual one.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_tokens_go_to_its_own_host_and_port_over_its_own_scheme_alone() {
        let issuer = Issuer::parse("https://id.example/auth").unwrap();
        let at = |url: &str| issuer.is_at(&Url::parse(url).unwrap());
        assert!(at("https://id.example/repository.git") && at("https://ID.example:443/") && at("https://x@id.example"));
        assert!(!at("http://id.example/") && !at("https://id.example:444/") && !at("https://git.id.example/"));
    }

    #[test]
    fn a_name_of_this_machine_is_looked_up_nowhere() {
        let own = |typed| Issuer::parse(typed).unwrap().own_addresses().map(|(name, at)| (name.to_owned(), at[0]));
        assert_eq!(own("http://id.localhost"), Some(("id.localhost".to_owned(), ([127, 0, 0, 1], 80).into())));
        assert_eq!(own("http://localhost:8080").unwrap().1.port(), 8080);
        assert_eq!(
            [own("https://id.localhost"), own("http://127.0.0.1"), own("https://id.example")],
            [None, None, None]
        );
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        let read = |typed| Issuer::parse(typed).map(|issuer| issuer.as_str().to_owned()).ok();
        assert_eq!(read("id.example").as_deref(), Some("https://id.example"));
        assert_eq!(read("https://ID.example/auth/").as_deref(), Some("https://id.example/auth"));
        assert_eq!(read("http://localhost:8080/").as_deref(), Some("http://localhost:8080"));
        assert_eq!(read("http://[::1]:80").as_deref(), Some("http://[::1]"));
        for no in [
            "",
            "http://id.example",
            "ftp://localhost",
            "https://a:b@c",
            "https://a?b",
            "https://a#b",
            "http://10.0.0.1",
        ] {
            assert_eq!(read(no), None, "{no}");
        }
    }
}
