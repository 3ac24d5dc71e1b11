//! The addresses of webhooks.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    create_webhook, delete_webhook, list_deliveries, list_webhooks, replay, rotate_secret, test_webhook, update_webhook,
};
use crate::Engage;

/// Every address of this folder, with its contract.
pub(crate) fn routes() -> OpenApiRouter<Arc<Engage>> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks::list_webhooks, create_webhook::create_webhook))
        .routes(routes!(list_webhooks::show_webhook, update_webhook::update_webhook, delete_webhook::delete_webhook))
        .routes(routes!(rotate_secret::rotate_webhook_secret))
        .routes(routes!(test_webhook::test_webhook))
        .routes(routes!(list_deliveries::list_deliveries))
        .routes(routes!(replay::replay_dead_letters))
        .routes(routes!(replay::replay_delivery))
}
