//! The one registry of typed identifiers.
//!
//! An identifier reads `prefix_` followed by 26 characters of Crockford base 32: 48 bits of
//! milliseconds and 80 random bits (the ULID layout), so identifiers sort by the time they were made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Entropy, Timestamp};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an identifier of the form {prefix}_<26 characters>")]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
    /// What was given instead.
    pub text: String,
}

fn compose(prefix: &str, now: Timestamp, entropy: &dyn Entropy) -> String {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    let millis = (now.micros().max(0) / 1_000) as u128 & ((1 << 48) - 1);
    let mut value = millis;
    for byte in random {
        value = (value << 8) | u128::from(byte);
    }
    let mut text = String::with_capacity(prefix.len() + 1 + LENGTH);
    text.push_str(prefix);
    text.push('_');
    for place in (0..LENGTH).rev() {
        let digit = (value >> (5 * place)) & 31;
        text.push(ALPHABET[digit as usize] as char);
    }
    text
}

fn recognise(prefix: &'static str, text: &str) -> Result<String, IdError> {
    let refused = || IdError { prefix, text: text.chars().take(64).collect() };
    let body = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or_else(refused)?;
    let plain = !body.is_empty()
        && body.len() <= LENGTH
        && body.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if plain { Ok(text.to_owned()) } else { Err(refused()) }
}

macro_rules! registry {
    ($($(#[$about:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every identifier of this kind begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier, never given out before.
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(compose(Self::PREFIX, now, entropy))
            }

            /// The identifier as text, prefix included.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                recognise(Self::PREFIX, text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

registry! {
    /// A person of the shop who signs in to the console.
    AccountId = "acc";
    /// A key by which a server of the shop speaks to the API.
    ServerKeyId = "key";
    /// A place events come from: a site, an app, a server, an import.
    SourceId = "src";
    /// A message that could not be taken as an event and is kept with its reason.
    QuarantineId = "qua";
    /// A console session.
    SessionId = "ses";
    /// A refund of (part of) an order.
    RefundId = "ref";
    /// Offers in use with an order.
    RedemptionId = "red";
    /// A question that was saved with a name.
    InsightId = "ins";
    /// Saved questions beside one another.
    DashboardId = "dsh";
    /// A link by which a dashboard is read without signing in.
    ShareId = "shr";
    /// A target for a figure.
    GoalId = "goa";
    /// A figure that is watched.
    AlertId = "alt";
    /// One time that an alert was raised.
    RaisingId = "rai";
    /// A report that is due again and again.
    ReportPlanId = "rpl";
    /// A report that was made.
    ReportId = "rep";
    /// Somebody who is told of events by HTTP.
    WebhookId = "whk";
    /// A coupon in a shopper's wallet.
    CouponId = "cpn";
    /// A group buy, a bargain or a draw that somebody opened.
    RunId = "run";
    /// Commission that a sharer wants to be paid.
    WithdrawalId = "wdr";
    /// What a shopper put up in a topic challenge.
    EntryId = "ent";
    /// An attempt of a shopper at a quiz.
    AttemptId = "qat";
}

impl SourceId {
    /// The source of what the program itself tells. It has no write key, so nobody else can speak in its name.
    pub fn own() -> Self {
        Self("src_api".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, into: &mut [u8]) {
            into.fill(self.0);
        }
    }

    #[test]
    fn identifiers_sort_by_the_time_they_were_made() {
        let early = SourceId::new(Timestamp::from_micros(1_000_000), &Fixed(255));
        let late = SourceId::new(Timestamp::from_micros(2_000_000), &Fixed(0));
        assert!(early < late);
        assert_eq!(early.as_str().len(), "src_".len() + LENGTH);
    }

    #[test]
    fn an_identifier_of_another_kind_is_refused_by_name() {
        let error = "acc_01".parse::<SourceId>().unwrap_err();
        assert_eq!(error.to_string(), "`acc_01` is not an identifier of the form src_<26 characters>");
        assert!("src_".parse::<SourceId>().is_err());
        assert!("src_ABC".parse::<SourceId>().is_err());
    }
}
