//! Everybody at once, in memory: identifiers, what ties them, and the person each belongs to.
//!
//! New evidence touches a few identifiers; only the pieces that hang together with these are settled again (see
//! `recluster`), and come out as [`cluster`](super::cluster::cluster) over the whole set would have them.

use std::sync::Arc;

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{EventKind, Timestamp};
use rustc_hash::FxHashMap;

use super::cluster::NEVER;
use super::decision::{Aside, Decided, Decision, DecisionId, Decisions};
use super::evidence::{Evidence, Mention};
use super::identifier::{Identifier, IdentifierKind, PersonId};
use super::outgoing::{Cause, Merge, Moved, Outgoing, Review, Unsaved};
use super::policy::Policy;

/// Evidence seen again is saved again after this long, in microseconds.
const DAY: i64 = 86_400_000_000;

/// An identifier and where it belongs.
#[derive(Debug)]
pub(super) struct Node {
    pub identifier: Identifier,
    pub first: Timestamp,
    pub links: Vec<u32>,
    pub aside: Option<Aside>,
    /// None while it is aside, or nothing ties it to anything.
    pub person: Option<PersonId>,
    /// Whether its piece is held without being looked into.
    pub held: bool,
    /// The last walk that came by, and its place in that.
    pub mark: u32,
    pub place: usize,
}

/// Two identifiers seen together.
#[derive(Debug)]
pub(super) struct Link {
    pub a: u32,
    pub b: u32,
    pub seen: Vec<Seen>,
}

/// By one kind of call from one source.
#[derive(Debug)]
pub(super) struct Seen {
    call: EventKind,
    source: usize,
    pub first: Timestamp,
    last: Timestamp,
    times: i64,
    saved: Option<(Timestamp, i64)>,
}

impl Seen {
    /// Whether so much was added that it should be saved again.
    fn is_due(&self) -> bool {
        self.saved
            .is_none_or(|(last, times)| self.last.micros_since(last) >= DAY || self.times >= times.saturating_mul(2))
    }
}

impl Link {
    pub fn first(&self) -> Timestamp {
        self.seen.iter().map(|seen| seen.first).min().unwrap_or(NEVER)
    }
}

/// Everybody, as evidence, decisions and policy say.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) policy: Arc<Policy>,
    pub(super) decisions: Decisions,
    numbers: FxHashMap<IdentifierKind, FxHashMap<Arc<str>, u32>>,
    pub(super) nodes: Vec<Node>,
    pub(super) links: Vec<Link>,
    link_of: FxHashMap<(u32, u32), u32>,
    sources: Vec<SourceId>,
    pub(super) people: FxHashMap<PersonId, Vec<u32>>,
    pub(super) reviews: FxHashMap<u32, Review>,
    pub(super) outgoing: Outgoing,
    /// Whose surroundings changed since everybody was last settled.
    pub(super) dirty: Vec<u32>,
    /// Counts the walks.
    pub(super) walks: u32,
}

impl Index {
    /// Nobody yet: what was saved is to be added, and then [`Index::all_read`] to be called.
    pub(super) fn reading(policy: Policy, decisions: Decisions) -> Self {
        let mut index = Self { policy: Arc::new(policy), decisions, ..Self::default() };
        let joined: Vec<Identifier> = index.decisions.all().flat_map(|one| joins(&one.decision).to_vec()).collect();
        for identifier in &joined {
            index.number(identifier);
        }
        index
    }

    /// Settles everybody after what was saved has been added. Nobody is told: it was so before.
    pub(super) fn all_read(&mut self, now: Timestamp) {
        self.everybody_is_dirty();
        self.recluster(now, None, false);
        self.outgoing = Outgoing::default();
    }

    /// The policy in force.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The decisions in force.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Takes in that two identifiers were seen together. What was known before takes no memory. Who is who changes with
    /// the next [`Index::settle`].
    pub fn saw(&mut self, a: &Mention<'_>, b: &Mention<'_>, call: EventKind, source: &str, at: Timestamp) {
        if self.saw_again(a, b, call, source, at) {
            return;
        }
        // A source that is none cannot be in an event of the log.
        if let Ok(source) = source.parse() {
            self.add(&Evidence::once(a.identifier(), b.identifier(), call, source, at), false);
        }
    }

    fn saw_again(&mut self, a: &Mention<'_>, b: &Mention<'_>, call: EventKind, source: &str, at: Timestamp) -> bool {
        let (Some(a), Some(b)) = (self.known(&a.kind, &a.value), self.known(&b.kind, &b.value)) else { return false };
        let Some(&number) = self.link_of.get(&(a.min(b), a.max(b))) else { return false };
        let Some(source) = self.sources.iter().position(|known| known.as_str() == source) else { return false };
        let Some(link) = self.links.get_mut(number as usize) else { return false };
        let before = link.first();
        let Some(place) = link.seen.iter().position(|seen| seen.call == call && seen.source == source) else {
            return false;
        };
        let Some(seen) = link.seen.get_mut(place) else { return false };
        seen.times += 1;
        seen.last = seen.last.max(at);
        if at < seen.first {
            seen.first = at;
            self.outgoing.touch(number, place);
            if at < before {
                self.seen_first(a, b, at);
            }
        } else if seen.is_due() {
            self.outgoing.touch(number, place);
        }
        true
    }

    /// Takes in evidence; `saved` says whether it comes from the store.
    pub fn add(&mut self, evidence: &Evidence, saved: bool) {
        let (a, b) = (self.number(&evidence.a), self.number(&evidence.b));
        if a == b {
            return;
        }
        let next = self.links.len() as u32;
        let number = *self.link_of.entry((a.min(b), a.max(b))).or_insert(next);
        if number == next {
            self.links.push(Link { a, b, seen: Vec::with_capacity(1) });
            for end in [a, b] {
                self.nodes.get_mut(end as usize).into_iter().for_each(|node| node.links.push(number));
            }
        }
        let source = self.sources.iter().position(|known| *known == evidence.source).unwrap_or_else(|| {
            self.sources.push(evidence.source.clone());
            self.sources.len() - 1
        });
        let Some(link) = self.links.get_mut(number as usize) else { return };
        let known = link.seen.iter().position(|seen| seen.call == evidence.call && seen.source == source);
        let place = known.unwrap_or(link.seen.len());
        match known.and_then(|place| link.seen.get_mut(place)) {
            Some(seen) => {
                seen.first = seen.first.min(evidence.first_at);
                seen.last = seen.last.max(evidence.last_at);
                seen.times = seen.times.saturating_add(evidence.times);
            }
            None => link.seen.push(Seen {
                call: evidence.call,
                source,
                first: evidence.first_at,
                last: evidence.last_at,
                times: evidence.times,
                saved: saved.then_some((evidence.last_at, evidence.times)),
            }),
        }
        if !saved {
            self.outgoing.touch(number, place);
        }
        self.seen_first(a, b, evidence.first_at);
    }

    fn seen_first(&mut self, a: u32, b: u32, at: Timestamp) {
        for number in [a, b] {
            if let Some(node) = self.nodes.get_mut(number as usize) {
                node.first = node.first.min(at);
                self.dirty.push(number);
            }
        }
    }

    /// Settles who is who after what was taken in.
    pub fn settle(&mut self, now: Timestamp) {
        self.recluster(now, Some(&Cause::Evidence), true);
    }

    /// Takes a decision; whether it was not in force before.
    pub fn decide(&mut self, decided: Decided, now: Timestamp) -> bool {
        let (decision, cause) =
            (decided.decision.clone(), Cause::Decided { decision: decided.id.clone(), by: decided.decided_by.clone() });
        for identifier in joins(&decision) {
            self.number(identifier);
        }
        let new = self.decisions.add(decided);
        if new {
            self.disturb(&decision);
            self.recluster(now, Some(&cause), false);
        }
        new
    }

    /// Takes a decision back, if it is in force.
    pub fn undo(&mut self, id: &DecisionId, by: Option<String>, now: Timestamp) -> Option<Decided> {
        let decided = self.decisions.remove(id)?;
        self.disturb(&decided.decision);
        self.recluster(now, Some(&Cause::Undone { decision: id.clone(), by }), false);
        Some(decided)
    }

    /// The same without a word, and without settling anybody.
    pub(super) fn undo_silently(&mut self, id: &DecisionId) {
        if let Some(decided) = self.decisions.remove(id) {
            self.disturb(&decided.decision);
        }
    }

    /// Takes an identifier out of all evidence; the keys of that evidence.
    pub(super) fn cut_loose(&mut self, identifier: &Identifier) -> Vec<String> {
        let Some(number) = self.known(&identifier.kind, &identifier.value) else { return Vec::new() };
        self.dirty.push(number);
        let links = self.nodes.get_mut(number as usize).map(|node| std::mem::take(&mut node.links)).unwrap_or_default();
        let mut keys = Vec::new();
        for link in links {
            keys.extend(
                self.links.get(link as usize).into_iter().flat_map(|link| self.evidence(link)).map(|one| one.key()),
            );
            let Some(cut) = self.links.get_mut(link as usize) else { continue };
            cut.seen.clear();
            let (a, b) = (cut.a, cut.b);
            self.link_of.remove(&(a.min(b), a.max(b)));
            let other = if a == number { b } else { a };
            self.nodes.get_mut(other as usize).into_iter().for_each(|node| node.links.retain(|one| *one != link));
            self.dirty.push(other);
            self.outgoing.evidence.retain(|(of, _), _| *of != link);
        }
        keys
    }

    /// Forgets what an identifier that nothing ties to anything is called.
    pub(super) fn unname(&mut self, identifier: &Identifier) {
        let Some(number) = self.known(&identifier.kind, &identifier.value) else { return };
        if let Some(known) = self.numbers.get_mut(&identifier.kind) {
            known.remove(&identifier.value);
        }
        self.reviews.remove(&number);
        if let Some(node) = self.nodes.get_mut(number as usize) {
            node.identifier.value = Arc::from("");
            node.first = NEVER;
        }
    }

    /// Whom a decision may concern: its identifiers, and those they hang together with even if they are aside.
    fn disturb(&mut self, decision: &Decision) {
        for identifier in decision.identifiers() {
            let Some(number) = self.known(&identifier.kind, &identifier.value) else { continue };
            self.dirty.push(number);
            let neighbours = self.neighbours(number, false);
            self.dirty.extend(neighbours);
        }
    }

    /// Puts another policy in force; the one before.
    pub fn change_policy(&mut self, policy: Arc<Policy>, by: Option<String>, now: Timestamp) -> Arc<Policy> {
        let before = std::mem::replace(&mut self.policy, policy);
        self.everybody_is_dirty();
        self.recluster(now, Some(&Cause::Policy { by }), false);
        before
    }

    fn everybody_is_dirty(&mut self) {
        self.dirty = (0..self.nodes.len() as u32).collect();
    }

    /// The number of an identifier, if it was ever heard of.
    pub(super) fn known(&self, kind: &IdentifierKind, value: &str) -> Option<u32> {
        self.numbers.get(kind)?.get(value).copied()
    }

    fn number(&mut self, identifier: &Identifier) -> u32 {
        let next = self.nodes.len() as u32;
        let numbers = self.numbers.entry(identifier.kind.clone()).or_default();
        if let Some(&number) = numbers.get(&identifier.value) {
            return number;
        }
        numbers.insert(identifier.value.clone(), next);
        self.nodes.push(Node {
            identifier: identifier.clone(),
            first: NEVER,
            links: Vec::new(),
            aside: None,
            person: None,
            held: false,
            mark: 0,
            place: 0,
        });
        next
    }

    pub(super) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// The node of an identifier.
    pub(super) fn find(&self, identifier: &Identifier) -> Option<&Node> {
        self.node(self.known(&identifier.kind, &identifier.value)?)
    }

    /// The link between two nodes.
    pub(super) fn link(&self, a: u32, b: u32) -> Option<&Link> {
        self.links.get(*self.link_of.get(&(a.min(b), a.max(b)))? as usize)
    }

    /// Every piece of evidence of a link.
    pub(super) fn evidence<'a>(&'a self, link: &'a Link) -> impl Iterator<Item = Evidence> + 'a {
        let ends = self.node(link.a).zip(self.node(link.b));
        link.seen.iter().filter_map(move |seen| {
            let (a, b) = ends?;
            let source = self.sources.get(seen.source)?.clone();
            let mut one = Evidence::once(a.identifier.clone(), b.identifier.clone(), seen.call, source, seen.first);
            (one.last_at, one.times) = (seen.last, seen.times);
            Some(one)
        })
    }

    /// The person a shopper key belongs to; a person of its own if nothing is known of it. A key that is both a user id
    /// and an anonymous id is one of both.
    pub fn person_of(&self, key: &str) -> PersonId {
        self.person_known(key).unwrap_or_else(|| PersonId::of_key(key))
    }

    pub(super) fn person_known(&self, key: &str) -> Option<PersonId> {
        let person = |kind| self.node(self.known(&kind, key)?)?.person;
        person(IdentifierKind::UserId).or_else(|| person(IdentifierKind::AnonymousId))
    }

    /// The identifiers of a person, the one that names it first; none if nothing ties anything to it.
    pub fn identifiers_of(&self, person: PersonId) -> impl Iterator<Item = &Identifier> {
        let members = self.people.get(&person).into_iter().flatten();
        members.filter_map(|number| Some(&self.node(*number)?.identifier))
    }

    /// The shopper keys of a person, each once; none if nothing ties anything to it.
    pub fn keys_of(&self, person: PersonId) -> Vec<Arc<str>> {
        let keys = self.identifiers_of(person).filter(|one| one.kind.is_shopper_key());
        let mut keys: Vec<Arc<str>> = keys.map(|one| one.value.clone()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Of every person with several shopper keys, those keys, each with the person's place; and how many such persons
    /// there are.
    pub(crate) fn keys_of_persons(&self) -> (FxHashMap<Arc<str>, usize>, usize) {
        let (mut places, mut persons) = (FxHashMap::default(), 0);
        for person in self.people.keys() {
            let keys = self.keys_of(*person);
            if keys.len() > 1 {
                places.extend(keys.into_iter().map(|key| (key, persons)));
                persons += 1;
            }
        }
        (places, persons)
    }

    /// The shopper keys that are one person with this one, itself among them.
    pub fn keys_with(&self, key: &str) -> Vec<Arc<str>> {
        match self.person_known(key) {
            Some(person) => self.keys_of(person),
            None => vec![key.into()],
        }
    }

    /// The shopper keys that changed their person since this was last asked.
    pub fn take_moved(&mut self) -> Vec<Moved> {
        std::mem::take(&mut self.outgoing.moved)
    }

    /// What is held for review, the largest first.
    pub fn reviews(&self) -> Vec<Review> {
        let mut reviews: Vec<Review> = self.reviews.values().cloned().collect();
        reviews.sort_by(|one, two| two.size.cmp(&one.size).then_with(|| one.identifier.cmp(&two.identifier)));
        reviews
    }

    /// Compares what is held with what was saved to be: an old finding keeps its moment, and what is held no more ends.
    pub(super) fn found_before(&mut self, saved: Vec<Review>, now: Timestamp) {
        let mut new = self.reviews.clone();
        for one in saved {
            let number = self.known(&one.identifier.kind, &one.identifier.value);
            match number.and_then(|number| Some((number, self.reviews.get_mut(&number)?))) {
                Some((number, held)) if held.reason == one.reason => {
                    held.found_at = one.found_at;
                    new.remove(&number);
                }
                _ => self.outgoing.review(Review { settled_at: Some(now), ..one }),
            }
        }
        new.into_values().for_each(|review| self.outgoing.review(review));
    }

    /// Goes on counting the audit from `next`.
    pub(super) fn number_merges_from(&mut self, next: i64) {
        self.outgoing.next_merge = next;
    }

    /// The number of the next entry of the audit.
    pub(super) fn next_merge(&self) -> i64 {
        self.outgoing.next_merge
    }

    /// The audit that is not saved yet.
    pub(super) fn unsaved_merges(&self) -> &[Merge] {
        &self.outgoing.merges
    }

    /// What must be saved; without evidence if only a decision must be.
    pub fn unsaved(&mut self, with_evidence: bool) -> Unsaved {
        let mut evidence = Vec::new();
        if with_evidence {
            for &(link, place) in self.outgoing.evidence.keys() {
                evidence.extend(self.links.get(link as usize).and_then(|link| self.evidence(link).nth(place)));
            }
        }
        self.outgoing.snapshot(evidence)
    }

    /// Tells that `unsaved` was saved.
    pub fn saved(&mut self, unsaved: &Unsaved) {
        self.outgoing.saved(unsaved);
        if unsaved.evidence.is_empty() {
            return;
        }
        let links = &mut self.links;
        self.outgoing.evidence.retain(|&(link, place), version| {
            if *version > unsaved.as_of {
                return true;
            }
            if let Some(seen) = links.get_mut(link as usize).and_then(|link| link.seen.get_mut(place)) {
                seen.saved = Some((seen.last, seen.times));
            }
            false
        });
    }
}

/// The identifiers a decision ties together.
fn joins(decision: &Decision) -> &[Identifier] {
    match decision {
        Decision::Join { identifiers } => identifiers,
        _ => &[],
    }
}
