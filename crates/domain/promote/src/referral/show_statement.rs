//! `GET /api/v1/sharers/{shopper_id}`: what a sharer earned, of which orders, what is frozen, open, asked for and paid.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_ledger::{lots_of, standings};
use fanvine_store::{StoreError, Tx};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::withdraw::{self, WithdrawalView};
use super::{account, store};
use crate::Promote;
use crate::plays::PlayError;

/// What a sharer has in one currency, in its minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Balance {
    /// The currency.
    pub currency: String,
    /// All of it; below zero if more was taken back than was left.
    pub balance_minor: i64,
    /// What is frozen: goods of its orders may still come back.
    pub frozen_minor: i64,
    /// What may be withdrawn now.
    pub available_minor: i64,
    /// What is set aside for withdrawals that nobody decided yet.
    pub requested_minor: i64,
}

/// What an order earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CommissionEntry {
    /// The order's redemption.
    pub redemption_id: String,
    /// The shop's number for the order.
    pub order_id: Option<String>,
    /// The play.
    pub play_id: String,
    /// 1 for who brought the buyer, 2 for who brought them.
    pub level: i64,
    /// Who bought.
    pub buyer_id: String,
    /// The currency.
    pub currency: String,
    /// What it earned with the payment, in minor units.
    pub amount_minor: i64,
    /// What of that was taken back with goods.
    pub taken_back_minor: i64,
    /// When it was paid.
    #[schema(value_type = String, format = DateTime)]
    pub paid_at: Timestamp,
    /// From when on it may be withdrawn.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Timestamp,
}

/// What a sharer has, earned and asked for.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Statement {
    /// The shopper asked about.
    pub shopper_id: String,
    /// As whom the person shares: more than one where keys became one person later.
    pub sharer_ids: Vec<String>,
    /// Their codes.
    pub codes: Vec<String>,
    /// What they have, by currency.
    pub balances: Vec<Balance>,
    /// Orders that earned them something, the latest first.
    pub entries: Vec<CommissionEntry>,
    /// Ask again with this as `before` for earlier ones; null if there are none.
    pub next: Option<String>,
    /// What they asked for, the latest first; the last hundred.
    pub withdrawals: Vec<WithdrawalView>,
    /// The accounts of the ledger in which it stands.
    pub accounts: Vec<String>,
}

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// Only orders before this redemption.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// Show a sharer's statement
#[utoipa::path(
    get, path = "/api/v1/sharers/{shopper_id}", tag = "promote", operation_id = "show_statement",
    params(("shopper_id" = String, Path, description = "The shop's number for the shopper"), StatementQuery),
    responses(
        (status = 200, description = "The statement; empty for somebody who does not share", body = Statement),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_statement(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
    Params(query): Params<StatementQuery>,
) -> Answer<Json<Statement>> {
    Ok(Json(promote.statement(&shopper_id, query).await?))
}

impl Promote {
    /// The statement of the person with that key.
    pub async fn statement(&self, shopper_id: &str, query: StatementQuery) -> Result<Statement, PlayError> {
        let (shopper_id, keys, now) = (shopper_id.to_owned(), self.keys_of(shopper_id), self.clock.now());
        let limit = query.limit.unwrap_or(50).clamp(1, 500);
        // Greater than every identifier, however letters and signs are sorted.
        let before = query.before.unwrap_or_else(|| "red_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz".to_owned());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let sharers = store::sharers_of(tx, &keys).await?;
                let mut sharer_ids: Vec<String> = sharers.iter().map(|one| one.sharer_id.clone()).collect();
                sharer_ids.sort();
                sharer_ids.dedup();
                let (mut entries, mut accounts) = (Vec::new(), Vec::new());
                for sharer_id in &sharer_ids {
                    entries.extend(store::of_sharer(tx, sharer_id, &before, limit).await?);
                    let currencies = store::currencies(tx, sharer_id).await?;
                    accounts.extend(currencies.iter().map(|currency| account(sharer_id, currency).name));
                }
                entries.sort_by(|one, other| (&other.redemption_id, one.level).cmp(&(&one.redemption_id, other.level)));
                let full = entries.len() >= limit as usize;
                entries.truncate(limit as usize);
                let next = entries.last().filter(|_| full).map(|last| last.redemption_id.clone());
                let balances = balances(tx, &sharer_ids, now).await?;
                let withdrawals = withdraw::of_keys(tx, &keys, now).await?;
                let codes = sharers.into_iter().map(|one| one.code).collect();
                let entries = entries.into_iter().map(entry).collect();
                Ok::<_, StoreError>(Statement {
                    shopper_id,
                    sharer_ids,
                    codes,
                    balances,
                    entries,
                    next,
                    withdrawals,
                    accounts,
                })
            })
        });
        Ok(read.await?)
    }
}

fn entry(one: store::Earned) -> CommissionEntry {
    CommissionEntry {
        redemption_id: one.redemption_id,
        order_id: one.order_id,
        play_id: one.play_id,
        level: one.level,
        buyer_id: one.shopper_id,
        currency: one.currency,
        amount_minor: one.amount_minor,
        taken_back_minor: one.taken_minor,
        paid_at: one.paid_at,
        opens_at: one.opens_at,
    }
}

/// What some sharers who are one person have, by currency.
pub(crate) async fn balances(tx: &mut Tx, sharers: &[String], now: Timestamp) -> Result<Vec<Balance>, StoreError> {
    let mut all: Vec<Balance> = Vec::new();
    for sharer in sharers {
        for currency in store::currencies(tx, sharer).await? {
            let one = balance(tx, sharer, &currency, now).await?;
            match all.iter_mut().find(|known| known.currency == currency) {
                Some(known) => {
                    known.balance_minor += one.balance_minor;
                    known.frozen_minor += one.frozen_minor;
                    known.available_minor += one.available_minor;
                    known.requested_minor += one.requested_minor;
                }
                None => all.push(one),
            }
        }
    }
    Ok(all)
}

/// What one account of a sharer holds.
pub(crate) async fn balance(tx: &mut Tx, sharer: &str, currency: &str, now: Timestamp) -> Result<Balance, StoreError> {
    let name = account(sharer, currency).name;
    let standing = standings(tx, [name.as_str()], now).await?.remove(&name);
    let (balance_minor, requested_minor) = standing.map_or((0, 0), |one| (one.balance, one.held_out));
    let lots = lots_of(tx, &name).await?;
    let open: i64 = lots.iter().filter(|lot| lot.is_spendable(now)).map(|lot| lot.remaining).sum();
    let frozen_minor = lots.iter().map(|lot| lot.remaining).sum::<i64>() - open;
    let available_minor = (open - requested_minor).max(0);
    let currency = currency.to_owned();
    Ok(Balance { currency, balance_minor, frozen_minor, available_minor, requested_minor })
}
