//! Orders as they stand: for whoever reckons what shoppers bought.

use fanvine_kernel::{Currency, Timestamp};

use crate::shoppers::Asking;

/// An order that was not cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The shop's number for it.
    pub order_id: String,
    /// Who ordered: the user id, else the anonymous id; none for a guest.
    pub shopper_key: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The currency of its amounts.
    pub currency: Option<Currency>,
    /// Product revenue after discounts, without shipping and tax, less what was refunded, in minor units.
    pub net_minor: i64,
}

/// Tells of orders.
pub trait PlacedOrders: Send + Sync {
    /// Orders placed from `from` on and before `until`, at most `most`, in the order of their time, behind `after`: the
    /// time and number of the last order before.
    fn placed<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        after: Option<(Timestamp, String)>,
        most: u32,
    ) -> Asking<'a, Vec<PlacedOrder>>;
}
