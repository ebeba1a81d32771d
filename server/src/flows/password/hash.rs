//! Which kinds of password hashes are there, and is this the password that was hashed? Ours are argon2id; the others come with users
//! who were elsewhere before, until their first sign-in.

#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::{constant_time, digest, pbkdf2};
use base64::engine::general_purpose::{NO_PAD, STANDARD, STANDARD_NO_PAD};
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};

use crate::config::ARGON2ID_LIMIT;
use crate::flows::chance;
use crate::model::password::Password;

/// Bytes of a salt and of a hash that is made here.
const SALT: usize = 16;
const HASH: usize = 32;
/// The most bytes that the text of a hash may have.
const TEXT_LIMIT: usize = 512;
/// What a hash may cost: several times what anybody has by default, and a few seconds to compare. argon2id's limit is that of
/// the settings.
const BCRYPT_LIMIT: u32 = 15;
const PBKDF2_LIMIT: u32 = 10_000_000;
/// N times r times p, in blocks of 128 bytes: 512 MiB, which with a p of 1 are in memory all at once.
const SCRYPT_LIMIT: u64 = 4 * 1024 * 1024;
/// Bytes that bcrypt takes of a password, and those of its hash that are written down.
const BCRYPT_KEY: usize = 72;
const BCRYPT_HASH: usize = 23;
/// A salt's last character may hold bits of no byte, as some programs left them: every bcrypt looks past them.
const BCRYPT_BITS: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, BCRYPT_BITS);

/// Why a hash cannot be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum HashFault {
    #[error(
        "The hash is of no known kind, or not a whole one. Known are $argon2id$; bcrypt ($2a$, $2b$, $2y$); Django's bcrypt_sha256$, \
         pbkdf2_sha256$ and scrypt$; $pbkdf2-sha256$ and $scrypt$ as passlib and PHC write them."
    )]
    Unknown,
    #[error(
        "The cost of the hash is too high for a sign-in. The most is {} GiB for argon2id (memory times passes), 2^{BCRYPT_LIMIT} rounds \
         for bcrypt, {} million iterations for PBKDF2, {} MiB for scrypt (128 N r p).",
        ARGON2ID_LIMIT / 1024 / 1024,
        PBKDF2_LIMIT / 1_000_000,
        SCRYPT_LIMIT / 8 / 1024
    )]
    TooCostly,
}

/// A hash, taken apart.
#[derive(Clone)]
pub(crate) struct PasswordHash {
    function: Function,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// What a password goes through, and at what cost.
#[derive(Clone)]
enum Function {
    Argon2id(Params),
    Bcrypt(u32),
    /// bcrypt of the SHA-256 in hexadecimal: Django's, so that nothing of a long password is lost.
    BcryptSha256(u32),
    Pbkdf2Sha256(NonZeroU32),
    Scrypt(scrypt::Params),
}

/// What our own hashes cost; `None` if argon2 takes no such settings.
pub(super) fn params(memory_kib: u32, iterations: u32, parallelism: u32) -> Option<Params> {
    Params::new(memory_kib, iterations, parallelism, Some(HASH)).ok()
}

/// Hashes a password: the PHC string of argon2id.
pub(super) fn make(params: &Params, memory: &mut Vec<Block>, password: &Password) -> Option<String> {
    let salt = chance::bytes::<SALT>();
    let hash = argon2id(params, memory, password.expose().as_bytes(), &salt, HASH)?;
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    Some(format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)))
}

impl PasswordHash {
    /// A hash of our own that nobody's password has.
    pub(super) fn nobody(params: &Params) -> Self {
        let (salt, hash) = (chance::bytes::<SALT>().to_vec(), chance::bytes::<HASH>().to_vec());
        Self { function: Function::Argon2id(params.clone()), salt, hash }
    }

    /// Takes a hash apart.
    ///
    /// # Errors
    /// [`HashFault`].
    pub(crate) fn parse(text: &str) -> Result<Self, HashFault> {
        if text.len() > TEXT_LIMIT {
            return Err(HashFault::Unknown);
        }
        match *text.split('$').collect::<Vec<_>>() {
            ["", "argon2id", "v=19", costs, salt, hash] => {
                let [m, t, p] = members(costs, ["m", "t", "p"])?;
                Self::argon2id([needed(m)?, needed(t)?, needed(p)?], decoded(salt)?, decoded(hash)?)
            }
            ["", "2a" | "2b" | "2y", cost, rest] => Self::bcrypt(Function::Bcrypt, cost, rest),
            ["bcrypt_sha256", "", "2a" | "2b" | "2y", cost, rest] => Self::bcrypt(Function::BcryptSha256, cost, rest),
            ["pbkdf2_sha256", iterations, salt, hash] => {
                Self::pbkdf2(number(iterations)?, None, salt.into(), decoded_padded(hash)?)
            }
            ["", "pbkdf2-sha256", costs, salt, hash] => {
                // passlib writes the iterations alone, and a dot for a plus.
                let [i, l] =
                    if costs.contains('=') { members(costs, ["i", "l"])? } else { [Some(number(costs)?), None] };
                let [salt, hash] = [salt, hash].map(|text| decoded(&text.replace('.', "+")));
                Self::pbkdf2(needed(i)?, l, salt?, hash?)
            }
            ["scrypt", n, salt, r, p, hash] => {
                Self::scrypt([number(n)?, number(r)?, number(p)?], salt.into(), decoded_padded(hash)?)
            }
            ["", "scrypt", costs, salt, hash] => {
                let [ln, r, p] = members(costs, ["ln", "r", "p"])?;
                let n = 1_u32.checked_shl(needed(ln)?).unwrap_or(u32::MAX);
                Self::scrypt([n, needed(r)?, needed(p)?], decoded(salt)?, decoded(hash)?)
            }
            _ => Err(HashFault::Unknown),
        }
    }

    fn argon2id([m, t, p]: [u32; 3], salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, HashFault> {
        affordable(u64::from(m).saturating_mul(t.into()), ARGON2ID_LIMIT)?;
        let params = Params::new(m, t, p, Some(hash.len())).map_err(|_| HashFault::Unknown)?;
        whole(salt.len() >= argon2::MIN_SALT_LEN)?;
        Self::new(Function::Argon2id(params), salt, hash)
    }

    fn bcrypt(function: fn(u32) -> Function, cost: &str, rest: &str) -> Result<Self, HashFault> {
        let rounds = number(cost)?;
        affordable(rounds.into(), BCRYPT_LIMIT.into())?;
        let (salt, hash) = rest.split_at_checked(22).ok_or(HashFault::Unknown)?;
        let [salt, hash] = [salt, hash].map(|text| BCRYPT_BASE64.decode(text).map_err(|_| HashFault::Unknown));
        let (salt, hash) = (salt?, hash?);
        whole(cost.len() == 2 && rounds >= 4 && hash.len() == BCRYPT_HASH)?;
        Ok(Self { function: function(rounds), salt, hash })
    }

    fn pbkdf2(iterations: u32, length: Option<u32>, salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, HashFault> {
        affordable(iterations.into(), PBKDF2_LIMIT.into())?;
        whole(length.unwrap_or(32).try_into() == Ok(hash.len()))?;
        let iterations = NonZeroU32::new(iterations).ok_or(HashFault::Unknown)?;
        Self::new(Function::Pbkdf2Sha256(iterations), salt, hash)
    }

    fn scrypt([n, r, p]: [u32; 3], salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, HashFault> {
        affordable(u64::from(n).saturating_mul(r.into()).saturating_mul(p.into()), SCRYPT_LIMIT)?;
        whole(n > 1 && n.is_power_of_two())?;
        let log_n = n.trailing_zeros().try_into().map_err(|_| HashFault::Unknown)?;
        let params = scrypt::Params::new(log_n, r, p).map_err(|_| HashFault::Unknown)?;
        Self::new(Function::Scrypt(params), salt, hash)
    }

    fn new(function: Function, salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, HashFault> {
        // Nobody asks for other lengths: a hash of one has lost its end.
        whole(!salt.is_empty() && (16..=64).contains(&hash.len()) && hash.len().is_multiple_of(8))?;
        Ok(Self { function, salt, hash })
    }

    /// Whether it is of these costs.
    pub(super) fn is_current(&self, params: &Params) -> bool {
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        matches!(&self.function, Function::Argon2id(own) if costs(own) == costs(params))
    }

    /// Whether it is this password's.
    pub(super) fn is_of(&self, memory: &mut Vec<Block>, password: &Password) -> bool {
        // None holds a NUL: to bcrypt and to HMAC it would be the same as one that does not.
        password.forms().filter(|form| !form.contains('\0')).any(|form| {
            let hash = self.function.compute(memory, form.as_bytes(), &self.salt, self.hash.len());
            hash.is_some_and(|hash| constant_time::verify_slices_are_equal(&hash, &self.hash).is_ok())
        })
    }
}

impl Function {
    fn compute(&self, memory: &mut Vec<Block>, password: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
        match self {
            Self::Argon2id(params) => argon2id(params, memory, password, salt, length),
            Self::Bcrypt(cost) => bcrypt(*cost, password, salt),
            Self::BcryptSha256(cost) => {
                let digest = digest::digest(&digest::SHA256, password);
                let digits: Vec<_> = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                bcrypt(*cost, digits.concat().as_bytes(), salt)
            }
            Self::Pbkdf2Sha256(iterations) => {
                let mut hash = vec![0; length];
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, *iterations, salt, password, &mut hash);
                Some(hash)
            }
            Self::Scrypt(params) => {
                let mut hash = vec![0; length];
                scrypt::scrypt(password, salt, params, &mut hash).ok()?;
                Some(hash)
            }
        }
    }
}

fn argon2id(params: &Params, memory: &mut Vec<Block>, password: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
    if memory.len() < params.block_count() {
        memory.resize_with(params.block_count(), Block::default);
    }
    let mut hash = vec![0; length];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2.hash_password_into_with_memory(password, salt, &mut hash, memory.as_mut_slice()).ok()?;
    Some(hash)
}

/// What is beyond 72 bytes never counted, so whoever signed in with more still does.
fn bcrypt(cost: u32, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    let mut key = [password, &[0]].concat();
    key.truncate(BCRYPT_KEY);
    bcrypt::bcrypt(cost, salt.try_into().ok()?, &key).get(..BCRYPT_HASH).map(<[u8]>::to_vec)
}

fn affordable(cost: u64, limit: u64) -> Result<(), HashFault> {
    if cost <= limit { Ok(()) } else { Err(HashFault::TooCostly) }
}

fn whole(is_whole: bool) -> Result<(), HashFault> {
    if is_whole { Ok(()) } else { Err(HashFault::Unknown) }
}

fn needed<T>(value: Option<T>) -> Result<T, HashFault> {
    value.ok_or(HashFault::Unknown)
}

fn decoded(text: &str) -> Result<Vec<u8>, HashFault> {
    STANDARD_NO_PAD.decode(text).map_err(|_| HashFault::Unknown)
}

fn decoded_padded(text: &str) -> Result<Vec<u8>, HashFault> {
    STANDARD.decode(text).map_err(|_| HashFault::Unknown)
}

/// A whole number; one that is too large for any limit is the largest there is.
fn number(digits: &str) -> Result<u32, HashFault> {
    whole(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Ok(digits.parse().unwrap_or(u32::MAX))
}

/// The numbers of `a=1,b=2` in the order of `names`, whatever theirs is: each once at the most, and no other.
fn members<const N: usize>(text: &str, names: [&str; N]) -> Result<[Option<u32>; N], HashFault> {
    let mut numbers = [None; N];
    for member in text.split(',') {
        let (name, value) = needed(member.split_once('='))?;
        let place = needed(names.iter().position(|known| *known == name))?;
        let place = needed(numbers.get_mut(place))?;
        whole(place.replace(number(value)?).is_none())?;
    }
    Ok(numbers)
}
