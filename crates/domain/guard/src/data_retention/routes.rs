//! The addresses of data retention.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DataRetention, preview, put_rules, show_rules};

/// Its addresses, with their contract.
pub fn router(state: Arc<DataRetention>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show_rules::show_data_retention, put_rules::put_data_retention))
        .routes(routes!(preview::preview_data_retention))
        .with_state(state)
}
