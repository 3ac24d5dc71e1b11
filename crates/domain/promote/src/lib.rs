//! Offers and what a cart costs with them: coupons, thresholds, bundles, flash sales, prices for members and for a time.
//!
//! It decides which offers apply to a cart, what each takes off every single unit, and what comes back when goods do. It
//! must never learn how a shopper came to be in a segment, nor how an order is paid or shipped.

pub mod offers;
pub mod quote;
