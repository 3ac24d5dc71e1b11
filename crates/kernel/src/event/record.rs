//! An event as the log keeps it.
//!
//! ```text
//! 0  version, 1            then, little endian: occurred_at and received_at (8 bytes each, microseconds),
//! 1  kind, its place in    quantity and revenue (8 bytes each), currency (3 letters), each only if flagged;
//!    `KINDS`               then the length of each text as a varint (LEB128): message id, name, source, and of the rest
//! 2  flags (2 bytes):      those that are flagged; then the texts, one behind the other, all UTF-8
//!    what is there
//! ```
//!
//! Written to be read: there is nothing to parse in it, only to cut.

use crate::event::{EventKind, EventRef};
use crate::{Currency, Timestamp};

const VERSION: u8 = 1;
const KINDS: [EventKind; 6] =
    [EventKind::Track, EventKind::Identify, EventKind::Page, EventKind::Screen, EventKind::Group, EventKind::Alias];
const QUANTITY: u16 = 1;
const REVENUE: u16 = 1 << 1;
const CURRENCY: u16 = 1 << 2;
/// The flag of the first text that may be missing; the others follow.
const FIRST_TEXT: u32 = 3;
/// Message id, name and source are always there.
const ALWAYS: usize = 3;
const TEXTS: usize = ALWAYS + 10;

/// Bytes of the log that are not an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A version that this program does not know.
    #[error("the log holds a record of the unknown version {0}")]
    Version(u8),
    /// It ends too early, or is not what its version says.
    #[error("the log holds a record that is not an event: its {0} cannot be read")]
    Damaged(&'static str),
}

/// Appends the record of an event.
pub(super) fn encode(event: &EventRef<'_>, bytes: &mut Vec<u8>) {
    let texts: [Option<&str>; TEXTS] = [
        Some(event.message_id),
        Some(event.name),
        Some(event.source),
        event.user_id,
        event.anonymous_id,
        event.session_id,
        event.product_id,
        event.order_id,
        event.channel,
        event.campaign,
        event.referrer,
        event.properties,
        event.context,
    ];
    let mut flags = 0u16;
    for (place, text) in texts[ALWAYS..].iter().enumerate() {
        flags |= u16::from(text.is_some()) << (FIRST_TEXT + place as u32);
    }
    for (flag, is_there) in [
        (QUANTITY, event.quantity.is_some()),
        (REVENUE, event.revenue_minor.is_some()),
        (CURRENCY, event.currency.is_some()),
    ] {
        flags |= flag * u16::from(is_there);
    }

    let length: usize = texts.iter().flatten().map(|text| text.len()).sum();
    bytes.reserve(length + 72);
    bytes.extend([VERSION, event.kind as u8]);
    bytes.extend(flags.to_le_bytes());
    bytes.extend(event.occurred_at.micros().to_le_bytes());
    bytes.extend(event.received_at.micros().to_le_bytes());
    for number in [event.quantity, event.revenue_minor].into_iter().flatten() {
        bytes.extend(number.to_le_bytes());
    }
    if let Some(currency) = &event.currency {
        bytes.extend(currency.code().as_bytes());
    }
    for text in texts.iter().flatten() {
        push_varint(bytes, text.len());
    }
    for text in texts.iter().flatten() {
        bytes.extend_from_slice(text.as_bytes());
    }
}

/// Reads a record.
pub(super) fn decode(bytes: &[u8]) -> Result<EventRef<'_>, DecodeError> {
    match bytes.first() {
        Some(&VERSION) => {}
        Some(&version) => return Err(DecodeError::Version(version)),
        None => return Err(DecodeError::Damaged("version")),
    }
    let mut reader = Reader(&bytes[1..]);
    let [kind] = reader.take("kind")?;
    let kind = *KINDS.get(usize::from(kind)).ok_or(DecodeError::Damaged("kind"))?;
    let flags = u16::from_le_bytes(reader.take("flags")?);
    let flagged = |flag: u16| flags & flag != 0;
    let occurred_at = reader.number("time")?;
    let received_at = reader.number("time")?;
    let quantity = flagged(QUANTITY).then(|| reader.number("quantity")).transpose()?;
    let revenue_minor = flagged(REVENUE).then(|| reader.number("revenue")).transpose()?;
    let currency = flagged(CURRENCY).then(|| reader.currency()).transpose()?;

    let mut lengths = [None; TEXTS];
    for (place, length) in lengths.iter_mut().enumerate() {
        let always = place < ALWAYS;
        if always || flagged(1 << (FIRST_TEXT + (place - ALWAYS) as u32)) {
            *length = Some(reader.varint()?);
        }
    }
    let mut rest = std::str::from_utf8(reader.0).map_err(|_| DecodeError::Damaged("text"))?;
    let mut texts = [None; TEXTS];
    for (text, length) in texts.iter_mut().zip(lengths) {
        if let Some(length) = length {
            let (found, after) = rest.split_at_checked(length).ok_or(DecodeError::Damaged("text"))?;
            (*text, rest) = (Some(found), after);
        }
    }
    if !rest.is_empty() {
        return Err(DecodeError::Damaged("end"));
    }
    let [
        message_id,
        name,
        source,
        user_id,
        anonymous_id,
        session_id,
        product_id,
        order_id,
        channel,
        campaign,
        referrer,
        properties,
        context,
    ] = texts;
    Ok(EventRef {
        message_id: message_id.unwrap_or_default(),
        kind,
        name: name.unwrap_or_default(),
        source: source.unwrap_or_default(),
        user_id,
        anonymous_id,
        occurred_at: Timestamp::from_micros(occurred_at),
        received_at: Timestamp::from_micros(received_at),
        session_id,
        product_id,
        order_id,
        quantity,
        revenue_minor,
        currency,
        channel,
        campaign,
        referrer,
        properties,
        context,
    })
}

/// What is left of a record.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(DecodeError::Damaged(what))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        self.take(what).map(i64::from_le_bytes)
    }

    fn currency(&mut self) -> Result<Currency, DecodeError> {
        let letters: [u8; 3] = self.take("currency")?;
        std::str::from_utf8(&letters).ok().and_then(|code| code.parse().ok()).ok_or(DecodeError::Damaged("currency"))
    }

    fn varint(&mut self) -> Result<usize, DecodeError> {
        let mut value = 0usize;
        for shift in (0..35).step_by(7) {
            let [byte] = self.take("length")?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Damaged("length"))
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Json};
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = Option<String>> {
        proptest::option::of(".{0,200}")
    }

    fn event() -> impl Strategy<Value = Event> {
        let numbers = (any::<i64>(), any::<i64>(), any::<Option<i64>>(), any::<Option<i64>>(), any::<bool>());
        let texts = (".{0,40}", ".{0,40}", text(), text(), text(), text(), text(), text(), text(), text());
        (0..KINDS.len(), numbers, texts, proptest::option::of(0usize..40_000)).prop_map(
            |(kind, numbers, texts, long)| Event {
                message_id: texts.0,
                kind: KINDS[kind],
                name: texts.1,
                source: "src_1".parse().unwrap(),
                user_id: texts.2,
                anonymous_id: texts.3,
                occurred_at: Timestamp::from_micros(numbers.0),
                received_at: Timestamp::from_micros(numbers.1),
                session_id: texts.4,
                product_id: texts.5,
                order_id: texts.6,
                quantity: numbers.2,
                revenue_minor: numbers.3,
                currency: numbers.4.then(|| "CNY".parse().unwrap()),
                channel: texts.7,
                campaign: texts.8,
                referrer: texts.9,
                properties: long.map(|letters| Json::of_valid(format!("\"{}\"", "x".repeat(letters)))),
                context: numbers.4.then(|| Json::of_valid("{}")),
            },
        )
    }

    proptest! {
        #[test]
        fn an_event_reads_back_as_it_was_written(event in event()) {
            prop_assert_eq!(Event::decode(&event.encode()).unwrap(), event);
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_panic(event in event(), at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
            let mut bytes = event.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = decode(&bytes);
            let _ = decode(&bytes[..cut.index(bytes.len())]);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes);
        }
    }
}
