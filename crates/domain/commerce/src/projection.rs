//! From the log to the catalogue and the orders.
//!
//! Its offset is saved with what it changed, so a replay or a crash changes nothing. An event it cannot understand
//! goes to `commerce_rejections` with the reason, and the rest goes on.

use std::sync::Arc;

use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::{Currency, EventKind, Money};
use fanvine_store::{StoreError, Tx, Value, args};

use crate::catalogue::{self, Presence, Sighting, Sightings};
use crate::orders;
use crate::orders::facts::{Fact, FactKind};
use crate::payload::{PayloadError, Said, SaidProduct};
use crate::{Commerce, LOCK};

/// The name under which the projection keeps its offset.
pub const CONSUMER: &str = "commerce";

/// What events say about products and orders, gathered until it is saved.
#[derive(Debug, Default)]
pub struct Words {
    facts: Vec<(u64, String, Fact)>,
    sightings: Sightings,
    rejections: Vec<(u64, Vec<Value>)>,
    events: usize,
}

impl Words {
    /// How many events they were gathered from.
    pub fn events(&self) -> usize {
        self.events
    }
}

impl Commerce {
    /// The offset of the log that the projection wants next.
    pub async fn position(&self) -> Result<u64, StoreError> {
        self.store.read(|tx| Box::pin(async move { Ok(tx.offset(CONSUMER).await?.unwrap_or(0)) })).await
    }

    /// Adds to `words` what events of the log say, each with its offset, in order.
    pub fn gather<'e, E>(&self, words: &mut Words, events: &'e [(u64, E)])
    where
        EventRef<'e>: From<&'e E>,
    {
        words.events += events.len();
        for (offset, event) in events {
            read(words, *offset, &EventRef::from(event), self.currency);
        }
    }

    /// Saves what was gathered up to the offset `next`. What was saved before changes nothing.
    pub async fn save(&self, words: Arc<Words>, next: u64) -> Result<(), StoreError> {
        let saved = self.store.write(move |tx| Box::pin(async move { take_in(tx, &words, next).await })).await;
        match &saved {
            Ok(changed) => self.described.forget(changed.iter().map(String::as_str)),
            // It may have been saved all the same.
            Err(_) => self.described.forget_all(),
        }
        saved.map(drop)
    }
}

/// Saves them; the products that are described otherwise than before.
async fn take_in(tx: &mut Tx, words: &Words, next: u64) -> Result<Vec<String>, StoreError> {
    tx.lock(LOCK).await?;
    let from = tx.offset(CONSUMER).await?.unwrap_or(0);
    if next <= from {
        return Ok(Vec::new());
    }
    // The catalogue keeps the latest words, so hearing some of them twice is no harm; facts and rejections are counted.
    let changed = catalogue::store::observe(tx, &words.sightings).await?;
    let facts = words.facts.iter().filter(|(offset, ..)| *offset >= from);
    orders::store::learn(tx, facts.map(|(_, order_id, fact)| (order_id.clone(), fact.clone())).collect()).await?;
    let rejections: Vec<_> =
        words.rejections.iter().filter(|(offset, _)| *offset >= from).map(|(_, row)| row.clone()).collect();
    if !rejections.is_empty() {
        tracing::warn!(events = rejections.len(), "events about products or orders could not be understood");
    }
    tx.insert_many(
        "INSERT INTO commerce_rejections (log_offset, source_id, message_id, event, occurred_at, reason) VALUES",
        rejections,
        "ON CONFLICT (log_offset) DO NOTHING",
    )
    .await?;
    tx.set_offset(CONSUMER, next).await?;
    Ok(changed)
}

/// What an event says about products and orders; most say nothing new.
fn read(words: &mut Words, offset: u64, event: &EventRef<'_>, default: Option<Currency>) {
    let kind = FactKind::of(event.name);
    if event.kind != EventKind::Track || (kind.is_none() && !shows_products(event.name)) {
        return;
    }
    let properties = event.properties.unwrap_or("{}");
    // Of an event about one product, the same properties say the same.
    let known = match (kind, event.product_id) {
        (None, Some(product_id)) => Some((product_id, key(properties, event.currency, presence(event.name)))),
        _ => None,
    };
    if known.is_some_and(|(product_id, key)| words.sightings.again(product_id, key, event.occurred_at)) {
        return;
    }
    if let Err(error) = understand(words, offset, event, (properties, known.map(|(_, key)| key)), kind, default) {
        let place = i64::try_from(offset).unwrap_or(i64::MAX);
        let row = args![place, event.source, event.message_id, event.name, event.occurred_at, error.to_string()];
        words.rejections.push((offset, row));
    }
}

fn key(properties: &str, currency: Option<Currency>, presence: Presence) -> u64 {
    let seed =
        currency.map_or(0, |currency| currency.code().bytes().fold(1, |seed, letter| (seed << 8) | u64::from(letter)));
    // The same properties say something else where the shop deletes what they are of.
    xxhash_rust::xxh3::xxh3_64_with_seed(properties.as_bytes(), (seed << 2) | presence as u64)
}

fn understand(
    words: &mut Words,
    offset: u64,
    event: &EventRef<'_>,
    (properties, key): (&str, Option<u64>),
    kind: Option<FactKind>,
    default: Option<Currency>,
) -> Result<(), PayloadError> {
    let said = Said::read(properties)?;
    let mut seen = Vec::new();
    // What a refund says of prices is about the past.
    if !matches!(kind, Some(FactKind::Refunded | FactKind::Cancelled)) {
        let currency = said.currency()?.or(event.currency).or(default);
        match said.products()? {
            Some(products) => {
                for product in &products {
                    seen.extend(sighting(event, product, currency)?);
                }
            }
            None => seen.extend(sighting(event, &said, currency)?),
        }
    }
    if let Some(kind) = kind {
        let (order_id, fact) = Fact::read(event, kind, &said, default)?;
        words.facts.push((offset, order_id, fact));
    }
    // A key stands for the words about the product it was made with.
    let only = seen.len() == 1 && seen.iter().all(|seen| Some(seen.said.product_id.as_str()) == event.product_id);
    seen.into_iter().for_each(|seen| words.sightings.add(key.filter(|_| only), seen));
    Ok(())
}

fn sighting(
    event: &EventRef<'_>,
    said: &Said<'_>,
    currency: Option<Currency>,
) -> Result<Option<Sighting>, PayloadError> {
    let Some(mut product) = said.product()? else { return Ok(None) };
    let presence = presence(event.name);
    if presence == Presence::Deleted {
        // What it was is not what it is.
        product = SaidProduct { product_id: product.product_id, ..SaidProduct::default() };
    }
    let price = match (&product.price, currency) {
        (Some(text), Some(currency)) => Some(
            Money::from_decimal(text, currency).map_err(|source| PayloadError::Amount { field: "price", source })?,
        ),
        _ => None,
    };
    Ok(Some(Sighting { at: event.occurred_at, presence, said: product, price }))
}

/// What events of this name tell of whether the shop has a product.
fn presence(name: &str) -> Presence {
    match name {
        names::PRODUCT_UPDATED => Presence::Has,
        names::PRODUCT_DELETED => Presence::Deleted,
        _ => Presence::Untold,
    }
}

/// Whether events of this name tell of products.
fn shows_products(name: &str) -> bool {
    matches!(
        name,
        names::PRODUCT_VIEWED
            | names::PRODUCT_CLICKED
            | names::PRODUCT_UPDATED
            | names::PRODUCT_DELETED
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
