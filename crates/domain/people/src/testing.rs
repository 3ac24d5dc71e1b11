//! People on a store of their own, for tests of what no request can bring about.

use std::sync::Arc;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Clock, Event, Timestamp, Zone};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_store::args;
use fanvine_testkit::{EventBuilder, FakeClock, TempStore};

use crate::{MIGRATIONS, People};

/// People, and what they stand on.
pub(crate) struct Opened {
    pub(crate) store: TempStore,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) people: Arc<People>,
}

impl Opened {
    pub(crate) async fn new() -> Self {
        Self::at("2026-05-01T12:00:00Z", Zone::UTC).await
    }

    pub(crate) async fn at(now: &str, zone: Zone) -> Self {
        let store = TempStore::sqlite().await;
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at(now));
        let lake = Lake::open(LakeOptions::new(store.folder().join("lake"))).await.unwrap();
        let people = Arc::new(People::open(store.store(), lake, clock.clone(), zone).await.unwrap());
        Self { store, clock, people }
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Hands on what happens now as the next of the log.
    pub(crate) fn does(&self, events: impl IntoIterator<Item = EventBuilder>) {
        let now = self.clock.now();
        self.hears(events.into_iter().map(|event| event.with(|event| event.occurred_at = now)));
    }

    /// Hands on what is received now as the next of the log; all of it.
    pub(crate) fn hears(&self, events: impl IntoIterator<Item = EventBuilder>) -> Vec<Event> {
        let (first, now) = (self.people.next_offset(), self.clock.now());
        let received = |(offset, event): (u64, EventBuilder)| {
            let event = event.with(|event| {
                (event.message_id, event.received_at) = (format!("m{offset}"), now);
                // As whoever takes events in sees to.
                event.occurred_at = event.occurred_at.min(now);
            });
            event.build()
        };
        let events: Vec<Event> = (first..).zip(events).map(received).collect();
        let told: Vec<_> = (first..).zip(events.iter().map(EventRef::from)).collect();
        let next = first + told.len() as u64;
        self.people.lake.ingest(first, &told, next).unwrap();
        self.people.take_in(&told, next).unwrap();
        self.people.put_segments_in_force().unwrap();
        events
    }

    pub(crate) async fn run(&self, sql: &'static str) {
        let ran = self.people.store.write(move |tx| Box::pin(async move { tx.execute(sql, args![]).await }));
        ran.await.map_err(|error: fanvine_store::StoreError| error.in_full()).unwrap();
    }
}
