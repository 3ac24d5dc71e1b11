//! What a shopper has in plays, from the rows of members.

use fanvine_kernel::Timestamp;
use fanvine_store::{StoreError, Tx, args};

use crate::checkout::{Redemption, Status, store as redemptions};

/// The shopper's orders in a play's runs, the latest first.
pub(super) async fn orders_in_play(
    tx: &mut Tx,
    play_id: &str,
    shopper_id: &str,
    most: u32,
    now: Timestamp,
) -> Result<Vec<Redemption>, StoreError> {
    const SELECT: &str = "SELECT m.redemption_id AS redemption_id FROM play_members m JOIN play_runs r
        ON r.run_id = m.run_id WHERE m.shopper_id = $1 AND r.play_id = $2 ORDER BY m.joined_at DESC LIMIT $3";
    let mut orders = Vec::new();
    for row in tx.rows(SELECT, args![shopper_id, play_id, most]).await? {
        let id: String = row.get("redemption_id")?;
        orders.extend(redemptions::one(tx, &id, now).await?.map(|kept| kept.redemption));
    }
    Ok(orders)
}

/// Whether an order was ever paid, whatever became of it.
pub(super) async fn was_paid(tx: &mut Tx, order: &Redemption) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM redemption_steps WHERE redemption_id = $1 AND step = 'redeemed'";
    match order.status {
        Status::Redeemed => Ok(true),
        _ => Ok(tx.one(SELECT, args![&order.redemption_id]).await?.is_some()),
    }
}
