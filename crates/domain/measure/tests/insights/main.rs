//! Questions from outside, over a lake of random events: each answer is held against one that a plain loop gives.

mod apart;
mod behind;
mod reports;
mod retention;
mod shop;
mod trends;
