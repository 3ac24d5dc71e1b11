//! Shop platforms, which tell of orders, products and customers by signed webhooks, read purely.
//!
//! [`shopify`] and [`woocommerce`] put a body into Segment's words, one body into as many events as it tells of; [`custom`]
//! does so by a mapping the shop states, for any other platform;
//! [`signature`] says whether it is the platform's, [`receive`] answers, [`set_webhook`] keeps the secret. A message id is
//! made of what is told (this order was paid), so what a platform tells twice is stored once.

pub mod custom;
pub mod preview_webhook;
pub mod receive;
pub mod set_webhook;
pub mod shopify;
pub mod signature;
pub mod store;
#[cfg(test)]
mod tests;
pub mod told;
pub mod woocommerce;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::said::{Object, Said, needed};
use crate::segment::json::{elements, pick};
use crate::segment::{Fault, text_of};

/// A shop platform whose webhooks are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ShopPlatform)]
pub enum Platform {
    /// Shopify: `X-Shopify-Topic` and `X-Shopify-Hmac-Sha256`.
    Shopify,
    /// WooCommerce: `X-WC-Webhook-Topic` and `X-WC-Webhook-Signature`.
    WooCommerce,
    /// Any other, by a mapping that the shop states.
    Custom,
}

impl Platform {
    /// The platform's name as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::Custom => "custom",
        }
    }

    /// The platform of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Shopify, Self::WooCommerce, Self::Custom].into_iter().find(|platform| platform.as_str() == name)
    }

    /// The headers that hold the topic and the signature, of a platform that is known by name.
    pub(crate) const fn headers(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Shopify => Some(("x-shopify-topic", "x-shopify-hmac-sha256")),
            Self::WooCommerce => Some(("x-wc-webhook-topic", "x-wc-webhook-signature")),
            Self::Custom => None,
        }
    }

    /// What a body of this topic tells, in Segment's words, or why it cannot be told; nothing of topics that mean nothing
    /// here, and of a platform whose words only its mapping knows.
    pub(crate) fn said(self, topic: &str, body: &str) -> Vec<Result<Said, Fault>> {
        let said = match self {
            Self::Shopify => shopify::said(topic, body),
            Self::WooCommerce => woocommerce::said(topic, body),
            Self::Custom => Ok(Vec::new()),
        };
        match said {
            Ok(events) => events.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(fault)],
        }
    }
}

/// One event on its way: its beginning, with a message id made of these parts.
fn begun(kind: &str, parts: &[&str]) -> Object {
    let mut out = Object::new();
    out.text("type", Some(kind)).text("messageId", Some(&parts.join("-")));
    out
}

/// The same with a name and properties.
fn told(name: &str, parts: &[&str], at: Option<&str>, properties: Object) -> Object {
    let mut out = begun("track", parts);
    out.text("event", Some(name)).text("timestamp", at).object("properties", properties);
    out
}

/// A buyer's number, unless it is 0, as platforms write that there is none.
fn buyer(raw: Option<&str>) -> Option<Cow<'_, str>> {
    raw.and_then(text_of).filter(|id| id != "0")
}

/// Finishes an event about a buyer, or about nobody.
fn about(mut out: Object, buyer: Option<&str>) -> Said {
    out.text("userId", buyer);
    Said { text: out.done(), guest: buyer.is_none() }
}

/// A time that is told in UTC without saying so.
fn in_utc(raw: Option<&str>) -> Option<String> {
    let text = raw.and_then(text_of)?;
    let says = text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    Some(if says { text.into_owned() } else { format!("{text}Z") })
}

/// The lines of an order or refund as products, each written by `line`.
fn lines(raw: Option<&str>, line: impl Fn(&str) -> Object) -> Option<String> {
    let lines: Vec<String> = raw.and_then(elements)?.into_iter().map(|raw| line(raw).done()).collect();
    (!lines.is_empty()).then(|| format!("[{}]", lines.join(",")))
}

/// The identifier of what a body is about.
fn id_of(body: &str) -> Result<Cow<'_, str>, Fault> {
    needed("id", pick(Some(body), ["id"])[0])
}
