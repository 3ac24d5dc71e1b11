//! The addresses of this room.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ingest::preflight;
use crate::{Collect, import, ingest, live, plan, posthog, quality, quarantine, rudder, sensors, shops, sources};

/// Every address of this room, with its contract. The Segment API is public: it is guarded by write keys.
pub fn router(state: Arc<Collect>) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(clients())
        .routes(routes!(sources::list::list_sources, sources::create::create_source))
        .routes(routes!(sources::update::update_source))
        .routes(routes!(sources::rotate::rotate_source))
        .routes(routes!(sources::signing::make_signing_secret, sources::signing::remove_signing_secret))
        .routes(routes!(
            shops::set_webhook::set_webhook,
            shops::set_webhook::show_webhook,
            shops::set_webhook::remove_webhook
        ))
        .routes(routes!(shops::preview_webhook::preview_webhook))
        .routes(routes!(shops::receive::take_webhook))
        .routes(routes!(quarantine::list::list_quarantine))
        .routes(routes!(quarantine::replay::replay_message))
        .routes(routes!(quarantine::discard::discard_message))
        .routes(routes!(plan::show_plan::show_tracking_plan, plan::put_plan::put_tracking_plan))
        .routes(routes!(plan::list_plans::list_tracking_plans))
        .routes(routes!(plan::infer_plan::infer_tracking_plan))
        .routes(routes!(quality::show_quality::show_quality))
        .routes(routes!(live::recent::recent_events))
        .routes(routes!(live::stream::live_events))
        .routes(routes!(import::receive::receive_import))
        .with_state(state)
}

/// What clients of others' making send to. Public: guarded by write keys.
fn clients() -> OpenApiRouter<Arc<Collect>> {
    OpenApiRouter::new()
        .routes(routes!(ingest::take::take_events, preflight::preflight_events))
        .routes(routes!(ingest::browser_settings::show_browser_settings, preflight::preflight_browser_settings))
        .routes(routes!(rudder::beacon::take_beacon, preflight::preflight_beacon))
        .routes(routes!(rudder::source_config::show_source_config, preflight::preflight_source_config))
        .routes(routes!(rudder::source_config::show_source_config_plain, preflight::preflight_source_config_plain))
        .routes(routes!(posthog::capture::capture_batch, preflight::preflight_capture_batch))
        .routes(routes!(posthog::capture::capture_event, preflight::preflight_capture_event))
        .routes(routes!(posthog::capture::capture_event_v0, preflight::preflight_capture_event_v0))
        .routes(routes!(posthog::capture::capture_event_old, preflight::preflight_capture_event_old))
        .routes(routes!(posthog::flags::show_no_flags, preflight::preflight_flags))
        .routes(routes!(posthog::flags::show_no_decision, preflight::preflight_decide))
        .routes(routes!(
            sensors::receive::sensors_data,
            sensors::receive::sensors_data_get,
            preflight::preflight_sensors
        ))
        .routes(routes!(
            sensors::receive::sensors_picture,
            sensors::receive::sensors_picture_post,
            preflight::preflight_sensors_picture
        ))
        .routes(routes!(
            sensors::receive::sensors_debug,
            sensors::receive::sensors_debug_get,
            preflight::preflight_sensors_debug
        ))
}

/// Only the address that events come in by, for a program that wants them to have a shorter way.
pub fn intake(state: Arc<Collect>) -> Router {
    Router::new().route("/v1/{call}", post(ingest::take::take_events)).with_state(state)
}
