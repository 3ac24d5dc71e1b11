//! Facts: what one event says about one order.

use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::time::micros;
use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};

use crate::payload::{Amounts, PayloadError, Said, SaidLine};

/// What kind of word it is. The order here decides between words of the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FactKind {
    Completed,
    Updated,
    Refunded,
    Cancelled,
}

impl FactKind {
    /// The kind of word an event of this name is.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            names::ORDER_COMPLETED => Some(Self::Completed),
            names::ORDER_UPDATED => Some(Self::Updated),
            names::ORDER_REFUNDED => Some(Self::Refunded),
            names::ORDER_CANCELLED => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// What one event says about one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fact {
    /// The message's key: tells a repeated word from a new one.
    pub key: String,
    pub kind: FactKind,
    /// The refund's own name. Two words about the same refund are one refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    #[serde(with = "micros")]
    pub at: Timestamp,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The currency the event itself names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The shop's currency at the time, for when nobody names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Currency>,
    #[serde(default)]
    pub amounts: Amounts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    /// Its lines, if it lists any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<SaidLine>>,
    /// Whether its one line came without a list, as exports with a row for each line have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
}

impl Fact {
    /// Whether it says what was ordered, rather than what became of it.
    pub(crate) fn defines(&self) -> bool {
        matches!(self.kind, FactKind::Completed | FactKind::Updated)
    }

    /// Reads the word `event` says about an order, and which order.
    pub(crate) fn read(
        event: &EventRef<'_>,
        kind: FactKind,
        said: &Said<'_>,
        default: Option<Currency>,
    ) -> Result<(String, Self), PayloadError> {
        let order_id =
            said.order_id()?.or_else(|| event.order_id.map(str::to_owned)).ok_or(PayloadError::Missing("order_id"))?;
        let refund_id = if kind == FactKind::Refunded { said.refund_id()? } else { None };
        let listed = said.products()?;
        let single = listed.is_none();
        let mut lines = match listed {
            Some(products) => Some(products.iter().map(Said::line).collect::<Result<Vec<_>, _>>()?),
            None => Some(said.line()?).filter(|line| line.product_id.is_some()).map(|line| vec![line]),
        };
        if single && let Some(line) = lines.iter_mut().flatten().next() {
            // Without a list, `discount` is the order's.
            line.discount = None;
        }
        let fact = Self {
            key: format!("{:032x}", event.key()),
            kind,
            refund_id,
            at: event.occurred_at,
            source: event.source.to_owned(),
            user_id: event.user_id.map(str::to_owned),
            anonymous_id: event.anonymous_id.map(str::to_owned),
            channel: event.channel.map(str::to_owned),
            campaign: event.campaign.map(str::to_owned),
            currency: said.currency()?,
            fallback: event.currency.or(default),
            amounts: said.amounts()?,
            coupon: said.coupon()?,
            single: single && lines.is_some(),
            lines: lines.filter(|lines| !lines.is_empty()),
        };
        if fact.defines() && fact.currency.is_none() && fact.fallback.is_none() && fact.has_amounts() {
            return Err(PayloadError::NoCurrency);
        }
        Ok((order_id, fact))
    }

    fn has_amounts(&self) -> bool {
        self.amounts != Amounts::default() || self.lines.iter().flatten().any(|line| line.price.is_some())
    }

    /// The refund's own name, or the message's key in its place.
    pub(crate) fn refund_name(&self) -> &str {
        self.refund_id.as_deref().unwrap_or(&self.key)
    }
}
