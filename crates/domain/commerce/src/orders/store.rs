//! The rows of orders.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_store::{StoreError, Tx, Value, args};

use super::facts::Fact;
use super::fold::fold;
use super::{Order, OrderLine, Refund};

/// A fact that cannot be read back is passed over with a warning: nothing but this program writes them.
fn decode(order_id: &str, text: &str) -> Option<Fact> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::error!(order_id, %error, "a fact about an order cannot be read"))
        .ok()
}

/// The facts known about these orders.
pub(crate) async fn facts_of(
    tx: &mut Tx,
    order_ids: impl IntoIterator<Item = &String>,
) -> Result<BTreeMap<String, Vec<Fact>>, StoreError> {
    let keys = order_ids.into_iter().map(Value::from).collect();
    let mut facts: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
    for row in tx.rows_in("SELECT order_id, fact FROM order_facts WHERE order_id IN (", keys, ")").await? {
        let order_id: String = row.get(0)?;
        if let Some(fact) = decode(&order_id, &row.get::<String>(1)?) {
            facts.entry(order_id).or_default().push(fact);
        }
    }
    Ok(facts)
}

/// Saves facts and brings the orders they are about up to date. Facts already known change nothing; the orders that
/// did change are answered.
pub(crate) async fn learn(tx: &mut Tx, said: Vec<(String, Fact)>) -> Result<Vec<Order>, StoreError> {
    let ids: BTreeSet<String> = said.iter().map(|(order_id, _)| order_id.clone()).collect();
    let mut facts = facts_of(tx, &ids).await?;
    let before: BTreeSet<String> = facts.keys().cloned().collect();
    let mut known: BTreeSet<(String, String)> = facts
        .iter()
        .flat_map(|(order_id, facts)| facts.iter().map(|fact| (order_id.clone(), fact.key.clone())))
        .collect();
    let mut changed = BTreeSet::new();
    let mut rows = Vec::new();
    for (order_id, fact) in said {
        if !known.insert((order_id.clone(), fact.key.clone())) {
            continue;
        }
        // Plain data: writing it as JSON cannot fail.
        let text = serde_json::to_string(&fact).unwrap_or_default();
        rows.push(args![&order_id, &fact.key, text]);
        facts.entry(order_id.clone()).or_default().push(fact);
        changed.insert(order_id);
    }
    tx.insert_many("INSERT INTO order_facts (order_id, fact_key, fact) VALUES", rows, "ON CONFLICT DO NOTHING").await?;
    let orders: Vec<Order> =
        changed.iter().filter_map(|order_id| fold(order_id, facts.remove(order_id).unwrap_or_default())).collect();
    let rewritten: Vec<Value> = changed.intersection(&before).map(Value::from).collect();
    tx.execute_in("DELETE FROM order_lines WHERE order_id IN (", rewritten.clone(), ")").await?;
    tx.execute_in("DELETE FROM refunds WHERE order_id IN (", rewritten, ")").await?;
    save(tx, &orders).await?;
    Ok(orders)
}

async fn save(tx: &mut Tx, orders: &[Order]) -> Result<(), StoreError> {
    tx.insert_many(
        "INSERT INTO orders (order_id, shopper_id, anonymous_id, status, placed_at, updated_at, currency, revenue_minor,
         total_minor, shipping_minor, tax_minor, discount_minor, refunded_minor, coupon, channel, campaign, source_id,
         lines, units) VALUES",
        orders.iter().map(order_row).collect(),
        "ON CONFLICT (order_id) DO UPDATE SET shopper_id = excluded.shopper_id, anonymous_id = excluded.anonymous_id,
         status = excluded.status, placed_at = excluded.placed_at, updated_at = excluded.updated_at,
         currency = excluded.currency, revenue_minor = excluded.revenue_minor, total_minor = excluded.total_minor,
         shipping_minor = excluded.shipping_minor, tax_minor = excluded.tax_minor,
         discount_minor = excluded.discount_minor, refunded_minor = excluded.refunded_minor, coupon = excluded.coupon,
         channel = excluded.channel, campaign = excluded.campaign, source_id = excluded.source_id,
         lines = excluded.lines, units = excluded.units",
    )
    .await?;
    let lines = orders.iter().flat_map(|order| order.lines.iter().map(|line| line_row(order, line))).collect();
    tx.insert_many(
        "INSERT INTO order_lines (order_id, line, product_id, variant, name, category, quantity, unit_price_minor,
         discount_minor, revenue_minor, refunded_quantity, refunded_minor, currency, placed_at, shopper_id) VALUES",
        lines,
        "",
    )
    .await?;
    let refunds =
        orders.iter().flat_map(|order| order.refunds.iter().map(|refund| refund_row(order, refund))).collect();
    tx.insert_many(
        "INSERT INTO refunds (order_id, refund_id, refunded_at, amount_minor, units, currency, shopper_id) VALUES",
        refunds,
        "",
    )
    .await?;
    Ok(())
}

fn refund_row(order: &Order, refund: &Refund) -> Vec<Value> {
    args![
        &order.order_id,
        &refund.refund_id,
        refund.refunded_at,
        refund.amount_minor,
        refund.units,
        order.currency.as_ref().map(|currency| currency.code()),
        order.shopper_id.as_deref(),
    ]
}

fn order_row(order: &Order) -> Vec<Value> {
    let lines = i64::try_from(order.lines.len()).unwrap_or(i64::MAX);
    args![
        &order.order_id,
        order.shopper_id.as_deref(),
        order.anonymous_id.as_deref(),
        order.status.as_str(),
        order.placed_at,
        order.updated_at,
        order.currency.as_ref().map(|currency| currency.code()),
        order.revenue_minor,
        order.total_minor,
        order.shipping_minor,
        order.tax_minor,
        order.discount_minor,
        order.refunded_minor,
        order.coupon.as_deref(),
        order.channel.as_deref(),
        order.campaign.as_deref(),
        &order.source_id,
        lines,
        order.units,
    ]
}

fn line_row(order: &Order, line: &OrderLine) -> Vec<Value> {
    args![
        &order.order_id,
        line.line,
        line.product_id.as_deref(),
        line.variant.as_deref(),
        line.name.as_deref(),
        line.category.as_deref(),
        line.quantity,
        line.unit_price_minor,
        line.discount_minor,
        line.revenue_minor,
        line.refunded_quantity,
        line.refunded_minor,
        order.currency.as_ref().map(|currency| currency.code()),
        order.placed_at,
        order.shopper_id.as_deref(),
    ]
}

/// An order with its lines and refunds, if it is known.
pub(crate) async fn find(tx: &mut Tx, order_id: &str) -> Result<Option<Order>, StoreError> {
    let order_id = order_id.to_owned();
    let facts = facts_of(tx, [&order_id]).await?.remove(&order_id).unwrap_or_default();
    Ok(fold(&order_id, facts))
}
