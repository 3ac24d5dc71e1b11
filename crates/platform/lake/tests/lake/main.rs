//! The lake from outside: what goes in comes out, whatever happens in between.

mod lifecycle;
mod model;
mod questions;
mod reading;
mod shop;
mod walks;
