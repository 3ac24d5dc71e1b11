//! One walk over the events of two periods, person by person.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_kernel::{Currency, Timestamp, Zone};
use fanvine_lake::{Column, Merges, Run, Visitor, Walk};
use rustc_hash::{FxHashMap, FxHashSet};

use super::act::{Act, Beside, EVENTS};
use super::period::Period;
use super::{Kind, NeedsError};
use crate::People;

const DAY: i64 = 86_400;
/// Which of the two periods.
pub(super) const NOW: usize = 0;
pub(super) const BEFORE: usize = 1;

/// What to look for.
#[derive(Debug, Clone)]
pub(super) struct Mining {
    zone: Zone,
    spans: [std::ops::Range<i64>; 2],
    window: i64,
    /// Nothing is known from this second on.
    now: i64,
}

/// What happened to a subject in a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    pub times: u64,
    pub people: u64,
    /// Those of them who have not bought within the window, which is over.
    pub unserved: u64,
    /// What was left in the cart, or the prices of what was out of stock for those unserved, in minor units.
    pub minor: BTreeMap<Currency, i64>,
}

/// Somebody who had a need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Behind {
    /// The person's number in the lake.
    pub shopper: u32,
    pub times: u32,
    /// The last time, in seconds since 1970.
    pub last: i64,
    pub unserved: bool,
}

/// A subject in both periods.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Found {
    pub name: Option<String>,
    pub tallies: [Tally; 2],
    /// Who is behind it in the later period, the last first.
    pub behind: Vec<Behind>,
}

/// The shop's own rates in a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rates {
    /// People with a search that found something, and those of them who ordered within the window.
    pub searched: u64,
    pub searched_and_ordered: u64,
    /// Products people saw in stock, and those of them they bought within the window.
    pub seen: u64,
    pub seen_and_bought: u64,
    /// People who ordered, and those who did on more than one day.
    pub buyers: u64,
    pub returned: u64,
    /// Orders and what they brought in.
    pub orders: BTreeMap<Currency, (u64, i64)>,
}

/// What was found in both periods.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Mined {
    pub needs: FxHashMap<(Kind, String), Found>,
    pub rates: [Rates; 2],
    /// All events of the log before this offset were walked over.
    pub offset: u64,
}

impl Mining {
    pub fn new(period: Period, zone: Zone, window_days: u32, now: Timestamp) -> Self {
        let spans = [period.seconds(zone), period.previous().seconds(zone)];
        let (window, now) = (i64::from(window_days) * DAY, now.micros().div_euclid(1_000_000));
        Self { zone, spans, window, now }
    }

    /// Walks over everybody. It takes seconds where there are millions of events: not on a thread that others wait for.
    pub fn run(self, people: &People) -> Result<Mined, NeedsError> {
        let merges = people.merges_in_lake()?;
        let snapshot = people.lake.snapshot()?;
        let [later, earlier] = &self.spans;
        let moment = |second: i64| Some(Timestamp::from_seconds(second));
        let walk = Walk {
            events: Some(EVENTS.iter().map(|name| (*name).to_owned()).collect()),
            from: moment(earlier.start.min(later.start)),
            to: moment(later.end + self.window),
            columns: vec![
                Column::Properties,
                Column::ProductId,
                Column::OrderId,
                Column::MessageId,
                Column::RevenueMinor,
                Column::Currency,
            ],
            merges: Some(Arc::new(merges)),
            ..Walk::default()
        };
        let parts = snapshot.walk(&walk, |_| Miner { mining: self.clone(), mined: Mined::default() })?;
        let mut mined = Mined { offset: snapshot.next_offset(), ..Mined::default() };
        parts.into_iter().for_each(|part| mined.merge(part.mined));
        for found in mined.needs.values_mut() {
            found.behind.sort_unstable_by(|one, two| two.last.cmp(&one.last).then(one.shopper.cmp(&two.shopper)));
        }
        Ok(mined)
    }

    /// Takes in what one person did, in order of time.
    pub fn take(&self, shopper: u32, acts: &[(i64, Act)], mined: &mut Mined) {
        for (place, span) in self.spans.iter().enumerate() {
            let from = acts.partition_point(|(at, _)| *at < span.start);
            let to = acts.partition_point(|(at, _)| *at < span.end);
            let person = Person { mining: self, acts, span: from..to };
            person.needs(shopper, place, mined);
            mined.rates.get_mut(place).into_iter().for_each(|rates| person.rates(rates));
        }
    }
}

/// One person in one period.
struct Person<'a> {
    mining: &'a Mining,
    acts: &'a [(i64, Act)],
    /// The places of what they did in it.
    span: std::ops::Range<usize>,
}

impl<'a> Person<'a> {
    fn within(&self) -> impl Iterator<Item = (i64, &'a Act)> + use<'a> {
        let acts = self.acts.get(self.span.clone()).unwrap_or_default();
        acts.iter().map(|(at, act)| (*at, act))
    }

    /// Whether they ordered within the window: that product, or anything.
    fn ordered(&self, from: i64, product: Option<&str>) -> bool {
        let first = self.acts.partition_point(|(at, _)| *at < from);
        let later = self.acts.get(first..).unwrap_or_default();
        let in_time = later.iter().take_while(|(at, _)| *at <= from + self.mining.window);
        in_time.into_iter().any(|(_, act)| match (act, product) {
            (Act::Ordered { products, .. }, Some(product)) => {
                products.is_empty() || products.iter().any(|one| one == product)
            }
            (Act::Ordered { .. }, None) => true,
            _ => false,
        })
    }

    fn is_over(&self, at: i64) -> bool {
        at + self.mining.window <= self.mining.now
    }

    fn needs(&self, shopper: u32, place: usize, mined: &mut Mined) {
        let mut wanted: FxHashMap<(Kind, &str), Wanted<'_>> = FxHashMap::default();
        for (at, act) in self.within() {
            match act {
                Act::Searched { query, in_vain: true } => {
                    wanted.entry((Kind::SearchedInVain, query)).or_default().again(at);
                }
                Act::Added(line) => wanted.entry((Kind::LeftInCart, &line.product)).or_default().line(at, line, true),
                Act::Viewed { line, out_of_stock: true } => {
                    wanted.entry((Kind::OutOfStock, &line.product)).or_default().line(at, line, false);
                }
                Act::Complained(terms) => {
                    terms.iter().for_each(|term| wanted.entry((Kind::ComplainedOf, term)).or_default().again(at));
                }
                _ => {}
            }
        }
        for ((kind, subject), one) in wanted {
            let product = matches!(kind, Kind::LeftInCart | Kind::OutOfStock).then_some(subject);
            let bought = kind != Kind::ComplainedOf && self.ordered(one.last, product);
            // What is in the cart still is no need yet, and what was bought is none.
            if kind == Kind::LeftInCart && (bought || !self.is_over(one.last)) {
                continue;
            }
            let unserved = kind == Kind::ComplainedOf || (!bought && self.is_over(one.last));
            let found = mined.needs.entry((kind, subject.to_owned())).or_default();
            if let Some(name) = one.name {
                found.name = Some(name.to_owned());
            }
            if place == NOW {
                found.behind.push(Behind { shopper, times: one.times, last: one.last, unserved });
            }
            let Some(tally) = found.tallies.get_mut(place) else { continue };
            tally.times += u64::from(one.times);
            tally.people += 1;
            tally.unserved += u64::from(unserved);
            if let Some((minor, currency)) = one.money.filter(|_| unserved) {
                let sum = tally.minor.entry(currency).or_default();
                *sum = sum.saturating_add(minor);
            }
        }
    }

    fn rates(&self, rates: &mut Rates) {
        let (mut searched, mut searched_and_ordered) = (false, false);
        let mut seen: FxHashMap<&str, bool> = FxHashMap::default();
        let (mut orders, mut days) = (FxHashSet::default(), FxHashSet::default());
        for (at, act) in self.within() {
            match act {
                Act::Searched { in_vain: false, .. } => {
                    searched = true;
                    searched_and_ordered = searched_and_ordered || self.ordered(at, None);
                }
                Act::Viewed { line, out_of_stock: false } => {
                    let bought = seen.entry(&line.product).or_default();
                    *bought = *bought || self.ordered(at, Some(&line.product));
                }
                Act::Ordered { order, total, .. } if orders.insert(order.as_str()) => {
                    days.insert(self.mining.zone.date_of(Timestamp::from_seconds(at)));
                    if let Some(total) = total {
                        let (count, minor) = rates.orders.entry(total.currency).or_default();
                        (*count, *minor) = (*count + 1, minor.saturating_add(total.minor));
                    }
                }
                _ => {}
            }
        }
        rates.searched += u64::from(searched);
        rates.searched_and_ordered += u64::from(searched_and_ordered);
        rates.seen += seen.len() as u64;
        rates.seen_and_bought += seen.values().filter(|bought| **bought).count() as u64;
        rates.buyers += u64::from(!days.is_empty());
        rates.returned += u64::from(days.len() > 1);
    }
}

/// What one person wanted.
#[derive(Debug, Default)]
struct Wanted<'a> {
    times: u32,
    last: i64,
    name: Option<&'a str>,
    money: Option<(i64, Currency)>,
}

impl<'a> Wanted<'a> {
    fn again(&mut self, at: i64) {
        self.times = self.times.saturating_add(1);
        self.last = at;
    }

    fn line(&mut self, at: i64, line: &'a super::act::Line, all: bool) {
        self.again(at);
        self.name = line.name.as_deref().or(self.name);
        let money = if all { line.cost } else { line.price };
        self.money = money.map(|money| (money.minor, money.currency)).or(self.money);
    }
}

struct Miner {
    mining: Mining,
    mined: Mined,
}

impl Visitor for Miner {
    fn visit(&mut self, run: &Run<'_>) {
        let act = |event| {
            let currency = run.text(Column::Currency, event).and_then(|code| code.parse().ok());
            let beside = Beside {
                product: run.text(Column::ProductId, event),
                order: run.text(Column::OrderId, event),
                message: run.text(Column::MessageId, event).unwrap_or_default(),
                revenue_minor: run.int(Column::RevenueMinor, event),
                currency,
            };
            let properties = run.text(Column::Properties, event).unwrap_or("{}");
            Some((i64::from(run.at_s(event)), Act::read(run.name(event), properties, beside)?))
        };
        let acts: Vec<(i64, Act)> = (0..run.len()).filter_map(act).collect();
        self.mining.take(run.shopper, &acts, &mut self.mined);
    }
}

impl Mined {
    fn merge(&mut self, other: Self) {
        for (subject, more) in other.needs {
            let found = self.needs.entry(subject).or_default();
            found.name = more.name.or(found.name.take());
            found.behind.extend(more.behind);
            for (tally, more) in found.tallies.iter_mut().zip(more.tallies) {
                tally.times += more.times;
                tally.people += more.people;
                tally.unserved += more.unserved;
                for (currency, minor) in more.minor {
                    let sum = tally.minor.entry(currency).or_default();
                    *sum = sum.saturating_add(minor);
                }
            }
        }
        for (rates, more) in self.rates.iter_mut().zip(other.rates) {
            rates.searched += more.searched;
            rates.searched_and_ordered += more.searched_and_ordered;
            rates.seen += more.seen;
            rates.seen_and_bought += more.seen_and_bought;
            rates.buyers += more.buyers;
            rates.returned += more.returned;
            for (currency, (count, minor)) in more.orders {
                let sum = rates.orders.entry(currency).or_default();
                *sum = (sum.0 + count, sum.1.saturating_add(minor));
            }
        }
    }
}

impl People {
    /// Which shoppers of the lake are one person.
    pub(crate) fn merges_in_lake(&self) -> Result<Merges, NeedsError> {
        let (person_of, persons) = self.identity().read().keys_of_persons();
        let mut numbers: Vec<Vec<u32>> = vec![Vec::new(); persons];
        if persons > 0 {
            self.lake.shopper_names(1, |number, name| {
                let person = person_of.get(name).and_then(|person| numbers.get_mut(*person));
                person.into_iter().for_each(|of_one| of_one.push(number));
            })?;
        }
        Ok(Merges::of(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_kernel::Money;

    const START: &str = "2026-03-01T00:00:00Z";

    fn at(day: i64) -> i64 {
        Timestamp::parse(START).unwrap().micros() / 1_000_000 + day * DAY
    }

    /// March, looked at on its 31st, with a window of 3 days.
    fn mining() -> Mining {
        let period = Period { from: "2026-03-01".parse().unwrap(), to: "2026-03-31".parse().unwrap() };
        Mining::new(period, Zone::UTC, 3, Timestamp::from_seconds(at(30)))
    }

    fn read(name: &str, properties: &str) -> Act {
        let currency = "CNY".parse().ok();
        let beside = Beside { currency, revenue_minor: Some(10_000), message: "m", ..Beside::default() };
        Act::read(name, properties, beside).unwrap()
    }

    fn mined(people: &[&[(i64, Act)]]) -> Mined {
        let (mining, mut mined) = (mining(), Mined::default());
        for (number, acts) in people.iter().enumerate() {
            mining.take(number as u32, acts, &mut mined);
        }
        mined
    }

    fn tally<'a>(mined: &'a Mined, kind: Kind, subject: &str) -> Option<&'a Tally> {
        mined.needs.get(&(kind, subject.to_owned())).map(|found| &found.tallies[NOW])
    }

    #[test]
    fn a_cart_is_left_when_the_window_is_over_and_nothing_of_it_was_bought() {
        let added = || read("Product Added", r#"{"product_id":"tea","name":"Tea","price":12.5,"quantity":2}"#);
        let order =
            |product: &str| read("Order Completed", &format!(r#"{{"products":[{{"product_id":"{product}"}}]}}"#));
        let mined = mined(&[
            &[(at(1), added())],
            &[(at(1), added()), (at(3), order("tea"))],
            &[(at(1), added()), (at(3), order("cup"))],
            &[(at(1), added()), (at(6), order("tea"))],
            &[(at(28), added())],
        ]);
        let left = tally(&mined, Kind::LeftInCart, "tea").unwrap();
        // The first, the one who bought a cup, and the one who came too late; the last has time still.
        assert_eq!((left.people, left.times, left.minor.values().sum::<i64>()), (3, 3, 7_500));
        assert_eq!(mined.needs[&(Kind::LeftInCart, "tea".into())].name.as_deref(), Some("Tea"));
    }

    #[test]
    fn who_ordered_after_a_search_in_vain_is_served() {
        let vain = || read("Products Searched", r#"{"query":"matcha","results":0}"#);
        let found = || read("Products Searched", r#"{"query":"tea","results":4}"#);
        let order = || read("Order Completed", "{}");
        let mined = mined(&[
            &[(at(1), vain()), (at(2), vain())],
            &[(at(1), vain()), (at(2), order())],
            &[(at(29), vain())],
            &[(at(1), found()), (at(2), order())],
            &[(at(1), found())],
        ]);
        let searched = tally(&mined, Kind::SearchedInVain, "matcha").unwrap();
        assert_eq!((searched.people, searched.times, searched.unserved), (3, 4, 1));
        let rates = &mined.rates[NOW];
        assert_eq!((rates.searched, rates.searched_and_ordered, rates.buyers, rates.returned), (2, 1, 2, 0));
        let sum = Money::new(20_000, "CNY".parse().unwrap());
        assert_eq!(rates.orders[&sum.currency], (2, sum.minor));
    }

    #[test]
    fn the_period_before_is_counted_apart() {
        let vain = || read("Products Searched", r#"{"query":"matcha","results":0}"#);
        let mined = mined(&[&[(at(-5), vain()), (at(1), vain())], &[(at(-40), vain())]]);
        let found = &mined.needs[&(Kind::SearchedInVain, "matcha".into())];
        assert_eq!(found.tallies.each_ref().map(|tally| tally.people), [1, 1]);
        assert_eq!(found.behind, [Behind { shopper: 0, times: 1, last: at(1), unserved: true }]);
    }

    #[test]
    fn what_was_seen_in_stock_tells_how_often_it_is_bought() {
        let seen = |more: &str| read("Product Viewed", &format!(r#"{{"product_id":"tea","price":20{more}}}"#));
        let order = || read("Order Completed", r#"{"products":[{"product_id":"tea"}]}"#);
        let mined = mined(&[
            &[(at(1), seen("")), (at(2), order())],
            &[(at(1), seen(""))],
            &[(at(1), seen(r#","in_stock":false"#)), (at(2), seen(r#","in_stock":false"#))],
        ]);
        let out = tally(&mined, Kind::OutOfStock, "tea").unwrap();
        assert_eq!((out.people, out.times, out.unserved, out.minor.values().sum::<i64>()), (1, 2, 1, 2_000));
        assert_eq!((mined.rates[NOW].seen, mined.rates[NOW].seen_and_bought), (2, 1));
    }
}
