//! The routes of needs.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Needs, list_need_shoppers, list_needs};
use crate::People;

/// The routes, for these people.
pub fn router(people: Arc<People>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_needs::list_needs))
        .routes(routes!(list_need_shoppers::list_need_shoppers))
        .with_state(Arc::new(Needs::new(people)))
}
