//! Counting who comes back from who came by on which day, where names alone decide and what begins is what returns: no event is
//! looked at.
//!
//! The intervals in which somebody came are bits of some words; the lowest is the cohort, the others are returns.

use std::borrow::Cow;
use std::ops::Range;

use fanvine_lake::DayPart;
use roaring::RoaringBitmap;

const WORD: usize = u64::BITS as usize;
/// So many people are taken out of a bitmap at once.
const SOME: usize = 512;

/// Who came in an interval, and who of them more than once.
fn came<'p>(part: &'p DayPart, days: Range<usize>) -> (Cow<'p, RoaringBitmap>, Cow<'p, RoaringBitmap>) {
    let once = part.days.get(days.clone()).unwrap_or_default();
    let again = part.again.get(days).unwrap_or_default();
    if let ([once], [again]) = (once, again) {
        return (Cow::Borrowed(once), Cow::Borrowed(again));
    }
    let (mut all, mut twice) = (RoaringBitmap::new(), RoaringBitmap::new());
    for (once, again) in once.iter().zip(again) {
        twice |= again;
        twice |= &all & once;
        all |= once;
    }
    (Cow::Owned(all), Cow::Owned(twice))
}

/// The intervals that are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intervals<'p> {
    /// Those that have begun, each in days from the first on.
    pub in_days: &'p [Range<usize>],
    /// How many of all are cohorts.
    pub cohorts: usize,
    /// How many intervals a cohort is followed, its own among them.
    pub followed: usize,
}

/// Who began in an interval, and how many of them came back, by intervals after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Began {
    pub shoppers: u64,
    pub returned: Vec<u64>,
}

/// Counts a part of all people. Bits of a part are small numbers: they are places in a table.
pub(super) fn count(asked: Intervals<'_>, part: &DayPart) -> Vec<Began> {
    let intervals = asked.in_days;
    let mut rows = vec![Began { shoppers: 0, returned: vec![0; asked.followed] }; asked.cohorts];
    let people = part.days.iter().filter_map(RoaringBitmap::max).max().map_or(0, |last| last as usize + 1);
    let words = intervals.len().div_ceil(WORD);
    let (mut seen, mut bits) = (part.before.clone(), vec![0u64; people * words]);
    let mut some = [0u32; SOME];
    for (place, days) in intervals.iter().enumerate() {
        let (once, again) = came(part, days.clone());
        let (word, bit) = (place / WORD, 1 << (place % WORD));
        let mut rest = once.iter();
        loop {
            let some = rest.next_many(&mut some);
            if some.is_empty() {
                break;
            }
            for one in some.iter() {
                bits.get_mut(*one as usize * words + word).into_iter().for_each(|bits| *bits |= bit);
            }
        }
        if let Some(row) = rows.get_mut(place) {
            let begin = &*once - &seen;
            row.shoppers = begin.len();
            // Of those who began now, who came again.
            row.returned.first_mut().into_iter().for_each(|returned| *returned = begin.intersection_len(&again));
            seen |= &*once;
        }
    }
    // Whoever came before is in no cohort.
    for one in &part.before {
        let its = one as usize * words;
        bits.get_mut(its..its + words).into_iter().for_each(|bits| bits.fill(0));
    }
    for came in bits.chunks_exact(words.max(1)) {
        let Some(word) = came.iter().position(|word| *word != 0) else { continue };
        let cohort = word * WORD + came.get(word).map_or(0, |word| word.trailing_zeros() as usize);
        let Some(row) = rows.get_mut(cohort) else { continue };
        let last = (cohort + row.returned.len()).min(intervals.len());
        for word in (cohort + 1) / WORD..words {
            let begins = word * WORD;
            let mut rest = came.get(word).copied().unwrap_or_default();
            if begins <= cohort {
                rest &= u64::MAX.checked_shl((cohort + 1 - begins) as u32).unwrap_or(0);
            }
            while rest != 0 {
                let place = begins + rest.trailing_zeros() as usize;
                if place >= last {
                    break;
                }
                rest &= rest - 1;
                row.returned.get_mut(place - cohort).into_iter().for_each(|returned| *returned += 1);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_count_what_a_list_of_visits_counts(
            visits in prop::collection::vec((0u32..20, 0usize..150, 1u8..3), 0..200), length in 1usize..8, cohorts in 1usize..80, before in 0usize..30,
        ) {
            let starts: Vec<usize> = (before..=150).step_by(length).collect();
            let in_days: Vec<_> = starts.windows(2).map(|pair| pair[0] - before..pair[1] - before).collect();
            let cohorts = cohorts.min(in_days.len());
            let total = in_days.last().map_or(0, |days| days.end);
            let nobody = || vec![RoaringBitmap::new(); total];
            let mut part = DayPart { before: RoaringBitmap::new(), days: nobody(), again: nobody() };
            // Every visit of every person by interval, in order.
            let mut lists: BTreeMap<u32, Vec<Option<usize>>> = BTreeMap::new();
            for (one, day, times) in &visits {
                for _ in 0..*times {
                    match day.checked_sub(before) {
                        None => _ = part.before.insert(*one),
                        Some(day) if day < total => {
                            if !part.days[day].insert(*one) {
                                part.again[day].insert(*one);
                            }
                        }
                        Some(_) => continue,
                    }
                    let interval = day.checked_sub(before).map(|day| day / length);
                    lists.entry(*one).or_default().push(interval);
                }
            }
            let mut expected = vec![(0u64, vec![0u64; 13]); cohorts];
            for visits in lists.values_mut() {
                visits.sort();
                let Some(Some(cohort)) = visits.first().copied() else { continue };
                let Some((shoppers, returned)) = expected.get_mut(cohort) else { continue };
                *shoppers += 1;
                let mut after: Vec<usize> = visits[1..].iter().flatten().map(|place| place - cohort).collect();
                after.dedup();
                after.into_iter().filter(|after| *after <= 12).for_each(|after| returned[after] += 1);
            }
            let found = count(Intervals { in_days: &in_days, cohorts, followed: 13 }, &part);
            let found: Vec<_> = found.into_iter().map(|row| (row.shoppers, row.returned)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
