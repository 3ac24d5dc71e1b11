//! `POST /api/v1/plays/{play_id}/entries` and `GET /api/v1/plays/{play_id}/entries/{shopper_id}`: the draws a shopper is given by
//! the shop, and those they have.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_ledger::{Command, Standing, standings};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{entries_account, issued};
use crate::Promote;
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};
use crate::checkout::reserve::{check_key, key_of};
use crate::plays::{PlayError, range};

/// Most draws given at once.
const MOST: i64 = 1_000;

/// Draws for a shopper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntriesForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// How many draws, 1 to 1,000.
    pub entries: i64,
}

/// The draws a shopper has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EntriesView {
    /// Draws for nothing that are left today.
    pub free: i64,
    /// Draws that were earned and not made.
    pub entries: i64,
    /// What another draw costs in points; null if none is sold for points.
    pub points: Option<i64>,
    /// The points the shopper may spend.
    pub spendable: i64,
    /// How many more draws the limits by day and shopper allow; null if there are none.
    pub allowed: Option<i64>,
}

/// Give a shopper draws
///
/// For whatever the shop wants to reward. The same key again gives nothing more.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/entries", tag = "promote", operation_id = "give_entries",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing"),
    ),
    request_body = EntriesForm,
    responses(
        (status = 200, description = "The draws they have", body = EntriesView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn give_entries(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<EntriesForm>,
) -> Answer<Json<EntriesView>> {
    Ok(Json(promote.give_entries(&play_id, key_of(&headers), form).await?))
}

/// Show a shopper's draws
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/entries/{shopper_id}", tag = "promote", operation_id = "show_entries",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("shopper_id" = String, Path, description = "The shop's number for the shopper"),
    ),
    responses(
        (status = 200, description = "The draws they have", body = EntriesView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_entries(
    State(promote): State<Arc<Promote>>,
    Segment((play_id, shopper_id)): Segment<(String, String)>,
) -> Answer<Json<EntriesView>> {
    Ok(Json(promote.entries_of(&play_id, &shopper_id).await?))
}

impl Promote {
    /// Gives a shopper draws.
    pub async fn give_entries(&self, play_id: &str, key: String, form: EntriesForm) -> Result<EntriesView, PlayError> {
        check_key(&key)?;
        check_text("shopper_id", &form.shopper_id, LONGEST_SHOPPER)?;
        range("entries", form.entries, 1, MOST)?;
        self.lottery_play(play_id).await?;
        let give = issued(entries_account(play_id, &form.shopper_id), form.entries);
        self.lane.carry_out(vec![Command::transfer(format!("entries/{key}"), vec![give])], Vec::new()).await?;
        self.entries_of(play_id, &form.shopper_id).await
    }

    /// The draws a shopper has.
    pub async fn entries_of(&self, play_id: &str, shopper: &str) -> Result<EntriesView, PlayError> {
        let open = self.open_lottery(play_id).await?;
        let (now, day) = (self.clock.now(), self.zone.date_of(self.clock.now()));
        let (free, earned) = (open.free(shopper, day), entries_account(play_id, shopper));
        let limits = open.limits(shopper, day);
        let names: Vec<String> =
            [&free, &earned].into_iter().chain(&limits).map(|account| account.name.clone()).collect();
        let read =
            self.store.read(|tx| Box::pin(async move { standings(tx, names.iter().map(String::as_str), now).await }));
        let standing: Result<BTreeMap<String, Standing>, StoreError> = read.await;
        let standing = standing?;
        let used = |name: &str| standing.get(name).map_or(0, |account| account.balance + account.held_in);
        let spendable = self.points_of(shopper).await?.spendable;
        let room = |limit: &fanvine_ledger::Account| limit.ceiling.unwrap_or(i64::MAX) - used(&limit.name);
        Ok(EntriesView {
            free: (open.rules.daily_free - used(&free.name)).max(0),
            entries: standing.get(&earned.name).map_or(0, |account| account.free()),
            points: open.rules.points,
            spendable,
            allowed: limits.iter().map(room).min().map(|room| room.max(0)),
        })
    }
}
