//! What shoppers are like, as weighted tags: five families, each tag defined as data.
//!
//! A [`Catalogue`] says which tags there are. Interests are scored as events arrive ([`Weights`], with the shop-wide
//! counts of [`Population`]); everything else is computed from profile and traits when asked. [`assign`] gives all
//! tags of a person at a moment, each with its weight, its confidence and how it came to be.

pub mod assign;
#[cfg(test)]
mod assign_tests;
mod builtin;
pub mod catalogue;
mod check;
pub mod formulas;
pub mod population;
pub mod weights;
#[cfg(test)]
mod weights_tests;

pub use assign::{Given, Person, Shop, Tag, assign, assign_where};
pub use catalogue::{Catalogue, Definition, Family, Kind};
pub use check::CatalogueError;
pub use formulas::Formula;
pub use population::Population;
pub use weights::{Scoring, Weights};
