//! Webhooks: whoever subscribed is told of events by HTTP, signed, at least once, until they take it or it is given up.
//!
//! The log is where facts come from. [`Engage::take_in`] turns each event into a delivery for every subscription that wants
//! it, in one transaction with how far it has read; [`Engage::deliver`] sends what is due. A delivery keeps its message id
//! however often it is sent, so that a receiver knows it again.

mod address;
mod collect;
mod create_webhook;
mod delete_webhook;
mod deliver;
mod filter;
mod list_deliveries;
mod list_webhooks;
mod message;
mod replay;
mod rotate_secret;
pub(crate) mod routes;
mod sender;
mod sign;
mod store;
mod test_webhook;
mod update_webhook;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::StoreError;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};
use utoipa::ToSchema;

use crate::Engage;
use address::AddressError;
use filter::{FilterError, Filters};
use sender::Sender;

const SECOND: i64 = 1_000_000;
/// Most subscriptions of a shop.
const MOST_WEBHOOKS: usize = 100;
const LONGEST_DESCRIPTION: usize = 500;

/// What the program may set.
#[derive(Debug, Clone)]
pub struct WebhooksOptions {
    /// Whether messages may go to addresses that are not public.
    pub private_addresses: bool,
    /// How long a receiver may take to answer.
    pub timeout: Duration,
    /// After so many attempts a message is a dead letter.
    pub attempts: u32,
    /// How long after the first attempt the second follows; each later pause is four times as long …
    pub first_pause: Duration,
    /// … up to this one.
    pub longest_pause: Duration,
    /// How long deliveries are kept once they were taken.
    pub keep_delivered: Duration,
    /// How long dead letters are kept.
    pub keep_dead: Duration,
}

impl Default for WebhooksOptions {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Self {
            private_addresses: false,
            timeout: Duration::from_secs(15),
            attempts: 10,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(12 * 3_600),
            keep_delivered: days(7),
            keep_dead: days(30),
        }
    }
}

/// Who is told of which events.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub webhook_id: String,
    pub url: String,
    pub description: String,
    pub filters: Filters,
    /// Whether what others send by a write key is told too.
    pub clients_too: bool,
    pub secret: String,
    /// The secret before, and until when messages are signed with it too.
    pub before: Option<(String, Timestamp)>,
    pub paused: Option<Paused>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Since when nothing is sent, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Paused {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why.
    pub why: PausedWhy,
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PausedWhy {
    /// Somebody wanted it so.
    Asked,
    /// The receiver answered 410: it is not there any more.
    Gone,
}

/// A subscription as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its identifier.
    pub webhook_id: String,
    /// Where messages go.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Of which events it is told: names, beginnings of names such as `Redemption *`, or `*` for all.
    pub events: Vec<String>,
    /// Whether it is also told of what clients and servers sent by a write key, not only of what Fanvine itself says.
    pub clients_too: bool,
    /// Since when and why nothing is sent; null while it is.
    pub paused: Option<Paused>,
    /// Until when messages are signed with the secret before, too.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub secret_before_until: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Its deliveries that are kept, by what became of them.
    pub deliveries: Counts,
}

/// How many deliveries there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Waiting to be sent, for the first time or again.
    pub waiting: i64,
    /// Taken by the receiver.
    pub delivered: i64,
    /// Given up.
    pub dead: i64,
}

/// Why something about webhooks was not done.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// The address is none that can be sent to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The events cannot be so.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The description is too long.
    #[error("the description has {bytes} bytes, where at most {LONGEST_DESCRIPTION} can be")]
    Description {
        /// How long it is.
        bytes: usize,
    },
    /// There are too many.
    #[error("there are {MOST_WEBHOOKS} webhooks already, and there can be no more")]
    TooMany,
    /// There is none of that identifier.
    #[error("there is no webhook {0}")]
    Unknown(String),
    /// There is no delivery of that number.
    #[error("webhook {webhook_id} has no delivery {delivery_id}")]
    UnknownDelivery {
        /// The webhook.
        webhook_id: String,
        /// The delivery.
        delivery_id: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WebhooksError> for Problem {
    fn from(error: WebhooksError) -> Self {
        let code = match error {
            WebhooksError::Store(error) => return error.into(),
            WebhooksError::Unknown(_) | WebhooksError::UnknownDelivery { .. } => Code::NotFound,
            WebhooksError::TooMany => Code::Conflict,
            WebhooksError::Address(_) | WebhooksError::Filter(_) | WebhooksError::Description { .. } => {
                Code::InvalidWebhook
            }
        };
        Problem::new(code, error.to_string())
    }
}

/// What this folder keeps in memory.
pub(crate) struct Webhooks {
    pub options: WebhooksOptions,
    pub sender: Sender,
    /// All subscriptions. Read anew by whoever changed one, before they answer.
    all: RwLock<Arc<Vec<Webhook>>>,
    /// Held while they are changed and read anew, so that an older reading never replaces a newer one.
    changing: Mutex<()>,
    /// Rung when there may be something to send.
    pub bell: Notify,
}

impl Webhooks {
    pub fn new(options: WebhooksOptions) -> Self {
        let sender = Sender::new(options.private_addresses, options.timeout);
        Self { options, sender, all: RwLock::default(), changing: Mutex::default(), bell: Notify::new() }
    }

    /// All subscriptions.
    pub fn all(&self) -> Arc<Vec<Webhook>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engage {
    /// Reads the subscriptions anew.
    pub(crate) async fn read_webhooks(&self) -> Result<(), WebhooksError> {
        let all = self.store.read(|tx| Box::pin(store::all(tx))).await?;
        *self.webhooks.all.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
        self.webhooks.bell.notify_one();
        Ok(())
    }

    /// The subscription of that identifier.
    pub(crate) fn webhook(&self, webhook_id: &str) -> Result<Webhook, WebhooksError> {
        let all = self.webhooks.all();
        let found = all.iter().find(|one| one.webhook_id == webhook_id).cloned();
        found.ok_or_else(|| WebhooksError::Unknown(webhook_id.to_owned()))
    }

    /// Saves a subscription, made or changed.
    pub(crate) async fn save_webhook(&self, webhook: Webhook) -> Result<WebhookView, WebhooksError> {
        let saved = webhook.clone();
        self.store.write(move |tx| Box::pin(async move { store::save(tx, &saved).await })).await?;
        self.read_webhooks().await?;
        self.view(&webhook.webhook_id).await
    }

    /// Takes its turn to change subscriptions.
    pub(crate) async fn changing_webhooks(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.webhooks.changing.lock().await
    }

    pub(crate) async fn view(&self, webhook_id: &str) -> Result<WebhookView, WebhooksError> {
        let webhook = self.webhook(webhook_id)?;
        let id = webhook_id.to_owned();
        let counts = self.store.read(|tx| Box::pin(async move { store::counts(tx, &id).await })).await?;
        Ok(webhook.view(counts))
    }
}

impl Webhook {
    pub fn view(&self, deliveries: Counts) -> WebhookView {
        WebhookView {
            webhook_id: self.webhook_id.clone(),
            url: self.url.clone(),
            description: self.description.clone(),
            events: self.filters.texts().to_vec(),
            clients_too: self.clients_too,
            paused: self.paused.clone(),
            secret_before_until: self.before.as_ref().map(|(_, until)| *until),
            created_at: self.created_at,
            updated_at: self.updated_at,
            deliveries,
        }
    }
}

fn check_description(text: &str) -> Result<(), WebhooksError> {
    if text.len() > LONGEST_DESCRIPTION {
        return Err(WebhooksError::Description { bytes: text.len() });
    }
    Ok(())
}
