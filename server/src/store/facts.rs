//! What is a request judged by? The caller, its throttle, the token's family, session, user and key, and the key that signs now:
//! all of it read in one query, at one moment.

use sea_orm::{ConnectionTrait, QueryResult, Statement};

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
    c.id AS c_id, c.name AS c_name, c.client_type, c.secret_hash, c.grants, c.scopes AS c_scopes, c.redirect_uris, c.origins, c.resources, \
    c.resource_server, c.audiences, c.rotation, c.access_ttl, c.refresh_ttl, c.created_at AS c_created_at, \
    t.failures, t.since, t.retry_at, \
    f.id AS f_id, f.session_id, f.client_id, f.scopes, f.audience, f.secret_key_id, f.seed, f.generation, f.previous_generation, f.rotated_at, \
    f.answered_at, f.confirmed_at, f.created_at, f.expires_at, f.revoked_at, f.revoked_reason, s.created_at AS auth_time, \
    u.id AS u_id, u.username, u.email, u.name, u.picture, u.roles, u.password_hash, u.created_at AS u_created_at, u.locked_at, \
    k.kid, r.jti, h.id AS holder, \
    (SELECT kid FROM signing_keys WHERE alg = $7 AND active_at <= $8 AND retired_at IS NULL ORDER BY active_at DESC, ordinal DESC LIMIT 1) AS signing_kid \
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
        Ok(Facts {
            client: client(&row)?,
            counted: counted(&row)?,
            line: line(&row)?,
            key_is_good: row.try_get::<Option<String>>("", "kid")?.is_some(),
            jti_is_revoked: row.try_get::<Option<String>>("", "jti")?.is_some(),
            holder_is_there: row.try_get::<Option<String>>("", "holder")?.is_some(),
            signing_kid: row.try_get("", "signing_kid")?,
        })
    }
}

fn client(row: &QueryResult) -> Stored<Option<Client>> {
    let Some(id) = row.try_get::<Option<String>>("", "c_id")? else { return Ok(None) };
    let text = |column: &str| row.try_get::<String>("", column);
    Ok(Some(Client {
        id,
        name: row.try_get("", "c_name")?,
        client_type: ClientType::parse(&text("client_type")?).unwrap_or(ClientType::Public),
        secret_hash: row.try_get::<Option<String>>("", "secret_hash")?.map(Secret::new),
        grants: text("grants")?.split_ascii_whitespace().filter_map(GrantType::parse).collect(),
        scopes: Scopes::parse(&text("c_scopes")?).unwrap_or_default(),
        redirect_uris: lists::split(&text("redirect_uris")?),
        origins: lists::split(&text("origins")?),
        resources: lists::split(&text("resources")?),
        resource_server: row.try_get("", "resource_server")?,
        audiences: lists::split(&text("audiences")?),
        rotation: row.try_get("", "rotation")?,
        access_ttl: row.try_get("", "access_ttl")?,
        refresh_ttl: row.try_get("", "refresh_ttl")?,
        created_at: Timestamp(row.try_get("", "c_created_at")?),
    }))
}

fn counted(row: &QueryResult) -> Stored<Option<Counted>> {
    let Some(failures) = row.try_get::<Option<i64>>("", "failures")? else { return Ok(None) };
    Ok(Some(Counted {
        failures,
        since: Timestamp(row.try_get("", "since")?),
        retry_at: Timestamp(row.try_get("", "retry_at")?),
    }))
}

fn line(row: &QueryResult) -> Stored<Option<Line>> {
    let Some(id) = row.try_get::<Option<String>>("", "f_id")? else { return Ok(None) };
    let text = |column: &str| row.try_get::<String>("", column);
    let time = |column: &str| row.try_get::<i64>("", column).map(Timestamp);
    let maybe = |column: &str| row.try_get::<Option<i64>>("", column).map(|at| at.map(Timestamp));
    let user = User {
        id: UserId::stored(text("u_id")?),
        username: text("username")?,
        email: text("email")?,
        name: row.try_get("", "name")?,
        picture: row.try_get("", "picture")?,
        roles: lists::split(&text("roles")?),
        password_hash: Secret::new(text("password_hash")?),
        created_at: time("u_created_at")?,
        locked_at: maybe("locked_at")?,
    };
    let family = TokenFamily {
        id: FamilyId::stored(id),
        session_id: SessionId::stored(text("session_id")?),
        user_id: user.id.clone(),
        client_id: text("client_id")?,
        scopes: Scopes::parse(&text("scopes")?).unwrap_or_default(),
        audience: lists::split(&text("audience")?),
        secret_key_id: text("secret_key_id")?,
        seed: Secret::new(row.try_get("", "seed")?),
        generation: row.try_get("", "generation")?,
        previous_generation: row.try_get("", "previous_generation")?,
        rotated_at: time("rotated_at")?,
        answered_at: time("answered_at")?,
        confirmed_at: maybe("confirmed_at")?,
        created_at: time("created_at")?,
        expires_at: time("expires_at")?,
        revoked_at: maybe("revoked_at")?,
        revoked_reason: row.try_get::<Option<String>>("", "revoked_reason")?.as_deref().and_then(Reason::parse),
    };
    Ok(Some(Line { family, auth_time: time("auth_time")?, user }))
}
