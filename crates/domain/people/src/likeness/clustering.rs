//! Clusters of everybody.

use fanvine_stats::kmeans::{Clusters, Options, Trait, cluster};
use fanvine_stats::silhouette::silhouette;
use fanvine_stats::table::Table;

use super::LikenessError;
use super::features::{COLUMNS, FEATURES, Features};
use crate::profile::Bilingual;

/// Centres are found on at most so many people, drawn by their ids.
const FITTED: usize = 20_000;
/// Fewer people tell nothing.
const LEAST_PEOPLE: usize = 20;
/// Where the number of clusters is not given, the one of these whose silhouette is best.
const TRIED: std::ops::RangeInclusive<usize> = 2..=8;
pub(super) const MOST_CLUSTERS: u64 = 20;
const RUNS: u32 = 3;
const ROUNDS: u32 = 60;
/// In standard deviations: what differs less from others does not name a cluster.
const TELLING: f64 = 0.3;
/// A cluster is named by so many of its features at most.
const NAMED_BY: usize = 3;

/// How to cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// So many; as the silhouette says if absent.
    pub clusters: Option<usize>,
    pub seed: u64,
}

/// Everybody in clusters.
#[derive(Debug)]
pub(super) struct Clustering {
    /// How many people the centres were found on.
    pub fitted: usize,
    fit: Clusters,
    /// The silhouette of each number of clusters that was tried.
    pub tried: Vec<(usize, f64)>,
    /// The cluster of each person.
    labels: Vec<u32>,
    /// How many are in each.
    pub sizes: Vec<usize>,
    /// The mean of each feature over each cluster, in its own unit.
    pub means: Vec<[f64; COLUMNS]>,
}

impl Clustering {
    /// Clusters everybody. The same features, number and seed give the same clusters.
    pub fn of(features: &Features, asked: Asked) -> Result<Self, LikenessError> {
        let fitted = features.len().min(FITTED);
        if fitted < LEAST_PEOPLE {
            return Err(LikenessError::TooFewPeople { found: fitted, least: LEAST_PEOPLE });
        }
        let values = features.scaled(fitted);
        let table = Table::new(&values, COLUMNS)?;
        let fit = |clusters| {
            let fit = cluster(&table, &Options { clusters, seed: asked.seed, runs: RUNS, rounds: ROUNDS })?;
            let how_well = silhouette(&table, &fit.labels, asked.seed)?;
            Ok::<_, LikenessError>((fit, how_well.unwrap_or(0.0)))
        };
        let counts = asked.clusters.map_or(TRIED, |count| count..=count);
        let (mut tried, mut best) = (Vec::new(), None::<(Clusters, f64)>);
        for count in counts {
            let (fit, how_well) = fit(count)?;
            tried.push((count, how_well));
            if best.as_ref().is_none_or(|(_, so_far)| how_well > *so_far) {
                best = Some((fit, how_well));
            }
        }
        let (fit, _) = best.ok_or(LikenessError::TooFewPeople { found: fitted, least: LEAST_PEOPLE })?;
        let labels: Vec<u32> =
            (0..features.len()).map(|place| fit.nearest(&features.scaled_row(place)) as u32).collect();
        let (mut sizes, mut means) = (vec![0usize; fit.count()], vec![[0.0; COLUMNS]; fit.count()]);
        for (place, label) in labels.iter().enumerate() {
            let (Some(size), Some(sums)) = (sizes.get_mut(*label as usize), means.get_mut(*label as usize)) else {
                continue;
            };
            *size += 1;
            sums.iter_mut().zip(features.row(place)).for_each(|(sum, value)| *sum += value);
        }
        for (sums, size) in means.iter_mut().zip(&sizes) {
            sums.iter_mut().for_each(|sum| *sum /= (*size).max(1) as f64);
        }
        Ok(Self { fitted, fit, tried, labels, sizes, means })
    }

    /// How many clusters there are.
    pub fn count(&self) -> usize {
        self.fit.count()
    }

    /// How well they are apart, −1 to 1.
    pub fn silhouette(&self) -> f64 {
        self.tried.iter().map(|(_, how_well)| *how_well).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The places of a cluster's people.
    pub fn members(&self, cluster: usize) -> impl Iterator<Item = usize> {
        let of_it = self.labels.iter().enumerate().filter(move |(_, label)| **label as usize == cluster);
        of_it.map(|(place, _)| place)
    }

    /// What sets a cluster apart, the most telling first.
    pub fn distinguishing(&self, cluster: usize) -> Vec<Trait> {
        let all = self.fit.distinguishing(cluster);
        all.into_iter().filter(|one| one.difference.abs() >= TELLING).collect()
    }

    /// A cluster's name: what its people have more or less of than others.
    pub fn name(&self, cluster: usize) -> Bilingual {
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for one in self.distinguishing(cluster).into_iter().take(NAMED_BY) {
            if let Some(feature) = FEATURES.get(one.column) {
                let word = feature.word(one.difference);
                en.push(word.en);
                zh.push(word.zh);
            }
        }
        if en.is_empty() {
            return Bilingual::new("like everybody", "与整体相近");
        }
        Bilingual::new(en.join(", "), zh.join("、"))
    }
}
