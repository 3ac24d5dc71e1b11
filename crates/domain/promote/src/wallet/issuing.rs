//! Coupons given by themselves: to whoever does something, or enters a segment. The log is followed for this; each event
//! gives each offer's coupon once, however often it is read.

use std::collections::BTreeMap;

use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::ids::SourceId;
use fanvine_store::StoreError;

use super::Source;
use super::receive::{WalletError, receipt_key};
use crate::Promote;
use crate::checkout::CheckoutError;
use crate::offers::Offer;

/// Under this name it is kept how far the log was followed.
const CONSUMER: &str = "promote/issuing";

/// Which published offers give coupons for what.
#[derive(Default)]
pub(crate) struct Triggers {
    by_event: BTreeMap<String, Vec<Offer>>,
    by_segment: BTreeMap<String, Vec<Offer>>,
}

impl Triggers {
    fn of(offers: &[Offer]) -> Self {
        let mut triggers = Self::default();
        for offer in offers {
            let receive = &offer.terms.receive;
            for event in &receive.on_events {
                triggers.by_event.entry(event.clone()).or_default().push(offer.clone());
            }
            for segment in &receive.on_segments {
                triggers.by_segment.entry(segment.clone()).or_default().push(offer.clone());
            }
        }
        triggers
    }

    fn wanted(&self, event: &EventRef<'_>) -> Vec<Offer> {
        // Our own word alone: whoever has a write key could say that somebody reached a level, or entered a segment.
        let own = || event.source == SourceId::own().as_str();
        if matches!(event.name, names::LEVEL_REACHED | names::LEVEL_LOST) && !own() {
            return Vec::new();
        }
        let mut offers = self.by_event.get(event.name).cloned().unwrap_or_default();
        if event.name == names::SEGMENT_ENTERED && !self.by_segment.is_empty() && own() {
            let told = event.properties.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
            let segment = told.as_ref().and_then(|told| told.get("segment_id")).and_then(|id| id.as_str());
            offers.extend(segment.and_then(|id| self.by_segment.get(id)).into_iter().flatten().cloned());
        }
        offers
    }
}

impl Promote {
    /// The offset of the log from which coupons are to be given; none if it was never followed.
    pub async fn issuing_from(&self) -> Result<Option<u64>, StoreError> {
        self.store.read(|tx| Box::pin(async move { tx.offset(CONSUMER).await })).await
    }

    /// Whether any published offer gives coupons by itself, any lottery draws, anything points, or tasks count.
    pub fn issues(&self) -> bool {
        let given = |offer: &Offer| {
            let receive = &offer.terms.receive;
            !receive.on_events.is_empty() || !receive.on_segments.is_empty()
        };
        self.earns_entries()
            || self.earns_points()
            || self.counts_for_tasks()
            || self.contests.any()
            || self.offers().offers().iter().any(given)
    }

    /// Gives what these events earn, and remembers that the log was followed up to `next`. Whoever may have no more gets no
    /// more; a store that fails is told, and the same events may come again.
    pub async fn issue_for(&self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<(), StoreError> {
        let triggers = Triggers::of(self.offers().offers());
        for (_, event) in events {
            let Some(shopper) = event.user_id.or(event.anonymous_id) else { continue };
            self.earn_points(event).await?;
            self.count_for_tasks(event).await?;
            self.earn_entries(event, shopper).await?;
            for offer in triggers.wanted(event) {
                let key = receipt_key(Source::Auto, &[&offer.offer_id, event.source, event.message_id]);
                match self.receive(&offer, shopper, Source::Auto, key, None).await {
                    Err(WalletError::Store(error)) => return Err(error),
                    Err(WalletError::Ledger(fanvine_ledger::LedgerError::Store(error))) => return Err(error),
                    // Whoever could not be asked is asked again.
                    Err(WalletError::Checkout(CheckoutError::Asked(_))) => return Err(StoreError::Closed),
                    Err(error) => tracing::debug!(%error, shopper, "no coupon was given"),
                    Ok(_) => {}
                }
            }
        }
        self.bind_by_links(events).await?;
        self.count_contests(events).await?;
        self.followed(next).await
    }

    /// Remembers that the log was followed up to `next`.
    pub async fn followed(&self, next: u64) -> Result<(), StoreError> {
        self.store.write(move |tx| Box::pin(async move { tx.set_offset(CONSUMER, next).await })).await
    }
}
