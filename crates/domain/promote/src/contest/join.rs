//! `POST /api/v1/contests/{contest_id}/join` and `…/leave`: a shopper takes part, or does no more. Nobody is shown on a board
//! without their own word.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::campaigns::Charge;
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::names;
use fanvine_ledger::{LedgerError, Refusal, carry_out};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};

use super::count::{Known, recount};
use super::standings::{EntrantView, opened};
use super::{Open, announce, store};
use crate::Promote;
use crate::plays::requests::PlayerForm;
use crate::plays::{PlayError, store as plays};

/// Take part in a contest
///
/// From its publication until its end. What the shopper did since it began counts, whenever they join. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/contests/{contest_id}/join", tag = "promote", operation_id = "join_contest",
    params(("contest_id" = String, Path, description = "The contest")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "How they stand", body = EntrantView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn join_contest(
    State(promote): State<Arc<Promote>>,
    Segment(contest_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<EntrantView>> {
    Ok(Json(promote.join_contest(&contest_id, form).await?))
}

/// Leave a contest
///
/// The shopper is on no board any more, until they join again. Once places are final, they are.
#[utoipa::path(
    post, path = "/api/v1/contests/{contest_id}/leave", tag = "promote", operation_id = "leave_contest",
    params(("contest_id" = String, Path, description = "The contest")),
    request_body = PlayerForm,
    responses(
        (status = 200, description = "How they stand", body = EntrantView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn leave_contest(
    State(promote): State<Arc<Promote>>,
    Segment(contest_id): Segment<String>,
    Body(form): Body<PlayerForm>,
) -> Answer<Json<EntrantView>> {
    Ok(Json(promote.leave_contest(&contest_id, form).await?))
}

/// Somebody who joins, and what is known of them.
struct Joining {
    contest_id: String,
    shopper: String,
    keys: Vec<String>,
    charge: Option<Charge>,
    now: Timestamp,
}

impl Promote {
    /// Takes part in a contest.
    pub async fn join_contest(&self, contest_id: &str, form: PlayerForm) -> Result<EntrantView, PlayError> {
        form.check()?;
        let (shopper, now) = (form.shopper_id, self.clock.now());
        let (keys, open) = (self.keys_of(&shopper), self.contest(contest_id).await?);
        let charge = self.admitted(&open.run.play.play_id, &shopper).await?;
        if !self.may_share(&open.rules.entrants, &keys).await? {
            return Err(open.rule("it is for other shoppers"));
        }
        if charge.as_ref().is_some_and(|charge| charge.currency != open.rules.currency) {
            return Err(open.rule("its campaign counts in another currency"));
        }
        self.forget_erased(&open, &keys).await?;
        let joining = Joining { contest_id: contest_id.to_owned(), shopper: shopper.clone(), keys, charge, now };
        self.store.write(move |tx| Box::pin(async move { join(tx, joining).await })).await?;
        self.contest_entrant(contest_id, &shopper).await
    }

    /// Leaves a contest.
    pub async fn leave_contest(&self, contest_id: &str, form: PlayerForm) -> Result<EntrantView, PlayError> {
        form.check()?;
        let (id, keys, now) = (contest_id.to_owned(), self.keys_of(&form.shopper_id), self.clock.now());
        let leaving = self.store.write(move |tx| {
            Box::pin(async move {
                store::lock(tx, &id).await?;
                let open = opened(tx, &id).await?;
                let Some(mine) = store::of_keys(tx, &id, &keys).await?.into_iter().next() else {
                    return Err(open.rule("this shopper takes no part in it"));
                };
                if mine.left_at.is_some() {
                    return Ok(());
                }
                open.is_running()?;
                store::leave(tx, &id, mine.number, Some(now)).await?;
                tx.emit(&announce::entrant(names::CONTEST_LEFT, &open, &mine, &[], now)).await?;
                Ok(recount(tx, &open, vec![Known { entrant: mine, keys, erased: false }]).await?)
            })
        });
        leaving.await?;
        self.contest_entrant(contest_id, &form.shopper_id).await
    }
}

async fn join(tx: &mut Tx, joining: Joining) -> Result<(), PlayError> {
    let Joining { contest_id, shopper, keys, charge, now } = joining;
    // The ledger's lock before the contest's: settling takes both.
    carry_out(tx, Vec::new(), now).await?;
    store::lock(tx, &contest_id).await?;
    let open = opened(tx, &contest_id).await?;
    let mine = store::of_keys(tx, &contest_id, &keys).await?.into_iter().next();
    if let Some(mine) = mine.as_ref().filter(|mine| mine.left_at.is_none() || mine.excluded_at.is_some()) {
        return match mine.excluded_at {
            Some(_) => Err(open.rule("the shop has excluded this shopper")),
            None => Ok(()),
        };
    }
    open.takes_entrants(now)?;
    let play_id = &open.run.play.play_id;
    if plays::published(tx, play_id).await?.is_none_or(|play| play.version != open.run.play.version) {
        return Err(PlayError::Unpublished(play_id.clone()));
    }
    if let Some(charge) = charge.filter(|_| open.costly().next().is_some()) {
        keep_for(tx, &open, &charge, now).await?;
    }
    let number = match &mine {
        Some(mine) => mine.number,
        None => store::next_number(tx, &contest_id).await?,
    };
    match &mine {
        Some(_) => store::leave(tx, &contest_id, number, None).await?,
        None => store::join(tx, &contest_id, number, &shopper, now).await?,
    }
    let entrant = store::of_keys(tx, &contest_id, &keys).await?.into_iter().find(|one| one.number == number);
    let Some(entrant) = entrant else { return Ok(()) };
    tx.emit(&announce::entrant(names::CONTEST_JOINED, &open, &entrant, &[], now)).await?;
    Ok(recount(tx, &open, vec![Known { entrant, keys, erased: false }]).await?)
}

/// Keeps what the prizes cost in the budget of the campaign, with the first who takes part in it.
async fn keep_for(tx: &mut Tx, open: &Open, charge: &Charge, now: Timestamp) -> Result<(), PlayError> {
    if store::campaign(tx, &open.run.run_id).await?.is_some() {
        return Ok(());
    }
    match carry_out(tx, open.charge(charge), now).await {
        Ok(_) => Ok(store::charge(tx, &open.run.run_id, charge).await?),
        Err(LedgerError::Refused(Refusal::Full { .. })) => {
            let limit = "the budget of its campaign does not reach for its prizes".to_owned();
            Err(PlayError::Full { what: "play", id: open.run.play.play_id.clone(), limit })
        }
        Err(error) => Err(error.into()),
    }
}

impl Open {
    /// Refuses whatever needs a contest that is not settled.
    pub(super) fn is_running(&self) -> Result<(), PlayError> {
        match self.run.ended {
            Some((_, at)) => {
                Err(PlayError::Ended { what: super::WHAT, run_id: self.run.run_id.clone(), became: "was settled", at })
            }
            None => Ok(()),
        }
    }

    /// Refuses who comes too late.
    fn takes_entrants(&self, now: Timestamp) -> Result<(), PlayError> {
        self.is_running()?;
        let (play_id, ended_at) = (self.run.play.play_id.clone(), self.run.closes_at);
        if now < ended_at { Ok(()) } else { Err(PlayError::Over { play_id, ended_at }) }
    }
}
