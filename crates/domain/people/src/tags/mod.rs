//! What shoppers are like, as weighted tags: five families, each tag defined as data.
//!
//! A [`Catalogue`] says which tags there are. Interests are scored as events arrive ([`Weights`], with the shop-wide
//! counts of [`Population`]); everything else is computed from profile and traits when asked. [`assign`] gives all
//! tags of a person at a moment, each with its weight, its confidence and how it came to be.

mod about;
pub mod assign;
#[cfg(test)]
mod assign_tests;
mod builtin;
pub mod catalogue;
mod check;
pub(crate) mod crowd;
pub mod delete_tag;
pub mod formulas;
pub mod given;
pub mod list_tags;
pub mod population;
pub mod preview_tag;
pub mod put_behaviours;
pub mod put_tag;
pub mod put_weights;
pub(crate) mod recount;
mod rescore;
pub mod restore_tag;
mod routes;
pub mod show_distribution;
pub mod show_tag;
pub(crate) mod store;
pub mod tagging;
pub(crate) mod versions;
pub mod weights;
#[cfg(test)]
mod weights_tests;

use fanvine_store::Migration;

pub use assign::{Given, Person, Shop, Tag, assign, assign_where};
pub use catalogue::{Catalogue, Definition, Family, Kind};
pub use check::CatalogueError;
pub use formulas::Formula;
pub use population::Population;
pub use routes::router;
pub use weights::{Scoring, Weights};

/// The tables of tags.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "people/0004_tags", sql: include_str!("../../migrations/0004_tags.sql") }];
