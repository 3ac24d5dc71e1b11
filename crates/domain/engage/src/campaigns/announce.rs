//! What campaigns tell others: every change is an event in the outbox, in the transaction that made the change.

use fanvine_kernel::event::{Json, names};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};
use serde_json::{Value, json};

use super::assign::Assigned;
use super::store::Kept;

fn event(name: &str, message_id: String, now: Timestamp, properties: &Value) -> Event {
    Event {
        message_id,
        kind: EventKind::Track,
        name: name.to_owned(),
        source: SourceId::own(),
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

/// That something was done with a campaign: the `number`th thing of its history.
pub(crate) fn campaign(name: &str, kept: &Kept, number: i64, by: &str, now: Timestamp) -> Event {
    let about = json!({
        "campaign_id": kept.campaign_id, "version": kept.version, "name": kept.terms.name, "state": kept.state.as_str(),
        "why": kept.state.why(), "by": by,
    });
    event(name, format!("{name}/{}/{number}", kept.campaign_id), now, &about)
}

/// That a person met a campaign.
pub(crate) fn met(campaign_id: &str, shopper_key: &str, one: &Assigned) -> Event {
    let about = json!({ "campaign_id": campaign_id, "arm": one.arm, "met": one.met });
    let message_id = format!("{}/{campaign_id}/{}", names::CAMPAIGN_MET, one.person_key);
    Event { user_id: Some(shopper_key.to_owned()), ..event(names::CAMPAIGN_MET, message_id, one.at, &about) }
}
