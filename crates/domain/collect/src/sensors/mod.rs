//! The Sensors Analytics (神策) protocol, read purely: bytes of a request in, events or named faults out.
//!
//! [`receive`] answers its clients. [`decode`] finds the messages, `translate` puts each into Segment's words, `names`
//! tells which of Fanvine's names an event means: its clients allow no blanks in them.

mod names;
pub mod receive;
#[cfg(test)]
mod tests;
mod translate;

use std::borrow::Cow;

use fanvine_kernel::ids::SourceId;

use crate::said::{form, hand_on};
use crate::segment::body::{self, BodyError};
use crate::segment::json::{elements, pick};
use crate::segment::{Arrival, Refused, Taken, shown, text_of};

/// Why there are no messages in a request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpacked {
    /// Neither `data` nor `data_list`.
    #[error("neither `data` nor `data_list` was sent")]
    Nothing,
    /// Encrypted by a key that only Sensors Analytics has.
    #[error("`gzip` is {0}: encrypted data cannot be read; switch encryption off in the client")]
    Encrypted(String),
    /// Neither base64 nor JSON.
    #[error("`{field}` is {got}, which is neither base64 nor JSON")]
    NotBase64 {
        /// `data` or `data_list`.
        field: &'static str,
        /// Its beginning.
        got: String,
    },
    /// What was packed is no text.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// The JSON in the fields of a query or a form: base64 of it or of gzip of it, whatever `gzip` says; or as it is.
///
/// # Errors
/// There is none.
pub fn unpacked(form: &str, limit: usize) -> Result<String, Unpacked> {
    let plain = form.trim();
    if plain.starts_with(['{', '[']) {
        return Ok(plain.to_owned());
    }
    let gzip = form::field(plain, "gzip").unwrap_or_default();
    if !matches!(&*gzip, "" | "0" | "1" | "true" | "false") {
        return Err(Unpacked::Encrypted(shown(&gzip)));
    }
    let found = ["data_list", "data"].into_iter().find_map(|name| Some((name, form::field(plain, name)?)));
    let Some((field, data)) = found.filter(|(_, data)| !data.trim().is_empty()) else { return Err(Unpacked::Nothing) };
    if data.trim_start().starts_with(['{', '[']) {
        return Ok(data.into_owned());
    }
    // Some encode twice.
    let data = if data.contains('%') { form::decoded(&data) } else { Cow::Borrowed(&*data) };
    let bytes = form::base64_bytes(&data).ok_or_else(|| Unpacked::NotBase64 { field, got: shown(&data) })?;
    Ok(body::text(&bytes, None, limit)?.into_owned())
}

/// Reads JSON of one message or many and hands every message to `each`, in order.
///
/// The key is the first of these that is a source's: the query's `token`, the message's `token`, the query's `project`,
/// the message's `project`. A request any message of which has none is refused as a whole.
///
/// # Errors
/// The request as a whole cannot be taken: forget what was handed out.
pub fn decode<'s>(
    text: &str,
    query: &str,
    resolve: &dyn Fn(&str) -> Option<&'s SourceId>,
    arrival: &Arrival<'_>,
    each: &mut dyn FnMut(Taken<'_, 's>),
) -> Result<(), Refused> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err(Refused::InvalidJson(error.to_string()));
    }
    let text = text.trim();
    let messages = match text.as_bytes().first() {
        Some(b'[') => elements(text).unwrap_or_default(),
        Some(b'{') => vec![text],
        _ => return Err(Refused::InvalidBody("a message or an array of them is expected".to_owned())),
    };
    if messages.len() > arrival.limits.batch_events {
        return Err(Refused::TooMany { events: messages.len(), limit: arrival.limits.batch_events });
    }
    let (token, project) = (form::field(query, "token"), form::field(query, "project"));
    if messages.is_empty() {
        return match [&token, &project].into_iter().flatten().any(|key| resolve(key).is_some()) {
            true => Ok(()),
            false => Err(Refused::NoKey),
        };
    }
    for (index, raw) in messages.into_iter().enumerate() {
        let [own_token, own_project, sent_at] = pick(Some(raw), ["token", "project", "_flush_time"]);
        let own = |raw: Option<&'_ str>| raw.and_then(text_of).map(Cow::into_owned);
        let keys = [
            token.clone().map(Cow::into_owned),
            own(own_token),
            project.clone().map(Cow::into_owned),
            own(own_project),
        ];
        let source = match keys.iter().flatten().find_map(|key| resolve(key)) {
            Some(source) => source,
            None => {
                let first = keys.into_iter().flatten().find(|key| !key.is_empty());
                return Err(first.map_or(Refused::NoKey, |key| Refused::UnknownKey(shown(&key))));
            }
        };
        hand_on((source, raw, index), translate::said(raw, index), sent_at, arrival, each);
    }
    Ok(())
}
