//! The addresses of this room.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Guard, accounts, audit, keys, sessions};

/// Every address of this room, with its contract.
pub fn router(state: Arc<Guard>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(sessions::sign_in::sign_in, sessions::current::read_session, sessions::sign_out::sign_out))
        .routes(routes!(sessions::change_password::change_password))
        .routes(routes!(accounts::list::list_accounts, accounts::create::create_account))
        .routes(routes!(accounts::update::change_account, accounts::remove::delete_account))
        .routes(routes!(keys::list::list_keys, keys::create::create_key))
        .routes(routes!(keys::revoke::delete_key))
        .routes(routes!(keys::rotate::rotate_key))
        .routes(routes!(audit::list::list_audit))
        .with_state(state)
}
