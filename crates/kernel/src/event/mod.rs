//! The one event model: what a shopper did, as every room sees it.
//!
//! It follows Segment's calls (track, identify, page, screen, group, alias) and e-commerce spec, with
//! the facts of social commerce added (see [`names`]). The fields asked about most are lifted out of
//! the properties when the event is taken in; the properties themselves stay as they were sent.

mod borrowed;
pub mod filter;
mod json;
mod kept;
pub mod names;
mod record;

use serde::{Deserialize, Serialize};

pub use borrowed::EventRef;
pub use json::Json;
pub use kept::KeptSince;
pub use record::DecodeError;

use crate::ids::SourceId;
use crate::time::micros;
use crate::{Currency, Money, Timestamp};

/// Which of Segment's calls an event arrived by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// Something the shopper did.
    Track,
    /// Who the shopper is: a user id and traits.
    Identify,
    /// A page was seen.
    Page,
    /// A screen of an app was seen.
    Screen,
    /// The shopper belongs to a group.
    Group,
    /// Two identifiers are one shopper.
    Alias,
}

impl EventKind {
    /// The call's name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Identify => "identify",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }
}

/// One fact about one shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The sender's name for this fact. Together with the source it is the key that tells a retry from a
    /// second fact.
    #[serde(rename = "id")]
    pub message_id: String,
    /// By which call it arrived.
    pub kind: EventKind,
    /// What happened: `Product Viewed`, `Order Completed` … For a page or screen `Page Viewed` or
    /// `Screen Viewed`, for the rest `Identify`, `Group`, `Alias`.
    pub name: String,
    /// Where it came from.
    #[serde(rename = "src")]
    pub source: SourceId,
    /// The shop's own name for the shopper, once known.
    #[serde(rename = "uid", default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The name a client gave the shopper before it knew one.
    #[serde(rename = "aid", default, skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    /// When it happened, by the client's clock corrected with its `sentAt`.
    #[serde(rename = "at", with = "micros")]
    pub occurred_at: Timestamp,
    /// When it reached us.
    #[serde(rename = "rx", with = "micros")]
    pub received_at: Timestamp,
    /// The visit it belongs to, as the client counts visits.
    #[serde(rename = "ses", default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The product it is about, when it is about one.
    #[serde(rename = "prd", default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The order it is about.
    #[serde(rename = "ord", default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// How many units it is about, over all its lines.
    #[serde(rename = "qty", default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// What it brought in (or, for a refund, what went back), in minor units of `currency`.
    #[serde(rename = "rev", default, skip_serializing_if = "Option::is_none")]
    pub revenue_minor: Option<i64>,
    /// Whose minor units they are.
    #[serde(rename = "cur", default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// How the shopper came: `direct`, `organic_search`, `paid_social`, `wechat` …
    #[serde(rename = "chn", default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The campaign the shopper came by.
    #[serde(rename = "cmp", default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The page before the visit.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    /// A JSON object as sent: the properties of a track, page or screen; the traits of an identify or
    /// group; `{"previousId": …}` of an alias.
    #[serde(rename = "props", default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Json>,
    /// The `context` object as sent.
    #[serde(rename = "ctx", default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Json>,
}

impl Event {
    /// The shopper's name: the user id, else the anonymous id; none for a guest.
    pub fn shopper_id(&self) -> Option<&str> {
        self.user_id.as_deref().or(self.anonymous_id.as_deref())
    }

    /// What it brought in, where the event says so.
    pub fn revenue(&self) -> Option<Money> {
        Some(Money::new(self.revenue_minor?, self.currency?))
    }

    /// The same event, borrowed.
    pub fn borrowed(&self) -> EventRef<'_> {
        EventRef::from(self)
    }

    /// The record written to the log.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.borrowed().encode_into(&mut bytes);
        bytes
    }

    /// Reads a record of the log.
    ///
    /// # Errors
    /// The bytes are not an event.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        EventRef::decode(bytes)?.to_event()
    }

    /// The 128-bit key by which the log knows a retry: XXH3 of source and message id.
    pub fn key(&self) -> u128 {
        message_key(self.source.as_str(), &self.message_id)
    }
}

/// The key of the message `message_id` of the source of that id.
pub fn message_key(source: &str, message_id: &str) -> u128 {
    const USUAL: usize = 128;
    let (length, mut text) = (source.len() + 1 + message_id.len(), [0u8; USUAL]);
    if length <= USUAL {
        text[..source.len()].copy_from_slice(source.as_bytes());
        text[source.len() + 1..length].copy_from_slice(message_id.as_bytes());
        return xxhash_rust::xxh3::xxh3_128(&text[..length]);
    }
    xxhash_rust::xxh3::xxh3_128(&[source.as_bytes(), &[0], message_id.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_written_as_json_reads_back() {
        let text = r#"{"id":"m1","kind":"track","name":"Order Completed","src":"src_1","uid":"u","at":5,"rx":6,"rev":1250,"cur":"CNY","props":{"a": [1,2]}}"#;
        let event: Event = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        assert_eq!(event.revenue().unwrap().to_string(), "12.50 CNY");
        assert_eq!(event.shopper_id(), Some("u"));
    }

    #[test]
    fn the_same_message_of_two_sources_has_two_keys() {
        assert_ne!(message_key("src_1", "1x"), message_key("src_11", "x"));
        let long = "x".repeat(300);
        assert_eq!(message_key("src_1", &long), xxhash_rust::xxh3::xxh3_128(format!("src_1\0{long}").as_bytes()));
    }
}
