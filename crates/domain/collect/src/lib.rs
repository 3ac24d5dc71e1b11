//! Collecting: how facts come in, over HTTP from clients and servers, and from files of the past.
//!
//! This room decides what is a valid event, keeps what is not with its reason, and answers only when either is
//! durable. It must never learn what events mean to other rooms, nor how the log or the store keep them.

pub mod segment;
