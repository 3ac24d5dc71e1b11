//! PostHog's capture API, read purely: bytes of a request in, events or named faults out.
//!
//! [`capture`] answers its clients, [`flags`] tells them that there are no feature flags here. A message is put into
//! Segment's words by `translate`; its own properties stay as they are, names with `$` included.

pub mod capture;
pub mod flags;
#[cfg(test)]
mod tests;
mod translate;

use std::borrow::Cow;

use fanvine_kernel::ids::SourceId;

use crate::said::{form, hand_on};
use crate::segment::body::{self, BodyError};
use crate::segment::json::{elements, pick};
use crate::segment::{Arrival, Refused, Taken, text_of};

/// The text of a body: JSON, gzip of it (also where only the query says so), or a form with base64 of either.
///
/// # Errors
/// Too large, damaged, or not UTF-8.
pub fn text<'a>(bytes: &'a [u8], encoding: Option<&str>, limit: usize) -> Result<Cow<'a, str>, BodyError> {
    let text = body::text(bytes, encoding, limit)?;
    let Some(data) = form::field(&text, "data").filter(|_| text.starts_with("data=") || text.contains("&data=")) else {
        return Ok(text);
    };
    let packed = match form::base64_bytes(&data) {
        Some(packed) => packed,
        None => data.into_owned().into_bytes(),
    };
    body::text(&packed, None, limit).map(|text| Cow::Owned(text.into_owned()))
}

/// Reads the text of a request and hands every message to `each`, in order.
///
/// The key is the body's `api_key` or `token`, else each message's own (also among its properties); `resolve` says whose
/// it is. One unknown key refuses the whole request, so that nothing is lost behind a success.
///
/// # Errors
/// The request as a whole cannot be taken: forget what was handed out.
pub fn decode<'s>(
    text: &str,
    query_key: Option<&str>,
    resolve: &dyn Fn(&str) -> Option<&'s SourceId>,
    arrival: &Arrival<'_>,
    each: &mut dyn FnMut(Taken<'_, 's>),
) -> Result<(), Refused> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err(Refused::InvalidJson(error.to_string()));
    }
    let text = text.trim();
    let [batch, api_key, token, sent_at] = pick(Some(text), ["batch", "api_key", "token", "sent_at"]);
    let messages = match (batch, text.as_bytes().first()) {
        (Some(batch), _) => {
            elements(batch).ok_or_else(|| Refused::InvalidBody("`batch` must be an array of messages".to_owned()))?
        }
        (None, Some(b'[')) => elements(text).unwrap_or_default(),
        (None, Some(b'{')) => vec![text],
        (None, _) => return Err(Refused::InvalidBody("a message, an array of them or `batch` is expected".to_owned())),
    };
    if messages.len() > arrival.limits.batch_events {
        return Err(Refused::TooMany { events: messages.len(), limit: arrival.limits.batch_events });
    }
    let known = |key: &str| resolve(key).ok_or_else(|| Refused::UnknownKey(crate::segment::shown(key)));
    let body_key = api_key.or(token).and_then(text_of);
    let common = body_key.as_deref().or(query_key).map(known).transpose()?;
    if common.is_none() && messages.is_empty() {
        return Err(Refused::NoKey);
    }
    for (index, raw) in messages.into_iter().enumerate() {
        let source = match common {
            Some(source) => source,
            None => known(&own_key(raw).ok_or(Refused::NoKey)?)?,
        };
        let own_sent_at = pick(Some(raw), ["sent_at"])[0];
        hand_on((source, raw, index), translate::said(raw, arrival), sent_at.or(own_sent_at), arrival, each);
    }
    Ok(())
}

fn own_key(raw: &str) -> Option<Cow<'_, str>> {
    let [api_key, token, properties] = pick(Some(raw), ["api_key", "token", "properties"]);
    api_key.or(token).or_else(|| pick(properties, ["token"])[0]).and_then(text_of)
}
