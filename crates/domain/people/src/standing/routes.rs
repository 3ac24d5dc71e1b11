//! The routes of these questions.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Standing, list_rfm_group, list_stage, list_value_tenth, show_churn, show_lifecycle, show_person_churn,
    show_person_value, show_rfm, show_value,
};
use crate::People;

/// The routes, for these people.
pub fn router(people: Arc<People>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(show_rfm::show_rfm))
        .routes(routes!(list_rfm_group::list_rfm_group))
        .routes(routes!(show_lifecycle::show_lifecycle))
        .routes(routes!(list_stage::list_stage))
        .routes(routes!(show_value::show_value))
        .routes(routes!(list_value_tenth::list_value_tenth))
        .routes(routes!(show_person_value::show_person_value))
        .routes(routes!(show_churn::show_churn))
        .routes(routes!(show_person_churn::show_person_churn))
        .with_state(Arc::new(Standing::new(people)))
}
