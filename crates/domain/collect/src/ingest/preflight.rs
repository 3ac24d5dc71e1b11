//! A browser asks whether it may send.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::cors;

/// Writes the verb of one address.
macro_rules! address {
    ($name:ident, $path:literal $(, $parameter:literal)?) => {
        /// Answers a browser's preflight request: any origin may send events.
        #[utoipa::path(
            options, path = $path, operation_id = stringify!($name), tag = "collect",
            $(params(($parameter = String, Path, description = "As of the request itself")),)?
            responses((status = 204, description = "Events may be sent")),
            security(()),
        )]
        pub(crate) async fn $name() -> Response {
            cors::allow(StatusCode::NO_CONTENT.into_response())
        }
    };
}

address!(preflight_events, "/v1/{call}", "call");
address!(preflight_browser_settings, "/v1/projects/{key}/settings", "key");
address!(preflight_beacon, "/beacon/v1/batch");
address!(preflight_source_config, "/sourceConfig/");
address!(preflight_source_config_plain, "/sourceConfig");
address!(preflight_capture_batch, "/batch/");
address!(preflight_capture_event, "/e/");
address!(preflight_capture_event_v0, "/i/v0/e/");
address!(preflight_capture_event_old, "/capture/");
address!(preflight_flags, "/flags/");
address!(preflight_decide, "/decide/");
address!(preflight_sensors, "/sa");
address!(preflight_sensors_picture, "/sa.gif");
address!(preflight_sensors_debug, "/debug");
