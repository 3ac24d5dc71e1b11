//! What every HTTP handler shares: how a request body is read and how a refusal is answered.
//!
//! It turns the kernel's [`Problem`] into `application/problem+json` and bad input into a [`Problem`]. It
//! must never learn what any request is about.

mod extract;
mod refusal;

pub use extract::{Body, Params, Segment};
pub use refusal::{Answer, ProblemBody, Refusal, prefers_chinese, render};
