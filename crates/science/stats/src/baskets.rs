//! What is bought together: frequent item sets by FP-growth (Han, Pei, Yin, *Mining Frequent Patterns without Candidate
//! Generation*, SIGMOD 2000), and the rules that follow from them.

use std::collections::{BTreeMap, HashMap};

/// Items that are in at least so many baskets together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSet {
    /// The items, ascending.
    pub items: Vec<u32>,
    /// How many baskets hold them all.
    pub baskets: u64,
}

/// Whoever buys some items also buys another.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The items bought, ascending.
    pub with: Vec<u32>,
    /// The item bought too.
    pub also: u32,
    /// Baskets that hold them all.
    pub baskets: u64,
    /// Of all baskets, the share that holds them all.
    pub support: f64,
    /// Of the baskets with the first, the share that also holds the other.
    pub confidence: f64,
    /// How many times as often as if the two had nothing to do with one another.
    pub lift: f64,
    /// Support beyond what it would be if they had nothing to do with one another.
    pub leverage: f64,
    /// How many times as often the rule would be wrong if they had nothing to do with one another; none where it never is.
    pub conviction: Option<f64>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The least number of baskets; at least 1.
    pub baskets: u64,
    /// The most items of a set.
    pub items: usize,
    /// The most sets: with more, the search ends.
    pub sets: usize,
}

/// There are more frequent sets than wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {sets} sets of items are in at least {baskets} baskets")]
pub struct TooMany {
    /// How many were wanted at most.
    pub sets: usize,
    /// The least number of baskets.
    pub baskets: u64,
}

/// No node.
const NONE: u32 = u32::MAX;

struct Node {
    item: u32,
    count: u64,
    parent: u32,
    /// The node of the same item before it.
    before: u32,
}

/// A prefix tree of baskets with their frequent items in descending frequency; numbered so, the ranks.
struct Tree {
    nodes: Vec<Node>,
    children: HashMap<(u32, u32), u32>,
    /// For each rank: the item, in how many baskets, its last node.
    heads: Vec<(u32, u64, u32)>,
}

impl Tree {
    /// Of baskets that each count several times. The items of a basket are distinct.
    fn of<'b>(baskets: impl Iterator<Item = (&'b [u32], u64)> + Clone, least: u64) -> Self {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        for (items, times) in baskets.clone() {
            items.iter().for_each(|item| *counts.entry(*item).or_default() += times);
        }
        let mut heads: Vec<(u32, u64, u32)> =
            counts.into_iter().filter(|(_, count)| *count >= least).map(|(item, count)| (item, count, NONE)).collect();
        heads.sort_by_key(|(item, count, _)| (std::cmp::Reverse(*count), *item));
        let ranks: HashMap<u32, u32> = heads.iter().zip(0..).map(|((item, ..), rank)| (*item, rank)).collect();
        let mut tree = Self { nodes: Vec::new(), children: HashMap::new(), heads };
        let mut kept: Vec<u32> = Vec::new();
        for (items, times) in baskets {
            kept.clear();
            kept.extend(items.iter().filter_map(|item| ranks.get(item)));
            kept.sort_unstable();
            tree.add(&kept, times);
        }
        tree
    }

    fn add(&mut self, ranks: &[u32], times: u64) {
        let mut parent = NONE;
        for rank in ranks {
            let place = *self.children.entry((parent, *rank)).or_insert_with(|| {
                let place = self.nodes.len() as u32;
                let before = std::mem::replace(&mut self.heads[*rank as usize].2, place);
                self.nodes.push(Node { item: *rank, count: 0, parent, before });
                place
            });
            self.nodes[place as usize].count += times;
            parent = place;
        }
    }

    /// What else is in the baskets with the item of a rank: its more frequent items, with how often.
    fn paths_to(&self, rank: usize) -> Vec<(Vec<u32>, u64)> {
        let mut paths = Vec::new();
        let mut place = self.heads[rank].2;
        while let Some(node) = self.nodes.get(place as usize) {
            let (mut path, mut up) = (Vec::new(), node.parent);
            while let Some(above) = self.nodes.get(up as usize) {
                path.push(self.heads[above.item as usize].0);
                up = above.parent;
            }
            if !path.is_empty() {
                paths.push((path, node.count));
            }
            place = node.before;
        }
        paths
    }
}

/// All sets of items that are in enough baskets, in no order. An item that is in a basket twice counts once.
///
/// # Errors
/// There are more than wanted.
///
/// ```
/// use fanvine_stats::baskets::{Wanted, frequent};
/// let baskets = [vec![1, 2], vec![1, 2, 3], vec![3]];
/// let found = frequent(&baskets, Wanted { baskets: 2, items: 3, sets: 10 })?;
/// assert_eq!(found.len(), 4);
/// assert!(found.iter().any(|set| set.items == [1, 2] && set.baskets == 2));
/// # Ok::<(), fanvine_stats::baskets::TooMany>(())
/// ```
pub fn frequent(baskets: &[Vec<u32>], wanted: Wanted) -> Result<Vec<ItemSet>, TooMany> {
    let distinct: Vec<Vec<u32>> = baskets
        .iter()
        .map(|items| {
            let mut items = items.clone();
            items.sort_unstable();
            items.dedup();
            items
        })
        .collect();
    let wanted = Wanted { baskets: wanted.baskets.max(1), ..wanted };
    let mut found = Vec::new();
    let tree = Tree::of(distinct.iter().map(|items| (items.as_slice(), 1)), wanted.baskets);
    grow(&tree, &mut Vec::new(), wanted, &mut found)?;
    Ok(found)
}

fn grow(tree: &Tree, held: &mut Vec<u32>, wanted: Wanted, found: &mut Vec<ItemSet>) -> Result<(), TooMany> {
    for (rank, (item, baskets, _)) in tree.heads.iter().enumerate() {
        if found.len() >= wanted.sets {
            return Err(TooMany { sets: wanted.sets, baskets: wanted.baskets });
        }
        held.push(*item);
        let mut items = held.clone();
        items.sort_unstable();
        found.push(ItemSet { items, baskets: *baskets });
        if held.len() < wanted.items {
            let paths = tree.paths_to(rank);
            let below = Tree::of(paths.iter().map(|(items, times)| (items.as_slice(), *times)), wanted.baskets);
            grow(&below, held, wanted, found)?;
        }
        held.pop();
    }
    Ok(())
}

/// The rules with one item on their right that follow from all frequent sets of so many baskets, the surest first.
pub fn rules(sets: &[ItemSet], baskets: u64, least_confidence: f64) -> Vec<Rule> {
    let counts: BTreeMap<&[u32], u64> = sets.iter().map(|set| (set.items.as_slice(), set.baskets)).collect();
    let all = baskets as f64;
    let mut rules = Vec::new();
    for set in sets.iter().filter(|set| set.items.len() > 1) {
        for also in &set.items {
            let with: Vec<u32> = set.items.iter().copied().filter(|item| item != also).collect();
            // What is frequent together is frequent apart.
            let (Some(of_with), Some(of_also)) = (counts.get(with.as_slice()), counts.get([*also].as_slice())) else {
                continue;
            };
            let confidence = set.baskets as f64 / *of_with as f64;
            if confidence < least_confidence {
                continue;
            }
            let (support, share, also_share) = (set.baskets as f64 / all, *of_with as f64 / all, *of_also as f64 / all);
            rules.push(Rule {
                with,
                also: *also,
                baskets: set.baskets,
                support,
                confidence,
                lift: confidence / also_share,
                leverage: support - share * also_share,
                conviction: (set.baskets < *of_with).then(|| (1.0 - also_share) / (1.0 - confidence)),
            });
        }
    }
    rules.sort_by(|left, right| {
        let by = right.confidence.total_cmp(&left.confidence).then(right.baskets.cmp(&left.baskets));
        by.then_with(|| left.with.cmp(&right.with)).then(left.also.cmp(&right.also))
    });
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every set of items of all baskets, counted one by one.
    fn brute(baskets: &[Vec<u32>], least: u64, most: usize) -> Vec<(Vec<u32>, u64)> {
        let mut found = Vec::new();
        for code in 1..1u32 << 6 {
            let items: Vec<u32> = (0..6).filter(|item| code & (1 << item) != 0).collect();
            let count = baskets.iter().filter(|basket| items.iter().all(|item| basket.contains(item))).count() as u64;
            if count >= least && items.len() <= most {
                found.push((items, count));
            }
        }
        found.sort();
        found
    }

    proptest! {
        #[test]
        fn fp_growth_finds_what_counting_every_set_finds(
            baskets in prop::collection::vec(prop::collection::vec(0u32..6, 0..6), 0..20), least in 1u64..5, most in 1usize..5,
        ) {
            let wanted = Wanted { baskets: least, items: most, sets: 1_000 };
            let mut found: Vec<(Vec<u32>, u64)> =
                frequent(&baskets, wanted).unwrap().into_iter().map(|set| (set.items, set.baskets)).collect();
            found.sort();
            prop_assert_eq!(found, brute(&baskets, least, most));
        }
    }

    #[test]
    fn a_rule_says_how_sure_and_how_surprising_it_is() {
        // Five baskets; bread and milk: support 3/5, confidence 3/4, lift (3/4)/(4/5), leverage 3/5 − 16/25, conviction
        // (1/5)/(1/4): the textbook's example (Tan, Steinbach, Kumar, Introduction to Data Mining, table 6.1).
        let (bread, milk, nappies, beer, eggs, cola) = (0, 1, 2, 3, 4, 5);
        let baskets = [
            vec![bread, milk],
            vec![bread, nappies, beer, eggs],
            vec![milk, nappies, beer, cola],
            vec![bread, milk, nappies, beer],
            vec![bread, milk, nappies, cola],
        ];
        let sets = frequent(&baskets, Wanted { baskets: 2, items: 3, sets: 100 }).unwrap();
        let found = rules(&sets, 5, 0.5);
        let one = found.iter().find(|rule| rule.with == [bread] && rule.also == milk).unwrap();
        assert_eq!((one.baskets, one.support, one.confidence), (3, 0.6, 0.75));
        assert!((one.lift - 0.9375).abs() < 1e-12 && (one.leverage + 0.04).abs() < 1e-12);
        assert!((one.conviction.unwrap() - 0.8).abs() < 1e-12);
        let two = found.iter().find(|rule| rule.with == [milk, nappies] && rule.also == beer).unwrap();
        assert!((two.confidence - 2.0 / 3.0).abs() < 1e-12 && (two.support - 0.4).abs() < 1e-12);
        // Whoever buys beer buys nappies: that rule is never wrong.
        assert_eq!(found.iter().find(|rule| rule.with == [beer] && rule.also == nappies).unwrap().conviction, None);
    }

    #[test]
    fn a_search_for_too_many_sets_ends() {
        let baskets = vec![(0..20).collect::<Vec<u32>>(); 3];
        let error = frequent(&baskets, Wanted { baskets: 2, items: 20, sets: 1_000 }).unwrap_err();
        assert_eq!(error.to_string(), "more than 1000 sets of items are in at least 2 baskets");
    }
}
