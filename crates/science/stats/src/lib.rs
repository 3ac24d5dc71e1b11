//! Statistics for a shop: what its customers are worth, who is still there, and who is like whom.
//!
//! Pure and synchronous: slices in, values out, usable alone. It must never learn where the numbers come from,
//! nor what anybody does about them.

pub mod attribution;
pub mod baskets;
pub mod bg_nbd;
pub mod contributions;
pub mod evaluate;
pub mod forecast;
pub mod gamma_gamma;
pub mod kmeans;
pub mod lifetime;
pub mod lift;
pub mod logistic;
pub mod optimise;
pub(crate) mod random;
#[cfg(test)]
mod real;
pub mod rfm;
pub mod significance;
pub mod silhouette;
pub mod similar;
pub mod special;
pub mod table;
