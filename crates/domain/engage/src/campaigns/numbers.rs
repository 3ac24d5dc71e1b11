//! What a campaign has done so far, reckoned from who met it, what they bought, and what it gave. Pure.
//!
//! The comparison is by intention to treat: everybody who met the campaign counts where they were assigned, whatever they did
//! with it, with all they bought from then on. Treated and held out are told apart by their salt alone, so what they differ in
//! is what the campaign did.

use fanvine_contracts::campaigns::Given;
use fanvine_contracts::gates::Words;
use fanvine_contracts::orders::PlacedOrder;
use fanvine_kernel::{Currency, Timestamp};
use fanvine_stats::lift::{Difference, Sample, newcombe, welch};
use fanvine_stats::significance::chi_square_tail;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assign::Arm;
use super::people::People;
use super::terms::{CampaignTerms, GoalMetric};

/// Fewest people of each arm of which anything is concluded.
const LEAST_PEOPLE: u64 = 100;
/// Fewest buyers of both arms together.
const LEAST_BUYERS: u64 = 30;
/// So likely must shares as uneven as those found be, or it is said that they are uneven.
const UNEVEN: f64 = 0.001;
/// An order may be said to be placed so long before the shopper met the campaign: the shop's clock is not ours. In µs.
const CLOCKS: i64 = 60_000_000;

/// What a campaign has done so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignNumbers {
    /// When it was reckoned.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The currency of all amounts, which are minor units.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// People who met it: a cart, a play or a page asked about them for the first time, and they were assigned.
    pub reach: i64,
    /// Of these, people who were offered what it holds.
    pub exposed: i64,
    /// Of these, people who were held out.
    pub held_out: i64,
    /// Of these, people whom a merge made of a treated and a held-out one: they count as whichever came first.
    pub mixed: i64,
    /// Paid places in its plays: by whoever opened a run, or joined one.
    pub joins: i64,
    /// Runs of its plays that were opened.
    pub runs: i64,
    /// Of these, runs that came about.
    pub completions: i64,
    /// Of these, runs that failed.
    pub failures: i64,
    /// Orders that stand and used anything of it.
    pub orders: i64,
    /// What was paid for these, less what was refunded.
    pub revenue_minor: i64,
    /// What it cost: posted on its account in the ledger for discounts on goods and freight and for points by their worth, less
    /// what came back.
    pub cost_minor: i64,
    /// Set aside besides, for orders that are reserved and not paid.
    pub reserved_minor: i64,
    /// What is left of the budget, reservations taken off; null without a budget.
    pub left_minor: Option<i64>,
    /// What was paid with it for each unit of cost: `revenue_minor / cost_minor`; null before it cost anything.
    pub return_on_spend: Option<f64>,
    /// How it spreads.
    pub spread: Spread,
    /// The treated against the held out.
    pub lift: Lift,
    /// The goal and how far it is; null without one.
    pub goal: Option<Progress>,
}

/// How a campaign's plays spread from shopper to shopper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignSpread)]
pub struct Spread {
    /// People who paid for a place in a play of it.
    pub participants: i64,
    /// Runs opened for each of them: each is an invitation others may come by.
    pub invites_per_participant: Option<f64>,
    /// People who came by somebody else's run for their first time, for each run opened.
    pub newcomers_per_invite: Option<f64>,
    /// The product of both: how many newcomers each participant brings. Above 1 it grows by itself.
    pub k_factor: Option<f64>,
}

/// The treated against the held out, by intention to treat over everybody who met the campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignLift)]
pub struct Lift {
    /// The treated.
    pub treated: ArmNumbers,
    /// The held out.
    pub held_out: ArmNumbers,
    /// Why nothing is concluded yet; null once there is enough.
    pub too_early: Option<Words>,
    /// Why the comparison is in doubt: the arms are of sizes that chance hardly makes.
    pub uneven: Option<Words>,
    /// Revenue per person, treated less held out, in minor units, with 95 % confidence (Welch 1947).
    pub revenue_per_person: Option<Interval>,
    /// The share of people who bought, treated less held out, with 95 % confidence (Newcombe 1998, method 10).
    pub conversion: Option<Interval>,
    /// Orders per person, treated less held out, with 95 % confidence (Welch).
    pub orders_per_person: Option<Interval>,
    /// Revenue of the treated that would not have been without it: the difference per person times the treated.
    pub incremental_revenue_minor: Option<Interval>,
    /// Orders of the treated that would not have been, alike.
    pub incremental_orders: Option<Interval>,
    /// Revenue per person as a part more than the held out's: 0.1 is 10 %.
    pub relative: Option<f64>,
    /// What the campaign cost for each order that would not have been; null where that is not above 0.
    pub cost_per_incremental_order_minor: Option<f64>,
    /// Incremental revenue less cost, by cost: 0.5 means that each 1 spent brought 1.5.
    pub roi: Option<Interval>,
    /// Orders of these people in another currency, which are not counted.
    pub other_currency_orders: i64,
}

/// What the people of an arm bought since they met the campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignArmNumbers)]
pub struct ArmNumbers {
    /// How many they are.
    pub people: i64,
    /// How many of them bought.
    pub buyers: i64,
    /// Their orders.
    pub orders: i64,
    /// What these brought in: product revenue after discounts, less refunds, in minor units.
    pub revenue_minor: i64,
    /// That for each person, in minor units.
    pub revenue_per_person: f64,
    /// The share of them who bought.
    pub conversion: f64,
}

/// An estimate with the interval in which it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignInterval)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// How far a goal is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignProgress)]
pub struct Progress {
    /// Which figure.
    pub metric: GoalMetric,
    /// What was wanted.
    pub target: i64,
    /// What is; null where it cannot be told yet.
    pub reached: Option<i64>,
}

impl Interval {
    fn of(found: Difference) -> Self {
        Self { estimate: found.difference, low: found.low, high: found.high }
    }

    fn times(self, by: f64) -> Self {
        Self { estimate: self.estimate * by, low: self.low * by, high: self.high * by }
    }

    /// What is left of each 1 of cost when that is taken off.
    fn return_on(self, cost: f64) -> Self {
        let net = |minor: f64| (minor - cost) / cost;
        Self { estimate: net(self.estimate), low: net(self.low), high: net(self.high) }
    }
}

/// What everybody of an arm bought, as sums that keep their squares.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    people: u64,
    buyers: u64,
    orders: i128,
    orders_squared: i128,
    revenue: i128,
    revenue_squared: i128,
}

impl Sums {
    fn revenue(&self) -> Sample {
        Sample::of_sums(self.people, self.revenue, self.revenue_squared)
    }

    fn orders(&self) -> Sample {
        Sample::of_sums(self.people, self.orders, self.orders_squared)
    }

    fn shown(&self) -> ArmNumbers {
        let narrow = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
        let per_person = |number: f64| if self.people == 0 { 0.0 } else { number / self.people as f64 };
        ArmNumbers {
            people: narrow(self.people.into()),
            buyers: narrow(self.buyers.into()),
            orders: narrow(self.orders),
            revenue_minor: narrow(self.revenue),
            revenue_per_person: per_person(self.revenue as f64),
            conversion: per_person(self.buyers as f64),
        }
    }
}

/// What people bought since they met a campaign, taken in page by page.
pub(crate) struct Bought<'a> {
    people: &'a People,
    currency: Currency,
    /// Orders and revenue of each person.
    of: Vec<(i64, i64)>,
    other_currency: i64,
}

impl<'a> Bought<'a> {
    /// Nothing yet.
    pub fn new(people: &'a People, currency: Currency) -> Self {
        Self { people, currency, of: vec![(0, 0); people.people.len()], other_currency: 0 }
    }

    /// Takes in orders of anybody.
    pub fn take(&mut self, orders: &[PlacedOrder]) {
        for order in orders {
            let Some(number) = order.shopper_key.as_deref().and_then(|key| self.people.of(key)) else { continue };
            let (Some(person), Some(bought)) = (self.people.people.get(number), self.of.get_mut(number)) else {
                continue;
            };
            if order.placed_at < person.since.plus_micros(-CLOCKS) {
                continue;
            }
            if order.currency.is_some_and(|currency| currency != self.currency) {
                self.other_currency += 1;
                continue;
            }
            bought.0 += 1;
            bought.1 = bought.1.saturating_add(order.net_minor);
        }
    }

    fn sums(&self, arm: Arm) -> Sums {
        let mut sums = Sums::default();
        for (_, &(orders, revenue)) in self.people.people.iter().zip(&self.of).filter(|(person, _)| person.arm == arm) {
            let (orders, revenue) = (i128::from(orders), i128::from(revenue));
            sums.people += 1;
            sums.buyers += u64::from(orders > 0);
            sums.orders += orders;
            sums.orders_squared += orders * orders;
            sums.revenue += revenue;
            sums.revenue_squared += revenue * revenue;
        }
        sums
    }
}

/// What a campaign has done so far.
pub(crate) fn numbers(terms: &CampaignTerms, given: &Given, bought: &Bought<'_>, now: Timestamp) -> CampaignNumbers {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let of_arm = |arm| bought.people.people.iter().filter(|person| person.arm == arm).count();
    let revenue_minor = given.orders.iter().map(|order| order.paid_minor).sum();
    let lift = lift(terms, given, bought);
    let mut numbers = CampaignNumbers {
        at: now,
        currency: terms.currency,
        reach: count(bought.people.people.len()),
        exposed: count(of_arm(Arm::Treated)),
        held_out: count(of_arm(Arm::HeldOut)),
        mixed: count(bought.people.people.iter().filter(|person| person.mixed).count()),
        joins: count(given.parts.len()),
        runs: given.runs.opened,
        completions: given.runs.completed,
        failures: given.runs.failed,
        orders: count(given.orders.len()),
        revenue_minor,
        cost_minor: given.spent_minor,
        reserved_minor: given.reserved_minor,
        left_minor: terms.budget_minor.map(|budget| (budget - given.spent_minor - given.reserved_minor).max(0)),
        return_on_spend: (given.spent_minor > 0).then(|| revenue_minor as f64 / given.spent_minor as f64),
        spread: spread(given, bought.people),
        lift,
        goal: None,
    };
    numbers.goal = terms.goal.map(|goal| {
        let reached = match goal.metric {
            GoalMetric::Orders => Some(numbers.orders),
            GoalMetric::Revenue => Some(numbers.revenue_minor),
            GoalMetric::Joins => Some(numbers.joins),
            GoalMetric::Completions => Some(numbers.completions),
            GoalMetric::IncrementalRevenue => {
                numbers.lift.incremental_revenue_minor.map(|found| found.estimate.round() as i64)
            }
        };
        Progress { metric: goal.metric, target: goal.target, reached }
    });
    numbers
}

fn spread(given: &Given, people: &People) -> Spread {
    // Whoever took part met the campaign before, so every part is of somebody known; another key stands for itself.
    let mut seen: Vec<(Option<usize>, &str)> = Vec::new();
    let mut known = std::collections::HashSet::new();
    let mut newcomers = 0_i64;
    for part in &given.parts {
        let person = people.of(&part.shopper_key);
        let name = if person.is_some() { "" } else { part.shopper_key.as_str() };
        if known.insert((person, name)) {
            seen.push((person, name));
            newcomers += i64::from(!part.led);
        }
    }
    let participants = i64::try_from(seen.len()).unwrap_or(i64::MAX);
    let by = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
    Spread {
        participants,
        invites_per_participant: by(given.runs.opened, participants),
        newcomers_per_invite: by(newcomers, given.runs.opened),
        k_factor: by(newcomers, participants),
    }
}

fn lift(terms: &CampaignTerms, given: &Given, bought: &Bought<'_>) -> Lift {
    let (treated, held_out) = (bought.sums(Arm::Treated), bought.sums(Arm::HeldOut));
    let too_early = too_early(terms, &treated, &held_out);
    let told = |found: Option<Difference>| found.filter(|_| too_early.is_none()).map(Interval::of);
    let revenue_per_person = told(welch(treated.revenue(), held_out.revenue()));
    let orders_per_person = told(welch(treated.orders(), held_out.orders()));
    let all = treated.people as f64;
    let incremental_revenue_minor = revenue_per_person.map(|one| one.times(all));
    let incremental_orders = orders_per_person.map(|one| one.times(all));
    let cost = given.spent_minor as f64;
    let base = held_out.revenue().mean;
    Lift {
        treated: treated.shown(),
        held_out: held_out.shown(),
        uneven: uneven(terms, &treated, &held_out),
        revenue_per_person,
        conversion: told(newcombe((treated.buyers, treated.people), (held_out.buyers, held_out.people))),
        orders_per_person,
        incremental_revenue_minor,
        incremental_orders,
        relative: revenue_per_person.filter(|_| base > 0.0).map(|one| one.estimate / base),
        cost_per_incremental_order_minor: incremental_orders
            .filter(|one| one.estimate > 0.0)
            .map(|one| cost / one.estimate),
        roi: incremental_revenue_minor.filter(|_| cost > 0.0).map(|one| one.return_on(cost)),
        other_currency_orders: bought.other_currency,
        too_early,
    }
}

fn too_early(terms: &CampaignTerms, treated: &Sums, held_out: &Sums) -> Option<Words> {
    if terms.holdout_basis_points == 0 {
        return Some(Words::new(
            "nobody is held out, so what the campaign does cannot be told",
            "未设对照组，无法衡量增量效果",
        ));
    }
    let (fewest, buyers) = (treated.people.min(held_out.people), treated.buyers + held_out.buyers);
    if fewest >= LEAST_PEOPLE && buyers >= LEAST_BUYERS {
        return None;
    }
    Some(Words::new(
        format!(
            "it is too early to tell: {} people are treated, {} are held out and {buyers} bought, where {LEAST_PEOPLE} of \
             each and {LEAST_BUYERS} buyers are needed",
            treated.people, held_out.people
        ),
        format!(
            "样本不足：实验组 {} 人、对照组 {} 人、购买 {buyers} 人；每组至少需 {LEAST_PEOPLE} 人且合计至少 {LEAST_BUYERS} 人购买",
            treated.people, held_out.people
        ),
    ))
}

/// Whether so uneven a split hardly comes by chance: Pearson's χ² of the arms against the share that is held out.
fn uneven(terms: &CampaignTerms, treated: &Sums, held_out: &Sums) -> Option<Words> {
    let all = (treated.people + held_out.people) as f64;
    let expected = all * terms.holdout_basis_points as f64 / 10_000.0;
    if expected < 5.0 || all - expected < 5.0 {
        return None;
    }
    let off = (held_out.people as f64 - expected).powi(2);
    let chance = chi_square_tail(off / expected + off / (all - expected));
    (chance < UNEVEN).then(|| {
        Words::new(
            format!(
                "{} of {all} people are held out, where {expected:.0} would be expected: whether somebody meets the campaign \
                 may depend on what they get of it",
                held_out.people
            ),
            format!("{all} 人中对照组为 {} 人，预期约 {expected:.0} 人：用户是否接触活动可能受活动内容影响", held_out.people),
        )
    })
}

#[cfg(test)]
mod tests {
    use fanvine_contracts::campaigns::{Part, Runs, UsedIn};

    use super::super::assign::{Assigned, arm_of};
    use super::*;

    fn terms(holdout: i64) -> CampaignTerms {
        serde_json::from_value(serde_json::json!({
            "name": "x", "currency": "CNY", "budget_minor": 1_000_000, "holdout_basis_points": holdout,
            "goal": { "metric": "joins", "target": 4 },
        }))
        .unwrap()
    }

    fn people(count: u32, holdout: i64) -> People {
        let one = |number: u32| {
            let key = format!("u{number}");
            let (arm, at) = (arm_of("salt", &key, holdout), Timestamp::from_seconds(1_000));
            Assigned { shopper_key: key.clone(), person_key: key, arm, at, met: String::new() }
        };
        People::new(&(0..count).map(one).collect::<Vec<_>>(), &[])
    }

    fn order(key: &str, at: i64, net_minor: i64, currency: &str) -> PlacedOrder {
        let (order_id, placed_at) = (format!("{key}/{at}"), Timestamp::from_seconds(at));
        let currency = Some(currency.parse().unwrap());
        PlacedOrder { order_id, shopper_key: Some(key.into()), placed_at, currency, net_minor }
    }

    #[test]
    fn with_too_few_people_nothing_is_concluded_and_it_is_said() {
        let people = people(50, 1_000);
        let mut bought = Bought::new(&people, "CNY".parse().unwrap());
        bought.take(&[order("u1", 2_000, 500, "CNY"), order("u2", 900, 500, "CNY"), order("u3", 2_000, 500, "USD")]);
        let found = numbers(&terms(1_000), &Given::default(), &bought, Timestamp::from_seconds(3_000));
        assert_eq!(found.lift.treated.orders + found.lift.held_out.orders, 1, "what was before is not counted");
        assert_eq!(found.lift.other_currency_orders, 1);
        assert!(found.lift.too_early.unwrap().en.contains("100 of each and 30 buyers"));
        assert_eq!((found.lift.conversion, found.lift.roi), (None, None));
    }

    #[test]
    fn figures_add_up_from_orders_ledger_and_plays() {
        let people = people(2_000, 5_000);
        let mut bought = Bought::new(&people, "CNY".parse().unwrap());
        // Of each arm every second person buys; the treated for 300, the others for 100.
        for number in (0..2_000).step_by(2) {
            let key = format!("u{number}");
            let minor = if arm_of("salt", &key, 5_000) == Arm::Treated { 300 } else { 100 };
            bought.take(&[order(&key, 2_000, minor, "CNY")]);
        }
        let used = |paid_minor| UsedIn { redemption_id: String::new(), shopper_key: None, paid_minor, off_minor: 10 };
        let part = |key: &str, led| Part { shopper_key: key.into(), led, at: Timestamp::from_seconds(1) };
        let given = Given {
            spent_minor: 1_000,
            reserved_minor: 50,
            orders: vec![used(1_500), used(500)],
            runs: Runs { opened: 2, completed: 1, failed: 0 },
            parts: vec![part("u1", true), part("u2", false), part("u3", true), part("u1", false)],
        };
        let found = numbers(&terms(5_000), &given, &bought, Timestamp::from_seconds(3_000));
        assert_eq!((found.reach, found.exposed + found.held_out), (2_000, 2_000));
        assert_eq!((found.revenue_minor, found.return_on_spend, found.left_minor), (2_000, Some(2.0), Some(998_950)));
        assert_eq!((found.spread.participants, found.spread.k_factor), (3, Some(1.0 / 3.0)));
        assert_eq!(found.goal.unwrap().reached, Some(4));
        let lift = &found.lift;
        assert!(lift.too_early.is_none() && lift.uneven.is_none());
        let (revenue, roi) = (lift.revenue_per_person.unwrap(), lift.roi.unwrap());
        let expected = lift.treated.revenue_per_person - lift.held_out.revenue_per_person;
        assert!((revenue.estimate - expected).abs() < 1e-9 && revenue.low > 0.0);
        assert!((roi.estimate - (expected * found.exposed as f64 - 1_000.0) / 1_000.0).abs() < 1e-6);
    }

    #[test]
    fn an_uneven_split_is_called_into_doubt() {
        let people = people(2_000, 5_000);
        let bought = Bought::new(&people, "CNY".parse().unwrap());
        let found = numbers(&terms(1_000), &Given::default(), &bought, Timestamp::from_seconds(1));
        assert!(found.lift.uneven.unwrap().en.contains("where 200 would be expected"));
    }
}
