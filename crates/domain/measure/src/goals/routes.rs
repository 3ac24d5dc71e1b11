//! The routes of goals.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{delete_goal, list_goals, save_goal, show_goal};
use crate::reporting::Reporting;

/// The routes.
pub fn router(reporting: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_goals::list_goals))
        .routes(routes!(save_goal::save_goal))
        .routes(routes!(show_goal::show_goal))
        .routes(routes!(save_goal::put_goal))
        .routes(routes!(delete_goal::delete_goal))
        .with_state(reporting)
}
