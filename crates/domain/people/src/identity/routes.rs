//! The addresses of identity.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Identity, decide, get_identity, get_policy, list_decisions, list_merges, list_reviews, preview_merge, put_policy,
    undo_decision,
};

/// Every address of identity, with its contract.
pub fn router(state: Arc<Identity>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_identity::get_identity))
        .routes(routes!(preview_merge::preview_merge))
        .routes(routes!(list_decisions::list_decisions, decide::decide))
        .routes(routes!(undo_decision::undo_decision))
        .routes(routes!(list_merges::list_merges))
        .routes(routes!(list_reviews::list_reviews))
        .routes(routes!(get_policy::get_policy, put_policy::put_policy))
        .with_state(state)
}
