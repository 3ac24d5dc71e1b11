//! `POST /api/v1/plays/{play_id}/draw`: a shopper draws.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::RunId;
use fanvine_ledger::{Account, Act, Command, Kind, LedgerError, Leg, Refusal, Share, any_new};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::chance::{prize_at, roll};
use super::show_draws::{DrawView, view};
use super::store::{Draw, row};
use super::{Gives, Open, Prize, WHAT, entries_account, entries_used, issued, rules_of};
use crate::campaigns::{self, Grants};
use crate::checkout::realm::Realm;
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store::json;
use crate::plays::requests::{self, PlayerForm};
use crate::plays::{PlayError, store as plays};
use crate::points::{UNIT, earned_leg, points_account};
use crate::wallet::Source;
use crate::wallet::receive::{Receipt, receipt_key};
use crate::{Promote, announce};

/// A draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// What it is paid with; the first that the shopper has of a free draw, an earned one and points, if absent.
    #[serde(default)]
    pub pay_with: Option<PaidWith>,
}

/// What a draw is paid with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaidWith {
    /// Nothing: a free draw of the day.
    Free,
    /// A draw that was earned.
    Entry,
    /// Points.
    Points,
}

impl PaidWith {
    const ALL: [PaidWith; 3] = [PaidWith::Free, PaidWith::Entry, PaidWith::Points];

    /// Its name in rows: `free`.
    pub const fn as_str(self) -> &'static str {
        match self {
            PaidWith::Free => "free",
            PaidWith::Entry => "entry",
            PaidWith::Points => "points",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.as_str() == name).unwrap_or(Self::Entry)
    }
}

/// Draw
///
/// The number of the draw comes of the lottery's seed, the shopper and the `Idempotency-Key`. Points and coupons that are won come
/// with it. The same key with the same request answers the same draw.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/draw", tag = "promote", operation_id = "draw_lottery",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = DrawForm,
    responses(
        (status = 200, description = "The draw", body = DrawView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn draw_lottery(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<DrawForm>,
) -> Answer<Json<DrawView>> {
    Ok(Json(promote.draw_lottery(&play_id, key_of(&headers), form).await?))
}

/// Room for the dearest prize is set aside and settled in one commit; until when does not matter, as long as it is to come.
const ROOM: i64 = 60_000_000;

/// A draw about to be made.
struct Attempt<'a> {
    open: &'a Open,
    shopper: &'a str,
    key: &'a str,
    roll: i64,
    now: Timestamp,
    grants: Grants,
}

impl Attempt<'_> {
    /// What a prize costs, in minor units: points by what they can pay, goods by their value, a coupon nothing until it is used.
    fn cost(&self, prize: &Prize) -> i64 {
        match &prize.gives {
            Gives::Points { points } => self.grants.worth(*points),
            Gives::Coupon { .. } => 0,
            Gives::Goods { .. } => prize.value_minor,
        }
    }

    /// What the draw costs the campaign that holds the lottery. The dearest prize must have room whatever is won: who is told that
    /// the budget is used up learns nothing of the draw, and the odds stay what they are.
    fn charge(&self, prize: Option<&Prize>) -> Vec<Command> {
        let dearest = self.open.rules.prizes.iter().map(|prize| self.cost(prize)).max().unwrap_or_default();
        let Some(charge) = self.grants.charge.as_ref().filter(|_| dearest > 0) else { return Vec::new() };
        let (room, cost) = (format!("draw_room/{}", self.key), prize.map_or(0, |prize| self.cost(prize)));
        let of = room.clone();
        let settled = match cost {
            0 => Act::Void { of },
            cost => Act::Post { of, share: Share::Of(vec![cost]) },
        };
        let until = self.now.plus_micros(ROOM);
        let room = Command::reserve(room, vec![issued(campaigns::account(charge), dearest)], until);
        vec![room, Command { key: format!("draw_cost/{}", self.key), act: settled }]
    }
}

/// Why an attempt came to nothing, and what may be tried next.
enum Refused {
    /// Not enough to pay with.
    Unpaid,
    /// The prize cannot be given.
    NoPrize,
    /// Nothing more can be tried.
    Over(PlayError),
}

impl Promote {
    /// Draws for a shopper.
    pub async fn draw_lottery(&self, play_id: &str, key: String, form: DrawForm) -> Result<DrawView, PlayError> {
        check_key(&key)?;
        PlayerForm { shopper_id: form.shopper_id.clone() }.check()?;
        let request = json(&("draw", play_id, &form));
        match self.draw_now(play_id, &key, &form, &request).await {
            Ok(drawn) => Ok(drawn),
            // What was answered stands, whatever became of the lottery since. The ledger knows the key: nothing is done twice.
            Err(error) => match self.answered(&key, &request).await? {
                Some(draw_id) => self.drawn(&draw_id).await,
                None => Err(error),
            },
        }
    }

    /// Draws, unless the request was answered before.
    async fn draw_now(&self, play_id: &str, key: &str, form: &DrawForm, request: &str) -> Result<DrawView, PlayError> {
        let charge = self.admitted(play_id, &form.shopper_id).await?;
        // What a campaign is charged has keys of its own, and a request may have been answered before there was one.
        if charge.is_some() && self.answered(key, request).await?.is_some() {
            return Err(PlayError::GivenUp);
        }
        let (open, now) = (self.open_lottery(play_id).await?, self.clock.now());
        let grants = Grants { rule: self.offers().points().cloned(), charge };
        if grants.charge.as_ref().is_some_and(|charge| charge.currency != open.rules.currency) {
            let why = "its campaign counts in another currency".to_owned();
            return Err(PlayError::Rule { play_id: play_id.to_owned(), why });
        }
        let roll = roll(&open, &form.shopper_id, key);
        let attempt = Attempt { open: &open, shopper: &form.shopper_id, key, roll, now, grants };
        self.attempts(&attempt, form.pay_with, request).await
    }

    /// Tries what the draw may be paid with, and the prize or, where none is left, thanks for playing.
    async fn attempts(&self, one: &Attempt<'_>, pay: Option<PaidWith>, request: &str) -> Result<DrawView, PlayError> {
        let rules = &one.open.rules;
        let has = |pay: &PaidWith| match pay {
            PaidWith::Free => rules.daily_free > 0,
            PaidWith::Entry => true,
            PaidWith::Points => rules.points.is_some(),
        };
        let ways: Vec<PaidWith> = pay.map_or(PaidWith::ALL.to_vec(), |pay| vec![pay]);
        let mut given = true;
        for pay in ways.into_iter().filter(has) {
            loop {
                match self.attempt(one, pay, given, request).await {
                    Ok(draw) => return Ok(view(one.open, draw)),
                    Err(Refused::NoPrize) if given => given = false,
                    Err(Refused::NoPrize) => return Err(PlayError::GivenUp),
                    Err(Refused::Unpaid) => break,
                    Err(Refused::Over(error)) => return Err(error),
                }
            }
        }
        let limit = format!("{} has no draw left", one.shopper);
        Err(PlayError::Full { what: "play", id: one.open.run.play.play_id.clone(), limit })
    }

    async fn attempt(&self, one: &Attempt<'_>, pay: PaidWith, given: bool, request: &str) -> Result<Draw, Refused> {
        let Attempt { open, shopper, key, roll, now, .. } = *one;
        let rolled = prize_at(&open.rules, roll);
        let prize = rolled.filter(|_| given);
        let coupon = match prize.map(|prize| &prize.gives) {
            Some(Gives::Coupon { offer_id }) => Some(self.prize_coupon(offer_id, one).ok_or(Refused::NoPrize)?),
            _ => None,
        };
        let draw = Draw {
            draw_id: RunId::new(now, self.entropy.as_ref()).to_string(),
            run_id: open.run.run_id.clone(),
            shopper_id: shopper.to_owned(),
            key: key.to_owned(),
            roll,
            prize_id: prize.map(|prize| prize.prize_id.clone()),
            missed: rolled.filter(|_| !given).map(|prize| prize.prize_id.clone()),
            paid_with: pay,
            drawn_at: now,
            claimed: None,
        };
        let mut commands = vec![Command::transfer(format!("draw/{key}"), self.legs(one, pay, prize))];
        commands.extend(one.charge(prize));
        if let Some(Gives::Points { points }) = prize.map(|prize| &prize.gives) {
            let leg = earned_leg(&Realm::default(), shopper, *points, self.offers().points(), now);
            commands.push(Command::transfer(format!("prize/{key}"), vec![leg]));
        }
        let mut rows = vec![row(&draw), requests::row(key, request, &draw.draw_id)];
        let mut told = vec![announce::lottery_drawn(open, &draw, prize, now)];
        if let Some(receipt) = coupon {
            commands.push(receipt.command);
            rows.push(receipt.along);
            told.push(receipt.event);
        }
        match self.lane.carry_out_and_tell(commands, rows, told).await {
            Ok(receipts) if any_new(&receipts) => Ok(draw),
            Ok(_) => Err(Refused::Over(PlayError::GivenUp)),
            Err(LedgerError::Refused(refusal)) => Err(refused(one, refusal)),
            Err(error) => Err(Refused::Over(error.into())),
        }
    }

    /// The coupon that is won, as it would be received now; none if the offer is there no more.
    fn prize_coupon(&self, offer_id: &str, one: &Attempt<'_>) -> Option<Receipt> {
        let offer = self.coupon_offer(offer_id, one.now);
        let offer = offer.inspect_err(|error| tracing::warn!(%error, offer_id, "a prize could not be given")).ok()?;
        let key = receipt_key(Source::Reward, &[&one.open.run.run_id, one.key]);
        Some(self.receipt(&offer, one.shopper, Source::Reward, key, None))
    }

    fn legs(&self, one: &Attempt<'_>, pay: PaidWith, prize: Option<&Prize>) -> Vec<Leg> {
        let (open, shopper, day) = (one.open, one.shopper, self.zone.date_of(one.now));
        let play_id = &open.run.play.play_id;
        let mut legs = vec![match pay {
            PaidWith::Free => issued(open.free(shopper, day), 1),
            PaidWith::Entry => Leg::new(entries_account(play_id, shopper), entries_used(play_id), 1),
            PaidWith::Points => {
                let spent = Account::new("spent/points", UNIT, Kind::Gone);
                let points = open.rules.points.unwrap_or_default();
                Leg::new(points_account(&Realm::default(), shopper), spent, points)
            }
        }];
        legs.push(issued(open.draws(), 1));
        legs.extend(open.limits(shopper, day).into_iter().map(|limit| issued(limit, 1)));
        legs.extend(prize.map(|prize| Leg::new(open.left(prize), open.won(prize), 1)));
        legs
    }

    /// The lottery that is open of a play.
    pub(crate) async fn open_lottery(&self, play_id: &str) -> Result<Open, PlayError> {
        let now = self.clock.now();
        let play = self.playable(play_id, now).await?;
        rules_of(&play)?;
        let unknown = || PlayError::UnknownRun { what: WHAT, run_id: play_id.to_owned() };
        let open = self.shelf.lottery(play_id).filter(|open| open.run.play.version == play.version);
        let open = open.ok_or_else(unknown)?;
        match open.run.ended {
            Some((became, at)) => {
                Err(PlayError::Ended { what: WHAT, run_id: open.run.run_id, became: became.as_str(), at })
            }
            None => Ok(open),
        }
    }

    /// A play of any version that is a lottery.
    pub(crate) async fn lottery_play(&self, play_id: &str) -> Result<(), PlayError> {
        let wanted = play_id.to_owned();
        let read = self.store.read(|tx| Box::pin(async move { plays::one(tx, &wanted).await }));
        let view = read.await?.ok_or_else(|| PlayError::Unknown(play_id.to_owned()))?;
        let kind = view.terms.rules.kind();
        match kind {
            super::KIND => Ok(()),
            kind => Err(PlayError::Kind { play_id: play_id.to_owned(), kind, wanted: WHAT }),
        }
    }
}

/// What a refusal of the ledger means for a draw.
fn refused(one: &Attempt<'_>, refusal: Refusal) -> Refused {
    let (Refusal::Full { account, .. } | Refusal::Short { account, .. }) = &refusal else {
        return Refused::Over(LedgerError::Refused(refusal).into());
    };
    let full =
        |limit: String| Refused::Over(PlayError::Full { what: "play", id: one.open.run.play.play_id.clone(), limit });
    if let Some(used_up) = campaigns::used_up(account, &one.open.run.play.play_id) {
        return Refused::Over(used_up);
    }
    match account.split('/').next().unwrap_or_default() {
        "free_draws" | "entries" | "points" => Refused::Unpaid,
        "draws_day" => full(format!("one shopper draws {} times a day", one.open.rules.per_day.unwrap_or_default())),
        "draws_by" => full(format!("one shopper draws {} times", one.open.rules.per_shopper.unwrap_or_default())),
        // The prize itself, or its coupon.
        _ => Refused::NoPrize,
    }
}
