//! Which secret keys does the server hold? One or more from a file, newest first; each purpose derives its own.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Seed, chance};

/// How each line of the file begins that holds a key.
const LINE: &str = "grantd-key:";
/// The same, made by `grantd dev`: `grantd serve` refuses it.
const DEV_LINE: &str = "grantd-dev-key:";
/// Bytes of a key.
const LENGTH: usize = 32;

/// The keys of the file.
pub struct SecretKeys(Vec<SecretKey>);

/// One key, as it is used.
pub struct SecretKey {
    /// Its fingerprint: families and sealed keys record it.
    pub id: String,
    /// Whether `grantd dev` made it.
    pub development: bool,
    seal: LessSafeKey,
    refresh: hmac::Key,
    throttle: hmac::Key,
}

/// Why the file cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SecretKeyError {
    #[error(
        "secret_key_file {0}: there is no such file; bring back the one that the data was made with, or run `grantd init` for a new server"
    )]
    Missing(String),
    #[error("secret_key_file {at}: {cause}")]
    Unreadable { at: String, cause: String },
    #[error("secret_key_file {0}: others can read it; run `chmod 600` on it, and replace the key if somebody may have")]
    Exposed(String),
    #[error("secret_key_file {at}, line {line}: not a key; a line is {LINE} and 43 characters of base64url (32 bytes)")]
    Malformed { at: String, line: usize },
    #[error("secret_key_file {0} holds no key")]
    Empty(String),
    #[error("secret_key_file {0} was made by `grantd dev`: run `grantd init` for one of your own")]
    Development(String),
    #[error(
        "secret_key_file {0} was not made for this data: none of its keys was ever used with it; bring back the right one"
    )]
    Foreign(String),
}

/// A length for HKDF's output.
struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        LENGTH
    }
}

impl SecretKeys {
    /// Reads the file.
    ///
    /// # Errors
    /// [`SecretKeyError`].
    pub fn read(path: &Path) -> Result<Self, SecretKeyError> {
        let at = path.display().to_string();
        let unreadable = |cause: std::io::Error| match cause.kind() {
            std::io::ErrorKind::NotFound => SecretKeyError::Missing(at.clone()),
            _ => SecretKeyError::Unreadable { at: at.clone(), cause: cause.to_string() },
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        if is_exposed(path).map_err(unreadable)? {
            return Err(SecretKeyError::Exposed(at));
        }
        let mut keys = Vec::new();
        for (number, line) in
            text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            let key = SecretKey::parse(line).ok_or(SecretKeyError::Malformed { at: at.clone(), line: number + 1 })?;
            keys.push(key);
        }
        if keys.is_empty() { Err(SecretKeyError::Empty(at)) } else { Ok(Self(keys)) }
    }

    /// The keys of a server's file, judged before anything else is opened; `None` if there is no file yet.
    ///
    /// # Errors
    /// [`SecretKeyError`].
    pub fn of_server(path: &Path, seed: Seed) -> Result<Option<Self>, SecretKeyError> {
        let keys = match Self::read(path) {
            Err(SecretKeyError::Missing(_)) => return Ok(None),
            read => read?,
        };
        if seed == Seed::FirstParty && keys.iter().any(|key| key.development) {
            return Err(SecretKeyError::Development(path.display().to_string()));
        }
        Ok(Some(keys))
    }

    /// No keys: for commands that make and check no token.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Makes a file with one new key, readable by its owner only; never overwrites.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_new(path: &Path, development: bool) -> std::io::Result<()> {
        let kind = if development { DEV_LINE } else { LINE };
        let about = if development {
            "made by `grantd dev`: not for production"
        } else {
            "keep it apart from backups of the data"
        };
        let text = format!(
            "# Grantd's secret key, newest first; {about}.\n{kind}{}\n",
            URL_SAFE_NO_PAD.encode(chance::bytes::<LENGTH>())
        );
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// The one that new things are made with.
    #[must_use]
    pub fn newest(&self) -> Option<&SecretKey> {
        self.0.first()
    }

    /// The one of this fingerprint.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&SecretKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// All of them, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &SecretKey> {
        self.0.iter()
    }
}

impl SecretKey {
    fn parse(line: &str) -> Option<Self> {
        let (development, encoded) = match line.strip_prefix(DEV_LINE) {
            Some(encoded) => (true, encoded),
            None => (false, line.strip_prefix(LINE)?),
        };
        let bytes = URL_SAFE_NO_PAD.decode(encoded.trim()).ok()?;
        if bytes.len() != LENGTH {
            return None;
        }
        let pseudorandom = Salt::new(HKDF_SHA256, b"grantd").extract(&bytes);
        let derive = |purpose: &[u8]| {
            let mut derived = [0; LENGTH];
            pseudorandom.expand(&[purpose], Bytes32).ok()?.fill(&mut derived).ok()?;
            Some(derived)
        };
        let id = derive(b"fingerprint v1")?.iter().take(8).fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
        Some(Self {
            id,
            development,
            seal: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derive(b"seal v1")?).ok()?),
            refresh: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"refresh token v1")?),
            throttle: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"throttle v1")?),
        })
    }

    /// The MAC of a refresh token over `parts`.
    pub fn refresh_mac(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.refresh);
        for part in parts {
            context.update(part);
        }
        context.sign()
    }

    /// The key under which failures of `parts` are counted: a copy of the database tells nobody's name or address.
    pub fn throttle_key(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.throttle);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(context.sign())
    }

    /// Seals `plain`, bound to `name`.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce = chance::bytes::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        self.seal.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut sealed).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed under `name`; `None` if it was not, or was changed.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = sealed.to_vec();
        let length =
            self.seal.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(name), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}
