//! The wiring: every room opened, in order, and handed what it needs of the others.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fanvine_collect::{Collect, CollectOptions, Limits, RateLimit, Subnet, Traffic};
use fanvine_commerce::Commerce;
use fanvine_engage::Engage;
use fanvine_engage::campaigns::{Admissions, CampaignOthers, Campaigns};
use fanvine_guard::{Guard, GuardOptions};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Clock, Entropy, Timestamp};
use fanvine_lake::{Lake, LakeOptions};
use fanvine_measure::Measure;
use fanvine_measure::reporting::Reporting;
use fanvine_measure::spend::{Spending, table::SpendTable};
use fanvine_measure::sql;
use fanvine_measure::walks::KnownPersons;
use fanvine_people::People;
use fanvine_promote::{Others, Promote};
use fanvine_store::{Migration, Store};
use fanvine_stream::{Log, LogOptions};

use crate::ambient::{SystemClock, SystemEntropy};
use crate::metrics::Metrics;
use crate::projections::Progress;
use crate::settings::Settings;

/// The open program.
pub struct Program {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// How it was configured.
    pub settings: Settings,
    /// The event log.
    pub log: Log,
    /// The operational store.
    pub store: Store,
    /// The columnar event store.
    pub lake: Lake,
    /// Events in.
    pub collect: Arc<Collect>,
    /// Catalogue and orders.
    pub commerce: Arc<Commerce>,
    /// Who the shoppers are.
    pub people: Arc<People>,
    /// Offers, quotes, the ledger.
    pub promote: Arc<Promote>,
    /// What is sent to whom.
    pub engage: Arc<Engage>,
    /// Campaigns, with whom they hold out.
    pub campaigns: Arc<Campaigns>,
    /// Questions.
    pub measure: Arc<Measure>,
    /// What was paid for marketing.
    pub spending: Arc<Spending>,
    /// What is kept of them.
    pub reporting: Arc<Reporting>,
    /// Accounts and keys.
    pub guard: Arc<Guard>,
    /// How far each projection has come.
    pub progress: Progress,
    /// The requests that were answered.
    pub metrics: Arc<Metrics>,
    /// When it was opened.
    pub started_at: Timestamp,
    /// By which this machine's own `fanvine import` is recognised.
    pub local_token: Arc<str>,
}

impl Program {
    /// Opens everything in `data_dir`, creating what is not there yet. Fails with
    /// [`fanvine_stream::LogError::Locked`] in its chain when another process has it open.
    pub async fn open(data_dir: &Path, settings: Settings) -> Result<Arc<Self>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("cannot create the data folder {}", data_dir.display()))?;
        let log = open_log(data_dir, &settings).await?;
        let store = open_store(data_dir, &settings).await?;
        let lake = open_lake(data_dir, &settings).await?;
        let commerce = Arc::new(Commerce {
            store: store.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            source: own_source(),
            currency: settings.shop.currency,
            described: Arc::default(),
        });
        let collect = open_collect(&settings, &store, &log, &clock, &entropy).await?;
        let collect = Arc::new(collect.with_products(commerce.clone()));
        for table in commerce.tables() {
            lake.register(table);
        }
        let people = People::open(store.clone(), lake.clone(), clock.clone(), settings.zone()?).await;
        let people = Arc::new(people.context("cannot read who the shoppers are")?);
        for table in people.tables() {
            lake.register(table);
        }
        let admissions = Admissions::open(store.clone(), people.clone()).await;
        let admissions = admissions.context("cannot read the campaigns")?;
        let promote = Promote::open(store.clone(), clock.clone(), entropy.clone(), settings.zone()?).await;
        let promote = promote.context("cannot read the offers")?.asking(Others {
            audience: people.clone(),
            traits: people.clone(),
            orders: commerce.clone(),
            prices: commerce.clone(),
            campaigns: admissions.clone(),
        });
        let promote = Arc::new(promote.with_reference_days(settings.offers.reference_days));
        let campaign_others = CampaignOthers {
            pieces: promote.clone(),
            audience: people.clone(),
            persons: people.identity().clone(),
            orders: commerce.clone(),
        };
        let campaigns = Campaigns::new(store.clone(), clock.clone(), entropy.clone(), admissions, campaign_others);
        let mailer = settings.email.mailer()?;
        let webhooks = settings.webhooks.options();
        let engage = Engage::open(store.clone(), clock.clone(), entropy.clone(), mailer.clone(), webhooks).await;
        let engage = Arc::new(engage.context("cannot read the webhooks")?);
        let measure = Arc::new(Measure {
            lake: lake.clone(),
            clock: clock.clone(),
            zone: settings.zone()?,
            currency: settings.shop.currency,
            limits: sql::Limits {
                rows: settings.lake.query_rows,
                timeout: Duration::from_secs(settings.lake.query_timeout_s),
            },
            identity: people.identity().clone(),
            audience: people.clone(),
            known: people.clone(),
            lists: people.clone(),
            persons: KnownPersons::default(),
        });
        let reporting = Arc::new(Reporting {
            measure: measure.clone(),
            store: store.clone(),
            entropy: entropy.clone(),
            mailer,
            shop: settings.shop.name.clone(),
            answers: Default::default(),
        });
        lake.register(Arc::new(SpendTable { store: store.clone() }));
        let spending = Arc::new(Spending { measure: measure.clone(), store: store.clone() });
        let guard_options = GuardOptions { secure_cookies: settings.guard.secure_cookies, ..GuardOptions::default() };
        let guard = Arc::new(Guard::new(store.clone(), clock.clone(), entropy.clone(), guard_options));
        let local_token = random_token(entropy.as_ref()).into();
        let data_dir = data_dir.to_owned();
        let progress = Progress::default();
        let started_at = clock.now();
        let program = Self {
            data_dir,
            settings,
            log,
            store,
            lake,
            collect,
            commerce,
            people,
            promote,
            engage,
            campaigns: Arc::new(campaigns),
            measure,
            spending,
            reporting,
            guard,
            progress,
            metrics: Arc::default(),
            started_at,
            local_token,
        };
        crate::projections::resume(&program).await?;
        Ok(Arc::new(program))
    }

    /// Writes what is still in memory and closes everything, in order.
    pub async fn close(&self) -> Result<()> {
        if let Err(error) = self.collect.save_key_uses().await {
            tracing::warn!(%error, "when old write keys were used was not saved");
        }
        self.lake.flush().await.context("the lake's last write")?;
        let log = self.log.clone();
        tokio::task::spawn_blocking(move || log.close()).await?;
        self.store.close().await;
        Ok(())
    }
}

async fn open_log(data_dir: &Path, settings: &Settings) -> Result<Log> {
    let dir = data_dir.join("log");
    let options = LogOptions { queue_bytes: settings.log.queue_bytes, ..LogOptions::default() };
    let log = tokio::task::spawn_blocking(move || Log::open(&dir, options)).await?;
    log.context("cannot open the event log")
}

async fn open_store(data_dir: &Path, settings: &Settings) -> Result<Store> {
    let store = Store::open(&settings.store_url(data_dir)).await.context("cannot open the operational store")?;
    store.migrate(&migrations()).await.context("cannot bring the operational store up to date")?;
    Ok(store)
}

/// The tables of all rooms, in the order they are made.
pub fn migrations() -> Vec<Migration> {
    let rooms = [
        fanvine_guard::MIGRATIONS,
        fanvine_collect::MIGRATIONS,
        fanvine_commerce::MIGRATIONS,
        fanvine_people::MIGRATIONS,
        fanvine_ledger::MIGRATIONS,
        fanvine_promote::MIGRATIONS,
        fanvine_measure::spend::MIGRATIONS,
        fanvine_measure::reporting::MIGRATIONS,
        fanvine_engage::MIGRATIONS,
    ];
    rooms.into_iter().flatten().copied().collect()
}

async fn open_lake(data_dir: &Path, settings: &Settings) -> Result<Lake> {
    let options = LakeOptions {
        zone: settings.zone()?,
        query_memory: settings.lake.query_memory_bytes,
        flush_bytes: settings.lake.hot_bytes,
        on_upkeep: crate::ambient::stand_back,
        ..LakeOptions::new(data_dir.join("lake"))
    };
    Lake::open(options).await.context("cannot open the event store")
}

async fn open_collect(
    settings: &Settings,
    store: &Store,
    log: &Log,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Collect> {
    let wanted = &settings.collect;
    let rate = wanted.events_per_second.map(f64::from);
    let subnet = |text: &String| text.parse::<Subnet>().context("collect.internal_addresses");
    let traffic = Traffic {
        bots: wanted.mark_bots,
        internal_addresses: wanted.internal_addresses.iter().map(subnet).collect::<Result<_>>()?,
        internal_users: wanted.internal_users.clone(),
    };
    let options = CollectOptions {
        limits: Limits {
            event_bytes: wanted.event_bytes,
            batch_bytes: wanted.batch_bytes,
            batch_events: wanted.batch_events,
            ..Limits::default()
        },
        rate: rate.map(|events_per_s| RateLimit { events_per_s, burst: events_per_s * 10.0 }),
        currency: settings.shop.currency,
        traffic,
        ..CollectOptions::default()
    };
    let collect = Collect::open(log.clone(), store.clone(), clock.clone(), entropy.clone(), options).await;
    collect.context("cannot read the sources")
}

/// The source of the events that the API's own commands send out. It has no write key.
pub fn own_source() -> SourceId {
    #[expect(clippy::expect_used, reason = "a constant")]
    "src_api".parse().expect("src_api has the form of a source's identifier")
}

/// 256 random bits in hexadecimal.
fn random_token(entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
