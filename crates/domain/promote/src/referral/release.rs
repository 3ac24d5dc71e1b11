//! Commission that opens: when goods can come back no more, a sharer may have it. The ledger opens it by its date; here it is
//! told, once.

use fanvine_kernel::event::names;
use fanvine_store::StoreError;

use super::earn::event;
use super::store;
use crate::Promote;

/// Orders told of in one transaction.
const AT_ONCE: u32 = 200;

impl Promote {
    /// Tells of commission that opened.
    pub(crate) async fn release_commission(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        loop {
            let telling = self.store.write(move |tx| {
                Box::pin(async move {
                    let due = store::due(tx, now, AT_ONCE).await?;
                    let mut events = Vec::new();
                    for redemption_id in &due {
                        if store::told(tx, redemption_id).await? == 0 {
                            continue;
                        }
                        let open = store::of_order(tx, redemption_id).await?;
                        let open = open.iter().filter(|one| one.left_minor() > 0);
                        events.extend(open.map(|one| event(names::COMMISSION_RELEASED, one, one.left_minor(), 0, now)));
                    }
                    tx.emit_all(&events).await?;
                    Ok::<_, StoreError>(due.len() < AT_ONCE as usize)
                })
            });
            if telling.await? {
                return Ok(());
            }
        }
    }
}
