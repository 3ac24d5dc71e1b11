//! Points earned by what is paid: by which rate, and what multiplies it. A quote keeps what it was earned by, so that goods
//! that come back take just what their units earned, whatever the rule became meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cart::{Cart, Facts, Line, MOST_MINOR};
use super::rulebook::PointsRule;
use crate::offers::{Scope, TermsError};
use crate::plays::range;

/// Once, in hundredths of a percent.
const ONCE: i64 = 10_000;
/// Most times points are earned for the same money, in hundredths of a percent.
const MOST_BASIS_POINTS: i64 = 1_000_000;
const MOST_MULTIPLIERS: i64 = 100;
const MOST_CURRENCIES: i64 = 20;

/// Goods and shoppers for whom more points are earned, or fewer, or none. Of several that fit a line the first counts, by
/// itself: they do not multiply one another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Multiplier {
    /// How many of the points that are earned otherwise, in hundredths of a percent: 20000 for twice as many, 0 for none.
    pub basis_points: i64,
    /// For which goods; for all if it names none.
    #[serde(default)]
    pub scope: Scope,
    /// For shoppers of any of these levels; for everybody if empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub levels: BTreeSet<String>,
    /// From when on; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Until when, that moment excluded; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
}

impl Multiplier {
    fn fits(&self, line: &Line, facts: &Facts, now: Timestamp) -> bool {
        let of_level = || facts.level.as_ref().is_some_and(|level| self.levels.contains(level));
        self.scope.has(line)
            && (self.levels.is_empty() || of_level())
            && self.starts_at.is_none_or(|starts| starts <= now)
            && self.ends_at.is_none_or(|ends| now < ends)
    }
}

/// By what the points of an order are earned: frozen with its quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Earning {
    /// For how many minor units paid a point is earned.
    pub minor_per_point: i64,
    /// Most points the order earns, if that is bounded.
    pub most: Option<i64>,
    /// Lines that earn more or fewer, or none, in hundredths of a percent.
    pub lines: BTreeMap<String, i64>,
}

impl Earning {
    /// The points for what was paid for lines: what each line earns is added up, rounded down once, and bounded.
    pub fn points<'l>(&self, paid: impl IntoIterator<Item = (&'l str, i64)>) -> i64 {
        let exact = self.weight(paid) / (i128::from(ONCE) * i128::from(self.minor_per_point.max(1)));
        let points = i64::try_from(exact).unwrap_or(i64::MAX).max(0);
        self.most.map_or(points, |most| points.min(most))
    }

    /// How many of the points that an order earned are left, of what is still paid for its lines: in proportion to what each
    /// line earned by, rounded down.
    pub fn kept<'l>(
        &self,
        earned: i64,
        all: impl IntoIterator<Item = (&'l str, i64)>,
        kept: impl IntoIterator<Item = (&'l str, i64)>,
    ) -> i64 {
        // Weights are below 2^70, points below 2^57.
        let exact = i128::from(earned) * self.weight(kept) / self.weight(all).max(1);
        i64::try_from(exact).unwrap_or(earned).min(earned)
    }

    /// What was paid, each line as often as it earns, in hundredths of a percent of a minor unit.
    fn weight<'l>(&self, paid: impl IntoIterator<Item = (&'l str, i64)>) -> i128 {
        let times = |line: &str| self.lines.get(line).copied().unwrap_or(ONCE);
        paid.into_iter().map(|(line, minor)| i128::from(minor) * i128::from(times(line))).sum()
    }
}

impl PointsRule {
    /// For how many minor units of a currency a point is earned; none if the rule lets none be earned.
    pub fn rate(&self, currency: Currency) -> Option<i64> {
        let own = self.earned_by_currency.get(currency.code()).copied();
        own.or(self.minor_per_point_earned).filter(|minor| *minor > 0)
    }

    /// Whether it asks of which level a shopper is.
    pub(crate) fn asks_level(&self) -> bool {
        self.multipliers.iter().any(|one| !one.levels.is_empty())
    }

    /// By what the points of a cart are earned.
    pub(super) fn earning(&self, cart: &Cart, facts: &Facts, now: Timestamp) -> Option<Earning> {
        let minor_per_point = self.rate(cart.currency)?;
        let multiplied = |line: &Line| {
            let first = self.multipliers.iter().find(|one| one.fits(line, facts, now))?;
            Some((line.line_id.clone(), first.basis_points))
        };
        let lines = cart.lines.iter().filter_map(multiplied).collect();
        Some(Earning { minor_per_point, most: self.most_earned, lines })
    }

    /// Refuses what nobody could earn by.
    pub(crate) fn check_earning(&self) -> Result<(), TermsError> {
        range("minor_per_point_earned", self.minor_per_point_earned.unwrap_or(1), 1, MOST_MINOR)?;
        range("most_earned", self.most_earned.unwrap_or(1), 1, MOST_MINOR)?;
        range("the number of earned_by_currency", self.earned_by_currency.len() as i64, 0, MOST_CURRENCIES)?;
        for (currency, minor) in &self.earned_by_currency {
            if currency.parse::<Currency>().map_or(true, |known| known.code() != currency) {
                return Err(TermsError::Unknown { field: "earned_by_currency", text: currency.clone() });
            }
            range("earned_by_currency", *minor, 1, MOST_MINOR)?;
        }
        range("the number of multipliers", self.multipliers.len() as i64, 0, MOST_MULTIPLIERS)?;
        for one in &self.multipliers {
            range("multipliers.basis_points", one.basis_points, 0, MOST_BASIS_POINTS)?;
            if let (Some(starts_at), Some(ends_at)) = (one.starts_at, one.ends_at)
                && ends_at <= starts_at
            {
                let (starts_at, ends_at) = (starts_at.to_string(), ends_at.to_string());
                return Err(TermsError::Ends { starts_at, ends_at });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(more: serde_json::Value) -> PointsRule {
        let mut rule = json!({ "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100 });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(rule).unwrap()
    }

    fn cart(currency: &str) -> Cart {
        serde_json::from_value(json!({ "currency": currency, "lines": [
            { "line_id": "1", "product_id": "tea", "category": "Tea", "quantity": 1, "unit_minor": 999 },
            { "line_id": "2", "product_id": "gold", "brand": "Mint", "quantity": 1, "unit_minor": 100_000 },
            { "line_id": "3", "product_id": "mug", "quantity": 1, "unit_minor": 550 },
        ]}))
        .unwrap()
    }

    fn points(rule: &PointsRule, currency: &str, level: Option<&str>, at: i64) -> i64 {
        let cart = cart(currency);
        let facts = Facts { level: level.map(str::to_owned), ..Facts::default() };
        let earning = rule.earning(&cart, &facts, Timestamp::from_seconds(at)).unwrap();
        earning.points(cart.lines.iter().map(|line| (line.line_id.as_str(), line.unit_minor)))
    }

    #[test]
    fn the_first_multiplier_that_fits_a_line_counts_and_all_are_rounded_down_once() {
        let multipliers = json!([
            { "basis_points": 0, "scope": { "brands": ["Mint"] } },
            { "basis_points": 30_000, "levels": ["gold"], "scope": { "categories": ["Tea"] } },
            { "basis_points": 15_000, "scope": { "categories": ["Tea"] } },
        ]);
        let rule = rule(json!({ "multipliers": multipliers }));
        // 9.99 once and a half and 5.50 once: 14.985 and 5.5 are 20.485; three times: 29.97 and 5.5 are 35.47.
        assert_eq!(points(&rule, "CNY", None, 0), 20);
        assert_eq!(points(&rule, "CNY", Some("silver"), 0), 20);
        assert_eq!(points(&rule, "CNY", Some("gold"), 0), 35);
        assert!(rule.asks_level());
    }

    #[test]
    fn a_currency_has_its_own_rate_and_a_multiplier_its_time() {
        let rule = rule(json!({
            "earned_by_currency": { "USD": 10 }, "most_earned": 15_000,
            "multipliers": [{ "basis_points": 20_000, "starts_at": "1970-01-01T00:01:40Z", "ends_at": "1970-01-01T00:03:20Z" }],
        }));
        assert_eq!(points(&rule, "CNY", None, 99), 1_015);
        assert_eq!(points(&rule, "CNY", None, 100), 2_030);
        assert_eq!(points(&rule, "CNY", None, 200), 1_015, "its end is excluded");
        assert_eq!(points(&rule, "USD", None, 0), 10_154);
        assert_eq!(points(&rule, "USD", None, 150), 15_000, "no more than that by an order");
    }

    #[test]
    fn what_nobody_could_earn_by_is_refused_by_name() {
        let refused = |more| rule(more).check_earning().unwrap_err().to_string();
        rule(json!({})).check_earning().unwrap();
        let euro = refused(json!({ "earned_by_currency": { "euro": 10 } }));
        assert_eq!(euro, "earned_by_currency names `euro`, which there is not");
        let less = refused(json!({ "multipliers": [{ "basis_points": -1 }] }));
        assert_eq!(less, "multipliers.basis_points is -1, where 0 to 1000000 can be");
        assert_eq!(refused(json!({ "most_earned": 0 })), "most_earned is 0, where 1 to 922337203685477 can be");
        let never = json!({ "multipliers": [{ "basis_points": 1,
            "starts_at": "2026-11-11T00:00:00Z", "ends_at": "2026-11-11T00:00:00Z" }] });
        assert!(refused(never).contains("2026-11-11"));
    }
}
