//! Benchmarks against named peers and physical limits: what they share.
//!
//! A benchmark is a binary in `src/bin`, run by `scripts/bench NAME`. It measures Fanvine from outside, as a process that
//! speaks HTTP or reads files, and its peer in the same run; it knows no room of the program.

pub mod events;
pub mod floor;
pub mod generator;
pub mod process;
pub mod report;
pub mod spoken;
