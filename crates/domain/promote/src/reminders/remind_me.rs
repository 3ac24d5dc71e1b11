//! `POST /v1/reminders/add`: a shopper wants to be reminded of a flash sale.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_store::{StoreError, args};
use fanvine_web::{Answer, Body, ProblemBody};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::wallet::storefront::Storefront;

/// How long before, in minutes, if nothing is said; and at most.
const MINUTES: i64 = 5;
const MOST_MINUTES: i64 = 24 * 60;
const MINUTE: i64 = 60_000_000;

/// Of what.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReminderForm {
    /// The offer: one that has not begun.
    pub offer_id: String,
    /// How many minutes before it begins; 5 if absent, a day at most.
    #[serde(default)]
    pub minutes_before: Option<i64>,
}

/// When.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReminderSet {
    /// The offer.
    pub offer_id: String,
    /// When the reminder is due.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
}

/// Remind me of a sale
///
/// When it is due, the event `Flash Sale Reminder Due` is told, of this shopper. As for `GET /v1/coupons`, the token names
/// them.
#[utoipa::path(
    post, path = "/v1/reminders/add", tag = "promote", operation_id = "remind_me",
    request_body = ReminderForm,
    responses(
        (status = 200, description = "When it is due", body = ReminderSet),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn remind_me(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<ReminderForm>,
) -> Answer<Json<ReminderSet>> {
    let shopper = storefront.shopper(&headers)?;
    Ok(Json(storefront.promote.remind(shopper, form).await?))
}

impl Promote {
    async fn remind(&self, shopper: String, form: ReminderForm) -> Result<ReminderSet, Problem> {
        const UPSERT: &str = "INSERT INTO flash_reminders (offer_id, shopper_id, due_at) VALUES ($1, $2, $3)
            ON CONFLICT (offer_id, shopper_id) DO UPDATE SET due_at = excluded.due_at";
        let (book, now) = (self.offers(), self.clock.now());
        let unknown = || {
            let id: String = form.offer_id.chars().take(100).collect();
            Problem::new(Code::NotFound, format!("there is no published offer {id}"))
        };
        let offer = book.offer(&form.offer_id).ok_or_else(unknown)?;
        let begun = || Problem::new(Code::Conflict, format!("offer {} has begun already", offer.offer_id));
        let starts_at = offer.terms.starts_at.filter(|starts| now < *starts).ok_or_else(begun)?;
        let minutes = form.minutes_before.unwrap_or(MINUTES);
        if !(0..=MOST_MINUTES).contains(&minutes) {
            let says = format!("minutes_before is {minutes}, where 0 to {MOST_MINUTES} can be");
            return Err(Problem::new(Code::InvalidBody, says).at("minutes_before"));
        }
        let due_at = starts_at.plus_micros(-minutes * MINUTE).max(now);
        let offer_id = offer.offer_id.clone();
        let row = args![&offer_id, shopper, due_at];
        let saved = self.store.write(move |tx| Box::pin(async move { tx.execute(UPSERT, row).await })).await;
        saved.map_err(|error: StoreError| Problem::from(error))?;
        Ok(ReminderSet { offer_id, due_at })
    }
}
