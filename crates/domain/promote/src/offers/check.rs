//! Terms that cannot be: refused by name before they are kept.

use super::{At, Benefit, Claim, Cut, Limits, OnReturn, Presale, Receive, Reward, Terms};
use crate::quote::MOST_MINOR;

/// Most tiers of an offer, rewards of a tier, parts of a bundle, and names in one list.
const MOST: usize = 1_000;
/// Most points of a reward or a price.
const MOST_POINTS: i64 = 1_000_000_000;
/// Longest name, in bytes.
const LONGEST: usize = 200;
/// Longest name that stands in the name of an account of the ledger, in bytes.
pub(crate) const LONGEST_KEY: usize = 100;

/// What of an offer cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// An identifier that cannot be kept.
    #[error("`{0}` cannot identify an offer: 1 to 100 letters, digits, `_`, `-` or `.`")]
    Id(String),
    /// A name that means nothing here.
    #[error("{field} names `{text}`, which there is not")]
    Unknown {
        /// Which list of names.
        field: &'static str,
        /// The name.
        text: String,
    },
    /// A number out of its range.
    #[error("{field} is {number}, where {least} to {most} can be")]
    Range {
        /// Which number.
        field: &'static str,
        /// The number.
        number: i64,
        /// The least it can be.
        least: i64,
        /// The most it can be.
        most: i64,
    },
    /// A text too short or too long.
    #[error("{field} has {bytes} bytes, where 1 to {most} can be")]
    Text {
        /// Which text.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it can be.
        most: usize,
    },
    /// The same number twice.
    #[error("{field} has {number} twice")]
    Twice {
        /// Where.
        field: &'static str,
        /// The number.
        number: i64,
    },
    /// The same name twice.
    #[error("{field} has {text} twice")]
    Again {
        /// Where.
        field: &'static str,
        /// The name.
        text: String,
    },
    /// It cannot be so.
    #[error("{0}")]
    Rule(String),
    /// It ends before it begins.
    #[error("the offer would end at {ends_at}, which is not after {starts_at}, when it begins")]
    Ends {
        /// When it begins.
        starts_at: String,
        /// When it ends.
        ends_at: String,
    },
    /// It cannot be tested again.
    #[error("on_return is `retest`, which only tiers without a `one_for` reward can be")]
    Retest,
    /// Coupons given out of an offer that is none.
    #[error("receive says how coupons come into wallets, where claim is not `coupon`")]
    NoCoupon,
    /// A budget for coupons whose worth has no bound.
    #[error(
        "receive.budget_minor is {0}, where each coupon may take off any amount: give percent rewards a most_minor"
    )]
    Unbounded(i64),
    /// A time for the balance that ends before it begins.
    #[error("the balance would be due until {until}, which is not after {from}, when it may be paid first")]
    Balance {
        /// From when on.
        from: String,
        /// Until when.
        until: String,
    },
    /// Stock by product that nothing would count.
    #[error("limits.per_product names {0} products, where only a base price counts its units by product")]
    PerProduct(usize),
}

/// Refuses an identifier that cannot be kept.
pub(crate) fn check_id(offer_id: &str) -> Result<(), TermsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let good = !offer_id.is_empty() && offer_id.len() <= LONGEST_KEY && offer_id.bytes().all(plain);
    if good { Ok(()) } else { Err(TermsError::Id(offer_id.chars().take(64).collect())) }
}

impl Terms {
    /// Refuses terms that cannot be.
    pub fn check(&self) -> Result<(), TermsError> {
        text("name", &self.name, LONGEST)?;
        if let (Some(starts_at), Some(ends_at)) = (self.starts_at, self.ends_at)
            && ends_at <= starts_at
        {
            return Err(TermsError::Ends { starts_at: starts_at.to_string(), ends_at: ends_at.to_string() });
        }
        range("stacking.priority", self.stacking.priority, -1_000_000, 1_000_000)?;
        self.limits.check()?;
        if self.on_return == OnReturn::Retest && !self.can_be_retested() {
            return Err(TermsError::Retest);
        }
        if !self.limits.per_product.is_empty() && !matches!(self.benefit, Benefit::BasePrice { .. }) {
            return Err(TermsError::PerProduct(self.limits.per_product.len()));
        }
        self.check_receive()?;
        if let Some(shared) = &self.shared {
            text("shared.partner", &shared.partner, LONGEST)?;
            range("shared.basis_points", shared.basis_points, 1, 10_000)?;
        }
        match &self.benefit {
            Benefit::BasePrice { unit_minor, most_units, points, presale, .. } => {
                money("benefit.unit_minor", *unit_minor)?;
                range("benefit.points", points.unwrap_or(1), 1, MOST_POINTS)?;
                presale.iter().try_for_each(|presale| presale.check(*unit_minor))?;
                range("benefit.most_units", most_units.unwrap_or(1), 1, MOST_MINOR)
            }
            Benefit::LinePrice { cut: Cut::UnitMinor(minor), .. } => money("benefit.cut.unit_minor", *minor),
            Benefit::LinePrice { cut: Cut::OffBasisPoints(points), .. } => {
                range("benefit.cut.off_basis_points", *points, 1, 10_000)
            }
            Benefit::Tiers { tiers, .. } => {
                count("benefit.tiers", tiers.len())?;
                for tier in tiers {
                    match tier.at {
                        At::SpendMinor(minor) => money("at.spend_minor", minor)?,
                        At::Units(units) => range("at.units", units, 1, MOST_MINOR)?,
                    }
                    count("rewards", tier.rewards.len())?;
                    tier.rewards.iter().try_for_each(Reward::check)?;
                }
                Ok(())
            }
            Benefit::Bundle { parts, price_minor, most_times } => {
                count("benefit.parts", parts.len())?;
                parts.iter().try_for_each(|part| range("parts.units", part.units, 1, 1_000))?;
                range("benefit.most_times", most_times.unwrap_or(1), 1, MOST_MINOR)?;
                money("benefit.price_minor", *price_minor)
            }
        }
    }
}

impl Terms {
    fn check_receive(&self) -> Result<(), TermsError> {
        let receive = &self.receive;
        if self.claim != Claim::Coupon && *receive != Receive::default() {
            return Err(TermsError::NoCoupon);
        }
        if let Some(budget) = receive.budget_minor.filter(|_| self.worth().is_none()) {
            return Err(TermsError::Unbounded(budget));
        }
        range("receive.points", receive.points.unwrap_or(1), 1, MOST_POINTS)?;
        range("receive.good_for_days", receive.good_for_days.unwrap_or(1), 1, 3_660)?;
        let given = [
            ("receive.total", receive.total),
            ("receive.per_shopper", receive.per_shopper),
            ("receive.per_shopper_per_day", receive.per_shopper_per_day),
            ("receive.budget_minor", receive.budget_minor),
        ];
        given.into_iter().try_for_each(|(field, limit)| range(field, limit.unwrap_or(0), 0, MOST_MINOR))
    }
}

impl Presale {
    fn check(&self, unit_minor: i64) -> Result<(), TermsError> {
        range("benefit.presale.deposit_minor", self.deposit_minor, 0, unit_minor)?;
        if self.balance_until <= self.balance_from {
            let (from, until) = (self.balance_from.to_string(), self.balance_until.to_string());
            return Err(TermsError::Balance { from, until });
        }
        Ok(())
    }
}

impl Limits {
    fn check(&self) -> Result<(), TermsError> {
        let given = [
            ("limits.total", self.total),
            ("limits.per_shopper", self.per_shopper),
            ("limits.per_shopper_per_day", self.per_shopper_per_day),
            ("limits.budget_minor", self.budget_minor),
        ];
        for (field, limit) in given {
            range(field, limit.unwrap_or(0), 0, MOST_MINOR)?;
        }
        for (product, units) in &self.per_product {
            text("a product of limits.per_product", product, LONGEST_KEY)?;
            range("limits.per_product", *units, 0, MOST_MINOR)?;
        }
        Ok(())
    }
}

impl Reward {
    fn check(&self) -> Result<(), TermsError> {
        match self {
            Self::Amount { minor } => range("reward.minor", *minor, 1, MOST_MINOR),
            Self::OneFor { minor } => money("reward.minor", *minor),
            Self::Percent { basis_points, most_minor } => {
                range("reward.basis_points", *basis_points, 1, 10_000)?;
                money("reward.most_minor", most_minor.unwrap_or(0))
            }
            Self::FreeFreight { most_minor } => money("reward.most_minor", most_minor.unwrap_or(0)),
            Self::Gift { product_id, units } => {
                text("reward.product_id", product_id, 512)?;
                range("reward.units", *units, 1, 1_000)
            }
            Self::Points { points } => range("reward.points", *points, 1, MOST_POINTS),
            Self::Coupon { offer_id } => check_id(offer_id),
        }
    }
}

fn money(field: &'static str, minor: i64) -> Result<(), TermsError> {
    range(field, minor, 0, MOST_MINOR)
}

fn range(field: &'static str, number: i64, least: i64, most: i64) -> Result<(), TermsError> {
    if (least..=most).contains(&number) { Ok(()) } else { Err(TermsError::Range { field, number, least, most }) }
}

fn count(field: &'static str, number: usize) -> Result<(), TermsError> {
    range(field, i64::try_from(number).unwrap_or(i64::MAX), 1, MOST as i64)
}

fn text(field: &'static str, text: &str, most: usize) -> Result<(), TermsError> {
    let good = !text.is_empty() && text.len() <= most && !text.contains('\0');
    if good { Ok(()) } else { Err(TermsError::Text { field, bytes: text.len(), most }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(benefit: &str, more: &str) -> Option<TermsError> {
        let terms = format!(r#"{{ "name": "n", "benefit": {benefit}, {more} }}"#);
        serde_json::from_str::<Terms>(&terms).unwrap().check().err()
    }

    const FLASH: &str = r#"{ "kind": "base_price", "price": "flash", "unit_minor": 1 }"#;
    const BUNDLE: &str = r#"{ "kind": "bundle", "parts": [{ "units": 2 }], "price_minor": 1 }"#;

    fn tier(reward: &str) -> String {
        format!(r#"{{ "kind": "tiers", "tiers": [{{ "at": {{ "units": 1 }}, "rewards": [{reward}] }}] }}"#)
    }

    #[test]
    fn only_tiers_that_price_no_single_unit_are_tested_again() {
        let retest = r#""on_return": "retest""#;
        let (amount, one_for) = (r#"{ "kind": "amount", "minor": 1 }"#, r#"{ "kind": "one_for", "minor": 1 }"#);
        assert_eq!(refused(&tier(amount), retest), None);
        assert_eq!(refused(&tier(&format!("{amount}, {one_for}")), retest), Some(TermsError::Retest));
        assert_eq!(refused(BUNDLE, retest), Some(TermsError::Retest));
        assert_eq!(refused(FLASH, retest), Some(TermsError::Retest));
        assert_eq!(refused(BUNDLE, r#""on_return": "keep""#), None);
    }

    #[test]
    fn stock_by_product_is_refused_where_nothing_counts_it() {
        let stock = r#""limits": { "per_product": { "mug": 5, "cup": 5 } }"#;
        assert_eq!(refused(FLASH, stock), None);
        assert_eq!(refused(BUNDLE, stock), Some(TermsError::PerProduct(2)));
    }
}
