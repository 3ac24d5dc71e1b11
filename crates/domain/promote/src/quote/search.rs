//! The best combination of thresholds, bundles and coupons for the shopper, found exactly by branch and bound.
//!
//! Offers take their turn in a fixed order; at each turn an offer is used or left out. A branch is cut when even the sum of
//! the most every offer still to come could take off cannot beat the best found. That bound is reckoned by what is left now,
//! and holds because no tier takes more off when less is left to pay: amounts are capped by what is left, parts of less are
//! less, and thresholds are reached less easily. Groups that decide in order, or for the shop, decide when their turn comes,
//! by what is left then, among members whose `needs` are used by then.
//!
//! Most carts never come so far: see `parts`. The work is limited: past [`MOST_NODES`] or [`MOST_WORK`] the best combination
//! so far is taken, or the one that takes each turn as it comes if that is better, and the quote says that it may not be the
//! best of all.

use std::borrow::Cow;
use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::cart::Line;
use super::effect::{Effect, Left, Portion, effect, most_of};
use crate::offers::{By, Offer, Policy};

/// Most nodes of the search.
pub const MOST_NODES: u32 = 50_000;

/// Most work of the search: what it looks at, each time an offer is reckoned, of portions and of offers used before. A node
/// may reckon every offer on every line, so that nodes alone limit nothing.
const MOST_WORK: u64 = 50_000_000;

/// An offer that may be used.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    /// Its place in the book.
    pub number: u32,
    pub offer: &'a Offer,
    /// The portions it applies to.
    pub places: Vec<usize>,
}

/// A place in the tree of groups.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A candidate, by its place.
    Offer(usize),
    /// A group with its members.
    Group { policy: Policy, by: By, members: Vec<Node> },
}

/// A node whose turn will come, on all lines or on one.
#[derive(Clone, Copy)]
struct Turn<'n> {
    node: &'n Node,
    line: Option<usize>,
}

/// What can be said of a combination: more is better, money first.
type Worth = (i64, usize);

/// The best combination found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub effects: Vec<Effect>,
    worth: Worth,
}

impl Found {
    /// How much less is to be paid.
    pub fn money(&self) -> i64 {
        self.worth.0
    }
}

pub(super) struct Search<'a> {
    pub candidates: &'a [Candidate<'a>],
    pub portions: &'a [Portion],
    pub lines: &'a [Line],
    pub left: Left,
    numbers: FxHashMap<u32, usize>,
    effects: Vec<Effect>,
    worth: Worth,
    /// Nodes visited.
    pub nodes: u32,
    work: Cell<u64>,
}

impl<'a> Search<'a> {
    pub fn new(candidates: &'a [Candidate<'a>], portions: &'a [Portion], lines: &'a [Line], left: Left) -> Self {
        let numbers = candidates.iter().zip(0..).map(|(candidate, at)| (candidate.number, at)).collect();
        let (effects, worth, work) = (Vec::new(), (0, 0), Cell::new(0));
        Self { candidates, portions, lines, left, numbers, effects, worth, nodes: 0, work }
    }

    /// The best combination of what stands in `roots`.
    pub fn best(&mut self, roots: &[Node]) -> Found {
        let found = self.by_parts(roots).unwrap_or_else(|mut found| {
            let agenda: Vec<Turn<'_>> = roots.iter().map(|node| Turn { node, line: None }).collect();
            self.nodes = 0;
            self.walk(&agenda, 0, &mut found);
            found
        });
        if !self.was_cut_short() {
            return found;
        }
        let at_once = self.at_once(roots);
        if at_once.worth > found.worth { at_once } else { found }
    }

    /// The best combination of these roots alone, beside what is used already.
    pub fn best_of(&mut self, roots: &[&Node]) -> Found {
        let agenda: Vec<Turn<'_>> = roots.iter().map(|node| Turn { node, line: None }).collect();
        let mut found = self.so_far();
        self.walk(&agenda, 0, &mut found);
        found
    }

    /// The best combination of these roots on top of what is used already.
    pub fn best_after(&mut self, roots: &[Node]) -> Found {
        self.best_of(&roots.iter().collect::<Vec<_>>())
    }

    /// What is used already, and nothing more.
    pub fn so_far(&self) -> Found {
        Found { effects: self.effects.clone(), worth: self.worth }
    }

    /// Whether the search ended before it had seen everything.
    pub fn was_cut_short(&self) -> bool {
        self.nodes >= MOST_NODES || self.work.get() >= MOST_WORK
    }

    /// Goes on with `agenda`. The needs of the effects from the place `from` on must be met at its end.
    fn walk(&mut self, agenda: &[Turn<'_>], from: usize, best: &mut Found) {
        self.nodes += 1;
        if self.was_cut_short() {
            return;
        }
        let Some((turn, rest)) = agenda.split_first() else { return self.arrive(from, best) };
        if self.bound(agenda) <= best.worth || self.was_cut_short() {
            return;
        }
        match turn.node {
            Node::Offer(at) => {
                let effect = self.effect(*at, turn.line);
                if !effect.is_nothing() {
                    self.with(effect, |search| search.walk(rest, from, best));
                }
                self.walk(rest, from, best);
            }
            Node::Group { by: By::Item, .. } if turn.line.is_none() => {
                let each_line = (0..self.lines.len()).map(|line| Turn { node: turn.node, line: Some(line) });
                let mut next: Vec<Turn<'_>> = each_line.collect();
                next.extend_from_slice(rest);
                self.walk(&next, from, best);
            }
            Node::Group { policy, members, .. } => self.group(*policy, members, turn.line, rest, from, best),
        }
    }

    fn group(
        &mut self,
        policy: Policy,
        members: &[Node],
        line: Option<usize>,
        rest: &[Turn<'_>],
        from: usize,
        best: &mut Found,
    ) {
        match policy {
            Policy::Stack => {
                let mut next: Vec<Turn<'_>> = members.iter().map(|node| Turn { node, line }).collect();
                next.extend_from_slice(rest);
                self.walk(&next, from, best);
            }
            Policy::BestForShopper => {
                for node in members {
                    let mut next = vec![Turn { node, line }];
                    next.extend_from_slice(rest);
                    self.walk(&next, from, best);
                }
                self.walk(rest, from, best);
            }
            Policy::InOrder | Policy::BestForShop => {
                let chosen = self.decided(policy, members, line);
                self.with_all(chosen, |search| search.walk(rest, from, best));
            }
        }
    }

    /// What a group that decides at its turn decides: the effects of one member, or of none.
    fn decided(&mut self, policy: Policy, members: &[Node], line: Option<usize>) -> Vec<Effect> {
        let (before, already) = (self.worth, self.effects.len());
        let mut chosen: Option<(Worth, Vec<Effect>)> = None;
        for node in members {
            let mut found = self.so_far();
            self.walk(&[Turn { node, line }], already, &mut found);
            let gained = (found.worth.0 - before.0, found.worth.1 - before.1);
            if gained == (0, 0) {
                continue;
            }
            let own = found.effects.split_off(already.min(found.effects.len()));
            if policy == Policy::InOrder {
                return own;
            }
            if chosen.as_ref().is_none_or(|(least, _)| gained < *least) {
                chosen = Some((gained, own));
            }
        }
        chosen.map(|(_, effects)| effects).unwrap_or_default()
    }

    /// A combination found without looking back: at each turn what can be used is used.
    fn at_once(&mut self, roots: &[Node]) -> Found {
        let (before, already) = (self.worth, self.effects.len());
        roots.iter().for_each(|node| self.use_now(node, None));
        let found = self.so_far();
        self.undo(before, already);
        found
    }

    fn use_now(&mut self, node: &Node, line: Option<usize>) {
        match node {
            Node::Offer(at) => {
                let effect = self.effect(*at, line);
                let used = |needed: &String| {
                    let mut used = self.effects.iter().filter_map(|effect| self.offer_of(effect));
                    used.any(|offer| offer.offer_id == *needed)
                };
                let offer = self.candidates.get(*at).map(|candidate| candidate.offer);
                if !effect.is_nothing() && offer.is_some_and(|offer| offer.terms.stacking.needs.iter().all(used)) {
                    self.apply(effect);
                }
            }
            Node::Group { by: By::Item, .. } if line.is_none() => {
                (0..self.lines.len()).for_each(|line| self.use_now(node, Some(line)));
            }
            Node::Group { policy: Policy::Stack, members, .. } => {
                members.iter().for_each(|node| self.use_now(node, line));
            }
            Node::Group { policy, members, .. } => {
                let mut ranked: Vec<(Worth, &Node)> =
                    members.iter().map(|node| (self.most(node, line), node)).collect();
                match policy {
                    Policy::BestForShopper => ranked.sort_by_key(|(most, _)| std::cmp::Reverse(*most)),
                    Policy::BestForShop => ranked.sort_by_key(|(most, _)| *most),
                    Policy::InOrder | Policy::Stack => {}
                }
                let already = self.effects.len();
                for (_, node) in ranked {
                    self.use_now(node, line);
                    if self.effects.len() > already {
                        break;
                    }
                }
            }
        }
    }

    /// The end of a branch: keeps the combination if it is the best so far.
    fn arrive(&mut self, from: usize, best: &mut Found) {
        if self.worth > best.worth && self.needs_are_met(from) {
            *best = self.so_far();
        }
    }

    fn needs_are_met(&self, from: usize) -> bool {
        let used = |offer_id: &String| {
            let mut used = self.effects.iter().filter_map(|effect| self.offer_of(effect));
            used.any(|offer| offer.offer_id == *offer_id)
        };
        let effects = self.effects.get(from..).unwrap_or_default();
        let mut offers = effects.iter().filter_map(|effect| self.offer_of(effect));
        offers.all(|offer| offer.terms.stacking.needs.iter().all(used))
    }

    fn offer_of(&self, effect: &Effect) -> Option<&'a Offer> {
        let at = self.numbers.get(&effect.offer)?;
        self.candidates.get(*at).map(|candidate| candidate.offer)
    }

    /// More than any combination of what is still to come can be worth.
    fn bound(&self, agenda: &[Turn<'_>]) -> Worth {
        // Past the limit of work nothing comes of it any more.
        let sum = agenda.iter().take_while(|_| !self.was_cut_short()).fold(self.worth, |sum, turn| {
            let most = self.most(turn.node, turn.line);
            (sum.0.saturating_add(most.0), sum.1 + most.1)
        });
        let left = self.left.goods.iter().sum::<i64>() + self.left.freight;
        (sum.0.min(self.worth.0 + left), sum.1)
    }

    fn most(&self, node: &Node, line: Option<usize>) -> Worth {
        match node {
            Node::Offer(at) => self.most_of_offer(*at, line),
            Node::Group { by: By::Item, policy, members } if line.is_none() => {
                let alone = |line| self.most_of(*policy, members, Some(line));
                (0..self.lines.len()).map(alone).fold((0, 0), |sum, most| (sum.0 + most.0, sum.1 + most.1))
            }
            Node::Group { policy, members, .. } => self.most_of(*policy, members, line),
        }
    }

    fn most_of_offer(&self, at: usize, line: Option<usize>) -> Worth {
        let Some(candidate) = self.candidates.get(at) else { return (0, 0) };
        self.works(candidate);
        if self.clashes(candidate.offer) {
            return (0, 0);
        }
        let places = self.places(candidate, line);
        most_of(&candidate.offer.terms.benefit, &places, self.portions, self.lines, &self.left)
    }

    /// Where a candidate applies, on all lines or on one.
    fn places<'c>(&self, candidate: &'c Candidate<'_>, line: Option<usize>) -> Cow<'c, [usize]> {
        let Some(line) = line else { return Cow::Borrowed(&candidate.places) };
        let on_line = |place: &usize| self.portions.get(*place).is_some_and(|portion| portion.line == line);
        candidate.places.iter().copied().filter(on_line).collect()
    }

    /// Counts that a candidate is reckoned.
    fn works(&self, candidate: &Candidate<'_>) {
        let looked_at = 1 + candidate.places.len() + self.effects.len();
        self.work.set(self.work.get().saturating_add(looked_at as u64));
    }

    fn clashes(&self, offer: &Offer) -> bool {
        self.effects.iter().filter_map(|effect| self.offer_of(effect)).any(|used| clash(used, offer))
    }

    fn most_of(&self, policy: Policy, members: &[Node], line: Option<usize>) -> Worth {
        let each = members.iter().map(|node| self.most(node, line));
        match policy {
            Policy::Stack => each.fold((0, 0), |sum, most| (sum.0 + most.0, sum.1 + most.1)),
            // Money and grants each at their most: no member has more of either.
            _ => each.fold((0, 0), |top, most| (top.0.max(most.0), top.1.max(most.1))),
        }
    }

    /// What a candidate would do now; nothing if it cannot be used with what is used already.
    fn effect(&self, at: usize, line: Option<usize>) -> Effect {
        let Some(candidate) = self.candidates.get(at) else { return Effect::default() };
        self.works(candidate);
        if self.clashes(candidate.offer) {
            return Effect::default();
        }
        let places = self.places(candidate, line);
        effect(candidate.number, &candidate.offer.terms.benefit, &places, self.portions, self.lines, &self.left)
    }

    fn with(&mut self, effect: Effect, then: impl FnOnce(&mut Self)) {
        self.with_all(vec![effect], then);
    }

    pub(super) fn with_all(&mut self, effects: Vec<Effect>, then: impl FnOnce(&mut Self)) {
        let (before, already) = (self.worth, self.effects.len());
        effects.into_iter().for_each(|effect| self.apply(effect));
        then(self);
        self.undo(before, already);
    }

    fn apply(&mut self, effect: Effect) {
        let worth = worth_of(&effect);
        self.left.take(&effect);
        self.worth = (self.worth.0 + worth.0, self.worth.1 + worth.1);
        self.effects.push(effect);
    }

    /// Takes back all effects but the first `already`.
    fn undo(&mut self, before: Worth, already: usize) {
        while self.effects.len() > already
            && let Some(effect) = self.effects.pop()
        {
            self.left.put_back(&effect);
        }
        self.worth = before;
    }
}

fn worth_of(effect: &Effect) -> Worth {
    (effect.worth(), effect.granted.len())
}

/// Whether two offers cannot be used together.
pub(super) fn clash(one: &Offer, other: &Offer) -> bool {
    if one.offer_id == other.offer_id {
        return false;
    }
    let (one, other) = (&one.terms.stacking, &other.terms.stacking);
    one.exclusive || other.exclusive || !one.excludes.is_disjoint(&other.tags) || !other.excludes.is_disjoint(&one.tags)
}
