//! Outgoing events and incoming offsets, saved in the same transaction as the state they belong to.

use std::sync::Arc;

use fanvine_kernel::Event;

use crate::{Store, StoreError, Tx, args};

impl Tx {
    /// Saves an event to be sent once this transaction is committed, in the order commands were committed.
    /// Emit last: on PostgreSQL, commands that emit wait for one another from here to their commit.
    pub async fn emit(&mut self, event: &Event) -> Result<(), StoreError> {
        // Numbers are given out before commits are decided; without this, a relay could pass over a smaller
        // number whose transaction commits later.
        self.lock("outbox").await?;
        self.execute("INSERT INTO outbox (event) VALUES ($1)", args![event.encode()]).await?;
        Ok(())
    }

    /// Saves events to be sent once this transaction is committed, in their order. See [`Tx::emit`].
    pub async fn emit_all(&mut self, events: impl IntoIterator<Item = &Event> + Send) -> Result<(), StoreError> {
        let rows: Vec<_> = events.into_iter().map(|event| args![event.encode()]).collect();
        if !rows.is_empty() {
            self.lock("outbox").await?;
            self.insert_many("INSERT INTO outbox (event) VALUES", rows, "").await?;
        }
        Ok(())
    }

    /// The offset of the log that `consumer` wants next, if it ever saved one.
    pub async fn offset(&mut self, consumer: &str) -> Result<Option<u64>, StoreError> {
        let row = self.one("SELECT next FROM offsets WHERE consumer = $1", args![consumer]).await?;
        Ok(row.map(|row| row.get::<i64>("next")).transpose()?.map(i64::unsigned_abs))
    }

    /// Saves the offset of the log that `consumer` wants next.
    pub async fn set_offset(&mut self, consumer: &str, next: u64) -> Result<(), StoreError> {
        let number = i64::try_from(next).map_err(|_| StoreError::TooLarge { what: "the offset", number: next })?;
        self.execute(
            "INSERT INTO offsets (consumer, next) VALUES ($1, $2)
             ON CONFLICT (consumer) DO UPDATE SET next = excluded.next",
            args![consumer, number],
        )
        .await?;
        Ok(())
    }
}

impl Store {
    /// Up to `limit` events not yet sent, oldest first, each with its number in the outbox.
    pub async fn outbox_pending(&self, limit: u32) -> Result<Vec<(i64, Event)>, StoreError> {
        self.read(|tx| {
            Box::pin(async move {
                let rows = tx.rows("SELECT id, event FROM outbox ORDER BY id LIMIT $1", args![limit]).await?;
                rows.iter()
                    .map(|row| {
                        let id = row.get::<i64>("id")?;
                        let event = Event::decode(&row.get::<Vec<u8>>("event")?)
                            .map_err(|cause| StoreError::Outbox { id, source: Arc::new(cause) })?;
                        Ok((id, event))
                    })
                    .collect()
            })
        })
        .await
    }

    /// Forgets the events up to and including number `up_to`: the log has them.
    pub async fn outbox_done(&self, up_to: i64) -> Result<u64, StoreError> {
        self.write(move |tx| {
            Box::pin(async move { tx.execute("DELETE FROM outbox WHERE id <= $1", args![up_to]).await })
        })
        .await
    }
}
