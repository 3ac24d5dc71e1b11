//! `GET /api/v1/people/clusters/{cluster}/members`: who is in a cluster, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::show_clusters::{Cluster, ClustersQuery};
use super::{Likeness, LikenessBasis, LikenessError};
use crate::identity::PersonId;

const USUAL: u64 = 100;
const MOST: u64 = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClusterPageQuery {
    /// At most so many, 1 to 1000; 100 if absent.
    pub limit: Option<u64>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A page of the people of a cluster.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterMembers {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: LikenessBasis,
    /// The cluster.
    pub cluster: Cluster,
    /// The people, by their ids.
    pub members: Vec<ClusterMember>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// A person of a cluster.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterMember {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// Their value of each feature, in the order and the units of the cluster's centre.
    pub values: Vec<f64>,
}

/// List who is in a cluster
///
/// Give the same `clusters` and `seed` as for `show_clusters`.
#[utoipa::path(
    get, path = "/api/v1/people/clusters/{cluster}/members", tag = "people", operation_id = "list_cluster_members",
    params(("cluster" = usize, Path, description = "The cluster's number"), ClustersQuery, ClusterPageQuery),
    responses(
        (status = 200, description = "A page of people", body = ClusterMembers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_cluster_members(
    State(likeness): State<Arc<Likeness>>,
    Segment(cluster): Segment<usize>,
    Params(query): Params<ClustersQuery>,
    Params(page): Params<ClusterPageQuery>,
) -> Answer<Json<ClusterMembers>> {
    let (asked, limit) = (query.read()?, page.limit.unwrap_or(USUAL));
    if !(1..=MOST).contains(&limit) {
        return Err(LikenessError::Number { name: "limit", value: limit, least: 1, most: MOST }.into());
    }
    let after =
        |text: &str| text.parse::<PersonId>().map_err(|_| LikenessError::After(text.chars().take(64).collect()));
    let after = page.after.as_deref().map(after).transpose()?;
    let features = likeness.features(query.fresh == Some(1)).await?;
    let clustering = likeness.clusters(&features, asked).await?;
    if cluster >= clustering.count() {
        return Err(LikenessError::Cluster { cluster, clusters: clustering.count() }.into());
    }
    // Places follow the ids, so this is the order of the pages, also from one count to the next.
    let first = after.map_or(0, |id| features.first_after(id));
    let limit = limit as usize;
    let mut places: Vec<usize> = clustering.members(cluster).filter(|place| *place >= first).take(limit + 1).collect();
    let more = places.len() > limit;
    places.truncate(limit);
    let who = features.who(&likeness.people, places.iter().copied());
    let members: Vec<ClusterMember> = who
        .into_iter()
        .zip(&places)
        .map(|((person_id, shopper_id), place)| ClusterMember {
            person_id,
            shopper_id,
            values: features.row(*place).to_vec(),
        })
        .collect();
    let next = members.last().filter(|_| more).map(|last| last.person_id.clone());
    let cluster = Cluster::of(&features, &clustering, cluster);
    Ok(Json(ClusterMembers { basis: (&*features).into(), cluster, members, next }))
}
