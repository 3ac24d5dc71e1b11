//! How one domain serves another: small traits and plain types, no logic.
//!
//! Domain crates never import one another; what one needs of another stands here and is handed over in
//! the program's wiring. This crate must never learn who implements a trait or how.

pub mod access;
pub mod audience;
pub mod campaigns;
pub mod gates;
pub mod keeping;
pub mod lists;
pub mod mail;
pub mod orders;
pub mod persons;
pub mod prices;
pub mod products;
pub mod shoppers;
pub mod storefront;
