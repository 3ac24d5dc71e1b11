//! The pages a shopper sees on a phone, `/p/…`: built in `pages/`, carried inside the program, with a head the server writes,
//! so that a link that is shared shows what it is about before any script runs.

mod head;
mod show;

use serde::{Deserialize, Serialize};

pub use show::{PATH, router};

/// `[pages]`: how pages and the shop go together. Without any of it pages can be looked at, and nobody can take part.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageSettings {
    /// Where shoppers reach this program, such as `https://play.shop.example`; what their browser asked for if absent.
    pub public_url: Option<String>,
    /// The shop's address that signs a shopper in and comes back: it is given `return`, to which it adds `#token=…`.
    pub sign_in_url: Option<String>,
    /// The shop's address that takes a payment: it is given `redemption` and `return`.
    pub pay_url: Option<String>,
    /// The shop's front page.
    pub shop_url: Option<String>,
    /// The write key of the source that pages tell of their visits; they tell nothing without one.
    pub write_key: Option<String>,
    /// Origins whose pages may show these in a frame.
    pub embed_from: Vec<String>,
}

/// What a page is told along with its markup.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    /// Which page: `group`, `play`, `coupons`.
    page: &'a str,
    /// Of what.
    id: &'a str,
    /// `zh` or `en`.
    language: &'a str,
    shop: &'a str,
    sign_in_url: Option<&'a str>,
    pay_url: Option<&'a str>,
    shop_url: Option<&'a str>,
}
