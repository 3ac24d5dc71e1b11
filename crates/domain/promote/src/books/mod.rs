//! The ledger to look at: accounts, and the proof that all of it adds up.

pub(crate) mod list_accounts;
pub(crate) mod list_transfers;
pub(crate) mod show_account;
pub(crate) mod show_proof;
