//! The rooms beside campaigns, as a test wants them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use fanvine_contracts::audience::{Audience, Member};
use fanvine_contracts::campaigns::{Charge, Given, Piece, PieceLook, Pieces};
use fanvine_contracts::gates::GateResult;
use fanvine_contracts::orders::{PlacedOrder, PlacedOrders};
use fanvine_contracts::persons::Persons;
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Code, Problem, Timestamp};

#[derive(Default)]
pub struct World {
    /// Members of the one segment there is, `vip`.
    pub vip: Mutex<BTreeSet<String>>,
    /// Which keys are one person.
    pub merged: Mutex<Vec<Vec<String>>>,
    pub orders: Mutex<Vec<PlacedOrder>>,
    pub given: Mutex<Given>,
    /// Pieces that there are, and whether each is published.
    pub pieces: Mutex<BTreeMap<Piece, bool>>,
    /// Whether nothing can be published.
    pub jammed: Mutex<bool>,
}

impl World {
    pub fn is_published(&self, piece: &Piece) -> bool {
        self.pieces.lock().unwrap().get(piece).copied().unwrap_or(false)
    }

    pub fn bought(&self, key: &str, at: Timestamp, net_minor: i64) {
        let mut orders = self.orders.lock().unwrap();
        let order_id = format!("o{:05}", orders.len());
        let (shopper_key, currency) = (Some(key.to_owned()), "CNY".parse().ok());
        orders.push(PlacedOrder { order_id, shopper_key, placed_at: at, currency, net_minor });
    }
}

impl Audience for World {
    fn has_segment(&self, segment: &str) -> bool {
        segment == "vip"
    }

    fn belongs(&self, segment: &str, shopper_key: &str) -> Option<bool> {
        self.has_segment(segment).then(|| self.vip.lock().unwrap().contains(shopper_key))
    }

    fn members(&self, _: &str, _: Option<u32>, _: usize) -> Option<Vec<Member>> {
        None
    }

    fn keys_of(&self, shopper_key: &str) -> Vec<String> {
        let merged = self.merged.lock().unwrap();
        let mine = merged.iter().find(|keys| keys.iter().any(|key| key == shopper_key));
        mine.cloned().unwrap_or_else(|| vec![shopper_key.to_owned()])
    }
}

impl Persons for World {
    fn version(&self) -> u64 {
        0
    }

    fn merged(&self) -> Vec<Vec<String>> {
        self.merged.lock().unwrap().clone()
    }
}

impl PlacedOrders for World {
    fn placed<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        after: Option<(Timestamp, String)>,
        most: u32,
    ) -> Asking<'a, Vec<PlacedOrder>> {
        let mut orders = self.orders.lock().unwrap().clone();
        orders.sort_by(|a, b| (a.placed_at, &a.order_id).cmp(&(b.placed_at, &b.order_id)));
        orders.retain(|order| from <= order.placed_at && order.placed_at < until);
        orders.retain(|order| after.as_ref().is_none_or(|after| *after < (order.placed_at, order.order_id.clone())));
        orders.truncate(most as usize);
        Box::pin(async move { Ok(orders) })
    }
}

impl Pieces for World {
    fn look<'a>(&'a self, piece: &'a Piece) -> Asking<'a, Option<PieceLook>> {
        let published = self.pieces.lock().unwrap().get(piece).copied();
        let look = published.map(|published| PieceLook {
            name: piece.id.clone(),
            sort: "offer".into(),
            version: 1,
            published_version: published.then_some(1),
        });
        Box::pin(async move { Ok(look) })
    }

    fn gates<'a>(&'a self, _: &'a Piece) -> Asking<'a, Vec<GateResult>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn publish<'a>(&'a self, piece: &'a Piece, _: &'a str) -> Asking<'a, ()> {
        let jammed = *self.jammed.lock().unwrap();
        if !jammed {
            self.pieces.lock().unwrap().insert(piece.clone(), true);
        }
        let done = if jammed { Err(Problem::new(Code::Unavailable, "jammed")) } else { Ok(()) };
        Box::pin(async move { done })
    }

    fn withdraw<'a>(&'a self, piece: &'a Piece, _: &'a str) -> Asking<'a, ()> {
        self.pieces.lock().unwrap().insert(piece.clone(), false);
        Box::pin(async { Ok(()) })
    }

    fn given<'a>(&'a self, _: &'a Charge, _: &'a [Piece], _: Timestamp) -> Asking<'a, Given> {
        let given = self.given.lock().unwrap().clone();
        Box::pin(async move { Ok(given) })
    }

    fn spent<'a>(&'a self, _: &'a Charge) -> Asking<'a, i64> {
        let spent = self.given.lock().unwrap().spent_minor;
        Box::pin(async move { Ok(spent) })
    }

    fn absolute_words(&self, text: &str) -> Vec<String> {
        text.contains("best").then(|| "best".to_owned()).into_iter().collect()
    }
}
