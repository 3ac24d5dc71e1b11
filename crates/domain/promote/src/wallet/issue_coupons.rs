//! `POST /api/v1/offers/{offer_id}/coupons`: the shop gives coupons to shoppers, or to a whole segment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::Source;
use super::receive::{WalletError, receipt_key};
use crate::Promote;
use crate::checkout::quote_cart::{LONGEST_SHOPPER, check_text};
use crate::checkout::reserve::{check_key, key_of};

/// Most shoppers of one request; a segment is gone through in so many at a time.
const MOST: usize = 2_000;

/// To whom.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IssueForm {
    /// These shoppers, at most 2,000.
    pub shopper_ids: Vec<String>,
    /// Everybody in this segment now.
    pub segment: Option<String>,
    /// With a segment: go on behind this place, as the last answer said.
    pub after: Option<u32>,
}

/// What was given.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct CouponsIssued {
    /// Coupons given by this request now.
    pub issued: u64,
    /// Shoppers who had theirs by this key before.
    pub repeated: u64,
    /// Shoppers who got none, because they have as many as they may.
    pub refused: u64,
    /// Ask again, under the same key, with this as `after` for the rest of the segment; null if that was all.
    pub next: Option<u32>,
}

/// Give coupons to shoppers
///
/// Each gets one, once for each key: sent again, it goes on where it was interrupted. A segment is gone through two thousand
/// people at a time. When the coupons are all given out, the answer is 409.
#[utoipa::path(
    post, path = "/api/v1/offers/{offer_id}/coupons", tag = "promote", operation_id = "issue_coupons",
    params(
        ("offer_id" = String, Path, description = "The offer"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, nobody gets another"),
    ),
    request_body = IssueForm,
    responses(
        (status = 200, description = "What was given", body = CouponsIssued),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn issue_coupons(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<IssueForm>,
) -> Answer<Json<CouponsIssued>> {
    let key = key_of(&headers);
    check_key(&key)?;
    Ok(Json(promote.issue_coupons(&offer_id, &key, form).await?))
}

impl Promote {
    pub(crate) async fn issue_coupons(
        &self,
        offer_id: &str,
        key: &str,
        form: IssueForm,
    ) -> Result<CouponsIssued, WalletError> {
        let offer = self.coupon_offer(offer_id, self.clock.now())?;
        let (shoppers, next) = self.shoppers_of(form)?;
        let mut done = CouponsIssued { next, ..CouponsIssued::default() };
        for shopper in shoppers {
            let receipt = receipt_key(Source::Issued, &[offer_id, key, &shopper]);
            match self.receive(&offer, &shopper, Source::Issued, receipt, None).await {
                Ok((_, repeated)) => *(if repeated { &mut done.repeated } else { &mut done.issued }) += 1,
                Err(WalletError::Limit { limit, .. }) if limit.contains("shopper") => done.refused += 1,
                Err(WalletError::Campaign { .. }) => done.refused += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Whom a request names, and behind whom to go on.
    fn shoppers_of(&self, form: IssueForm) -> Result<(Vec<String>, Option<u32>), WalletError> {
        if let Some(segment) = form.segment {
            if !form.shopper_ids.is_empty() {
                return Err(WalletError::Form("coupons go to shopper_ids or to a segment, not to both".into()));
            }
            let members = self.others.audience.members(&segment, form.after, MOST);
            let members = members.ok_or_else(|| WalletError::Form(format!("there is no segment {segment}")))?;
            let next = members.last().filter(|_| members.len() == MOST).map(|last| last.place);
            return Ok((members.into_iter().map(|member| member.shopper_key).collect(), next));
        }
        let given = form.shopper_ids.len();
        if given == 0 || given > MOST {
            return Err(WalletError::Form(format!("shopper_ids has {given} entries, where 1 to {MOST} can be")));
        }
        form.shopper_ids.iter().try_for_each(|id| check_text("shopper_ids", id, LONGEST_SHOPPER))?;
        Ok((form.shopper_ids, None))
    }
}
