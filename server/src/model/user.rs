//! Who signs in, and what may such a one be called?

use super::id::UserId;
use super::reason::Reason;
use super::secret::Secret;
use super::text;
use super::timestamp::Timestamp;

/// The role that administers.
pub const ADMIN_ROLE: &str = "admin";

/// The most characters a username may have.
pub const USERNAME_LIMIT: usize = 64;
/// The most characters an e-mail address may have (RFC 5321 §4.5.3.1, less the angle brackets).
pub const EMAIL_LIMIT: usize = 254;
/// The most characters of what a person wants to be called.
pub const NAME_LIMIT: usize = 200;
/// The most characters of a picture's address.
pub const PICTURE_LIMIT: usize = 2048;
/// The most characters of a role.
const ROLE_LIMIT: usize = 64;
/// The most roles of a user: every token carries them.
pub const ROLES_LIMIT: usize = 32;

/// A person who can sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// The `sub` of every token.
    pub id: UserId,
    /// As the person writes it.
    pub username: String,
    /// As the person writes it.
    pub email: String,
    /// What the person wants to be called.
    pub name: Option<String>,
    /// An address of a picture.
    pub picture: Option<String>,
    /// What the person may do beyond oneself.
    pub roles: Vec<String>,
    /// The PHC string of the password.
    pub password_hash: Secret<String>,
    /// When the user was made.
    pub created_at: Timestamp,
    /// Since when nobody can sign in as this user.
    pub locked_at: Option<Timestamp>,
}

impl User {
    /// Whether it has the role that administers.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.roles.iter().any(|role| role == ADMIN_ROLE)
    }
}

/// What a person wants to be called: 1 to 200 characters, spaces at its ends trimmed.
///
/// # Errors
/// The reason why nobody can be called so.
pub fn parse_name(text: &str) -> Result<String, Reason> {
    let name = text::nfc(text.trim());
    // Letters of some languages and pictures of people are joined by characters without width.
    let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    let visible = |c: char| !c.is_control() && !text::is_invisible(c);
    match name.chars().count() {
        0 => Err(Reason::TooShort),
        count if count > NAME_LIMIT => Err(Reason::TooLong),
        _ if !name.chars().all(|c| visible(c) || joins(c)) || !name.chars().any(visible) => {
            Err(Reason::NotAllowedCharacters)
        }
        _ => Ok(name),
    }
}

/// The address of a picture: https, or http, of at most 2048 characters.
///
/// # Errors
/// The reason why it is none.
pub fn parse_picture(text: &str) -> Result<String, Reason> {
    if text.len() > PICTURE_LIMIT {
        return Err(Reason::TooLong);
    }
    let address = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let plain = text.chars().all(|c| c.is_ascii_graphic());
    // The parser would forgive a missing slash.
    let whole = |url: &url::Url| text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://"));
    address.filter(|url| plain && url.has_host() && whole(url)).map(|_| text.to_owned()).ok_or(Reason::MalformedRequest)
}

/// At most 32 roles, each named once: words of 1 to 64 visible ASCII characters, which tokens and lists carry as they are.
///
/// # Errors
/// The reason why one of them is none.
pub fn parse_roles(names: &[String]) -> Result<Vec<String>, Reason> {
    if names.len() > ROLES_LIMIT {
        return Err(Reason::TooLong);
    }
    names.iter().try_fold(Vec::new(), |mut roles, name| {
        match name.chars().count() {
            0 => return Err(Reason::TooShort),
            count if count > ROLE_LIMIT => return Err(Reason::TooLong),
            _ if !name.chars().all(|c| c.is_ascii_graphic()) => return Err(Reason::NotAllowedCharacters),
            _ if !roles.contains(name) => roles.push(name.clone()),
            _ => {}
        }
        Ok(roles)
    })
}

/// Which users to list. What is `None` narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Whose username, e-mail or name contains this.
    pub part: Option<String>,
    /// Who have this role.
    pub role: Option<String>,
    /// Who are locked, or who are not.
    pub locked: Option<bool>,
}

/// A username and the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    /// As written, in normal form C.
    pub text: String,
    /// After NFKC and case folding: unique among users.
    pub key: String,
}

impl Username {
    /// 1 to 64 letters, digits, `.`, `-`, `_`.
    ///
    /// # Errors
    /// The reason why it cannot be a username.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        // Some keyboards send a letter and its accent apart.
        let (text, key) = (text::nfc(text), text::folded(text));
        // Some letters of Korean are blank: they only fill a place.
        let letter = |c: char| c.is_alphanumeric() && !text::is_invisible(c);
        let allowed = |text: &str| text.chars().all(|c| letter(c) || matches!(c, '.' | '-' | '_'));
        match text.chars().count().max(key.chars().count()) {
            0 => Err(Reason::TooShort),
            count if count > USERNAME_LIMIT => Err(Reason::TooLong),
            _ if !allowed(&text) || !allowed(&key) => Err(Reason::NotAllowedCharacters),
            _ => Ok(Self { text, key }),
        }
    }
}

/// An e-mail address and the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// As written.
    pub text: String,
    /// In lower case: unique among users.
    pub key: String,
}

impl Email {
    /// One `@` with something before it and a domain after it; whether mail arrives there is for mail to find out.
    ///
    /// # Errors
    /// The reason why it cannot be an e-mail address.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::TooShort);
        }
        if text.chars().count() > EMAIL_LIMIT {
            return Err(Reason::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(Reason::NotAnEmail)?;
        let visible = |part: &str| {
            !part.chars().any(|c| c.is_whitespace() || c.is_control() || text::is_invisible(c) || c == '@')
        };
        let labels = domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
        let well_formed = !local.is_empty() && visible(local) && labels;
        well_formed.then(|| Self { text: text.to_owned(), key: text.to_lowercase() }).ok_or(Reason::NotAnEmail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_that_look_alike_are_one() {
        for (one, other) in
            [("Ada", "ada"), ("ａｄａ", "ada"), ("STRASSE", "straße"), ("e\u{301}va", "éva"), ("Σοφός", "σοφόσ")]
        {
            assert_eq!(
                Username::parse(one).map(|name| name.key),
                Username::parse(other).map(|name| name.key),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_username_has_letters_digits_dot_hyphen_underscore() {
        for text in [
            "ada lovelace",
            "ada\u{200b}",
            "a/b",
            "a@b",
            "a\0",
            "\u{202e}ada",
            " ada",
            "ada\n",
            "①/",
            "\u{3164}",
            "ad\u{ffa0}a",
        ] {
            assert_eq!(Username::parse(text), Err(Reason::NotAllowedCharacters), "{text:?}");
        }
        assert_eq!(Username::parse(""), Err(Reason::TooShort));
        assert_eq!(Username::parse(&"a".repeat(65)), Err(Reason::TooLong));
        assert!(Username::parse(&"ä".repeat(64)).is_ok());
    }

    #[test]
    fn a_name_is_what_people_can_read() {
        assert_eq!(parse_name("  Ada Lovelace "), Ok("Ada Lovelace".to_owned()));
        assert_eq!(parse_name("👩\u{200d}🔬 e\u{301}"), Ok("👩\u{200d}🔬 é".to_owned()));
        for text in ["a\nb", "\u{202e}ada", "\u{200d}", "a\u{2066}b", "a\0"] {
            assert_eq!(parse_name(text), Err(Reason::NotAllowedCharacters), "{text:?}");
        }
        assert_eq!(parse_name("   "), Err(Reason::TooShort));
        assert_eq!(parse_name(&"a".repeat(201)), Err(Reason::TooLong));
    }

    #[test]
    fn a_picture_is_an_address_on_the_web() {
        assert!(parse_picture("https://example.org/a.png?s=200#x").is_ok());
        for text in [
            "",
            "ada.png",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "https://",
            "https://a b/",
            "file:///a",
        ] {
            assert_eq!(parse_picture(text), Err(Reason::MalformedRequest), "{text:?}");
        }
        assert_eq!(parse_picture(&format!("https://example.org/{}", "a".repeat(2048))), Err(Reason::TooLong));
    }

    #[test]
    fn a_role_is_a_word() {
        let roles = |names: &[&str]| parse_roles(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(roles(&["admin", "cats:keeper", "admin"]), Ok(vec!["admin".to_owned(), "cats:keeper".to_owned()]));
        assert_eq!(roles(&[""]), Err(Reason::TooShort));
        assert_eq!(roles(&["two words"]), Err(Reason::NotAllowedCharacters));
        assert_eq!(roles(&["ädmin"]), Err(Reason::NotAllowedCharacters));
    }

    #[test]
    fn an_email_has_one_at_and_a_domain() {
        for text in [
            "ada",
            "@example.org",
            "ada@",
            "a@b@c",
            "ada@example..org",
            "ada @example.org",
            "ada@exa mple.org",
            "ada\u{200b}@example.org",
            "ada@-example.org",
        ] {
            assert_eq!(Email::parse(text), Err(Reason::NotAnEmail), "{text:?}");
        }
        assert_eq!(Email::parse("Ada@Example.ORG").map(|email| email.key), Ok("ada@example.org".to_owned()));
        assert!(Email::parse("ada+tag@localhost").is_ok());
    }
}
