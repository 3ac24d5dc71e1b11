//! Who the shoppers are: which identifiers are one person, what each person is like, and who belongs together.
//!
//! It decides identity, profiles, tags and segments. It must never learn how events are collected, what an order is
//! made of, nor what anybody sends to a segment.

pub mod erasing;
pub mod identity;
mod json;
mod kept;
mod known_by;
pub mod likeness;
pub mod needs;
pub mod profile;
pub mod projection;
pub mod segments;
mod shopper_key;
pub mod shoppers;
pub mod standing;
pub mod storefront;
mod tables;
pub mod tags;
#[cfg(test)]
mod testing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use fanvine_kernel::{Clock, Zone};
use fanvine_lake::Lake;
use fanvine_store::{Migration, Store};
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use identity::Identity;
use segments::state::Segments;
use shoppers::{LoadError, Shoppers, list_people, show_person, show_timeline};
use tags::recount::Recount;

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    identity::MIGRATIONS[0],
    Migration { name: "people/0002_shoppers", sql: include_str!("../migrations/0002_shoppers.sql") },
    Migration { name: "people/0003_segments", sql: include_str!("../migrations/0003_segments.sql") },
    tags::MIGRATIONS[0],
    erasing::MIGRATIONS[0],
    identity::MIGRATIONS[1],
    storefront::MIGRATIONS[0],
    Migration {
        name: "people/0008_chunks_in_versions",
        sql: include_str!("../migrations/0008_chunks_in_versions.sql"),
    },
    Migration { name: "people/0009_segment_changes", sql: include_str!("../migrations/0009_segment_changes.sql") },
];

/// The room's state.
pub struct People {
    store: Store,
    lake: Lake,
    clock: Arc<dyn Clock>,
    zone: Zone,
    identity: Arc<Identity>,
    shoppers: RwLock<Shoppers>,
    pub(crate) segments: Segments,
    /// Held while what was learnt is on its way to the store.
    saving: tokio::sync::Mutex<()>,
    /// Held while the tags are changed.
    tagging: tokio::sync::Mutex<()>,
    /// Everybody counted anew, while they are.
    recount: Mutex<Option<Recount>>,
    recount_due: Notify,
}

impl People {
    /// Everybody as saved in a store that holds [`MIGRATIONS`]. Timelines are read from `lake`; days begin in `zone`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(store: Store, lake: Lake, clock: Arc<dyn Clock>, zone: Zone) -> Result<Self, LoadError> {
        let identity = Arc::new(Identity::open(store.clone(), clock.clone()).await?);
        let (tags, before) = tags::versions::load(&store).await?;
        let mut shoppers = Shoppers::load(&store, tags, &before).await?;
        let segments = Segments::load(&store, &mut shoppers, zone).await?;
        let shoppers = RwLock::new(shoppers);
        Ok(Self {
            store,
            lake,
            clock,
            zone,
            identity,
            shoppers,
            segments,
            saving: tokio::sync::Mutex::default(),
            tagging: tokio::sync::Mutex::default(),
            recount: Mutex::default(),
            recount_due: Notify::default(),
        })
    }

    /// Which identifiers are one person.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Everybody as of now, for as long as the answer is held.
    pub(crate) fn shoppers(&self) -> RwLockReadGuard<'_, Shoppers> {
        self.shoppers.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn recounting(&self) -> MutexGuard<'_, Option<Recount>> {
        self.recount.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn shoppers_mut(&self) -> RwLockWriteGuard<'_, Shoppers> {
        self.shoppers.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The room's routes.
pub fn router(state: Arc<People>) -> OpenApiRouter {
    let identity = identity::router(state.identity.clone());
    let segmented = state.clone();
    let standing = standing::router(state.clone());
    let tags = tags::router(state.clone());
    let erasing = erasing::router(state.clone());
    let needs = needs::router(state.clone());
    let likeness = likeness::router(state.clone());
    OpenApiRouter::new()
        .routes(routes!(list_people::list_people))
        .routes(routes!(show_person::show_person))
        .routes(routes!(show_timeline::show_timeline))
        .with_state(state)
        .merge(identity)
        .merge(segments::router(segmented))
        .merge(standing)
        .merge(tags)
        .merge(erasing)
        .merge(needs)
        .merge(likeness)
}
