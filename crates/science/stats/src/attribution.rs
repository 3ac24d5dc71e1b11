//! How a conversion is shared out over the touches that led to it.
//!
//! Models that look at one journey give whole-number weights, so that amounts can be shared out to the last unit.
//! The Markov model (Anderl, Becker, von Wangenheim, Schumann, *Mapping the customer journey*, International Journal of
//! Research in Marketing 33, 2016) looks at all journeys: a channel's *removal effect* is the share of conversions that
//! would be lost if everybody who came to it went no further.
//!
//! The Shapley value needs no enumeration of coalitions here: where a coalition is worth the conversions of the journeys
//! that only touched its members, the game is a sum of unanimity games, and each journey is shared equally among the
//! distinct channels it touched (Zhao, Mahboobi, Bagheri, *Shapley Value Methods for Attribution Modeling in Online
//! Advertising*, 2018).

use std::collections::HashMap;

/// A model that shares out one journey by the places and times of its touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// The same to every touch.
    Linear,
    /// Half as much to a touch for each half-life of so many seconds before the conversion, at least one.
    TimeDecay(u64),
    /// 40 % to the first, 40 % to the last, 20 % to those in between; halves where there are two.
    Position,
}

/// The largest weight a decaying touch has.
const WHOLE: f64 = (1_u64 << 40) as f64;

impl Placing {
    /// The weights of touches that came so many seconds before the conversion, in the order of time.
    ///
    /// ```
    /// use fanvine_stats::attribution::Placing;
    /// assert_eq!(Placing::Position.weights(&[90, 60, 30, 0]), [4, 1, 1, 4]);
    /// let decayed = Placing::TimeDecay(60).weights(&[120, 60, 0]);
    /// assert_eq!((decayed[1] / decayed[0], decayed[2] / decayed[1]), (2, 2));
    /// ```
    pub fn weights(self, before_s: &[u64]) -> Vec<i64> {
        let touches = before_s.len();
        let only = |chosen: usize| (0..touches).map(|place| i64::from(place == chosen)).collect();
        match self {
            Self::First => only(0),
            Self::Last => only(touches.saturating_sub(1)),
            Self::Linear => vec![1; touches],
            Self::Position if touches < 3 => vec![1; touches],
            Self::Position => {
                let between = i64::try_from(touches - 2).unwrap_or(i64::MAX / 2);
                let end = |place| place == 0 || place + 1 == touches;
                (0..touches).map(|place| if end(place) { 2 * between } else { 1 }).collect()
            }
            Self::TimeDecay(half_life_s) => {
                // Only relations count: from the youngest touch on, nothing vanishes that is not far older than it.
                let youngest = before_s.iter().copied().min().unwrap_or_default();
                let weight = |age: &u64| {
                    let halvings = (age - youngest) as f64 / half_life_s.max(1) as f64;
                    ((-halvings).exp2() * WHOLE).round() as i64
                };
                before_s.iter().map(weight).collect()
            }
        }
    }
}

/// A place of a journey: a channel by its number, or where journeys begin and end.
type State = u32;
const START: State = u32::MAX;
const CONVERTED: State = u32::MAX - 1;
const LOST: State = u32::MAX - 2;

/// How often journeys went from one channel to the next: a Markov chain of first order.
#[derive(Debug, Clone, Default)]
pub struct Journeys {
    steps: HashMap<(State, State), u64>,
}

/// What is lost without each channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// Of all journeys, the share that converts.
    pub conversion: f64,
    /// For each channel, the share of conversions that would be lost, 0 to 1. They overlap, so they may sum to more than 1.
    pub effects: Vec<f64>,
}

impl Journeys {
    /// Adds journeys that touched these channels in this order. One without a touch says nothing.
    pub fn add(&mut self, path: &[u32], converted: bool, times: u64) {
        let Some(last) = path.last() else { return };
        let begins = std::iter::once(START).chain(path.iter().copied());
        for step in begins.zip(path.iter().copied()) {
            *self.steps.entry(step).or_default() += times;
        }
        *self.steps.entry((*last, if converted { CONVERTED } else { LOST })).or_default() += times;
    }

    /// Adds those of another, whose channels have other numbers.
    pub fn merge(&mut self, other: &Self, number: impl Fn(u32) -> u32) {
        let translated = |state| if state >= LOST { state } else { number(state) };
        for ((from, to), times) in &other.steps {
            *self.steps.entry((translated(*from), translated(*to))).or_default() += times;
        }
    }

    /// The removal effects of channels 0 to `channels` − 1, exactly: with N = (I − Q)⁻¹ for the chances Q of going from
    /// channel to channel, a journey ever comes to *i* with chance (pN)ᵢ / Nᵢᵢ, and converts from there with (Nr)ᵢ.
    /// Takes time with the cube of the number of channels. None where no journey converts.
    ///
    /// ```
    /// let mut journeys = fanvine_stats::attribution::Journeys::default();
    /// journeys.add(&[0, 1], true, 1);
    /// journeys.add(&[1], false, 1);
    /// let removal = journeys.removal(2).unwrap();
    /// assert_eq!((removal.conversion, removal.effects), (0.5, vec![0.5, 1.0]));
    /// ```
    pub fn removal(&self, channels: usize) -> Option<Removal> {
        let mut out = vec![0_u64; channels];
        let mut begun = 0_u64;
        for ((from, _), times) in &self.steps {
            match out.get_mut(*from as usize) {
                Some(count) => *count += times,
                None => begun += times,
            }
        }
        let (mut first, mut converts) = (vec![0.0; channels], vec![0.0; channels]);
        let mut chances = Square::one(channels);
        for ((from, to), times) in &self.steps {
            let (from, to, times) = (*from as usize, *to, *times as f64);
            match (out.get(from), first.get_mut(to as usize)) {
                (None, Some(chance)) => *chance += times / begun as f64,
                (Some(all), Some(_)) => *chances.at(from, to as usize) -= times / *all as f64,
                (Some(all), None) if to == CONVERTED => converts[from] += times / *all as f64,
                _ => {}
            }
        }
        let visits = chances.inverse();
        let from_here: Vec<f64> = (0..channels).map(|from| dot(visits.row(from), &converts)).collect();
        let conversion = dot(&first, &from_here);
        if conversion <= 0.0 {
            return None;
        }
        let comes = |channel: usize| {
            let visited: f64 = first.iter().enumerate().map(|(from, chance)| chance * visits.row(from)[channel]).sum();
            visited / visits.row(channel)[channel]
        };
        let effects = (0..channels).map(|channel| comes(channel) * from_here[channel] / conversion).collect();
        Some(Removal { conversion, effects })
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// A square matrix, row by row.
struct Square {
    side: usize,
    cells: Vec<f64>,
}

impl Square {
    fn one(side: usize) -> Self {
        let mut one = Self { side, cells: vec![0.0; side * side] };
        (0..side).for_each(|place| *one.at(place, place) = 1.0);
        one
    }

    fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.cells[row * self.side + column]
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.side..(row + 1) * self.side]
    }

    /// By Gauss and Jordan in place. Rows sum to no less than nothing and diagonals are positive, so no pivot is sought.
    fn inverse(mut self) -> Self {
        for pivot in 0..self.side {
            let by = std::mem::replace(self.at(pivot, pivot), 1.0);
            (0..self.side).for_each(|column| *self.at(pivot, column) /= by);
            let chosen = self.row(pivot).to_vec();
            for row in (0..self.side).filter(|row| *row != pivot) {
                let times = std::mem::replace(self.at(row, pivot), 0.0);
                if times != 0.0 {
                    let cells = &mut self.cells[row * self.side..(row + 1) * self.side];
                    cells.iter_mut().zip(&chosen).for_each(|(cell, of)| *cell -= times * of);
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_touch_gets_all_by_every_model_and_two_share_by_place() {
        let all = [Placing::First, Placing::Last, Placing::Linear, Placing::TimeDecay(60), Placing::Position];
        for model in all {
            assert!(model.weights(&[5])[0] > 0, "{model:?}");
            assert!(model.weights(&[]).is_empty(), "{model:?}");
        }
        assert_eq!(Placing::First.weights(&[9, 0]), [1, 0]);
        assert_eq!(Placing::Last.weights(&[9, 0]), [0, 1]);
        assert_eq!(Placing::Position.weights(&[9, 0]), [1, 1]);
        assert_eq!(Placing::Position.weights(&[9, 5, 0]), [2, 1, 2]);
    }

    #[test]
    fn a_touch_a_week_older_counts_half_with_a_half_life_of_a_week() {
        let week = 7 * 86_400;
        // However long ago the youngest touch was, the relations are the same.
        for ago in [0, 30 * week] {
            let weights = Placing::TimeDecay(week).weights(&[ago + 2 * week, ago + week, ago]);
            assert_eq!(weights, [1 << 38, 1 << 39, 1 << 40]);
        }
    }

    #[test]
    fn the_markov_model_works_out_the_textbooks_example() {
        // Sergey Bryl, "Attribution model with R (part 1: Markov chains concept)", AnalyzeCore: C1 → C2 → C3 converts, C1
        // alone is lost, C2 → C3 is lost. Published: 33.3 % convert; removal effects 0.5, 1 and 1.
        let mut journeys = Journeys::default();
        journeys.add(&[0, 1, 2], true, 1);
        journeys.add(&[0], false, 1);
        journeys.add(&[1, 2], false, 1);
        let removal = journeys.removal(3).unwrap();
        assert!((removal.conversion - 1.0 / 3.0).abs() < 1e-15);
        let expected = [0.5, 1.0, 1.0];
        assert!(
            removal.effects.iter().zip(expected).all(|(effect, said)| (effect - said).abs() < 1e-15),
            "{removal:?}"
        );
    }

    #[test]
    fn without_a_conversion_nothing_is_lost() {
        let mut journeys = Journeys::default();
        journeys.add(&[0, 0, 1], false, 3);
        journeys.add(&[], true, 3);
        assert_eq!(journeys.removal(2), None);
    }

    /// The chance to convert when whoever comes to `removed` is lost, by going on step by step until nothing is left.
    fn conversion_without(paths: &[(Vec<u32>, bool)], channels: u32, removed: u32) -> f64 {
        let mut now: HashMap<State, f64> = HashMap::from([(START, 1.0)]);
        let mut converted = 0.0;
        let steps: Vec<(State, State)> = paths
            .iter()
            .filter(|(path, _)| !path.is_empty())
            .flat_map(|(path, done)| {
                let mut states = vec![START];
                states.extend(path);
                states.push(if *done { CONVERTED } else { LOST });
                states.windows(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
            })
            .collect();
        for _ in 0..20_000 {
            let mut next: HashMap<State, f64> = HashMap::new();
            for (state, chance) in &now {
                let ways: Vec<State> = steps.iter().filter(|(from, _)| from == state).map(|(_, to)| *to).collect();
                for to in &ways {
                    let chance = chance / ways.len() as f64;
                    match *to {
                        CONVERTED => converted += chance,
                        to if to < channels && to != removed => *next.entry(to).or_default() += chance,
                        _ => {}
                    }
                }
            }
            now = next;
            if now.values().sum::<f64>() < 1e-14 {
                break;
            }
        }
        converted
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn removal_effects_are_what_is_lost_when_a_channel_is_taken_out(
            paths in prop::collection::vec((prop::collection::vec(0u32..4, 0..5), any::<bool>()), 1..12),
        ) {
            let mut journeys = Journeys::default();
            paths.iter().for_each(|(path, converted)| journeys.add(path, *converted, 1));
            let base = conversion_without(&paths, 4, 99);
            match journeys.removal(4) {
                None => prop_assert!(base < 1e-12),
                Some(removal) => {
                    prop_assert!((removal.conversion - base).abs() < 1e-9);
                    for channel in 0..4 {
                        let lost = 1.0 - conversion_without(&paths, 4, channel) / base;
                        prop_assert!((removal.effects[channel as usize] - lost).abs() < 1e-9, "{channel}");
                    }
                }
            }
        }

        #[test]
        fn sharing_a_journey_equally_among_its_channels_is_the_shapley_value(
            paths in prop::collection::vec(prop::collection::btree_set(0usize..4, 1..4), 1..6),
        ) {
            // v(S) is how many journeys only touched members of S; a channel's value is what it adds on average over all
            // orders in which the channels may come.
            let worth = |set: u32| paths.iter().filter(|path| path.iter().all(|one| set & (1 << one) != 0)).count() as f64;
            for channel in 0..4usize {
                let (mut total, mut orders) = (0.0, 0.0);
                for code in 0..256usize {
                    let order: Vec<usize> = (0..4).map(|place| code >> (2 * place) & 3).collect();
                    if order.iter().collect::<std::collections::HashSet<_>>().len() == 4 {
                        let place = order.iter().position(|one| *one == channel).unwrap();
                        let before = order[..place].iter().fold(0, |set, one| set | 1 << one);
                        total += worth(before | 1 << channel) - worth(before);
                        orders += 1.0;
                    }
                }
                let equal: f64 = paths.iter().filter(|path| path.contains(&channel)).map(|path| 1.0 / path.len() as f64).sum();
                prop_assert!((total / orders - equal).abs() < 1e-9);
            }
        }
    }
}
