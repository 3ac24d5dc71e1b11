//! Campaigns, and what is sent to whom: webhooks to the shop's other programs, and e-mail.
//!
//! It decides who takes part in a campaign and who is held out, when a campaign pauses and ends, and what it did; and who is
//! told of an event, when a message that was not taken is sent again, and when that is given up. It must never learn how an
//! offer or a play works, nor what an event means.

pub mod campaigns;
pub mod email;
pub mod webhooks;

use std::sync::Arc;

use fanvine_contracts::mail::Mailer;
use fanvine_kernel::{Clock, Entropy};
use fanvine_store::{Migration, Store};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use webhooks::{Webhooks, WebhooksError, WebhooksOptions};

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "engage/0001_webhooks", sql: include_str!("../migrations/0001_webhooks.sql") },
    Migration { name: "engage/0002_campaigns", sql: include_str!("../migrations/0002_campaigns.sql") },
];

/// The room's state.
pub struct Engage {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) webhooks: Webhooks,
    pub(crate) mailer: Arc<dyn Mailer>,
}

impl Engage {
    /// The room over a store that holds [`MIGRATIONS`].
    ///
    /// # Errors
    /// The store failed, or this machine's certificates cannot be read.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        mailer: Arc<dyn Mailer>,
        options: WebhooksOptions,
    ) -> Result<Self, WebhooksError> {
        let webhooks = Webhooks::new(options);
        let engage = Self { store, clock, entropy, webhooks, mailer };
        engage.read_webhooks().await?;
        Ok(engage)
    }

    /// By which other rooms send e-mail.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        self.mailer.clone()
    }
}

/// The room's routes.
pub fn router(state: Arc<Engage>) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(webhooks::routes::routes())
        .routes(routes!(email::show_email::show_email))
        .routes(routes!(email::send_test::send_test_email))
        .with_state(state)
}
