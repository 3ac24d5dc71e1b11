//! Which prize a draw is, of the seed, the shopper and the key of the request.

use super::{Lottery, Open, Prize, WHOLE};

/// What is published of a lottery when it opens: a digest of these lines, and of the seed as the last.
pub(crate) fn played(open: &Open) -> Vec<String> {
    let play = &open.run.play;
    let mut lines = vec!["fanvine-lottery-1".to_owned(), open.run.run_id.clone()];
    lines.push(format!("{} {}", play.play_id, play.version));
    lines.extend(open.rules.prizes.iter().map(|one| format!("{} {} {}", one.prize_id, one.odds, one.stock)));
    lines
}

/// The number of a draw, from 0 to 999,999.
pub(crate) fn roll(open: &Open, shopper: &str, key: &str) -> i64 {
    let number = open.seed.number(&format!("{}\n{shopper}\n{key}", open.run.run_id));
    i64::try_from(number % WHOLE.unsigned_abs() as u128).unwrap_or_default()
}

/// The prize of a number: the first has the numbers from 0 below its odds, the next as many from there. Whatever is above all of
/// them is thanks for playing.
pub(crate) fn prize_at(rules: &Lottery, roll: i64) -> Option<&Prize> {
    let mut from = 0;
    rules.prizes.iter().find(|prize| {
        from += prize.odds;
        roll < from
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fanvine_kernel::Timestamp;
    use fanvine_testkit::SeededEntropy;
    use serde_json::json;

    use super::*;
    use crate::plays::fair::Seed;
    use crate::plays::runs::Run;
    use crate::plays::{Play, Rules};

    fn lottery(odds: &[i64]) -> Lottery {
        let prize = |(at, odds): (usize, &i64)| {
            json!({ "prize_id": format!("p{at}"), "name": "A prize", "odds": odds, "stock": 1, "value_minor": 1,
                "gives": { "kind": "points", "points": 1 } })
        };
        let prizes: Vec<_> = odds.iter().enumerate().map(prize).collect();
        serde_json::from_value(json!({ "currency": "CNY", "prizes": prizes })).unwrap()
    }

    fn open(rules: Lottery, seed: u64) -> Open {
        let terms = json!({ "name": "Draw", "rules": { "kind": "lottery", "currency": "CNY", "prizes": [] } });
        let mut terms: crate::plays::PlayTerms = serde_json::from_value(terms).unwrap();
        terms.rules = Rules::Lottery(rules.clone());
        let seed = Seed::new(&SeededEntropy::new(seed));
        let at = Timestamp::from_micros(0);
        let run = Run {
            run_id: "run_1".into(),
            play: Play { play_id: "draw".into(), version: 1, terms },
            shopper_id: String::new(),
            opened_at: at,
            closes_at: at,
            detail: seed.as_str().to_owned(),
            led: false,
            ended: None,
        };
        Open { run, rules, seed }
    }

    /// The failure of shops that draw a number with the wrong end counted in: the first or the last prize never comes, or thanks
    /// for playing comes where there is none.
    #[test]
    fn inclusive_random_that_never_wins() {
        for odds in [&[1, 999_998, 1][..], &[1, 1], &[WHOLE], &[500_000, 500_000], &[1]] {
            let rules = lottery(odds);
            rules.check().unwrap();
            let mut count: BTreeMap<Option<&str>, i64> = BTreeMap::new();
            for roll in 0..WHOLE {
                *count.entry(prize_at(&rules, roll).map(|prize| prize.prize_id.as_str())).or_default() += 1;
            }
            for prize in &rules.prizes {
                assert_eq!(count.remove(&Some(prize.prize_id.as_str())), Some(prize.odds), "{odds:?}");
            }
            assert_eq!(count.remove(&None).unwrap_or(0), WHOLE - odds.iter().sum::<i64>(), "{odds:?}");
        }
    }

    #[test]
    fn draws_fall_as_the_odds_say() {
        const DRAWS: i64 = 60_000;
        // The 99.9th percentile of chi-square with 4 degrees of freedom (R: qchisq(0.999, 4)).
        const BOUND: f64 = 18.467;
        let odds = [2_000, 48_000, 150_000, 300_000];
        for seed in [1, 2, 3] {
            let open = open(lottery(&odds), seed);
            let mut count = [0; 5];
            for at in 0..DRAWS {
                let roll = roll(&open, &format!("s{}", at % 700), &format!("k{at}"));
                assert!((0..WHOLE).contains(&roll));
                let place = prize_at(&open.rules, roll)
                    .map_or(4, |won| open.rules.prizes.iter().position(|prize| prize == won).unwrap());
                count[place] += 1;
            }
            let expected = odds.iter().chain([&500_000]).map(|odds| DRAWS as f64 * *odds as f64 / WHOLE as f64);
            let chi_square: f64 =
                count.iter().zip(expected).map(|(seen, due)| (f64::from(*seen) - due).powi(2) / due).sum();
            assert!(chi_square < BOUND, "seed {seed}: {count:?}, {chi_square}");
        }
    }

    #[test]
    fn odds_beyond_the_whole_and_prizes_named_twice_are_refused() {
        let says = |rules: Lottery| rules.check().unwrap_err().to_string();
        assert_eq!(says(lottery(&[600_000, 400_001])), "rules.prizes.odds is 400001, where 1 to 400000 can be");
        let mut twice = lottery(&[1, 1]);
        twice.prizes[1].prize_id = "p0".into();
        assert_eq!(says(twice), "rules.prizes.prize_id has p0 twice");
    }
}
