//! The routes of alerts.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{acknowledge, delete_alert, list_alerts, list_raisings, preview_alert, save_alert};
use crate::reporting::Reporting;

/// The routes.
pub fn router(reporting: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_alerts::list_alerts))
        .routes(routes!(save_alert::save_alert))
        .routes(routes!(save_alert::put_alert))
        .routes(routes!(delete_alert::delete_alert))
        .routes(routes!(preview_alert::preview_alert))
        .routes(routes!(list_raisings::list_raisings))
        .routes(routes!(acknowledge::acknowledge_raising))
        .with_state(reporting)
}
