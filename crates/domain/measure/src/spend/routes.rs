//! The routes of spend.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Spending, list_spend, put_spend};

/// The routes.
pub fn router(spending: Arc<Spending>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list_spend::list_spend, put_spend::put_spend)).with_state(spending)
}
