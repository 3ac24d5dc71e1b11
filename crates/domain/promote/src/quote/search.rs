//! The best combination of thresholds, bundles and coupons for the shopper, found exactly by branch and bound.
//!
//! Offers take their turn in a fixed order; at each turn an offer is used or left out. A branch is cut when even the sum of
//! what every offer still to come would take off *now* cannot beat the best found. That bound holds because an offer never
//! takes more off when less is left to pay: amounts are capped by what is left, parts of less are less, and thresholds are
//! reached less easily. Groups that decide in order, or for the shop, decide when their turn comes, by what is left then.
//!
//! Most carts never come so far: see `parts`. The work is limited: past [`MOST_NODES`] the best combination so far is taken, and the quote says that it may not be the
//! best of all.

use rustc_hash::FxHashMap;

use super::cart::Line;
use super::effect::{Effect, Left, Portion, effect, worth_of_tiers};
use crate::offers::{By, Offer, Policy};

/// Most nodes of the search.
pub const MOST_NODES: u32 = 50_000;

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
}

impl<'a> Search<'a> {
    pub fn new(candidates: &'a [Candidate<'a>], portions: &'a [Portion], lines: &'a [Line], left: Left) -> Self {
        let numbers = candidates.iter().zip(0..).map(|(candidate, at)| (candidate.number, at)).collect();
        Self { candidates, portions, lines, left, numbers, effects: Vec::new(), worth: (0, 0), nodes: 0 }
    }

    /// The best combination of what stands in `roots`.
    pub fn best(&mut self, roots: &[Node]) -> Found {
        self.by_parts(roots).unwrap_or_else(|mut found| {
            let agenda: Vec<Turn<'_>> = roots.iter().map(|node| Turn { node, line: None }).collect();
            self.nodes = 0;
            self.walk(&agenda, true, &mut found);
            found
        })
    }

    /// The best combination of these roots alone, beside what is used already.
    pub fn best_of(&mut self, roots: &[&Node]) -> Found {
        let agenda: Vec<Turn<'_>> = roots.iter().map(|node| Turn { node, line: None }).collect();
        let mut found = self.so_far();
        self.walk(&agenda, true, &mut found);
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
        self.nodes >= MOST_NODES
    }

    fn walk(&mut self, agenda: &[Turn<'_>], whole: bool, best: &mut Found) {
        self.nodes += 1;
        if self.was_cut_short() {
            return;
        }
        let Some((turn, rest)) = agenda.split_first() else { return self.arrive(whole, best) };
        if self.bound(agenda) <= best.worth {
            return;
        }
        match turn.node {
            Node::Offer(at) => {
                let effect = self.effect(*at, turn.line);
                if !effect.is_nothing() {
                    self.with(effect, |search| search.walk(rest, whole, best));
                }
                self.walk(rest, whole, best);
            }
            Node::Group { by: By::Item, .. } if turn.line.is_none() => {
                let each_line = (0..self.lines.len()).map(|line| Turn { node: turn.node, line: Some(line) });
                let mut next: Vec<Turn<'_>> = each_line.collect();
                next.extend_from_slice(rest);
                self.walk(&next, whole, best);
            }
            Node::Group { policy, members, .. } => self.group(*policy, members, turn.line, rest, whole, best),
        }
    }

    fn group(
        &mut self,
        policy: Policy,
        members: &[Node],
        line: Option<usize>,
        rest: &[Turn<'_>],
        whole: bool,
        best: &mut Found,
    ) {
        match policy {
            Policy::Stack => {
                let mut next: Vec<Turn<'_>> = members.iter().map(|node| Turn { node, line }).collect();
                next.extend_from_slice(rest);
                self.walk(&next, whole, best);
            }
            Policy::BestForShopper => {
                for node in members {
                    let mut next = vec![Turn { node, line }];
                    next.extend_from_slice(rest);
                    self.walk(&next, whole, best);
                }
                self.walk(rest, whole, best);
            }
            Policy::InOrder | Policy::BestForShop => {
                let chosen = self.decided(policy, members, line);
                self.with_all(chosen, |search| search.walk(rest, whole, best));
            }
        }
    }

    /// What a group that decides at its turn decides: the effects of one member, or of none.
    fn decided(&mut self, policy: Policy, members: &[Node], line: Option<usize>) -> Vec<Effect> {
        let (before, already) = (self.worth, self.effects.len());
        let mut chosen: Option<(Worth, Vec<Effect>)> = None;
        for node in members {
            let mut found = self.so_far();
            self.walk(&[Turn { node, line }], false, &mut found);
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

    /// The end of a branch: keeps the combination if it is the best so far.
    fn arrive(&mut self, whole: bool, best: &mut Found) {
        if self.worth > best.worth && (!whole || self.needs_are_met()) {
            *best = self.so_far();
        }
    }

    fn needs_are_met(&self) -> bool {
        let used = |offer_id: &String| {
            let mut used = self.effects.iter().filter_map(|effect| self.offer_of(effect));
            used.any(|offer| offer.offer_id == *offer_id)
        };
        self.effects
            .iter()
            .filter_map(|effect| self.offer_of(effect))
            .all(|offer| offer.terms.stacking.needs.iter().all(used))
    }

    fn offer_of(&self, effect: &Effect) -> Option<&'a Offer> {
        let at = self.numbers.get(&effect.offer)?;
        self.candidates.get(*at).map(|candidate| candidate.offer)
    }

    /// More than any combination of what is still to come can be worth.
    fn bound(&self, agenda: &[Turn<'_>]) -> Worth {
        let sum = agenda.iter().fold(self.worth, |sum, turn| {
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
        let Some(candidate) = self.candidates.get(at).filter(|_| line.is_none()) else {
            return worth_of(&self.effect(at, line));
        };
        if self.clashes(candidate.offer) {
            return (0, 0);
        }
        let benefit = &candidate.offer.terms.benefit;
        let quick = worth_of_tiers(benefit, &candidate.places, self.portions, &self.left);
        quick.unwrap_or_else(|| worth_of(&self.effect(at, line)))
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
        if self.clashes(candidate.offer) {
            return Effect::default();
        }
        let benefit = &candidate.offer.terms.benefit;
        let Some(line) = line else {
            return effect(candidate.number, benefit, &candidate.places, self.portions, self.lines, &self.left);
        };
        let on_line = |place: &usize| self.portions.get(*place).is_some_and(|portion| portion.line == line);
        let places: Vec<usize> = candidate.places.iter().copied().filter(on_line).collect();
        effect(candidate.number, benefit, &places, self.portions, self.lines, &self.left)
    }

    fn with(&mut self, effect: Effect, then: impl FnOnce(&mut Self)) {
        self.with_all(vec![effect], then);
    }

    pub(super) fn with_all(&mut self, effects: Vec<Effect>, then: impl FnOnce(&mut Self)) {
        let (before, already) = (self.worth, self.effects.len());
        for effect in effects {
            let worth = worth_of(&effect);
            self.left.take(&effect);
            self.worth = (self.worth.0 + worth.0, self.worth.1 + worth.1);
            self.effects.push(effect);
        }
        then(self);
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
