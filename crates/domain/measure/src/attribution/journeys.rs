//! Following shoppers to their conversions, and sharing these out.

use std::sync::Arc;

use fanvine_kernel::allocation::allocate;
use fanvine_lake::{Column, Run, Visitor};
use fanvine_stats::attribution::{Journeys, Placing};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::origin::Origin;
use crate::orders::{Orders, Placed};
use crate::walks::events::meaning_of;

/// A conversion in parts that can be shared out: a millionth.
pub const MILLION: i64 = 1_000_000;
/// The models by their places in [`Row::parts`].
pub const MODELS: usize = 6;

/// What counts as a conversion.
pub enum Conversions {
    /// Orders.
    Orders(Orders),
    /// By code, the events that are one; and the currency in which their revenue counts.
    Events(Vec<bool>, Option<String>),
}

/// The number a walk shows somebody under, by their shopper key.
pub type NumberOf = Arc<dyn Fn(&str) -> Option<u32> + Send + Sync>;

/// How journeys are followed.
pub struct Plan {
    pub origin: Origin,
    /// Whether `direct` is a value like any other.
    pub keep_direct: bool,
    /// By code: events that say nothing of where somebody came from.
    pub silent: Vec<bool>,
    pub conversions: Conversions,
    pub gap_s: u32,
    pub look_back_s: u32,
    pub half_life_s: u64,
    /// The first second of the period.
    pub from_s: u32,
    /// The number a walk shows somebody under.
    pub person: NumberOf,
    /// Whose numbers are kept: of those with a conversion that had a touch of this value.
    pub listed: Option<String>,
}

/// Conversions and what they brought in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// In millionths.
    pub conversions: i64,
    pub revenue_minor: i64,
}

impl Part {
    pub fn add(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.revenue_minor += other.revenue_minor;
    }
}

/// What is attributed to a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    /// Touches of journeys that converted.
    pub touches: u64,
    /// Conversions it had a touch in.
    pub assisted: u64,
    /// By first, last, linear, time decay, position, Shapley.
    pub parts: [Part; MODELS],
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.touches += other.touches;
        self.assisted += other.assisted;
        self.parts.iter_mut().zip(other.parts).for_each(|(part, more)| part.add(more));
    }
}

/// What is known so far.
#[derive(Default)]
pub struct Tally {
    /// The values by their numbers.
    pub values: Vec<String>,
    pub rows: Vec<Row>,
    pub attributed: Part,
    /// Had a direct visit and no other touch.
    pub direct: Part,
    /// Had no touch at all.
    pub untouched: Part,
    pub journeys: Journeys,
    pub lost: u64,
    /// The numbers of those who are listed.
    pub listed: RoaringBitmap,
    numbers: FxHashMap<String, u32>,
}

impl Tally {
    fn number(&mut self, value: &str) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.values.len() as u32;
        self.numbers.insert(value.to_owned(), number);
        self.values.push(value.to_owned());
        self.rows.push(Row::default());
        number
    }

    pub fn add(&mut self, other: &Self) {
        let numbers: Vec<u32> = other.values.iter().map(|value| self.number(value)).collect();
        for (number, row) in numbers.iter().zip(&other.rows) {
            self.rows[*number as usize].add(row);
        }
        self.attributed.add(other.attributed);
        self.direct.add(other.direct);
        self.untouched.add(other.untouched);
        self.journeys.merge(&other.journeys, |number| numbers.get(number as usize).copied().unwrap_or_default());
        self.lost += other.lost;
        self.listed |= &other.listed;
    }
}

/// An event that says where the shopper came from; without a value, that they came directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    pub at_s: u32,
    pub value: Option<u32>,
}

/// Touches of a window: events with one value, each less than a gap after the one before, are one.
pub fn touches(said: &[Said], gap_s: u32) -> Vec<(u32, u32)> {
    let mut touches: Vec<(u32, u32)> = Vec::new();
    let mut last_s = 0;
    for (at_s, value) in said.iter().filter_map(|one| Some((one.at_s, one.value?))) {
        if touches.last().is_none_or(|(_, before)| *before != value) || at_s - last_s >= gap_s {
            touches.push((at_s, value));
        }
        last_s = at_s;
    }
    touches
}

/// Follows shoppers as they come by.
pub struct Following {
    plan: Arc<Plan>,
    pub tally: Tally,
    /// By number of a value: the person it is; only for sharers.
    persons: Vec<Option<u32>>,
    said: Vec<Said>,
}

impl Following {
    pub fn new(plan: Arc<Plan>) -> Self {
        Self { plan, tally: Tally::default(), persons: Vec::new(), said: Vec::new() }
    }

    fn listen(&mut self, run: &Run<'_>) {
        self.said.clear();
        for event in 0..run.len() {
            if meaning_of(&self.plan.silent, run.event(event)) {
                continue;
            }
            let Some(text) = self.plan.origin.value(run, event) else { continue };
            let at_s = run.at_s(event);
            if !self.plan.keep_direct && text == "direct" {
                self.said.push(Said { at_s, value: None });
                continue;
            }
            let value = self.tally.number(&text);
            if self.plan.origin == Origin::Sharer {
                while self.persons.len() < self.tally.values.len() {
                    self.persons.push((self.plan.person)(&self.tally.values[self.persons.len()]));
                }
                if self.persons[value as usize] == Some(run.shopper) {
                    continue;
                }
            }
            self.said.push(Said { at_s, value: Some(value) });
        }
    }

    fn converted(&mut self, shopper: u32, placed: Placed) {
        let first = self.said.partition_point(|one| one.at_s < placed.at_s.saturating_sub(self.plan.look_back_s));
        let behind = self.said.partition_point(|one| one.at_s <= placed.at_s);
        let window = &self.said[first..behind.max(first)];
        let touches = touches(window, self.plan.gap_s);
        let whole = Part { conversions: MILLION, revenue_minor: placed.revenue_minor };
        if touches.is_empty() {
            let part = if window.is_empty() { &mut self.tally.untouched } else { &mut self.tally.direct };
            part.add(whole);
            return;
        }
        self.tally.attributed.add(whole);
        let path: Vec<u32> = touches.iter().map(|(_, value)| *value).collect();
        self.tally.journeys.add(&path, true, 1);
        let before_s: Vec<u64> = touches.iter().map(|(at_s, _)| u64::from(placed.at_s - at_s)).collect();
        let half_life = Placing::TimeDecay(self.plan.half_life_s);
        let placings = [Placing::First, Placing::Last, Placing::Linear, half_life, Placing::Position];
        for (model, placing) in placings.into_iter().enumerate() {
            self.share_out(whole, model, &path, &placing.weights(&before_s));
        }
        let mut distinct: Vec<u32> = Vec::with_capacity(path.len());
        path.iter().for_each(|value| {
            if !distinct.contains(value) {
                distinct.push(*value)
            }
        });
        self.share_out(whole, MODELS - 1, &distinct, &vec![1; distinct.len()]);
        path.iter().for_each(|value| self.tally.rows[*value as usize].touches += 1);
        distinct.iter().for_each(|value| self.tally.rows[*value as usize].assisted += 1);
        let is_listed = |value: &u32| self.tally.values.get(*value as usize) == self.plan.listed.as_ref();
        if self.plan.listed.is_some() && distinct.iter().any(is_listed) {
            self.tally.listed.insert(shopper);
        }
    }

    fn share_out(&mut self, whole: Part, model: usize, values: &[u32], weights: &[i64]) {
        let conversions = allocate(whole.conversions, weights);
        let revenue = allocate_signed(whole.revenue_minor, weights);
        for ((value, conversions), revenue_minor) in values.iter().zip(conversions).zip(revenue) {
            self.tally.rows[*value as usize].parts[model].add(Part { conversions, revenue_minor });
        }
    }

    /// What came after the last conversion led to none.
    fn lost(&mut self, last_s: Option<u32>) {
        let plan = &self.plan;
        let from_s = last_s.map_or(plan.from_s, |last| last + 1);
        let since = &self.said[self.said.partition_point(|one| one.at_s < from_s)..];
        let Some(end) = since.iter().rev().find(|one| one.value.is_some()) else { return };
        let first = since.partition_point(|one| one.at_s < end.at_s.saturating_sub(plan.look_back_s));
        let path: Vec<u32> = touches(&since[first..], plan.gap_s).into_iter().map(|(_, value)| value).collect();
        self.tally.journeys.add(&path, false, 1);
        self.tally.lost += 1;
    }
}

/// As [`allocate`], also for an amount below nothing.
pub fn allocate_signed(amount: i64, weights: &[i64]) -> Vec<i64> {
    let mut shares = allocate(amount.saturating_abs(), weights);
    if amount < 0 {
        shares.iter_mut().for_each(|share| *share = -*share);
    }
    shares
}

impl Visitor for Following {
    fn visit(&mut self, run: &Run<'_>) {
        self.listen(run);
        let plan = Arc::clone(&self.plan);
        let mut last = None;
        match &plan.conversions {
            Conversions::Orders(orders) => {
                for placed in orders.of.get(&run.shopper).into_iter().flatten() {
                    self.converted(run.shopper, *placed);
                    last = Some(placed.at_s);
                }
            }
            Conversions::Events(wanted, currency) => {
                for event in 0..run.len() {
                    let at_s = run.at_s(event);
                    if at_s < plan.from_s || !meaning_of(wanted, run.event(event)) {
                        continue;
                    }
                    let ours = run.text(Column::Currency, event) == currency.as_deref();
                    let revenue_minor = run.int(Column::RevenueMinor, event).filter(|_| ours).unwrap_or_default();
                    self.converted(run.shopper, Placed { at_s, revenue_minor, units: 0 });
                    last = Some(at_s);
                }
            }
        }
        self.lost(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(moments: &[(u32, Option<u32>)]) -> Vec<Said> {
        moments.iter().map(|(at_s, value)| Said { at_s: *at_s, value: *value }).collect()
    }

    #[test]
    fn one_visit_from_one_place_is_one_touch() {
        let events =
            said(&[(0, Some(1)), (10, Some(1)), (1_800, Some(1)), (1_805, Some(2)), (1_806, None), (1_807, Some(1))]);
        assert_eq!(touches(&events, 1_800), [(0, 1), (1_805, 2), (1_807, 1)]);
        // Exactly a gap later it is another visit.
        assert_eq!(touches(&said(&[(0, Some(1)), (1_800, Some(1))]), 1_800), [(0, 1), (1_800, 1)]);
        assert!(touches(&said(&[(0, None)]), 1_800).is_empty());
    }

    fn following(revenue: &[i64]) -> Following {
        let placed = revenue.iter().zip(1..).map(|(revenue_minor, place)| Placed {
            at_s: 10_000 * place,
            revenue_minor: *revenue_minor,
            units: 1,
        });
        let mut orders = Orders::default();
        orders.of.insert(7, placed.collect());
        Following::new(Arc::new(Plan {
            origin: Origin::parse("channel").unwrap(),
            keep_direct: false,
            silent: Vec::new(),
            conversions: Conversions::Orders(orders),
            gap_s: 10,
            look_back_s: 20_000,
            half_life_s: 5_000,
            from_s: 0,
            person: Arc::new(|_| None),
            listed: None,
        }))
    }

    #[test]
    fn an_order_is_shared_out_by_hand() {
        let mut following = following(&[1_001]);
        let [a, b, c] = ["a", "b", "c"].map(|value| following.tally.number(value));
        following.said = said(&[(0, Some(a)), (5_000, Some(b)), (5_005, Some(b)), (7_500, None), (10_000, Some(c))]);
        following.converted(7, Placed { at_s: 10_000, revenue_minor: 1_001, units: 1 });
        let revenue = |model: usize| -> Vec<i64> {
            following.tally.rows.iter().map(|row| row.parts[model].revenue_minor).collect()
        };
        assert_eq!(revenue(0), [1_001, 0, 0]);
        assert_eq!(revenue(1), [0, 0, 1_001]);
        assert_eq!(revenue(2), [334, 334, 333]);
        // Two half-lives, one, none: 1 : 2 : 4 of 1001.
        assert_eq!(revenue(3), [143, 286, 572]);
        // 400.4, 200.2 and 400.4: what is left goes to the largest remainder, the first among equals.
        assert_eq!(revenue(4), [401, 200, 400]);
        assert_eq!(revenue(5), [334, 334, 333]);
        assert_eq!(following.tally.attributed, Part { conversions: MILLION, revenue_minor: 1_001 });
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn by_every_model_the_parts_sum_to_the_orders_exactly(
            moments in prop::collection::vec((0u32..60_000, prop::option::weighted(0.8, 0u32..5)), 0..30),
            revenue in prop::collection::vec(-5_000i64..1_000_000, 1..6),
        ) {
            let mut following = following(&revenue);
            (0..5).for_each(|value| { following.tally.number(&value.to_string()); });
            let mut moments = moments;
            moments.sort_unstable_by_key(|(at_s, _)| *at_s);
            following.said = said(&moments);
            for (revenue_minor, place) in revenue.iter().zip(1..) {
                following.converted(7, Placed { at_s: 10_000 * place, revenue_minor: *revenue_minor, units: 1 });
            }
            let tally = &following.tally;
            let all = [tally.attributed, tally.direct, tally.untouched];
            prop_assert_eq!(all.iter().map(|part| part.revenue_minor).sum::<i64>(), revenue.iter().sum::<i64>());
            prop_assert_eq!(all.iter().map(|part| part.conversions).sum::<i64>(), MILLION * revenue.len() as i64);
            for model in 0..MODELS {
                let mut sum = Part::default();
                tally.rows.iter().for_each(|row| sum.add(row.parts[model]));
                prop_assert_eq!(sum, tally.attributed, "model {}", model);
            }
        }
    }
}
