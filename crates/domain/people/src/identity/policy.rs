//! The policy: what is junk, how many identifiers of a kind one person may have, and when so many people meet in one
//! identifier that it tells nothing any more. It is data, edited as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::identifier::{Identifier, IdentifierKind};

/// The kinds every policy has a rule for.
pub const FAMILIES: [&str; 8] =
    ["user_id", "unionid", "openid", "phone_hash", "email_hash", "custom", "device", "anonymous_id"];

/// What holds for the identifiers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentityKindRule)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    /// Smaller counts for more: its evidence is taken first, and it names the person. 1 to 1000.
    pub priority: u32,
    /// How many of this kind one person may have, at least 1.
    pub per_person: u32,
    /// An identifier seen with more people than this is *shared* and joins nobody, at least 1. People are counted by
    /// the identifiers seen with it: of each kind, how many there are over how many one person may have, rounded up;
    /// the largest of these.
    pub shared_above: u32,
}

/// How evidence becomes people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentityPolicy)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// By kind: `user_id`, `unionid`, `openid`, `phone_hash`, `email_hash`, `custom`, `device` and `anonymous_id` must be
    /// there; `custom:<name>` and `openid:<app>` may be, and go before `custom` and `openid`.
    pub kinds: BTreeMap<String, KindRule>,
    /// Values that are nobody's, whatever their kind; capitals and spaces around them do not matter. What is made of
    /// zeros only is nobody's in any case.
    pub junk: BTreeSet<String>,
    /// Which traits name somebody, and as what: `email_hash` and `phone_hash` are hashed on the way in.
    #[schema(value_type = BTreeMap<String, String>)]
    pub traits: BTreeMap<String, IdentifierKind>,
    /// The country calling code of telephone numbers that come without one; empty to take them as they are.
    pub calling_code: String,
    /// A person of more identifiers than this is a storm: held for review, its identifiers kept apart.
    pub storm_above: u32,
    /// So many identifiers hanging together are held without being looked into.
    pub component_above: u32,
}

/// Why a policy is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A kind has no rule.
    #[error("kinds: `{0}` is missing")]
    Missing(&'static str),
    /// A rule for something that is no kind.
    #[error("kinds: {0}")]
    Kind(#[from] super::identifier::IdentifierError),
    /// A number is out of bounds.
    #[error("{field} is {value}; expected {least} to {most}")]
    Bounds {
        /// Where.
        field: String,
        /// What was given.
        value: u32,
        /// The least allowed.
        least: u32,
        /// The most allowed.
        most: u32,
    },
    /// Not the digits of a calling code.
    #[error("calling_code is `{0}`; expected up to 4 digits, or nothing")]
    CallingCode(String),
}

impl PolicyError {
    /// Where in the policy it lies.
    pub fn field(&self) -> &str {
        match self {
            Self::Missing(_) | Self::Kind(_) => "kinds",
            Self::Bounds { field, .. } => field,
            Self::CallingCode(_) => "calling_code",
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let rules = [
            ("user_id", 1, 1, 3),
            ("unionid", 2, 1, 1),
            ("openid", 3, 1, 1),
            ("phone_hash", 4, 3, 2),
            ("email_hash", 5, 3, 2),
            ("custom", 6, 5, 3),
            ("device", 7, 50, 3),
            ("anonymous_id", 8, 500, 3),
        ];
        let rule = |(kind, priority, per_person, shared_above): (&str, u32, u32, u32)| {
            (kind.to_owned(), KindRule { priority, per_person, shared_above })
        };
        // After the words: the Android id of a whole series of devices, the Wi-Fi address phones show instead of their
        // own, and the MD5 and SHA-256 of nothing.
        let junk = [
            "null",
            "nil",
            "none",
            "undefined",
            "nan",
            "n/a",
            "na",
            "unknown",
            "unset",
            "not set",
            "(not set)",
            "not_set",
            "default",
            "guest",
            "visitor",
            "anonymous",
            "anon",
            "test",
            "true",
            "false",
            "-1",
            "{}",
            "[]",
            "\"\"",
            "<null>",
            "[object object]",
            "9774d56d682e549c",
            "02:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "d41d8cd98f00b204e9800998ecf8427e",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ];
        let named = [
            ("email", IdentifierKind::EmailHash),
            ("phone", IdentifierKind::PhoneHash),
            ("mobile", IdentifierKind::PhoneHash),
            ("unionid", IdentifierKind::UnionId),
            ("unionId", IdentifierKind::UnionId),
            ("union_id", IdentifierKind::UnionId),
            ("openid", IdentifierKind::openid(None)),
            ("openId", IdentifierKind::openid(None)),
            ("open_id", IdentifierKind::openid(None)),
            ("deviceId", IdentifierKind::Device),
            ("device_id", IdentifierKind::Device),
        ];
        Self {
            kinds: rules.map(rule).into_iter().collect(),
            junk: junk.into_iter().map(str::to_owned).collect(),
            traits: named.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect(),
            calling_code: "86".to_owned(),
            storm_above: 200,
            component_above: 50_000,
        }
    }
}

impl Policy {
    /// The rule for a kind.
    pub fn rule(&self, kind: &IdentifierKind) -> KindRule {
        const NONE: KindRule = KindRule { priority: 1_000, per_person: 1, shared_above: 1 };
        let family = kind.family();
        let own = kind.name().and_then(|name| {
            let names = |text: &str| text.strip_prefix(family).and_then(|rest| rest.strip_prefix(':')) == Some(name);
            self.kinds.iter().find(|(text, _)| names(text)).map(|(_, rule)| *rule)
        });
        own.or_else(|| self.kinds.get(family).copied()).unwrap_or(NONE)
    }

    /// Whether a value is nobody's.
    pub fn is_junk(&self, value: &str) -> bool {
        let value = value.trim();
        if value.bytes().all(|byte| matches!(byte, b'0' | b'-' | b':' | b'.' | b' ')) {
            return true;
        }
        // Small letters without taking memory: every event asks this.
        let mut small = [0u8; 64];
        let Some(place) = small.get_mut(..value.len()) else { return self.junk.contains(value) };
        place.copy_from_slice(value.as_bytes());
        place.make_ascii_lowercase();
        std::str::from_utf8(place).is_ok_and(|small| self.junk.contains(small))
    }

    /// How many people the identifiers seen with one identifier stand for.
    pub(crate) fn people_behind<'a>(&self, seen_with: impl Iterator<Item = &'a Identifier>) -> u32 {
        let mut counts: Vec<(&IdentifierKind, u32)> = Vec::new();
        for other in seen_with {
            match counts.iter_mut().find(|(kind, _)| **kind == other.kind) {
                Some((_, count)) => *count += 1,
                None => counts.push((&other.kind, 1)),
            }
        }
        let people = |(kind, count): &(&IdentifierKind, u32)| count.div_ceil(self.rule(kind).per_person.max(1));
        counts.iter().map(people).max().unwrap_or(0)
    }

    /// The policy with its junk in small letters, if it is valid.
    pub fn checked(mut self) -> Result<Self, PolicyError> {
        if let Some(missing) = FAMILIES.iter().find(|family| !self.kinds.contains_key(**family)) {
            return Err(PolicyError::Missing(missing));
        }
        let within = |field: String, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(PolicyError::Bounds { field, value, least, most })
            }
        };
        for (kind, rule) in &self.kinds {
            kind.parse::<IdentifierKind>()
                .map(drop)
                .or_else(|error| if kind == "custom" { Ok(()) } else { Err(error) })?;
            within(format!("kinds.{kind}.priority"), rule.priority, 1, 1_000)?;
            within(format!("kinds.{kind}.per_person"), rule.per_person, 1, 100_000)?;
            within(format!("kinds.{kind}.shared_above"), rule.shared_above, 1, 100_000)?;
        }
        within("storm_above".to_owned(), self.storm_above, 2, 100_000)?;
        within("component_above".to_owned(), self.component_above, 2, 1_000_000)?;
        if self.calling_code.len() > 4 || !self.calling_code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PolicyError::CallingCode(self.calling_code));
        }
        self.junk = self.junk.iter().map(|value| value.trim().to_ascii_lowercase()).collect();
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_known_whatever_its_letters() {
        let policy = Policy::default();
        for value in [
            "",
            " ",
            "0",
            "NULL",
            "Undefined",
            " guest ",
            "00000000-0000-0000-0000-000000000000",
            "00:00:00:00:00:00",
            "NaN",
        ] {
            assert!(policy.is_junk(value), "{value}");
        }
        for value in ["1", "u1", "nullable", "guest7", "1000"] {
            assert!(!policy.is_junk(value), "{value}");
        }
    }

    #[test]
    fn a_rule_for_one_app_goes_before_the_rule_for_all() {
        let mut policy = Policy::default();
        let own = KindRule { priority: 9, per_person: 4, shared_above: 2 };
        policy.kinds.insert("openid:wx1".to_owned(), own);
        assert_eq!(policy.rule(&"openid:wx1".parse().unwrap()), own);
        assert_eq!(policy.rule(&"openid:wx2".parse().unwrap()).per_person, 1);
        assert_eq!(policy.clone().checked().unwrap(), policy);
    }

    #[test]
    fn a_policy_that_cannot_be_names_its_field() {
        let with = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.checked().unwrap_err()
        };
        let error = with(|policy| policy.kinds.get_mut("device").unwrap().per_person = 0);
        assert_eq!(error.to_string(), "kinds.device.per_person is 0; expected 1 to 100000");
        assert_eq!(error.field(), "kinds.device.per_person");
        let error = with(|policy| policy.kinds.retain(|kind, _| kind != "openid"));
        assert_eq!(error, PolicyError::Missing("openid"));
        let error = with(|policy| policy.calling_code = "+1".to_owned());
        assert_eq!(error.to_string(), "calling_code is `+1`; expected up to 4 digits, or nothing");
        assert_eq!(with(|policy| policy.storm_above = 1).field(), "storm_above");
        let odd = with(|policy| policy.kinds.extend([("shoe".to_owned(), policy.rule(&IdentifierKind::Device))]));
        assert!(odd.to_string().starts_with("kinds: kind `shoe` is not one of"), "{odd}");
    }

    #[test]
    fn the_policy_reads_back_from_its_json() {
        let text = serde_json::to_string(&Policy::default()).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), Policy::default());
    }
}
