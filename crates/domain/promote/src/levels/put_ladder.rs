//! `GET` and `PUT /api/v1/levels`: the levels of the shop, and how one comes to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::Serialize;
use serde_json::json;

use super::decide::Version;
use super::{Ladder, none, store};
use crate::offers::Offer;
use crate::{Promote, announce};

/// The levels as they are in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LevelsView {
    /// Their version, from 1.
    pub version: i64,
    /// From when on they are in force.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The levels, and how one comes to them.
    pub ladder: Ladder,
    /// What each level has, from the lowest to the highest.
    pub standing: Vec<LevelStanding>,
}

/// What a level has.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LevelStanding {
    /// The level.
    pub level: String,
    /// How many shoppers hold it, as it was decided last.
    pub members: i64,
    /// The published offers that ask for it.
    pub offers: Vec<LevelOffer>,
}

/// An offer that asks for a level.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct LevelOffer {
    /// The offer.
    pub offer_id: String,
    /// What people call it.
    pub name: String,
}

/// Show the levels
#[utoipa::path(
    get, path = "/api/v1/levels", tag = "promote", operation_id = "get_levels",
    responses(
        (status = 200, description = "The levels", body = LevelsView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_levels(State(promote): State<Arc<Promote>>) -> Answer<Json<LevelsView>> {
    Ok(Json(promote.levels().await?))
}

/// Set the levels
///
/// They are in force from now on, for everybody: a level of the same name is held on until its period ends, one there is no
/// more is lost to the level in its place if that is kept, and whoever has grown enough for a higher one has it at once.
#[utoipa::path(
    put, path = "/api/v1/levels", tag = "promote", operation_id = "put_levels",
    request_body = Ladder,
    responses(
        (status = 200, description = "The levels", body = LevelsView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_levels(
    State(promote): State<Arc<Promote>>,
    Body(ladder): Body<Ladder>,
) -> Answer<Json<LevelsView>> {
    ladder.check().map_err(|error| Problem::new(Code::InvalidLevels, error.to_string()))?;
    let now = promote.clock.now();
    let saving = promote.store.write(move |tx| {
        Box::pin(async move {
            tx.lock("levels").await?;
            let before = store::ladders(tx).await?.0.pop();
            if before.as_ref().is_some_and(|before| before.ladder == ladder) {
                return Ok(());
            }
            let (number, after) = before.map_or((0, now), |before| (before.number, before.since.plus_micros(1)));
            let version = Version { number: number + 1, since: now.max(after), ladder };
            store::save_ladder(tx, &version).await?;
            let name = names::LEVELS_CHANGED;
            let about = json!({ "version": version.number, "levels": version.ladder.levels });
            tx.emit(&announce::event(name, format!("{name}/{}", version.number), now, &about)).await?;
            Ok::<_, StoreError>(())
        })
    });
    saving.await.map_err(Problem::from)?;
    Ok(Json(promote.levels().await?))
}

impl Promote {
    async fn levels(&self) -> Result<LevelsView, Problem> {
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let last = store::ladders(tx).await?.0.pop();
                Ok::<(Option<Version>, BTreeMap<String, i64>), StoreError>((last, store::counts(tx).await?))
            })
        });
        let (last, members) = read.await.map_err(Problem::from)?;
        let Version { number: version, since, ladder } = last.ok_or_else(none)?;
        let standing = ladder.levels.iter().map(|level| LevelStanding {
            level: level.level.clone(),
            members: members.get(&level.level).copied().unwrap_or_default(),
            offers: self.offers_for(&level.level),
        });
        let standing = standing.collect();
        Ok(LevelsView { version, since, ladder, standing })
    }

    /// The published offers that ask for a level.
    pub(crate) fn offers_for(&self, level: &str) -> Vec<LevelOffer> {
        let book = self.offers();
        let asks = |offer: &&Offer| offer.terms.audience.levels.contains(level);
        let shown = |offer: &Offer| LevelOffer { offer_id: offer.offer_id.clone(), name: offer.terms.name.clone() };
        book.offers().iter().filter(asks).map(shown).collect()
    }
}
