//! What was paid and given with a campaign: what stands in the ledger, the orders that used it, and who took part.

use std::collections::BTreeMap;

use fanvine_contracts::campaigns::{Charge, Given, Part, Piece, PieceKind, Runs, UsedIn};
use fanvine_kernel::Timestamp;
use fanvine_ledger::standings;
use fanvine_store::{StoreError, Tx, Value, args};

use super::account;
use crate::Promote;

impl Promote {
    /// What is posted on a campaign's account.
    pub(super) async fn spent_with(&self, charge: &Charge) -> Result<i64, StoreError> {
        let (account, now) = (account(charge).name, self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let standing = standings(tx, [account.as_str()], now).await?.remove(&account);
                Ok::<_, StoreError>(standing.map_or(0, |one| one.balance))
            })
        });
        read.await
    }

    pub(super) async fn given_with(
        &self,
        charge: &Charge,
        pieces: &[Piece],
        since: Timestamp,
    ) -> Result<Given, StoreError> {
        let (account, campaign_id, now) = (account(charge).name, charge.campaign_id.clone(), self.clock.now());
        let plays: Vec<String> =
            pieces.iter().filter(|piece| piece.kind == PieceKind::Play).map(|piece| piece.id.clone()).collect();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let standing = standings(tx, [account.as_str()], now).await?.remove(&account);
                let (runs, parts) = took_part(tx, &plays, since).await?;
                Ok::<_, StoreError>(Given {
                    spent_minor: standing.as_ref().map_or(0, |one| one.balance),
                    reserved_minor: standing.as_ref().map_or(0, |one| one.held_in),
                    orders: orders(tx, &campaign_id).await?,
                    runs,
                    parts,
                })
            })
        });
        read.await
    }
}

/// The orders that stand and used anything of a campaign.
async fn orders(tx: &mut Tx, campaign_id: &str) -> Result<Vec<UsedIn>, StoreError> {
    const ORDERS: &str =
        "SELECT o.redemption_id AS redemption_id, o.off_minor AS off_minor, r.shopper_id AS shopper_id,
            COALESCE(o.payable_minor, 0) AS payable_minor FROM redemption_offers o
        JOIN redemptions r ON r.redemption_id = o.redemption_id
        JOIN redemption_steps s ON s.redemption_id = o.redemption_id AND s.step = 'redeemed'
        WHERE o.campaign_id = $1 AND NOT EXISTS (SELECT 1 FROM redemption_steps b
            WHERE b.redemption_id = o.redemption_id AND b.step = 'rolled_back')";
    const REFUNDED: &str = "SELECT b.redemption_id AS redemption_id, CAST(SUM(b.refund_minor) AS BIGINT) AS refunded
        FROM redemption_returns b WHERE b.redemption_id IN
            (SELECT redemption_id FROM redemption_offers WHERE campaign_id = $1) GROUP BY b.redemption_id";
    let mut orders: BTreeMap<String, UsedIn> = BTreeMap::new();
    for row in tx.rows(ORDERS, args![campaign_id]).await? {
        let redemption_id: String = row.get("redemption_id")?;
        let (shopper_key, off_minor) = (row.get("shopper_id")?, row.get::<i64>("off_minor")?);
        let paid_minor = row.get("payable_minor")?;
        let fresh = || UsedIn { redemption_id: redemption_id.clone(), shopper_key, paid_minor, off_minor: 0 };
        orders.entry(redemption_id.clone()).or_insert_with(fresh).off_minor += off_minor;
    }
    for row in tx.rows(REFUNDED, args![campaign_id]).await? {
        if let Some(order) = orders.get_mut(&row.get::<String>("redemption_id")?) {
            order.paid_minor -= row.get::<i64>("refunded")?;
        }
    }
    Ok(orders.into_values().collect())
}

/// Runs of these plays opened since then, and who took part in them.
async fn took_part(tx: &mut Tx, plays: &[String], since: Timestamp) -> Result<(Runs, Vec<Part>), StoreError> {
    const RUNS: &str = "SELECT r.opened_at AS at, e.became AS became FROM play_runs r
        LEFT JOIN play_ends e ON e.run_id = r.run_id WHERE r.play_id IN (";
    const PARTS: &str = "SELECT m.shopper_id AS shopper_id, m.role AS role, m.joined_at AS at FROM play_members m
        JOIN play_runs r ON r.run_id = m.run_id
        JOIN redemption_steps s ON s.redemption_id = m.redemption_id AND s.step = 'redeemed' WHERE r.play_id IN (";
    const INVITERS: &str = "SELECT r.shopper_id AS shopper_id, r.opened_at AS at FROM play_runs r WHERE r.play_id IN (";
    const FRIENDS: &str = "SELECT shopper_id, activated_at AS at FROM assist_activations WHERE play_id IN (";
    let keys = || plays.iter().map(Value::from).collect();
    let mut runs = Runs::default();
    for row in tx.rows_in(RUNS, keys(), ")").await? {
        if row.get::<Timestamp>("at")? < since {
            continue;
        }
        runs.opened += 1;
        match row.get::<Option<String>>("became")?.as_deref() {
            Some("completed") => runs.completed += 1,
            Some(_) => runs.failed += 1,
            None => {}
        }
    }
    let mut parts = Vec::new();
    for row in tx.rows_in(PARTS, keys(), ")").await? {
        let at: Timestamp = row.get("at")?;
        if at >= since {
            let led = row.get::<String>("role")? == "leader";
            parts.push(Part { shopper_key: row.get("shopper_id")?, led, at });
        }
    }
    // Of invitations: who opened one, and the friends who count.
    for row in tx.rows_in(INVITERS, keys(), ") AND r.kind = 'assist'").await? {
        let at: Timestamp = row.get("at")?;
        if at >= since {
            parts.push(Part { shopper_key: row.get("shopper_id")?, led: true, at });
        }
    }
    for row in tx.rows_in(FRIENDS, keys(), ")").await? {
        let at: Timestamp = row.get("at")?;
        if at >= since {
            parts.push(Part { shopper_key: row.get("shopper_id")?, led: false, at });
        }
    }
    for (head, tail) in ALONE {
        for row in tx.rows_in(head, keys(), tail).await? {
            let (first, last): (Timestamp, Timestamp) = (row.get("first")?, row.get("last")?);
            let at = if first >= since { first } else { last };
            if at >= since {
                parts.push(Part { shopper_key: row.get("shopper_id")?, led: true, at });
            }
        }
    }
    parts.sort_by_key(|part| part.at);
    Ok((runs, parts))
}

/// Who drew, checked in, took tasks on, began a quiz, voted, put something up or took part in a contest: each once, however often they did.
const ALONE: [(&str, &str); 7] = [
    (
        "SELECT d.shopper_id AS shopper_id, MIN(d.drawn_at) AS first, MAX(d.drawn_at) AS last FROM lottery_draws d
            JOIN play_runs r ON r.run_id = d.run_id WHERE r.play_id IN (",
        ") GROUP BY d.shopper_id",
    ),
    (
        "SELECT shopper_id, MIN(checked_in_at) AS first, MAX(checked_in_at) AS last FROM check_ins WHERE play_id IN (",
        ") GROUP BY shopper_id",
    ),
    (
        "SELECT shopper_id, MIN(joined_at) AS first, MAX(joined_at) AS last FROM task_runs WHERE play_id IN (",
        ") GROUP BY shopper_id",
    ),
    (
        "SELECT shopper_id, MIN(began_at) AS first, MAX(began_at) AS last FROM quiz_attempts WHERE play_id IN (",
        ") GROUP BY shopper_id",
    ),
    (
        "SELECT shopper_id, MIN(cast_at) AS first, MAX(cast_at) AS last FROM votes WHERE play_id IN (",
        ") GROUP BY shopper_id",
    ),
    (
        "SELECT shopper_id, MIN(entered_at) AS first, MAX(entered_at) AS last FROM vote_entries WHERE play_id IN (",
        ") GROUP BY shopper_id",
    ),
    (
        "SELECT e.shopper_id AS shopper_id, MIN(e.joined_at) AS first, MAX(e.joined_at) AS last FROM contest_entrants e
            JOIN play_runs r ON r.run_id = e.run_id WHERE r.play_id IN (",
        ") AND e.state <> 'erased' GROUP BY e.shopper_id",
    ),
];
