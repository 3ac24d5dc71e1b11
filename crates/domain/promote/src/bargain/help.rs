//! `POST /api/v1/bargains/{bargain_id}/help`: somebody helps, and the price falls by the next cut.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Timestamp, Zone};
use fanvine_ledger::{LedgerError, carry_out};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::Serialize;

use super::cuts::cuts;
use super::show_bargain::BargainView;
use super::{Open, WHAT, cut_of, store};
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store::json;
use crate::plays::PlayError;
use crate::plays::requests::{self, PlayerForm};
use crate::plays::runs;
use crate::{Promote, announce};

/// A help, and the bargain after it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BargainHelped {
    /// Which help it was, from 1.
    pub number: i64,
    /// What it cut off the price, in minor units.
    pub cut_minor: i64,
    /// The bargain as it stands.
    pub bargain: BargainView,
}

/// Help with a bargain
///
/// The price falls by the next of the cuts that were fixed when the bargain opened; the last help takes it to the floor. While
/// an order waits for its payment nobody helps. The same key with the same request answers the same help.
#[utoipa::path(
    post, path = "/api/v1/bargains/{bargain_id}/help", tag = "promote", operation_id = "help_bargain",
    params(
        ("bargain_id" = String, Path, description = "The bargain"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "The help and the bargain", body = BargainHelped),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn help_bargain(
    State(promote): State<Arc<Promote>>,
    Segment(bargain_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<BargainHelped>> {
    Ok(Json(promote.help_bargain(&bargain_id, key_of(&headers), form).await?))
}

impl Promote {
    /// Helps with a bargain.
    pub async fn help_bargain(
        &self,
        bargain_id: &str,
        key: String,
        form: PlayerForm,
    ) -> Result<BargainHelped, PlayError> {
        check_key(&key)?;
        form.check()?;
        let (wanted, now, zone) = (bargain_id.to_owned(), self.clock.now(), self.zone);
        let helping = self.store.write(move |tx| Box::pin(help(tx, wanted, key, form, now, zone)));
        let (number, cut_minor) = helping.await?;
        Ok(BargainHelped { number, cut_minor, bargain: self.bargain_view(bargain_id).await? })
    }
}

/// Helps; the number of the help and its cut.
async fn help(
    tx: &mut Tx,
    bargain_id: String,
    key: String,
    form: PlayerForm,
    now: Timestamp,
    zone: Zone,
) -> Result<(i64, i64), PlayError> {
    // The ledger's lock before anything is read: whoever helps at the same time comes before or after, and gets another cut.
    carry_out(tx, Vec::new(), now).await?;
    let request = json(&("help", &bargain_id, &form));
    let unknown = || PlayError::UnknownRun { what: WHAT, run_id: bargain_id.clone() };
    let open = Open::of(runs::one(tx, &bargain_id).await?.ok_or_else(unknown)?)?;
    let all = cuts(&open.rules, &open.seed);
    let cut_at = |number: i64| usize::try_from(number - 1).ok().and_then(|at| all.get(at)).copied();
    if let Some(answer) = requests::answered(tx, &key, &request).await? {
        let number: i64 = answer.parse().map_err(|_| unknown())?;
        return Ok((number, cut_at(number).unwrap_or_default()));
    }
    open.is_open(now)?;
    let full = |limit: &str| PlayError::Full { what: WHAT, id: bargain_id.clone(), limit: limit.to_owned() };
    let cut = cut_of(tx, std::slice::from_ref(&open), now).await?.remove(&bargain_id).unwrap_or_default();
    if cut.ordered {
        return Err(full("an order of it waits for its payment"));
    }
    let number = cut.helps + 1;
    let Some(cut_minor) = cut_at(number) else { return Err(full("the price is at its floor")) };
    let shopper = form.shopper_id;
    if shopper == open.run.shopper_id && !open.rules.own_help {
        let why = "who opened a bargain does not help with it".to_owned();
        return Err(PlayError::Rule { play_id: open.run.play.play_id.clone(), why });
    }
    let command = open.help(number, cut_minor, &shopper, zone.date_of(now));
    carry_out(tx, vec![command], now).await.map_err(|error| match error {
        LedgerError::Refused(refusal) => open.full(&refusal).unwrap_or_else(|| LedgerError::Refused(refusal).into()),
        error => error.into(),
    })?;
    let rows = vec![
        requests::row(&key, &request, &number.to_string()),
        store::help(&bargain_id, number, &shopper, cut_minor, now),
    ];
    requests::keep(tx, rows).await?;
    let price_minor = open.price_minor(cut) - cut_minor;
    tx.emit(&announce::bargain_helped(&open, number, &shopper, cut_minor, price_minor, now)).await?;
    Ok((number, cut_minor))
}
