//! Settling again what was touched, and nothing else.
//!
//! From every touched identifier the ties are walked; what is reached is settled as a whole. An identifier that becomes
//! shared, or is no longer, touches its neighbours, so that both sides of a broken piece are walked.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use fanvine_kernel::Timestamp;
use rustc_hash::FxHashMap;

use super::cluster::twin;
use super::decision::Aside;
use super::identifier::{Identifier, IdentifierKind, PersonId};
use super::index::{Index, Node};
use super::outgoing::{Cause, Merge, MergeKind, Moved, Review, ReviewReason, Step, StepBy};
use super::settle::{Bond, Piece, Tie, settle};

/// Most ties that are walked to explain a merge.
const LONGEST_EXPLANATION: usize = 10_000;

/// What hangs together, by node.
struct Reached {
    nodes: Vec<u32>,
    /// It leads into a piece that is held as too large to look into, and so belongs to it.
    held: bool,
}

/// The trees by which the people of a walk hold together.
type Trees = FxHashMap<PersonId, Vec<(u32, u32)>>;

impl Index {
    /// Settles what is dirty. Without a cause nobody is told what changed: it did not, but was read back. `grown` says
    /// that nothing happened but that evidence was added.
    pub(super) fn recluster(&mut self, now: Timestamp, cause: Option<&Cause>, grown: bool) {
        if self.dirty.is_empty() {
            return;
        }
        let (seeds, left) = self.set_aside(now, grown);
        // What was held may have fallen apart.
        let mut pieces = self.walk(&seeds, grown && left.is_empty());
        if pieces.iter().any(|piece| piece.held && piece.nodes.iter().any(|number| self.is_allowed(*number))) {
            pieces = self.walk(&seeds, false);
        }
        let touched: Vec<u32> = pieces.iter().flat_map(|piece| &piece.nodes).chain(&left).copied().collect();
        let before = cause.map(|_| self.persons_of_keys(&touched)).unwrap_or_default();
        for number in &touched {
            if let Some(person) = self.nodes.get_mut(*number as usize).and_then(|node| node.person.take()) {
                self.people.remove(&person);
            }
        }
        let mut trees = Trees::default();
        for piece in pieces {
            self.settle_piece(piece, now, &mut trees);
        }
        if let Some(cause) = cause {
            self.record(&before, &trees, now, cause);
        }
    }

    /// Decides anew of what is dirty whether it is set aside; those around whatever changed are looked at too. All that
    /// was looked at, and all that is newly aside.
    fn set_aside(&mut self, now: Timestamp, grown: bool) -> (Vec<u32>, Vec<u32>) {
        let mut waiting = std::mem::take(&mut self.dirty);
        let walk = self.next_walk();
        let (mut seeds, mut left) = (Vec::new(), Vec::new());
        while let Some(number) = waiting.pop() {
            let Some(node) = self.nodes.get_mut(number as usize).filter(|node| node.mark != walk) else { continue };
            node.mark = walk;
            seeds.push(number);
            let before = node.aside;
            // More evidence never makes fewer people meet.
            let aside = if grown && before == Some(Aside::Shared) { before } else { self.aside_now(number) };
            if aside == before {
                continue;
            }
            waiting.extend(self.neighbours(number, false));
            if let Some(node) = self.nodes.get_mut(number as usize) {
                node.aside = aside;
            }
            if aside.is_some() {
                left.push(number);
            }
            let size = i64::from(self.people_behind(number));
            self.review(number, (aside == Some(Aside::Shared)).then_some((ReviewReason::Shared, size)), now);
        }
        (seeds, left)
    }

    fn next_walk(&mut self) -> u32 {
        self.walks = self.walks.wrapping_add(1);
        if self.walks == 0 {
            self.nodes.iter_mut().for_each(|node| node.mark = 0);
            self.walks = 1;
        }
        self.walks
    }

    fn aside_now(&self, number: u32) -> Option<Aside> {
        let node = self.node(number)?;
        self.decisions.aside(&node.identifier, &self.policy, || self.people_behind(number))
    }

    /// How many people an identifier was seen with.
    pub(super) fn people_behind(&self, number: u32) -> u32 {
        let seen_with = self.seen_with(number).filter_map(|other| Some(&self.node(other)?.identifier));
        self.policy.people_behind(seen_with.filter(|other| !self.decisions.is_nobody(other, &self.policy)))
    }

    fn seen_with(&self, number: u32) -> impl Iterator<Item = u32> {
        let links = self.node(number).into_iter().flat_map(|node| &node.links);
        let links = links.filter_map(|link| self.links.get(*link as usize));
        links.map(move |link| if link.a == number { link.b } else { link.a })
    }

    /// What an identifier hangs together with, were nothing aside; `firm` leaves out what was only seen with it.
    pub(super) fn neighbours(&self, number: u32, firm: bool) -> Vec<u32> {
        let Some(node) = self.node(number) else { return Vec::new() };
        let mut others: Vec<u32> = if firm { Vec::new() } else { self.seen_with(number).collect() };
        let known = |other: &Identifier| self.known(&other.kind, &other.value);
        others.extend(self.decisions.joined_with(&node.identifier).filter_map(known));
        others.extend(twin(&node.identifier).as_ref().and_then(known));
        others
    }

    fn is_allowed(&self, number: u32) -> bool {
        self.node(number).is_some_and(|node| self.decisions.allows(&node.identifier))
    }

    /// Whether anything speaks of an identifier still: a join that named it may have been taken back.
    fn is_there(&self, number: u32) -> bool {
        let joined = |node: &Node| self.decisions.joined_with(&node.identifier).next().is_some();
        self.node(number).is_some_and(|node| !node.links.is_empty() || joined(node))
    }

    /// The pieces that the seeds belong to.
    fn walk(&mut self, seeds: &[u32], grown: bool) -> Vec<Reached> {
        let walk = self.next_walk();
        let mut pieces = Vec::new();
        for seed in seeds {
            let mut piece = Reached { nodes: Vec::new(), held: false };
            let mut waiting = vec![*seed];
            while let Some(number) = waiting.pop() {
                let there = self.is_there(number);
                let node = self.nodes.get_mut(number as usize);
                let Some(node) = node.filter(|node| node.aside.is_none()) else { continue };
                // What was held is held all the more, and so is what leads there; it need not be walked again.
                let held = grown && node.held;
                piece.held |= held;
                if node.mark == walk || (!there && number != *seed) {
                    continue;
                }
                node.mark = walk;
                node.place = piece.nodes.len();
                piece.nodes.push(number);
                if there {
                    waiting.extend(self.neighbours(number, held));
                }
            }
            if !piece.nodes.is_empty() {
                pieces.push(piece);
            }
        }
        pieces
    }

    fn settle_piece(&mut self, reached: Reached, now: Timestamp, trees: &mut Trees) {
        let (settled, tied, bonds) = {
            let piece = self.piece(&reached);
            let settled = settle(&piece, &self.policy, &self.decisions);
            let mut tied = vec![false; piece.members.len()];
            let ends = piece.bonds.iter().flat_map(|bond| [bond.a, bond.b]);
            ends.for_each(|end| tied.iter_mut().skip(end).take(1).for_each(|tied| *tied = true));
            (settled, tied, piece.bonds.iter().map(|bond| (bond.a, bond.b)).collect::<Vec<_>>())
        };
        let number = |place: usize| reached.nodes.get(place).copied();
        for group in settled.groups {
            let members: Vec<u32> = group.members.iter().filter_map(|place| number(*place)).collect();
            let Some(first) = members.first().and_then(|first| self.node(*first)) else { continue };
            let alone = members.len() == 1
                && first.links.is_empty()
                && !group.members.iter().any(|place| tied.get(*place) == Some(&true));
            if alone {
                continue;
            }
            let person = PersonId::of(&first.identifier);
            let tree = group.tree.iter().filter_map(|place| bonds.get(*place));
            if members.len() > 1 {
                trees.insert(person, tree.filter_map(|(a, b)| number(*a).zip(number(*b))).collect());
            }
            for member in &members {
                if let Some(node) = self.nodes.get_mut(*member as usize) {
                    node.person = Some(person);
                }
            }
            self.people.insert(person, members);
        }
        let held = reached.held || settled.held;
        let storms: BTreeMap<u32, usize> =
            settled.storms.iter().filter_map(|(first, size)| Some((number(*first)?, *size))).collect();
        for number in &reached.nodes {
            if let Some(node) = self.nodes.get_mut(*number as usize) {
                node.held = held;
            }
            let storm = storms.get(number).map(|size| (ReviewReason::Storm, *size as i64));
            // Of what was held before only a part is seen here.
            if storm.is_some() || !reached.held && self.reviews.contains_key(number) {
                self.review(*number, storm, now);
            }
        }
    }

    /// What was reached, ready to be settled.
    fn piece<'a>(&'a self, reached: &Reached) -> Piece<'a> {
        let mut piece = Piece::default();
        let place = |other: u32| self.node(other).filter(|node| reached.nodes.get(node.place) == Some(&other));
        for (a, number) in reached.nodes.iter().enumerate() {
            let Some(node) = self.node(*number) else { continue };
            piece.members.push((&node.identifier, node.first));
            let seen = if reached.held { &[] } else { node.links.as_slice() };
            for link in seen.iter().filter_map(|link| self.links.get(*link as usize)) {
                if let Some(other) = (link.a == *number).then(|| place(link.b)).flatten() {
                    piece.bonds.push(Bond { a, b: other.place, tie: Tie::Seen(link.first()) });
                }
            }
            let firm = |other: &Identifier| place(self.known(&other.kind, &other.value)?).map(|node| node.place);
            let joined = self.decisions.joined_with(&node.identifier).filter(|other| **other > node.identifier);
            piece.bonds.extend(joined.filter_map(firm).map(|b| Bond { a, b, tie: Tie::Joined }));
            let twin = twin(&node.identifier).filter(|_| node.identifier.kind == IdentifierKind::UserId);
            piece.bonds.extend(twin.as_ref().and_then(firm).map(|b| Bond { a, b, tie: Tie::SameKey }));
        }
        piece
    }

    /// Begins, keeps up or ends what is held because of an identifier.
    fn review(&mut self, number: u32, held: Option<(ReviewReason, i64)>, now: Timestamp) {
        let before = self.reviews.remove(&number);
        if let Some(gone) = before.clone().filter(|before| held.is_none_or(|(reason, _)| reason != before.reason)) {
            self.outgoing.review(Review { settled_at: Some(now), ..gone });
        }
        let (Some((reason, size)), Some(node)) = (held, self.node(number)) else { return };
        let found_at = before.as_ref().filter(|before| before.reason == reason).map_or(now, |before| before.found_at);
        let review = Review { reason, identifier: node.identifier.clone(), size, found_at, settled_at: None };
        if before.as_ref() != Some(&review) {
            self.outgoing.review(review.clone());
        }
        self.reviews.insert(number, review);
    }

    /// The person of every shopper key among the touched.
    fn persons_of_keys(&self, touched: &[u32]) -> Vec<(Arc<str>, PersonId)> {
        let nodes = touched.iter().filter_map(|number| self.node(*number));
        let keys = nodes.filter(|node| node.identifier.kind.is_shopper_key());
        let key = |node: &Node| (node.identifier.value.clone(), self.person_of(&node.identifier.value));
        let mut keys: Vec<(Arc<str>, PersonId)> = keys.map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Tells and writes down which keys changed their person, and why.
    fn record(&mut self, before: &[(Arc<str>, PersonId)], trees: &Trees, now: Timestamp, cause: &Cause) {
        let mut went: BTreeMap<(PersonId, PersonId), Vec<Arc<str>>> = BTreeMap::new();
        let (mut were, mut are): (FxHashMap<PersonId, usize>, FxHashMap<PersonId, usize>) = Default::default();
        for (key, from) in before {
            let to = self.person_of(key);
            *were.entry(*from).or_default() += 1;
            *are.entry(to).or_default() += 1;
            if *from != to {
                went.entry((*from, to)).or_default().push(key.clone());
                self.outgoing.moved.push(Moved { key: key.clone(), from: *from, to });
            }
        }
        for ((from, to), keys) in went {
            let what = if are.get(&to).is_some_and(|are| *are > keys.len()) {
                MergeKind::Merged
            } else if were.get(&from) == Some(&keys.len()) {
                MergeKind::Renamed
            } else {
                MergeKind::Split
            };
            let path = match (what, keys.first()) {
                (MergeKind::Merged | MergeKind::Renamed, Some(key)) => self.explain(key, to, trees),
                _ => Vec::new(),
            };
            let id = self.outgoing.next_merge;
            self.outgoing.next_merge += 1;
            let keys = keys.iter().map(|key| key.to_string()).collect();
            self.outgoing.merges.push(Merge { id, at: now, what, from, to, keys, cause: cause.clone(), path });
        }
    }

    /// The way from a key to the identifier that names its person.
    fn explain(&self, key: &str, person: PersonId, trees: &Trees) -> Vec<Step> {
        let Some(tree) = trees.get(&person).filter(|tree| tree.len() <= LONGEST_EXPLANATION) else { return Vec::new() };
        let Some(goal) = self.people.get(&person).and_then(|members| members.first()) else { return Vec::new() };
        let kinds = [IdentifierKind::UserId, IdentifierKind::AnonymousId];
        let start = kinds
            .iter()
            .filter_map(|kind| self.known(kind, key))
            .find(|number| self.node(*number).is_some_and(|node| node.person == Some(person)));
        let Some(start) = start else { return Vec::new() };
        let way = way(tree, start, *goal);
        way.windows(2).filter_map(|pair| self.step(*pair.first()?, *pair.last()?)).collect()
    }

    fn step(&self, a: u32, b: u32) -> Option<Step> {
        let (one, two) = (&self.node(a)?.identifier, &self.node(b)?.identifier);
        let seen = self.link(a, b).and_then(|link| self.evidence(link).min_by_key(|one| one.first_at));
        let by = match seen {
            _ if one.kind.is_shopper_key() && two.kind.is_shopper_key() && one.value == two.value => StepBy::SameKey,
            Some(seen) => StepBy::Seen { call: seen.call, source: seen.source, first_at: seen.first_at },
            None => StepBy::Joined,
        };
        Some(Step { a: one.clone(), b: two.clone(), by })
    }
}

/// The way through a tree.
pub(super) fn way<T: Copy + Eq + std::hash::Hash>(tree: &[(T, T)], start: T, goal: T) -> Vec<T> {
    let mut beside: FxHashMap<T, Vec<T>> = FxHashMap::default();
    for &(a, b) in tree {
        beside.entry(a).or_default().push(b);
        beside.entry(b).or_default().push(a);
    }
    let mut came_from: FxHashMap<T, T> = FxHashMap::from_iter([(goal, goal)]);
    let mut waiting = vec![goal];
    while let Some(at) = waiting.pop().filter(|at| *at != start) {
        for &next in beside.get(&at).into_iter().flatten() {
            if let Entry::Vacant(place) = came_from.entry(next) {
                place.insert(at);
                waiting.push(next);
            }
        }
    }
    let mut way = vec![start];
    let mut at = start;
    while let Some(&next) = came_from.get(&at).filter(|next| **next != at) {
        way.push(next);
        at = next;
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_through_a_tree_leads_from_start_to_goal() {
        let tree = [(1, 2), (2, 3), (2, 4), (4, 5)];
        assert_eq!(way(&tree, 5, 1), [5, 4, 2, 1]);
        assert_eq!(way(&tree, 1, 1), [1]);
    }
}
