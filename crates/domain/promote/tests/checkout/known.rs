//! What other rooms would know of shoppers and products.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use fanvine_contracts::audience::{Audience, Member};
use fanvine_contracts::campaigns::{Admission, Campaigns, Piece};
use fanvine_contracts::prices::{Goods, PricedProduct, Prices};
use fanvine_contracts::shoppers::{Asking, PastOrders, ShopperTraits};
use fanvine_contracts::storefront::{ShopperTokens, TokenFault};
use fanvine_kernel::Timestamp;

#[derive(Default)]
pub struct Known {
    /// Shoppers by segment.
    pub segments: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// Traits by shopper and name.
    pub traits: Mutex<BTreeMap<(String, String), String>>,
    /// Who has ordered before.
    pub ordered: Mutex<BTreeSet<String>>,
    pub products: Mutex<Vec<PricedProduct>>,
    /// Keys that are one person, beside those everybody has.
    pub persons: Mutex<Vec<BTreeSet<String>>>,
    /// When keys were erased.
    pub erased: Mutex<BTreeMap<String, Timestamp>>,
    /// What a campaign says of a piece: for shoppers by key, and for everybody else under no key.
    pub campaigns: Mutex<BTreeMap<Piece, BTreeMap<String, Admission>>>,
}

impl Known {
    pub fn enters(&self, shopper: &str, segment: &str) {
        self.segments.lock().unwrap().entry(segment.into()).or_default().insert(shopper.into());
    }

    pub fn says(&self, shopper: &str, name: &str, value: &str) {
        self.traits.lock().unwrap().insert((shopper.into(), name.into()), value.into());
    }

    /// A product that costs `price`, did cost `lowest`, and costs the shop `cost`.
    pub fn sells(&self, product_id: &str, price_minor: i64, lowest_minor: i64, cost_minor: Option<i64>) {
        self.products.lock().unwrap().push(PricedProduct {
            product_id: product_id.into(),
            name: None,
            image_url: None,
            url: None,
            category: None,
            brand: None,
            price_minor,
            currency: "CNY".parse().unwrap(),
            cost_minor,
            lowest_minor,
            lowest_since: Timestamp::parse("2026-11-05T00:00:00Z").unwrap(),
        });
    }
}

impl Known {
    /// A campaign says this of a piece for a shopper; for everybody else, where the shopper is empty.
    pub fn campaign_says(&self, piece: Piece, shopper: &str, admission: Admission) {
        self.campaigns.lock().unwrap().entry(piece).or_default().insert(shopper.into(), admission);
    }
}

impl Campaigns for Known {
    fn admit<'a>(
        &'a self,
        shopper_key: Option<&'a str>,
        pieces: Vec<Piece>,
        _: Timestamp,
    ) -> Asking<'a, BTreeMap<Piece, Admission>> {
        let campaigns = self.campaigns.lock().unwrap().clone();
        let said = |piece: &Piece| {
            let said = campaigns.get(piece)?;
            said.get(shopper_key.unwrap_or_default()).or_else(|| said.get("")).cloned()
        };
        let said = pieces.into_iter().filter_map(|piece| Some((piece.clone(), said(&piece)?))).collect();
        Box::pin(async move { Ok(said) })
    }
}

impl Audience for Known {
    fn has_segment(&self, segment: &str) -> bool {
        self.segments.lock().unwrap().contains_key(segment)
    }

    fn belongs(&self, segment: &str, shopper_key: &str) -> Option<bool> {
        self.segments.lock().unwrap().get(segment).map(|members| members.contains(shopper_key))
    }

    fn members(&self, segment: &str, after: Option<u32>, limit: usize) -> Option<Vec<Member>> {
        let segments = self.segments.lock().unwrap();
        let from = after.map_or(0, |after| after + 1);
        let members = segments.get(segment)?.iter().zip(0u32..).filter(|(_, place)| *place >= from).take(limit);
        let member = |(key, place): (&String, u32)| Member { place, shopper_key: key.clone(), keys: vec![key.clone()] };
        Some(members.map(member).collect())
    }

    fn keys_of(&self, shopper_key: &str) -> Vec<String> {
        let persons = self.persons.lock().unwrap();
        match persons.iter().find(|keys| keys.contains(shopper_key)) {
            Some(keys) => keys.iter().cloned().collect(),
            None => vec![shopper_key.to_owned(), format!("before-{shopper_key}")],
        }
    }

    fn erased_at(&self, shopper_key: &str) -> Option<Timestamp> {
        self.erased.lock().unwrap().get(shopper_key).copied()
    }
}

impl ShopperTraits for Known {
    fn traits_of<'a>(&'a self, shopper_key: &'a str, names: &'a [&'a str]) -> Asking<'a, BTreeMap<String, String>> {
        let traits = self.traits.lock().unwrap().clone();
        let mine = traits.into_iter().filter(|((who, name), _)| who == shopper_key && names.contains(&name.as_str()));
        let mine = mine.map(|((_, name), value)| (name, value)).collect();
        Box::pin(async move { Ok(mine) })
    }
}

impl PastOrders for Known {
    fn has_ordered<'a>(&'a self, shopper_keys: &'a [String]) -> Asking<'a, bool> {
        let ordered = self.ordered.lock().unwrap().clone();
        Box::pin(async move { Ok(shopper_keys.iter().any(|key| ordered.contains(key))) })
    }
}

impl Prices for Known {
    fn prices_of<'a>(&'a self, goods: &'a Goods, _: Timestamp, most: u32) -> Asking<'a, Vec<PricedProduct>> {
        let all = self.products.lock().unwrap().clone();
        let wanted = |one: &PricedProduct| goods.products.is_empty() || goods.products.contains(&one.product_id);
        let found = all.into_iter().filter(wanted).take(most as usize).collect();
        Box::pin(async move { Ok(found) })
    }
}

/// A token is `token-of-SHOPPER`.
impl ShopperTokens for Known {
    fn shopper_of(&self, token: &str) -> Result<String, TokenFault> {
        token.strip_prefix("token-of-").map(str::to_owned).ok_or(TokenFault::Forged)
    }
}
