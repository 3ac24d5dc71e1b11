//! What an offer is: data, no code. Its terms say who gets what on which goods, and what it may be combined with.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An offer as it stands in one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Offer {
    /// Its identifier.
    pub offer_id: String,
    /// Its version, from 1; a quote names the one it used.
    pub version: i64,
    /// What it offers.
    pub terms: Terms,
}

/// What an offer offers, to whom, on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What people call it.
    pub name: String,
    /// From when on it holds; from ever if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Until when it holds, that moment excluded; for ever if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// On which goods.
    #[serde(default)]
    pub scope: Scope,
    /// For whom.
    #[serde(default)]
    pub audience: Audience,
    /// How one comes by it.
    #[serde(default)]
    pub claim: Claim,
    /// What it gives.
    pub benefit: Benefit,
    /// What it may be combined with.
    #[serde(default)]
    pub stacking: Stacking,
    /// How often it may be used.
    #[serde(default)]
    pub limits: Limits,
    /// What becomes of it when goods come back.
    #[serde(default)]
    pub on_return: OnReturn,
    /// How its coupons come into wallets, if it is one.
    #[serde(default)]
    pub receive: Receive,
    /// Who bears a part of what it costs.
    #[serde(default)]
    pub shared: Option<SharedCost>,
}

/// How coupons of an offer come into shoppers' wallets. The shop itself may give them to anybody, within the limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Receive {
    /// Whether shoppers may take one by themselves, on the storefront.
    pub open: bool,
    /// Segments: who enters one is given a coupon.
    pub on_segments: BTreeSet<String>,
    /// Events by name: who does one is given a coupon.
    pub on_events: BTreeSet<String>,
    /// For how many days a coupon is good; until the offer ends if absent.
    pub good_for_days: Option<i64>,
    /// Whether it is good only from the day after it was received.
    pub from_next_day: bool,
    /// Points that a shopper pays who takes one by themselves; none if absent. Those the shop gives cost nothing.
    pub points: Option<i64>,
    /// Most coupons in all.
    pub total: Option<i64>,
    /// Most coupons of one shopper.
    pub per_shopper: Option<i64>,
    /// Most coupons of one shopper on one day of the shop.
    pub per_shopper_per_day: Option<i64>,
    /// Most that all coupons given out may be worth, in minor units; each counts with the most it can take off.
    pub budget_minor: Option<i64>,
}

/// Who bears a part of what an offer costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedCost {
    /// The partner's name.
    pub partner: String,
    /// Their part, in hundredths of a percent.
    pub basis_points: i64,
}

/// Goods: those of any of the products, categories and brands named, or everything if none is; without the exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Products by the shop's number.
    pub products: BTreeSet<String>,
    /// Categories.
    pub categories: BTreeSet<String>,
    /// Brands.
    pub brands: BTreeSet<String>,
    /// Products left out in any case.
    pub except_products: BTreeSet<String>,
}

/// Shoppers: those for whom every list that is not empty has an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Audience {
    /// Segments, any of which the shopper must be in.
    pub segments: BTreeSet<String>,
    /// Channels, any of which the cart must come by.
    pub channels: BTreeSet<String>,
    /// Levels, any of which the shopper must have.
    pub levels: BTreeSet<String>,
    /// Only for a shopper's first order.
    pub first_order: bool,
    /// Only on the shopper's birthday.
    pub birthday: bool,
}

/// How one comes by an offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// It applies by itself.
    #[default]
    Everyone,
    /// A coupon, by a code given with the cart or one in the shopper's wallet.
    Coupon,
}

/// What an offer gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Benefit {
    /// Another base price: a flash sale, a group buy, a bargain.
    BasePrice {
        /// Which of them.
        price: BasePrice,
        /// The price of a unit, in minor units.
        unit_minor: i64,
        /// Most units of an order that get it; all if absent.
        #[serde(default)]
        most_units: Option<i64>,
        /// Whether later offers apply to these units too.
        #[serde(default)]
        admits_later: bool,
        /// Points that a unit costs besides.
        #[serde(default)]
        points: Option<i64>,
        /// A deposit now and the rest later.
        #[serde(default)]
        presale: Option<Presale>,
    },
    /// A lower price of each unit; each line gets the best of all that apply to it.
    LinePrice {
        /// Which sort.
        price: LinePrice,
        /// By how much.
        cut: Cut,
    },
    /// Rewards that depend on how much is bought: thresholds, and what coupons are worth. The highest tier reached counts.
    Tiers {
        /// The tiers, any order.
        tiers: Vec<Tier>,
        /// Whether the highest tier is granted as often as it is reached: every 100 spent, 10 off.
        #[serde(default)]
        repeats: bool,
    },
    /// A price for several units together, the dearest first: fixed sets, and any N of a range.
    Bundle {
        /// What belongs to it.
        parts: Vec<Part>,
        /// What one bundle costs, in minor units.
        price_minor: i64,
        /// Most bundles of an order; any number if absent.
        #[serde(default)]
        most_times: Option<i64>,
    },
}

/// Sorts of base price. An earlier one shuts a later one out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BasePrice {
    /// A flash sale.
    Flash,
    /// A group buy.
    Group,
    /// A bargain.
    Bargain,
    /// A pre-sale.
    Presale,
    /// Paid with points, with or without money.
    Points,
}

/// How a pre-sale is paid: a deposit while the offer holds, and the balance in a time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Presale {
    /// The deposit for a unit, in minor units; part of its price.
    pub deposit_minor: i64,
    /// From when on the balance may be paid.
    #[schema(value_type = String, format = DateTime)]
    pub balance_from: Timestamp,
    /// Until when, that moment excluded.
    #[schema(value_type = String, format = DateTime)]
    pub balance_until: Timestamp,
}

/// Sorts of price of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinePrice {
    /// For a limited time.
    LimitedTime,
    /// For members.
    Member,
}

/// By how much a price is lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cut {
    /// A unit costs this many minor units.
    UnitMinor(i64),
    /// Hundredths of a percent off: 1,500 is 15 %.
    OffBasisPoints(i64),
}

/// A tier: what must be bought, and what that earns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// What must be bought of the goods in scope.
    pub at: At,
    /// What it earns.
    pub rewards: Vec<Reward>,
}

/// What must be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum At {
    /// This much, in minor units, after the offers before it.
    SpendMinor(i64),
    /// This many units.
    Units(i64),
}

/// What is earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Reward {
    /// An amount off.
    Amount {
        /// How much, in minor units.
        minor: i64,
    },
    /// A part off.
    Percent {
        /// Hundredths of a percent.
        basis_points: i64,
        /// At most this much, in minor units.
        #[serde(default)]
        most_minor: Option<i64>,
    },
    /// One unit, the dearest in scope, for this price; 0 exchanges the coupon for it.
    OneFor {
        /// Its price, in minor units.
        minor: i64,
    },
    /// No freight.
    FreeFreight {
        /// At most this much of it, in minor units.
        #[serde(default)]
        most_minor: Option<i64>,
    },
    /// Something given on top.
    Gift {
        /// The product.
        product_id: String,
        /// How many units.
        units: i64,
    },
    /// Points, once the order is settled.
    Points {
        /// How many.
        points: i64,
    },
    /// A coupon, once the order is settled.
    Coupon {
        /// The offer it is of.
        offer_id: String,
    },
}

/// A part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which goods. No two parts of a bundle should share any.
    #[serde(default)]
    pub scope: Scope,
    /// How many units of them.
    pub units: i64,
}

/// What an offer may be combined with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stacking {
    /// The group it stands in. Without one, thresholds all apply, and of coupons one.
    pub group: Option<String>,
    /// Its place among others of its stage: lower comes first.
    pub priority: i64,
    /// What it is, for the `excludes` of others.
    pub tags: BTreeSet<String>,
    /// Tags of offers it cannot be used with, in either direction.
    pub excludes: BTreeSet<String>,
    /// Whether it can be used only alone, without any other threshold, bundle or coupon.
    pub exclusive: bool,
    /// Offers without which it cannot be used.
    pub needs: BTreeSet<String>,
}

/// How often an offer may be used; without end where absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// By everybody together: orders, or units of a base price.
    pub total: Option<i64>,
    /// By one shopper.
    pub per_shopper: Option<i64>,
    /// By one shopper on one day of the shop.
    pub per_shopper_per_day: Option<i64>,
    /// What it may cost in all, in minor units.
    pub budget_minor: Option<i64>,
    /// How much of it each of several products has: flash stock. In units of a base price.
    pub per_product: BTreeMap<String, i64>,
}

/// What becomes of an offer when goods come back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnReturn {
    /// What is kept keeps its discount.
    #[default]
    Keep,
    /// What is kept must still reach the threshold, or its discount is taken off the refund.
    Retest,
}

/// How the members of a group compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// All of them apply.
    Stack,
    /// The first, by priority, that gives anything.
    InOrder,
    /// The one that serves the shopper best.
    BestForShopper,
    /// The one that costs the shop least, and something.
    BestForShop,
}

/// Whether a group decides once for an order or for each line by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Once for the order.
    #[default]
    Order,
    /// For each line by itself, thresholds included.
    Item,
}

/// A group of offers, or of groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub group: String,
    /// The group it stands in, if any.
    #[serde(default)]
    pub within: Option<String>,
    /// How its members compete.
    pub policy: Policy,
    /// For what it decides.
    #[serde(default)]
    pub by: By,
    /// Its place among others: lower comes first.
    #[serde(default)]
    pub priority: i64,
}

impl Offer {
    /// Whether a quote must ask the ledger about it.
    pub(crate) fn is_limited(&self) -> bool {
        let audience = &self.terms.audience;
        self.terms.limits != Limits::default() || audience.first_order || audience.birthday
    }
}

impl Terms {
    /// Terms of that name and benefit, for everybody and without limits.
    pub(crate) fn plain(name: String, benefit: Benefit) -> Self {
        Self {
            name,
            benefit,
            starts_at: None,
            ends_at: None,
            scope: Scope::default(),
            audience: Audience::default(),
            claim: Claim::Everyone,
            stacking: Stacking::default(),
            limits: Limits::default(),
            on_return: OnReturn::Keep,
            receive: Receive::default(),
            shared: None,
        }
    }

    /// The most one use of it can take off, in minor units, if that is bounded.
    pub fn worth(&self) -> Option<i64> {
        let Benefit::Tiers { tiers, repeats: false } = &self.benefit else { return None };
        let of_reward = |reward: &Reward| match reward {
            Reward::Amount { minor } => Some(*minor),
            Reward::Percent { most_minor, .. } | Reward::FreeFreight { most_minor } => *most_minor,
            Reward::OneFor { .. } => None,
            Reward::Gift { .. } | Reward::Points { .. } | Reward::Coupon { .. } => Some(0),
        };
        let of_tier = |tier: &Tier| tier.rewards.iter().map(of_reward).sum::<Option<i64>>();
        tiers.iter().map(of_tier).try_fold(0, |top: i64, worth| Some(top.max(worth?)))
    }

    /// Whether it is among the offers of which a combination is sought: thresholds, bundles, coupons.
    pub fn combines(&self) -> bool {
        matches!(self.benefit, Benefit::Tiers { .. } | Benefit::Bundle { .. })
    }

    /// Whether what is kept of an order tells alone what it deserves: tiers, unless they price a single unit.
    pub fn can_be_retested(&self) -> bool {
        let Benefit::Tiers { tiers, .. } = &self.benefit else { return false };
        tiers.iter().flat_map(|tier| &tier.rewards).all(|reward| !matches!(reward, Reward::OneFor { .. }))
    }
}
