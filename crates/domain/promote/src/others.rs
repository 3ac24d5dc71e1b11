//! What this room asks of others: who belongs to a segment, what is said of a shopper, who bought before, what goods cost,
//! what campaigns say.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_contracts::audience::{Audience, Member};
use fanvine_contracts::campaigns::{Admission, Campaigns, Piece};
use fanvine_contracts::prices::{Goods, PricedProduct, Prices};
use fanvine_contracts::shoppers::{Asking, PastOrders, ShopperTraits};
use fanvine_kernel::Timestamp;

/// Whom this room asks.
#[derive(Clone)]
pub struct Others {
    /// Who belongs to which segment.
    pub audience: Arc<dyn Audience>,
    /// What the shop says of its shoppers: their `level` and `birthday`.
    pub traits: Arc<dyn ShopperTraits>,
    /// Who has bought before.
    pub orders: Arc<dyn PastOrders>,
    /// What goods cost and did cost.
    pub prices: Arc<dyn Prices>,
    /// What campaigns say of offers and plays they hold.
    pub campaigns: Arc<dyn Campaigns>,
}

impl Others {
    /// Nobody to ask: no shopper is known, no product, and there is no campaign.
    pub fn nobody() -> Self {
        let nobody = Arc::new(Nobody);
        let (audience, traits, orders) = (nobody.clone(), nobody.clone(), nobody.clone());
        Self { audience, traits, orders, prices: nobody.clone(), campaigns: nobody }
    }
}

struct Nobody;

impl Audience for Nobody {
    fn has_segment(&self, _: &str) -> bool {
        false
    }

    fn belongs(&self, _: &str, _: &str) -> Option<bool> {
        None
    }

    fn members(&self, _: &str, _: Option<u32>, _: usize) -> Option<Vec<Member>> {
        None
    }

    fn keys_of(&self, shopper_key: &str) -> Vec<String> {
        vec![shopper_key.to_owned()]
    }
}

impl ShopperTraits for Nobody {
    fn traits_of<'a>(&'a self, _: &'a str, _: &'a [&'a str]) -> Asking<'a, BTreeMap<String, String>> {
        Box::pin(async { Ok(BTreeMap::new()) })
    }
}

impl PastOrders for Nobody {
    fn has_ordered<'a>(&'a self, _: &'a [String]) -> Asking<'a, bool> {
        Box::pin(async { Ok(false) })
    }
}

impl Prices for Nobody {
    fn prices_of<'a>(&'a self, _: &'a Goods, _: Timestamp, _: u32) -> Asking<'a, Vec<PricedProduct>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl Campaigns for Nobody {
    fn admit<'a>(&'a self, _: Option<&'a str>, _: Vec<Piece>, _: Timestamp) -> Asking<'a, BTreeMap<Piece, Admission>> {
        Box::pin(async { Ok(BTreeMap::new()) })
    }
}
