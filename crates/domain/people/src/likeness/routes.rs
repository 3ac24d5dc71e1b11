//! The routes of these questions.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Likeness, find_look_alikes, list_cluster_members, show_clusters};
use crate::People;

/// The routes, for these people.
pub fn router(people: Arc<People>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show_clusters::show_clusters))
        .routes(routes!(list_cluster_members::list_cluster_members))
        .routes(routes!(find_look_alikes::find_look_alikes))
        .with_state(Arc::new(Likeness::new(people)))
}
