//! `POST /api/v1/group-buys/{play_id}/open`: a shopper opens a group with an order of their own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::RunId;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::join::GroupSeat;
use super::{Group, WHAT};
use crate::Promote;
use crate::checkout::reserve::{ReserveForm, check_key, key_of};
use crate::offers::store::json;
use crate::plays::runs::{Role, Run, opened};
use crate::plays::{Play, PlayError, Rules, store};

const HOUR: i64 = 3_600_000_000;
const SECOND: i64 = 1_000_000;

/// A group to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenForm {
    /// For how many members: one of the play's sizes.
    pub size: i64,
    /// The leader's order: one line, of the play's product, and who they are.
    pub order: ReserveForm,
}

/// Open a group buy
///
/// Reserves the leader's order at the leader's price, and opens a group as soon as that is redeemed. Not paid in time, there
/// is no group. The same key with the same request answers the same group.
#[utoipa::path(
    post, path = "/api/v1/group-buys/{play_id}/open", tag = "promote", operation_id = "open_group",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = OpenForm,
    responses(
        (status = 200, description = "The group and the leader's order", body = GroupSeat),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn open_group(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<OpenForm>,
) -> Answer<Json<GroupSeat>> {
    Ok(Json(promote.open_group(&play_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Opens a group with its leader's order.
    pub async fn open_group(&self, play_id: &str, key: String, form: OpenForm) -> Result<GroupSeat, PlayError> {
        check_key(&key)?;
        let request = json(&("open", play_id, &form));
        if let Some(before) = self.reserved_before(&key, &request).await? {
            return self.seat_of(before).await;
        }
        let now = self.clock.now();
        let play = self.playable(play_id, now).await?;
        let shopper_id = form.order.shopper.shopper_id.clone().unwrap_or_default();
        let run_id = RunId::new(now, self.entropy.as_ref()).to_string();
        let group = group(play, form.size, run_id, shopper_id, now)?;
        let due_at = now.plus_micros(group.rules.pay_within_s.saturating_mul(SECOND)).min(group.run.closes_at);
        let (before, rows) = (vec![group.issue()], opened(&group.run, due_at));
        self.take_seat(group, Role::Leader, key, request, form.order, before, rows).await
    }

    /// A play as it is published, if it may be opened now.
    pub(crate) async fn playable(&self, play_id: &str, now: Timestamp) -> Result<Play, PlayError> {
        let Some(play) = self.shelf.play(play_id) else {
            let wanted = play_id.to_owned();
            let known = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted).await })).await?;
            let refused = if known.is_some() { PlayError::Unpublished } else { PlayError::Unknown };
            return Err(refused(play_id.to_owned()));
        };
        let play_id = play.play_id.clone();
        match (play.terms.starts_at, play.terms.ends_at) {
            (Some(starts_at), _) if now < starts_at => Err(PlayError::NotYet { play_id, starts_at }),
            (_, Some(ended_at)) if ended_at <= now => Err(PlayError::Over { play_id, ended_at }),
            _ => Ok(play),
        }
    }
}

/// The group a leader would open.
fn group(play: Play, size: i64, run_id: String, shopper_id: String, now: Timestamp) -> Result<Group, PlayError> {
    let (play_id, kind) = (play.play_id.clone(), play.terms.rules.kind());
    let Rules::GroupBuy(rules) = play.terms.rules.clone() else {
        return Err(PlayError::Kind { play_id, kind, wanted: WHAT });
    };
    let Some(chosen) = rules.size(size).cloned() else {
        let sizes: Vec<String> = rules.sizes.iter().map(|one| one.size.to_string()).collect();
        let why = format!("there are groups of {}, not of {size}", sizes.join(", "));
        return Err(PlayError::Rule { play_id, why });
    };
    let closes_at = now.plus_micros(rules.hours.saturating_mul(HOUR));
    let detail = size.to_string();
    let run = Run { run_id, play, shopper_id, opened_at: now, closes_at, detail, led: false, ended: None };
    Ok(Group { run, rules, size: chosen })
}
