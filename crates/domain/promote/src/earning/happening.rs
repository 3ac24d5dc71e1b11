//! What of an event counts as something a shopper did, for whatever is given for that.

use fanvine_kernel::event::filter::{Field, Occurrence, Value};
use fanvine_kernel::event::names;
use fanvine_kernel::ids::SourceId;

use crate::plays::channels;

/// Events that tell of a payment: what is paid earns by the points rule, and goods that come back take it along.
const OF_PAYMENTS: &[&str] = &[
    names::ORDER_COMPLETED,
    names::ORDER_UPDATED,
    names::REDEMPTION_RESERVED,
    names::REDEMPTION_DEPOSITED,
    names::REDEMPTION_REDEEMED,
];
/// Events that tell that somebody was recruited.
const OF_HEADS: &[&str] = &[names::INVITE_ACCEPTED, names::SHOPPER_REFERRED, names::SHARER_JOINED];
/// Events that tell of what was given.
const OF_GIFTS: &[&str] = &[
    names::POINTS_GIVEN,
    names::POINTS_TAKEN_BACK,
    names::TASKS_JOINED,
    names::TASK_STEP_COMPLETED,
    names::TASKS_COMPLETED,
];
/// Events that tell that something was shared.
const OF_SHARES: &[&str] = &[names::PRODUCT_SHARED, names::CART_SHARED];

/// Why nothing may be given for an event of that name, if nothing may.
pub(crate) fn refused(name: &str) -> Option<&'static str> {
    if OF_PAYMENTS.contains(&name) {
        let why = "tells of a payment: what is paid earns points by the points rule, from which goods that come back are \
                   taken, and no reward asks for a purchase";
        Some(why)
    } else if OF_HEADS.contains(&name) {
        let why = "tells that somebody was recruited: no reward for each head (Provisions on the Prohibition of Pyramid \
                   Selling, article 7)";
        Some(why)
    } else if OF_GIFTS.contains(&name) {
        Some("is told by what gives rewards itself")
    } else if names::is_about_segments(name) {
        Some("is no fact of a shopper, but a finding")
    } else {
        None
    }
}

/// Whether a source is believed that something of that name happened: what only the program itself can know, from it alone.
pub(crate) fn is_believed(name: &str, source: &str) -> bool {
    !names::THE_SHOPS_OWN.contains(&name) || source == SourceId::own().as_str()
}

/// Whether something was shared in a channel whose own rules ban rewards for sharing.
pub(crate) fn shared_where_banned(name: &str, occurrence: &Occurrence<'_>) -> bool {
    let via = ["share_via", "channel"].map(|property| Field::Property(property.to_owned()));
    let mut told = via.iter().filter_map(|field| value_of(field, occurrence));
    OF_SHARES.contains(&name) && told.any(|via| channels::bans(&via))
}

/// The value of a field as text; none if it has none, or is no text, number or truth.
pub(crate) fn value_of(field: &Field, occurrence: &Occurrence<'_>) -> Option<String> {
    match occurrence.values(field).first()? {
        Value::Text(text) if !text.is_empty() => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Text(_) | Value::Time(_) | Value::Money(_) => None,
    }
}
