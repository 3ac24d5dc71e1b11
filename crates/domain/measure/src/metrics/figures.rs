//! The counts of a period and of the one before it, gathered from events, orders, refunds and spend.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_kernel::event::names;
use fanvine_kernel::{Currency, LocalDate, Problem, Timestamp};
use fanvine_lake::{Column, Snapshot, Walk};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::count::{Both, Brought, Counting, Counts, Deed, Group, Plan};
use crate::Measure;
use crate::orders::{Orders, within};
use crate::overview::{Interval, Period};
use crate::sessions::count as sessions;
use crate::walks::events::table;

/// A pause that ends a session, and how long one lasts that did not bounce: as the insight of sessions has it by
/// default.
const SESSION_GAP_S: u32 = 1_800;
const ENGAGED_S: u32 = 10;

/// What is known of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub all: Counts,
    /// By interval.
    pub points: Vec<Counts>,
    /// New shoppers, returning shoppers, guests: guests are as many as their orders.
    pub groups: [Group; 3],
}

fn deed_of(name: &str) -> Deed {
    match name {
        name if names::THE_SHOPS_OWN.contains(&name) => Deed::Silent,
        names::PRODUCT_VIEWED => Deed::View,
        names::PRODUCT_ADDED => Deed::Add,
        names::PRODUCT_SHARED | names::CART_SHARED => Deed::Share,
        names::SHARE_OPENED | names::INVITE_ACCEPTED => Deed::Opening,
        names::CONTENT_LIKED => Deed::Like,
        names::CONTENT_COMMENTED => Deed::Comment,
        _ => Deed::Any,
    }
}

fn session_deed_of(name: &str) -> sessions::Deed {
    match name {
        name if names::THE_SHOPS_OWN.contains(&name) => sessions::Deed::Silent,
        names::PAGE_VIEWED | names::SCREEN_VIEWED => sessions::Deed::Page,
        names::ORDER_COMPLETED => sessions::Deed::Order,
        _ => sessions::Deed::Any,
    }
}

impl Measure {
    /// The figures of a period and of the one before it.
    ///
    /// # Errors
    /// Events, orders or spend cannot be read, or it takes too long.
    pub(crate) async fn metric_figures(
        &self,
        snapshot: Snapshot,
        periods: [Period; 2],
        interval: Interval,
        currency: Option<Currency>,
    ) -> Result<[Figures; 2], Problem> {
        let first_orders = Arc::new(self.first_orders(&snapshot).await?);
        let deeds =
            Arc::new(table(&snapshot, snapshot.event_names().zip(0..).map(|(name, code)| (code, deed_of(name)))));
        let codes = snapshot.event_names().zip(0..);
        let session_deeds = table(&snapshot, codes.map(|(name, code)| (code, session_deed_of(name))));
        let mut plans = Vec::with_capacity(2);
        for period in periods {
            let starts_s = self.starts_s(period, interval);
            let sessions = sessions::Plan {
                deeds: session_deeds.clone(),
                gap_s: Some(SESSION_GAP_S),
                engaged_s: ENGAGED_S,
                starts_s: starts_s.clone(),
                by: None,
            };
            let orders = match currency {
                Some(currency) => self.orders(&snapshot, period, currency).await?,
                None => Orders::default(),
            };
            let (first_orders, deeds) = (Arc::clone(&first_orders), Arc::clone(&deeds));
            plans.push(Arc::new(Plan { starts_s, orders, first_orders, sessions: Arc::new(sessions), deeds }));
        }
        let Ok([now, before]) = <[Arc<Plan>; 2]>::try_from(plans) else {
            return Ok([Figures::none(), Figures::none()]);
        };
        let openings = [names::SHARE_OPENED, names::INVITE_ACCEPTED].map(str::to_owned);
        let walk = Walk { columns: vec![Column::Properties], columns_of: Some(openings.to_vec()), ..Walk::default() };
        let (plan, plan_before) = (Arc::clone(&now), Arc::clone(&before));
        let merges = self.merges(&snapshot);
        let parts = self.walk(snapshot, walk, move |_| Both {
            now: Counting::new(Arc::clone(&plan)),
            before: Counting::new(Arc::clone(&plan_before)),
        });
        let (parts, parts_before): (Vec<Counting>, Vec<Counting>) =
            parts.await?.into_iter().map(|both| (both.now, both.before)).unzip();
        let person = |key: &str| self.lake.shopper_number(key).map(|number| merges.person(number).unwrap_or(number));
        let mut figures = [gather(parts, &now, &person), gather(parts_before, &before, &person)];
        for (figures, period) in figures.iter_mut().zip(periods) {
            self.add_money(figures, period, interval, currency).await?;
        }
        Ok(figures)
    }

    /// The first second of each interval, and the one behind the last.
    fn starts_s(&self, period: Period, interval: Interval) -> Vec<u32> {
        let (from, to) = self.moments(period);
        let inner = period.starts(interval).into_iter().skip(1).map(|start| self.zone.start_of(start));
        let second = |moment: Timestamp| u32::try_from(moment.micros().div_euclid(1_000_000)).unwrap_or_default();
        std::iter::once(from).chain(inner).chain([to]).map(second).collect()
    }

    /// When each person ordered for the first time ever, in whatever currency.
    async fn first_orders(&self, snapshot: &Snapshot) -> Result<FxHashMap<u32, u32>, Problem> {
        let query = "SELECT shopper_id, min(CAST(placed_at AS BIGINT)) FROM orders \
                     WHERE status <> 'refund_only' AND shopper_id IS NOT NULL GROUP BY shopper_id";
        let merges = self.merges(snapshot);
        let mut first: FxHashMap<u32, u32> = FxHashMap::default();
        for row in self.rows(query.to_owned()).await? {
            let key = row.first().and_then(Value::as_str).and_then(|key| self.lake.shopper_number(key));
            let micros = row.get(1).and_then(Value::as_i64).unwrap_or_default();
            if let Some(number) = key {
                let at_s = u32::try_from(micros.div_euclid(1_000_000)).unwrap_or_default();
                let known = first.entry(merges.person(number).unwrap_or(number)).or_insert(at_s);
                *known = at_s.min(*known);
            }
        }
        Ok(first)
    }

    /// Adds refunds and spend, which are told by day.
    async fn add_money(
        &self,
        figures: &mut Figures,
        period: Period,
        interval: Interval,
        currency: Option<Currency>,
    ) -> Result<(), Problem> {
        let Some(currency) = currency else { return Ok(()) };
        let starts = period.starts(interval);
        let place = |day: &str| {
            let day: LocalDate = day.parse().ok()?;
            starts.iter().rposition(|start| *start <= day)
        };
        let refunds = format!(
            "SELECT CAST(local_day(refunded_at) AS VARCHAR), sum(amount_minor) FROM refunds \
             WHERE currency = '{currency}' AND {} GROUP BY 1",
            within("refunded_at", self.moments(period))
        );
        let spend = format!(
            "SELECT day, sum(amount_minor) FROM spend WHERE currency = '{currency}' \
             AND day >= '{}' AND day <= '{}' GROUP BY day",
            period.from, period.to
        );
        for (query, is_spend) in [(refunds, false), (spend, true)] {
            for row in self.rows(query).await? {
                let day = row.first().and_then(Value::as_str).and_then(place);
                let amount = row.get(1).and_then(Value::as_i64).unwrap_or_default();
                let point = day.and_then(|place| figures.points.get_mut(place));
                for counts in std::iter::once(&mut figures.all).chain(point) {
                    *(if is_spend { &mut counts.spend_minor } else { &mut counts.refunded_minor }) += amount;
                }
            }
        }
        Ok(())
    }
}

impl Figures {
    fn none() -> Self {
        Self { all: Counts::default(), points: Vec::new(), groups: [Group::default(); 3] }
    }
}

/// Puts together what all threads counted, and what guests bought.
fn gather(parts: Vec<Counting>, plan: &Plan, person: &dyn Fn(&str) -> Option<u32>) -> Figures {
    let mut figures =
        Figures { points: vec![Counts::default(); plan.starts_s.len().saturating_sub(1)], ..Figures::none() };
    let (mut sessions, mut brought) = (sessions::Tally::default(), Vec::new());
    let mut shared: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for part in parts {
        figures.all.add(&part.all);
        figures.points.iter_mut().zip(&part.points).for_each(|(sum, point)| sum.add(point));
        figures.groups.iter_mut().zip(&part.groups).for_each(|(sum, group)| sum.add(group));
        sessions.add(part.sessions.tally);
        brought.extend(part.brought);
        shared.extend(part.shared);
    }
    for order in &plan.orders.guests {
        let Some(point) = plan.interval(order.at_s).and_then(|place| figures.points.get_mut(place)) else { continue };
        let one = Group { active: 1, buyers: 1, orders: 1, units: order.units, revenue_minor: order.revenue_minor };
        figures.groups[2].add(&one);
        point.orders += 1;
        point.units += order.units;
        point.revenue_minor += order.revenue_minor;
    }
    // Sums of the whole are those of its intervals; only people are counted once in it.
    for point in &figures.points {
        figures.all.shares += point.shares;
        figures.all.openings += point.openings;
        figures.all.orders += point.orders;
        figures.all.units += point.units;
        figures.all.revenue_minor += point.revenue_minor;
    }
    let sums =
        std::iter::once((&mut figures.all, &sessions.all)).chain(figures.points.iter_mut().zip(&sessions.points));
    for (counts, sums) in sums {
        counts.sessions = sums.sessions;
        counts.pages = sums.pages;
        counts.bounced = sums.bounced;
        counts.session_s = sums.duration_s;
    }
    cycles(&mut figures, &brought, &shared, person);
    figures
}

/// How long it took from a share to whom it brought.
fn cycles(
    figures: &mut Figures,
    brought: &[Brought],
    shared: &FxHashMap<u32, Vec<u32>>,
    person: &dyn Fn(&str) -> Option<u32>,
) {
    let mut times: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for one in brought {
        let shares = one.sharer.as_deref().and_then(person).and_then(|number| shared.get(&number));
        let last = shares.and_then(|shares| shares[..shares.partition_point(|at| *at <= one.at_s)].last());
        if let Some(last) = last {
            times.entry(one.interval).or_default().push(one.at_s - last);
        }
    }
    let mut all: Vec<u32> = times.values().flatten().copied().collect();
    figures.all.cycle_s = median(&mut all);
    for (interval, mut times) in times {
        if let Some(point) = figures.points.get_mut(interval) {
            point.cycle_s = median(&mut times);
        }
    }
}

fn median(times: &mut [u32]) -> Option<u32> {
    let middle = times.len() / 2;
    (!times.is_empty()).then(|| *times.select_nth_unstable(middle).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_from_the_latest_share_before_the_arrival() {
        let mut figures = Figures { points: vec![Counts::default(); 2], ..Figures::none() };
        let shared = FxHashMap::from_iter([(7, vec![100, 500, 900])]);
        let came = |interval, at_s, sharer: &str| Brought { interval, at_s, sharer: Some(sharer.to_owned()) };
        let brought = [
            came(0, 600, "ann"),
            came(0, 900, "ann"),
            came(1, 1_300, "ann"),
            came(1, 50, "ann"),
            came(1, 2_000, "nobody"),
            Brought { interval: 1, at_s: 2_000, sharer: None },
        ];
        cycles(&mut figures, &brought, &shared, &|key| (key == "ann").then_some(7));
        // 100, 0 and 400 seconds; before a share, or by somebody unknown, there is none.
        assert_eq!(figures.all.cycle_s, Some(100));
        assert_eq!(figures.points.iter().map(|point| point.cycle_s).collect::<Vec<_>>(), [Some(100), Some(400)]);
    }
}
