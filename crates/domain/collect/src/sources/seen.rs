//! The projection behind "last event seen": per source, when its latest event arrived and how many there were.

use std::collections::BTreeMap;

use fanvine_kernel::Event;
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

/// Takes in events of the log, each with its offset; `next` is the offset after them. What was taken in before, wholly
/// or in part, changes nothing: the place is kept in the same transaction as the counts.
///
/// # Errors
/// The store failed; nothing was taken in.
pub async fn apply(store: &Store, events: &[(u64, Event)], next: u64) -> Result<(), StoreError> {
    // Few distinct sources, many events: the offsets are needed to leave out what was counted before.
    let seen: Vec<(u64, String, i64)> = events
        .iter()
        .map(|(offset, event)| (*offset, event.source.as_str().to_owned(), event.received_at.micros()))
        .collect();
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock(CONSUMER).await?;
                let from = tx.offset(CONSUMER).await?.unwrap_or(0);
                if next <= from {
                    return Ok(());
                }
                let mut totals: BTreeMap<String, (i64, i64)> = BTreeMap::new();
                for (_, source, at) in seen.into_iter().filter(|(offset, ..)| *offset >= from) {
                    let (latest, count) = totals.entry(source).or_insert((at, 0));
                    *latest = at.max(*latest);
                    *count += 1;
                }
                let rows = totals.into_iter().map(|(source, (at, count))| args![source, at, count]).collect();
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
