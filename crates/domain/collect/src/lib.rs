//! Collecting: how facts come in, over HTTP from clients and servers, and from files of the past.
//!
//! This room decides what is a valid event, keeps what is not with its reason, and answers only when either is
//! durable. It must never learn what events mean to other rooms, nor how the log or the store keep them.
//!
//! [`segment`] decodes, [`ingest`] answers clients; [`posthog`], [`sensors`] and [`rudder`] do both for theirs, and
//! [`shops`] for webhooks, in the words of [`said`]. [`sources`] holds the write keys, [`quarantine`] what was refused,
//! [`live`] shows events as they arrive, [`import`] reads files. [`plan`] says which events are meant to come and in which
//! form, [`quality`] counts how they do.

pub mod import;
pub mod ingest;
pub mod live;
pub mod plan;
pub mod posthog;
pub mod quality;
pub mod quarantine;
mod routes;
pub mod rudder;
pub mod said;
pub mod segment;
pub mod sensors;
pub mod shops;
pub mod sources;

use std::sync::{Arc, PoisonError, RwLock};

use fanvine_contracts::products::DescribedProducts;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Clock, Currency, Entropy};
use fanvine_store::{Migration, Store};
use fanvine_stream::Log;
use tokio::sync::{Mutex, Semaphore, watch};

pub use ingest::rate::RateLimit;
pub use ingest::traffic::{NotSubnet, Subnet, Traffic};
pub use routes::{intake, router};
pub use segment::Limits;
pub use sources::{Source, SourceError};

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "collect/0001_sources", sql: include_str!("../migrations/0001_sources.sql") },
    Migration { name: "collect/0002_signing", sql: include_str!("../migrations/0002_signing.sql") },
    Migration { name: "collect/0003_webhooks", sql: include_str!("../migrations/0003_webhooks.sql") },
    Migration { name: "collect/0004_tracking_plan", sql: include_str!("../migrations/0004_tracking_plan.sql") },
    Migration { name: "collect/0005_old_write_keys", sql: include_str!("../migrations/0005_old_write_keys.sql") },
    Migration { name: "collect/0006_custom_webhooks", sql: include_str!("../migrations/0006_custom_webhooks.sql") },
    Migration { name: "collect/0007_completion", sql: include_str!("../migrations/0007_completion.sql") },
    Migration { name: "collect/0008_two_languages", sql: include_str!("../migrations/0008_two_languages.sql") },
    Migration { name: "collect/0009_key_use", sql: include_str!("../migrations/0009_key_use.sql") },
];

/// What the program may set.
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// How much one request may hold.
    pub limits: Limits,
    /// How fast one source may send; as fast as it can if there is none.
    pub rate: Option<RateLimit>,
    /// The currency of amounts that give none: the shop's.
    pub currency: Option<Currency>,
    /// How many may watch events live at once.
    pub live_readers: usize,
    /// What is marked as no shopper's doing.
    pub traffic: ingest::traffic::Traffic,
}

impl Default for CollectOptions {
    fn default() -> Self {
        let traffic = ingest::traffic::Traffic::default();
        Self { limits: Limits::default(), rate: None, currency: None, live_readers: 64, traffic }
    }
}

/// The state of this room: what its handlers share.
pub struct Collect {
    pub(crate) log: Log,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) limits: Limits,
    pub(crate) rates: ingest::rate::Rates,
    pub(crate) keys: sources::KeyTable,
    pub(crate) secrets: sources::signing::SecretTable,
    pub(crate) hooks: shops::set_webhook::HookTable,
    pub(crate) plan: plan::InForce,
    pub(crate) quality: quality::Quality,
    pub(crate) traffic: Arc<ingest::traffic::Traffic>,
    pub(crate) products: Option<Arc<dyn DescribedProducts>>,
    pub(crate) reloading: Mutex<()>,
    pub(crate) live_readers: Arc<Semaphore>,
    pub(crate) closing: watch::Sender<bool>,
    currency: RwLock<Option<Currency>>,
}

impl std::fmt::Debug for Collect {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Collect").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Collect {
    /// Opens the room on a store that has its [`MIGRATIONS`], and reads the write keys.
    ///
    /// # Errors
    /// The store failed.
    pub async fn open(
        log: Log,
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        options: CollectOptions,
    ) -> Result<Self, SourceError> {
        let quality = quality::Quality::new(clock.now());
        let collect = Self {
            log,
            store,
            clock,
            entropy,
            limits: options.limits,
            rates: ingest::rate::Rates::new(options.rate),
            traffic: Arc::new(options.traffic),
            products: None,
            keys: sources::KeyTable::default(),
            secrets: sources::signing::SecretTable::default(),
            hooks: shops::set_webhook::HookTable::default(),
            plan: plan::InForce::default(),
            quality,
            reloading: Mutex::new(()),
            live_readers: Arc::new(Semaphore::new(options.live_readers)),
            closing: watch::Sender::new(false),
            currency: RwLock::new(options.currency),
        };
        collect.reload_sources().await?;
        collect.reload_plan().await.map_err(|error| match error {
            plan::PlanError::Store(error) => SourceError::Store(error),
            other => SourceError::Plan(Box::new(other)),
        })?;
        Ok(collect)
    }

    /// With a catalogue, by which the events of the sources that want it are completed.
    #[must_use]
    pub fn with_products(mut self, products: Arc<dyn DescribedProducts>) -> Self {
        self.products = Some(products);
        self
    }

    /// The currency of amounts that give none.
    pub fn currency(&self) -> Option<Currency> {
        *self.currency.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the currency of amounts that give none, for events from now on.
    pub fn set_currency(&self, currency: Option<Currency>) {
        *self.currency.write().unwrap_or_else(PoisonError::into_inner) = currency;
    }

    /// What came from each source since the program started, by its id.
    pub fn taken(&self) -> Vec<(SourceId, quality::Taken)> {
        self.quality.all()
    }

    /// Ends the streams of those who watch live, so that a server that is shutting down can drain.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }
}
