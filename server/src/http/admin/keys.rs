//! `/api/v1/admin/keys`: what tokens are signed with.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::admit;
use crate::flows::{Flows, Page};
use crate::http::bearer::Bearer;
use crate::http::error::{ProblemRefused, Refused};
use crate::http::json::{JsonBody, Kind, Member, Members};
use crate::http::lists::LIMIT;
use crate::http::{Tag, time};
use crate::model::signing_key::SealedKey;
use crate::model::timestamp::Timestamp;

/// The endpoints.
pub struct AdminKeysApi;

/// A signing key.
#[derive(Debug, Object)]
#[oai(rename = "Key")]
pub struct KeyAnswer {
    /// Its name in tokens and in the JWKS.
    kid: String,
    /// The algorithm.
    alg: String,
    /// `announced`: others can learn it; `active`: it signs; `retired`: what it signed is good; `gone`: not even that.
    state: String,
    /// When it was made.
    created_at: time::DateTime,
    /// From when on it signs.
    active_at: time::DateTime,
    /// From when on it signs no more.
    #[oai(nullable)]
    retired_at: Option<time::DateTime>,
}

/// Signing keys, newest first.
#[derive(Debug, Object)]
pub struct KeyList {
    /// The keys.
    items: Vec<KeyAnswer>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// How keys are rotated.
#[derive(Object)]
pub struct Rotation {
    /// For a leak: the new keys sign now, and what any other signed is refused from now on. Otherwise they are announced first.
    now: Option<bool>,
}

impl Members for Rotation {
    const MEMBERS: &'static [Member] = &[Member::new("now", Kind::Flag)];
    const OPTIONAL: bool = true;
}

/// What a rotation brings.
#[derive(ApiResponse)]
pub enum Rotated {
    /// The new keys.
    #[oai(status = 201, content_type = "application/json")]
    Created(Json<KeyList>),
}

impl KeyAnswer {
    fn new(key: &SealedKey, now: Timestamp) -> Self {
        Self {
            kid: key.kid.clone(),
            alg: key.alg.as_str().to_owned(),
            state: key.state(now).as_str().to_owned(),
            created_at: time::at(key.created_at),
            active_at: time::at(key.active_at),
            retired_at: key.retired_at.map(time::at),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1/admin")]
impl AdminKeysApi {
    /// All signing keys
    ///
    /// Newest first; those that are gone stay on the list.
    #[oai(path = "/keys", method = "get", tag = "Tag::Administration", operation_id = "listKeys")]
    async fn list(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<KeyList>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let (page, now) = flows.page_keys(limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(|key| KeyAnswer::new(&key, now));
        Ok(Json(KeyList { items, next_cursor }))
    }

    /// A signing key
    ///
    /// Its state, and since when; never its private half.
    #[oai(path = "/keys/:kid", method = "get", tag = "Tag::Administration", operation_id = "getKey")]
    async fn show(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The key's name.
        kid: Path<String>,
    ) -> Result<Json<KeyAnswer>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let (keys, now) = flows.list_keys().await.map_err(Refused::from)?;
        let key = keys.iter().find(|key| key.kid == kid.0).ok_or_else(Refused::not_found)?;
        Ok(Json(KeyAnswer::new(key, now)))
    }

    /// Rotate the signing keys
    ///
    /// Makes a successor for each key in use. It is announced for as long as others may keep the JWKS, then signs; what its predecessor
    /// signed stays good until it expires.
    #[oai(path = "/keys", method = "post", tag = "Tag::Administration", operation_id = "rotateKeys")]
    async fn rotate(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        body: JsonBody<Rotation>,
    ) -> Result<Rotated, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let Rotation { now } = body.read()?;
        let made = flows.rotate_keys(now.unwrap_or_default(), by).await?;
        let items = made.iter().map(|key| KeyAnswer::new(key, key.created_at)).collect();
        Ok(Rotated::Created(Json(KeyList { items, next_cursor: None })))
    }
}
