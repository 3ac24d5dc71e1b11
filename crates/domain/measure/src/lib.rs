//! What the shop earned and from whom: questions over the event store, asked and answered in the
//! shop's own words.
//!
//! This room decides what a figure means. It must never learn how events are stored: it names a question
//! and the lake answers it.

use std::sync::Arc;

use fanvine_contracts::audience::Audience;
use fanvine_contracts::lists::Lists;
use fanvine_contracts::persons::Persons;
use fanvine_contracts::shoppers::KnownOfPeople;
use fanvine_kernel::{Clock, Currency, Zone};
use fanvine_lake::Lake;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use walks::KnownPersons;

pub mod active;
pub mod alerts;
pub mod attribution;
pub mod basket;
pub mod behind;
pub mod correlation;
pub mod dashboards;
pub mod forecast;
pub mod funnel;
pub mod goals;
pub mod metrics;
pub mod orders;
pub mod overview;
pub mod paths;
pub mod reporting;
pub mod reports;
pub mod retention;
pub mod saved;
pub mod sessions;
pub mod spend;
pub mod sql;
pub mod trends;
pub mod walks;

/// What the questions of this room are asked of.
pub struct Measure {
    /// The events, and the tables registered beside them.
    pub lake: Lake,
    /// The time of day, for the default period.
    pub clock: Arc<dyn Clock>,
    /// The zone in which the shop's days begin.
    pub zone: Zone,
    /// The shop's currency, if it named one.
    pub currency: Option<Currency>,
    /// How much a free SQL query, and any other question, may take.
    pub limits: sql::Limits,
    /// Which shoppers are one person.
    pub identity: Arc<dyn Persons>,
    /// Who belongs to which segment.
    pub audience: Arc<dyn Audience>,
    /// What is known of people.
    pub known: Arc<dyn KnownOfPeople>,
    /// Who keeps lists of people.
    pub lists: Arc<dyn Lists>,
    /// The same in the lake's numbers.
    pub persons: KnownPersons,
}

/// The addresses this room answers.
pub fn router(state: Arc<Measure>) -> OpenApiRouter {
    let questions = OpenApiRouter::new()
        .routes(routes!(overview::show::show_overview))
        .routes(routes!(funnel::ask::ask_funnel))
        .routes(routes!(retention::ask::ask_retention))
        .routes(routes!(active::ask::ask_active))
        .routes(routes!(paths::ask::ask_paths))
        .routes(routes!(trends::ask::ask_trends))
        .routes(routes!(behind::list_behind::list_behind))
        .routes(routes!(behind::keep_behind::keep_behind))
        .routes(routes!(attribution::ask::ask_attribution))
        .routes(routes!(sessions::ask::ask_sessions))
        .routes(routes!(correlation::ask::ask_correlation))
        .routes(routes!(basket::ask::ask_basket))
        .routes(routes!(metrics::ask::ask_metrics))
        .routes(routes!(metrics::list_metrics::list_metrics));
    saved::as_csv::tables(questions)
        .routes(routes!(sql::ask::ask_sql))
        .routes(routes!(sql::export::export_rows))
        .routes(routes!(sql::schema::show_sql_schema))
        .with_state(state)
}
