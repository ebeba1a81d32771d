//! Which programs may ask for tokens, and for which?

use super::reason::Reason;
use super::scope::{self, Scopes};
use super::secret::Secret;
use super::timestamp::Timestamp;

/// The fewest characters a client secret may have: only its SHA-256 is kept, so it must be beyond guessing.
pub const SECRET_MIN_LENGTH: usize = 24;
/// The most characters it may have.
pub const SECRET_LIMIT: usize = 1024;
/// The most characters of a client's id.
const ID_LIMIT: usize = 64;

/// The client that our own pages are, and that the cookie mode acts as.
pub const WEB: &str = "web";

/// A way to ask for tokens: the values of `grant_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// Username and password (RFC 6749 §4.3).
    Password,
    /// A refresh token (RFC 6749 §6).
    RefreshToken,
    /// The client for itself (RFC 6749 §4.4).
    ClientCredentials,
}

impl GrantType {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Password, Self::RefreshToken, Self::ClientCredentials];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// The grant type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientType {
    /// It cannot: a page, a program on somebody's machine.
    Public,
    /// It can: a service.
    Confidential,
}

impl ClientType {
    /// The name as operators write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Confidential => "confidential",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Public, Self::Confidential].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A secret that was replaced: a service needs a while to be given the new one.
#[derive(Clone, Debug)]
pub struct PreviousSecret {
    /// Its SHA-256, in hexadecimal.
    pub hash: Secret<String>,
    /// Until when it is taken.
    pub until: Timestamp,
}

/// A program that asks for tokens or about them.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it has a secret.
    pub client_type: ClientType,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_hash: Option<Secret<String>>,
    /// The secret that it had before, while that is still taken.
    pub previous_secret: Option<PreviousSecret>,
    /// How it may ask for tokens.
    pub grants: Vec<GrantType>,
    /// What its tokens may be used for.
    pub scopes: Scopes,
    /// Where its browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// From which origins its pages call.
    pub origins: Vec<String>,
    /// Which resources it may ask for, besides the issuer.
    pub resources: Vec<String>,
    /// Whether it takes tokens and may ask about them.
    pub resource_server: bool,
    /// Under which names, besides its id, tokens are meant for it.
    pub audiences: Vec<String>,
    /// Whether its refresh tokens change at each use.
    pub rotation: bool,
    /// Life of its access tokens in seconds, where it differs from the server's.
    pub access_ttl: Option<i64>,
    /// Life of its families in seconds, where it differs from the server's.
    pub refresh_ttl: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Client {
    /// A client with nothing but a name: what `client create` fills in.
    #[must_use]
    pub fn new(id: String, client_type: ClientType, created_at: Timestamp) -> Self {
        Self {
            id,
            name: None,
            client_type,
            secret_hash: None,
            previous_secret: None,
            grants: Vec::new(),
            scopes: Scopes::of([scope::OPENID, scope::PROFILE, scope::EMAIL]),
            redirect_uris: Vec::new(),
            origins: Vec::new(),
            resources: Vec::new(),
            resource_server: false,
            audiences: Vec::new(),
            rotation: true,
            access_ttl: None,
            refresh_ttl: None,
            created_at,
        }
    }

    /// The hashes of the secrets that are taken at `now`, the newest first.
    pub fn secret_hashes(&self, now: Timestamp) -> impl Iterator<Item = &Secret<String>> {
        let previous = self.previous_secret.iter().filter(move |previous| now < previous.until);
        self.secret_hash.iter().chain(previous.map(|previous| &previous.hash))
    }

    /// Whether it is the one that was `seen`, no later one of its id, and the secret that it had then is still taken at `now`.
    #[must_use]
    pub fn is_still(&self, seen: &Self, now: Timestamp) -> bool {
        let secret = seen.secret_hash.as_ref().map(Secret::expose);
        let taken = secret.is_none_or(|secret| self.secret_hashes(now).any(|hash| hash.expose() == secret));
        self.created_at == seen.created_at && taken
    }

    /// Whether it may use this grant.
    #[must_use]
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// The scopes a sign-in gets: what was asked for, or by default all but what must be asked for (RFC 6749 §3.3).
    ///
    /// # Errors
    /// `scope_not_allowed`.
    pub fn grant_scopes(&self, asked: Option<&Scopes>) -> Result<Scopes, Reason> {
        match asked {
            None => Ok(self.scopes.without(&[scope::ADMIN, scope::OFFLINE_ACCESS])),
            Some(asked) if asked.within(&self.scopes) => Ok(asked.clone()),
            Some(_) => Err(Reason::ScopeNotAllowed),
        }
    }

    /// The audience of its tokens: the resources asked for, or the issuer (RFC 8707 §2, RFC 9068 §3).
    ///
    /// # Errors
    /// `resource_not_allowed`.
    pub fn grant_audience(&self, asked: &[String], issuer: &str) -> Result<Vec<String>, Reason> {
        narrowed(asked, || vec![issuer.to_owned()], |resource| self.may_ask_for(resource, issuer))
    }

    /// Whether its tokens may be for this resource: one of its own, or the issuer.
    #[must_use]
    pub fn may_ask_for(&self, resource: &str, issuer: &str) -> bool {
        resource == issuer || self.resources.iter().any(|own| own == resource)
    }

    /// Whether a token for `audience` is meant for this resource server.
    #[must_use]
    pub fn is_meant(&self, audience: &[String], issuer: &str) -> bool {
        self.resource_server
            && audience.iter().any(|aud| aud == issuer || *aud == self.id || self.audiences.contains(aud))
    }
}

/// The resources asked for if each of them is `allowed`, each once; `default` if none was.
///
/// # Errors
/// `resource_not_allowed`.
pub fn narrowed(
    asked: &[String],
    default: impl FnOnce() -> Vec<String>,
    allowed: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Reason> {
    if asked.is_empty() {
        return Ok(default());
    }
    asked.iter().try_fold(Vec::new(), |mut audience: Vec<String>, resource| {
        if !allowed(resource) {
            return Err(Reason::ResourceNotAllowed);
        }
        if !audience.contains(resource) {
            audience.push(resource.clone());
        }
        Ok(audience)
    })
}

/// Whether this can be a client's id: it must never be taken for a user's (RFC 9068 §5).
#[must_use]
pub fn is_client_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=ID_LIMIT).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with("usr_")
}
