//! What a funnel means, by trying everything: the oracle.

use proptest::prelude::*;

use super::chain::{Chains, Moment, Order, Steps};
use super::entries::entries;

/// The steps that any chain reaches, each with the time of the first chain that reaches it.
fn every_chain(rules: &Chains, moments: &[Moment]) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    for (first, moment) in moments.iter().enumerate() {
        if moment.steps & 1 != 0 && moment.at_s < rules.to_s {
            extend(rules, moments, first, 0, moment.at_s, &mut found);
        }
    }
    found
}

/// A chain that has just reached `step` with the event at `place`; tells (step, place of the event, begun).
fn extend(rules: &Chains, moments: &[Moment], place: usize, step: usize, begun: u32, found: &mut Vec<(usize, u32)>) {
    found.push((step, moments[place].at_s - begun));
    for (next_place, next) in moments.iter().enumerate().skip(place + 1) {
        if next.at_s - begun > rules.within_s {
            break;
        }
        let ended = rules.excluded.iter().enumerate().any(|(exclusion, (after, before))| {
            next.excludes & (1 << exclusion) != 0 && (*after..*before).contains(&step)
        });
        if ended {
            break;
        }
        for next_step in step + 1..rules.steps {
            if next.steps & (1 << next_step) != 0 {
                extend(rules, moments, next_place, next_step, begun, found);
            }
            if rules.optional & (1 << next_step) == 0 {
                break;
            }
        }
        if rules.order == Order::Strict {
            break;
        }
    }
}

fn any_order(rules: &Chains, moments: &[Moment]) -> usize {
    let mut best = 0;
    for (first, from) in moments.iter().enumerate() {
        let window: Vec<Steps> = moments[first..]
            .iter()
            .filter(|moment| moment.at_s < rules.to_s && moment.at_s - from.at_s <= rules.within_s)
            .map(|moment| moment.steps)
            .collect();
        best = best.max(most(&window, 0));
    }
    best
}

/// The most steps that events can stand for, each for one of its own.
fn most(events: &[Steps], taken: Steps) -> usize {
    let Some((first, rest)) = events.split_first() else { return 0 };
    let free = (0..32).filter(|step| first & !taken & (1 << step) != 0);
    free.map(|step| 1 + most(rest, taken | (1 << step))).chain([most(rest, taken)]).max().unwrap_or(0)
}

fn rules() -> impl Strategy<Value = Chains> {
    let order = prop_oneof![Just(Order::Ordered), Just(Order::Strict), Just(Order::Any)];
    let exclusion = prop::option::of((0usize..3, 1usize..3));
    (2usize..5, order, 0u32..20, 0u32..16, exclusion, 10u32..60).prop_map(
        |(steps, order, within_s, optional, excluded, to_s)| {
            let ordered = order == Order::Ordered;
            let excluded = excluded.filter(|(after, _)| ordered && after + 1 < steps);
            Chains {
                steps,
                order,
                within_s,
                optional: if order == Order::Any { 0 } else { optional & !1 & ((1 << steps) - 1) },
                excluded: excluded.map(|(after, gap)| (after, (after + gap).min(steps - 1))).into_iter().collect(),
                to_s,
            }
        },
    )
}

fn stream() -> impl Strategy<Value = Vec<Moment>> {
    let moment = (0u32..60, 0u32..16, prop::bool::weighted(0.15));
    prop::collection::vec(moment, 0..9).prop_map(|mut moments| {
        moments.sort_by_key(|(at_s, ..)| *at_s);
        let moment = |(at_s, steps, excludes)| Moment { at_s, steps, excludes: u32::from(excludes) };
        moments.into_iter().map(moment).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_funnel_finds_what_trying_every_chain_finds(rules in rules(), moments in stream()) {
        let mask = (1 << rules.steps) - 1;
        let moments: Vec<Moment> =
            moments.into_iter().map(|moment| Moment { steps: moment.steps & mask, ..moment }).collect();
        let reached = rules.reached(moments.iter().copied());
        if rules.order == Order::Any {
            let counted = reached.steps.count_ones() as usize;
            prop_assert_eq!((counted, reached.steps), (any_order(&rules, &moments), (1 << counted) - 1));
            return Ok(());
        }
        let chains = every_chain(&rules, &moments);
        for step in 0..rules.steps {
            let times: Vec<u32> = chains.iter().filter(|(at, _)| *at == step).map(|(_, after)| *after).collect();
            prop_assert_eq!(reached.steps & (1 << step) != 0, !times.is_empty(), "step {}", step);
            if !times.is_empty() {
                prop_assert!(times.contains(&reached.after_s[step]), "step {} after {}", step, reached.after_s[step]);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_plain_funnel_without_branches_is_the_same(rules in rules(), moments in stream()) {
        let rules = Chains { order: Order::Ordered, optional: 0, excluded: Vec::new(), ..rules };
        let step = |moment: &Moment| moment.steps as usize % (rules.steps + 1);
        let later = |at_s: u32| at_s + 1_000;
        let rules = Chains { to_s: later(rules.to_s), ..rules };
        let (at_s, events): (Vec<u32>, Vec<u16>) =
            moments.iter().map(|moment| (later(moment.at_s), step(moment) as u16)).unzip();
        let steps: Vec<u8> = (0..=rules.steps as u8).collect();
        let single = at_s.iter().zip(&events).map(|(at_s, event)| {
            let steps = if *event == 0 { 0 } else { 1 << (event - 1) };
            Moment { at_s: *at_s, steps, excludes: 0 }
        });
        prop_assert_eq!(rules.straight(&at_s, &events, &steps), rules.reached(single));
    }
}

/// Entries by trying every chain of each: where it begins, and for each step the times in which some chain reached it.
fn every_entry(rules: &Chains, moments: &[Moment]) -> Vec<(usize, Vec<(usize, u32)>)> {
    let mut found = Vec::new();
    let mut blocked_until = None;
    for (place, first) in moments.iter().enumerate() {
        let begins = first.steps & 1 != 0 && first.at_s < rules.to_s;
        if !begins || blocked_until.is_some_and(|until| first.at_s <= until) {
            continue;
        }
        let mut stream = moments.to_vec();
        stream.iter_mut().enumerate().filter(|(at, _)| *at != place).for_each(|(_, moment)| moment.steps &= !1);
        let mut chains = Vec::new();
        extend(rules, &stream, place, 0, first.at_s, &mut chains);
        let converted = chains.iter().filter(|(step, _)| *step == rules.steps - 1).map(|(_, after)| *after).min();
        blocked_until = Some(first.at_s + converted.unwrap_or(rules.within_s));
        found.push((place, chains));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn entries_are_those_that_trying_every_chain_of_each_finds(rules in rules(), moments in stream()) {
        let order = if rules.order == Order::Any { Order::Strict } else { rules.order };
        let rules = Chains { order, ..rules };
        let mask = (1 << rules.steps) - 1;
        let moments: Vec<Moment> =
            moments.into_iter().map(|moment| Moment { steps: moment.steps & mask, ..moment }).collect();
        let (found, naive) = (entries(&rules, &moments), every_entry(&rules, &moments));
        let begins: Vec<usize> = naive.iter().map(|(place, _)| *place).collect();
        prop_assert_eq!(found.iter().map(|entry| entry.begin).collect::<Vec<_>>(), begins);
        for (entry, (_, chains)) in found.iter().zip(&naive) {
            for step in 0..rules.steps {
                let times = chains.iter().filter(|(at, _)| *at == step).map(|(_, after)| *after).min();
                let after = (entry.reached.steps & (1 << step) != 0).then(|| entry.reached.after_s[step]);
                prop_assert_eq!(after, times, "step {}", step);
            }
        }
    }
}

#[test]
fn a_later_beginning_saves_a_chain_that_would_be_too_slow() {
    let rules =
        Chains { steps: 2, order: Order::Ordered, within_s: 10, optional: 0, excluded: Vec::new(), to_s: 1_000 };
    let at = |at_s, steps| Moment { at_s, steps, excludes: 0 };
    let reached = rules.reached([at(0, 1), at(5, 1), at(12, 2)].into_iter());
    assert_eq!((reached.steps, reached.after_s[1]), (0b11, 7));
    let reached = rules.reached([at(0, 1), at(11, 2)].into_iter());
    assert_eq!(reached.steps, 0b01);
    // The last second of the window is part of it.
    assert_eq!(rules.reached([at(0, 1), at(10, 2)].into_iter()).steps, 0b11);
}

#[test]
fn one_event_that_may_be_both_steps_is_one_of_them() {
    let both = |order| Chains { steps: 2, order, within_s: 10, optional: 0, excluded: Vec::new(), to_s: 1_000 };
    for order in [Order::Ordered, Order::Strict, Order::Any] {
        let once = both(order).reached([Moment { at_s: 1, steps: 0b11, excludes: 0 }].into_iter());
        assert_eq!(once.steps, 0b01, "{order:?}");
        let twice = both(order).reached([1, 2].map(|at_s| Moment { at_s, steps: 0b11, excludes: 0 }).into_iter());
        assert_eq!(twice.steps, 0b11, "{order:?}");
    }
}
