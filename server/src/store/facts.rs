//! What is a request judged by? The caller, its throttle, the token's family, session, user and key, and the key that signs now:
//! all of it read in one query, at one moment.

use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable};

use super::{Read, StoreError, Stored, clients, token_families, users};
use crate::model::client::Client;
use crate::model::id::FamilyId;
use crate::model::signing_key::SigningAlg;
use crate::model::throttle::Counted;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::TokenFamily;
use crate::model::user::User;

/// What to read. What a request does not speak of is `None`.
#[derive(Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The client that asks.
    pub client: Option<&'a str>,
    /// The key of its throttle.
    pub throttle: Option<&'a str>,
    /// The family that the token names.
    pub family: Option<&'a FamilyId>,
    /// The key that the token is signed with.
    pub kid: Option<&'a str>,
    /// The `jti` of a token without a family.
    pub jti: Option<&'a str>,
    /// The client that a token without a family was issued to, and when: a client of the same id that came later is another.
    pub holder: Option<(&'a str, Timestamp)>,
    /// What new tokens are signed with.
    pub signing_alg: Option<SigningAlg>,
}

/// What was read.
#[derive(Debug)]
pub struct Facts {
    /// The client that asks.
    pub client: Option<Client>,
    /// Its failures.
    pub counted: Option<Counted>,
    /// The token's line.
    pub line: Option<Line>,
    /// Whether tokens signed with the key are good.
    pub key_is_good: bool,
    /// Whether the `jti` was revoked.
    pub jti_is_revoked: bool,
    /// Whether the holder is there.
    pub holder_is_there: bool,
    /// The key that signs now.
    pub signer: Option<Signer>,
}

/// The key that signs now.
#[derive(Debug)]
pub struct Signer {
    /// Its name.
    pub kid: String,
    /// From when on nothing that it signed is good any more.
    pub gone_at: Option<Timestamp>,
}

/// A family with its session and its user.
#[derive(Debug)]
pub struct Line {
    /// The family.
    pub family: TokenFamily,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// The user; ended families outlive theirs.
    pub user: Option<User>,
}

/// The youngest active key signs that has not retired; where the clock went back and none is active yet, the next to come.
const FACTS: &str = "SELECT \
    c.id, c.name, c.client_type, c.secret_hash, c.grants, c.scopes, c.redirect_uris, c.origins, c.resources, \
    c.resource_server, c.audiences, c.rotation, c.access_ttl, c.refresh_ttl, c.created_at, c.previous_secret_hash, c.previous_secret_until, \
    t.failures, t.since, t.retry_at, \
    f.id, f.session_id, f.user_id, f.client_id, f.scopes, f.audience, f.secret_key_id, f.seed, f.generation, f.previous_generation, \
    f.rotated_at, f.answered_at, f.confirmed_at, f.created_at, f.expires_at, f.revoked_at, f.revoked_reason, s.created_at, \
    u.id, u.username, u.username_key, u.email, u.email_key, u.name, u.picture, u.roles, u.password_hash, u.email_verified, \
    u.created_at, u.locked_at, \
    k.kid, r.jti, h.id, n.kid, n.gone_at \
    FROM (SELECT 1 AS one) one \
    LEFT JOIN clients c ON c.id = $1 \
    LEFT JOIN throttles t ON t.key = $2 \
    LEFT JOIN token_families f ON f.id = $3 \
    LEFT JOIN sessions s ON s.id = f.session_id \
    LEFT JOIN users u ON u.id = f.user_id \
    LEFT JOIN signing_keys k ON k.kid = $4 AND (k.gone_at IS NULL OR k.gone_at > $8) \
    LEFT JOIN revoked_tokens r ON r.jti = $5 \
    LEFT JOIN clients h ON h.id = $6 AND h.created_at <= $9 \
    LEFT JOIN signing_keys n ON n.kid = (SELECT kid FROM signing_keys WHERE alg = $7 AND (gone_at IS NULL OR gone_at > $8) \
        ORDER BY active_at > $8, retired_at IS NOT NULL AND retired_at <= $8, ABS(active_at - $8), ordinal DESC LIMIT 1)";

impl Read {
    /// Reads them.
    pub(crate) async fn find_facts(&self, wanted: &Wanted<'_>, now: Timestamp) -> Stored<Facts> {
        let executor = self.executor();
        let values = [
            wanted.client.into(),
            wanted.throttle.into(),
            wanted.family.map(FamilyId::as_str).into(),
            wanted.kid.into(),
            wanted.jti.into(),
            wanted.holder.map(|(client, _)| client).into(),
            wanted.signing_alg.map(SigningAlg::as_str).into(),
            now.0.into(),
            wanted.holder.map(|(_, issued_at)| issued_at.0).into(),
        ];
        let statement = Statement::from_sql_and_values(executor.get_database_backend(), FACTS, values);
        let Some(row) = executor.query_one_raw(statement).await? else {
            return Err(StoreError::Broken("one row was asked for, none came".to_owned()));
        };
        let mut columns = Columns { row: &row, next: 0 };
        Ok(Facts {
            client: client(&mut columns)?,
            counted: counted(&mut columns)?,
            line: line(&mut columns)?,
            key_is_good: columns.take::<Option<String>>()?.is_some(),
            jti_is_revoked: columns.take::<Option<String>>()?.is_some(),
            holder_is_there: columns.take::<Option<String>>()?.is_some(),
            signer: signer(&mut columns)?,
        })
    }
}

/// The columns of the row, taken in the order in which they are selected: looking each up by its name costs more than the query.
struct Columns<'a> {
    row: &'a QueryResult,
    next: usize,
}

impl Columns<'_> {
    fn take<T: TryGetable>(&mut self) -> Stored<T> {
        let value = self.row.try_get_by_index(self.next)?;
        self.next += 1;
        Ok(value)
    }

    fn skip(&mut self, columns: usize) {
        self.next += columns;
    }
}

/// The client that asks; its columns stand in the order of the table.
fn client(columns: &mut Columns<'_>) -> Stored<Option<Client>> {
    let Some(id) = columns.take::<Option<String>>()? else {
        columns.skip(16);
        return Ok(None);
    };
    let row = clients::Model {
        id,
        name: columns.take()?,
        client_type: columns.take()?,
        secret_hash: columns.take()?,
        grants: columns.take()?,
        scopes: columns.take()?,
        redirect_uris: columns.take()?,
        origins: columns.take()?,
        resources: columns.take()?,
        resource_server: columns.take()?,
        audiences: columns.take()?,
        rotation: columns.take()?,
        access_ttl: columns.take()?,
        refresh_ttl: columns.take()?,
        created_at: columns.take()?,
        previous_secret_hash: columns.take()?,
        previous_secret_until: columns.take()?,
    };
    Ok(Some(row.try_into()?))
}

fn counted(columns: &mut Columns<'_>) -> Stored<Option<Counted>> {
    let Some(failures) = columns.take::<Option<i64>>()? else {
        columns.skip(2);
        return Ok(None);
    };
    Ok(Some(Counted { failures, since: Timestamp(columns.take()?), retry_at: Timestamp(columns.take()?) }))
}

/// The token's line; the columns of the family stand in the order of the table.
fn line(columns: &mut Columns<'_>) -> Stored<Option<Line>> {
    let Some(id) = columns.take::<Option<String>>()? else {
        columns.skip(29);
        return Ok(None);
    };
    let family = token_families::Model {
        id,
        session_id: columns.take()?,
        user_id: columns.take()?,
        client_id: columns.take()?,
        scopes: columns.take()?,
        audience: columns.take()?,
        secret_key_id: columns.take()?,
        seed: columns.take()?,
        generation: columns.take()?,
        previous_generation: columns.take()?,
        rotated_at: columns.take()?,
        answered_at: columns.take()?,
        confirmed_at: columns.take()?,
        created_at: columns.take()?,
        expires_at: columns.take()?,
        revoked_at: columns.take()?,
        revoked_reason: columns.take()?,
    };
    let auth_time = Timestamp(columns.take()?);
    Ok(Some(Line { family: family.into(), auth_time, user: user(columns)? }))
}

/// The key that signs now.
fn signer(columns: &mut Columns<'_>) -> Stored<Option<Signer>> {
    let (kid, gone_at) = (columns.take::<Option<String>>()?, columns.take::<Option<i64>>()?);
    Ok(kid.map(|kid| Signer { kid, gone_at: gone_at.map(Timestamp) }))
}

/// The user of the line; the columns stand in the order of the table.
fn user(columns: &mut Columns<'_>) -> Stored<Option<User>> {
    let Some(id) = columns.take::<Option<String>>()? else {
        columns.skip(11);
        return Ok(None);
    };
    let row = users::Model {
        id,
        username: columns.take()?,
        username_key: columns.take()?,
        email: columns.take()?,
        email_key: columns.take()?,
        name: columns.take()?,
        picture: columns.take()?,
        roles: columns.take()?,
        password_hash: columns.take()?,
        email_verified: columns.take()?,
        created_at: columns.take()?,
        locked_at: columns.take()?,
    };
    Ok(Some(row.into()))
}
