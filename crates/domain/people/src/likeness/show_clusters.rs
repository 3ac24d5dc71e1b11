//! `GET /api/v1/people/clusters`: everybody in groups of people who are alike.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::clustering::{Asked, Clustering, MOST_CLUSTERS};
use super::features::{FEATURES, Features};
use super::{Likeness, LikenessBasis, LikenessError};
use crate::shoppers::show_person::Explanation;

/// How to cluster.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClustersQuery {
    /// How many clusters, 2 to 20; if absent, the number from 2 to 8 whose silhouette is best.
    pub clusters: Option<u64>,
    /// Where the random numbers begin: the same seed gives the same clusters. 1 if absent.
    pub seed: Option<u64>,
    /// 1 looks at everybody anew, rather than answer from up to a minute ago.
    pub fresh: Option<u8>,
}

impl ClustersQuery {
    pub(super) fn read(&self) -> Result<Asked, LikenessError> {
        if let Some(value) = self.clusters.filter(|count| !(2..=MOST_CLUSTERS).contains(count)) {
            return Err(LikenessError::Number { name: "clusters", value, least: 2, most: MOST_CLUSTERS });
        }
        Ok(Asked { clusters: self.clusters.map(|count| count as usize), seed: self.seed.unwrap_or(1) })
    }
}

/// Everybody in clusters.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterReport {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: LikenessBasis,
    /// On how many people the centres were found; the others were given to the nearest.
    pub fitted: usize,
    /// Where the random numbers began.
    pub seed: u64,
    /// How well the clusters are apart, −1 to 1.
    pub silhouette: f64,
    /// The same of each number of clusters that was tried.
    pub tried: Vec<ClusterTrial>,
    /// What people are compared by.
    pub features: Vec<LikenessFeature>,
    /// The clusters, numbered from 0.
    pub clusters: Vec<Cluster>,
}

/// How well so many clusters are apart.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterTrial {
    /// So many.
    pub clusters: usize,
    /// −1 to 1.
    pub silhouette: f64,
}

/// Something people are compared by.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LikenessFeature {
    /// Its name.
    pub feature: &'static str,
    /// What it is.
    pub label: Explanation,
}

/// A group of people who are alike.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Cluster {
    /// Its number: list its people by it, with the same `clusters` and `seed`.
    pub cluster: usize,
    /// What its people have more or less of than others.
    pub name: Explanation,
    /// How many people.
    pub people: usize,
    /// Of everybody, 0 to 1.
    pub share: f64,
    /// The mean of each feature, in the order of `features` and in its own unit.
    pub centre: Vec<f64>,
    /// What sets it apart, the most telling first.
    pub distinguishing: Vec<ClusterTrait>,
}

/// What sets a cluster apart.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterTrait {
    /// Which feature.
    pub feature: &'static str,
    /// By how many standard deviations its people differ from all others, on the scale on which people are compared
    /// (amounts by their logarithm).
    pub difference: f64,
    /// In words.
    pub word: Explanation,
}

/// Show everybody in clusters
#[utoipa::path(
    get, path = "/api/v1/people/clusters", tag = "people", operation_id = "show_clusters",
    params(ClustersQuery),
    responses(
        (status = 200, description = "The clusters", body = ClusterReport),
        (status = 409, description = "Too few people", body = ProblemBody, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_clusters(
    State(likeness): State<Arc<Likeness>>,
    Params(query): Params<ClustersQuery>,
) -> Answer<Json<ClusterReport>> {
    let asked = query.read()?;
    let features = likeness.features(query.fresh == Some(1)).await?;
    let clustering = likeness.clusters(&features, asked).await?;
    Ok(Json(report(&features, &clustering, asked.seed)))
}

fn report(features: &Features, clustering: &Clustering, seed: u64) -> ClusterReport {
    let tried = clustering
        .tried
        .iter()
        .map(|(clusters, silhouette)| ClusterTrial { clusters: *clusters, silhouette: *silhouette });
    let label =
        |feature: &super::features::Feature| LikenessFeature { feature: feature.name, label: feature.label().into() };
    ClusterReport {
        basis: features.into(),
        fitted: clustering.fitted,
        seed,
        silhouette: clustering.silhouette(),
        tried: tried.collect(),
        features: FEATURES.iter().map(label).collect(),
        clusters: (0..clustering.count()).map(|number| Cluster::of(features, clustering, number)).collect(),
    }
}

impl Cluster {
    pub(super) fn of(features: &Features, clustering: &Clustering, number: usize) -> Self {
        let people = clustering.sizes.get(number).copied().unwrap_or(0);
        let distinguishing = clustering.distinguishing(number).into_iter().filter_map(|one| {
            let feature = FEATURES.get(one.column)?;
            let word = feature.word(one.difference).into();
            Some(ClusterTrait { feature: feature.name, difference: one.difference, word })
        });
        Self {
            cluster: number,
            name: clustering.name(number).into(),
            people,
            share: people as f64 / features.len().max(1) as f64,
            centre: clustering.means.get(number).map(|means| means.to_vec()).unwrap_or_default(),
            distinguishing: distinguishing.collect(),
        }
    }
}
