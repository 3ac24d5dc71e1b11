//! Offers: what they are, as data.

mod terms;

pub use terms::{
    At, Audience, BasePrice, Benefit, By, Claim, Cut, Group, Limits, LinePrice, Offer, OnReturn, Part, Policy, Reward,
    Scope, Stacking, Terms, Tier,
};
