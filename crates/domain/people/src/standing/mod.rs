//! Where each buyer stands: how recently, often and much they bought, at which stage of their life they are, and what
//! they will still be worth.
//!
//! All of it is a pure function of everybody's orders ([`census`]), counted at most once a minute away from whoever takes
//! events in, and of the day asked for. Nothing here is saved.

pub(crate) mod asked;
pub(crate) mod census;
pub(crate) mod churn;
pub mod held_out;
pub(crate) mod lifecycle;
pub mod list_rfm_group;
pub mod list_stage;
pub mod list_value_tenth;
pub(crate) mod rfm;
mod routes;
pub mod show_churn;
pub mod show_lifecycle;
pub mod show_person_churn;
pub mod show_person_value;
pub mod show_rfm;
pub mod show_value;
pub(crate) mod worth;

use std::sync::Arc;

use fanvine_kernel::{Code, Currency, LocalDate, MoneyError, Problem, TimeError, Timestamp};
use fanvine_stats::bg_nbd::BgNbdError;
use fanvine_stats::evaluate::EvaluateError;
use fanvine_stats::gamma_gamma::GammaGammaError;
use fanvine_stats::lifetime::HorizonError;
use fanvine_stats::logistic::LogisticError;
use fanvine_stats::rfm::BandsError;
use fanvine_stats::table::TableError;

pub use asked::{StandingBasis, StandingQuery};
pub use census::CurrencySpend;
pub use routes::router;

use crate::People;
use crate::kept::{Ended, Kept, away};
use crate::profile::{Bilingual, DecodeError};
use asked::Asked;
use census::{AsOf, Census};
use churn::Churn;
use held_out::HeldOut;
use rfm::{Cuts, Rfm};
use worth::Worth;

/// A census older than this is taken anew, in microseconds.
const MINUTE: i64 = 60_000_000;

/// Why it cannot be said where somebody stands.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// Not a day.
    #[error("{name}: {error}")]
    Day {
        /// Of which parameter.
        name: &'static str,
        /// Why not.
        error: TimeError,
    },
    /// A day that is too late.
    #[error("{name} is {day}; the latest possible is {latest}")]
    Later {
        /// Of which parameter.
        name: &'static str,
        /// What was given.
        day: LocalDate,
        /// The latest it can be.
        latest: LocalDate,
    },
    /// Not a currency.
    #[error("currency: {0}")]
    Currency(MoneyError),
    /// A number out of bounds.
    #[error("{name} is {value}; expected {least} to {most}")]
    Number {
        /// Of which parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The least it can be.
        least: f64,
        /// The most it can be.
        most: f64,
    },
    /// Cuts that are not four numbers.
    #[error("{name} is `{text}`; expected four numbers with commas between them, for the scores 2, 3, 4 and 5")]
    NotCuts {
        /// Of which parameter.
        name: &'static str,
        /// What was given.
        text: String,
    },
    /// Cuts that make no bands.
    #[error("{name}: {error}")]
    Cuts {
        /// Of which parameter.
        name: &'static str,
        /// Why not.
        error: BandsError,
    },
    /// No such group.
    #[error(
        "there is no RFM group `{0}`; expected champions, promising, at_risk, win_back, regulars, newcomers, fading or lost"
    )]
    Group(String),
    /// No such stage.
    #[error("there is no stage `{0}`; expected new, growing, mature, won_back, at_risk, dormant or lost")]
    Stage(String),
    /// No such stage to come from.
    #[error(
        "from is `{0}`; expected new, growing, mature, won_back, at_risk, dormant, lost, or none for not having ordered yet"
    )]
    From(String),
    /// Not the `next` of any page.
    #[error("after is `{0}`, which is not the `next` of a page")]
    After(String),
    /// Nobody had ordered.
    #[error("nobody had ordered anything by {day}")]
    NoOrders {
        /// As of when.
        day: LocalDate,
    },
    /// One who had not ordered.
    #[error("shopper `{shopper_id}` had not ordered anything by {day}")]
    NoOrdersOf {
        /// Who.
        shopper_id: String,
        /// As of when.
        day: LocalDate,
    },
    /// Too few to learn from.
    #[error("by {day} only {repeaters} buyers had come back and spent {currency}; at least {least} are needed")]
    TooFewRepeaters {
        /// How many had.
        repeaters: usize,
        /// How many are needed.
        least: usize,
        /// In which currency.
        currency: Currency,
        /// As of when.
        day: LocalDate,
    },
    /// Too few to learn from who churns.
    #[error(
        "of those who had ordered by {day}, {churned} placed no order in the {horizon_days} days after it and {stayed} did; at least {least} of each are needed"
    )]
    TooFewLessons {
        /// As of when.
        day: LocalDate,
        /// How long they had.
        horizon_days: u32,
        /// How many did not order.
        churned: usize,
        /// How many did.
        stayed: usize,
        /// How many of each are needed.
        least: usize,
    },
    /// Numbers that make no table.
    #[error("buyers cannot be compared: {0}")]
    Table(#[from] TableError),
    /// No model of who churns.
    #[error("churn cannot be modelled: {0}")]
    Churn(#[from] LogisticError),
    /// A model that cannot be tried.
    #[error("the model of churn cannot be tried: {0}")]
    Trial(#[from] EvaluateError),
    /// A horizon that cannot be.
    #[error(transparent)]
    Horizon(#[from] HorizonError),
    /// Purchases that no model fits.
    #[error("purchases cannot be modelled: {0}")]
    Buying(#[from] BgNbdError),
    /// Spend that no model fits.
    #[error("spend cannot be modelled: {0}")]
    Spending(#[from] GammaGammaError),
    /// What is kept of a shopper cannot be read.
    #[error("what is kept of a shopper cannot be read; the program's log says why")]
    Unreadable(#[from] DecodeError),
    /// A task ended without an answer: a mistake of ours, or the program is being shut down.
    #[error("people were not counted to the end")]
    Ended,
}

impl StandingError {
    fn number(name: &'static str, value: impl Into<f64>, least: u32, most: u32) -> Self {
        Self::Number { name, value: value.into(), least: least.into(), most: most.into() }
    }
}

impl StandingError {
    /// Why there is no model, in both languages.
    pub(crate) fn words(&self) -> Bilingual {
        let zh = match self {
            Self::NoOrders { day } => format!("截至 {day} 尚无任何订单"),
            Self::TooFewRepeaters { repeaters, least, currency, day } => {
                format!("截至 {day} 仅有 {repeaters} 位复购买家使用 {currency} 消费，至少需要 {least} 位")
            }
            Self::TooFewLessons { day, horizon_days, churned, stayed, least } => format!(
                "截至 {day} 已下单的买家中，其后 {horizon_days} 天内未下单 {churned} 位、下单 {stayed} 位；两者各需至少 {least} 位"
            ),
            other => format!("模型无法拟合：{other}"),
        };
        Bilingual::new(self.to_string(), zh)
    }
}

impl From<StandingError> for Problem {
    fn from(error: StandingError) -> Self {
        use StandingError as E;
        if let E::Unreadable(source) = &error {
            tracing::error!(error = %source, "what is kept of a shopper cannot be read");
        }
        let problem = |code| Problem::new(code, error.to_string());
        match &error {
            E::Day { name, .. } | E::Later { name, .. } | E::Number { name, .. } => {
                problem(Code::InvalidParameter).at(*name)
            }
            E::NotCuts { name, .. } | E::Cuts { name, .. } => problem(Code::InvalidParameter).at(*name),
            E::Currency(_) => problem(Code::InvalidParameter).at("currency"),
            E::Horizon(_) => problem(Code::InvalidParameter).at("discount_rate"),
            E::After(_) => problem(Code::InvalidParameter).at("after"),
            E::From(_) => problem(Code::InvalidParameter).at("from"),
            E::Group(_) | E::Stage(_) => problem(Code::NotFound),
            E::NoOrders { .. } | E::NoOrdersOf { .. } | E::TooFewRepeaters { .. } => problem(Code::NotEnoughData),
            E::TooFewLessons { .. } | E::Churn(_) | E::Trial(_) => problem(Code::NotEnoughData),
            E::Buying(_) | E::Spending(_) => problem(Code::NotEnoughData),
            E::Table(_) | E::Unreadable(_) | E::Ended => problem(Code::Internal),
        }
    }
}

impl From<Ended> for StandingError {
    fn from(_: Ended) -> Self {
        Self::Ended
    }
}

/// Of which census, up to which moment and in which currency.
type Key = (Timestamp, u64, Timestamp, Option<Currency>);

fn key(as_of: &AsOf) -> Key {
    (as_of.census.taken_at, as_of.census.offset, as_of.moment, as_of.currency)
}

/// The state of these questions: the people, and the last answers.
pub(crate) struct Standing {
    people: Arc<People>,
    census: Kept<Timestamp, Census>,
    scored: Kept<(Key, Cuts), Rfm>,
    worth: Kept<Key, Worth>,
    held_out: Kept<Key, Option<HeldOut>>,
    churn: Kept<(Key, Option<u32>), Churn>,
}

impl Standing {
    fn new(people: Arc<People>) -> Self {
        Self {
            people,
            census: Kept::default(),
            scored: Kept::default(),
            worth: Kept::default(),
            held_out: Kept::default(),
            churn: Kept::default(),
        }
    }

    fn read(&self, query: &StandingQuery) -> Result<Asked, StandingError> {
        query.read(self.people.clock.now(), self.people.zone)
    }

    /// Everybody's orders, as asked for.
    async fn as_of(&self, asked: Asked) -> Result<Arc<AsOf>, StandingError> {
        let (people, now) = (self.people.clone(), self.people.clock.now());
        let good = |taken: &Timestamp| !asked.fresh && now.micros_since(*taken).abs() < MINUTE;
        let take = away("the census", move || Ok::<_, StandingError>(Census::take(&people, now)?));
        let census = self.census.get(now, good, take).await?;
        let zone = self.people.zone;
        away("the census", move || Ok(Arc::new(asked.of(census, zone)))).await
    }

    async fn scored(&self, as_of: &Arc<AsOf>, cuts: Cuts) -> Result<Arc<Rfm>, StandingError> {
        let (wanted, as_of) = ((key(as_of), cuts), as_of.clone());
        self.scored.get(wanted, |kept| *kept == wanted, away("scoring", move || Rfm::of(&as_of, cuts))).await
    }

    async fn worth(&self, as_of: &Arc<AsOf>) -> Result<Arc<Worth>, StandingError> {
        let (wanted, as_of) = (key(as_of), as_of.clone());
        self.worth.get(wanted, |kept| *kept == wanted, away("a model", move || Worth::of(&as_of))).await
    }

    async fn held_out(&self, as_of: &Arc<AsOf>) -> Result<Arc<Option<HeldOut>>, StandingError> {
        let (wanted, as_of) = (key(as_of), as_of.clone());
        self.held_out.get(wanted, |kept| *kept == wanted, away("a trial", move || Ok(HeldOut::of(&as_of)))).await
    }

    /// Who will churn within so many days.
    async fn churn(&self, as_of: &Arc<AsOf>, horizon_days: Option<u32>) -> Result<Arc<Churn>, StandingError> {
        let (wanted, as_of) = ((key(as_of), horizon_days), as_of.clone());
        let learn = away("a model", move || Churn::of(&as_of, horizon_days));
        self.churn.get(wanted, |kept| *kept == wanted, learn).await
    }

    /// The person's id and one of their shopper keys, for each of these places in a census.
    fn who(&self, census: &Census, buyers: impl Iterator<Item = usize>) -> Vec<(String, String)> {
        let (ids, numbers): (Vec<_>, Vec<u32>) = buyers.filter_map(|buyer| census.who(buyer)).unzip();
        let keys = self.people.keys_of(numbers.into_iter());
        ids.into_iter().map(|id| id.to_string()).zip(keys).collect()
    }
}
