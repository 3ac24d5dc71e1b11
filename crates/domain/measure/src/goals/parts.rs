//! Who makes up a figure: by channel, by category, by whether they bought before. Parts of what is summed add up to it.

use fanvine_kernel::event::names;
use fanvine_kernel::{Currency, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Measure;
use crate::forecast::series::rows;
use crate::overview::Period;

/// By what a figure is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// How shoppers came; of those who came by several, how they came first in the period.
    Channel,
    /// The products' category.
    Category,
    /// Whether it is the shopper's first order, or a later one, or a guest's.
    Buyer,
}

/// One part of a period's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FigurePart)]
pub struct Part {
    /// The channel or category, none for what has none; `first`, `later` or `guest`.
    pub name: Option<String>,
    /// Orders; by category, orders with a line of it.
    pub orders: f64,
    /// What they brought in, in minor units.
    pub revenue_minor: f64,
}

/// The shoppers of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChannelPart {
    /// The channel by which they came first in the period, none for those who came by none.
    pub name: Option<String>,
    /// Active shoppers.
    pub active: f64,
    /// Those of them who ordered.
    pub ordered: f64,
    /// Those of them never seen before the period.
    pub new: f64,
}

fn holds(measure: &Measure, period: Period, column: &str) -> String {
    let (from, until) = measure.moments(period);
    format!("{column} >= TIMESTAMP '{from}' AND {column} < TIMESTAMP '{until}'")
}

fn name(row: &[serde_json::Value]) -> Option<String> {
    row.first()?.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

fn figure(row: &[serde_json::Value], column: usize) -> f64 {
    row.get(column).and_then(serde_json::Value::as_f64).unwrap_or_default()
}

/// Orders and what they brought in, part by part, the most first.
pub(crate) async fn of_orders(
    measure: &Measure,
    period: Period,
    currency: Currency,
    by: Dimension,
) -> Result<Vec<Part>, Problem> {
    let placed = holds(measure, period, "o.placed_at");
    let query = match by {
        Dimension::Channel => format!(
            "SELECT o.channel, count(*), sum(o.revenue_minor) FROM orders o
             WHERE o.status <> 'refund_only' AND o.currency = '{currency}' AND {placed} GROUP BY 1 ORDER BY 3 DESC, 1"
        ),
        Dimension::Category => format!(
            "SELECT o.category, count(DISTINCT o.order_id), sum(o.revenue_minor) FROM order_lines o
             WHERE o.quantity > 0 AND o.currency = '{currency}' AND {placed} GROUP BY 1 ORDER BY 3 DESC, 1"
        ),
        Dimension::Buyer => format!(
            "SELECT CASE WHEN o.shopper_id IS NULL THEN 'guest' WHEN o.placed_at = f.first_at THEN 'first' ELSE 'later' END,
             count(*), sum(o.revenue_minor) FROM orders o
             LEFT JOIN (SELECT shopper_id, min(placed_at) AS first_at FROM orders WHERE status <> 'refund_only'
             GROUP BY shopper_id) f ON f.shopper_id = o.shopper_id
             WHERE o.status <> 'refund_only' AND o.currency = '{currency}' AND {placed} GROUP BY 1 ORDER BY 3 DESC, 1"
        ),
    };
    let part = |row: Vec<serde_json::Value>| Part {
        name: name(&row),
        orders: figure(&row, 1),
        revenue_minor: figure(&row, 2),
    };
    Ok(rows(measure, query).await?.into_iter().map(part).collect())
}

/// Active shoppers, each under the channel of what they did first in the period, the most first.
pub(crate) async fn of_shoppers(measure: &Measure, period: Period) -> Result<Vec<ChannelPart>, Problem> {
    let happened = holds(measure, period, "e.occurred_at");
    let (from, _) = measure.moments(period);
    let own = format!("event NOT IN ('{}') AND shopper_id IS NOT NULL", names::THE_SHOPS_OWN.join("', '"));
    let query = format!(
        "SELECT t.channel, count(*), sum(t.ordered), sum(CASE WHEN f.first_at >= TIMESTAMP '{from}' THEN 1 ELSE 0 END) FROM
         (SELECT e.shopper_id, first_value(e.channel ORDER BY e.occurred_at) AS channel,
          max(CASE WHEN e.event = '{ordered}' THEN 1 ELSE 0 END) AS ordered
          FROM events e WHERE {own} AND {happened} GROUP BY e.shopper_id) t
         JOIN (SELECT shopper_id, min(occurred_at) AS first_at FROM events WHERE {own} GROUP BY shopper_id) f
         ON f.shopper_id = t.shopper_id GROUP BY 1 ORDER BY 2 DESC, 1",
        ordered = names::ORDER_COMPLETED,
    );
    let part = |row: Vec<serde_json::Value>| ChannelPart {
        name: name(&row),
        active: figure(&row, 1),
        ordered: figure(&row, 2),
        new: figure(&row, 3),
    };
    Ok(rows(measure, query).await?.into_iter().map(part).collect())
}
