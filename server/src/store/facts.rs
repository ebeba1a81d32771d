//! What is a request judged by? The caller, its throttle, the token's family, session, user and key, and the key that signs now:
//! all of it read in one query, at one moment.

use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable};

use super::{Read, Stored, lists};
use crate::model::client::{Client, ClientType, GrantType};
use crate::model::id::{FamilyId, SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
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
    /// The client that a token without a family was issued to.
    pub holder: Option<&'a str>,
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
    /// The `kid` of the key that signs now.
    pub signing_kid: Option<String>,
}

/// A family with its session and its user.
#[derive(Debug)]
pub struct Line {
    /// The family.
    pub family: TokenFamily,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// The user.
    pub user: User,
}

const FACTS: &str = "SELECT \
    c.id, c.name, c.client_type, c.secret_hash, c.grants, c.scopes, c.redirect_uris, c.origins, c.resources, \
    c.resource_server, c.audiences, c.rotation, c.access_ttl, c.refresh_ttl, c.created_at, \
    t.failures, t.since, t.retry_at, \
    f.id, f.session_id, f.user_id, f.client_id, f.scopes, f.audience, f.secret_key_id, f.seed, f.generation, f.previous_generation, \
    f.rotated_at, f.answered_at, f.confirmed_at, f.created_at, f.expires_at, f.revoked_at, f.revoked_reason, s.created_at, \
    u.username, u.email, u.name, u.picture, u.roles, u.password_hash, u.created_at, u.locked_at, \
    k.kid, r.jti, h.id, \
    (SELECT kid FROM signing_keys WHERE alg = $7 AND active_at <= $8 AND retired_at IS NULL ORDER BY active_at DESC, ordinal DESC LIMIT 1) \
    FROM (SELECT 1 AS one) one \
    LEFT JOIN clients c ON c.id = $1 \
    LEFT JOIN throttles t ON t.key = $2 \
    LEFT JOIN token_families f ON f.id = $3 \
    LEFT JOIN sessions s ON s.id = f.session_id \
    LEFT JOIN users u ON u.id = f.user_id \
    LEFT JOIN signing_keys k ON k.kid = $4 \
    LEFT JOIN revoked_tokens r ON r.jti = $5 \
    LEFT JOIN clients h ON h.id = $6";

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
            wanted.holder.into(),
            wanted.signing_alg.map(SigningAlg::as_str).into(),
            now.0.into(),
        ];
        let statement = Statement::from_sql_and_values(executor.get_database_backend(), FACTS, values);
        let Some(row) = executor.query_one_raw(statement).await? else {
            return Err(super::StoreError::Broken("one row was asked for, none came".to_owned()));
        };
        let mut columns = Columns { row: &row, next: 0 };
        Ok(Facts {
            client: client(&mut columns)?,
            counted: counted(&mut columns)?,
            line: line(&mut columns)?,
            key_is_good: columns.take::<Option<String>>()?.is_some(),
            jti_is_revoked: columns.take::<Option<String>>()?.is_some(),
            holder_is_there: columns.take::<Option<String>>()?.is_some(),
            signing_kid: columns.take()?,
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

    fn time(&mut self) -> Stored<Timestamp> {
        Ok(Timestamp(self.take()?))
    }

    fn maybe_time(&mut self) -> Stored<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp))
    }

    fn words(&mut self) -> Stored<Vec<String>> {
        Ok(lists::split(&self.take::<String>()?))
    }

    fn scopes(&mut self) -> Stored<Scopes> {
        Ok(Scopes::parse(&self.take::<String>()?).unwrap_or_default())
    }
}

fn client(columns: &mut Columns<'_>) -> Stored<Option<Client>> {
    let Some(id) = columns.take::<Option<String>>()? else {
        columns.skip(14);
        return Ok(None);
    };
    Ok(Some(Client {
        id,
        name: columns.take()?,
        client_type: ClientType::parse(&columns.take::<String>()?).unwrap_or(ClientType::Public),
        secret_hash: columns.take::<Option<String>>()?.map(Secret::new),
        grants: columns.take::<String>()?.split_ascii_whitespace().filter_map(GrantType::parse).collect(),
        scopes: columns.scopes()?,
        redirect_uris: columns.words()?,
        origins: columns.words()?,
        resources: columns.words()?,
        resource_server: columns.take()?,
        audiences: columns.words()?,
        rotation: columns.take()?,
        access_ttl: columns.take()?,
        refresh_ttl: columns.take()?,
        created_at: columns.time()?,
    }))
}

fn counted(columns: &mut Columns<'_>) -> Stored<Option<Counted>> {
    let Some(failures) = columns.take::<Option<i64>>()? else {
        columns.skip(2);
        return Ok(None);
    };
    Ok(Some(Counted { failures, since: columns.time()?, retry_at: columns.time()? }))
}

fn line(columns: &mut Columns<'_>) -> Stored<Option<Line>> {
    let Some(id) = columns.take::<Option<String>>()? else {
        columns.skip(25);
        return Ok(None);
    };
    let family = TokenFamily {
        id: FamilyId::stored(id),
        session_id: SessionId::stored(columns.take()?),
        user_id: UserId::stored(columns.take()?),
        client_id: columns.take()?,
        scopes: columns.scopes()?,
        audience: columns.words()?,
        secret_key_id: columns.take()?,
        seed: Secret::new(columns.take()?),
        generation: columns.take()?,
        previous_generation: columns.take()?,
        rotated_at: columns.time()?,
        answered_at: columns.time()?,
        confirmed_at: columns.maybe_time()?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
        revoked_at: columns.maybe_time()?,
        revoked_reason: columns.take::<Option<String>>()?.as_deref().and_then(Reason::parse),
    };
    let auth_time = columns.time()?;
    let user = User {
        id: family.user_id.clone(),
        username: columns.take()?,
        email: columns.take()?,
        name: columns.take()?,
        picture: columns.take()?,
        roles: columns.words()?,
        password_hash: Secret::new(columns.take()?),
        created_at: columns.time()?,
        locked_at: columns.maybe_time()?,
    };
    Ok(Some(Line { family, auth_time, user }))
}
