//! What sessions are, the plain way, beside what is counted.

use std::sync::Arc;

use proptest::prelude::*;

use super::count::{Counting, Deed, Plan, Session, Sums};

const GAP_S: u32 = 30;

/// An event is in the session of another if one can be reached from the other without a pause.
fn same(events: &[(u32, Deed)], left: usize, right: usize) -> bool {
    (left.min(right)..left.max(right)).all(|place| events[place + 1].0 - events[place].0 < GAP_S)
}

/// Every session that begins in an interval, with the interval's place.
fn sessions(events: &[(u32, Deed)], starts: &[u32]) -> Vec<(usize, Session)> {
    let own: Vec<(u32, Deed)> = events.iter().copied().filter(|(_, deed)| *deed != Deed::Silent).collect();
    let first = (0..own.len()).filter(|place| (0..*place).all(|before| !same(&own, before, *place)));
    let whole = first.map(|first| {
        let members: Vec<(u32, Deed)> =
            (0..own.len()).filter(|place| same(&own, first, *place)).map(|place| own[place]).collect();
        let count = |wanted| members.iter().filter(|(_, deed)| *deed == wanted).count() as u64;
        Session {
            begin_s: members[0].0,
            end_s: members[members.len() - 1].0,
            events: members.len() as u64,
            pages: count(Deed::Page),
            ordered: count(Deed::Order) > 0,
            value: None,
        }
    });
    whole
        .filter_map(|session| {
            let place = starts.windows(2).position(|pair| pair[0] <= session.begin_s && session.begin_s < pair[1])?;
            Some((place, session))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sessions_are_counted_as_the_plain_way_finds_them(
        shoppers in prop::collection::vec(prop::collection::vec((0u32..600, 0usize..6), 0..20), 1..5),
    ) {
        let starts = vec![100, 200, 400];
        let plan = Plan { deeds: Vec::new(), gap_s: Some(GAP_S), engaged_s: 10, starts_s: starts.clone(), by: None };
        let mut counting = Counting::new(Arc::new(plan));
        let mut expected = vec![Sums::default(); 2];
        let (mut all, mut durations) = (Sums::default(), Vec::new());
        for (shopper, events) in shoppers.iter().enumerate() {
            let mut events: Vec<(u32, Deed)> = events
                .iter()
                .map(|(at_s, kind)| (*at_s, [Deed::Any, Deed::Any, Deed::Page, Deed::Page, Deed::Order, Deed::Silent][*kind]))
                .collect();
            events.sort_by_key(|(at_s, _)| *at_s);
            counting.by_pause(shopper as u32, GAP_S, events.iter().copied(), |_, _| None);
            let found = sessions(&events, &starts);
            let figures = |session: &Session| Sums {
                sessions: 1,
                events: session.events,
                pages: session.pages,
                bounced: u64::from(session.end_s - session.begin_s < 10 && session.pages < 2 && !session.ordered),
                ordered: u64::from(session.ordered),
                duration_s: u64::from(session.end_s - session.begin_s),
                ..Sums::default()
            };
            for (place, session) in &found {
                expected[*place].add(&figures(session));
                all.add(&figures(session));
                durations.push(session.end_s - session.begin_s);
            }
            all.shoppers += u64::from(!found.is_empty());
            for (place, sums) in expected.iter_mut().enumerate() {
                sums.shoppers += u64::from(found.iter().any(|(at, _)| *at == place));
            }
        }
        let mut counted = counting.tally;
        prop_assert_eq!(counted.all.without_last(), all);
        prop_assert_eq!(counted.points.iter().map(Sums::without_last).collect::<Vec<_>>(), expected);
        counted.durations_s.sort_unstable();
        durations.sort_unstable();
        prop_assert_eq!(counted.durations_s, durations);
    }
}
