//! How are things named? By a prefix that tells what they are and 26 characters that are never given twice.
//!
//! The 128 bits begin with the second of birth and a running number, so that ids of one node sort by age; the rest is chance.

use std::fmt;
use std::marker::PhantomData;

use super::timestamp::Timestamp;

/// Crockford's base 32, in lower case: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What an id can name: the prefix that people see.
pub trait Kind {
    /// The prefix, underscore included.
    const PREFIX: &'static str;
}

/// An id of one kind of thing, in the form in which it is shown and stored.
pub struct Id<K>(String, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// A new id: `now` and `count` make it sort by age, `chance` makes it unique among nodes.
    #[must_use]
    pub fn new(now: Timestamp, count: u32, chance: [u8; 8]) -> Self {
        let seconds = u128::try_from(now.0).unwrap_or_default() & 0xff_ffff_ffff;
        let bits = seconds << 88 | u128::from(count & 0xff_ffff) << 64 | u128::from(u64::from_be_bytes(chance));
        Self::from_bits(bits)
    }

    /// The id that these 128 bits write.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        let mut text = String::with_capacity(K::PREFIX.len() + 26);
        text.push_str(K::PREFIX);
        for place in (0..26u32).rev() {
            let digit = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
        }
        Self(text, PhantomData)
    }

    /// What sorts before every id of a later second than `moment`, and after the others.
    #[must_use]
    pub fn first_after(moment: Timestamp) -> Self {
        Self::new(moment.plus(1), 0, [0; 8])
    }

    /// The 128 bits behind it.
    #[must_use]
    pub fn bits(&self) -> u128 {
        let digits = self.0.as_bytes().iter().skip(K::PREFIX.len());
        digits.fold(0, |bits, digit| bits << 5 | ALPHABET.iter().position(|a| a == digit).unwrap_or_default() as u128)
    }

    /// Reads an id as people write it; `None` for anything that no id of this kind looks like.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(K::PREFIX)?.as_bytes();
        let well_formed = digits.len() == 26
            && digits.iter().all(|digit| ALPHABET.contains(digit))
            && digits.first().is_some_and(|first| *first < b'8');
        well_formed.then(|| Self(text.to_owned(), PhantomData))
    }

    /// What the database holds is taken as it is: it was written by us.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text, PhantomData)
    }

    /// As people and the database see it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! kinds {
    ($($name:ident $kind:ident $prefix:literal $doc:literal)*) => {$(
        #[doc = concat!("Names ", $doc, ".")]
        #[derive(Clone, Copy, Debug)]
        pub enum $kind {}

        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }

        #[doc = concat!("The id of ", $doc, ".")]
        pub type $name = Id<$kind>;
    )*};
}

kinds! {
    UserId UserKind "usr_" "a user: the `sub` of its tokens"
    SessionId SessionKind "ses_" "a session: the `sid` of its tokens"
    EventId EventKind "evt_" "an event"
    FamilyId FamilyKind "fam_" "a token family; it is never shown"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = UserId::new(Timestamp(1_763_688_000), 7, [255; 8]);
        assert_eq!(UserId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(UserId::from_bits(id.bits()), id);
        assert_eq!(id.as_str().len(), 30);
    }

    #[test]
    fn ids_sort_by_age() {
        let ids = [(1, 9), (2, 1), (2, 2)].map(|(second, count)| EventId::new(Timestamp(second), count, [3; 8]));
        assert!(ids.iter().is_sorted_by_key(|id| id.as_str().to_owned()));
    }

    #[test]
    fn the_first_after_a_moment_parts_the_ids() {
        let [then, later] = [9, 10].map(|second| EventId::new(Timestamp(second), 0xff_ffff, [255; 8]));
        let first = EventId::first_after(Timestamp(9));
        assert!(then.as_str() < first.as_str() && first.as_str() < later.as_str());
        // Before there were ids there is nothing to part.
        assert_eq!(EventId::first_after(Timestamp(-7)), EventId::from_bits(0));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "usr_",
            "ses_00000000000000000000000000",
            "usr_0000000000000000000000000",
            "usr_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "usr_0000000000000000000000000U",
            "usr_000000000000000000000000é",
        ] {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }
}
