//! The routes of saved insights.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{answer_insight, delete_insight, list_insights, save_insight, show_insight, update_insight};
use crate::reporting::Reporting;

/// The routes.
pub fn router(reporting: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_insights::list_insights))
        .routes(routes!(save_insight::save_insight))
        .routes(routes!(show_insight::show_insight))
        .routes(routes!(update_insight::update_insight))
        .routes(routes!(delete_insight::delete_insight))
        .routes(routes!(answer_insight::answer_insight))
        .with_state(reporting)
}
