//! Needs (需求库): what shoppers wanted and did not get, counted, and what that is reckoned to have cost.
//!
//! Four kinds are told apart ([`Kind`]); each is a subject (a search, a product, a word) with the people behind it. All of
//! it is one walk over the events of a period and of the period before ([`mine`]), by person, and nothing is saved.
//!
//! What was lost is reckoned as follows, from the shop's own rates in the period. *Unserved* is who did not order within
//! the window after it happened, if that is over.
//! - *searched in vain*: unserved people × the share of those with a search that found something who ordered within the
//!   window × the mean order.
//! - *left in cart*: what was in the cart and not bought within the window, by the price and number last told.
//! - *out of stock*: unserved people × the share of products seen in stock that were bought by whoever saw them within
//!   the window × the price last seen.
//! - *complained of*: people × the share of buyers who ordered on more than one day × the mean order.

mod act;
pub mod list_need_shoppers;
pub mod list_needs;
mod mine;
mod period;
mod rank;
mod routes;
mod terms;

use std::sync::Arc;

use fanvine_kernel::{Code, LocalDate, MoneyError, Problem, TimeError, Timestamp};
use fanvine_lake::LakeError;

pub use routes::router;

use crate::People;
use crate::kept::{Ended, Kept, away};
use mine::{Mined, Mining};
use period::Period;

/// What was mined longer ago than this is mined anew, in microseconds.
const MINUTE: i64 = 60_000_000;

/// What happened to somebody who wanted something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A search found nothing.
    SearchedInVain,
    /// A product was put into the cart and not bought.
    LeftInCart,
    /// A product was looked at that was not to be had.
    OutOfStock,
    /// A review or feedback with a low rating.
    ComplainedOf,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SearchedInVain, Self::LeftInCart, Self::OutOfStock, Self::ComplainedOf];

    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SearchedInVain => "searched_in_vain",
            Self::LeftInCart => "left_in_cart",
            Self::OutOfStock => "out_of_stock",
            Self::ComplainedOf => "complained_of",
        }
    }

    /// The kind of that name.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Why needs could not be told.
#[derive(Debug, thiserror::Error)]
pub enum NeedsError {
    /// Not a day.
    #[error("{name}: {error}")]
    Day {
        /// Of which parameter.
        name: &'static str,
        /// Why not.
        error: TimeError,
    },
    /// A period that ends before it begins, or is too long.
    #[error("the period is {from} to {to}; expected 1 to {most} days")]
    Period {
        /// The first day.
        from: LocalDate,
        /// The last day.
        to: LocalDate,
        /// The most days.
        most: i64,
    },
    /// Not a currency.
    #[error("currency: {0}")]
    Currency(#[from] MoneyError),
    /// A number out of bounds.
    #[error("{name} is {value}; expected {least} to {most}")]
    Number {
        /// Of which parameter.
        name: &'static str,
        /// What was given.
        value: u32,
        /// The least it can be.
        least: u32,
        /// The most it can be.
        most: u32,
    },
    /// No such kind.
    #[error("there is no kind of need `{0}`; expected searched_in_vain, left_in_cart, out_of_stock or complained_of")]
    Kind(String),
    /// Nobody has this need.
    #[error("nobody needed `{subject}` ({kind}) in the period")]
    Nobody {
        /// Of which kind.
        kind: &'static str,
        /// What.
        subject: String,
    },
    /// Not the `next` of any page.
    #[error("after is `{0}`, which is not the `next` of a page")]
    After(String),
    /// The events could not be read.
    #[error("events could not be read: {0}")]
    Lake(#[from] LakeError),
    /// A task ended without an answer.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl From<NeedsError> for Problem {
    fn from(error: NeedsError) -> Self {
        use NeedsError as E;
        let problem = |code| Problem::new(code, error.to_string());
        match &error {
            E::Day { name, .. } | E::Number { name, .. } => problem(Code::InvalidParameter).at(*name),
            E::Period { .. } => problem(Code::InvalidParameter).at("from"),
            E::Currency(_) => problem(Code::InvalidParameter).at("currency"),
            E::After(_) => problem(Code::InvalidParameter).at("after"),
            E::Kind(_) | E::Nobody { .. } => problem(Code::NotFound),
            E::Lake(cause) => {
                tracing::error!(error = %cause, "events could not be walked");
                Problem::new(Code::Internal, "events could not be read; the program's log says why")
            }
            E::Ended(_) => problem(Code::Internal),
        }
    }
}

/// The state of these questions: people, and what was mined last.
pub(crate) struct Needs {
    people: Arc<People>,
    mined: Kept<(Timestamp, Period, u32), Mined>,
}

impl Needs {
    fn new(people: Arc<People>) -> Self {
        Self { people, mined: Kept::default() }
    }

    /// What was needed in a period, as of at most a minute ago.
    async fn mined(&self, period: Period, window_days: u32) -> Result<Arc<Mined>, NeedsError> {
        let (people, now) = (self.people.clone(), self.people.clock.now());
        let good = |(at, of, window): &(Timestamp, Period, u32)| {
            *of == period && *window == window_days && now.micros_since(*at).abs() < MINUTE
        };
        let work = away("mining needs", move || Mining::new(period, people.zone, window_days, now).run(&people));
        self.mined.get((now, period, window_days), good, work).await
    }
}
