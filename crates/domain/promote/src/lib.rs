//! Offers and what a cart costs with them: coupons, thresholds, bundles, flash sales, prices for members and for a time.
//!
//! It decides which offers apply to a cart, what each takes off every single unit, what a reservation takes of what is
//! limited, and what comes back when goods do. It must never learn how a shopper came to be in a segment, nor how an order
//! is paid or shipped.

mod announce;
mod books;
pub mod checkout;
pub mod codes;
pub mod offers;
pub mod quote;

use std::sync::Arc;

use fanvine_kernel::{Clock, Entropy, Zone};
use fanvine_ledger::Lane;
use fanvine_store::{Migration, Store, StoreError};
use tokio::sync::Mutex;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use offers::shelf::Shelf;
use quote::Rulebook;

/// The tables of this room. It needs the ledger's beside them.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "promote/0001_offers", sql: include_str!("../migrations/0001_offers.sql") }];

/// Lots that expire in one transaction, so that others get their turn between.
const LOTS_AT_ONCE: u32 = 500;

/// The lock whoever changes offers holds.
pub(crate) const LOCK: &str = "offers";

/// The room's state.
pub struct Promote {
    pub(crate) store: Store,
    pub(crate) lane: Lane,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) zone: Zone,
    /// The published offers. Read anew whenever one is published or withdrawn.
    pub(crate) shelf: Arc<Shelf>,
    /// Held while the ledger is proved.
    pub(crate) proving: Mutex<()>,
}

impl Promote {
    /// The room over a store that holds [`MIGRATIONS`] and the ledger's. Must be called inside a tokio runtime.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        zone: Zone,
    ) -> Result<Self, StoreError> {
        let lane = Lane::start(store.clone(), clock.clone());
        let shelf = Arc::new(Shelf::new(store.clone()));
        shelf.read_anew().await?;
        Ok(Self { store, lane, clock, entropy, zone, shelf, proving: Mutex::default() })
    }

    /// The published offers.
    pub(crate) fn offers(&self) -> Arc<Rulebook> {
        self.shelf.now()
    }

    /// Releases reservations that are over, and tells of them, and lets lots expire, until nothing is left to do.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        loop {
            let swept = self.store.write(move |tx| Box::pin(fanvine_ledger::sweep(tx, now, LOTS_AT_ONCE))).await?;
            if swept.expired == 0 {
                return announce::lapsed(&self.store, now).await;
            }
        }
    }
}

/// The room's routes.
pub fn router(state: Arc<Promote>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(offers::list_offers::list_offers))
        .routes(routes!(offers::list_offers::get_offer, offers::put_offer::put_offer))
        .routes(routes!(offers::put_offer::put_offer_group))
        .routes(routes!(offers::publish_offer::publish_offer))
        .routes(routes!(offers::publish_offer::withdraw_offer))
        .routes(routes!(codes::make_codes::make_codes))
        .routes(routes!(codes::get_code::get_code))
        .routes(routes!(checkout::quote_cart::quote_cart))
        .routes(routes!(checkout::reserve::reserve_offers))
        .routes(routes!(checkout::settle::get_redemption))
        .routes(routes!(checkout::settle::redeem))
        .routes(routes!(checkout::settle::roll_back))
        .routes(routes!(checkout::return_goods::return_goods))
        .routes(routes!(books::show_proof::show_ledger_proof))
        .routes(routes!(books::show_account::show_ledger_account))
        .with_state(state)
}
