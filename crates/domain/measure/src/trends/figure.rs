//! What a series counts, and the cells in which it does.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a series counts over its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TrendFigure)]
pub enum Figure {
    /// How many there are.
    #[default]
    Count,
    /// How many people did any of them.
    Shoppers,
    /// The sum of a number they carry.
    Sum,
    /// The average of it.
    Average,
    /// The least of it.
    Min,
    /// The most of it.
    Max,
    /// A percentile of it.
    Percentile,
    /// How many there are, or the sum of a number, divided by how many people did them.
    PerShopper,
}

/// So many millionths are one: numbers are counted in whole millionths, which add up to the same in any order.
pub const MILLION: f64 = 1e6;

/// What was counted of some events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub events: u64,
    /// People who did any.
    pub shoppers: u64,
    /// Numbers they carried.
    pub numbers: u64,
    /// Their sum, in millionths.
    pub sum: i128,
    pub min: i64,
    pub max: i64,
    /// The last person who was counted here.
    pub last: u32,
}

impl Default for Cell {
    fn default() -> Self {
        Self { events: 0, shoppers: 0, numbers: 0, sum: 0, min: i64::MAX, max: i64::MIN, last: 0 }
    }
}

impl Cell {
    /// Counts an event of the person with that running number; 0 for nobody.
    pub fn count(&mut self, person: u32, numbers: &[i64]) {
        self.events += 1;
        if person != 0 && self.last != person {
            self.last = person;
            self.shoppers += 1;
        }
        for number in numbers {
            self.numbers += 1;
            self.sum += i128::from(*number);
            self.min = self.min.min(*number);
            self.max = self.max.max(*number);
        }
    }

    /// Both together; nobody is in both.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.shoppers += other.shoppers;
        self.numbers += other.numbers;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The figure; `all` are all numbers, where percentiles are wanted. None where there is nothing to tell of.
    pub fn figure(&self, figure: Figure, of_number: bool, percentile: f64, all: &mut [i64]) -> Option<f64> {
        let some = |value: f64| (self.numbers > 0).then_some(value / MILLION);
        match figure {
            Figure::Count => Some(self.events as f64),
            Figure::Shoppers => Some(self.shoppers as f64),
            Figure::Sum => Some(self.sum as f64 / MILLION),
            Figure::Average => some(self.sum as f64 / self.numbers as f64),
            Figure::Min => some(self.min as f64),
            Figure::Max => some(self.max as f64),
            Figure::Percentile => self::percentile(all, percentile).map(|value| value / MILLION),
            Figure::PerShopper => {
                let sum = if of_number { self.sum as f64 / MILLION } else { self.events as f64 };
                (self.shoppers > 0).then(|| sum / self.shoppers as f64)
            }
        }
    }
}

/// A percentile, 0 to 100, between the two values next to it.
fn percentile(all: &mut [i64], percentile: f64) -> Option<f64> {
    let last = all.len().checked_sub(1)?;
    let place = percentile / 100.0 * last as f64;
    let below = (place.floor() as usize).min(last);
    let (_, low, above) = all.select_nth_unstable(below);
    let low = *low as f64;
    let high = above.iter().min().map_or(low, |high| *high as f64);
    Some(low + (high - low) * (place - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_their_neighbours() {
        // numpy.percentile([15, 20, 35, 40, 50], [0, 5, 40, 50, 100]) of NumPy 2.1.
        for (asked, expected) in [(0.0, 15.0), (5.0, 16.0), (40.0, 29.0), (50.0, 35.0), (100.0, 50.0)] {
            assert_eq!(percentile(&mut [40, 15, 50, 35, 20], asked), Some(expected), "{asked}");
        }
        assert_eq!(percentile(&mut [], 50.0), None);
    }
}
