//! The rows of helps.

use fanvine_kernel::Timestamp;
use fanvine_ledger::Along;
use fanvine_store::{Row, StoreError, Tx, args};

use super::BargainHelp;

/// The helps with a bargain, in the order they came.
pub(crate) async fn helps(tx: &mut Tx, run_id: &str) -> Result<Vec<BargainHelp>, StoreError> {
    const SELECT: &str =
        "SELECT number, shopper_id, cut_minor, helped_at FROM bargain_helps WHERE run_id = $1 ORDER BY number";
    let help = |row: &Row| {
        Ok(BargainHelp {
            number: row.get("number")?,
            shopper_id: row.get("shopper_id")?,
            cut_minor: row.get("cut_minor")?,
            helped_at: row.get("helped_at")?,
        })
    };
    tx.rows(SELECT, args![run_id]).await?.iter().map(help).collect()
}

/// The row of a help.
pub(crate) fn help(run_id: &str, number: i64, shopper_id: &str, cut_minor: i64, now: Timestamp) -> Along {
    Along {
        head: "INSERT INTO bargain_helps (run_id, number, shopper_id, cut_minor, helped_at) VALUES",
        row: args![run_id, number, shopper_id, cut_minor, now],
        tail: "",
    }
}
