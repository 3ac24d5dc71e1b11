//! `POST /api/v1/sharers/{shopper_id}/withdrawals`: a sharer wants commission to be paid. It is set aside until an operator
//! decides, or the deadline frees it. `GET /api/v1/withdrawals` lists what was asked for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::ids::WithdrawalId;
use fanvine_kernel::{Currency, Event, Timestamp};
use fanvine_ledger::{Account, Command, Kind, Leg, carry_out};
use fanvine_store::{Row, StoreError, Tx, Value, args};
use fanvine_web::{Answer, Body, Params, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::show_statement::balance;
use super::{account, store};
use crate::checkout::CheckoutError;
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};
use crate::checkout::reserve::{check_key, key_of};
use crate::plays::{PlayError, range};
use crate::quote::MOST_MINOR;
use crate::{Promote, announce};

/// How long a request waits for a decision, in days; then the commission is free again.
const DAYS: i64 = 90;
const DAY: i64 = 86_400_000_000;
const LONGEST_PAYEE: usize = 500;
/// What it is called in sentences.
pub(super) const WHAT: &str = "withdrawal";

/// How much is asked for, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalForm {
    /// The currency.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// Where it is to be paid, in words the shop understands.
    pub payee: String,
}

/// How a withdrawal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalState {
    /// Nobody decided yet.
    Requested,
    /// It was paid.
    Paid,
    /// It was rejected, and the commission is there again.
    Rejected,
    /// Nobody decided in time, and the commission is there again.
    Lapsed,
}

/// A withdrawal as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WithdrawalView {
    /// Its identifier.
    pub withdrawal_id: String,
    /// Whose it is.
    pub shopper_id: String,
    /// The currency.
    pub currency: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// Where to.
    pub payee: String,
    /// How it stands.
    pub state: WithdrawalState,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// When it is over unless somebody decides.
    #[schema(value_type = String, format = DateTime)]
    pub deadline: Timestamp,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// What they noted: the reference of the payment, or why not.
    pub note: Option<String>,
}

/// Withdrawals, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WithdrawalList {
    /// Some of them.
    pub withdrawals: Vec<WithdrawalView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which withdrawals.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WithdrawalQuery {
    /// Whether only those that wait for a decision.
    #[serde(default)]
    pub open: bool,
    /// Only those before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// Ask for commission to be paid
///
/// It is set aside until somebody approves or rejects it; after 90 days without a word it is free again. The same key with the
/// same request answers the same withdrawal.
#[utoipa::path(
    post, path = "/api/v1/sharers/{shopper_id}/withdrawals", tag = "promote", operation_id = "request_withdrawal",
    params(
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = WithdrawalForm,
    responses(
        (status = 200, description = "The withdrawal", body = WithdrawalView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn request_withdrawal(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<WithdrawalForm>,
) -> Answer<Json<WithdrawalView>> {
    Ok(Json(promote.request_withdrawal(&shopper_id, key_of(&headers), form).await?))
}

/// List withdrawals
#[utoipa::path(
    get, path = "/api/v1/withdrawals", tag = "promote", operation_id = "list_withdrawals",
    params(WithdrawalQuery),
    responses(
        (status = 200, description = "Withdrawals, the latest first", body = WithdrawalList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_withdrawals(
    State(promote): State<Arc<Promote>>,
    Params(query): Params<WithdrawalQuery>,
) -> Answer<Json<WithdrawalList>> {
    let (limit, now) = (query.limit.unwrap_or(50).clamp(1, 200), promote.clock.now());
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let before = query.before.as_deref().unwrap_or(BEHIND_ALL);
            let open =
                if query.open { "AND d.withdrawal_id IS NULL AND w.deadline > $3" } else { "AND w.deadline > $3" };
            let since = if query.open { now } else { Timestamp::from_micros(i64::MIN) };
            let sql = format!("{SELECT} WHERE w.withdrawal_id < $1 {open} ORDER BY w.withdrawal_id DESC LIMIT $2");
            let rows = tx.rows(sql, args![before, limit, since]).await?;
            rows.iter().map(|row| read(row, now)).collect::<Result<Vec<_>, StoreError>>()
        })
    });
    let withdrawals: Vec<WithdrawalView> = read.await.map_err(PlayError::from)?;
    let next = withdrawals.last().filter(|_| withdrawals.len() == limit as usize);
    Ok(Json(WithdrawalList { next: next.map(|one| one.withdrawal_id.clone()), withdrawals }))
}

/// Greater than every identifier, however letters and signs are sorted.
const BEHIND_ALL: &str = "wdr_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";
const SELECT: &str = "SELECT w.withdrawal_id AS withdrawal_id, w.shopper_id AS shopper_id, w.currency AS currency,
    w.amount_minor AS amount_minor, w.payee AS payee, w.requested_at AS requested_at, w.deadline AS deadline,
    d.decision AS decision, d.decided_by AS decided_by, d.note AS note, d.decided_at AS decided_at
    FROM withdrawals w LEFT JOIN withdrawal_decisions d ON d.withdrawal_id = w.withdrawal_id";

impl Promote {
    /// Sets commission aside for a payment.
    pub async fn request_withdrawal(
        &self,
        shopper_id: &str,
        key: String,
        form: WithdrawalForm,
    ) -> Result<WithdrawalView, PlayError> {
        check_key(&key)?;
        check_text("shopper_id", shopper_id, LONGEST_SHOPPER)?;
        check_text("payee", &form.payee, LONGEST_PAYEE)?;
        range("amount_minor", form.amount_minor, 1, MOST_MINOR)?;
        let (shopper_id, keys, now) = (shopper_id.to_owned(), self.keys_of(shopper_id), self.clock.now());
        let id = WithdrawalId::new(now, self.entropy.as_ref()).to_string();
        let asking = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: what is left follows from it.
                carry_out(tx, Vec::new(), now).await?;
                let request = crate::offers::store::json(&(&shopper_id, &form));
                if let Some(before) = of_key(tx, &key, &request, now).await? {
                    return Ok(before);
                }
                set_aside(tx, &id, &shopper_id, &keys, &form, now).await?;
                save(tx, &id, &key, &request, &shopper_id, &form, now).await?;
                let view = one(tx, &id, now).await?.ok_or_else(|| unknown(&id))?;
                tx.emit(&event(names::WITHDRAWAL_REQUESTED, &view, now)).await?;
                Ok::<_, PlayError>(view)
            })
        });
        asking.await
    }
}

/// Reserves the amount, of every account of the person as far as it goes.
async fn set_aside(
    tx: &mut Tx,
    id: &str,
    shopper_id: &str,
    keys: &[String],
    form: &WithdrawalForm,
    now: Timestamp,
) -> Result<(), PlayError> {
    let currency = form.currency.code();
    let mut sharers: Vec<String> = store::sharers_of(tx, keys).await?.into_iter().map(|one| one.sharer_id).collect();
    let mut seen = std::collections::BTreeSet::new();
    sharers.retain(|sharer| seen.insert(sharer.clone()));
    let paid = Account::new(format!("commission_paid/{currency}"), currency, Kind::Gone);
    let (mut left, mut legs) = (form.amount_minor, Vec::new());
    for sharer in sharers {
        let part = left.min(balance(tx, &sharer, currency, now).await?.available_minor);
        legs.extend((part > 0).then(|| Leg::new(account(&sharer, currency), paid.clone(), part)));
        left -= part.max(0);
    }
    if left > 0 {
        let (wanted, there) = (form.amount_minor, form.amount_minor - left);
        let limit = format!("{there} minor units of {currency} may be withdrawn, not {wanted}");
        return Err(PlayError::Full { what: "commission of", id: shopper_id.to_owned(), limit });
    }
    carry_out(tx, vec![Command::reserve(hold_key(id), legs, deadline(now))], now).await?;
    Ok(())
}

/// The key under which a withdrawal's commission is set aside.
pub(super) fn hold_key(withdrawal_id: &str) -> String {
    format!("withdraw/{withdrawal_id}")
}

fn deadline(now: Timestamp) -> Timestamp {
    now.plus_micros(DAYS * DAY)
}

pub(super) fn unknown(withdrawal_id: &str) -> PlayError {
    PlayError::UnknownRun { what: WHAT, run_id: withdrawal_id.chars().take(64).collect() }
}

async fn save(
    tx: &mut Tx,
    id: &str,
    key: &str,
    request: &str,
    shopper_id: &str,
    form: &WithdrawalForm,
    now: Timestamp,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO withdrawals (withdrawal_id, idempotency_key, request, shopper_id, currency,
        amount_minor, payee, requested_at, deadline) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let currency = form.currency.code();
    let row = args![id, key, request, shopper_id, currency, form.amount_minor, &form.payee, now, deadline(now)];
    tx.execute(INSERT, row).await.map(drop)
}

async fn of_key(tx: &mut Tx, key: &str, request: &str, now: Timestamp) -> Result<Option<WithdrawalView>, PlayError> {
    const KEY: &str = "SELECT withdrawal_id, request FROM withdrawals WHERE idempotency_key = $1";
    let Some(row) = tx.one(KEY, args![key]).await? else { return Ok(None) };
    if row.get::<String>("request")? != request {
        return Err(CheckoutError::KeyReused(key.to_owned()).into());
    }
    Ok(one(tx, &row.get::<String>("withdrawal_id")?, now).await?)
}

/// The withdrawal of that identifier.
pub(super) async fn one(tx: &mut Tx, id: &str, now: Timestamp) -> Result<Option<WithdrawalView>, StoreError> {
    let row = tx.one(format!("{SELECT} WHERE w.withdrawal_id = $1"), args![id]).await?;
    row.map(|row| read(&row, now)).transpose()
}

/// What these keys of a person asked for, the latest first.
pub(super) async fn of_keys(tx: &mut Tx, keys: &[String], now: Timestamp) -> Result<Vec<WithdrawalView>, StoreError> {
    const OF: &str = "SELECT withdrawal_id FROM withdrawals WHERE shopper_id IN (";
    let rows = tx.rows_in(OF, keys.iter().map(Value::from).collect(), ")").await?;
    let mut ids = rows.iter().map(|row| row.get("withdrawal_id")).collect::<Result<Vec<String>, _>>()?;
    ids.sort_by(|one, other| other.cmp(one));
    ids.truncate(100);
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(one(tx, &id, now).await?);
    }
    Ok(found)
}

fn read(row: &Row, now: Timestamp) -> Result<WithdrawalView, StoreError> {
    let deadline: Timestamp = row.get("deadline")?;
    let state = match row.get::<Option<String>>("decision")?.as_deref() {
        Some("paid") => WithdrawalState::Paid,
        Some(_) => WithdrawalState::Rejected,
        None if deadline <= now => WithdrawalState::Lapsed,
        None => WithdrawalState::Requested,
    };
    Ok(WithdrawalView {
        withdrawal_id: row.get("withdrawal_id")?,
        shopper_id: row.get("shopper_id")?,
        currency: row.get("currency")?,
        amount_minor: row.get("amount_minor")?,
        payee: row.get("payee")?,
        state,
        requested_at: row.get("requested_at")?,
        deadline,
        decided_at: row.get("decided_at")?,
        decided_by: row.get("decided_by")?,
        note: row.get("note")?,
    })
}

/// What became of a withdrawal. Where it was to be paid is nobody's business.
pub(super) fn event(name: &str, one: &WithdrawalView, now: Timestamp) -> Event {
    let about = json!({
        "withdrawal_id": one.withdrawal_id, "amount_minor": one.amount_minor, "state": one.state, "by": one.decided_by,
    });
    let event = announce::event(name, format!("{name}/{}", one.withdrawal_id), now, &about);
    Event { user_id: Some(one.shopper_id.clone()), currency: one.currency.parse().ok(), ..event }
}
