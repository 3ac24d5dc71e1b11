//! The projection behind "last event seen": per source, when its latest event arrived and how many there were.

use std::sync::Arc;

use fanvine_kernel::event::EventRef;
use fanvine_store::{Store, StoreError, args};

/// The name under which this projection keeps its place in the log.
pub const CONSUMER: &str = "collect/sources_seen";

/// The offset this projection wants next.
///
/// # Errors
/// The store failed.
pub async fn next_offset(store: &Store) -> Result<u64, StoreError> {
    Ok(store.read(|tx| Box::pin(async move { tx.offset(CONSUMER).await })).await?.unwrap_or(0))
}

/// What events tell of their sources, gathered until it is saved.
#[derive(Debug, Default)]
pub struct Tally {
    /// Few distinct sources, many events.
    sources: Vec<String>,
    /// Of each event: its offset, which source, when it arrived. The offsets are needed to leave out what was counted
    /// before.
    seen: Vec<(u64, usize, i64)>,
}

impl Tally {
    /// Adds events of the log, each with its offset.
    pub fn gather<'e, E>(&mut self, events: &'e [(u64, E)])
    where
        EventRef<'e>: From<&'e E>,
    {
        for (offset, event) in events {
            let event = EventRef::from(event);
            let known = self.sources.iter().position(|source| source == event.source);
            let source = known.unwrap_or_else(|| {
                self.sources.push(event.source.to_owned());
                self.sources.len() - 1
            });
            self.seen.push((*offset, source, event.received_at.micros()));
        }
    }

    /// By source, the latest arrival and the number of events from offset `from` on.
    fn totals(&self, from: u64) -> Vec<(&str, i64, i64)> {
        let mut totals: Vec<_> = self.sources.iter().map(|source| (source.as_str(), i64::MIN, 0)).collect();
        for (_, source, at) in self.seen.iter().filter(|(offset, ..)| *offset >= from) {
            let (_, latest, count) = &mut totals[*source];
            *latest = (*at).max(*latest);
            *count += 1;
        }
        totals.retain(|(.., count)| *count > 0);
        totals
    }
}

/// Saves what was gathered up to the offset `next`. What was saved before, wholly or in part, changes nothing: the
/// place is kept in the same transaction as the counts.
///
/// # Errors
/// The store failed; nothing was saved.
pub async fn save(store: &Store, tally: Arc<Tally>, next: u64) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock(CONSUMER).await?;
                let from = tx.offset(CONSUMER).await?.unwrap_or(0);
                if next <= from {
                    return Ok(());
                }
                let totals = tally.totals(from);
                let rows = totals.iter().map(|(source, at, count)| args![*source, *at, *count]).collect();
                tx.insert_many(
                    "INSERT INTO sources_seen (source_id, last_event_at, events_total) VALUES",
                    rows,
                    "ON CONFLICT (source_id) DO UPDATE SET \
                     last_event_at = CASE WHEN excluded.last_event_at > sources_seen.last_event_at \
                     THEN excluded.last_event_at ELSE sources_seen.last_event_at END, \
                     events_total = sources_seen.events_total + excluded.events_total",
                )
                .await?;
                tx.set_offset(CONSUMER, next).await
            })
        })
        .await
}
