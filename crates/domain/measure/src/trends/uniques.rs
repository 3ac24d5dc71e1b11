//! People by interval where names alone decide: from bitmaps by day, without looking at any event.

use fanvine_kernel::{LocalDate, Problem};
use fanvine_lake::{DayPart, DayQuestion, Snapshot};
use roaring::RoaringBitmap;

use super::count::{Plan, Tally};
use super::figure::Cell;
use crate::Measure;

/// Counts people in each interval, given by its first day; the last is where the last one ends.
pub async fn count(
    measure: &Measure,
    snapshot: &Snapshot,
    plan: &Plan,
    starts: &[LocalDate],
) -> Result<Tally, Problem> {
    let (Some(first), Some(end)) = (starts.first().copied(), starts.last()) else {
        return Ok(Tally::default());
    };
    let days = usize::try_from(end.days_since(first)).unwrap_or_default();
    let bounds: Vec<usize> =
        starts.iter().map(|start| usize::try_from(start.days_since(first)).unwrap_or_default()).collect();
    let table: Vec<u64> = plan.choice.table().collect();
    let mut cells = Vec::new();
    for series in 0..plan.series.len() {
        let takes = |bits: &u64| bits & (1 << series) != 0;
        let others = table.last().is_some_and(takes);
        let counts = table[..table.len().saturating_sub(1)].iter().map(takes).collect();
        let zone = measure.zone;
        let question = DayQuestion { zone, from: first, days, counts, others, again: false, stop: None };
        let bounds = bounds.clone();
        let parts = measure.by_day(snapshot.clone(), question, move |part| sizes(&part, &bounds)).await?;
        let mut sums = vec![0u64; plan.in_all() + 1];
        parts.iter().for_each(|part| sums.iter_mut().zip(part).for_each(|(sum, more)| *sum += more));
        cells.extend(sums.into_iter().map(|shoppers| Cell { shoppers, events: shoppers, ..Cell::default() }));
    }
    Ok(Tally { cells, ..Tally::default() })
}

/// How many are in the union of each interval's days, and in that of all.
fn sizes(part: &DayPart, bounds: &[usize]) -> Vec<u64> {
    let mut all = RoaringBitmap::new();
    let mut sizes = Vec::with_capacity(bounds.len());
    for interval in bounds.windows(2) {
        let days = part.days.get(interval[0]..interval[1]).unwrap_or_default();
        let came = match days {
            [day] => std::borrow::Cow::Borrowed(day),
            days => std::borrow::Cow::Owned(days.iter().fold(RoaringBitmap::new(), |all, day| all | day)),
        };
        sizes.push(came.len());
        all |= &*came;
    }
    sizes.push(all.len());
    sizes
}
