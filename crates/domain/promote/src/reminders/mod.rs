//! Reminders: who wants to hear that a flash sale begins soon. When the time comes, that is an event, and whoever sends
//! messages may act on it.

pub(crate) mod remind_me;

use std::collections::BTreeMap;

use fanvine_kernel::event::names;
use fanvine_kernel::{Event, Timestamp};
use fanvine_store::{StoreError, Tx, args};
use serde_json::json;

use crate::offers::Offer;
use crate::{Promote, announce};

/// Reminders told in one transaction.
const AT_ONCE: u32 = 500;

impl Promote {
    /// Tells of the reminders that are due.
    pub(crate) async fn tell_reminders(&self) -> Result<(), StoreError> {
        let (now, book) = (self.clock.now(), self.offers());
        loop {
            let published: BTreeMap<String, Offer> =
                book.offers().iter().map(|offer| (offer.offer_id.clone(), offer.clone())).collect();
            let told = self.store.write(move |tx| Box::pin(tell(tx, published, now))).await?;
            if told < AT_ONCE as usize {
                return Ok(());
            }
        }
    }
}

async fn tell(tx: &mut Tx, published: BTreeMap<String, Offer>, now: Timestamp) -> Result<usize, StoreError> {
    const DUE: &str = "SELECT offer_id, shopper_id FROM flash_reminders WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
    const DELETE: &str = "DELETE FROM flash_reminders WHERE offer_id = $1 AND shopper_id = $2";
    tx.lock("flash reminders").await?;
    let rows = tx.rows(DUE, args![now, AT_ONCE]).await?;
    let mut events = Vec::new();
    for row in &rows {
        let (offer_id, shopper_id): (String, String) = (row.get("offer_id")?, row.get("shopper_id")?);
        tx.execute(DELETE, args![&offer_id, &shopper_id]).await?;
        // Withdrawn or over meanwhile: nobody is reminded of that.
        let offer = published.get(&offer_id).filter(|offer| offer.terms.ends_at.is_none_or(|ends| now < ends));
        events.extend(offer.map(|offer| due(offer, shopper_id, now)));
    }
    tx.emit_all(&events).await?;
    Ok(rows.len())
}

fn due(offer: &Offer, shopper_id: String, now: Timestamp) -> Event {
    let starts_at = offer.terms.starts_at;
    let about = json!({ "offer_id": offer.offer_id, "name": offer.terms.name, "starts_at": starts_at });
    let name = names::FLASH_SALE_REMINDER_DUE;
    let message_id = format!("{name}/{}/{shopper_id}/{}", offer.offer_id, now.micros());
    Event { user_id: Some(shopper_id), ..announce::event(name, message_id, now, &about) }
}
