//! That the order of arrival never shows: everybody in memory, however they got there, against the pure function.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{EventKind, Timestamp};
use proptest::prelude::*;

use super::cluster::{Clustering, cluster};
use super::decision::{Aside, Decided, Decision, Decisions};
use super::evidence::Evidence;
use super::identifier::{Identifier, IdentifierKind, PersonId};
use super::index::Index;
use super::outgoing::{MergeKind, ReviewReason};
use super::policy::Policy;

const NOW: Timestamp = Timestamp::from_seconds(1_000);

/// Something that happens.
#[derive(Debug, Clone)]
enum Deed {
    See(Evidence),
    Settle,
    Decide(Decision),
    /// Takes back the decision of this place among those in force.
    Undo(prop::sample::Index),
    SetPolicy(Policy),
}

fn id(kind: &str, value: &str) -> Identifier {
    Identifier::new(kind.parse().unwrap(), value).unwrap()
}

fn seen(a: &Identifier, b: &Identifier, second: i64) -> Evidence {
    let source = "src_1".parse().unwrap();
    Evidence::once(a.clone(), b.clone(), EventKind::Identify, source, Timestamp::from_seconds(second))
}

fn decided(decision: Decision) -> Decided {
    Decided { id: decision.id(), decision, decided_at: NOW, decided_by: None, note: None }
}

/// A small world, so that everything meets: user ids and anonymous ids of one text, junk, shared devices.
fn identifiers() -> impl Strategy<Value = Identifier> {
    let kind =
        prop::sample::select(vec!["user_id", "anonymous_id", "anonymous_id", "device", "phone_hash", "openid:wx"]);
    let value = prop::sample::select(vec!["1", "2", "3", "4", "5", "6", "null"]);
    (kind, value).prop_map(|(kind, value)| id(kind, value))
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let call = prop::sample::select(vec![EventKind::Identify, EventKind::Track]);
    let different = (identifiers(), identifiers()).prop_filter("two", |(a, b)| a != b);
    (different, call, 1..3usize, 0..20i64).prop_map(|((a, b), call, source, second)| {
        let source = format!("src_{source}").parse().unwrap();
        Evidence::once(a, b, call, source, Timestamp::from_seconds(second))
    })
}

fn decisions() -> impl Strategy<Value = Decision> {
    let one = || identifiers();
    let several = || prop::collection::vec(identifiers(), 2..4);
    prop_oneof![
        several().prop_map(|identifiers| Decision::Separate { identifiers }),
        several().prop_map(|identifiers| Decision::Join { identifiers }),
        one().prop_map(|identifier| Decision::Share { identifier }),
        one().prop_map(|identifier| Decision::Block { identifier }),
        one().prop_map(|identifier| Decision::Allow { identifier }),
    ]
    .prop_filter_map("cannot be taken", |decision| decision.checked().ok())
}

fn policies() -> impl Strategy<Value = Policy> {
    let rules = prop::collection::vec((1..4u32, 1..3u32), 8);
    (rules, 3..9u32, 4..12u32).prop_map(|(rules, storm_above, component_above)| {
        let mut policy = Policy { storm_above, component_above, ..Policy::default() };
        for (rule, (per_person, shared_above)) in policy.kinds.values_mut().zip(rules) {
            (rule.per_person, rule.shared_above) = (per_person, shared_above);
        }
        policy
    })
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        12 => evidence().prop_map(Deed::See),
        4 => Just(Deed::Settle),
        2 => decisions().prop_map(Deed::Decide),
        1 => any::<prop::sample::Index>().prop_map(Deed::Undo),
        1 => policies().prop_map(Deed::SetPolicy),
    ];
    prop::collection::vec(deed, 0..60)
}

/// What the index says of all that could be asked: of every identifier its person and whether it is aside; of every
/// person its identifiers; of every key the keys with it.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    persons: BTreeMap<Identifier, Option<PersonId>>,
    people: BTreeMap<PersonId, Vec<Identifier>>,
    aside: BTreeMap<Identifier, Aside>,
}

fn everybody() -> Vec<Identifier> {
    let kinds = ["user_id", "anonymous_id", "device", "phone_hash", "openid:wx"];
    let values = ["1", "2", "3", "4", "5", "6", "null"];
    kinds.iter().flat_map(|kind| values.map(|value| id(kind, value))).collect()
}

fn said_by_index(index: &Index) -> Said {
    let mut said = Said { persons: BTreeMap::new(), people: BTreeMap::new(), aside: BTreeMap::new() };
    for identifier in everybody() {
        let node = index.find(&identifier).filter(|node| !node.links.is_empty());
        let aside = node.and_then(|node| node.aside);
        let person = node.and_then(|node| node.person).or_else(|| index.find(&identifier)?.person);
        let person = if aside.is_some() { None } else { Some(person.unwrap_or_else(|| PersonId::of(&identifier))) };
        said.aside.extend(aside.map(|aside| (identifier.clone(), aside)));
        let members: Vec<Identifier> =
            person.into_iter().flat_map(|person| index.identifiers_of(person)).cloned().collect();
        said.people.extend(person.filter(|_| members.len() > 1).map(|person| (person, members)));
        said.persons.insert(identifier, person);
    }
    said
}

fn said_by_function(clustering: &Clustering, evidence: &[Evidence]) -> Said {
    let seen: BTreeSet<&Identifier> = evidence.iter().flat_map(|one| [&one.a, &one.b]).collect();
    let mut said = Said { persons: BTreeMap::new(), people: BTreeMap::new(), aside: BTreeMap::new() };
    for identifier in everybody() {
        let aside = clustering.aside.get(&identifier).filter(|_| seen.contains(&identifier));
        let person = clustering.person_of(&identifier).map_or_else(|| PersonId::of(&identifier), |person| person.id);
        said.aside.extend(aside.map(|aside| (identifier.clone(), *aside)));
        said.persons.insert(identifier, aside.is_none().then_some(person));
    }
    let several = clustering.people.iter().filter(|person| person.identifiers.len() > 1);
    said.people.extend(several.map(|person| (person.id, person.identifiers.clone())));
    said
}

/// Does everything, and answers with the set it adds up to.
fn after(deeds: &[Deed]) -> (Index, Vec<Evidence>, Decisions, Policy) {
    let mut index = Index::default();
    let (mut set, mut policy) = (Vec::new(), Policy::default());
    for deed in deeds {
        match deed {
            Deed::See(one) => {
                index.add(one, false);
                set.push(one.clone());
            }
            Deed::Settle => index.settle(NOW),
            Deed::Decide(decision) => drop(index.decide(decided(decision.clone()), NOW)),
            Deed::Undo(which) => {
                let names: Vec<_> = index.decisions().all().map(|decided| decided.id.clone()).collect();
                if !names.is_empty() {
                    index.undo(which.get(&names), None, NOW);
                }
            }
            Deed::SetPolicy(new) => {
                policy = new.clone();
                index.change_policy(policy.clone().into(), None, NOW);
            }
        }
    }
    index.settle(NOW);
    let decisions = index.decisions().clone();
    (index, set, decisions, policy)
}

proptest! {
    #[test]
    fn step_by_step_everybody_is_who_the_whole_set_says(deeds in deeds()) {
        let (mut index, set, decisions, policy) = after(&deeds);
        let expected = cluster(&set, &decisions, &policy);
        prop_assert_eq!(said_by_index(&index), said_by_function(&expected, &set));
        // What is held for review follows from the set as well; of what is held whole, only that it is.
        let shared: BTreeSet<&Identifier> = expected.aside.iter().filter(|(_, aside)| **aside == Aside::Shared).map(|(one, _)| one).collect();
        let reviews = index.reviews();
        let held: BTreeSet<&Identifier> = reviews.iter().filter(|one| one.reason == ReviewReason::Shared).map(|one| &one.identifier).collect();
        prop_assert_eq!(held, shared);
        prop_assert_eq!(reviews.iter().any(|one| one.reason == ReviewReason::Storm), !expected.storms.is_empty());
        // And so does what is read back from the store.
        let saved = index.unsaved(true).evidence;
        let mut loaded = Index::reading(policy, decisions);
        saved.iter().for_each(|one| loaded.add(one, true));
        loaded.all_read(NOW);
        prop_assert_eq!(said_by_index(&loaded), said_by_index(&index));
    }

    #[test]
    fn any_order_of_the_same_evidence_gives_the_same_people(
        (one, other) in prop::collection::vec(evidence(), 0..40).prop_flat_map(|set| (Just(set.clone()), Just(set).prop_shuffle())),
        decisions in prop::collection::vec(decisions().prop_map(decided), 0..4),
        policy in policies(),
    ) {
        let reversed: Decisions = decisions.iter().rev().cloned().collect();
        let decisions: Decisions = decisions.into_iter().collect();
        prop_assert_eq!(cluster(&one, &decisions, &policy), cluster(&other, &reversed, &policy));
    }

    #[test]
    fn no_evidence_puts_more_into_a_person_than_the_policy_allows(
        set in prop::collection::vec(evidence(), 0..60),
        policy in policies(),
    ) {
        let clustering = cluster(&set, &Decisions::default(), &policy);
        let mut met = BTreeSet::new();
        for person in &clustering.people {
            let mut counts: BTreeMap<&IdentifierKind, u32> = BTreeMap::new();
            for identifier in &person.identifiers {
                *counts.entry(&identifier.kind).or_default() += 1;
                prop_assert!(met.insert(identifier), "{} is two people", identifier);
                prop_assert!(!clustering.aside.contains_key(identifier));
            }
            for (kind, count) in counts {
                prop_assert!(count <= policy.rule(kind).per_person, "{} {}", count, kind);
            }
            prop_assert!(person.identifiers.len() <= policy.storm_above.max(2) as usize);
            prop_assert_eq!(person.tree.len() + 1, person.identifiers.len());
        }
    }

    #[test]
    fn a_decision_taken_back_restores_exactly_what_was(deeds in deeds(), decision in decisions()) {
        let (mut index, ..) = after(&deeds);
        prop_assume!(index.decisions().get(decision.id().as_str()).is_none());
        let before = said_by_index(&index);
        index.take_moved();
        index.decide(decided(decision.clone()), NOW);
        let there = index.take_moved();
        index.undo(&decision.id(), None, NOW);
        let mut back: Vec<_> = index.take_moved().into_iter().map(|moved| (moved.key, moved.to, moved.from)).collect();
        back.sort();
        let mut there: Vec<_> = there.into_iter().map(|moved| (moved.key, moved.from, moved.to)).collect();
        there.sort();
        prop_assert_eq!(said_by_index(&index), before);
        prop_assert_eq!(there, back);
    }

    #[test]
    fn the_keys_that_moved_are_those_whose_person_changed(one in deeds(), two in prop::collection::vec(evidence(), 1..10)) {
        let (mut index, ..) = after(&one);
        let keys = ["1", "2", "3", "4", "5", "6", "null"];
        let before = keys.map(|key| index.person_of(key));
        index.take_moved();
        two.iter().for_each(|one| index.add(one, false));
        index.settle(NOW);
        let moved: BTreeMap<String, (PersonId, PersonId)> =
            index.take_moved().into_iter().map(|moved| (moved.key.to_string(), (moved.from, moved.to))).collect();
        let changed = keys.iter().zip(before).filter(|(key, before)| index.person_of(key) != *before);
        let expected = changed.map(|(key, before)| (key.to_string(), (before, index.person_of(key)))).collect();
        prop_assert_eq!(moved, expected);
    }
}

#[test]
fn a_visitor_who_signs_in_is_the_user_and_the_audit_says_why() {
    let (user, visitor, device) = (id("user_id", "u1"), id("anonymous_id", "a1"), id("device", "d1"));
    let mut index = Index::default();
    index.add(&seen(&visitor, &device, 1), false);
    index.settle(NOW);
    assert_eq!(index.keys_with("a1").len(), 1);
    index.add(&seen(&user, &device, 2), false);
    index.settle(NOW);
    assert_eq!(index.keys_with("a1"), ["a1".into(), "u1".into()]);
    assert_eq!(index.person_of("a1"), PersonId::of_key("u1"));
    let merges = index.unsaved(true).merges;
    let last = merges.last().unwrap();
    assert_eq!((last.what, last.keys.as_slice()), (MergeKind::Merged, &["a1".to_owned()][..]));
    let path: Vec<(&Identifier, &Identifier)> = last.path.iter().map(|step| (&step.a, &step.b)).collect();
    assert_eq!(path, [(&visitor, &device), (&device, &user)]);
}

#[test]
fn a_tablet_of_many_users_is_shared_and_joins_none_of_them() {
    let tablet = id("device", "tablet");
    let mut index = Index::default();
    for number in 0..10 {
        let user = id("user_id", &format!("u{number}"));
        index.add(&seen(&user, &tablet, number), false);
        index.settle(NOW);
    }
    assert_eq!(index.find(&tablet).unwrap().aside, Some(Aside::Shared));
    assert_eq!(index.keys_with("u3"), ["u3".into()]);
    assert_eq!(index.reviews().len(), 1);
    let allow = decided(Decision::Allow { identifier: tablet.clone() });
    assert!(index.decide(allow, NOW));
    assert!(index.reviews().is_empty());
    assert_eq!(index.find(&tablet).unwrap().person, Some(PersonId::of_key("u0")), "whom it was first seen with");
}

#[test]
fn what_was_saved_is_not_saved_again_until_it_has_grown() {
    let (user, visitor) = (id("user_id", "u1"), id("anonymous_id", "a1"));
    let mut index = Index::default();
    index.add(&seen(&user, &visitor, 5), false);
    index.settle(NOW);
    let first = index.unsaved(true);
    assert_eq!((first.evidence.len(), first.merges.len()), (1, 1));
    assert_eq!(index.unsaved(true).evidence.len(), 1, "it was not told that it is saved");
    index.saved(&first);
    let (a, b) = (
        super::evidence::Mention { kind: user.kind, value: "u1".into() },
        super::evidence::Mention { kind: visitor.kind, value: "a1".into() },
    );
    let source = "src_1";
    let mut saved = Vec::new();
    for second in 6..14 {
        index.saw(&a, &b, EventKind::Identify, source, Timestamp::from_seconds(second));
        index.settle(NOW);
        let unsaved = index.unsaved(true);
        saved.extend(unsaved.evidence.iter().map(|one| one.times));
        index.saved(&unsaved);
    }
    assert_eq!(saved, [2, 4, 8]);
    index.saw(&a, &b, EventKind::Identify, source, Timestamp::from_seconds(1));
    assert_eq!(index.unsaved(true).evidence.first().unwrap().first_at, Timestamp::from_seconds(1));
}
