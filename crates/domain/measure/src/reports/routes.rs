//! The routes of reports.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    delete_plan, delete_report, list_plans, list_reports, make_report, preview_report, read_report, save_plan,
    show_report,
};
use crate::reporting::Reporting;

/// The routes.
pub fn router(reporting: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_plans::list_report_plans))
        .routes(routes!(save_plan::save_report_plan))
        .routes(routes!(save_plan::put_report_plan))
        .routes(routes!(delete_plan::delete_report_plan))
        .routes(routes!(list_reports::list_reports))
        .routes(routes!(make_report::make_report))
        .routes(routes!(preview_report::preview_report))
        .routes(routes!(show_report::show_report))
        .routes(routes!(read_report::read_report_html))
        .routes(routes!(read_report::read_report_pdf))
        .routes(routes!(delete_report::delete_report))
        .with_state(reporting)
}
