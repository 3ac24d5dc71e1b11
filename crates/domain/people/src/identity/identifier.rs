//! Identifiers: what a shopper is called by one of the places that know them, and the name of a person.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Most bytes of an identifier's value: past that it is no name of anybody.
pub const LONGEST_VALUE: usize = 512;
/// Most bytes of the name of an app or of a shop's own kind.
const LONGEST_NAME: usize = 64;

/// A text that names no identifier or person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The kind is not known.
    #[error(
        "kind `{0}` is not one of user_id, unionid, openid, openid:<app>, phone_hash, email_hash, device, anonymous_id and custom:<name>, with a name of up to {LONGEST_NAME} letters, digits and `._-`"
    )]
    Kind(String),
    /// The value cannot be anybody's.
    #[error("value `{value}` of kind {kind} is empty, longer than {LONGEST_VALUE} bytes or holds control characters")]
    Value {
        /// Of which kind.
        kind: IdentifierKind,
        /// Its first characters.
        value: String,
    },
    /// Not the name of a person.
    #[error("`{0}` is not an identifier of the form per_<26 characters>")]
    Person(String),
}

/// Who gave an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum IdentifierKind {
    /// The shop, on sign-in.
    UserId,
    /// WeChat, for all apps of one owner.
    UnionId,
    /// WeChat or another platform, for one app: its name, or nothing where it was not told.
    OpenId(Arc<str>),
    /// SHA-256 of a telephone number.
    PhoneHash,
    /// SHA-256 of an e-mail address.
    EmailHash,
    /// The shop, under a name of its own: a member's card, a till.
    Custom(Arc<str>),
    /// A device.
    Device,
    /// A client, before it knew who it served.
    AnonymousId,
}

impl IdentifierKind {
    /// The kind without the name of an app or of the shop's own: what a policy is looked up by.
    pub const fn family(&self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::UnionId => "unionid",
            Self::OpenId(_) => "openid",
            Self::PhoneHash => "phone_hash",
            Self::EmailHash => "email_hash",
            Self::Custom(_) => "custom",
            Self::Device => "device",
            Self::AnonymousId => "anonymous_id",
        }
    }

    /// The name of the app or of the shop's own kind.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::OpenId(name) | Self::Custom(name) if !name.is_empty() => Some(name),
            _ => None,
        }
    }

    /// Whether events are counted under identifiers of this kind.
    pub const fn is_shopper_key(&self) -> bool {
        matches!(self, Self::UserId | Self::AnonymousId)
    }

    /// The shop's own kind of that name, if it is a name.
    pub fn custom(name: &str) -> Option<Self> {
        is_name(name).then(|| Self::Custom(name.into()))
    }

    /// The openid of an app; of some app, if that is no name.
    pub fn openid(app: Option<&str>) -> Self {
        Self::OpenId(app.filter(|app| is_name(app)).unwrap_or_default().into())
    }
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(plain)
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.family())?;
        self.name().map_or(Ok(()), |name| write!(out, ":{name}"))
    }
}

impl FromStr for IdentifierKind {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let refused = || IdentifierError::Kind(shown(text));
        Ok(match text {
            "user_id" => Self::UserId,
            "unionid" => Self::UnionId,
            "openid" => Self::OpenId("".into()),
            "phone_hash" => Self::PhoneHash,
            "email_hash" => Self::EmailHash,
            "device" => Self::Device,
            "anonymous_id" => Self::AnonymousId,
            other => match other.split_once(':').filter(|(_, name)| is_name(name)).ok_or_else(refused)? {
                ("openid", app) => Self::OpenId(app.into()),
                ("custom", name) => Self::Custom(name.into()),
                _ => return Err(refused()),
            },
        })
    }
}

impl TryFrom<String> for IdentifierKind {
    type Error = IdentifierError;
    fn try_from(text: String) -> Result<Self, IdentifierError> {
        text.parse()
    }
}

impl From<IdentifierKind> for String {
    fn from(kind: IdentifierKind) -> String {
        kind.to_string()
    }
}

/// What a shopper is called by one of the places that know them. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "Written")]
pub struct Identifier {
    /// Who gave it: `user_id`, `unionid`, `openid`, `openid:<app>`, `phone_hash`, `email_hash`, `device`,
    /// `anonymous_id` or `custom:<name>`.
    #[schema(value_type = String, example = "user_id")]
    pub kind: IdentifierKind,
    /// The name itself, 1 to 512 bytes; of a telephone number or an e-mail address its SHA-256 in hexadecimal.
    #[schema(value_type = String, example = "u1")]
    #[serde(serialize_with = "as_text")]
    pub value: Arc<str>,
}

fn as_text<S: Serializer>(value: &Arc<str>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(value)
}

#[derive(Deserialize)]
struct Written {
    kind: IdentifierKind,
    value: String,
}

impl TryFrom<Written> for Identifier {
    type Error = IdentifierError;
    fn try_from(written: Written) -> Result<Self, IdentifierError> {
        Self::new(written.kind, &written.value)
    }
}

impl Identifier {
    /// An identifier of that kind.
    pub fn new(kind: IdentifierKind, value: &str) -> Result<Self, IdentifierError> {
        if !is_value(value) {
            return Err(IdentifierError::Value { kind, value: shown(value) });
        }
        Ok(Self { kind, value: value.into() })
    }
}

/// Whether a text can be the value of an identifier.
pub(crate) fn is_value(text: &str) -> bool {
    (1..=LONGEST_VALUE).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn shown(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} `{}`", self.kind, self.value)
    }
}

/// The name of a person: it follows from the first of the person's identifiers, so that the same evidence always
/// gives the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(u128);

impl PersonId {
    /// What every person's name begins with, before the underscore.
    pub const PREFIX: &'static str = "per";

    /// The person whose first identifier this is. A user id and an anonymous id of one text are one shopper key, and
    /// name one person.
    pub fn of(identifier: &Identifier) -> Self {
        if identifier.kind.is_shopper_key() {
            return Self::of_key(&identifier.value);
        }
        Self(digest(&[&identifier.kind.to_string(), &identifier.value]))
    }

    /// The person whose first identifier is this shopper key.
    pub fn of_key(key: &str) -> Self {
        Self(digest(&["key", key]))
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}_{}", Self::PREFIX, base32(self.0))
    }
}

impl FromStr for PersonId {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let refused = || IdentifierError::Person(shown(text));
        let body = text.strip_prefix("per_").filter(|body| body.len() == DIGITS).ok_or_else(refused)?;
        let mut number = 0u128;
        for byte in body.bytes() {
            let digit = ALPHABET.iter().position(|letter| *letter == byte).ok_or_else(refused)?;
            number =
                number.checked_mul(32).and_then(|shifted| shifted.checked_add(digit as u128)).ok_or_else(refused)?;
        }
        Ok(Self(number))
    }
}

impl TryFrom<String> for PersonId {
    type Error = IdentifierError;
    fn try_from(text: String) -> Result<Self, IdentifierError> {
        text.parse()
    }
}

impl From<PersonId> for String {
    fn from(person: PersonId) -> String {
        person.to_string()
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 26;

/// 128 bits in Crockford's base 32, as all identifiers are written.
pub(crate) fn base32(number: u128) -> String {
    (0..DIGITS).rev().map(|place| char::from(ALPHABET[((number >> (5 * place)) & 31) as usize])).collect()
}

/// The first 128 bits of the SHA-256 of the parts, each with its end marked.
pub(crate) fn digest(parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_as_it_is_written() {
        for text in [
            "user_id",
            "unionid",
            "openid",
            "openid:wx1",
            "phone_hash",
            "email_hash",
            "device",
            "anonymous_id",
            "custom:card",
        ] {
            assert_eq!(text.parse::<IdentifierKind>().unwrap().to_string(), text);
        }
        for text in ["", "userid", "custom", "custom:", "openid:a b", "device:x"] {
            assert_eq!(text.parse::<IdentifierKind>(), Err(IdentifierError::Kind(text.to_owned())));
        }
    }

    #[test]
    fn a_bad_identifier_is_refused_with_its_kind_and_value() {
        let error = serde_json::from_str::<Identifier>(r#"{"kind": "device", "value": ""}"#).unwrap_err().to_string();
        assert!(error.starts_with("value `` of kind device is empty, longer than 512 bytes"), "{error}");
        let error = serde_json::from_str::<Identifier>(r#"{"kind": "shoe", "value": "42"}"#).unwrap_err().to_string();
        assert!(error.starts_with("kind `shoe` is not one of user_id, unionid"), "{error}");
    }

    #[test]
    fn a_persons_name_reads_back_and_follows_from_the_identifier() {
        let device = Identifier::new(IdentifierKind::Device, "d1").unwrap();
        let person = PersonId::of(&device);
        assert_eq!(person.to_string().parse(), Ok(person));
        assert_eq!(person.to_string().len(), 30);
        assert_ne!(person, PersonId::of_key("d1"));
        assert_eq!(PersonId::of(&Identifier::new(IdentifierKind::UserId, "k").unwrap()), PersonId::of_key("k"));
        assert!("per_zz".parse::<PersonId>().is_err());
        assert!("per_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<PersonId>().is_err());
    }
}
