//! From the log to the catalogue and the orders.
//!
//! Its offset is saved with what it changed, so a replay or a crash changes nothing. An event it cannot understand
//! goes to `commerce_rejections` with the reason, and the rest goes on.

use fanvine_kernel::event::names;
use fanvine_kernel::{Currency, Event, EventKind, Money};
use fanvine_store::{StoreError, Tx, Value, args};

use crate::catalogue::{self, Sighting};
use crate::orders;
use crate::orders::facts::{Fact, FactKind};
use crate::payload::{PayloadError, Said};
use crate::{Commerce, LOCK};

/// The name under which the projection keeps its offset.
pub const CONSUMER: &str = "commerce";

/// What one event says, and where it stands in the log.
enum Word {
    Order(String, Box<Fact>),
    Product(Box<Sighting>),
    Rejected(Vec<Value>),
}

impl Commerce {
    /// The offset of the log that the projection wants next.
    pub async fn position(&self) -> Result<u64, StoreError> {
        self.store.read(|tx| Box::pin(async move { Ok(tx.offset(CONSUMER).await?.unwrap_or(0)) })).await
    }

    /// Takes in events of the log, each with its offset, in order. `next` is the offset to go on from. Events that
    /// were taken in before change nothing.
    pub async fn apply(&self, events: &[(u64, Event)], next: u64) -> Result<(), StoreError> {
        let words: Vec<(u64, Word)> =
            events.iter().flat_map(|(offset, event)| read(*offset, event, self.currency)).collect();
        self.store.write(move |tx| Box::pin(take_in(tx, words, next))).await
    }
}

async fn take_in(tx: &mut Tx, words: Vec<(u64, Word)>, next: u64) -> Result<(), StoreError> {
    tx.lock(LOCK).await?;
    let from = tx.offset(CONSUMER).await?.unwrap_or(0);
    if next <= from {
        return Ok(());
    }
    let (mut facts, mut sightings, mut rejections) = (Vec::new(), Vec::new(), Vec::new());
    for (_, word) in words.into_iter().filter(|(offset, _)| *offset >= from) {
        match word {
            Word::Order(order_id, fact) => facts.push((order_id, *fact)),
            Word::Product(sighting) => sightings.push(*sighting),
            Word::Rejected(row) => rejections.push(row),
        }
    }
    if !rejections.is_empty() {
        tracing::warn!(events = rejections.len(), "events about products or orders could not be understood");
    }
    catalogue::store::observe(tx, sightings).await?;
    orders::store::learn(tx, facts).await?;
    tx.insert_many(
        "INSERT INTO commerce_rejections (log_offset, source_id, message_id, event, occurred_at, reason) VALUES",
        rejections,
        "ON CONFLICT (log_offset) DO NOTHING",
    )
    .await?;
    tx.set_offset(CONSUMER, next).await
}

/// What an event says about products and orders; most say nothing.
fn read(offset: u64, event: &Event, default: Option<Currency>) -> Vec<(u64, Word)> {
    let kind = FactKind::of(&event.name);
    if event.kind != EventKind::Track || (kind.is_none() && !shows_products(&event.name)) {
        return Vec::new();
    }
    match understand(event, kind, default) {
        Ok(words) => words.into_iter().map(|word| (offset, word)).collect(),
        Err(error) => {
            let place = i64::try_from(offset).unwrap_or(i64::MAX);
            let row = args![
                place,
                event.source.as_str(),
                &event.message_id,
                &event.name,
                event.occurred_at,
                error.to_string()
            ];
            vec![(offset, Word::Rejected(row))]
        }
    }
}

fn understand(event: &Event, kind: Option<FactKind>, default: Option<Currency>) -> Result<Vec<Word>, PayloadError> {
    let said = Said::read(event.properties.as_ref().map_or("{}", |raw| raw.get()))?;
    let mut words = Vec::new();
    // What a refund says of prices is about the past.
    if !matches!(kind, Some(FactKind::Refunded | FactKind::Cancelled)) {
        let currency = said.currency()?.or(event.currency).or(default);
        match said.products()? {
            Some(products) => {
                for product in &products {
                    words.extend(sighting(event, product, currency)?);
                }
            }
            None => words.extend(sighting(event, &said, currency)?),
        }
    }
    if let Some(kind) = kind {
        let (order_id, fact) = Fact::read(event, kind, &said, default)?;
        words.push(Word::Order(order_id, Box::new(fact)));
    }
    Ok(words)
}

fn sighting(event: &Event, said: &Said<'_>, currency: Option<Currency>) -> Result<Option<Word>, PayloadError> {
    let Some(product) = said.product()? else { return Ok(None) };
    let price = match (&product.price, currency) {
        (Some(text), Some(currency)) => Some(
            Money::from_decimal(text, currency).map_err(|source| PayloadError::Amount { field: "price", source })?,
        ),
        _ => None,
    };
    let sighting = Sighting { at: event.occurred_at, said: product, price };
    Ok(Some(Word::Product(Box::new(sighting))))
}

/// Whether events of this name show products.
fn shows_products(name: &str) -> bool {
    matches!(
        name,
        names::PRODUCT_VIEWED
            | names::PRODUCT_CLICKED
            | names::PRODUCT_ADDED
            | names::PRODUCT_REMOVED
            | names::PRODUCT_SHARED
            | names::PRODUCT_ADDED_TO_WISHLIST
            | names::PRODUCT_REMOVED_FROM_WISHLIST
            | names::WISHLIST_PRODUCT_ADDED_TO_CART
            | names::PRODUCT_LIST_VIEWED
            | names::PRODUCT_LIST_FILTERED
            | names::CART_VIEWED
            | names::CHECKOUT_STARTED
    )
}
