//! `POST /api/v1/redemptions/{id}/redeem` and `…/roll-back`, and `GET /api/v1/redemptions/{id}`: what becomes of a
//! reservation.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Event, Timestamp};
use fanvine_ledger::{Command, LedgerError, Refusal, Share};
use fanvine_web::{Answer, ProblemBody, Segment};

use super::deposit::check_window;
use super::promise::seat;
use super::reserve::CheckoutError;
use super::store::{self, Kept};
use super::{Redemption, Status};
use crate::group_buy::giving_up;
use crate::plays::runs::{self, Role};
use crate::points::{earning, earning_key};
use crate::quote::Granted;
use crate::referral::earn::{Besides, commission_key};
use crate::wallet::Source;
use crate::wallet::receive::{Receipt, receipt_key};
use crate::{Promote, announce, bargain, levels};

/// How often an order is rolled back anew where goods of it come back at the same time.
const TRIES: usize = 5;

/// Show a redemption
#[utoipa::path(
    get, path = "/api/v1/redemptions/{redemption_id}", tag = "promote", operation_id = "get_redemption",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_redemption(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.kept(&redemption_id).await?.redemption))
}

/// Redeem a reservation
///
/// The order stands: what was set aside is used. Again, it changes nothing.
#[utoipa::path(
    post, path = "/api/v1/redemptions/{redemption_id}/redeem", tag = "promote", operation_id = "redeem",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn redeem(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.settle(&redemption_id, Status::Redeemed).await?))
}

/// Roll a redemption back
///
/// What was set aside or used is free again: for orders that were not paid or were cancelled whole. Again, it changes
/// nothing.
#[utoipa::path(
    post, path = "/api/v1/redemptions/{redemption_id}/roll-back", tag = "promote", operation_id = "roll_back",
    params(("redemption_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "The redemption", body = Redemption),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn roll_back(
    State(promote): State<Arc<Promote>>,
    Segment(redemption_id): Segment<String>,
) -> Answer<Json<Redemption>> {
    Ok(Json(promote.settle(&redemption_id, Status::RolledBack).await?))
}

impl Promote {
    /// Redeems a reservation, or rolls it back.
    pub async fn settle(&self, redemption_id: &str, wanted: Status) -> Result<Redemption, CheckoutError> {
        let kept = self.kept(redemption_id).await?;
        let (one, now) = (&kept.redemption, self.clock.now());
        if one.status == wanted {
            // Whoever asks again may have been cut off before the last payment completed its group.
            if let Some(seat) = seat(&kept.uses).filter(|_| wanted == Status::Redeemed) {
                self.seat_paid(seat).await;
            }
            return Ok(kept.redemption);
        }
        if let Some(presale) = one.quote.presale.as_ref().filter(|_| wanted == Status::Redeemed) {
            check_window(one, presale, now)?;
        }
        let Some(command) = command(&kept, wanted) else { return Err(over(one, wanted)) };
        let told = announce::redemption(one, wanted, now);
        let told = one.sandbox.is_none().then_some(told);
        let done = match wanted {
            Status::Redeemed => {
                let mut besides = self.commission(one, now).await?;
                besides.rows.extend(self.assisted(one, now).await?);
                self.redeemed(&kept, command, told, besides).await
            }
            _ => match self.rolled_back(&kept, command.clone(), told.clone()).await {
                // What it took part in ended meanwhile; the second time that is known.
                Err(LedgerError::Refused(Refusal::Short { .. })) if seat(&kept.uses).is_some() => {
                    self.rolled_back(&kept, command, told).await
                }
                done => done,
            },
        };
        let after = self.kept(redemption_id).await?.redemption;
        match done {
            Ok(()) if after.status == wanted => Ok(after),
            // Somebody else decided otherwise meanwhile, or the deadline did.
            Ok(()) | Err(LedgerError::Refused(Refusal::Settled { .. } | Refusal::Exceeds { .. })) => {
                Err(over(&after, wanted))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Uses what was set aside; the points and coupons it earns and the growth of its buyer come with it, and the commission of whoever brought its buyer.
    /// For whoever invited its buyer, it is due to count.
    /// A coupon that is all given out comes not.
    async fn redeemed(
        &self,
        kept: &Kept,
        post: Command,
        told: Option<Event>,
        besides: Besides,
    ) -> Result<(), LedgerError> {
        let (one, now) = (&kept.redemption, self.clock.now());
        let mut commands = vec![post];
        commands.extend(earning(one, self.offers().points(), now));
        commands.extend(besides.commands);
        let mut along = vec![store::step(&one.redemption_id, Status::Redeemed, now)];
        along.extend(besides.rows);
        along.extend(levels::store::of_order(one, now));
        let seat = seat(&kept.uses);
        if let Some(seat) = seat.filter(|seat| seat.role == Role::Buyer) {
            let (sold, ended) = bargain::paid(seat, now);
            commands.extend(sold);
            along.extend(ended);
        }
        let seated = seat.map(|seat| announce::seat_taken(one, seat, now));
        let told: Vec<Event> = told.into_iter().chain(seated).chain(besides.events).collect();
        let mut with_coupons = (commands.clone(), along.clone(), told.clone());
        for receipt in self.rewards(one, now) {
            with_coupons.0.push(receipt.command);
            with_coupons.1.push(receipt.along);
            with_coupons.2.push(receipt.event);
        }
        let (all, rows, events) = with_coupons;
        match self.lane.carry_out_and_tell(all, rows, events).await {
            Err(LedgerError::Refused(Refusal::Full { account, .. })) => {
                tracing::info!(account, redemption = one.redemption_id, "a coupon was not granted: none is left");
                self.lane.carry_out_and_tell(commands, along, told).await?;
            }
            done => drop(done?),
        }
        if let Some(seat) = seat {
            self.seat_paid(seat).await;
        }
        Ok(())
    }

    /// Gives back what was set aside or used, and takes back what it earned: points, growth, and commission.
    async fn rolled_back(&self, kept: &Kept, back: Command, told: Option<Event>) -> Result<(), LedgerError> {
        let (one, now) = (&kept.redemption, self.clock.now());
        let back = self.with_its_seat(kept, back).await?;
        let earned = earning_key(&one.redemption_id);
        let unearn = Command::reverse(format!("unearn/{}", one.redemption_id), earned.clone(), Share::All);
        let earns = one.status == Status::Redeemed && crate::points::earned(one) > 0 && one.shopper_id.is_some();
        let mut unearn = earns.then_some(unearn);
        for _ in 0..TRIES {
            let commission = match one.status {
                Status::Redeemed => self.commission_back(&one.redemption_id, now).await?,
                _ => Besides::default(),
            };
            let all = back.iter().cloned().chain(unearn.clone()).chain(commission.commands).collect();
            let mut along = vec![store::step(&one.redemption_id, Status::RolledBack, now)];
            along.extend(commission.rows);
            along.extend(levels::store::given_up(one, now).filter(|_| one.status == Status::Redeemed));
            let events = told.iter().cloned().chain(commission.events).collect();
            match self.lane.carry_out_and_tell(all, along, events).await {
                // All of them were taken back with returned goods.
                Err(LedgerError::Refused(Refusal::Exceeds { of, .. } | Refusal::Unknown { of })) if of == earned => {
                    unearn = None;
                }
                // Goods came back meanwhile; what is left of the commission is less now.
                Err(LedgerError::Refused(Refusal::Exceeds { of, .. })) if of == commission_key(&one.redemption_id) => {}
                done => {
                    done?;
                    self.take_back_rewards(one).await;
                    return Ok(());
                }
            }
        }
        Err(Refusal::Exceeds { of: commission_key(&one.redemption_id), leg: 0, left: 0, wanted: 0 }.into())
    }

    /// A reversal with what gives the order's seat up, if it has one in something that ended.
    async fn with_its_seat(&self, kept: &Kept, back: Command) -> Result<Vec<Command>, LedgerError> {
        let one = &kept.redemption;
        let Some(seat) = seat(&kept.uses).filter(|_| one.status == Status::Redeemed) else { return Ok(vec![back]) };
        if seat.role == Role::Buyer {
            return Ok(vec![back, bargain::given_up(seat)]);
        }
        let run_id = seat.run_id.clone();
        let became = self.store.read(|tx| Box::pin(async move { runs::ended(tx, &run_id).await })).await?;
        let (before, after) = giving_up(seat, &one.redemption_id, became);
        Ok(before.into_iter().chain([back]).chain(after).collect())
    }

    /// The coupons an order's offers grant, as they would be received now.
    fn rewards(&self, one: &Redemption, now: Timestamp) -> Vec<Receipt> {
        let Some(shopper) = one.shopper_id.as_deref().filter(|_| one.sandbox.is_none()) else { return Vec::new() };
        let receipt = |offer_id: &str| {
            let offer = self.coupon_offer(offer_id, now);
            let offer = offer.inspect_err(|error| tracing::info!(%error, "a coupon was not granted")).ok()?;
            let key = receipt_key(Source::Reward, &[&one.redemption_id, offer_id]);
            Some(self.receipt(&offer, shopper, Source::Reward, key, None))
        };
        granted_coupons(one).into_iter().filter_map(receipt).collect()
    }

    /// Coupons that an order granted and that was given up are good no more, unless they were used.
    pub(crate) async fn take_back_rewards(&self, one: &Redemption) {
        for offer_id in granted_coupons(one) {
            if let Err(error) = self.take_back_reward(&one.redemption_id, offer_id).await {
                tracing::warn!(%error, redemption = one.redemption_id, offer_id, "a coupon was not taken back");
            }
        }
    }

    pub(crate) async fn kept(&self, redemption_id: &str) -> Result<Kept, CheckoutError> {
        let (wanted, now) = (redemption_id.to_owned(), self.clock.now());
        let found = self.store.read(|tx| Box::pin(async move { store::one(tx, &wanted, now).await })).await;
        found?.ok_or_else(|| CheckoutError::Unknown(redemption_id.to_owned()))
    }
}

/// The offers of which an order grants a coupon, each once.
fn granted_coupons<'a>(one: &'a Redemption) -> BTreeSet<&'a str> {
    let granted = one.quote.applied.iter().flat_map(|applied| &applied.granted);
    let coupon = |granted: &'a Granted| match granted {
        Granted::Coupon { offer_id } => Some(offer_id.as_str()),
        Granted::Gift { .. } | Granted::Points { .. } => None,
    };
    granted.filter_map(coupon).collect()
}

/// What the ledger must do, if anything can be done.
fn command(kept: &Kept, wanted: Status) -> Option<Command> {
    let (id, of) = (&kept.redemption.redemption_id, format!("reserve/{}", kept.idempotency_key));
    let deposited = format!("deposit/{id}");
    match (kept.redemption.status, wanted) {
        (Status::Reserved, Status::Redeemed) => Some(Command::post(format!("redeem/{id}"), of)),
        (Status::Deposited, Status::Redeemed) => Some(Command::post(format!("redeem/{id}"), deposited)),
        (Status::Reserved, Status::RolledBack) => Some(Command::void(format!("void/{id}"), of)),
        (Status::Deposited, Status::RolledBack) => Some(Command::void(format!("void/{id}"), deposited)),
        (Status::Redeemed, Status::RolledBack) => {
            Some(Command::reverse(format!("roll-back/{id}"), format!("redeem/{id}"), Share::All))
        }
        _ => None,
    }
}

/// That it has come too far, or ended.
pub(crate) fn over(redemption: &Redemption, wanted: Status) -> CheckoutError {
    let word = |status: Status| match status {
        Status::Reserved => "reserved",
        Status::Deposited => "deposited",
        Status::Lapsed => "lapsed",
        Status::Redeemed => "redeemed",
        Status::RolledBack => "rolled back",
    };
    CheckoutError::Over {
        redemption_id: redemption.redemption_id.clone(),
        status: word(redemption.status).to_owned(),
        wanted: word(wanted),
    }
}
