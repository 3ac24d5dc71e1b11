//! All offers of a moment, found by what they apply to.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cart::{Cart, Line};
use super::earning::Multiplier;
use crate::offers::{Claim, Group, Offer, Scope};

/// What points are worth and how they are earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsRule {
    /// What a point pays, in minor units.
    pub minor_per_point: i64,
    /// Most of the goods that points may pay, in hundredths of a percent.
    pub most_basis_points: i64,
    /// For how many minor units paid a point is earned; none are if absent.
    #[serde(default)]
    pub minor_per_point_earned: Option<i64>,
    /// The same by currency: what is paid in one of these earns by its own rate.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earned_by_currency: BTreeMap<String, i64>,
    /// Goods and shoppers for whom more are earned, or fewer, or none. Of several that fit a line the first counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<Multiplier>,
    /// Most points an order earns by this rule; any number if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_earned: Option<i64>,
    /// How many days after it was earned a point may be spent: the time in which goods may come back.
    #[serde(default)]
    pub opens_after_days: i64,
    /// How many days after it was earned a point expires; never if absent.
    #[serde(default)]
    pub expires_after_days: Option<i64>,
}

/// All offers of a moment, found by product, category and brand before anything is reckoned.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    pub(super) offers: Vec<Offer>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) points: Option<PointsRule>,
    /// Groups with a threshold or a bundle somewhere in them: they take their turn before coupons.
    pub(super) early_groups: BTreeSet<String>,
    numbers: FxHashMap<String, u32>,
    by_product: FxHashMap<String, Vec<u32>>,
    by_category: FxHashMap<String, Vec<u32>>,
    by_brand: FxHashMap<String, Vec<u32>>,
    everywhere: Vec<u32>,
}

impl Rulebook {
    /// A book of these offers and groups. A group within itself, or within one that is not there, stands by itself.
    pub fn new(mut offers: Vec<Offer>, groups: Vec<Group>, points: Option<PointsRule>) -> Self {
        // The order in which they compete and are shown.
        offers.sort_by(|a, b| {
            let key = |offer: &Offer| (offer.terms.stacking.priority, offer.offer_id.clone());
            key(a).cmp(&key(b))
        });
        let groups: BTreeMap<String, Group> = groups.into_iter().map(|group| (group.group.clone(), group)).collect();
        let early_groups = early(&groups, &offers);
        let mut book = Self { groups, points, early_groups, ..Self::default() };
        for (number, offer) in (0u32..).zip(&offers) {
            book.numbers.insert(offer.offer_id.clone(), number);
            for scope in scopes(offer) {
                book.note(number, scope);
            }
        }
        book.offers = offers;
        book
    }

    fn note(&mut self, number: u32, scope: &Scope) {
        if scope.products.is_empty() && scope.categories.is_empty() && scope.brands.is_empty() {
            self.everywhere.push(number);
        }
        for (names, index) in [
            (&scope.products, &mut self.by_product),
            (&scope.categories, &mut self.by_category),
            (&scope.brands, &mut self.by_brand),
        ] {
            names.iter().for_each(|name| index.entry(name.clone()).or_default().push(number));
        }
    }

    /// The offer of that identifier.
    pub fn offer(&self, offer_id: &str) -> Option<&Offer> {
        self.number_of(offer_id).and_then(|number| self.offers.get(number as usize))
    }

    pub(super) fn number_of(&self, offer_id: &str) -> Option<u32> {
        self.numbers.get(offer_id).copied()
    }

    /// The same offers, with these in the place of theirs or beside them.
    pub(crate) fn with(&self, drafts: Vec<Offer>) -> Self {
        let published = self.offers.iter().filter(|offer| drafts.iter().all(|draft| draft.offer_id != offer.offer_id));
        let offers = published.cloned().chain(drafts.iter().cloned()).collect();
        Self::new(offers, self.groups.values().cloned().collect(), self.points.clone())
    }

    /// All of them.
    pub(crate) fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// What points are worth, if they are worth anything.
    pub(crate) fn points(&self) -> Option<&PointsRule> {
        self.points.as_ref()
    }

    /// The offers that may apply to something in the cart, and those of these coupons.
    pub(crate) fn near(&self, cart: &Cart, coupons: &BTreeSet<String>) -> Vec<&Offer> {
        let numbers =
            self.touching(cart).into_iter().chain(coupons.iter().filter_map(|offer_id| self.number_of(offer_id)));
        let numbers: BTreeSet<u32> = numbers.collect();
        numbers.into_iter().filter_map(|number| self.offers.get(number as usize)).collect()
    }

    /// The offers that may apply to something in the cart, in order.
    pub(super) fn touching(&self, cart: &Cart) -> BTreeSet<u32> {
        let mut found: BTreeSet<u32> = self.everywhere.iter().copied().collect();
        for line in &cart.lines {
            found.extend(self.by_product.get(&line.product_id).into_iter().flatten());
            found.extend(line.category.iter().filter_map(|name| self.by_category.get(name)).flatten());
            found.extend(line.brand.iter().filter_map(|name| self.by_brand.get(name)).flatten());
        }
        found
    }
}

fn early(groups: &BTreeMap<String, Group>, offers: &[Offer]) -> BTreeSet<String> {
    let mut early = BTreeSet::new();
    for offer in offers.iter().filter(|offer| offer.terms.claim != Claim::Coupon) {
        let mut next = offer.terms.stacking.group.as_ref();
        while let Some(group) = next.and_then(|name| groups.get(name)).filter(|group| early.insert(group.group.clone()))
        {
            next = group.within.as_ref();
        }
    }
    early
}

/// The scopes by which an offer is found.
fn scopes(offer: &Offer) -> Vec<&Scope> {
    match &offer.terms.benefit {
        crate::offers::Benefit::Bundle { parts, .. } => parts.iter().map(|part| &part.scope).collect(),
        _ => vec![&offer.terms.scope],
    }
}

impl Scope {
    /// Whether a line is of these goods.
    pub fn has(&self, line: &Line) -> bool {
        if self.except_products.contains(&line.product_id) {
            return false;
        }
        let all = self.products.is_empty() && self.categories.is_empty() && self.brands.is_empty();
        all || self.products.contains(&line.product_id)
            || line.category.as_ref().is_some_and(|name| self.categories.contains(name))
            || line.brand.as_ref().is_some_and(|name| self.brands.contains(name))
    }
}
