//! The text of a request as events, each taken or refused by name.

use std::borrow::Cow;

use fanvine_kernel::event::names;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Currency, EventKind, Timestamp};

use super::draft::Draft;
use super::envelope::{Envelope, Message, Parts};
use super::fault::{Fault, Rejection, shown};
use super::json::{Cursor, Malformed, Scalar, fields, is_object, push_text, scalar};
use super::lift::{FromContext, FromProperties, from_context, from_properties};
use super::{Call, Limits, clock, kind_named};

/// The circumstances a request arrived in.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// When it reached us.
    pub received_at: Timestamp,
    /// The currency of amounts that give none.
    pub currency: Option<Currency>,
    /// How much a request may hold.
    pub limits: &'a Limits,
    /// A history the shop brings in itself: events need no shopper (a guest bought), and times stand as they are.
    pub trusted: bool,
}

/// One message of a request.
#[derive(Debug)]
pub struct Taken<'a, 's> {
    /// The source its write key belongs to.
    pub source: &'s SourceId,
    /// The message as it was sent.
    pub raw: &'a str,
    /// The event, or why it is none.
    pub outcome: Result<Draft<'a>, Rejection>,
}

/// Why a request as a whole was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not JSON.
    #[error("the body is not valid JSON: {0}")]
    InvalidJson(String),
    /// JSON, but not of the form this call has.
    #[error("the body is not of the expected form: {0}")]
    InvalidBody(String),
    /// No write key in the header, the body or the message.
    #[error("no write key was given: send it as the user name of Basic authentication or as `writeKey`")]
    NoKey,
    /// A key nobody has, or one that is switched off.
    #[error("the write key `{0}` is not known or is switched off")]
    UnknownKey(String),
    /// More events than a batch may hold.
    #[error("the batch holds {events} events; the limit is {limit}")]
    TooMany {
        /// How many it holds.
        events: usize,
        /// How many it may hold.
        limit: usize,
    },
}

/// Reads the text of a request and hands every message to `each`, in order.
///
/// The write key is `header_key` if there is one, else the body's `writeKey`, else each message's own; `resolve` says
/// whose it is. One unknown key refuses the whole request, so that nothing is lost behind a success.
///
/// # Errors
/// The request as a whole cannot be taken: forget what was handed out. What is wrong with single messages stands in their
/// outcomes.
pub fn decode<'a, 's>(
    call: Call,
    text: &'a str,
    header_key: Option<&str>,
    resolve: &dyn Fn(&str) -> Option<&'s SourceId>,
    arrival: &Arrival<'_>,
    mut each: impl FnMut(Taken<'a, 's>),
) -> Result<(), Refused> {
    let envelope = Envelope::read(call, text)?;
    if envelope.messages.len() > arrival.limits.batch_events {
        return Err(Refused::TooMany { events: envelope.messages.len(), limit: arrival.limits.batch_events });
    }
    // Each event keeps the batch's context: a large one must not become a flood.
    let spread = envelope.context.map_or(0, str::len).saturating_mul(envelope.messages.len());
    if spread > arrival.limits.batch_bytes.saturating_mul(4) {
        return Err(Refused::InvalidBody("`context` is too large to be given to every event of the batch".to_owned()));
    }
    let known = |key: &str| resolve(key).ok_or_else(|| Refused::UnknownKey(shown(key)));
    let body_key = envelope.write_key.and_then(text_of);
    let common = header_key.or(body_key.as_deref()).map(known).transpose()?;
    if common.is_none() && envelope.messages.is_empty() {
        return Err(Refused::NoKey);
    }
    for (index, Message { raw, depth, parts }) in envelope.messages.iter().enumerate() {
        let source = match (common, parts.write_key.and_then(text_of)) {
            (Some(source), _) => source,
            (None, Some(key)) => known(&key)?,
            (None, None) => return Err(Refused::NoKey),
        };
        let shared = Shared { index, sent_at: envelope.sent_at, context: envelope.context, guest: false };
        let outcome = draft_of(call, raw, *depth, parts, &shared, arrival);
        each(Taken { source, raw, outcome });
    }
    Ok(())
}

/// Reads one message on its own, with its `type`: a line of an export.
pub fn decode_message<'a>(raw: &'a str, index: usize, arrival: &Arrival<'_>) -> Result<Draft<'a>, Rejection> {
    decode_said(raw, Shared { index, sent_at: None, context: None, guest: arrival.trusted }, arrival)
}

/// Reads one message, with its `type`, that stands in for another client's.
pub(crate) fn decode_said<'a>(raw: &'a str, shared: Shared<'a>, arrival: &Arrival<'_>) -> Result<Draft<'a>, Rejection> {
    let index = shared.index;
    let mut cursor = Cursor::new(raw);
    match Message::read(&mut cursor).and_then(|message| cursor.end().map(|()| message)) {
        Ok(message) => draft_of(Call::Many, raw, message.depth, &message.parts, &shared, arrival),
        Err(Malformed { .. }) => {
            Err(Rejection { index, message_id: None, fault: Fault::NotAnObject { got: shown(raw) } })
        }
    }
}

/// What a batch says for all its messages, and the place of one in it.
pub(crate) struct Shared<'a> {
    pub(crate) index: usize,
    pub(crate) sent_at: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
    /// Whether it may be about nobody: about a product, or an order without a buyer.
    pub(crate) guest: bool,
}

fn draft_of<'a>(
    call: Call,
    raw: &'a str,
    depth: usize,
    parts: &Parts<'a>,
    shared: &Shared<'a>,
    arrival: &Arrival<'_>,
) -> Result<Draft<'a>, Rejection> {
    build(call, raw, depth, parts, shared, arrival).map_err(|fault| Rejection {
        index: shared.index,
        message_id: parts.message_id.and_then(text_of).map(|id| id.chars().take(arrival.limits.id_chars).collect()),
        fault,
    })
}

fn build<'a>(
    call: Call,
    raw: &'a str,
    depth: usize,
    parts: &Parts<'a>,
    shared: &Shared<'a>,
    arrival: &Arrival<'_>,
) -> Result<Draft<'a>, Fault> {
    let limits = arrival.limits;
    if !parts.object {
        return Err(Fault::NotAnObject { got: shown(raw) });
    }
    if raw.len() > limits.event_bytes {
        return Err(Fault::TooLarge { bytes: raw.len(), limit: limits.event_bytes });
    }
    if depth > limits.depth {
        return Err(Fault::TooDeep { limit: limits.depth });
    }
    let kind = match call {
        Call::One(kind) => kind,
        Call::Many => kind_of(parts.kind)?,
    };
    let user_id = id("userId", parts.user_id, limits)?;
    let anonymous_id = id("anonymousId", parts.anonymous_id, limits)?;
    if user_id.is_none() && anonymous_id.is_none() && !shared.guest {
        return Err(Fault::NoShopper);
    }
    let name = name_of(kind, parts, limits)?;
    let properties = object("properties", parts.properties)?;
    let traits = object("traits", parts.traits)?;
    let context = object("context", parts.context)?.or(object("context", shared.context)?);
    let (occurred_at, received_at) = times(parts, shared, arrival)?;

    let known = context.map(from_context).transpose()?.unwrap_or_default();
    let lifted = match kind {
        EventKind::Track | EventKind::Page | EventKind::Screen => properties
            .map(|properties| from_properties(properties, &name, arrival.currency))
            .transpose()?
            .unwrap_or_default(),
        _ => FromProperties::default(),
    };
    let message_id = match id("messageId", parts.message_id, limits)? {
        Some(message_id) => message_id,
        None => Cow::Owned(made_id(raw, shared.index, arrival)),
    };
    let properties = kept_properties(kind, parts, properties, traits.or(known.traits), limits)?;
    let FromContext { session_id, channel, campaign, referrer, agent, address, .. } = known;
    Ok(Draft {
        message_id,
        kind,
        name,
        user_id,
        anonymous_id,
        occurred_at,
        received_at,
        session_id: session_id.or(lifted.session_id),
        product_id: lifted.product_id,
        order_id: lifted.order_id,
        quantity: lifted.quantity,
        revenue: lifted.revenue,
        channel: lifted.channel.or(channel.map(Cow::Borrowed)),
        campaign,
        referrer,
        properties,
        context,
        agent,
        address,
    })
}

fn kind_of(raw: Option<&str>) -> Result<EventKind, Fault> {
    let raw = raw.ok_or(Fault::Missing { field: "type" })?;
    match scalar(raw) {
        Scalar::Text(text) => kind_named(&text).ok_or_else(|| Fault::UnknownType { got: shown(&text) }),
        _ => Err(Fault::WrongType { field: "type".into(), expected: "a string", got: shown(raw) }),
    }
}

fn name_of<'a>(kind: EventKind, parts: &Parts<'a>, limits: &Limits) -> Result<Cow<'a, str>, Fault> {
    let constant = match kind {
        EventKind::Track => {
            let raw = parts.event.ok_or(Fault::Missing { field: "event" })?;
            return match scalar(raw) {
                Scalar::Text(text) if text.trim().is_empty() => Err(Fault::Missing { field: "event" }),
                Scalar::Text(text) => short("event", text, limits.name_chars),
                _ => Err(Fault::WrongType { field: "event".into(), expected: "a string", got: shown(raw) }),
            };
        }
        EventKind::Page => names::PAGE_VIEWED,
        EventKind::Screen => names::SCREEN_VIEWED,
        EventKind::Identify => names::IDENTIFY,
        EventKind::Group => names::GROUP,
        EventKind::Alias => names::ALIAS,
    };
    Ok(Cow::Borrowed(constant))
}

/// When it happened and when it arrived.
fn times(parts: &Parts<'_>, shared: &Shared<'_>, arrival: &Arrival<'_>) -> Result<(Timestamp, Timestamp), Fault> {
    let given = match (time("timestamp", parts.timestamp)?, parts.original_timestamp) {
        (None, original) => time("originalTimestamp", original)?,
        (given, _) => given,
    };
    if arrival.trusted {
        // An export was corrected when it was collected; correcting it by today's clock would move it by years.
        let received_at = time("receivedAt", parts.received_at).ok().flatten().unwrap_or(arrival.received_at);
        return Ok((given.unwrap_or(received_at), received_at));
    }
    // What is said for the whole request was said last, when it really left.
    let sent_at = [shared.sent_at, parts.sent_at].into_iter().flatten().find_map(moment);
    let occurred_at = given.map_or(arrival.received_at, |given| clock::corrected(given, sent_at, arrival.received_at));
    Ok((occurred_at, arrival.received_at))
}

fn time(field: &'static str, raw: Option<&str>) -> Result<Option<Timestamp>, Fault> {
    let Some(raw) = raw.filter(|raw| *raw != "null" && *raw != "\"\"") else { return Ok(None) };
    let moment = moment(raw).ok_or_else(|| Fault::NotATime { field, got: shown(raw) })?;
    if clock::plausible(moment) { Ok(Some(moment)) } else { Err(Fault::OutOfRange { field, got: shown(raw) }) }
}

/// ISO 8601, or a number of seconds (below 10¹¹) or milliseconds since 1970.
fn moment(raw: &str) -> Option<Timestamp> {
    match scalar(raw) {
        Scalar::Text(text) => clock::parse(&text),
        Scalar::Number(text) => {
            let number: f64 = text.parse().ok()?;
            let micros = if number.abs() < 1e11 { number * 1e6 } else { number * 1e3 };
            (micros.abs() < 9e18).then(|| Timestamp::from_micros(micros as i64))
        }
        _ => None,
    }
}

/// The text of an identifier; numbers as they were written, empty texts as if they were absent.
fn id<'a>(field: &'static str, raw: Option<&'a str>, limits: &Limits) -> Result<Option<Cow<'a, str>>, Fault> {
    let Some(raw) = raw else { return Ok(None) };
    match scalar(raw) {
        Scalar::Null => Ok(None),
        Scalar::Text(text) if text.is_empty() => Ok(None),
        Scalar::Text(text) => short(field, text, limits.id_chars).map(Some),
        Scalar::Number(text) => short(field, Cow::Borrowed(text), limits.id_chars).map(Some),
        Scalar::Bool(_) | Scalar::Nested => {
            Err(Fault::WrongType { field: field.into(), expected: "a string or number", got: shown(raw) })
        }
    }
}

fn short<'a>(field: &'static str, text: Cow<'a, str>, limit: usize) -> Result<Cow<'a, str>, Fault> {
    if text.len() <= limit {
        return Ok(text);
    }
    let chars = text.chars().count();
    if chars <= limit { Ok(text) } else { Err(Fault::TooLong { field, chars, limit, start: shown(&text) }) }
}

pub(crate) fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    match scalar(raw) {
        Scalar::Text(text) if !text.is_empty() => Some(text),
        Scalar::Number(text) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

fn object<'a>(field: &'static str, raw: Option<&'a str>) -> Result<Option<&'a str>, Fault> {
    match raw.filter(|raw| *raw != "null") {
        None => Ok(None),
        Some(raw) if is_object(raw) => Ok(Some(raw)),
        Some(raw) => Err(Fault::WrongType { field: field.into(), expected: "an object", got: shown(raw) }),
    }
}

/// The name of a message that has none: made of its text, its place and the time it arrived. So a batch that is
/// replayed from a log of requests keeps its names, but a client that sends a nameless message again cannot be
/// recognised: that is what `messageId` is for.
fn made_id(raw: &str, index: usize, arrival: &Arrival<'_>) -> String {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    hash.update(raw.as_bytes());
    hash.update(&(index as u64).to_le_bytes());
    if !arrival.trusted {
        hash.update(&arrival.received_at.micros().to_le_bytes());
    }
    format!("made-{:032x}", hash.digest128())
}

/// What is kept as the event's properties: see [`Event::properties`]. The name and category of a page, a group's
/// id and an alias's previous id go in beside what was sent, where it does not say them itself.
fn kept_properties<'a>(
    kind: EventKind,
    parts: &Parts<'a>,
    properties: Option<&'a str>,
    traits: Option<&'a str>,
    limits: &Limits,
) -> Result<Option<Cow<'a, str>>, Fault> {
    let (base, beside): (_, [(&str, Option<&str>); 2]) = match kind {
        EventKind::Track => (properties, [("", None), ("", None)]),
        EventKind::Page | EventKind::Screen => (properties, [("name", parts.name), ("category", parts.category)]),
        EventKind::Identify => (traits, [("", None), ("", None)]),
        EventKind::Group => {
            if id("groupId", parts.group_id, limits)?.is_none() {
                return Err(Fault::Missing { field: "groupId" });
            }
            (traits, [("groupId", parts.group_id), ("", None)])
        }
        EventKind::Alias => {
            let binds = properties.is_some_and(|properties| properties.contains("\"identities\""));
            if id("previousId", parts.previous_id, limits)?.is_none() && !binds {
                return Err(Fault::Missing { field: "previousId" });
            }
            (properties, [("previousId", parts.previous_id), ("", None)])
        }
    };
    if beside.iter().all(|(_, value)| value.is_none()) {
        return Ok(base.map(Cow::Borrowed));
    }
    let mut has = [false; 2];
    if let Some(base) = base {
        let _ = fields(base, |key, _| beside.iter().zip(&mut has).for_each(|((name, _), has)| *has |= key == *name));
    }
    let mut text = String::with_capacity(base.map_or(2, str::len) + 64);
    text.push('{');
    for ((name, value), has) in beside.iter().zip(has) {
        if let (Some(value), false) = (value, has) {
            if text.len() > 1 {
                text.push(',');
            }
            push_text(&mut text, name);
            text.push(':');
            text.push_str(value);
        }
    }
    let rest = base.map_or("}", |base| base[1..].trim_start());
    if text.len() > 1 && rest != "}" {
        text.push(',');
    }
    text.push_str(rest);
    Ok(Some(Cow::Owned(text)))
}
