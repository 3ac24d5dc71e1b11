//! The route of forecasts.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ask_forecast;
use crate::reporting::Reporting;

/// The route.
pub fn router(reporting: Arc<Reporting>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(ask_forecast::ask_forecast)).with_state(reporting)
}
