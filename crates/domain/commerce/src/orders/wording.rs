//! Orders in the words of Segment's e-commerce spec: the events that commands send out.

use std::sync::Arc;

use fanvine_kernel::event::Json;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Currency, Event, EventKind, Money, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

/// The properties of an order's event. Amounts are exact JSON numbers in major units.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Properties {
    pub order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Item>,
}

/// An entry of `products`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Item {
    pub product_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    pub quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Arc<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Arc<RawValue>>,
}

/// What surrounds the properties.
pub(crate) struct Envelope {
    pub message_id: String,
    pub name: &'static str,
    pub source: SourceId,
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    pub user_id: Option<String>,
    pub anonymous_id: Option<String>,
    pub channel: Option<String>,
    pub campaign: Option<String>,
    pub revenue: Option<Money>,
}

/// An amount as an exact JSON number in major units: `12.50`.
pub(crate) fn exact(money: Money) -> Option<Arc<RawValue>> {
    let text = money.to_string();
    let number = text.split(' ').next().unwrap_or_default().to_owned();
    RawValue::from_string(number).ok().map(Arc::from)
}

/// The event.
pub(crate) fn event(envelope: Envelope, properties: &Properties) -> Event {
    let units = properties.products.iter().fold(0i64, |sum, item| sum.saturating_add(item.quantity));
    let only = if let [only] = properties.products.as_slice() { Some(only.product_id.clone()) } else { None };
    // Plain data: writing it as JSON cannot fail.
    let text = serde_json::to_string(properties).unwrap_or_default();
    Event {
        message_id: envelope.message_id,
        kind: EventKind::Track,
        name: envelope.name.to_owned(),
        source: envelope.source,
        user_id: envelope.user_id,
        anonymous_id: envelope.anonymous_id,
        occurred_at: envelope.occurred_at,
        received_at: envelope.received_at,
        session_id: None,
        product_id: only,
        order_id: Some(properties.order_id.clone()),
        quantity: (!properties.products.is_empty()).then_some(units),
        revenue_minor: envelope.revenue.map(|revenue| revenue.minor),
        currency: properties.currency,
        channel: envelope.channel,
        campaign: envelope.campaign,
        referrer: None,
        properties: Some(Json::of_valid(text)),
        context: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_numbers_of_major_units() {
        let text = |minor, code: &str| exact(Money::new(minor, code.parse().unwrap())).unwrap().get().to_owned();
        assert_eq!(text(1_250, "CNY"), "12.50");
        assert_eq!(text(-5, "GBP"), "-0.05");
        assert_eq!(text(7, "JPY"), "7");
    }
}
