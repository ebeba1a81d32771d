//! Which URLs may name this server, and what do they consist of?

use url::{Host, Url};

/// The URL that names this server, kept byte for byte as it was written: clients compare it as a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    written: String,
    origin: String,
    path: String,
    loopback: bool,
}

impl Issuer {
    /// Reads an issuer: https, or http on loopback; without query, fragment, user info and trailing slash.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(written: &str) -> Result<Self, String> {
        let url = Url::parse(written).map_err(|error| format!("{written:?} is not a URL: {error}"))?;
        let wrong = |why: &str| Err(format!("{written:?} {why}"));
        let lower = written.to_ascii_lowercase();
        if !(lower.starts_with("https://") || lower.starts_with("http://")) {
            return wrong("must begin with https:// (or, on loopback, http://)");
        }
        // The parser drops or repairs these without a word, and the `iss` would keep them.
        if written.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return wrong("holds a character that has no place in a URL");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("must have neither query nor fragment");
        }
        let (_, after_scheme) = written.split_once("://").unwrap_or_default();
        let (authority, path) = after_scheme.find('/').map_or((after_scheme, ""), |at| after_scheme.split_at(at));
        if authority.contains('@') {
            // Not quoted: what stands there may be a password.
            return Err("must not hold a user name or password".to_owned());
        }
        if path.ends_with('/') {
            return wrong("must not end in a slash");
        }
        if !path.is_empty() && !path.split('/').skip(1).all(is_plain_segment) {
            return wrong("has a path with more than letters, digits, `-`, `.`, `_` and `~`");
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback {
            return wrong("must begin with https://: http is for loopback only");
        }
        let origin = url.origin().ascii_serialization();
        Ok(Self { written: written.to_owned(), origin, path: path.to_owned(), loopback })
    }

    /// The issuer of a server that listens on this port of loopback, as in `dev`.
    #[must_use]
    pub fn on_localhost(port: u16) -> Self {
        let origin = if port == 80 { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };
        Self { written: origin.clone(), origin, path: String::new(), loopback: true }
    }

    /// Byte for byte as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Scheme, host and port as a browser's `Origin` header writes them: lower case, without the scheme's own port.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What every route begins with: empty, or `/p` without a slash at its end.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is https, so that cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// Whether its host is this machine.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

/// What means the same to every URL parser and every router, escaped or not.
fn is_plain_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
}

/// RFC 6761 §6.3 reserves all names under `localhost` for loopback.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
