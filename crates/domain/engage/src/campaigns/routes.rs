//! The addresses of campaigns.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Campaigns;
use super::{
    admit_shopper, close_campaign, examine, list_assignments, list_campaigns, pause_campaign, publish_campaign,
    put_campaign, review, show_history, show_numbers,
};

/// The addresses of campaigns.
pub fn router(state: Arc<Campaigns>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_campaigns::list_campaigns))
        .routes(routes!(list_campaigns::get_campaign, put_campaign::put_campaign))
        .routes(routes!(list_campaigns::list_campaign_versions))
        .routes(routes!(examine::check_campaign))
        .routes(routes!(publish_campaign::publish_campaign))
        .routes(routes!(pause_campaign::pause_campaign))
        .routes(routes!(pause_campaign::resume_campaign))
        .routes(routes!(close_campaign::close_campaign))
        .routes(routes!(show_history::show_campaign_history))
        .routes(routes!(show_numbers::show_campaign_numbers))
        .routes(routes!(admit_shopper::admit_to_campaign))
        .routes(routes!(list_assignments::list_campaign_assignments))
        .routes(routes!(review::show_campaign_review))
        .routes(routes!(review::export_campaign_review))
        .with_state(state)
}
