//! A day at a time: what is kept, what comes back, other levels; and an oracle that goes through every day.

use proptest::prelude::*;

use super::super::tests::ladder;
use super::*;

fn day(day: i64) -> Timestamp {
    Timestamp::from_micros(day * DAY)
}

/// Growth given on a day, and what was left of it after others.
fn grown(at: i64, amount: i64, came_back: &[(i64, i64)]) -> Grown {
    let left = std::iter::once((at, amount)).chain(came_back.iter().copied());
    let left = (0..).zip(left).map(|(number, (at, amount))| Left { number, at: day(at), amount, looked: false });
    let left = left.collect();
    Grown { source: at.to_string(), currency: None, note: None, left }
}

fn ladders() -> Ladders {
    Ladders(vec![Version { number: 1, since: day(0), ladder: ladder() }])
}

fn path(grown: &[Grown], until: i64) -> Vec<(i64, String)> {
    let (_, steps) = ladders().look(&Standing::default(), grown, day(until));
    steps.into_iter().map(|step| (step.at.micros() / DAY, step.to.unwrap_or_default())).collect()
}

fn went(path: &[(i64, &str)]) -> Vec<(i64, String)> {
    path.iter().map(|(day, level)| (*day, (*level).to_owned())).collect()
}

#[test]
fn a_level_is_reached_when_an_order_counts_and_lost_when_its_period_ends() {
    let all = [grown(1, 300, &[])];
    assert_eq!(path(&all, 2), []);
    // Counts from day 3 to day 13: kept on day 9, and nothing counts on day 15.
    assert_eq!(path(&all, 40), went(&[(3, "gold"), (15, "")]));
}

#[test]
fn who_keeps_a_lower_level_goes_down_no_further() {
    let all = [grown(1, 260, &[]), grown(5, 60, &[])];
    assert_eq!(path(&all, 40), went(&[(3, "silver"), (7, "gold"), (13, "silver"), (19, "")]));
}

#[test]
fn goods_that_came_back_lift_nobody_whenever_they_came() {
    assert_eq!(path(&[grown(1, 300, &[(2, 90)])], 40), [], "before they counted");
    let all = [grown(1, 120, &[]), grown(2, 200, &[(5, 100), (6, 0)])];
    // Gold on day 4; without the goods of day 5 it would have been silver, since day 3.
    assert_eq!(path(&all, 6), went(&[(3, "silver"), (4, "gold"), (5, "silver")]));
    let (standing, steps) = ladders().look(&Standing::default(), &all, day(6));
    assert_eq!(standing.held, Some(Held { number: 0, since: day(3), until: day(9) }));
    assert_eq!(steps[2].cause, Cause::CameBack);
}

#[test]
fn what_is_told_late_counts_when_it_is_told_and_nothing_is_decided_twice() {
    let (standing, _) = ladders().look(&Standing::default(), &[], day(5));
    let late = [grown(1, 100, &[])];
    let (standing, steps) = ladders().look(&standing, &late, day(6));
    let silver = Some("silver".to_owned());
    let until = Some(day(12));
    let step = Step { at: day(6), from: None, to: silver, up: true, until, growth: 100, cause: Cause::Reached };
    assert_eq!(steps, [step]);
    assert_eq!(ladders().look(&standing, &late, day(6)), (standing, vec![]));
    let mut back = vec![grown(1, 100, &[(5, 0)])];
    let (after, steps) = ladders().look(&standing, &back, day(7));
    assert_eq!((after.held, steps.len(), steps[0].at), (None, 1, day(6)), "it came back before what is decided");
    back[0].left[1].looked = true;
    assert_eq!(ladders().look(&after, &back, day(7)).1, []);
}

#[test]
fn other_levels_are_in_force_from_their_moment_on() {
    let mut other = ladder();
    other.levels[0].level = "bronze".into();
    other.levels[1].needs = 120;
    other.levels[1].keeps = 110;
    let mut both = ladders();
    both.0.push(Version { number: 2, since: day(5), ladder: other.clone() });
    let steps = both.look(&Standing::default(), &[grown(1, 130, &[])], day(6)).1;
    let seen: Vec<_> = steps.iter().map(|step| (step.at.micros() / DAY, step.to.as_deref(), step.cause)).collect();
    assert_eq!(seen, [(3, Some("silver"), Cause::Reached), (5, Some("gold"), Cause::OtherLevels)]);
    let steps = both.look(&Standing::default(), &[grown(1, 101, &[])], day(6)).1;
    assert_eq!(steps[1].to.as_deref(), Some("bronze"), "in the place of the level there is no more");
}

#[test]
fn money_counts_in_its_own_currency_only() {
    let paid = |currency: &str| {
        let all = [Grown { currency: Some(currency.into()), ..grown(1, 29_999, &[]) }];
        ladders().growth(&all, day(3))
    };
    assert_eq!((paid("CNY"), paid("USD")), (299, 0));
}

/// The oracle: at every single day it goes through all days from the first with what was left by then, and keeps no more
/// than the level and the day its period ends.
fn day_by_day(grown: &[(i64, i64, i64)], last: i64) -> Option<(usize, i64)> {
    let (needs, keeps) = ([100, 300], [50, 200]);
    let mut held: Option<(usize, i64)> = None;
    for today in 0..=last {
        let counts = |at: i64| (at + 2..at + 12).contains(&today);
        let left = |(_, amount, back): &(i64, i64, i64)| if *back <= last { *amount / 3 } else { *amount };
        let growth: i64 = grown.iter().filter(|one| counts(one.0)).map(left).sum();
        let reached = (0..2).filter(|number| growth >= needs[*number]).max();
        if reached > held.map(|(number, _)| number) {
            held = reached.map(|number| (number, today + 6));
        } else if let Some((number, until)) = held
            && until == today
        {
            held = (0..=number).filter(|lower| growth >= keeps[*lower]).max().map(|lower| (lower, today + 6));
        }
    }
    held
}

proptest! {
    #[test]
    fn looks_at_any_times_decide_what_a_look_every_day_would(
        given in prop::collection::vec((1i64..60, 0i64..200, 1i64..60), 0..12),
        looks in prop::collection::btree_set(0i64..90, 0..8),
    ) {
        let given: Vec<(i64, i64, i64)> = given.into_iter().map(|(at, amount, wait)| (at, amount, at + wait)).collect();
        let (mut standing, mut told) = (Standing::default(), Vec::new());
        for look in looks.into_iter().chain([90]) {
            // What has not happened yet is not known, and what was known has been looked at.
            let happened = given.iter().filter(|(at, ..)| *at <= look);
            let known: Vec<Grown> = happened.map(|(at, amount, back)| {
                let back = (*back <= look).then_some((*back, *amount / 3));
                let mut one = grown(*at, *amount, back.as_slice());
                one.left.iter_mut().for_each(|left| left.looked = left.at <= standing.decided);
                one
            }).collect();
            let (next, steps) = ladders().look(&standing, &known, day(look));
            standing = next;
            told.extend(steps.into_iter().map(|step| (step.at.micros() / DAY, step.to)));
            let held = standing.held.map(|held| (held.number, held.until.micros() / DAY));
            prop_assert_eq!(held, day_by_day(&given, look));
        }
        // What was told is how the level went, day by day.
        let names = ["silver", "gold"];
        let levels = (0..=90).map(|today| (today, day_by_day(&given, today).map(|(number, _)| names[number].to_owned())));
        let mut went: Vec<(i64, Option<String>)> = vec![(0, None)];
        for (today, level) in levels {
            if went.last().is_some_and(|(_, last)| *last != level) {
                went.push((today, level));
            }
        }
        prop_assert_eq!(&told, &went[1..]);
    }
}
