//! An event whose texts lie somewhere else: in the request it came with, or in the record it was read from.

use crate::event::{DecodeError, Event, EventKind, Json, message_key, record};
use crate::ids::SourceId;
use crate::{Currency, Timestamp};

/// An [`Event`] that owns nothing. Its fields are those of [`Event`].
#[expect(missing_docs, reason = "the fields are explained where they are owned")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRef<'a> {
    pub message_id: &'a str,
    pub kind: EventKind,
    pub name: &'a str,
    pub source: &'a str,
    pub user_id: Option<&'a str>,
    pub anonymous_id: Option<&'a str>,
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    pub session_id: Option<&'a str>,
    pub product_id: Option<&'a str>,
    pub order_id: Option<&'a str>,
    pub quantity: Option<i64>,
    pub revenue_minor: Option<i64>,
    pub currency: Option<Currency>,
    pub channel: Option<&'a str>,
    pub campaign: Option<&'a str>,
    pub referrer: Option<&'a str>,
    pub properties: Option<&'a str>,
    pub context: Option<&'a str>,
}

impl<'a> EventRef<'a> {
    /// The shopper's name: the user id, else the anonymous id; none for a guest.
    pub fn shopper_id(&self) -> Option<&'a str> {
        self.user_id.or(self.anonymous_id)
    }

    /// See [`Event::key`].
    pub fn key(&self) -> u128 {
        message_key(self.source, self.message_id)
    }

    /// Appends the record written to the log.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        record::encode(self, bytes);
    }

    /// Reads a record of the log.
    ///
    /// # Errors
    /// The bytes are not an event.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        record::decode(bytes)
    }

    /// The event with texts of its own.
    ///
    /// # Errors
    /// The source is not that of an event.
    pub fn to_event(&self) -> Result<Event, DecodeError> {
        let source = self.source.parse().map_err(|_| DecodeError::Damaged("source"))?;
        Ok(self.to_event_of(source))
    }

    /// The event with texts of its own, from this source.
    pub fn to_event_of(&self, source: SourceId) -> Event {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Event {
            message_id: self.message_id.to_owned(),
            kind: self.kind,
            name: self.name.to_owned(),
            source,
            user_id: own(self.user_id),
            anonymous_id: own(self.anonymous_id),
            occurred_at: self.occurred_at,
            received_at: self.received_at,
            session_id: own(self.session_id),
            product_id: own(self.product_id),
            order_id: own(self.order_id),
            quantity: self.quantity,
            revenue_minor: self.revenue_minor,
            currency: self.currency,
            channel: own(self.channel),
            campaign: own(self.campaign),
            referrer: own(self.referrer),
            properties: self.properties.map(Json::of_valid),
            context: self.context.map(Json::of_valid),
        }
    }
}

impl<'a> From<&'a Event> for EventRef<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            message_id: &event.message_id,
            kind: event.kind,
            name: &event.name,
            source: event.source.as_str(),
            user_id: event.user_id.as_deref(),
            anonymous_id: event.anonymous_id.as_deref(),
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            session_id: event.session_id.as_deref(),
            product_id: event.product_id.as_deref(),
            order_id: event.order_id.as_deref(),
            quantity: event.quantity,
            revenue_minor: event.revenue_minor,
            currency: event.currency,
            channel: event.channel.as_deref(),
            campaign: event.campaign.as_deref(),
            referrer: event.referrer.as_deref(),
            properties: event.properties.as_ref().map(Json::get),
            context: event.context.as_ref().map(Json::get),
        }
    }
}

impl<'a> From<&'a EventRef<'_>> for EventRef<'a> {
    fn from(event: &'a EventRef<'_>) -> Self {
        *event
    }
}
