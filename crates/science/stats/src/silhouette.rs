//! How well clusters are apart: the silhouette.
//!
//! Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis".

use thiserror::Error;

use crate::kmeans::squared;
use crate::random::Random;
use crate::table::{Standard, Table};

/// Up to so many rows the silhouette is exact, and above it is that of a sample of so many rows: it compares each row
/// with each.
pub const EXACT_ROWS: usize = 2_000;

/// Why there is no silhouette.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SilhouetteError {
    /// Each row has one label.
    #[error("{labels} labels for {rows} rows")]
    Lengths {
        /// How many labels there were.
        labels: usize,
        /// How many rows there were.
        rows: usize,
    },
}

/// The mean silhouette of standardised rows, −1 (each in the wrong cluster) to 1 (far apart); none where the rows, or
/// those of the sample, are all of one cluster. Distances are Euclidean; a row alone in its cluster counts 0.
///
/// ```
/// use fanvine_stats::silhouette::silhouette;
/// use fanvine_stats::table::Table;
///
/// let table = Table::new(&[0.0, 1.0, 10.0, 11.0], 1).unwrap();
/// // The outer rows are 1 from their neighbour and 10.5 from the others on average, the inner ones 1 and 9.5.
/// let expected = ((1.0 - 1.0 / 10.5) + (1.0 - 1.0 / 9.5)) / 2.0;
/// assert!((silhouette(&table, &[0, 0, 1, 1], 1).unwrap().unwrap() - expected).abs() < 1e-12);
/// ```
pub fn silhouette(table: &Table<'_>, labels: &[usize], seed: u64) -> Result<Option<f64>, SilhouetteError> {
    if labels.len() != table.height() {
        return Err(SilhouetteError::Lengths { labels: labels.len(), rows: table.height() });
    }
    let standard = Standard::of(table);
    let sample = Random::new(seed).sample(labels.len(), EXACT_ROWS);
    // The labels in use, so that any numbers may be labels.
    let mut clusters: Vec<usize> = sample.iter().map(|row| labels[*row]).collect();
    clusters.sort_unstable();
    clusters.dedup();
    if clusters.len() < 2 {
        return Ok(None);
    }
    let of = |row: usize| clusters.partition_point(|label| *label < labels[row]);
    let points: Vec<(usize, Vec<f64>)> =
        sample.iter().map(|row| (of(*row), standard.scores(table.row(*row)).collect())).collect();
    let mut sizes = vec![0.0; clusters.len()];
    points.iter().for_each(|(cluster, _)| sizes[*cluster] += 1.0);
    let total: f64 = points.iter().map(|(own, point)| width(*own, point, &points, &sizes)).sum();
    Ok(Some(total / points.len() as f64))
}

/// The silhouette of one point: (b − a) / max(a, b), with a its mean distance to the others of its own cluster and b
/// the least mean distance to another cluster.
fn width(own: usize, point: &[f64], points: &[(usize, Vec<f64>)], sizes: &[f64]) -> f64 {
    let mut sums = vec![0.0; sizes.len()];
    points.iter().for_each(|(cluster, other)| sums[*cluster] += squared(point, other).sqrt());
    let others = sums.iter().zip(sizes).enumerate().filter(|(cluster, _)| *cluster != own);
    let apart = others.map(|(_, (sum, size))| sum / size).fold(f64::INFINITY, f64::min);
    if sizes[own] < 2.0 {
        return 0.0;
    }
    let within = sums[own] / (sizes[own] - 1.0);
    let larger = within.max(apart);
    if larger > 0.0 { (apart - within) / larger } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_alone_counts_nothing_and_one_cluster_has_no_silhouette() {
        let table = Table::new(&[0.0, 0.0, 9.0], 1).unwrap();
        assert_eq!(silhouette(&table, &[5, 5, 9], 1), Ok(Some(2.0 / 3.0)));
        assert_eq!(silhouette(&table, &[5, 5, 5], 1), Ok(None));
        assert_eq!(silhouette(&table, &[5], 1).unwrap_err().to_string(), "1 labels for 3 rows");
    }

    #[test]
    fn the_wrong_clusters_are_below_zero() {
        let table = Table::new(&[0.0, 1.0, 10.0, 11.0], 1).unwrap();
        assert!(silhouette(&table, &[0, 1, 0, 1], 1).unwrap().unwrap() < 0.0);
    }

    #[test]
    fn a_sample_of_many_rows_comes_close() {
        // Two clusters, evenly filled from 0 to 1 and from 9 to 10; the exact figure of 400 rows stands for all.
        let values = |rows: u32| -> Vec<f64> {
            (0..rows).map(|n| f64::from(n % 2) * 9.0 + f64::from(n / 2) / f64::from(rows / 2)).collect()
        };
        let of = |rows: u32| {
            let labels: Vec<usize> = (0..rows as usize).map(|n| n % 2).collect();
            silhouette(&Table::new(&values(rows), 1).unwrap(), &labels, 42).unwrap().unwrap()
        };
        assert!((of(400) - of(2_400)).abs() < 0.005, "{} {}", of(400), of(2_400));
    }
}
