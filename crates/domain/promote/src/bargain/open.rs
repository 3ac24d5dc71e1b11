//! `POST /api/v1/plays/{play_id}/bargains`: a shopper opens a bargain.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::RunId;
use fanvine_ledger::LedgerError;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;

use super::show_bargain::BargainView;
use super::{Open, WHAT};
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store::json;
use crate::plays::fair::Seed;
use crate::plays::requests::{self, PlayerForm};
use crate::plays::runs::{Run, opened};
use crate::plays::{Play, PlayError, Rules};
use crate::{Promote, announce};

const HOUR: i64 = 3_600_000_000;

/// Open a bargain
///
/// A unit of the stock is kept for it until it is over. What every help will cut is fixed now; `commitment` is a digest of
/// it, and the seed is told when it is over. The same key with the same request answers the same bargain.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/bargains", tag = "promote", operation_id = "open_bargain",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The bargain", body = BargainView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn open_bargain(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<BargainView>> {
    Ok(Json(promote.open_bargain(&play_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Opens a bargain for a shopper.
    pub async fn open_bargain(&self, play_id: &str, key: String, form: PlayerForm) -> Result<BargainView, PlayError> {
        check_key(&key)?;
        form.check()?;
        let request = json(&("open_bargain", play_id, &form));
        if let Some(run_id) = self.answered(&key, &request).await? {
            return self.bargain_view(&run_id).await;
        }
        self.admitted(play_id, &form.shopper_id).await?;
        let now = self.clock.now();
        let play = self.playable(play_id, now).await?;
        let run_id = RunId::new(now, self.entropy.as_ref()).to_string();
        let open = opened_now(play, run_id, form.shopper_id, Seed::new(self.entropy.as_ref()), now)?;
        let run = &open.run;
        let mut rows = opened(run, run.closes_at);
        rows.push(requests::row(&key, &request, &run.run_id));
        let told = vec![announce::bargain_started(&open, &open.commitment(), now)];
        if let Err(error) = self.lane.carry_out_and_tell(open.issue(), rows, told).await {
            // The same request may have come twice at once: then the other took what this one is missing.
            let before = self.answered(&key, &request).await?;
            let refused = |error: LedgerError| match &error {
                LedgerError::Refused(refusal) => open.full(refusal).unwrap_or_else(|| error.into()),
                _ => error.into(),
            };
            return self.bargain_view(&before.ok_or_else(|| refused(error))?).await;
        }
        self.bargain_view(&run.run_id).await
    }

    /// What the request of that key was answered, if it was.
    pub(crate) async fn answered(&self, key: &str, request: &str) -> Result<Option<String>, PlayError> {
        let (key, request) = (key.to_owned(), request.to_owned());
        self.store.read(|tx| Box::pin(async move { requests::answered(tx, &key, &request).await })).await
    }
}

/// The bargain a shopper would open.
fn opened_now(play: Play, run_id: String, shopper_id: String, seed: Seed, now: Timestamp) -> Result<Open, PlayError> {
    let (play_id, kind) = (play.play_id.clone(), play.terms.rules.kind());
    let Rules::Bargain(rules) = play.terms.rules.clone() else {
        return Err(PlayError::Kind { play_id, kind, wanted: WHAT });
    };
    let closes_at = now.plus_micros(rules.hours.saturating_mul(HOUR));
    let detail = seed.as_str().to_owned();
    let run = Run { run_id, play, shopper_id, opened_at: now, closes_at, detail, led: false, ended: None };
    Ok(Open { run, rules, seed })
}
