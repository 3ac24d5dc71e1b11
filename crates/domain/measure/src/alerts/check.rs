//! Checking what is due: each alert at most once for each time that it is due, with what comes of it in one transaction.

use fanvine_contracts::access::{Actor, Means, Role};
use fanvine_kernel::event::{Json, names};
use fanvine_kernel::ids::{AlertId, RaisingId};
use fanvine_kernel::{Event, EventKind, Problem, Timestamp};
use fanvine_store::{StoreError, Tx};
use serde_json::json;

use super::mails::Outgoing;
use super::{AlertTerms, Found, State, Step, step, store};
use crate::reporting::{Ownership, Reporting};

/// A figure that is watched.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Its identifier.
    pub id: AlertId,
    /// Whose it is. Its insights are asked as that one may.
    pub ownership: Ownership,
    /// What is watched.
    pub terms: AlertTerms,
    /// How it stands.
    pub state: State,
    /// When it is checked next; none while it is switched off.
    pub due_at: Option<Timestamp>,
    /// When it was checked last.
    pub checked_at: Option<Timestamp>,
    /// Why the last check came to nothing, if it did.
    pub fault: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its terms were changed last.
    pub updated_at: Timestamp,
}

impl Alert {
    /// As whom its figure is asked.
    pub(crate) fn asker(&self) -> Actor {
        let Ownership { owner, owner_name, .. } = &self.ownership;
        Actor { id: owner.clone(), name: owner_name.clone(), role: Role::Analyst, means: Means::ServerKey }
    }
}

impl Reporting {
    /// Checks all alerts that are due. How many that were.
    ///
    /// A crash before a check is saved leaves it due; it is checked again and nobody was told.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn check_alerts(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let due = self.store.read(move |tx| Box::pin(async move { store::due(tx, now).await })).await?;
        let checked = due.len();
        for alert in due {
            let today = self.measure.zone.date_of(now);
            let found = self.find(&alert.terms, today, &alert.asker()).await;
            self.settle(alert, found).await?;
        }
        Ok(checked)
    }

    /// Saves what a check found, unless the alert was changed or checked since it was read.
    async fn settle(&self, read: Alert, found: Result<Found, Problem>) -> Result<(), StoreError> {
        let (now, zone) = (self.now(), self.measure.zone);
        let raising = RaisingId::new(now, &*self.entropy);
        let shop = self.shop.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock("alerts").await?;
                    let Some(mut alert) = store::one(tx, &read.id).await? else { return Ok(()) };
                    if alert.due_at != read.due_at || alert.updated_at != read.updated_at {
                        return Ok(());
                    }
                    alert.due_at = Some(alert.terms.schedule.after(now, zone));
                    alert.checked_at = Some(now);
                    alert.fault = found.as_ref().err().map(|problem| problem.detail.clone());
                    match found {
                        Ok(found) => apply(tx, alert, found, raising, now, &shop).await,
                        Err(_) => store::save(tx, &alert).await,
                    }
                })
            })
            .await
    }
}

async fn apply(
    tx: &mut Tx,
    mut alert: Alert,
    found: Found,
    raising: RaisingId,
    now: Timestamp,
    shop: &str,
) -> Result<(), StoreError> {
    match step(&alert.terms, &alert.state, &found, now) {
        Step::Stay(state) => {
            alert.state = state;
            store::save(tx, &alert).await
        }
        Step::Raise => {
            alert.state = State::Raised { raising_id: raising.clone(), well: 0 };
            store::save(tx, &alert).await?;
            store::raise(tx, &alert, &raising, &found, now).await?;
            store::keep_mails(tx, &Outgoing::of_alert(&alert, &raising, &found, true, shop, now)).await?;
            tx.emit(&told(&alert, &raising, &found, names::ALERT_RAISED, now)).await
        }
        Step::Resolve(raising) => {
            alert.state = State::Well { resolved_at: Some(now) };
            store::save(tx, &alert).await?;
            store::resolve(tx, &raising, now).await?;
            store::keep_mails(tx, &Outgoing::of_alert(&alert, &raising, &found, false, shop, now)).await?;
            tx.emit(&told(&alert, &raising, &found, names::ALERT_RESOLVED, now)).await
        }
    }
}

/// The event that tells of it, about no shopper.
fn told(alert: &Alert, raising: &RaisingId, found: &Found, name: &str, now: Timestamp) -> Event {
    let properties = json!({
        "alert_id": alert.id,
        "alert_name": alert.terms.name,
        "raising_id": raising,
        "metric": alert.terms.metric,
        "day": found.day,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "compared": found.compared,
        "said_en": found.said.en,
        "said_zh": found.said.zh,
    });
    Event {
        message_id: format!("alert:{raising}:{name}"),
        kind: EventKind::Track,
        name: name.to_owned(),
        source: own_source(),
        user_id: None,
        anonymous_id: None,
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
        properties: Some(Json::of_valid(properties.to_string())),
        context: None,
    }
}

/// The source of what the program itself tells. It has no write key.
fn own_source() -> fanvine_kernel::ids::SourceId {
    #[expect(clippy::expect_used, reason = "a constant")]
    "src_api".parse().expect("src_api has the form of a source's identifier")
}
