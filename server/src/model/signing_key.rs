//! What are tokens signed with?

use super::timestamp::Timestamp;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256, 2048 bits.
    Rs256,
}

impl SigningAlg {
    /// The name that JOSE headers carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Es256, Self::EdDsa, Self::Rs256].into_iter().find(|alg| alg.as_str() == name)
    }
}

/// A signing key as it is kept: sealed with a secret key of the key file.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// The `kid` of JOSE headers and JWKS.
    pub kid: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// Which secret key it is sealed with.
    pub secret_key_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub active_at: Timestamp,
    /// Since when it signs no more.
    pub retired_at: Option<Timestamp>,
}
