//! Telling who came and went: the events, the members and the history are written in one transaction.

use fanvine_kernel::event::{Json, names};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};
use fanvine_store::{StoreError, Tx, Value, args};
use serde_json::json;

use super::definition::SegmentError;
use super::draft::Draft;
use super::store;
use crate::People;
use crate::identity::IdentifierKind;

/// Events of one transaction: it waits for the disk, and for whatever else is written, as long for few as for many.
const MOST: usize = 8_000;
const HOUR: i64 = 3_600_000_000;

/// What one transaction writes.
struct Announcement {
    number: u64,
    offset: u64,
    events: Vec<Event>,
    changes: Vec<Vec<Value>>,
    /// Members that are written whole.
    wholes: Vec<(String, Vec<u8>)>,
    history: Vec<Vec<Value>>,
    counted: Vec<String>,
}

impl People {
    /// Announces who came and went, in as many transactions as it takes. How many events that were.
    pub(crate) async fn announce(&self) -> Result<usize, SegmentError> {
        let mut number = self.segments.announcing.lock().await;
        self.announce_as(&mut number).await
    }

    /// The same for whoever holds the number of the next announcement.
    pub(crate) async fn announce_as(&self, number: &mut u64) -> Result<usize, SegmentError> {
        let mut told = 0;
        loop {
            let drafts = self.segments.membership().drafts(MOST);
            // Read behind them: no answer in them is about anything later.
            let offset = self.next_offset();
            if drafts.is_empty() {
                return Ok(told);
            }
            let announcement = self.draft(*number, offset, &drafts);
            let events = announcement.events.len();
            self.store.write(move |tx| Box::pin(announcement.write(tx))).await?;
            *number += 1;
            told += events;
            self.segments.membership().drafted(drafts);
        }
    }

    fn draft(&self, number: u64, offset: u64, drafts: &[(String, Draft)]) -> Announcement {
        let now = self.clock.now();
        let mut announcement = Announcement {
            number,
            offset,
            events: Vec::new(),
            changes: Vec::new(),
            wholes: Vec::new(),
            history: Vec::new(),
            counted: Vec::new(),
        };
        let hour = now.micros().div_euclid(HOUR) * HOUR;
        for (segment, draft) in drafts {
            if let Some(whole) = &draft.whole {
                let mut bytes = Vec::with_capacity(whole.serialized_size());
                // Writing to memory does not fail.
                drop(whole.serialize_into(&mut bytes));
                announcement.wholes.push((segment.clone(), bytes));
            } else if !draft.changes.is_empty() {
                announcement.changes.push(args![segment, number as i64, draft.changes.to_bytes()]);
            }
            let entered = draft.events.iter().filter(|(_, belongs)| *belongs).count();
            let departed = draft.events.len() - entered;
            announcement.history.push(args![segment, hour, draft.people as i64, entered as i64, departed as i64]);
            announcement.counted.extend(draft.counted.then(|| segment.clone()));
            let definition = self.segments.definitions().get(segment).map(|one| (one.name.clone(), one.version));
            // Archived just now: nobody is told.
            let Some((name, version)) = definition else { continue };
            let properties = json!({"segment_id": segment, "segment_name": name, "version": version}).to_string();
            let keys = self.keys_of(draft.events.iter().map(|(number, _)| *number));
            for ((_, belongs), key) in draft.events.iter().zip(keys) {
                let message = format!("segment:{number}:{}", announcement.events.len());
                announcement.events.push(self.event(message, *belongs, &key, &properties, now));
            }
        }
        announcement
    }

    fn event(&self, message_id: String, belongs: bool, key: &str, properties: &str, now: Timestamp) -> Event {
        let (user_id, anonymous_id) = self.named(key);
        Event {
            message_id,
            kind: EventKind::Track,
            name: (if belongs { names::SEGMENT_ENTERED } else { names::SEGMENT_LEFT }).to_owned(),
            source: own_source(),
            user_id,
            anonymous_id,
            occurred_at: now,
            received_at: now,
            session_id: None,
            product_id: None,
            order_id: None,
            quantity: None,
            revenue_minor: None,
            currency: None,
            channel: None,
            campaign: None,
            referrer: None,
            properties: Some(Json::of_valid(properties)),
            context: None,
        }
    }

    /// The user id of the person with that key, if they have one; else the key, as what it was seen.
    fn named(&self, key: &str) -> (Option<String>, Option<String>) {
        let index = self.identity().read();
        let mut identifiers = index.identifiers_of(index.person_of(key)).peekable();
        if identifiers.peek().is_none() {
            return (Some(key.to_owned()), None);
        }
        match identifiers.find(|one| one.kind == IdentifierKind::UserId) {
            Some(user) => (Some(user.value.to_string()), None),
            None => (None, Some(key.to_owned())),
        }
    }
}

/// The source of what the program itself tells. It has no write key.
fn own_source() -> SourceId {
    #[expect(clippy::expect_used, reason = "a constant")]
    "src_api".parse().expect("src_api has the form of a source's identifier")
}

impl Announcement {
    async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        for (segment, members) in self.wholes {
            store::write_whole(tx, &segment, members).await?;
        }
        tx.insert_many("INSERT INTO segment_changes (segment_id, announcement, changes) VALUES", self.changes, "")
            .await?;
        tx.insert_many(
            "INSERT INTO segment_history (segment_id, hour, people, entered, departed) VALUES",
            self.history,
            "ON CONFLICT (segment_id, hour) DO UPDATE SET people = excluded.people,
             entered = segment_history.entered + excluded.entered,
             departed = segment_history.departed + excluded.departed",
        )
        .await?;
        let counted = self.counted.into_iter().map(Into::into).collect();
        tx.execute_in("UPDATE segments SET counted = 1 WHERE segment_id IN (", counted, ")").await?;
        tx.set_offset(store::ANNOUNCED, self.offset).await?;
        tx.set_offset(store::ANNOUNCEMENTS, self.number + 1).await?;
        tx.emit_all(&self.events).await
    }
}
