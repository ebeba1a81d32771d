//! Which lines of refresh tokens are there, and how does one move on? Table `token_families`: the guarded statements of the confirmed handover.
//!
//! Each judgement of [`TokenFamily`] has its condition in its own statement, so a row that has changed since it was judged is not touched.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::sea_query::{SelectStatement, SimpleExpr};
use sea_orm::{ActiveValue::Set, QuerySelect, QueryTrait, UpdateMany};

use super::{Batch, Read, Store, Stored, Write, lists};
use crate::model::id::{FamilyId, SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::{TokenFamily, WINDOWS_OPEN};

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "token_families")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: String,
    pub(super) session_id: String,
    pub(super) user_id: String,
    pub(super) client_id: String,
    pub(super) scopes: String,
    pub(super) audience: String,
    pub(super) secret_key_id: String,
    pub(super) seed: Vec<u8>,
    pub(super) generation: i64,
    pub(super) previous_generation: i64,
    pub(super) rotated_at: i64,
    pub(super) answered_at: i64,
    pub(super) confirmed_at: Option<i64>,
    pub(super) created_at: i64,
    pub(super) expires_at: i64,
    pub(super) revoked_at: Option<i64>,
    pub(super) revoked_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for TokenFamily {
    fn from(row: Model) -> Self {
        Self {
            id: FamilyId::stored(row.id),
            session_id: SessionId::stored(row.session_id),
            user_id: UserId::stored(row.user_id),
            client_id: row.client_id,
            scopes: Scopes::parse(&row.scopes).unwrap_or_default(),
            audience: lists::split(&row.audience),
            secret_key_id: row.secret_key_id,
            seed: Secret::new(row.seed),
            generation: row.generation,
            previous_generation: row.previous_generation,
            rotated_at: Timestamp(row.rotated_at),
            answered_at: Timestamp(row.answered_at),
            confirmed_at: row.confirmed_at.map(Timestamp),
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            revoked_at: row.revoked_at.map(Timestamp),
            revoked_reason: row.revoked_reason.as_deref().and_then(Reason::parse),
        }
    }
}

/// The row `id` as long as nobody has ended it: the guard that every row of the table shares.
fn living(id: &FamilyId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id.as_str())).filter(Column::RevokedAt.is_null())
}

/// Makes `generation` the newest, handed out now.
fn made(update: UpdateMany<Entity>, generation: i64, now: Timestamp) -> UpdateMany<Entity> {
    update
        .col_expr(Column::Generation, Expr::value(generation))
        .col_expr(Column::RotatedAt, Expr::value(now.0))
        .col_expr(Column::AnsweredAt, Expr::value(now.0))
        .col_expr(Column::ConfirmedAt, Expr::value(None::<i64>))
}

/// The later of `answered_at` and `now`: two nodes' clocks differ.
fn later_of_answered_and(now: Timestamp) -> SimpleExpr {
    Expr::case(Column::AnsweredAt.lt(now.0), now.0).finally(Expr::col(Column::AnsweredAt)).into()
}

/// Every family that is alive: one that time or idleness has ended keeps that reason.
fn alive(now: Timestamp, idle_ttl: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now.0))
        .filter(Column::AnsweredAt.gt(now.minus(idle_ttl).0))
}

fn ending(update: UpdateMany<Entity>, now: Timestamp, reason: Reason) -> UpdateMany<Entity> {
    update.col_expr(Column::RevokedAt, Expr::value(now.0)).col_expr(Column::RevokedReason, Expr::value(reason.as_str()))
}

/// The sessions in which a client has held tokens: found by an index, unlike the sessions that name it.
pub(super) fn sessions_of_client(client_id: &str) -> SelectStatement {
    Entity::find().select_only().column(Column::SessionId).filter(Column::ClientId.eq(client_id)).into_query()
}

impl Read {
    /// When users last got tokens: of these, or of all who ever did.
    pub(crate) async fn list_last_seen(&self, users: Option<&[&UserId]>) -> Stored<Vec<(UserId, Timestamp)>> {
        let mut query = Entity::find()
            .select_only()
            .column(Column::UserId)
            .column_as(Column::AnsweredAt.max(), "at")
            .group_by(Column::UserId);
        if let Some(users) = users {
            query = query.filter(Column::UserId.is_in(users.iter().map(|user| user.as_str())));
        }
        let rows: Vec<(String, i64)> = query.into_tuple().all(&self.executor()).await?;
        Ok(rows.into_iter().map(|(id, at)| (UserId::stored(id), Timestamp(at))).collect())
    }

    /// The family of this id.
    pub(crate) async fn find_family(&self, id: &FamilyId) -> Stored<Option<TokenFamily>> {
        Ok(Entity::find_by_id(id.as_str()).one(&self.executor()).await?.map(TokenFamily::from))
    }

    /// Whether a family of this session has not been ended by decision.
    pub(crate) async fn has_open_family(&self, session: &SessionId) -> Stored<bool> {
        let open = Entity::find().filter(Column::SessionId.eq(session.as_str())).filter(Column::RevokedAt.is_null());
        Ok(open.one(&self.executor()).await?.is_some())
    }
}

impl Write {
    /// Adds a family.
    pub(crate) async fn insert_family(&self, family: &TokenFamily) -> Stored<()> {
        let row = ActiveModel {
            id: Set(family.id.to_string()),
            session_id: Set(family.session_id.to_string()),
            user_id: Set(family.user_id.to_string()),
            client_id: Set(family.client_id.clone()),
            scopes: Set(family.scopes.to_string()),
            audience: Set(lists::join(&family.audience)),
            secret_key_id: Set(family.secret_key_id.clone()),
            seed: Set(family.seed.expose().clone()),
            generation: Set(family.generation),
            previous_generation: Set(family.previous_generation),
            rotated_at: Set(family.rotated_at.0),
            answered_at: Set(family.answered_at.0),
            confirmed_at: Set(family.confirmed_at.map(|at| at.0)),
            created_at: Set(family.created_at.0),
            expires_at: Set(family.expires_at.0),
            revoked_at: Set(None),
            revoked_reason: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.executor()).await?;
        Ok(())
    }

    /// Generation `n` was presented: the next becomes the newest. False if it is not the newest any more.
    pub(crate) async fn step_family(&self, id: &FamilyId, n: i64, now: Timestamp) -> Stored<bool> {
        let update = made(living(id), n + 1, now)
            .col_expr(Column::PreviousGeneration, Expr::value(n))
            .filter(Column::Generation.eq(n));
        self.moved(update).await
    }

    /// Generation `n` is handed out again to one who presented `g`, the one before, within the window.
    pub(crate) async fn answer_family_again(
        &self,
        id: &FamilyId,
        n: i64,
        g: i64,
        now: Timestamp,
        window: i64,
    ) -> Stored<bool> {
        let update = living(id)
            .col_expr(Column::AnsweredAt, later_of_answered_and(now))
            .filter(Column::Generation.eq(n))
            .filter(Column::PreviousGeneration.eq(g))
            .filter(Column::AnsweredAt.gte(now.minus(window).0))
            .filter(Column::RotatedAt.gte(now.minus(window.saturating_mul(WINDOWS_OPEN)).0));
        self.moved(update).await
    }

    /// Generation `n` is handed out again and again, since the client's tokens do not rotate.
    pub(crate) async fn keep_family(&self, id: &FamilyId, n: i64, now: Timestamp) -> Stored<bool> {
        let update =
            living(id).col_expr(Column::AnsweredAt, later_of_answered_and(now)).filter(Column::Generation.eq(n));
        self.moved(update).await
    }

    /// `g`, the one before, was presented late and `n` never arrived: `n` is abandoned for the next.
    pub(crate) async fn retry_family(
        &self,
        id: &FamilyId,
        n: i64,
        g: i64,
        now: Timestamp,
        window: i64,
    ) -> Stored<bool> {
        let update = made(living(id), n + 1, now)
            .filter(Column::Generation.eq(n))
            .filter(Column::PreviousGeneration.eq(g))
            .filter(Column::ConfirmedAt.is_null())
            .filter(Column::AnsweredAt.lt(now.minus(window).0));
        self.moved(update).await
    }

    /// `g` was presented, which this database has not made yet: it went back, and catches up.
    pub(crate) async fn catch_family_up(&self, id: &FamilyId, g: i64, now: Timestamp) -> Stored<bool> {
        let update = made(living(id), g + 1, now)
            .col_expr(Column::PreviousGeneration, Expr::value(g))
            .filter(Column::Generation.lt(g));
        self.moved(update).await
    }

    /// `g` was presented, which had been replaced: the family ends.
    pub(crate) async fn end_family_of_replay(
        &self,
        id: &FamilyId,
        g: i64,
        now: Timestamp,
        window: i64,
    ) -> Stored<bool> {
        let superseded = Column::ConfirmedAt.is_not_null().and(Column::AnsweredAt.lt(now.minus(window).0));
        let update = ending(living(id), now, Reason::RefreshTokenReused)
            .filter(Column::Generation.gt(g))
            .filter(Column::PreviousGeneration.ne(g).or(superseded));
        self.moved(update).await
    }

    /// Generation `k` was seen alive: it has arrived. True the first time.
    pub(crate) async fn confirm_family(&self, id: &FamilyId, k: i64, now: Timestamp) -> Stored<bool> {
        let update = living(id)
            .col_expr(Column::ConfirmedAt, Expr::value(now.0))
            .filter(Column::Generation.eq(k))
            .filter(Column::ConfirmedAt.is_null());
        self.moved(update).await
    }

    /// Ends a family; false if it was ended already.
    pub(crate) async fn revoke_family(&self, id: &FamilyId, now: Timestamp, reason: Reason) -> Stored<bool> {
        self.moved(ending(living(id), now, reason)).await
    }

    /// Ends the living families of a session; false if there was none.
    pub(crate) async fn revoke_families_of_session(
        &self,
        session: &SessionId,
        now: Timestamp,
        idle_ttl: i64,
        reason: Reason,
    ) -> Stored<bool> {
        self.moved(ending(alive(now, idle_ttl).filter(Column::SessionId.eq(session.as_str())), now, reason)).await
    }

    /// Ends the living families of a user, but for those of the session `spared`.
    pub(crate) async fn revoke_families_of_user(
        &self,
        user: &UserId,
        spared: Option<&SessionId>,
        now: Timestamp,
        idle_ttl: i64,
        reason: Reason,
    ) -> Stored<()> {
        let mut update = alive(now, idle_ttl).filter(Column::UserId.eq(user.as_str()));
        if let Some(spared) = spared {
            update = update.filter(Column::SessionId.ne(spared.as_str()));
        }
        self.moved(ending(update, now, reason)).await.map(drop)
    }

    /// Ends the living families that a client holds.
    pub(crate) async fn revoke_families_of_client(
        &self,
        client_id: &str,
        now: Timestamp,
        idle_ttl: i64,
        reason: Reason,
    ) -> Stored<()> {
        self.moved(ending(alive(now, idle_ttl).filter(Column::ClientId.eq(client_id)), now, reason)).await.map(drop)
    }

    /// Ends every living family there is.
    pub(crate) async fn revoke_every_family(&self, now: Timestamp, idle_ttl: i64, reason: Reason) -> Stored<()> {
        self.moved(ending(alive(now, idle_ttl), now, reason)).await.map(drop)
    }

    async fn moved(&self, update: UpdateMany<Entity>) -> Stored<bool> {
        Ok(update.exec(&self.executor()).await?.rows_affected > 0)
    }
}

impl Store {
    /// Deletes families that ended at `by` or before, by decision, time or idleness: among the next after the key `after`.
    pub(crate) async fn delete_expired_families(&self, after: String, by: Timestamp, idle_ttl: i64) -> Stored<Batch> {
        let by_itself = Column::ExpiresAt.lte(by.0).or(Column::AnsweredAt.lte(by.minus(idle_ttl).0));
        let ended = Column::RevokedAt.lte(by.0).or(Column::RevokedAt.is_null().and(by_itself));
        // An id begins with the moment of birth, and what was born later cannot have ended by then: on a busy server, most of the table.
        let old = Entity::find().filter(Column::Id.lt(FamilyId::first_after(by).as_str()));
        self.delete_along(old, Column::Id, after, ended).await
    }
}
