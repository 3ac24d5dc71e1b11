//! The routes of dashboards.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    adopt_template, delete_dashboard, duplicate_dashboard, list_dashboards, list_templates, put_dashboard,
    save_dashboard, share_dashboard, shared, show_dashboard,
};
use crate::reporting::Reporting;

/// The routes.
pub fn router(reporting: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_dashboards::list_dashboards))
        .routes(routes!(save_dashboard::save_dashboard))
        .routes(routes!(show_dashboard::show_dashboard))
        .routes(routes!(put_dashboard::put_dashboard))
        .routes(routes!(delete_dashboard::delete_dashboard))
        .routes(routes!(duplicate_dashboard::duplicate_dashboard))
        .routes(routes!(share_dashboard::list_shares))
        .routes(routes!(share_dashboard::share_dashboard))
        .routes(routes!(share_dashboard::revoke_share))
        .routes(routes!(list_templates::list_templates))
        .routes(routes!(adopt_template::adopt_template))
        .routes(routes!(shared::show_shared))
        .routes(routes!(shared::answer_shared))
        .with_state(reporting)
}
