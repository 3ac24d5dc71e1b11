//! The projection: each event of the log becomes a delivery for every subscription that wants it.

use fanvine_kernel::event::EventRef;
use fanvine_kernel::ids::SourceId;
use fanvine_store::{StoreError, args};

use super::{Webhook, message, store};
use crate::Engage;

/// Under this name it keeps how far it has read the log.
const CONSUMER: &str = "webhooks";

impl Engage {
    /// The offset of the log it wants next; none before it ever read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn webhooks_from(&self) -> Result<Option<u64>, StoreError> {
        self.store.read(|tx| Box::pin(async move { tx.offset(CONSUMER).await })).await
    }

    /// Whether anybody wants to be told of anything.
    pub fn wants_events(&self) -> bool {
        self.webhooks.all().iter().any(|one| one.paused.is_none())
    }

    /// Takes events in, up to `next`: the deliveries they make are saved in one transaction with `next`. If there are
    /// none, nothing is saved and `false` answered; [`Engage::passed`] may say so later.
    ///
    /// # Errors
    /// The store failed; nothing was taken in.
    pub async fn take_in(&self, events: &[(u64, EventRef<'_>)], next: u64) -> Result<bool, StoreError> {
        let own = SourceId::own();
        let (all, now) = (self.webhooks.all(), self.clock.now());
        let mut drafts = Vec::new();
        for (offset, event) in events {
            let wants = |one: &&Webhook| {
                // What came before the subscription was made is none of its news.
                one.paused.is_none()
                    && (one.clients_too || event.source == own.as_str())
                    && event.received_at >= one.created_at
                    && one.filters.want(event.name)
            };
            let mut wanting = all.iter().filter(wants).peekable();
            if wanting.peek().is_none() {
                continue;
            }
            let (message_id, body) = (message::message_id(event), message::body(event));
            for webhook in wanting {
                let row = args![&webhook.webhook_id, &message_id, event.name, &body, 0_i64, now, 0_i64, now];
                drafts.push((*offset, row));
            }
        }
        if drafts.is_empty() {
            return Ok(false);
        }
        let done = self.store.write(move |tx| {
            Box::pin(async move {
                // A commit whose answer was lost is tried again: what it saved is not saved twice.
                let from = tx.offset(CONSUMER).await?.unwrap_or(0);
                let rows = drafts.into_iter().filter(|(offset, _)| *offset >= from).map(|(_, row)| row).collect();
                store::add(tx, rows).await?;
                tx.set_offset(CONSUMER, next.max(from)).await
            })
        });
        done.await?;
        self.webhooks.bell.notify_one();
        Ok(true)
    }

    /// Keeps that everything before `next` was read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn passed(&self, next: u64) -> Result<(), StoreError> {
        self.store.write(move |tx| Box::pin(async move { tx.set_offset(CONSUMER, next).await })).await
    }
}
