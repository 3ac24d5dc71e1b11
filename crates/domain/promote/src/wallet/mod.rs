//! Coupons in shoppers' wallets: taken on the storefront or by link, given by the shop, for an event, or as a reward.
//!
//! Each has an account of its own in the ledger, which takes one use. What may be received is limited by accounts too, so
//! that nobody gets more than there is, however many ask at once.

pub(crate) mod claim_coupon;
pub(crate) mod issue_coupons;
pub(crate) mod issuing;
pub(crate) mod link;
pub(crate) mod list_coupons;
pub(crate) mod receive;
pub(crate) mod show_centre;
pub(crate) mod store;
pub(crate) mod storefront;

use fanvine_kernel::{LocalDate, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::offers::Receive;

const DAY: i64 = 86_400_000_000;

/// How a coupon came into a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The shopper took it on the storefront.
    Claimed,
    /// The shopper came by a signed link.
    Link,
    /// The shop gave it.
    Issued,
    /// For something the shopper did, or a segment they entered.
    Auto,
    /// An order's offer granted it.
    Reward,
}

impl Source {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Link => "link",
            Self::Issued => "issued",
            Self::Auto => "auto",
            Self::Reward => "reward",
        }
    }

    /// Whether the shopper took it by themselves.
    pub(crate) const fn takes(self) -> bool {
        matches!(self, Self::Claimed | Self::Link)
    }

    pub(crate) fn named(name: &str) -> Self {
        let all = [Self::Claimed, Self::Link, Self::Issued, Self::Auto, Self::Reward];
        all.into_iter().find(|one| one.as_str() == name).unwrap_or(Self::Issued)
    }
}

/// A coupon in a wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Coupon {
    /// Its identifier.
    pub coupon_id: String,
    /// The offer it is of.
    pub offer_id: String,
    /// Whose it is.
    pub shopper_id: String,
    /// How it came.
    pub source: Source,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// From when on it is good.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Timestamp,
    /// Until when, that moment excluded; until the offer ends if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl Coupon {
    /// Whether it is good at a moment, if it was not used.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.opens_at <= now && self.expires_at.is_none_or(|expires| now < expires)
    }
}

/// From when on and until when a coupon received now is good: days are counted from the moment, or from midnight where it
/// is good only from the next day.
pub(crate) fn dates(
    receive: &Receive,
    ends_at: Option<Timestamp>,
    now: Timestamp,
    zone: Zone,
) -> (Timestamp, Option<Timestamp>) {
    let tomorrow: LocalDate = zone.date_of(now).plus_days(1);
    let opens_at = if receive.from_next_day { zone.start_of(tomorrow) } else { now };
    let days = receive.good_for_days.map(|days| match receive.from_next_day {
        true => zone.start_of(tomorrow.plus_days(days)),
        false => now.plus_micros(days.saturating_mul(DAY)),
    });
    let expires_at = match (days, ends_at) {
        (Some(days), Some(ends)) => Some(days.min(ends)),
        (days, ends) => days.or(ends),
    };
    (opens_at, expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coupon_is_good_for_days_from_its_moment_or_from_the_next_midnight() {
        let moment = |text: &str| Timestamp::parse(text).unwrap();
        let now = moment("2026-11-11T10:00:00Z");
        let zone: Zone = "Asia/Shanghai".parse().unwrap();
        let with = |days, from_next_day| Receive { good_for_days: days, from_next_day, ..Receive::default() };
        let end = moment("2026-11-13T00:00:00Z");
        assert_eq!(dates(&with(Some(3), false), None, now, zone), (now, Some(moment("2026-11-14T10:00:00Z"))));
        let midnight = moment("2026-11-11T16:00:00Z");
        assert_eq!(dates(&with(Some(1), true), None, now, zone), (midnight, Some(moment("2026-11-12T16:00:00Z"))));
        assert_eq!(dates(&with(Some(9), false), Some(end), now, zone), (now, Some(end)));
        assert_eq!(dates(&with(None, false), None, now, zone), (now, None));
    }
}
