//! The outer form of a request, and the entries of its messages as they stand in the text.

use super::Call;
use super::decode::Refused;
use super::json::{Cursor, Malformed, is_object};

/// One message as it stands in a text.
pub(super) struct Message<'a> {
    pub(super) raw: &'a str,
    /// How deeply it nests arrays and objects.
    pub(super) depth: usize,
    pub(super) parts: Parts<'a>,
}

impl<'a> Message<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Malformed> {
        cursor.deepest = 0;
        let mut parts = Parts { object: cursor.peek() == Some(b'{'), ..Parts::default() };
        let raw = cursor.slice(|cursor| {
            if !parts.object {
                return cursor.value().map(|_| ());
            }
            cursor.object(|cursor, key| {
                let value = cursor.value()?;
                parts.keep(key, value);
                Ok(())
            })
        })?;
        Ok(Self { raw, depth: cursor.deepest + usize::from(parts.object), parts })
    }
}

/// About how many bytes a message has at least; most have more.
const USUAL_BYTES: usize = 300;

/// The outer form of a request.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) write_key: Option<&'a str>,
    pub(super) sent_at: Option<&'a str>,
    pub(super) context: Option<&'a str>,
    pub(super) messages: Vec<Message<'a>>,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(call: Call, text: &'a str) -> Result<Self, Refused> {
        let mut cursor = Cursor::new(text);
        let read = if call == Call::Many { Self::many(&mut cursor) } else { Self::one(&mut cursor) };
        let wrong = |text: &str| Refused::InvalidBody(text.to_owned());
        match read.and_then(|read| cursor.end().map(|()| read)) {
            Ok(Some(envelope)) => Ok(envelope),
            Ok(None) => Err(wrong("`batch` is missing")),
            Err(Malformed { at }) => Err(match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Err(error) => Refused::InvalidJson(error.to_string()),
                Ok(_) if !is_object(text.trim_start()) => wrong("an object with `batch` is expected"),
                Ok(_) => wrong(&format!("`batch` must be an array of messages, see byte {at}")),
            }),
        }
    }

    fn one(cursor: &mut Cursor<'a>) -> Result<Option<Self>, Malformed> {
        Ok(Some(Self { messages: vec![Message::read(cursor)?], ..Self::default() }))
    }

    fn many(cursor: &mut Cursor<'a>) -> Result<Option<Self>, Malformed> {
        let (mut envelope, mut batch) = (Self::default(), false);
        cursor.object(|cursor, key| {
            match key {
                "batch" => {
                    batch = true;
                    envelope.messages = Vec::with_capacity(cursor.left() / USUAL_BYTES);
                    cursor.array(|cursor| {
                        envelope.messages.push(Message::read(cursor)?);
                        Ok(())
                    })?;
                }
                "writeKey" => envelope.write_key = Some(cursor.value()?),
                "sentAt" => envelope.sent_at = Some(cursor.value()?),
                "context" => envelope.context = Some(cursor.value()?),
                _ => {
                    cursor.value()?;
                }
            }
            Ok(())
        })?;
        Ok(batch.then_some(envelope))
    }
}

/// The entries of a message, as they stand in it.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) object: bool,
    pub(super) kind: Option<&'a str>,
    pub(super) event: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) category: Option<&'a str>,
    pub(super) message_id: Option<&'a str>,
    pub(super) user_id: Option<&'a str>,
    pub(super) anonymous_id: Option<&'a str>,
    pub(super) previous_id: Option<&'a str>,
    pub(super) group_id: Option<&'a str>,
    pub(super) timestamp: Option<&'a str>,
    pub(super) original_timestamp: Option<&'a str>,
    pub(super) sent_at: Option<&'a str>,
    pub(super) received_at: Option<&'a str>,
    pub(super) properties: Option<&'a str>,
    pub(super) traits: Option<&'a str>,
    pub(super) context: Option<&'a str>,
    pub(super) write_key: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Keeps the value if the key is one of a message's; `null` is as if it were absent.
    fn keep(&mut self, key: &str, value: &'a str) {
        let place = match key {
            "type" => &mut self.kind,
            "event" => &mut self.event,
            "name" => &mut self.name,
            "category" => &mut self.category,
            "messageId" => &mut self.message_id,
            "userId" => &mut self.user_id,
            "anonymousId" => &mut self.anonymous_id,
            "previousId" => &mut self.previous_id,
            "groupId" => &mut self.group_id,
            "timestamp" => &mut self.timestamp,
            "originalTimestamp" => &mut self.original_timestamp,
            "sentAt" => &mut self.sent_at,
            "receivedAt" => &mut self.received_at,
            "properties" => &mut self.properties,
            "traits" => &mut self.traits,
            "context" => &mut self.context,
            "writeKey" => &mut self.write_key,
            _ => return,
        };
        *place = Some(value).filter(|value| *value != "null");
    }
}
