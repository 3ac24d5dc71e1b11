//! What other clients say, put into the words of the Segment API.
//!
//! A decoder of another protocol writes each message anew, as a message of the Segment API, and has that read: fields
//! are lifted, clocks mended and limits held in one place. Values go over as they stand in the text, so numbers keep
//! their digits. What has no word in the Segment API has one here:
//!
//! | said of a shopper | stands in the traits of an `identify` |
//! | --- | --- |
//! | set | `{"city": "杭州"}` |
//! | set if there is none | `{"$set_once": {"city": "杭州"}}` |
//! | add to a number | `{"$increment": {"points": 5}}` |
//! | add to a list | `{"$append": {"likes": ["茶"]}}` |
//! | take back | `{"city": null}` |
//! | take back all | `{"$delete": true}` |
//!
//! Identifiers that were bound together are an `alias` with `{"identities": {kind: value}}` in its properties.

pub mod form;
mod object;

pub(crate) use object::Object;

use std::borrow::Cow;

use fanvine_kernel::ids::SourceId;

use crate::segment::json::{Scalar, scalar};
use crate::segment::{Arrival, Fault, Limits, Rejection, Shared, Taken, decode_said, shown};

/// A message in the words of the Segment API.
pub(crate) struct Said {
    /// The message.
    pub(crate) text: String,
    /// Whether it may be about nobody.
    pub(crate) guest: bool,
}

/// Reads what a message of another protocol was put into, and hands it on under the words it came with.
pub(crate) fn hand_on<'s>(
    (source, raw, index): (&'s SourceId, &str, usize),
    said: Result<Said, Fault>,
    sent_at: Option<&str>,
    arrival: &Arrival<'_>,
    each: &mut dyn FnMut(Taken<'_, 's>),
) {
    let rejected = |fault| Err(Rejection { index, message_id: None, fault });
    if raw.len() > arrival.limits.event_bytes {
        let fault = Fault::TooLarge { bytes: raw.len(), limit: arrival.limits.event_bytes };
        return each(Taken { source, raw, outcome: rejected(fault) });
    }
    match said {
        Err(fault) => each(Taken { source, raw, outcome: rejected(fault) }),
        Ok(Said { text, guest }) => {
            // What it was put into repeats some of it: only what was sent is held to the limit.
            let limits = Limits { event_bytes: usize::MAX, ..*arrival.limits };
            let arrival = Arrival { limits: &limits, ..*arrival };
            let outcome = decode_said(&text, Shared { index, sent_at, context: None, guest }, &arrival);
            each(Taken { source, raw, outcome });
        }
    }
}

/// The text of a field that must be there.
pub(crate) fn needed<'a>(field: &'static str, raw: Option<&'a str>) -> Result<Cow<'a, str>, Fault> {
    match raw.map(scalar) {
        Some(Scalar::Text(text)) if !text.trim().is_empty() => Ok(text),
        Some(Scalar::Number(text)) => Ok(Cow::Borrowed(text)),
        None | Some(Scalar::Null | Scalar::Text(_)) => Err(Fault::Missing { field }),
        Some(Scalar::Bool(_) | Scalar::Nested) => Err(Fault::WrongType {
            field: field.into(),
            expected: "a string or number",
            got: shown(raw.unwrap_or_default()),
        }),
    }
}

/// A field that is an object, if it is there.
pub(crate) fn object<'a>(field: &'static str, raw: Option<&'a str>) -> Result<Option<&'a str>, Fault> {
    match raw {
        Some(raw) if !raw.starts_with('{') => {
            Err(Fault::WrongType { field: field.into(), expected: "an object", got: shown(raw) })
        }
        raw => Ok(raw),
    }
}

/// Any JSON, not too large.
#[cfg(test)]
pub(crate) fn any_json() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(".{0,8}", inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}
