//! How segments overlap. A set is a slice of shopper numbers, ascending, each once.

use std::cmp::Ordering;

use serde::Serialize;

/// How two sets stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = SetOverlap)]
pub struct Overlap {
    /// Members of the first.
    pub left: usize,
    /// Members of the second.
    pub right: usize,
    /// Members of both.
    pub both: usize,
    /// Members of either.
    pub either: usize,
    /// `both / either` (Jaccard 1912); 0 for two empty sets.
    pub jaccard: f64,
}

/// Compares two sets.
///
/// ```
/// # use fanvine_people::segments::overlap::overlap;
/// let found = overlap(&[1, 2, 3], &[2, 3, 4, 5]);
/// assert_eq!((found.both, found.either, found.jaccard), (2, 5, 0.4));
/// ```
pub fn overlap(left: &[u32], right: &[u32]) -> Overlap {
    let both = count_both(left, right);
    let either = left.len() + right.len() - both;
    let jaccard = if either == 0 { 0.0 } else { both as f64 / either as f64 };
    Overlap { left: left.len(), right: right.len(), both, either, jaccard }
}

/// Compares each set with each: row `i`, column `j` is [`overlap`] of set `i` with set `j`.
pub fn matrix(sets: &[&[u32]]) -> Vec<Vec<Overlap>> {
    let mut rows: Vec<Vec<Overlap>> = Vec::with_capacity(sets.len());
    for (place, left) in sets.iter().enumerate() {
        let mut row: Vec<Overlap> = rows
            .iter()
            .filter_map(|earlier| earlier.get(place))
            .map(|known| Overlap { left: known.right, right: known.left, ..*known })
            .collect();
        row.extend(sets.iter().skip(place).map(|right| overlap(left, right)));
        rows.push(row);
    }
    rows
}

/// The members of both.
pub fn intersection(left: &[u32], right: &[u32]) -> Vec<u32> {
    let (small, large) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let mut both = Vec::new();
    each_common(small, large, |member| both.push(member));
    both
}

/// The members of either.
pub fn union(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut either = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left, right);
    while let (Some((one, rest_left)), Some((other, rest_right))) = (left.split_first(), right.split_first()) {
        either.push(*one.min(other));
        match one.cmp(other) {
            Ordering::Less => left = rest_left,
            Ordering::Greater => right = rest_right,
            Ordering::Equal => (left, right) = (rest_left, rest_right),
        }
    }
    either.extend_from_slice(left);
    either.extend_from_slice(right);
    either
}

/// The members of the first that are not in the second. Of two snapshots: `difference(after, before)` entered,
/// `difference(before, after)` left.
pub fn difference(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut rest = right;
    left.iter()
        .copied()
        .filter(|member| {
            rest = skip_to(rest, *member);
            rest.first() != Some(member)
        })
        .collect()
}

fn count_both(left: &[u32], right: &[u32]) -> usize {
    let (small, large) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let mut count = 0;
    each_common(small, large, |_| count += 1);
    count
}

fn each_common(small: &[u32], large: &[u32], mut found: impl FnMut(u32)) {
    let mut rest = large;
    for &member in small {
        rest = skip_to(rest, member);
        if rest.first() == Some(&member) {
            found(member);
        }
    }
}

/// What is left of a set from `member` on, found in doubling steps: a small set costs little beside a large one.
fn skip_to(set: &[u32], member: u32) -> &[u32] {
    let mut step = 1;
    while set.get(step - 1).is_some_and(|held| *held < member) {
        step *= 2;
    }
    let (from, to) = (step / 2, (step - 1).min(set.len()));
    let near = set.get(from..to).unwrap_or_default();
    set.get(from + near.partition_point(|held| *held < member)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn sets_behave_as_sets(
            left in proptest::collection::btree_set(0u32..80, 0..60),
            right in proptest::collection::btree_set(0u32..1_000, 0..60),
        ) {
            let (one, other): (Vec<_>, Vec<_>) = (left.iter().copied().collect(), right.iter().copied().collect());
            let listed = |set: BTreeSet<u32>| set.into_iter().collect::<Vec<_>>();
            prop_assert_eq!(intersection(&one, &other), listed(&left & &right));
            prop_assert_eq!(union(&one, &other), listed(&left | &right));
            prop_assert_eq!(difference(&one, &other), listed(&left - &right));
            prop_assert_eq!(difference(&other, &one), listed(&right - &left));
            let found = matrix(&[&one, &other]);
            prop_assert_eq!(found[0][1].both, (&left & &right).len());
            prop_assert_eq!(found[1][0], overlap(&other, &one));
            prop_assert_eq!(found[1][1].both, right.len());
        }
    }
}
