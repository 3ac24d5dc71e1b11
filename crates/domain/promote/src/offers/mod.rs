//! Offers: what they are, as data, kept by version; and what is checked before quotes know them.

pub(crate) mod check;
pub(crate) mod examine;
pub(crate) mod gates;
pub(crate) mod list_offers;
pub(crate) mod list_versions;
mod price_gates;
pub(crate) mod publish_offer;
pub(crate) mod put_offer;
pub(crate) mod shelf;
pub(crate) mod store;
mod terms;
pub(crate) mod words;

pub use check::TermsError;
pub use gates::{GateResult, Verdict};
pub use list_offers::OfferView;
pub use publish_offer::OfferPublished;
pub use put_offer::OfferError;
pub use terms::{
    At, Audience, BasePrice, Benefit, By, Claim, Cut, Group, Limits, LinePrice, Offer, OnReturn, Part, Policy, Presale,
    Receive, Reward, Scope, SharedCost, Stacking, Terms, Tier,
};
