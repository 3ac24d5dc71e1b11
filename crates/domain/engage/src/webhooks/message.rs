//! What is told of an event: `type`, `timestamp` and `data`, as the Standard Webhooks specification advises.

use fanvine_kernel::event::EventRef;
use fanvine_kernel::{Currency, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Message<'a> {
    r#type: &'a str,
    timestamp: Timestamp,
    data: Data<'a>,
}

/// The event, without its context: where and with what device a shopper was is nobody else's business.
#[derive(Serialize)]
struct Data<'a> {
    message_id: &'a str,
    source: &'a str,
    received_at: Timestamp,
    user_id: Option<&'a str>,
    anonymous_id: Option<&'a str>,
    order_id: Option<&'a str>,
    product_id: Option<&'a str>,
    quantity: Option<i64>,
    revenue_minor: Option<i64>,
    currency: Option<Currency>,
    properties: Option<&'a RawValue>,
}

/// The message's identifier, the same whenever the event is told: a digest of its source and message id.
pub(crate) fn message_id(event: &EventRef<'_>) -> String {
    format!("msg_{:032x}", event.key())
}

/// The body that is sent.
pub(crate) fn body(event: &EventRef<'_>) -> String {
    // Properties were read as JSON when they came in; what is not tells nothing.
    let properties = event.properties.and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    let data = Data {
        message_id: event.message_id,
        source: event.source,
        received_at: event.received_at,
        user_id: event.user_id,
        anonymous_id: event.anonymous_id,
        order_id: event.order_id,
        product_id: event.product_id,
        quantity: event.quantity,
        revenue_minor: event.revenue_minor,
        currency: event.currency,
        properties,
    };
    // Plain data: writing it as JSON cannot fail.
    serde_json::to_string(&Message { r#type: event.name, timestamp: event.occurred_at, data }).unwrap_or_default()
}
