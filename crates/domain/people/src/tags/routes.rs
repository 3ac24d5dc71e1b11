//! The routes of tags.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::tagging::Tagging;
use super::{
    delete_tag, list_tags, preview_tag, put_behaviours, put_tag, put_weights, restore_tag, show_distribution, show_tag,
};
use crate::People;

/// The routes, for these people.
pub fn router(people: Arc<People>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_tags::list_tags))
        .routes(routes!(preview_tag::preview_tag))
        .routes(routes!(put_behaviours::put_behaviours))
        .routes(routes!(show_tag::show_tag, put_tag::put_tag, delete_tag::delete_tag))
        .routes(routes!(restore_tag::restore_tag))
        .routes(routes!(show_distribution::show_distribution))
        .routes(routes!(put_weights::put_weights))
        .with_state(Arc::new(Tagging::new(people)))
}
