//! Evidence: that two identifiers were seen together, and how an event tells it.

use std::borrow::Cow;
use std::fmt::Write as _;

use fanvine_kernel::event::EventRef;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{EventKind, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::identifier::{Identifier, IdentifierKind, base32, digest, is_value};
use super::policy::Policy;
use crate::json::{elements, fields};

/// Two identifiers that were seen together by one kind of call from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityEvidence)]
pub struct Evidence {
    /// The lesser of the two.
    pub a: Identifier,
    /// The greater.
    pub b: Identifier,
    /// By which call.
    #[schema(value_type = String, example = "identify")]
    pub call: EventKind,
    /// From which source.
    #[schema(value_type = String, example = "src_01")]
    pub source: SourceId,
    /// When first.
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Timestamp,
    /// When last; to the day.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
    /// How often, at least.
    pub times: i64,
}

impl Evidence {
    /// That two different identifiers were seen together once.
    pub fn once(one: Identifier, other: Identifier, call: EventKind, source: SourceId, at: Timestamp) -> Self {
        let (a, b) = if one <= other { (one, other) } else { (other, one) };
        Self { a, b, call, source, first_at: at, last_at: at, times: 1 }
    }

    /// The key it is stored under.
    pub(crate) fn key(&self) -> String {
        let (a, b) = (self.a.kind.to_string(), self.b.kind.to_string());
        base32(digest(&[&a, &self.a.value, &b, &self.b.value, self.call.as_str(), self.source.as_str()]))
    }
}

/// An identifier as an event has it; mostly a part of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention<'e> {
    /// Its kind.
    pub kind: IdentifierKind,
    /// Its value.
    pub value: Cow<'e, str>,
}

impl<'e> Mention<'e> {
    /// An identifier, unless its value is nobody's or cannot be one. Telephone numbers and e-mail addresses are hashed.
    pub fn new(kind: IdentifierKind, text: Cow<'e, str>, policy: &Policy) -> Option<Self> {
        if policy.is_junk(&text) {
            return None;
        }
        let value = match kind {
            IdentifierKind::EmailHash => Cow::Owned(hashed(email(&text)?)),
            IdentifierKind::PhoneHash => Cow::Owned(hashed(phone(&text, &policy.calling_code)?)),
            _ => text,
        };
        is_value(&value).then_some(Self { kind, value })
    }

    /// Whether both are shopper keys, and the same one.
    fn is_same_key(&self, other: &Mention<'_>) -> bool {
        self.kind.is_shopper_key() && other.kind.is_shopper_key() && self.value == other.value
    }

    /// The same, with memory of its own.
    pub fn identifier(&self) -> Identifier {
        Identifier { kind: self.kind.clone(), value: self.value.as_ref().into() }
    }
}

/// Calls `each` with the pairs of identifiers that an event shows to belong together: the first it has, user id before
/// anonymous id before the rest, with each of the others. An event without more than these two takes no memory.
pub fn read<'e>(event: &EventRef<'e>, policy: &Policy, mut each: impl FnMut(&Mention<'e>, &Mention<'e>)) {
    let mut hub: Option<Mention<'e>> = None;
    let mut take = |kind: IdentifierKind, text: Cow<'e, str>| {
        let Some(mention) = Mention::new(kind, text, policy) else { return };
        match &hub {
            None => hub = Some(mention),
            // The same again, or a user id and an anonymous id of one text: one shopper key in any case.
            Some(hub) if hub.is_same_key(&mention) || *hub == mention => {}
            Some(hub) => each(hub, &mention),
        }
    };
    for (kind, id) in [(IdentifierKind::UserId, event.user_id), (IdentifierKind::AnonymousId, event.anonymous_id)] {
        if let Some(id) = id {
            take(kind, Cow::Borrowed(id));
        }
    }
    let properties = event.properties;
    match (event.kind, properties) {
        (EventKind::Identify, Some(traits)) => read_traits(traits, policy, &mut take),
        (EventKind::Alias, Some(properties)) => fields(properties, |key, value| {
            if matches!(key, "previousId" | "previous_id" | "original_id")
                && let Some(previous) = text(value)
            {
                // Perhaps a user id: as a shopper key it is both.
                take(IdentifierKind::AnonymousId, previous);
            }
        }),
        _ => {}
    }
    if let Some(properties) = properties.filter(|text| text.contains("\"identities\"")) {
        fields(properties, |key, value| {
            if key == "identities" {
                fields(value, |name, value| {
                    if let (Some(kind), Some(value)) = (kind_named(name), text(value)) {
                        take(kind, value);
                    }
                });
            }
        });
    }
    if let Some(context) = event.context.filter(|text| tells_identity(text)) {
        read_context(context, policy, &mut take);
    }
}

/// Whether it is worth reading: most contexts tell a page and a browser.
fn tells_identity(context: &str) -> bool {
    ["\"device\"", "\"traits\"", "\"externalId"].iter().any(|key| context.contains(key))
}

fn read_context<'e>(context: &'e str, policy: &Policy, take: &mut impl FnMut(IdentifierKind, Cow<'e, str>)) {
    fields(context, |key, value| match key {
        "device" => fields(value, |key, value| {
            if let (true, Some(id)) = (key == "id", text(value)) {
                take(IdentifierKind::Device, id);
            }
        }),
        "traits" => read_traits(value, policy, take),
        "externalIds" | "externalId" => {
            for entry in elements(value) {
                let (mut kind, mut id) = (None, None);
                fields(entry, |key, value| match key {
                    "type" => kind = text(value).and_then(|name| kind_named(&name)),
                    "id" => id = text(value),
                    _ => {}
                });
                if let (Some(kind), Some(id)) = (kind, id) {
                    take(kind, id);
                }
            }
        }
        _ => {}
    });
}

fn read_traits<'e>(traits: &'e str, policy: &Policy, take: &mut impl FnMut(IdentifierKind, Cow<'e, str>)) {
    let (mut app, mut openid) = (None, None);
    fields(traits, |key, value| {
        if matches!(key, "appid" | "appId" | "app_id") {
            app = text(value);
        }
        match policy.traits.get(key) {
            None => {}
            Some(IdentifierKind::OpenId(name)) if name.is_empty() => openid = text(value),
            Some(kind) => {
                if let Some(value) = text(value) {
                    take(kind.clone(), value);
                }
            }
        }
    });
    if let Some(openid) = openid {
        take(IdentifierKind::openid(app.as_deref()), openid);
    }
}

/// The kind a source means by a name: ours, Segment's and RudderStack's of an external id, or Sensors Analytics' of an
/// identity. Any other name is the shop's own.
fn kind_named(name: &str) -> Option<IdentifierKind> {
    if let Ok(kind) = name.parse() {
        return Some(kind);
    }
    let plain = name.trim_start_matches('$').to_ascii_lowercase().replace(['.', '-', ' '], "_");
    let plain = plain.strip_prefix("identity_").unwrap_or(&plain);
    Some(match plain {
        "userid" | "login_id" => IdentifierKind::UserId,
        "anonymousid" | "distinct_id" | "cookie_id" => IdentifierKind::AnonymousId,
        "email" => IdentifierKind::EmailHash,
        "mobile" | "phone" | "phone_number" => IdentifierKind::PhoneHash,
        "open_id" | "mp_openid" | "wechat_openid" => IdentifierKind::openid(None),
        "union_id" | "mp_unionid" | "wechat_unionid" => IdentifierKind::UnionId,
        "device_id" | "deviceid" | "idfa" | "idfv" | "ios_id" | "ios_idfa" | "ios_idfv" | "android_id"
        | "android_idfa" | "android_uuid" | "harmony_uuid" | "imei" | "oaid" | "gaid" => IdentifierKind::Device,
        other => return IdentifierKind::custom(other),
    })
}

/// An e-mail address in small letters, if it is one.
fn email(text: &str) -> Option<String> {
    if is_hash(text) {
        return Some(text.to_ascii_lowercase());
    }
    let address = text.trim().to_lowercase();
    let (name, host) = address.rsplit_once('@')?;
    (!name.is_empty() && host.contains('.') && !address.contains(char::is_whitespace)).then_some(address)
}

/// A telephone number as its digits, country calling code first, if it is one.
fn phone(text: &str, calling_code: &str) -> Option<String> {
    if is_hash(text) {
        return Some(text.to_ascii_lowercase());
    }
    let text = text.trim();
    if text
        .contains(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '+' | '-' | ' ' | '(' | ')' | '.' | '/'))
    {
        return None;
    }
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let has_code = text.starts_with('+') || calling_code.is_empty();
    if let Some(abroad) = digits.strip_prefix("00") {
        digits = abroad.to_owned();
    } else if !has_code && (digits.len() <= 11 || !digits.starts_with(calling_code)) {
        digits = format!("{calling_code}{}", digits.strip_prefix('0').unwrap_or(&digits));
    }
    (8..=15).contains(&digits.len()).then_some(digits)
}

/// Whether a text is a SHA-256 in hexadecimal: a shop may hash before it sends.
fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hashed(plain: String) -> String {
    if is_hash(&plain) {
        return plain;
    }
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(plain.as_bytes()) {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A string or a whole number as text.
fn text(value: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    match value.as_bytes().first()? {
        b'"' => serde_json::from_str::<Text<'_>>(value).ok().map(|text| text.0),
        b'0'..=b'9' if value.bytes().all(|byte| byte.is_ascii_digit()) => Some(Cow::Borrowed(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_testkit::{EventBuilder, track};

    fn pairs(event: EventBuilder) -> Vec<String> {
        let (event, policy, mut pairs) = (event.build(), Policy::default(), Vec::new());
        read(&event.borrowed(), &policy, |a, b| {
            let short = |mention: &Mention<'_>| match mention.value.len() {
                64 => format!("{}={}", mention.kind, &mention.value[..6]),
                _ => format!("{}={}", mention.kind, mention.value),
            };
            pairs.push(format!("{} {}", short(a), short(b)));
        });
        pairs
    }

    fn context(json: &str) -> EventBuilder {
        track("Page Viewed").anonymous("a1").with(|event| {
            event.context = Some(serde_json::from_str(json).unwrap());
        })
    }

    #[test]
    fn any_event_with_both_ids_is_evidence() {
        assert_eq!(pairs(track("X").user("u1").anonymous("a1")), ["user_id=u1 anonymous_id=a1"]);
        assert!(pairs(track("X").user("u1")).is_empty());
        assert!(pairs(track("X").user("null").anonymous("a1")).is_empty());
        assert!(pairs(track("X").user("same").anonymous("same")).is_empty());
    }

    #[test]
    fn traits_name_somebody_and_contacts_are_hashed() {
        let traits = r#"{"email": " Ann@Example.com", "phone": "138 0013 8000", "unionid": "un", "name": "Ann",
                         "openid": "op", "appId": "wx1", "deviceId": "0000"}"#;
        let identify = track("Identify").kind(EventKind::Identify).user("u1").properties(traits);
        // From `printf 'ann@example.com' | sha256sum` and `printf '8613800138000' | sha256sum`.
        let expected = [
            "user_id=u1 email_hash=71d4f5",
            "user_id=u1 phone_hash=bf08aa",
            "user_id=u1 unionid=un",
            "user_id=u1 openid:wx1=op",
        ];
        assert_eq!(pairs(identify), expected);
        let other = track("X").user("u1").properties(r#"{"email": "ann@example.com"}"#);
        assert!(pairs(other).is_empty(), "a property of an event is not a trait");
    }

    #[test]
    fn one_telephone_number_is_one_however_it_is_written() {
        for text in ["+86 138-0013-8000", "008613800138000", "13800138000", "8613800138000", "(0)13800138000"] {
            assert_eq!(phone(text, "86").as_deref(), Some("8613800138000"), "{text}");
        }
        assert_eq!(phone("+1 415 555 0100", "86").as_deref(), Some("14155550100"));
        assert_eq!(phone("02079460000", "").as_deref(), Some("02079460000"));
        for text in ["", "12", "call me", "1234567890123456"] {
            assert_eq!(phone(text, ""), None, "{text}");
        }
    }

    #[test]
    fn context_tells_device_traits_and_external_ids() {
        assert_eq!(pairs(context(r#"{"device": {"id": "d1"}}"#)), ["anonymous_id=a1 device=d1"]);
        assert_eq!(pairs(context(r#"{"traits": {"unionid": "un"}}"#)), ["anonymous_id=a1 unionid=un"]);
        let external = r#"{"externalIds": [{"id": "u9", "type": "user_id"}, {"id": 77, "type": "card.no"}, {"id": "x"}, 5,
                           {"id": "AB-1", "type": "ios.idfa", "collection": "users"}]}"#;
        assert_eq!(
            pairs(context(external)),
            ["anonymous_id=a1 user_id=u9", "anonymous_id=a1 custom:card_no=77", "anonymous_id=a1 device=AB-1"]
        );
    }

    #[test]
    fn an_identities_object_names_each_by_its_kind() {
        let identities = r#"{"identities": {"$identity_login_id": "u1", "$identity_mp_openid": "op", "$identity_mobile": "13800138000"}}"#;
        let expected = ["anonymous_id=a1 user_id=u1", "anonymous_id=a1 openid=op", "anonymous_id=a1 phone_hash=bf08aa"];
        assert_eq!(pairs(track("SignUp").anonymous("a1").properties(identities)), expected);
    }

    #[test]
    fn an_alias_ties_the_id_before_to_the_id_after() {
        let alias = track("Alias").kind(EventKind::Alias).user("u1").properties(r#"{"previousId": "a7"}"#);
        assert_eq!(pairs(alias), ["user_id=u1 anonymous_id=a7"]);
    }
}
