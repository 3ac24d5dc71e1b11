//! The core of clustering, on one piece of what hangs together: which of its identifiers are one person.
//!
//! Ties are taken one after another in an order that follows from what they are, strongest first, as in Kruskal's
//! minimum spanning forest; a tie that would put too many identifiers of a kind, or two that an operator separated,
//! into one person is refused. A person larger than the policy allows is a storm: only what the operator said, and what
//! is one shopper key, is kept together.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use serde::Serialize;

use super::decision::{DecisionId, Decisions};
use super::identifier::{Identifier, IdentifierKind};
use super::policy::{KindRule, Policy};

/// Why two identifiers may be one person. In order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tie {
    /// They are one shopper key.
    SameKey,
    /// An operator joined them.
    Joined,
    /// They were seen together, for the first time at that moment.
    Seen(Timestamp),
}

/// A tie between two members of a piece, by their places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bond {
    pub a: usize,
    pub b: usize,
    pub tie: Tie,
}

/// Identifiers that hang together by ties. None of them is set aside.
#[derive(Debug, Default)]
pub(crate) struct Piece<'a> {
    /// Each with the moment it was first seen.
    pub members: Vec<(&'a Identifier, Timestamp)>,
    pub bonds: Vec<Bond>,
}

/// Why a tie was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityRefusal)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// One person would have too many identifiers of a kind.
    TooMany {
        /// Of which kind.
        #[schema(value_type = String)]
        kind: IdentifierKind,
        /// How many one person may have.
        limit: u32,
        /// How many it would be.
        would_be: u32,
    },
    /// An operator separated them.
    Separated {
        /// By which decision.
        #[schema(value_type = String)]
        decision: DecisionId,
    },
    /// The person would be a storm, and is held for review.
    Storm {
        /// Of how many identifiers.
        identifiers: usize,
    },
}

/// One person of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Places of its identifiers: best priority, earliest moment and least value first.
    pub members: Vec<usize>,
    /// Places of the ties that hold it together: a tree.
    pub tree: Vec<usize>,
}

/// What became of a piece.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Every member is in exactly one.
    pub groups: Vec<Group>,
    /// Places of the ties refused, and why.
    pub refused: Vec<(usize, Refusal)>,
    /// Storms: the place of the first identifier of each, and how many it has.
    pub storms: Vec<(usize, usize)>,
    /// The piece was too large to look into, and is one storm.
    pub held: bool,
}

/// Decides which identifiers of a piece are one person.
pub(crate) fn settle(piece: &Piece<'_>, policy: &Policy, decisions: &Decisions) -> Settled {
    let ranks = Ranks::of(piece, policy);
    let held = piece.members.len() > policy.component_above as usize && !any_allowed(piece, decisions);
    let mut settled = Settled { held, ..Settled::default() };
    if held {
        let first = (0..piece.members.len()).min_by(|a, b| ranks.compare(piece, *a, *b));
        settled.storms.extend(first.map(|first| (first, piece.members.len())));
    }
    let order = ranks.order(piece, held);
    let mut people = People::new(piece, &ranks, decisions);
    let mut accepted = Vec::new();
    for place in order {
        let Some(bond) = piece.bonds.get(place) else { continue };
        match people.take(bond) {
            Ok(true) => accepted.push(place),
            Ok(false) => {}
            Err(refusal) => settled.refused.push((place, refusal)),
        }
    }
    hold_storms(piece, policy, decisions, &ranks, &mut people, &mut accepted, &mut settled);
    settled.groups = people.groups(piece, &ranks, &accepted);
    settled
}

fn any_allowed(piece: &Piece<'_>, decisions: &Decisions) -> bool {
    piece.members.iter().any(|(identifier, _)| decisions.allows(identifier))
}

/// Takes every storm apart again, but for its firm ties.
fn hold_storms<'a>(
    piece: &Piece<'a>,
    policy: &Policy,
    decisions: &'a Decisions,
    ranks: &Ranks<'a>,
    people: &mut People<'a>,
    accepted: &mut Vec<usize>,
    settled: &mut Settled,
) {
    let mut storms: BTreeMap<usize, usize> = BTreeMap::new();
    for group in people.groups(piece, ranks, accepted) {
        let allowed = |place: &usize| piece.members.get(*place).is_some_and(|(one, _)| decisions.allows(one));
        let was_seen = |place: &usize| piece.bonds.get(*place).is_some_and(|bond| matches!(bond.tie, Tie::Seen(_)));
        let by_evidence = group.tree.iter().any(was_seen);
        if group.members.len() > policy.storm_above as usize && by_evidence && !group.members.iter().any(allowed) {
            let Some(&first) = group.members.first() else { continue };
            storms.insert(people.root(first), group.members.len());
            settled.storms.push((first, group.members.len()));
        }
    }
    if storms.is_empty() {
        return;
    }
    let mut again = People::new(piece, ranks, decisions);
    accepted.retain(|place| {
        let Some(bond) = piece.bonds.get(*place) else { return false };
        let storm = storms.get(&people.root(bond.a));
        if let (Some(&identifiers), Tie::Seen(_)) = (storm, bond.tie) {
            settled.refused.push((*place, Refusal::Storm { identifiers }));
            return false;
        }
        // What was accepted before is accepted among fewer.
        matches!(again.take(bond), Ok(true))
    });
    *people = again;
}

/// The kinds of a piece and their rules, and of which each member is.
struct Ranks<'a> {
    kinds: Vec<(&'a IdentifierKind, KindRule)>,
    kind_of: Vec<usize>,
}

impl<'a> Ranks<'a> {
    fn of(piece: &Piece<'a>, policy: &Policy) -> Self {
        let mut kinds: Vec<(&'a IdentifierKind, KindRule)> = Vec::new();
        let mut kind_of = Vec::with_capacity(piece.members.len());
        for (identifier, _) in &piece.members {
            let known = kinds.iter().position(|(kind, _)| **kind == identifier.kind);
            kind_of.push(known.unwrap_or_else(|| {
                kinds.push((&identifier.kind, policy.rule(&identifier.kind)));
                kinds.len() - 1
            }));
        }
        Self { kinds, kind_of }
    }

    fn priority(&self, member: usize) -> u32 {
        self.kind_of.get(member).and_then(|kind| self.kinds.get(*kind)).map_or(u32::MAX, |(_, rule)| rule.priority)
    }

    /// Which of two members is the better name for a person.
    fn compare(&self, piece: &Piece<'_>, a: usize, b: usize) -> std::cmp::Ordering {
        let key = |place: usize| {
            let member = piece.members.get(place);
            (self.priority(place), member.map(|(_, first)| *first), member.map(|(identifier, _)| *identifier))
        };
        key(a).cmp(&key(b))
    }

    /// The places of the ties, strongest first: by what they are, the priorities of the kinds they tie, the moment of
    /// the first evidence and, last, the identifiers themselves.
    fn order(&self, piece: &Piece<'_>, firm_only: bool) -> Vec<usize> {
        let name = |place: usize| piece.members.get(place).map(|(identifier, _)| *identifier);
        let mut order: Vec<_> = piece
            .bonds
            .iter()
            .enumerate()
            .filter(|(_, bond)| !firm_only || !matches!(bond.tie, Tie::Seen(_)))
            .map(|(place, bond)| {
                let (one, two) = (self.priority(bond.a), self.priority(bond.b));
                let class = match bond.tie {
                    Tie::SameKey => 0,
                    Tie::Joined => 1,
                    Tie::Seen(_) => 2,
                };
                let names = if name(bond.a) <= name(bond.b) { (bond.a, bond.b) } else { (bond.b, bond.a) };
                (class, one.min(two), one.max(two), bond.tie, name(names.0), name(names.1), place)
            })
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(.., place)| place).collect()
    }
}

/// Members being united: a union-find whose roots know what is in them.
struct People<'a> {
    parents: Vec<usize>,
    inside: Vec<Inside<'a>>,
    limits: Vec<(&'a IdentifierKind, u32)>,
}

/// What is in one person: how many of each kind, and which separations have a say in it.
#[derive(Clone, Default)]
struct Inside<'a> {
    counts: Vec<(usize, u32)>,
    separations: Vec<&'a DecisionId>,
}

impl<'a> People<'a> {
    fn new(piece: &Piece<'a>, ranks: &Ranks<'a>, decisions: &'a Decisions) -> Self {
        let inside = piece.members.iter().zip(&ranks.kind_of).map(|((identifier, _), &kind)| Inside {
            counts: vec![(kind, 1)],
            separations: decisions.separations(identifier).collect(),
        });
        Self {
            parents: (0..piece.members.len()).collect(),
            inside: inside.collect(),
            limits: ranks.kinds.iter().map(|(kind, rule)| (*kind, rule.per_person)).collect(),
        }
    }

    fn root(&mut self, member: usize) -> usize {
        let mut at = member;
        while let Some(&parent) = self.parents.get(at).filter(|parent| **parent != at) {
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(at) {
                *place = above;
            }
            at = above;
        }
        at
    }

    /// Unites what a tie ties; false if it was one already.
    fn take(&mut self, bond: &Bond) -> Result<bool, Refusal> {
        let (mut keep, mut gone) = (self.root(bond.a), self.root(bond.b));
        if keep == gone {
            return Ok(false);
        }
        let size = |one: &Inside<'_>| one.counts.iter().map(|(_, count)| *count).sum::<u32>();
        let (Some(one), Some(two)) = (self.inside.get(keep), self.inside.get(gone)) else { return Ok(false) };
        if bond.tie != Tie::SameKey
            && let Some(decision) = one.separations.iter().find(|decision| two.separations.contains(decision))
        {
            return Err(Refusal::Separated { decision: (*decision).clone() });
        }
        if matches!(bond.tie, Tie::Seen(_)) {
            self.within_limits(one, two)?;
        }
        if size(one) < size(two) {
            (keep, gone) = (gone, keep);
        }
        let moved = self.inside.get_mut(gone).map(std::mem::take).unwrap_or_default();
        if let (Some(parent), Some(inside)) = (self.parents.get_mut(gone), self.inside.get_mut(keep)) {
            *parent = keep;
            inside.swallow(moved);
        }
        Ok(true)
    }

    fn within_limits(&self, one: &Inside<'_>, two: &Inside<'_>) -> Result<(), Refusal> {
        for (kind, count) in &one.counts {
            // What only one of them has is no more than it was: an operator may have gone beyond the limit.
            let Some((_, more)) = two.counts.iter().find(|(other, _)| other == kind) else { continue };
            let Some((name, limit)) = self.limits.get(*kind) else { continue };
            let would_be = count.saturating_add(*more);
            if would_be > *limit {
                return Err(Refusal::TooMany { kind: (*name).clone(), limit: *limit, would_be });
            }
        }
        Ok(())
    }

    fn groups(&mut self, piece: &Piece<'_>, ranks: &Ranks<'_>, accepted: &[usize]) -> Vec<Group> {
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for member in 0..piece.members.len() {
            let root = self.root(member);
            groups.entry(root).or_insert_with(|| Group { members: Vec::new(), tree: Vec::new() }).members.push(member);
        }
        for &place in accepted {
            if let Some(group) = piece.bonds.get(place).and_then(|bond| groups.get_mut(&self.root(bond.a))) {
                group.tree.push(place);
            }
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.iter_mut().for_each(|group| group.members.sort_by(|a, b| ranks.compare(piece, *a, *b)));
        groups
    }
}

impl<'a> Inside<'a> {
    fn swallow(&mut self, other: Inside<'a>) {
        for (kind, count) in other.counts {
            match self.counts.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, sum)) => *sum = sum.saturating_add(count),
                None => self.counts.push((kind, count)),
            }
        }
        self.separations.extend(other.separations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, value: &str) -> Identifier {
        Identifier::new(kind.parse().unwrap(), value).unwrap()
    }

    /// The people among `identifiers` tied as told, by their places.
    fn people(identifiers: &[Identifier], ties: &[(usize, usize, Tie)], policy: &Policy) -> (Vec<Vec<usize>>, Settled) {
        let piece = Piece {
            members: identifiers.iter().map(|one| (one, Timestamp::default())).collect(),
            bonds: ties.iter().map(|&(a, b, tie)| Bond { a, b, tie }).collect(),
        };
        let settled = settle(&piece, policy, &Decisions::default());
        let mut groups: Vec<Vec<usize>> = settled.groups.iter().map(|group| group.members.clone()).collect();
        groups.sort();
        (groups, settled)
    }

    fn seen(second: i64) -> Tie {
        Tie::Seen(Timestamp::from_seconds(second))
    }

    #[test]
    fn a_browser_of_two_users_belongs_to_the_one_it_was_first_seen_with() {
        let all = [id("user_id", "u1"), id("user_id", "u2"), id("anonymous_id", "a")];
        let (groups, settled) = people(&all, &[(0, 2, seen(9)), (1, 2, seen(5))], &Policy::default());
        assert_eq!(groups, [vec![0], vec![1, 2]]);
        let refusal = Refusal::TooMany { kind: IdentifierKind::UserId, limit: 1, would_be: 2 };
        assert_eq!(settled.refused, [(0, refusal)]);
    }

    #[test]
    fn an_operators_word_goes_beyond_the_limit_and_takes_nobody_else_along() {
        let all = [id("user_id", "u1"), id("user_id", "u2"), id("user_id", "u3"), id("anonymous_id", "a")];
        let ties = [(0, 1, Tie::Joined), (0, 3, seen(1)), (2, 3, seen(2))];
        assert_eq!(people(&all, &ties, &Policy::default()).0, [vec![0, 1, 3], vec![2]]);
    }

    #[test]
    fn a_storm_keeps_only_its_firm_ties() {
        let policy = Policy { storm_above: 3, ..Policy::default() };
        let all = [id("user_id", "a"), id("anonymous_id", "a"), id("anonymous_id", "b"), id("anonymous_id", "c")];
        let ties = [(0, 1, Tie::SameKey), (0, 2, seen(1)), (0, 3, seen(1))];
        let (groups, settled) = people(&all, &ties, &policy);
        assert_eq!(groups, [vec![0, 1], vec![2], vec![3]]);
        assert_eq!(settled.storms, [(0, 4)]);
        assert_eq!(people(&all, &ties[..2], &policy).0, [vec![0, 1, 2], vec![3]]);
    }
}
