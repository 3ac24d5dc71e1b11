//! What needs are reckoned to have cost, by the shop's own rates; the dearest first.

use fanvine_kernel::{Currency, Money};

use super::Kind;
use super::mine::{BEFORE, Found, Mined, NOW, Rates, Tally};
use crate::profile::Bilingual;

/// A need and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranked<'a> {
    pub kind: Kind,
    pub subject: &'a str,
    pub found: &'a Found,
    /// In minor units: in the period, and in the one before.
    pub lost_minor: [i64; 2],
}

impl Mined {
    /// The currency asked for, else that of most orders, else that of most carts.
    pub fn currency(&self, wanted: Option<Currency>) -> Option<Currency> {
        let of_orders = || {
            let rates = self.rates.get(NOW)?;
            rates.orders.iter().rev().max_by_key(|(_, (count, _))| *count).map(|(currency, _)| *currency)
        };
        let of_carts = || {
            let tallies = self.needs.values().filter_map(|found| found.tallies.get(NOW));
            tallies.flat_map(|tally| &tally.minor).max_by_key(|(_, minor)| **minor).map(|(currency, _)| *currency)
        };
        wanted.or_else(of_orders).or_else(of_carts)
    }

    /// The needs of at least so many people, by what they cost in that currency.
    pub fn ranked(&self, currency: Option<Currency>, least_people: u64, kind: Option<Kind>) -> Vec<Ranked<'_>> {
        let wanted = self.needs.iter().filter(|((of, _), found)| {
            let people = found.tallies.get(NOW).map_or(0, |tally| tally.people);
            people >= least_people.max(1) && kind.is_none_or(|kind| kind == *of)
        });
        let lost = |kind: Kind, found: &Found, place: usize| {
            let (Some(tally), Some(rates)) = (found.tallies.get(place), self.rates.get(place)) else { return 0 };
            currency.map_or(0, |currency| rates.lost(kind, tally, currency))
        };
        let ranked = wanted.map(|((kind, subject), found)| {
            let lost_minor = [NOW, BEFORE].map(|place| lost(*kind, found, place));
            Ranked { kind: *kind, subject, found, lost_minor }
        });
        let mut ranked: Vec<Ranked<'_>> = ranked.collect();
        let people = |one: &Ranked<'_>| one.found.tallies.get(NOW).map_or(0, |tally| tally.people);
        ranked.sort_by(|one, two| {
            let by_loss = two.lost_minor.cmp(&one.lost_minor).then_with(|| people(two).cmp(&people(one)));
            by_loss.then_with(|| (one.kind, one.subject).cmp(&(two.kind, two.subject)))
        });
        ranked
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Rates {
    /// The mean order in minor units; 0 without orders.
    pub fn mean_order(&self, currency: Currency) -> f64 {
        self.orders.get(&currency).map_or(0.0, |(count, minor)| *minor as f64 / (*count).max(1) as f64)
    }

    /// How likely who searches and finds orders within the window.
    pub fn search_conversion(&self) -> f64 {
        share(self.searched_and_ordered, self.searched)
    }

    /// How likely a product seen in stock is bought within the window.
    pub fn view_conversion(&self) -> f64 {
        share(self.seen_and_bought, self.seen)
    }

    /// How likely a buyer orders on more than one day.
    pub fn return_rate(&self) -> f64 {
        share(self.returned, self.buyers)
    }

    /// What a need cost, in minor units. The module of needs says by which formula.
    pub fn lost(&self, kind: Kind, tally: &Tally, currency: Currency) -> i64 {
        let minor = tally.minor.get(&currency).copied().unwrap_or(0);
        let unserved = tally.unserved as f64;
        let lost = match kind {
            Kind::SearchedInVain => unserved * self.search_conversion() * self.mean_order(currency),
            Kind::LeftInCart => return minor,
            Kind::OutOfStock => minor as f64 * self.view_conversion(),
            Kind::ComplainedOf => tally.people as f64 * self.return_rate() * self.mean_order(currency),
        };
        lost.round() as i64
    }

    /// The same in words.
    pub fn why(&self, kind: Kind, tally: &Tally, currency: Option<Currency>) -> Bilingual {
        let Some(currency) = currency else {
            return Bilingual::new("no money is known in the period", "该时段没有任何金额");
        };
        let lost = Money::new(self.lost(kind, tally, currency), currency);
        let mean = Money::new(self.mean_order(currency).round() as i64, currency);
        let minor = Money::new(tally.minor.get(&currency).copied().unwrap_or(0), currency);
        let (people, unserved) = (tally.people, tally.unserved);
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        match kind {
            Kind::SearchedInVain => {
                let rate = percent(self.search_conversion());
                Bilingual::new(
                    format!(
                        "{unserved} of {people} people did not order in time; {rate} of those who find something do, for {mean} each: {lost}"
                    ),
                    format!(
                        "{people} 人中 {unserved} 人未在期限内下单；搜到结果者有 {rate} 下单，平均每单 {mean}：合计 {lost}"
                    ),
                )
            }
            Kind::LeftInCart => Bilingual::new(
                format!("{people} people left it in the cart, worth {minor} by its price"),
                format!("{people} 人加购后未购买，按售价合计 {minor}"),
            ),
            Kind::OutOfStock => {
                let rate = percent(self.view_conversion());
                Bilingual::new(
                    format!(
                        "{unserved} of {people} people did not buy it after all, worth {minor} by its price; {rate} of what is seen in stock is bought: {lost}"
                    ),
                    format!(
                        "{people} 人中 {unserved} 人最终未购买，按售价合计 {minor}；有货商品浏览后购买率 {rate}：合计 {lost}"
                    ),
                )
            }
            Kind::ComplainedOf => {
                let rate = percent(self.return_rate());
                Bilingual::new(
                    format!(
                        "{people} people complained; {rate} of buyers order again, for {mean} each: {lost} is at stake"
                    ),
                    format!("{people} 人有此不满；买家复购率 {rate}，平均每单 {mean}：面临损失 {lost}"),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_follows_from_the_rates_of_the_shop() {
        let currency: Currency = "CNY".parse().unwrap();
        let rates = Rates {
            searched: 10,
            searched_and_ordered: 2,
            seen: 100,
            seen_and_bought: 5,
            buyers: 4,
            returned: 1,
            orders: [(currency, (4, 40_000))].into(),
        };
        let tally = Tally { times: 9, people: 6, unserved: 5, minor: [(currency, 8_000)].into() };
        let lost = |kind| rates.lost(kind, &tally, currency);
        assert_eq!(Kind::ALL.map(lost), [5 * 2_000, 8_000, 400, 15_000]);
        for kind in Kind::ALL {
            let why = rates.why(kind, &tally, Some(currency));
            assert!(why.en.contains("6 people") && why.zh.contains("6 人"), "{why:?}");
        }
    }
}
