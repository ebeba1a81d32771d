//! Which passwords may be chosen? Length and commonness, no composition rules (NIST SP 800-63B-4 §3.1.1.2).

use super::reason::Reason;
use super::secret::Secret;
use super::text;

/// The most characters a password may have.
pub const LENGTH_LIMIT: usize = 256;

/// A password in normal form C, never trimmed.
#[derive(Clone, Debug)]
pub struct Password {
    normal: Secret<String>,
    /// As it was typed, where that is another text.
    typed: Option<Secret<String>>,
}

impl Password {
    /// Takes what was typed; `None` if it is longer than any password can be, so that nobody makes the server hash a book.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        // NFC makes one character of four at the most.
        if text.chars().count() > LENGTH_LIMIT * 4 {
            return None;
        }
        let normal = text::nfc(text);
        let typed = (normal != text).then(|| Secret::new(text.to_owned()));
        (normal.chars().count() <= LENGTH_LIMIT).then(|| Self { normal: Secret::new(normal), typed })
    }

    /// A password for a new account.
    ///
    /// # Errors
    /// `too_short`, `too_long`, `not_allowed_characters`, `too_common`.
    pub fn chosen(text: &str, min_length: usize) -> Result<Self, Reason> {
        let password = Self::typed(text).ok_or(Reason::TooLong)?;
        let text = password.expose();
        if text.chars().count() < min_length {
            return Err(Reason::TooShort);
        }
        // No form can send it, so nobody could sign in with it.
        if text.contains('\0') {
            return Err(Reason::NotAllowedCharacters);
        }
        if passwords::analyzer::is_common_password(text.to_lowercase()) {
            return Err(Reason::TooCommon);
        }
        Ok(password)
    }

    /// The text itself, for the one who hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.normal.expose()
    }

    /// The texts that its hash may have been made of: not every program normalises before it hashes.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        [Some(&self.normal), self.typed.as_ref()].into_iter().flatten().map(|form| form.expose().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<Reason> {
        Password::chosen(text, 8).err()
    }

    #[test]
    fn length_counts_characters_after_normalisation() {
        assert_eq!(refusal("seven77"), Some(Reason::TooShort));
        assert_eq!(refusal("e\u{301}e\u{301}e\u{301}e\u{301}"), Some(Reason::TooShort));
        assert_eq!(refusal(&"ü".repeat(257)), Some(Reason::TooLong));
        assert_eq!(refusal(&"ü ".repeat(128)), None);
    }

    #[test]
    fn a_common_password_is_refused_in_any_case() {
        for text in ["password1", "PassWord1", "12345678"] {
            assert_eq!(refusal(text), Some(Reason::TooCommon), "{text}");
        }
    }

    #[test]
    fn spaces_belong_to_the_password() {
        assert_eq!(
            Password::chosen("  two spaces  ", 8).map(|password| password.expose().to_owned()),
            Ok("  two spaces  ".to_owned())
        );
    }
}
