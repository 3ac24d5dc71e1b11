//! What the tables and columns mean, for people who write SQL.

use std::sync::PoisonError;

use serde::Serialize;

use crate::{ColumnKind, Lake};

/// A table of SQL and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableAbout {
    /// Its name.
    pub name: String,
    /// What a row is.
    pub about: String,
    /// Its columns in order.
    pub columns: Vec<ColumnAbout>,
}

/// A column of a table and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnAbout {
    /// Its name.
    pub name: String,
    /// `text`, `integer`, `float`, `timestamp` or `boolean`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it holds.
    pub about: String,
}

type Described = (&'static str, ColumnKind, &'static str);

/// The columns of `events`, in order.
pub(crate) const EVENTS: [Described; 20] = [
    ("message_id", ColumnKind::Text, "The sender's name for the event; with the source it is unique."),
    ("event", ColumnKind::Text, "What happened: Product Viewed, Order Completed …"),
    ("kind", ColumnKind::Text, "By which call it arrived: track, identify, page, screen, group or alias."),
    ("shopper_id", ColumnKind::Text, "The shopper: user_id, else anonymous_id, else null for a guest."),
    ("user_id", ColumnKind::Text, "The shop's own name for the shopper, once known."),
    ("anonymous_id", ColumnKind::Text, "The name a client gave the shopper before it knew one."),
    ("occurred_at", ColumnKind::Time, "When it happened, UTC; the client's clock corrected by sentAt."),
    ("received_at", ColumnKind::Time, "When it reached us, UTC."),
    ("source_id", ColumnKind::Text, "The source whose write key it came with."),
    ("session_id", ColumnKind::Text, "The visit it belongs to, as the client counts visits."),
    ("product_id", ColumnKind::Text, "The product it is about, when it is about one."),
    ("order_id", ColumnKind::Text, "The order it is about."),
    ("quantity", ColumnKind::Int, "How many units it is about, over all its lines."),
    (
        "revenue_minor",
        ColumnKind::Int,
        "What it brought in, in minor units (cents, fen) of currency; for a refund, what went back.",
    ),
    ("currency", ColumnKind::Text, "The currency of revenue_minor, ISO 4217."),
    ("channel", ColumnKind::Text, "How the shopper came: direct, organic_search, paid_social, wechat …"),
    ("campaign", ColumnKind::Text, "The campaign the shopper came by."),
    ("referrer", ColumnKind::Text, "The page before the visit."),
    (
        "properties",
        ColumnKind::Text,
        "All properties (or traits) as sent, JSON; see json_text(properties, 'path.to.field').",
    ),
    ("context", ColumnKind::Text, "The context as sent, JSON."),
];

/// The columns of the view `shoppers`, in order.
const SHOPPERS: [Described; 11] = [
    ("shopper_id", ColumnKind::Text, "The shopper: user_id, else anonymous_id."),
    ("user_id", ColumnKind::Text, "The shop's own name for the shopper, once known."),
    ("anonymous_id", ColumnKind::Text, "A client's name for the shopper; the last in the alphabet of several."),
    ("first_seen_at", ColumnKind::Time, "The shopper's first event, UTC."),
    ("last_seen_at", ColumnKind::Time, "The shopper's latest event, UTC."),
    ("events", ColumnKind::Int, "How many events the shopper has."),
    ("orders", ColumnKind::Int, "How many different orders were completed."),
    (
        "revenue_minor",
        ColumnKind::Int,
        "What those orders brought in, minor units; null where they are of several currencies.",
    ),
    (
        "refunded_minor",
        ColumnKind::Int,
        "What was refunded, minor units; null where orders and refunds are of several currencies.",
    ),
    ("currency", ColumnKind::Text, "The currency of both; null where there are several."),
    ("last_order_at", ColumnKind::Time, "When the latest order was completed, UTC."),
];

/// The view `shoppers`.
pub(crate) const SHOPPERS_SQL: &str = "
SELECT shopper_id, user_id, anonymous_id, first_seen_at, last_seen_at, events, orders,
       CASE WHEN lowest_currency IS NOT DISTINCT FROM highest_currency THEN revenue_minor END AS revenue_minor,
       CASE WHEN lowest_currency IS NOT DISTINCT FROM highest_currency THEN refunded_minor END AS refunded_minor,
       CASE WHEN lowest_currency = highest_currency THEN lowest_currency END AS currency,
       last_order_at
FROM (SELECT shopper_id, max(user_id) AS user_id, max(anonymous_id) AS anonymous_id,
             min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at, count(*) AS events,
             count(DISTINCT CASE WHEN event = 'Order Completed' THEN order_id END) AS orders,
             coalesce(sum(CASE WHEN event = 'Order Completed' THEN revenue_minor END), 0) AS revenue_minor,
             coalesce(sum(CASE WHEN event = 'Order Refunded' THEN revenue_minor END), 0) AS refunded_minor,
             min(CASE WHEN event IN ('Order Completed', 'Order Refunded') THEN currency END) AS lowest_currency,
             max(CASE WHEN event IN ('Order Completed', 'Order Refunded') THEN currency END) AS highest_currency,
             max(CASE WHEN event = 'Order Completed' THEN occurred_at END) AS last_order_at
      FROM events WHERE shopper_id IS NOT NULL GROUP BY shopper_id)";

impl Lake {
    /// The tables SQL can ask and what their columns mean.
    pub fn schema(&self) -> Vec<TableAbout> {
        let mut tables = vec![
            about("events", "One row for each event: something a shopper did, at one moment.", EVENTS),
            about("shoppers", "One row for each shopper with any event, reckoned from the events.", SHOPPERS),
        ];
        let foreign = self.inner.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables.extend(foreign.iter().map(|table| {
            let columns = table.columns().into_iter().map(|column| (column.name, column.kind, column.about));
            about(table.name(), table.about(), columns)
        }));
        tables
    }
}

fn about(name: &str, about: &str, columns: impl IntoIterator<Item = Described>) -> TableAbout {
    let column = |(name, kind, about): Described| ColumnAbout {
        name: name.to_owned(),
        kind: match kind {
            ColumnKind::Text => "text",
            ColumnKind::Int => "integer",
            ColumnKind::Float => "float",
            ColumnKind::Time => "timestamp",
            ColumnKind::Bool => "boolean",
        }
        .to_owned(),
        about: about.to_owned(),
    };
    TableAbout { name: name.to_owned(), about: about.to_owned(), columns: columns.into_iter().map(column).collect() }
}
