//! An event on its way from the request to the log.

use std::borrow::Cow;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{EventKind, Money, Timestamp};

/// An event whose texts are those of the request where they stand there as they are kept. Its fields are those of
/// [`fanvine_kernel::Event`].
#[expect(missing_docs, reason = "the fields are explained where they are owned")]
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub message_id: Cow<'a, str>,
    pub kind: EventKind,
    pub name: Cow<'a, str>,
    pub user_id: Option<Cow<'a, str>>,
    pub anonymous_id: Option<Cow<'a, str>>,
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    pub session_id: Option<Cow<'a, str>>,
    pub product_id: Option<Cow<'a, str>>,
    pub order_id: Option<Cow<'a, str>>,
    pub quantity: Option<i64>,
    pub revenue: Option<Money>,
    pub channel: Option<Cow<'a, str>>,
    pub campaign: Option<Cow<'a, str>>,
    pub referrer: Option<Cow<'a, str>>,
    pub properties: Option<Cow<'a, str>>,
    pub context: Option<&'a str>,
    /// The user agent in the context, and the address: whose doing it is, is told by them.
    pub agent: Option<Cow<'a, str>>,
    pub address: Option<Cow<'a, str>>,
}

impl Draft<'_> {
    /// The event, of that source.
    pub fn of_source<'e>(&'e self, source: &'e SourceId) -> EventRef<'e> {
        EventRef {
            message_id: &self.message_id,
            kind: self.kind,
            name: &self.name,
            source: source.as_str(),
            user_id: self.user_id.as_deref(),
            anonymous_id: self.anonymous_id.as_deref(),
            occurred_at: self.occurred_at,
            received_at: self.received_at,
            session_id: self.session_id.as_deref(),
            product_id: self.product_id.as_deref(),
            order_id: self.order_id.as_deref(),
            quantity: self.quantity,
            revenue_minor: self.revenue.map(|money| money.minor),
            currency: self.revenue.map(|money| money.currency),
            channel: self.channel.as_deref(),
            campaign: self.campaign.as_deref(),
            referrer: self.referrer.as_deref(),
            properties: self.properties.as_deref(),
            context: self.context,
        }
    }
}
