//! The routes of erasing.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{erase_person, list_erasures};
use crate::People;

/// The routes, for these people.
pub fn router(people: Arc<People>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(erase_person::erase_person))
        .routes(routes!(list_erasures::list_erasures))
        .with_state(people)
}
