//! Who the shoppers are: which identifiers are one person, what each person is like, and who belongs together.
//!
//! It decides identity, profiles, tags and segments. It must never learn how events are collected, what an order is
//! made of, nor what anybody sends to a segment.

pub mod identity;
pub mod profile;
pub mod segments;
pub mod tags;
