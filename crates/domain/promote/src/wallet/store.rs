//! The rows of coupons in wallets.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, Store, StoreError, Tx, args};

use super::{Coupon, Source};

/// Most coupons of a shopper that a quote looks at, those that end first.
const MOST_LOOKED_AT: u32 = 500;

/// Greater than every identifier, however letters and signs are sorted.
const BEHIND_ALL: &str = "cpn_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";

/// The row of a coupon received under a key.
pub(crate) fn row(coupon: &Coupon, key: &str) -> Along {
    Along {
        head: "INSERT INTO coupons (coupon_id, idempotency_key, offer_id, shopper_id, source, received_at, opens_at,
               expires_at) VALUES",
        row: args![
            &coupon.coupon_id,
            key,
            &coupon.offer_id,
            &coupon.shopper_id,
            coupon.source.as_str(),
            coupon.received_at,
            coupon.opens_at,
            coupon.expires_at
        ],
        tail: "",
    }
}

fn read(row: &Row) -> Result<Coupon, StoreError> {
    Ok(Coupon {
        coupon_id: row.get("coupon_id")?,
        offer_id: row.get("offer_id")?,
        shopper_id: row.get("shopper_id")?,
        source: Source::named(&row.get::<String>("source")?),
        received_at: row.get("received_at")?,
        opens_at: row.get("opens_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// The coupon received under that key.
pub(crate) async fn of_key(tx: &mut Tx, key: &str) -> Result<Option<Coupon>, StoreError> {
    let row = tx.one("SELECT * FROM coupons WHERE idempotency_key = $1", args![key]).await?;
    row.as_ref().map(read).transpose()
}

/// The coupons of a shopper that are not past their day, those that end first, before all others. Whether one is used stands
/// in the ledger.
pub(crate) async fn current(tx: &mut Tx, shopper: &str, now: Timestamp) -> Result<Vec<Coupon>, StoreError> {
    tx.rows(CURRENT, args![shopper, now, MOST_LOOKED_AT]).await?.iter().map(read).collect()
}

/// The same, where nothing else is read with it.
pub(crate) async fn current_alone(store: &Store, shopper: &str, now: Timestamp) -> Result<Vec<Coupon>, StoreError> {
    store.rows(CURRENT, args![shopper, now, MOST_LOOKED_AT]).await?.iter().map(read).collect()
}

const CURRENT: &str = "SELECT * FROM coupons WHERE shopper_id = $1 AND (expires_at IS NULL OR expires_at > $2)
    ORDER BY COALESCE(expires_at, 9223372036854775807), coupon_id LIMIT $3";

/// The coupons of a shopper, the latest first, those before `before`.
pub(crate) async fn of_shopper(
    tx: &mut Tx,
    shopper: &str,
    before: Option<&str>,
    most: u32,
) -> Result<Vec<Coupon>, StoreError> {
    const SELECT: &str =
        "SELECT * FROM coupons WHERE shopper_id = $1 AND coupon_id < $2 ORDER BY coupon_id DESC LIMIT $3";
    tx.rows(SELECT, args![shopper, before.unwrap_or(BEHIND_ALL), most]).await?.iter().map(read).collect()
}

/// The secret by which links are signed; `fresh` if there is none yet.
pub(crate) async fn link_secret(tx: &mut Tx, fresh: String) -> Result<String, StoreError> {
    const INSERT: &str = "INSERT INTO promote_secrets (name, secret) VALUES ('links', $1) ON CONFLICT DO NOTHING";
    tx.execute(INSERT, args![&fresh]).await?;
    let row = tx.one("SELECT secret FROM promote_secrets WHERE name = 'links'", args![]).await?;
    row.map_or(Ok(fresh), |row| row.get("secret"))
}
