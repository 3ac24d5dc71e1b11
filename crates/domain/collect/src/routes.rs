//! The addresses of this room.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Collect, import, ingest, live, quarantine, sources};

/// Every address of this room, with its contract. The Segment API is public: it is guarded by write keys.
pub fn router(state: Arc<Collect>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(ingest::take::take_events, ingest::preflight::preflight))
        .routes(routes!(sources::list::list_sources, sources::create::create_source))
        .routes(routes!(sources::update::update_source))
        .routes(routes!(sources::rotate::rotate_source))
        .routes(routes!(sources::signing::make_signing_secret, sources::signing::remove_signing_secret))
        .routes(routes!(quarantine::list::list_quarantine))
        .routes(routes!(live::recent::recent_events))
        .routes(routes!(live::stream::live_events))
        .routes(routes!(import::receive::receive_import))
        .with_state(state)
}

/// Only the address that events come in by, for a program that wants them to have a shorter way.
pub fn intake(state: Arc<Collect>) -> Router {
    Router::new().route("/v1/{call}", post(ingest::take::take_events)).with_state(state)
}
