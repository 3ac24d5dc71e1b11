//! Baskets: what is bought together.
//!
//! Orders of the period are baskets, their products (or categories, or brands) the items; how many units of one there
//! are does not matter. A *rule* says that whoever buys some items also buys another:
//! - *support*: of all orders, the share with all of them. *Confidence*: of the orders with the first, the share with
//!   the other too.
//! - *lift*: how many times as often as if the two had nothing to do with one another; *leverage*: the support beyond
//!   that.
//! - *conviction*: how many times as often the rule would fail if they had nothing to do with one another.

pub mod ask;
