//! The metrics of a shop that grows through its shoppers, each defined once, and the tree in which they make up GMV.
//!
//! Four families: behaviour, conversion, social interaction, marketing cost. A definition (`definitions`) is a
//! formula over the same counts of a period (`count`), for the whole period as for each interval of it.
//!
//! What they count:
//! - *Active* is whoever did something in the period, or ordered; shopper keys that are one person are one. *New* is
//!   whoever never did anything before.
//! - *GMV* is the overview's revenue: what orders placed in the period brought in after discounts, without shipping
//!   and tax.
//! - *Sessions* are those of the insight of that name, by pauses of half an hour.
//! - *Brought* by sharing is a new shopper who opened what another shared, or accepted an invitation, within a day of
//!   their first event. The *viral cycle* is the time from the sharer's latest share before that to it.
//! - *Spend* is what was said of it by day.
//!
//! The tree (`tree`): GMV = new shoppers' + returning shoppers' + guests'; of each of the first two, active ×
//! conversion × orders by buyer × units by order × revenue by unit; guests': orders × units by order × revenue by
//! unit. How much each factor contributed to the change is LMDI's (`fanvine_stats::contributions`); the contributions
//! sum to the change to the last minor unit.

pub mod ask;
pub(crate) mod count;
pub(crate) mod definitions;
mod figures;
pub mod list_metrics;
pub(crate) mod tree;
