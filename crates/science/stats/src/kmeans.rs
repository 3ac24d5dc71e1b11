//! Groups of customers who are alike: k-means.
//!
//! Lloyd (1982), "Least squares quantization in PCM", from centres chosen by k-means++ (Arthur & Vassilvitskii 2007,
//! "k-means++: The Advantages of Careful Seeding"), on standardised columns. A centre too far from the nearest one
//! found so far is skipped by the triangle inequality (Elkan 2003, lemma 1), which changes no answer.

use thiserror::Error;

use crate::random::Random;
use crate::table::{Standard, Table};

/// Why there are no clusters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KMeansError {
    /// There must be at least one cluster, and not more than rows.
    #[error("{clusters} clusters of {rows} rows are impossible")]
    Count {
        /// How many clusters were asked for.
        clusters: usize,
        /// How many rows there are.
        rows: usize,
    },
}

/// How to cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// k: how many clusters. Fewer come out where fewer rows differ.
    pub clusters: usize,
    /// Where the random numbers begin.
    pub seed: u64,
    /// How often to begin anew; the tightest clustering is kept. At least one is made.
    pub runs: u32,
    /// Rounds of one run at most. At least one is made.
    pub rounds: u32,
}

impl Options {
    /// k clusters, the best of 4 runs of at most 100 rounds.
    pub fn new(clusters: usize, seed: u64) -> Options {
        Options { clusters, seed, runs: 4, rounds: 100 }
    }
}

/// A clustering. Cluster 0 is the largest; of equally large ones the one with the lower centre comes first.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// The cluster of each row.
    pub labels: Vec<usize>,
    /// The rows of each cluster, never 0.
    pub sizes: Vec<usize>,
    /// The sum of the squared distances from each row to its centre, in standard scores.
    pub inertia: f64,
    /// Whether the last round of the run that was kept moved no row.
    pub converged: bool,
    /// What the columns were standardised by.
    pub standard: Standard,
    /// In standard scores, one after another.
    centres: Vec<f64>,
}

/// What sets a cluster apart in one column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trait {
    /// The column.
    pub column: usize,
    /// The standardised mean difference: the cluster's mean less the mean of all other rows, in standard deviations
    /// of the whole column.
    pub difference: f64,
    /// The cluster's mean, in the column's own unit.
    pub mean: f64,
    /// The mean of all other rows.
    pub mean_of_others: f64,
}

/// Clusters the rows of a table. The same table and options give the same clusters.
///
/// ```
/// use fanvine_stats::kmeans::{Options, cluster};
/// use fanvine_stats::table::Table;
///
/// // Orders and days since the last one.
/// let table = [9.0, 3.0, 1.0, 200.0, 8.0, 5.0, 1.0, 190.0, 2.0, 210.0];
/// let clusters = cluster(&Table::new(&table, 2).unwrap(), &Options::new(2, 7)).unwrap();
/// assert_eq!(clusters.labels, [1, 0, 1, 0, 0]);
/// // The larger cluster stands out by its 200 days, where the others have 4.
/// let telling = clusters.distinguishing(0)[0];
/// assert_eq!((telling.column, telling.mean.round(), telling.mean_of_others.round()), (1, 200.0, 4.0));
/// ```
pub fn cluster(table: &Table<'_>, options: &Options) -> Result<Clusters, KMeansError> {
    let (clusters, rows) = (options.clusters, table.height());
    if clusters == 0 || clusters > rows {
        return Err(KMeansError::Count { clusters, rows });
    }
    let standard = Standard::of(table);
    let scores = standard.apply(table);
    let points = Points { scores: &scores, columns: table.columns() };
    let mut random = Random::new(options.seed);
    let mut best = Run::new(points, seeds(points, clusters, &mut random), options.rounds);
    for _ in 1..options.runs {
        let run = Run::new(points, seeds(points, clusters, &mut random), options.rounds);
        if run.inertia < best.inertia {
            best = run;
        }
    }
    Ok(best.named(standard))
}

impl Clusters {
    /// How many clusters there are.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The centre of each cluster, in the columns' own units.
    pub fn centres(&self) -> Vec<Vec<f64>> {
        let back = |centre: &[f64]| {
            let standard = self.standard.means.iter().zip(&self.standard.deviations);
            centre.iter().zip(standard).map(|(score, (mean, deviation))| mean + score * deviation).collect()
        };
        self.centres.chunks_exact(self.standard.means.len()).map(back).collect()
    }

    /// The cluster with the nearest centre to a row, for one that was not clustered.
    pub fn nearest(&self, row: &[f64]) -> usize {
        let scores: Vec<f64> = self.standard.scores(row).collect();
        let distances = self.centres.chunks_exact(self.standard.means.len()).map(|centre| squared(&scores, centre));
        distances.enumerate().min_by(|(_, left), (_, right)| left.total_cmp(right)).map_or(0, |(cluster, _)| cluster)
    }

    /// What sets a cluster apart from all other rows, the most telling column first. Nothing for a cluster that does
    /// not exist or is the only one.
    pub fn distinguishing(&self, cluster: usize) -> Vec<Trait> {
        let Some(size) = self.sizes.get(cluster).copied().filter(|_| self.count() > 1) else { return Vec::new() };
        let rows = self.labels.len() as f64;
        let others = rows - size as f64;
        let centre = self.centres.chunks_exact(self.standard.means.len()).nth(cluster).unwrap_or_default();
        let columns = centre.iter().zip(&self.standard.means).zip(&self.standard.deviations).enumerate();
        let mut traits: Vec<Trait> = columns
            .map(|(column, ((score, mean), deviation))| Trait {
                column,
                // All standard scores sum to 0, so the others' sum is the cluster's, negated.
                difference: score * rows / others,
                mean: mean + score * deviation,
                mean_of_others: mean - score * size as f64 / others * deviation,
            })
            .collect();
        traits.sort_by(|left, right| right.difference.abs().total_cmp(&left.difference.abs()));
        traits
    }
}

/// Points in standard scores.
#[derive(Clone, Copy)]
struct Points<'a> {
    scores: &'a [f64],
    columns: usize,
}

impl<'a> Points<'a> {
    fn iter(self) -> std::slice::ChunksExact<'a, f64> {
        self.scores.chunks_exact(self.columns)
    }
}

pub(crate) fn squared(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| (left - right) * (left - right)).sum()
}

/// k-means++: each further centre is a point, as likely as its squared distance to the nearest centre so far is large.
/// Fewer than `clusters` where fewer points differ.
fn seeds(points: Points<'_>, clusters: usize, random: &mut Random) -> Vec<f64> {
    let mut distances = vec![f64::INFINITY; points.iter().len()];
    let mut chosen = random.below(distances.len());
    let mut centres = Vec::with_capacity(clusters * points.columns);
    for _ in 0..clusters {
        let Some(centre) = points.iter().nth(chosen) else { break };
        centres.extend_from_slice(centre);
        for (distance, point) in distances.iter_mut().zip(points.iter()) {
            *distance = distance.min(squared(point, centre));
        }
        let mut left = random.unit() * distances.iter().sum::<f64>();
        let candidates = distances.iter().enumerate().filter(|(_, distance)| **distance > 0.0);
        // Rounding may leave a little after the last candidate, which is then the one.
        let mut next = None;
        for (index, distance) in candidates {
            next = Some(index);
            left -= distance;
            if left < 0.0 {
                break;
            }
        }
        let Some(next) = next else { break };
        chosen = next;
    }
    centres
}

/// One run of Lloyd's algorithm.
struct Run<'a> {
    points: Points<'a>,
    centres: Vec<f64>,
    labels: Vec<usize>,
    inertia: f64,
    converged: bool,
}

impl<'a> Run<'a> {
    fn new(points: Points<'a>, centres: Vec<f64>, rounds: u32) -> Run<'a> {
        let mut run = Run::at(points, centres);
        for _ in 0..rounds.max(1) {
            run.recentre();
            run.converged = !run.assign();
            if run.converged {
                return run;
            }
        }
        // So that each centre is the mean of its points, whatever the rounds left.
        run.recentre();
        let centres = run.labels.iter().map(|label| &run.centres[label * points.columns..][..points.columns]);
        run.inertia = points.iter().zip(centres).map(|(point, centre)| squared(point, centre)).sum();
        run
    }

    /// Before the first round: each point with its nearest centre.
    fn at(points: Points<'a>, centres: Vec<f64>) -> Run<'a> {
        let labels = vec![0; points.iter().len()];
        let mut run = Run { points, centres, labels, inertia: f64::INFINITY, converged: false };
        run.assign();
        run
    }

    /// Gives each point to the nearest centre, and leaves it where none is nearer than its own; says whether any moved.
    fn assign(&mut self) -> bool {
        let columns = self.points.columns;
        let centres: Vec<&[f64]> = self.centres.chunks_exact(columns).collect();
        let quarter_gaps: Vec<Vec<f64>> =
            centres.iter().map(|one| centres.iter().map(|other| squared(one, other) / 4.0).collect()).collect();
        self.inertia = 0.0;
        let mut moved = false;
        for (point, label) in self.points.iter().zip(&mut self.labels) {
            let mut nearest = *label;
            let mut distance = squared(point, centres[nearest]);
            for (other, centre) in centres.iter().enumerate() {
                // Twice as far from the nearest centre as the point is: it cannot be nearer to the point.
                if quarter_gaps[nearest][other] >= distance {
                    continue;
                }
                let candidate = squared(point, centre);
                if candidate < distance {
                    (nearest, distance) = (other, candidate);
                }
            }
            moved |= nearest != *label;
            *label = nearest;
            self.inertia += distance;
        }
        moved
    }

    /// Moves each centre to the mean of its points; one without points stays where it is.
    fn recentre(&mut self) {
        let columns = self.points.columns;
        let mut sums = vec![0.0; self.centres.len()];
        let sizes = self.sizes();
        for (point, label) in self.points.iter().zip(&self.labels) {
            let sum = &mut sums[label * columns..(label + 1) * columns];
            sum.iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
        }
        let centres = self.centres.chunks_exact_mut(columns).zip(sums.chunks_exact(columns)).zip(sizes);
        for ((centre, sum), size) in centres.filter(|(_, size)| *size > 0) {
            centre.iter_mut().zip(sum).for_each(|(centre, sum)| *centre = sum / size as f64);
        }
    }

    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.centres.len() / self.points.columns];
        self.labels.iter().for_each(|label| sizes[*label] += 1);
        sizes
    }

    /// The clusters by their size, without empty ones.
    fn named(self, standard: Standard) -> Clusters {
        let sizes = self.sizes();
        let centre = |label: usize| &self.centres[label * self.points.columns..(label + 1) * self.points.columns];
        let mut order: Vec<usize> = (0..sizes.len()).filter(|label| sizes[*label] > 0).collect();
        order.sort_by(|left, right| {
            let lower = || centre(*left).partial_cmp(centre(*right)).unwrap_or(std::cmp::Ordering::Equal);
            sizes[*right].cmp(&sizes[*left]).then_with(lower)
        });
        let mut names = vec![0; sizes.len()];
        order.iter().enumerate().for_each(|(name, label)| names[*label] = name);
        Clusters {
            labels: self.labels.iter().map(|label| names[*label]).collect(),
            sizes: order.iter().map(|label| sizes[*label]).collect(),
            inertia: self.inertia,
            converged: self.converged,
            standard,
            centres: order.iter().flat_map(|label| centre(*label)).copied().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-50.0..50.0_f64, 2..60).prop_map(|mut values| {
            values.truncate(values.len() / 2 * 2);
            values
        })
    }

    /// Three groups far apart, each of points within 1 of its middle.
    fn apart() -> impl Strategy<Value = Vec<[f64; 2]>> {
        let around = |x: f64, y: f64, count| {
            prop::collection::vec((-1.0..1.0, -1.0..1.0), count)
                .prop_map(move |group| group.into_iter().map(|(dx, dy)| [x + dx, y + dy]).collect::<Vec<_>>())
        };
        (around(0.0, 0.0, 12), around(100.0, 0.0, 8), around(0.0, 100.0, 5))
            .prop_map(|groups| [groups.0, groups.1, groups.2].concat())
    }

    proptest! {
        #[test]
        fn inertia_never_rises(scores in rows(), k in 1..6_usize, seed: u64) {
            let points = Points { scores: &scores, columns: 2 };
            let mut run = Run::at(points, seeds(points, k.min(scores.len() / 2), &mut Random::new(seed)));
            for _ in 0..20 {
                let before = run.inertia;
                run.recentre();
                run.assign();
                prop_assert!(run.inertia <= before * (1.0 + 1e-12), "{} after {before}", run.inertia);
            }
        }

        #[test]
        fn skipping_centres_changes_no_answer(scores in rows(), k in 1..6_usize, seed: u64) {
            let points = Points { scores: &scores, columns: 2 };
            let run = Run::at(points, seeds(points, k.min(scores.len() / 2), &mut Random::new(seed)));
            for (point, label) in points.iter().zip(&run.labels) {
                let distances: Vec<f64> = run.centres.chunks_exact(2).map(|centre| squared(point, centre)).collect();
                prop_assert!(distances.iter().all(|distance| distances[*label] <= *distance), "{distances:?} {label}");
            }
        }

        #[test]
        fn labels_sizes_and_centres_belong_together(values in rows(), k in 1..6_usize, seed: u64) {
            let table = Table::new(&values, 2).unwrap();
            let clusters = cluster(&table, &Options::new(k.min(table.height()), seed)).unwrap();
            prop_assert!(clusters.count() <= k && clusters.sizes.is_sorted_by(|left, right| left >= right));
            let centres = clusters.centres();
            for (label, size) in clusters.sizes.iter().enumerate() {
                let members: Vec<&[f64]> =
                    table.rows().zip(&clusters.labels).filter(|(_, of)| **of == label).map(|(row, _)| row).collect();
                prop_assert_eq!(members.len(), *size);
                for column in 0..2 {
                    let mean = members.iter().map(|row| row[column]).sum::<f64>() / *size as f64;
                    prop_assert!((mean - centres[label][column]).abs() < 1e-9);
                }
            }
            prop_assert_eq!(clusters.sizes.iter().sum::<usize>(), table.height());
            prop_assert_eq!(&clusters, &cluster(&table, &Options::new(k.min(table.height()), seed)).unwrap());
        }

        #[test]
        fn clusters_that_lie_apart_do_not_depend_on_the_order_of_the_rows(
            (points, shuffled) in apart().prop_flat_map(|points| {
                let order: Vec<usize> = (0..points.len()).collect();
                (Just(points), Just(order).prop_shuffle())
            }),
            seed: u64,
        ) {
            let label = |points: &[[f64; 2]]| {
                cluster(&Table::new(points.as_flattened(), 2).unwrap(), &Options::new(3, seed)).unwrap().labels
            };
            let labels = label(&points);
            let moved: Vec<[f64; 2]> = shuffled.iter().map(|index| points[*index]).collect();
            let expected: Vec<usize> = shuffled.iter().map(|index| labels[*index]).collect();
            prop_assert_eq!(label(&moved), expected);
        }
    }

    #[test]
    fn fewer_different_rows_than_clusters_give_fewer_clusters() {
        let clusters = cluster(&Table::new(&[1.0, 1.0, 2.0, 2.0, 2.0], 1).unwrap(), &Options::new(4, 3)).unwrap();
        assert_eq!((clusters.labels, clusters.sizes, clusters.inertia), (vec![1, 1, 0, 0, 0], vec![3, 2], 0.0));
    }

    #[test]
    fn impossible_counts_are_refused_by_name() {
        let table = Table::new(&[1.0, 2.0], 1).unwrap();
        let message = |k| cluster(&table, &Options::new(k, 1)).unwrap_err().to_string();
        assert_eq!(message(0), "0 clusters of 2 rows are impossible");
        assert_eq!(message(3), "3 clusters of 2 rows are impossible");
    }

    #[test]
    fn a_new_row_joins_the_cluster_it_is_nearest_to() {
        let table = Table::new(&[1.0, 2.0, 3.0, 101.0, 102.0], 1).unwrap();
        let clusters = cluster(&table, &Options::new(2, 1)).unwrap();
        assert_eq!((clusters.nearest(&[-40.0]), clusters.nearest(&[60.0])), (0, 1));
        assert!(clusters.distinguishing(2).is_empty());
    }
}
