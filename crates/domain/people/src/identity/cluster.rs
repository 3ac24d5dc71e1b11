//! From a set of evidence, decisions and a policy to people: a pure function, in which no order of arrival can show.
//!
//! What joins nobody is set aside first, since that depends on the whole set; the rest falls into pieces that hang
//! together, and each is settled by itself (see [`settle`](super::settle)).

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Timestamp;
use serde::Serialize;

use super::decision::{Aside, Decision, Decisions};
use super::evidence::Evidence;
use super::identifier::{Identifier, IdentifierKind, PersonId};
use super::policy::Policy;
use super::settle::{Bond, Piece, Refusal, Tie, settle};

/// A person: identifiers that are one shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person's name.
    pub id: PersonId,
    /// The identifiers; the first gives the person its name.
    pub identifiers: Vec<Identifier>,
    /// The ties that hold them together: a tree.
    pub tree: Vec<(Identifier, Identifier)>,
}

/// Two identifiers that were seen together but are not one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityConflict)]
pub struct Conflict {
    /// One of them.
    pub a: Identifier,
    /// The other.
    pub b: Identifier,
    /// Why not.
    #[serde(flatten)]
    pub refusal: Refusal,
}

/// A person that would be too large to believe in; its identifiers are kept apart until an operator looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityStorm)]
pub struct Storm {
    /// The identifier that would give it its name.
    pub first: Identifier,
    /// How many identifiers it would have.
    pub identifiers: usize,
}

/// What a set of evidence says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clustering {
    /// Every identifier that is not set aside is in exactly one; in order of the first identifier.
    pub people: Vec<Person>,
    /// What joins nobody, and why.
    pub aside: BTreeMap<Identifier, Aside>,
    /// Ties refused.
    pub conflicts: Vec<Conflict>,
    /// Storms held.
    pub storms: Vec<Storm>,
}

impl Clustering {
    /// The person an identifier belongs to.
    pub fn person_of(&self, identifier: &Identifier) -> Option<&Person> {
        self.people.iter().find(|person| person.identifiers.contains(identifier))
    }
}

/// The whole set, by the places of its identifiers in their order.
struct Ground<'a> {
    identifiers: Vec<&'a Identifier>,
    first: Vec<Timestamp>,
    aside: Vec<Option<Aside>>,
    bonds: Vec<Bond>,
}

/// From evidence to people.
pub fn cluster(evidence: &[Evidence], decisions: &Decisions, policy: &Policy) -> Clustering {
    let ground = Ground::new(evidence, decisions, policy);
    let mut clustering = Clustering::default();
    for (identifier, aside) in ground.identifiers.iter().zip(&ground.aside) {
        if let Some(aside) = aside {
            clustering.aside.insert((*identifier).clone(), *aside);
        }
    }
    for piece in ground.pieces() {
        let settled = settle(&piece, policy, decisions);
        let name = |place: usize| piece.members.get(place).map(|(identifier, _)| (*identifier).clone());
        let pair = |place: usize| piece.bonds.get(place).and_then(|bond| name(bond.a).zip(name(bond.b)));
        for group in settled.groups {
            let identifiers: Vec<Identifier> = group.members.iter().filter_map(|place| name(*place)).collect();
            let Some(id) = identifiers.first().map(PersonId::of) else { continue };
            let tree = group.tree.iter().filter_map(|place| pair(*place)).collect();
            clustering.people.push(Person { id, identifiers, tree });
        }
        for (place, refusal) in settled.refused {
            clustering.conflicts.extend(pair(place).map(|(a, b)| Conflict { a, b, refusal }));
        }
        for (first, identifiers) in settled.storms {
            clustering.storms.extend(name(first).map(|first| Storm { first, identifiers }));
        }
    }
    clustering.people.sort_by(|one, two| one.identifiers.cmp(&two.identifiers));
    clustering.conflicts.sort_by(|one, two| (&one.a, &one.b).cmp(&(&two.a, &two.b)));
    clustering.storms.sort_by(|one, two| one.first.cmp(&two.first));
    clustering
}

impl<'a> Ground<'a> {
    fn new(evidence: &'a [Evidence], decisions: &'a Decisions, policy: &Policy) -> Self {
        let joins: Vec<&Vec<Identifier>> = decisions
            .all()
            .filter_map(|decided| match &decided.decision {
                Decision::Join { identifiers } => Some(identifiers),
                _ => None,
            })
            .collect();
        let seen = evidence.iter().flat_map(|one| [&one.a, &one.b]);
        let all: BTreeSet<&Identifier> = seen.chain(joins.iter().copied().flatten()).collect();
        let identifiers: Vec<&Identifier> = all.into_iter().collect();
        let place: BTreeMap<&Identifier, usize> = identifiers.iter().enumerate().map(|(at, one)| (*one, at)).collect();
        let find = |one: &Identifier| place.get(one).copied().unwrap_or_default();

        let mut links: BTreeMap<(usize, usize), Timestamp> = BTreeMap::new();
        for one in evidence {
            let (a, b) = (find(&one.a), find(&one.b));
            let first = links.entry((a.min(b), a.max(b))).or_insert(one.first_at);
            *first = one.first_at.min(*first);
        }
        let mut first = vec![NEVER; identifiers.len()];
        let mut seen_with: Vec<Vec<usize>> = vec![Vec::new(); identifiers.len()];
        for (&(a, b), at) in &links {
            for (one, other) in [(a, b), (b, a)] {
                if let (Some(first), Some(others)) = (first.get_mut(one), seen_with.get_mut(one)) {
                    *first = (*first).min(*at);
                    others.push(other);
                }
            }
        }
        let aside: Vec<Option<Aside>> = identifiers
            .iter()
            .zip(&seen_with)
            .map(|(identifier, others)| {
                let others = others.iter().filter_map(|other| identifiers.get(*other).copied());
                let people = || policy.people_behind(others.filter(|other| !decisions.is_nobody(other, policy)));
                decisions.aside(identifier, policy, people)
            })
            .collect();

        let mut bonds: Vec<Bond> = links.iter().map(|(&(a, b), &at)| Bond { a, b, tie: Tie::Seen(at) }).collect();
        for join in joins {
            bonds.extend(every_pair(join).map(|(a, b)| Bond { a: find(a), b: find(b), tie: Tie::Joined }));
        }
        for (at, identifier) in identifiers.iter().enumerate() {
            let twin = twin(identifier).filter(|_| identifier.kind == IdentifierKind::UserId);
            let twin = twin.and_then(|twin| place.get(&twin).copied());
            bonds.extend(twin.map(|twin| Bond { a: at, b: twin, tie: Tie::SameKey }));
        }
        let counts = |place: usize| aside.get(place).is_some_and(Option::is_none);
        bonds.retain(|bond| counts(bond.a) && counts(bond.b));
        Self { identifiers, first, aside, bonds }
    }

    /// What hangs together.
    fn pieces(&self) -> Vec<Piece<'a>> {
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); self.identifiers.len()];
        for bond in &self.bonds {
            for (one, other) in [(bond.a, bond.b), (bond.b, bond.a)] {
                if let Some(others) = neighbours.get_mut(one) {
                    others.push(other);
                }
            }
        }
        let mut piece_of: Vec<Option<usize>> = vec![None; self.identifiers.len()];
        let mut place_of = vec![0; self.identifiers.len()];
        let mut pieces: Vec<Piece<'a>> = Vec::new();
        for start in 0..self.identifiers.len() {
            let mut waiting = vec![start];
            while let Some(at) = waiting.pop() {
                let set_aside = self.aside.get(at).copied().flatten().is_some();
                let (Some(piece), Some(place)) = (piece_of.get_mut(at), place_of.get_mut(at)) else { continue };
                if set_aside || piece.is_some() {
                    continue;
                }
                if at == start {
                    pieces.push(Piece::default());
                }
                *piece = Some(pieces.len() - 1);
                let Some(members) = pieces.last_mut().map(|piece| &mut piece.members) else { continue };
                *place = members.len();
                members.extend(self.identifiers.get(at).copied().zip(self.first.get(at).copied()));
                waiting.extend(neighbours.get(at).into_iter().flatten());
            }
        }
        for bond in &self.bonds {
            let piece = piece_of.get(bond.a).copied().flatten().and_then(|piece| pieces.get_mut(piece));
            if let (Some(piece), Some(&a), Some(&b)) = (piece, place_of.get(bond.a), place_of.get(bond.b)) {
                piece.bonds.push(Bond { a, b, tie: bond.tie });
            }
        }
        pieces
    }
}

/// The moment of an identifier that was never seen: later than any.
pub(crate) const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// The identifier that is the same shopper key.
pub(crate) fn twin(identifier: &Identifier) -> Option<Identifier> {
    let kind = match identifier.kind {
        IdentifierKind::UserId => IdentifierKind::AnonymousId,
        IdentifierKind::AnonymousId => IdentifierKind::UserId,
        _ => return None,
    };
    Some(Identifier { kind, value: identifier.value.clone() })
}

/// The pairs by which joined identifiers hang together: every one with every other, so that the rest still does when one
/// of them is set aside.
fn every_pair(all: &[Identifier]) -> impl Iterator<Item = (&Identifier, &Identifier)> {
    all.iter().enumerate().flat_map(|(at, one)| all.iter().skip(at + 1).map(move |other| (one, other)))
}
