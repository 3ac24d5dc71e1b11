//! Orders of a time, as other rooms ask.

use fanvine_contracts::orders::{PlacedOrder, PlacedOrders};
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_store::{Row, StoreError, args};

use crate::Commerce;

impl PlacedOrders for Commerce {
    fn placed<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        after: Option<(Timestamp, String)>,
        most: u32,
    ) -> Asking<'a, Vec<PlacedOrder>> {
        // What only refunds are known of was never bought as far as anybody knows.
        const SELECT: &str =
            "SELECT order_id, shopper_id, placed_at, currency, revenue_minor, refunded_minor FROM orders
            WHERE placed_at >= $1 AND placed_at < $2 AND status NOT IN ('cancelled', 'refund_only')
            AND (placed_at > $3 OR placed_at = $3 AND order_id > $4) ORDER BY placed_at, order_id LIMIT $5";
        // Before the first moment and the first number.
        let (at, order_id) = after.unwrap_or((Timestamp::from_micros(i64::MIN), String::new()));
        Box::pin(async move {
            let read = self.store.read(|tx| {
                Box::pin(async move {
                    let rows = tx.rows(SELECT, args![from, until, at, order_id, most]).await?;
                    rows.iter().map(order).collect::<Result<Vec<_>, StoreError>>()
                })
            });
            read.await.map_err(|error: StoreError| Problem::from(error))
        })
    }
}

fn order(row: &Row) -> Result<PlacedOrder, StoreError> {
    let (revenue, refunded): (i64, i64) = (row.get("revenue_minor")?, row.get("refunded_minor")?);
    Ok(PlacedOrder {
        order_id: row.get("order_id")?,
        shopper_key: row.get("shopper_id")?,
        placed_at: row.get("placed_at")?,
        // Nothing but this program writes them.
        currency: row.get::<Option<String>>("currency")?.and_then(|code| code.parse().ok()),
        net_minor: revenue.saturating_sub(refunded),
    })
}
