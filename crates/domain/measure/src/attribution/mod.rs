//! Attribution: which channels, campaigns, contents and sharers led to orders.
//!
//! - A *conversion* is an order placed in the period (by default), for what it brought in; or an event, for its
//!   revenue.
//! - Its *journey* are the shopper's events of the `look_back` before it, itself included, that say where they came
//!   from. Such events with one value, each less than `gap_s` after the one before, are one *touch*, at the moment of
//!   the first.
//! - By channel, `direct` says nothing of where a shopper came from and is left out, unless it is wanted.
//! - By *sharer*, touches are `Share Opened` (`sharer_id`) and `Invite Accepted` (`inviter_id`); what somebody shared
//!   with themselves is none.
//! - Models that look at one journey, and Shapley's, share out each conversion by itself, its revenue by largest
//!   remainder; so the parts sum to the whole to the last minor unit. Shapley's value is that of the game in which a
//!   set of values is worth the conversions whose touches all lie within it, whatever their order.
//! - Markov's shares out all that is attributed in proportion to removal effects. It also looks at journeys that were
//!   lost: a shopper's touches of the period after their last conversion in it, at most `look_back` before the last
//!   of them.
//! - What has no touch is *unattributed*: with a `direct` visit only, with none, or of a guest.

pub mod ask;
mod journeys;
pub(crate) mod origin;
