//! Settings: defaults, then the TOML file, then flags and `FANVINE_…` variables; the later wins.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fanvine_contracts::mail::{Mailer, NoMailer};
use fanvine_engage::email::{EmailSettingsError, SmtpMailer};
use fanvine_engage::webhooks::WebhooksOptions;
use fanvine_kernel::{Currency, Zone};
use serde::Deserialize;

use crate::pages::PageSettings;

/// What every command needs to know: where the data is and how the shop counts.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Folder that holds everything Fanvine keeps
    #[arg(long, env = "FANVINE_DATA_DIR", default_value = "fanvine-data", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Settings file in TOML; by default fanvine.toml in the data folder, if there is one
    #[arg(long, env = "FANVINE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Operational store: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE [default: SQLite in the data folder]
    #[arg(long, env = "FANVINE_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// The shop's time zone, in which its days begin, such as Asia/Shanghai [default: UTC]
    #[arg(long, env = "FANVINE_TIME_ZONE", value_name = "ZONE")]
    pub time_zone: Option<Zone>,
    /// The shop's currency, for amounts that come without one, such as CNY
    #[arg(long, env = "FANVINE_CURRENCY", value_name = "CODE")]
    pub currency: Option<Currency>,
}

impl Place {
    /// A data folder, all else as it says itself.
    pub fn of(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), config: None, store: None, time_zone: None, currency: None }
    }

    /// The settings file, if there is one.
    pub fn settings_file(&self) -> Option<PathBuf> {
        let own = self.data_dir.join("fanvine.toml");
        self.config.clone().or_else(|| own.exists().then_some(own))
    }
}

/// The settings file, and what remains of it once flags have had their say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Name, zone and currency.
    pub shop: ShopSettings,
    /// `store = "postgres://…"`.
    pub store: Option<String>,
    /// What the collecting endpoints accept.
    pub collect: CollectSettings,
    /// The event log.
    pub log: LogSettings,
    /// The columnar event store.
    pub lake: LakeSettings,
    /// Who the shoppers are.
    pub people: PeopleSettings,
    /// What is offered.
    pub offers: OfferSettings,
    /// Signing in.
    pub guard: GuardSettings,
    /// Telling the shop's other programs.
    pub webhooks: WebhookSettings,
    /// Telling people.
    pub email: EmailSettings,
    /// What shoppers see.
    pub pages: PageSettings,
}

/// `[shop]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShopSettings {
    /// Shown in the console.
    pub name: String,
    /// IANA name of the zone in which the shop's days begin.
    pub time_zone: String,
    /// For amounts that come without a currency.
    pub currency: Option<Currency>,
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self { name: "My shop".into(), time_zone: "UTC".into(), currency: None }
    }
}

/// `[collect]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CollectSettings {
    /// Largest event in bytes.
    pub event_bytes: usize,
    /// Largest batch in bytes, after decompression.
    pub batch_bytes: usize,
    /// Most events in a batch.
    pub batch_events: usize,
    /// Most events a second from one source, averaged over ten seconds; none means no limit.
    pub events_per_second: Option<u32>,
    /// Whether events of robots are marked.
    pub mark_bots: bool,
    /// From where the shop's own people come: addresses, and subnets as `10.0.0.0/8`.
    pub internal_addresses: Vec<String>,
    /// Their user ids; with an `@` in front, how these end.
    pub internal_users: Vec<String>,
}

impl Default for CollectSettings {
    fn default() -> Self {
        Self {
            event_bytes: 32 << 10,
            batch_bytes: 500 << 10,
            batch_events: 2_500,
            events_per_second: None,
            mark_bots: true,
            internal_addresses: Vec::new(),
            internal_users: Vec::new(),
        }
    }
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// Bytes that may wait to be written before senders are told to slow down.
    pub queue_bytes: usize,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { queue_bytes: 32 << 20 }
    }
}

/// `[people]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeopleSettings {
    /// Profiles, tags and segments stand still; without it they catch up from the log.
    pub paused: bool,
}

/// `[offers]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfferSettings {
    /// Over how many days a price must be the lowest for an offer to be called cheaper than it: 7 in China, 30 in the
    /// European Union.
    pub reference_days: i64,
}

impl Default for OfferSettings {
    fn default() -> Self {
        Self { reference_days: 7 }
    }
}

/// `[guard]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardSettings {
    /// People reach the console by https only, so their cookie must never travel without it.
    pub secure_cookies: bool,
    /// Addresses of proxies in front, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
}

/// `[webhooks]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSettings {
    /// Whether messages may go to addresses that are not public.
    pub private_addresses: bool,
    /// How long a receiver may take to answer, in milliseconds.
    pub timeout_ms: u64,
    /// After so many attempts a message is a dead letter.
    pub attempts: u32,
    /// Milliseconds from the first attempt to the second; each later pause is four times as long …
    pub first_pause_ms: u64,
    /// … up to this one.
    pub longest_pause_ms: u64,
    /// How many days deliveries are kept once they were taken.
    pub keep_delivered_days: u64,
    /// How many days dead letters are kept.
    pub keep_dead_days: u64,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            private_addresses: false,
            timeout_ms: 15_000,
            attempts: 10,
            first_pause_ms: 5_000,
            longest_pause_ms: 12 * 3_600_000,
            keep_delivered_days: 7,
            keep_dead_days: 30,
        }
    }
}

impl WebhookSettings {
    /// The same, as the room takes it.
    pub fn options(&self) -> WebhooksOptions {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(86_400));
        WebhooksOptions {
            private_addresses: self.private_addresses,
            timeout: Duration::from_millis(self.timeout_ms.max(1)),
            attempts: self.attempts.max(1),
            first_pause: Duration::from_millis(self.first_pause_ms),
            longest_pause: Duration::from_millis(self.longest_pause_ms),
            keep_delivered: days(self.keep_delivered_days),
            keep_dead: days(self.keep_dead_days),
        }
    }
}

/// `[email]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmailSettings {
    /// The mail server: `smtps://user:password@mail.example.com`, or `smtp://…:587?tls=required` for STARTTLS.
    pub server: Option<String>,
    /// The sender: `Shop <shop@example.com>`.
    pub from: Option<String>,
}

impl EmailSettings {
    /// Who sends e-mail with these settings.
    pub fn mailer(&self) -> Result<Arc<dyn Mailer>, EmailSettingsError> {
        match (&self.server, &self.from) {
            (None, _) => Ok(Arc::new(NoMailer)),
            (Some(_), None) => Err(EmailSettingsError::NoSender),
            (Some(server), Some(from)) => Ok(Arc::new(SmtpMailer::new(server, from)?)),
        }
    }
}

/// `[lake]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LakeSettings {
    /// Memory a query may use, in bytes.
    pub query_memory_bytes: usize,
    /// Seconds a query may take.
    pub query_timeout_s: u64,
    /// Rows a query may answer through the API.
    pub query_rows: usize,
    /// Events held in memory until they are written to columns, in bytes. Writing takes about three times as much for a
    /// moment, so this decides most of what the program needs under load.
    pub hot_bytes: usize,
}

impl Default for LakeSettings {
    fn default() -> Self {
        Self { query_memory_bytes: 1 << 30, query_timeout_s: 60, query_rows: 10_000, hot_bytes: 20 << 20 }
    }
}

impl Settings {
    /// Reads the file that `place` names, or the data folder's own, and lets variables and then flags overrule it.
    pub fn load(place: &Place) -> Result<Self> {
        let mut settings = read(place.settings_file().as_deref(), std::env::vars())?;
        settings.store = place.store.clone().or(settings.store);
        if let Some(zone) = place.time_zone {
            settings.shop.time_zone = zone.name().into();
        }
        settings.shop.currency = place.currency.or(settings.shop.currency);
        settings.zone()?;
        Ok(settings)
    }

    /// The shop's time zone.
    pub fn zone(&self) -> Result<Zone> {
        self.shop.time_zone.parse().context("shop.time_zone")
    }

    /// Where the operational store is.
    pub fn store_url(&self, data_dir: &Path) -> String {
        self.store.clone().unwrap_or_else(|| format!("sqlite:{}", data_dir.join("fanvine.db").display()))
    }
}

/// How the name of a variable begins that stands for a setting: `FANVINE__LAKE__HOT_BYTES` for `hot_bytes` of `[lake]`.
const VARIABLE: &str = "FANVINE__";

/// The settings of a file, each overruled by its variable.
fn read(file: Option<&Path>, variables: impl Iterator<Item = (String, String)>) -> Result<Settings> {
    let mut table = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the settings file {}", path.display()))?;
            let invalid = || format!("the settings file {} is not valid", path.display());
            // Read as settings first, so that what is wrong is told with its line.
            toml::from_str::<Settings>(&text).with_context(invalid)?;
            text.parse::<toml::Table>().with_context(invalid)?
        }
        None => toml::Table::new(),
    };
    let mut names = Vec::new();
    for (name, text) in variables {
        let Some(path) = name.strip_prefix(VARIABLE) else { continue };
        let path = path.to_lowercase();
        let (section, key) = path.split_once("__").with_context(|| format!("{name} names no section and setting"))?;
        // A number, a list or a truth value is written as in TOML; whatever is none of these is a text.
        let value = match format!("value = {text}").parse::<toml::Table>() {
            Ok(mut parsed) => parsed.remove("value").unwrap_or(toml::Value::String(text)),
            Err(_) => toml::Value::String(text),
        };
        let section = table.entry(section.to_owned()).or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().with_context(|| format!("{name} names no section"))?.insert(key.to_owned(), value);
        names.push(name);
    }
    toml::Value::Table(table)
        .try_into()
        .with_context(|| format!("these variables and the settings file do not go together: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Settings> {
        read(None, variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    #[test]
    fn every_setting_has_a_variable_that_overrules_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fanvine.toml");
        std::fs::write(&file, "[collect]\nbatch_events = 10\nevent_bytes = 99\n").unwrap();
        let variables = [("FANVINE__COLLECT__BATCH_EVENTS", "20"), ("FANVINE_LOG", "warn"), ("HOME", "/")];
        let variables = variables.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
        let settings = read(Some(&file), variables).unwrap();
        assert_eq!((settings.collect.batch_events, settings.collect.event_bytes), (20, 99));
        let settings = with(&[
            ("FANVINE__SHOP__NAME", "茶 shop"),
            ("FANVINE__GUARD__SECURE_COOKIES", "true"),
            ("FANVINE__GUARD__TRUSTED_PROXIES", r#"["10.0.0.1"]"#),
        ])
        .unwrap();
        assert_eq!(settings.shop.name, "茶 shop");
        assert!(settings.guard.secure_cookies && settings.guard.trusted_proxies.len() == 1);
    }

    #[test]
    fn a_variable_of_no_setting_is_refused_by_name() {
        let error = format!("{:#}", with(&[("FANVINE__LAKE__HOT", "1")]).unwrap_err());
        assert!(error.contains("FANVINE__LAKE__HOT") && error.contains("hot"), "{error}");
        assert!(with(&[("FANVINE__LAKE", "1")]).is_err());
        assert!(with(&[("FANVINE__LAKE__HOT_BYTES", "many")]).is_err());
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let error = toml::from_str::<Settings>("[collect]\nevent_size = 1\n").unwrap_err();
        assert!(error.to_string().contains("event_size"), "{error}");
    }

    #[test]
    fn the_defaults_are_the_documented_limits() {
        let settings: Settings = toml::from_str("").unwrap();
        assert_eq!(settings.collect.event_bytes, 32 * 1024);
        assert_eq!(settings.collect.batch_bytes, 500 * 1024);
        assert_eq!(settings.collect.batch_events, 2_500);
    }
}
