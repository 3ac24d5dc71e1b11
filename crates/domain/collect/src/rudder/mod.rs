//! What RudderStack's clients ask for beside the Segment API, which they speak otherwise.
//!
//! [`source_config`] is what its browser client reads before it sends, [`beacon`] where it sends when a page is left.

pub mod beacon;
pub mod source_config;
