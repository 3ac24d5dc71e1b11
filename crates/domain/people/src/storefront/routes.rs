//! The routes of the storefront.

use std::sync::Arc;

use axum::middleware::from_fn;
use fanvine_contracts::storefront::ShopperTokens;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Storefront, cors, get_settings, preflight, put_settings, show_profile};
use crate::People;

/// The routes, for these people; `tokens` says whom a token names.
pub fn router(people: Arc<People>, tokens: Arc<dyn ShopperTokens>) -> OpenApiRouter {
    let state = Arc::new(Storefront::new(people, tokens));
    let open = OpenApiRouter::new()
        .routes(routes!(show_profile::show_profile, preflight::preflight_profile))
        .layer(from_fn(cors::open));
    OpenApiRouter::new()
        .routes(routes!(get_settings::get_settings, put_settings::put_settings))
        .merge(open)
        .with_state(state)
}
