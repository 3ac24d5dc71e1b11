//! The overview's questions, as the lake understands them.
//!
//! Every text is put together from dates, a checked currency code and constants; nothing a caller wrote
//! reaches the SQL.

use fanvine_kernel::event::names;
use fanvine_kernel::{Currency, Zone};

use super::{Interval, Period};

/// A period as the lake sees it: half open, in UTC.
pub struct Span {
    from: String,
    until: String,
    start_of: &'static str,
}

impl Span {
    /// The days of `period` in `zone`, cut by `interval`.
    pub fn new(period: Period, zone: Zone, interval: Interval) -> Self {
        Self {
            from: zone.start_of(period.from).to_string(),
            until: zone.start_of(period.to.plus_days(1)).to_string(),
            start_of: match interval {
                Interval::Day => "local_day",
                Interval::Week => "local_week",
                Interval::Month => "local_month",
            },
        }
    }

    fn holds(&self, column: &str) -> String {
        format!("{column} >= TIMESTAMP '{}' AND {column} < TIMESTAMP '{}'", self.from, self.until)
    }

    fn start(&self, column: &str) -> String {
        format!("{}({column})", self.start_of)
    }
}

/// Orders that were placed: a refund of an order nobody told us of is not one.
const COUNTS: &str = "status <> 'refund_only'";

/// Currencies with their orders and revenue, most orders first: `(currency, orders, revenue_minor)`.
pub fn currencies(span: &Span) -> String {
    format!(
        "SELECT currency, count(*), sum(revenue_minor) FROM orders WHERE {COUNTS} AND {} GROUP BY currency ORDER BY 2 DESC, 1",
        span.holds("placed_at")
    )
}

/// By interval: `(start, orders, revenue_minor, guest_orders)`.
pub fn orders(span: &Span, currency: Currency) -> String {
    format!(
        "SELECT {start}, count(*), sum(revenue_minor), count(*) - count(shopper_id) FROM orders \
         WHERE {COUNTS} AND currency = '{currency}' AND {holds} GROUP BY 1",
        start = span.start("placed_at"),
        holds = span.holds("placed_at")
    )
}

/// By interval: `(start, refunded_minor)`.
pub fn refunds(span: &Span, currency: Currency) -> String {
    format!(
        "SELECT {start}, sum(amount_minor) FROM refunds WHERE currency = '{currency}' AND {holds} GROUP BY 1",
        start = span.start("refunded_at"),
        holds = span.holds("refunded_at")
    )
}

/// Whether an event is the shopper's own doing.
fn own_doing() -> String {
    format!("event NOT IN ('{}') AND shopper_id IS NOT NULL", names::THE_SHOPS_OWN.join("', '"))
}

/// One shopper's row per interval: who was active, who ordered.
fn activity(span: &Span, start: &str) -> String {
    format!(
        "SELECT {start}, count(DISTINCT shopper_id), \
         count(DISTINCT CASE WHEN event = '{ordered}' THEN shopper_id END) \
         FROM events WHERE {own} AND {holds}",
        ordered = names::ORDER_COMPLETED,
        own = own_doing(),
        holds = span.holds("occurred_at")
    )
}

/// By interval: `(start, active_shoppers, shoppers_who_ordered)`.
pub fn active_by_interval(span: &Span) -> String {
    format!("{} GROUP BY 1", activity(span, &span.start("occurred_at")))
}

/// Over the whole period, in the same form: `(null, active_shoppers, shoppers_who_ordered)`.
pub fn active_in_all(span: &Span) -> String {
    activity(span, "NULL")
}

/// By interval, shoppers whose first event ever lies in it: `(start, new_shoppers)`.
pub fn newcomers(span: &Span) -> String {
    format!(
        "SELECT {start}, count(*) FROM (SELECT shopper_id, min(occurred_at) AS first_at FROM events \
         WHERE {own} GROUP BY shopper_id) AS firsts WHERE {holds} GROUP BY 1",
        start = span.start("first_at"),
        own = own_doing(),
        holds = span.holds("first_at")
    )
}

/// The steps of the purchase funnel with the events that reach them.
pub const STEPS: [(&str, &str); 4] = [
    ("viewed", names::PRODUCT_VIEWED),
    ("added", names::PRODUCT_ADDED),
    ("checkout", names::CHECKOUT_STARTED),
    ("ordered", names::ORDER_COMPLETED),
];

/// Shoppers who reached each step, one column a step in the order of [`STEPS`].
pub fn reach(span: &Span) -> String {
    let columns: Vec<String> = STEPS
        .iter()
        .map(|(_, event)| format!("count(DISTINCT CASE WHEN event = '{event}' THEN shopper_id END)"))
        .collect();
    let events: Vec<&str> = STEPS.iter().map(|(_, event)| *event).collect();
    format!(
        "SELECT {} FROM events WHERE shopper_id IS NOT NULL AND event IN ('{}') AND {}",
        columns.join(", "),
        events.join("', '"),
        span.holds("occurred_at")
    )
}

/// The products that brought in most: `(product_id, name, units, orders, revenue_minor)`. Lines of nothing bought are
/// what only a refund tells of.
pub fn top_products(span: &Span, currency: Currency, most: usize) -> String {
    format!(
        "SELECT t.product_id, coalesce(p.name, t.name), t.units, t.orders, t.revenue_minor FROM \
         (SELECT product_id, max(name) AS name, sum(quantity) AS units, count(DISTINCT order_id) AS orders, \
         sum(revenue_minor) AS revenue_minor FROM order_lines \
         WHERE quantity > 0 AND product_id IS NOT NULL AND currency = '{currency}' AND {holds} \
         GROUP BY product_id ORDER BY revenue_minor DESC, product_id LIMIT {most}) AS t \
         LEFT JOIN products p ON p.product_id = t.product_id ORDER BY t.revenue_minor DESC, t.product_id",
        holds = span.holds("placed_at")
    )
}
