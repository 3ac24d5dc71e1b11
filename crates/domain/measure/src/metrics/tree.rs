//! What made GMV change.

use fanvine_stats::contributions::{in_whole_units, of_factors};
use serde::Serialize;
use utoipa::ToSchema;

use super::count::Group;

/// A factor of what a group brought in.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MetricFactor)]
pub struct Factor {
    /// `active_shoppers`, `conversion`, `frequency`, `orders`, `units_per_order` or `unit_price`: revenue by unit.
    pub key: &'static str,
    /// Before.
    pub before: f64,
    /// Now.
    pub now: f64,
    /// What it contributed to the change of GMV, in minor units.
    pub contribution_minor: i64,
}

/// What a group of buyers brought in: the product of its factors.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MetricBranch)]
pub struct Branch {
    /// `new`, `returning` or `guests`.
    pub group: &'static str,
    /// GMV of the period before.
    pub before_minor: i64,
    /// GMV.
    pub now_minor: i64,
    /// Its factors, in order.
    pub factors: Vec<Factor>,
}

/// A factor over all groups.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MetricContribution)]
pub struct Contribution {
    /// As [`Factor::key`].
    pub key: &'static str,
    /// What it contributed to the change of GMV, in minor units.
    pub contribution_minor: i64,
}

/// GMV, the groups and factors that make it up, and what each contributed to its change. Contributions sum to the
/// change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MetricTree {
    /// GMV of the period before.
    pub before_minor: i64,
    /// GMV.
    pub now_minor: i64,
    /// New shoppers, returning shoppers, guests.
    pub branches: Vec<Branch>,
    /// By factor, the largest contribution first.
    pub contributions: Vec<Contribution>,
}

const GROUPS: [&str; 3] = ["new", "returning", "guests"];

fn by(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// The factors of a group; their product is its revenue. Guests are nobody known: of them there are only orders.
fn factors(group: &Group, guests: bool) -> Vec<(&'static str, f64)> {
    let [active, buyers, orders] = [group.active, group.buyers, group.orders].map(|count| count as f64);
    let (units, revenue) = (group.units as f64, group.revenue_minor as f64);
    let basket = [("units_per_order", by(units, orders)), ("unit_price", by(revenue, units))];
    let people = [("active_shoppers", active), ("conversion", by(buyers, active)), ("frequency", by(orders, buyers))];
    let guest = [("orders", orders)];
    let first: &[(&'static str, f64)] = if guests { &guest } else { &people };
    first.iter().chain(&basket).copied().collect()
}

/// What made GMV change from one period to the next.
pub fn tree(now: &[Group; 3], before: &[Group; 3]) -> MetricTree {
    let sum = |groups: &[Group; 3]| groups.iter().map(|group| group.revenue_minor).sum::<i64>();
    let mut parts = Vec::new();
    let mut pairs = Vec::new();
    for (place, (now, before)) in now.iter().zip(before).enumerate() {
        let (is, was) = (factors(now, place == 2), factors(before, place == 2));
        let values = |factors: &[(&str, f64)]| factors.iter().map(|(_, value)| *value).collect::<Vec<f64>>();
        let mut shares = of_factors(&values(&was), &values(&is));
        // An order without units is no product of them: what it brought in is put down to its price.
        let change = (now.revenue_minor - before.revenue_minor) as f64;
        let unexplained = change - shares.iter().sum::<f64>();
        if let Some(last) = shares.last_mut().filter(|_| unexplained.abs() > 0.5) {
            *last += unexplained;
        }
        parts.extend(shares);
        pairs.push((is, was));
    }
    let (now_minor, before_minor) = (sum(now), sum(before));
    let mut units = in_whole_units(&parts, now_minor - before_minor).into_iter();
    let branches: Vec<Branch> = pairs
        .into_iter()
        .zip(GROUPS)
        .zip(now.iter().zip(before))
        .map(|(((is, was), group), (now, before))| Branch {
            group,
            before_minor: before.revenue_minor,
            now_minor: now.revenue_minor,
            factors: is
                .into_iter()
                .zip(was)
                .map(|((key, now), (_, before))| Factor {
                    key,
                    before,
                    now,
                    contribution_minor: units.next().unwrap_or_default(),
                })
                .collect(),
        })
        .collect();
    let mut contributions: Vec<Contribution> = Vec::new();
    for factor in branches.iter().flat_map(|branch| &branch.factors) {
        match contributions.iter_mut().find(|known| known.key == factor.key) {
            Some(known) => known.contribution_minor += factor.contribution_minor,
            None => {
                let contribution_minor = factor.contribution_minor;
                contributions.push(Contribution { key: factor.key, contribution_minor });
            }
        }
    }
    contributions.sort_by_key(|one| std::cmp::Reverse(one.contribution_minor.abs()));
    MetricTree { before_minor, now_minor, branches, contributions }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn group(active: u64, buyers: u64, orders: u64, units: i64, revenue_minor: i64) -> Group {
        Group { active, buyers, orders, units, revenue_minor }
    }

    #[test]
    fn twice_as_many_shoppers_with_all_else_the_same_explain_all_of_it() {
        let before = [group(100, 10, 10, 20, 4_000), Group::default(), group(2, 2, 2, 2, 500)];
        let now = [group(200, 20, 20, 40, 8_000), Group::default(), group(2, 2, 2, 2, 500)];
        let tree = tree(&now, &before);
        assert_eq!((tree.before_minor, tree.now_minor), (4_500, 8_500));
        assert_eq!(tree.contributions[0], Contribution { key: "active_shoppers", contribution_minor: 4_000 });
        assert!(tree.contributions[1..].iter().all(|other| other.contribution_minor == 0), "{:?}", tree.contributions);
    }

    #[test]
    fn whoever_bought_for_the_first_time_did_so_by_converting() {
        let before = [group(100, 0, 0, 0, 0), Group::default(), Group::default()];
        let now = [group(120, 12, 12, 12, 1_200), Group::default(), Group::default()];
        let tree = tree(&now, &before);
        assert_eq!(tree.contributions[0], Contribution { key: "conversion", contribution_minor: 1_200 });
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn contributions_sum_to_the_change_to_the_last_minor_unit(
            counts in prop::collection::vec((0u64..500, 0u64..50, 0u64..9, 0i64..9, 0i64..1_000_000), 6),
        ) {
            let made = |(more, buyers, orders, units, revenue): (u64, u64, u64, i64, i64)| {
                let orders = if buyers == 0 { 0 } else { buyers + orders };
                let units = if orders == 0 { 0 } else { orders as i64 + units };
                group(buyers + more, buyers, orders, units, if units == 0 { 0 } else { revenue })
            };
            let groups: Vec<Group> = counts.into_iter().map(made).collect();
            let (now, before) = ([groups[0], groups[1], groups[2]], [groups[3], groups[4], groups[5]]);
            let tree = tree(&now, &before);
            let parts: i64 = tree.branches.iter().flat_map(|branch| &branch.factors).map(|one| one.contribution_minor).sum();
            prop_assert_eq!(parts, tree.now_minor - tree.before_minor);
            prop_assert_eq!(tree.contributions.iter().map(|one| one.contribution_minor).sum::<i64>(), parts);
            for branch in &tree.branches {
                let product: f64 = branch.factors.iter().map(|factor| factor.now).product();
                prop_assert!((product - branch.now_minor as f64).abs() < 1e-6 * branch.now_minor.max(1) as f64);
            }
        }
    }
}
