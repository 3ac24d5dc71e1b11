//! The guard through its addresses, over each store.

mod accounts;
mod audit;
mod contract;
mod house;
mod keys;
mod sessions;
