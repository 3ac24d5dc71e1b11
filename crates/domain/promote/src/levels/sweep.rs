//! What time and news make of levels: whoever they concern is looked at, and what changed is told, in one transaction.

use fanvine_kernel::event::{Json, names};
use fanvine_kernel::{Event, Timestamp};
use fanvine_store::{StoreError, Tx};
use serde_json::json;

use super::decide::{Ladders, Step};
use super::{LEVEL, store};
use crate::{Promote, announce};

/// Shoppers of each sort looked at in one transaction.
const AT_ONCE: u32 = 100;

impl Promote {
    /// Decides the level of everybody whose level may have changed, and tells of those who have another.
    pub(crate) async fn decide_levels(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        loop {
            let deciding = self.store.write(move |tx| {
                Box::pin(async move {
                    let ladders = store::ladders(tx).await?;
                    let Some(version) = ladders.in_force(now).map(|version| version.number) else { return Ok(true) };
                    let due = store::due(tx, version, now, AT_ONCE).await?;
                    for shopper in &due {
                        look_at(tx, &ladders, shopper, now).await?;
                    }
                    Ok::<_, StoreError>(due.is_empty())
                })
            });
            if deciding.await? {
                return Ok(());
            }
        }
    }
}

async fn look_at(tx: &mut Tx, ladders: &Ladders, shopper: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.lock(&format!("level/{shopper}")).await?;
    let kept = store::standing(tx, shopper).await?.unwrap_or_default();
    let mut grown = store::grown(tx, shopper).await?;
    let (standing, steps) = ladders.look(&kept.standing, &grown, now);
    store::looked_at(tx, &grown, now).await?;
    grown.iter_mut().flat_map(|one| &mut one.left).for_each(|left| left.looked = true);
    let level = ladders.level(&standing).map(|level| level.level.as_str());
    store::save_standing(tx, shopper, &standing, level, ladders.due(&standing, &grown)).await?;
    let told: Vec<Event> = steps.iter().map(|step| told(shopper, step, now)).collect();
    tx.emit_all(&told).await
}

/// That a shopper has another level. What is known of them says so too, so that segments and profiles have it.
fn told(shopper: &str, step: &Step, now: Timestamp) -> Event {
    let name = if step.up { names::LEVEL_REACHED } else { names::LEVEL_LOST };
    let about = json!({
        "level": step.to, "from": step.from, "growth": step.growth, "until": step.until, "cause": step.cause,
    });
    let message_id = format!("{name}/{shopper}/{}", step.at.micros());
    let traits = json!({ "traits": { LEVEL: step.to } });
    let event = announce::event(name, message_id, now, &about);
    let context = Some(Json::of_valid(traits.to_string()));
    Event { user_id: Some(shopper.to_owned()), occurred_at: step.at, context, ..event }
}
