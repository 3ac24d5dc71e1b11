//! What this room tells others: every change is an event in the outbox, in the transaction that made the change.

use fanvine_kernel::event::{Json, names};
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};
use fanvine_store::{Store, StoreError};
use serde_json::{Value, json};

use crate::bargain::{Cut, Open};
use crate::check_in::{Day, Whose};
use crate::checkout::{Redemption, Status, store as redemptions};
use crate::group_buy::Group;
use crate::lottery::store::Draw;
use crate::lottery::{self, Prize};
use crate::offers::Offer;
use crate::plays::{Play, Role, Seat};

/// Under this name it is kept how many of the ledger's transfers were looked at for reservations that lapsed.
const LAPSED: &str = "promote/lapsed";
/// Reservations told of in one transaction.
const AT_ONCE: u32 = 200;

/// An event about no shopper. The same message id is never told twice.
pub(crate) fn event(name: &str, message_id: String, now: Timestamp, properties: &Value) -> Event {
    Event {
        message_id,
        kind: EventKind::Track,
        name: name.to_owned(),
        source: SourceId::own(),
        user_id: None,
        anonymous_id: None,
        occurred_at: now,
        received_at: now,
        session_id: None,
        product_id: None,
        order_id: None,
        quantity: None,
        revenue_minor: None,
        currency: None,
        channel: None,
        campaign: None,
        referrer: None,
        properties: Some(Json::of_valid(properties.to_string())),
        context: None,
    }
}

/// That an offer was changed, published or withdrawn, in the version it has now.
pub(crate) fn offer(name: &str, offer: &Offer, by: &str, now: Timestamp) -> Event {
    let message_id = format!("{name}/{}/{}/{}", offer.offer_id, offer.version, now.micros());
    let (offer_id, version, title) = (&offer.offer_id, offer.version, &offer.terms.name);
    event(name, message_id, now, &json!({ "offer_id": offer_id, "version": version, "name": title, "by": by }))
}

/// That a play was changed, published or withdrawn, in the version it has now.
pub(crate) fn play(name: &str, play: &Play, by: &str, now: Timestamp) -> Event {
    let message_id = format!("{name}/{}/{}/{}", play.play_id, play.version, now.micros());
    let (play_id, version, terms) = (&play.play_id, play.version, &play.terms);
    let about = json!({
        "play_id": play_id, "version": version, "kind": terms.rules.kind(), "name": terms.name, "by": by,
    });
    event(name, message_id, now, &about)
}

/// That a play was published, with the digest that fixes its draws if it is a lottery.
pub(crate) fn published(play: &Play, by: &str, commitment: Option<&str>, now: Timestamp) -> Event {
    let name = names::PLAY_PUBLISHED;
    let message_id = format!("{name}/{}/{}/{}", play.play_id, play.version, now.micros());
    let (play_id, version, terms) = (&play.play_id, play.version, &play.terms);
    let mut about = json!({
        "play_id": play_id, "version": version, "kind": terms.rules.kind(), "name": terms.name, "by": by,
    });
    if let Some(commitment) = commitment {
        about["commitment"] = json!(commitment);
    }
    event(name, message_id, now, &about)
}

/// A draw of a lottery, and what it won.
pub(crate) fn lottery_drawn(open: &lottery::Open, draw: &Draw, prize: Option<&Prize>, now: Timestamp) -> Event {
    let name = names::LOTTERY_DRAWN;
    let about = json!({
        "lottery_id": draw.run_id, "play_id": open.run.play.play_id, "draw_id": draw.draw_id, "number": draw.roll,
        "prize_id": draw.prize_id, "prize": prize.map(|prize| &prize.name),
        "value_minor": prize.map(|prize| prize.value_minor), "gives": prize.map(|prize| &prize.gives),
        "missed": draw.missed, "paid_with": draw.paid_with,
    });
    let event = event(name, format!("{name}/{}", draw.draw_id), now, &about);
    Event { user_id: Some(draw.shopper_id.clone()), ..event }
}

/// That goods which were won were claimed, and with which order they come.
pub(crate) fn prize_claimed(open: &lottery::Open, draw: &Draw, prize: &Prize, order_id: &str, now: Timestamp) -> Event {
    let name = names::PRIZE_CLAIMED;
    let about = json!({
        "lottery_id": draw.run_id, "play_id": open.run.play.play_id, "draw_id": draw.draw_id, "prize_id": prize.prize_id,
        "prize": prize.name, "gives": prize.gives, "order_id": order_id,
    });
    let event = event(name, format!("{name}/{}", draw.draw_id), now, &about);
    Event { user_id: Some(draw.shopper_id.clone()), ..event }
}

/// That a lottery is over, with the seed by which anybody computes its draws anew.
pub(crate) fn lottery_ended(open: &lottery::Open, now: Timestamp) -> Event {
    let (run, name) = (&open.run, names::LOTTERY_ENDED);
    let about = json!({
        "lottery_id": run.run_id, "play_id": run.play.play_id, "version": run.play.version,
        "commitment": open.commitment(), "seed": open.seed.as_str(),
    });
    event(name, format!("{name}/{}", run.run_id), now, &about)
}

/// That a shopper checked in for a day.
pub(crate) fn checked_in(whose: &Whose<'_>, day: &Day, now: Timestamp) -> Event {
    let (name, date) = (names::CHECKED_IN, day.day.to_string());
    let about = json!({
        "play_id": whose.play_id, "day": date, "streak": day.streak, "points": day.points, "made_up": day.made_up,
    });
    let event = event(name, format!("{name}/{}/{date}/{}", whose.play_id, whose.shopper), now, &about);
    Event { user_id: Some(whose.shopper.to_owned()), ..event }
}

/// That a shopper paid and has a seat now: who opened a group, who joined it, or whose bargain it was.
pub(crate) fn seat_taken(one: &Redemption, seat: &Seat, now: Timestamp) -> Event {
    let (name, run) = match seat.role {
        Role::Leader => (names::GROUP_BUY_STARTED, "group_id"),
        Role::Joiner => (names::GROUP_BUY_JOINED, "group_id"),
        Role::Buyer => (names::BARGAIN_COMPLETED, "bargain_id"),
    };
    let about = json!({
        run: seat.run_id, "play_id": seat.play_id, "role": seat.role, "redemption_id": one.redemption_id,
        "order_id": one.order_id, "payable_minor": one.quote.payable_minor,
    });
    told(one, event(name, format!("{name}/{}", one.redemption_id), now, &about))
}

/// How a group ended, and whose orders were paid by then.
pub(crate) fn group(name: &str, group: &Group, paid: &[Redemption], now: Timestamp) -> Event {
    let (run, size) = (&group.run, group.size.size);
    let members = paid.iter().map(
        |one| json!({ "shopper_id": one.shopper_id, "redemption_id": one.redemption_id, "order_id": one.order_id }),
    );
    let about = json!({
        "group_id": run.run_id, "play_id": run.play.play_id, "product_id": group.rules.product_id, "size": size,
        "leader_id": run.shopper_id, "members": members.collect::<Vec<_>>(),
    });
    event(name, format!("{name}/{}", run.run_id), now, &about)
}

/// That a shopper opened a bargain, with the digest that fixes its cuts.
pub(crate) fn bargain_started(open: &Open, commitment: &str, now: Timestamp) -> Event {
    let (run, rules, name) = (&open.run, &open.rules, names::BARGAIN_STARTED);
    let about = json!({
        "bargain_id": run.run_id, "play_id": run.play.play_id, "product_id": rules.product_id,
        "start_minor": rules.start_minor, "floor_minor": rules.floor_minor, "helps": rules.helps,
        "closes_at": run.closes_at, "commitment": commitment,
    });
    let event = event(name, format!("{name}/{}", run.run_id), now, &about);
    Event { user_id: Some(run.shopper_id.clone()), ..event }
}

/// That somebody helped with a bargain, and what it costs now.
pub(crate) fn bargain_helped(
    open: &Open,
    number: i64,
    shopper_id: &str,
    cut_minor: i64,
    price_minor: i64,
    now: Timestamp,
) -> Event {
    let (run, name) = (&open.run, names::BARGAIN_HELPED);
    let about = json!({
        "bargain_id": run.run_id, "play_id": run.play.play_id, "product_id": open.rules.product_id,
        "opened_by": run.shopper_id, "number": number, "helps": open.rules.helps, "cut_minor": cut_minor,
        "price_minor": price_minor,
    });
    let event = event(name, format!("{name}/{}/{number}", run.run_id), now, &about);
    Event { user_id: Some(shopper_id.to_owned()), ..event }
}

/// That a bargain was not paid in time, and how far it came.
pub(crate) fn bargain_failed(open: &Open, cut: Cut, now: Timestamp) -> Event {
    let (run, name) = (&open.run, names::BARGAIN_FAILED);
    let about = json!({
        "bargain_id": run.run_id, "play_id": run.play.play_id, "product_id": open.rules.product_id,
        "shopper_id": run.shopper_id, "helped": cut.helps, "helps": open.rules.helps,
        "price_minor": open.price_minor(cut),
    });
    event(name, format!("{name}/{}", run.run_id), now, &about)
}

/// That the shop owes the rest of what was paid for an order.
pub(crate) fn refund_owed(one: &Redemption, reason: &str, run_id: &str, now: Timestamp) -> Event {
    let refund_minor = one.quote.payable_minor.saturating_sub(one.refunded_minor);
    let about = json!({
        "redemption_id": one.redemption_id, "order_id": one.order_id, "shopper_id": one.shopper_id,
        "refund_minor": refund_minor, "currency": one.quote.currency, "reason": reason, "group_id": run_id,
    });
    let name = names::REFUND_OWED;
    told(one, event(name, format!("{name}/{}", one.redemption_id), now, &about))
}

/// What has become of a redemption. That one lapsed is the clock's doing, so it is told of no shopper.
pub(crate) fn redemption(one: &Redemption, status: Status, now: Timestamp) -> Event {
    let name = match status {
        Status::Reserved => names::REDEMPTION_RESERVED,
        Status::Deposited => names::REDEMPTION_DEPOSITED,
        Status::Redeemed => names::REDEMPTION_REDEEMED,
        Status::RolledBack => names::REDEMPTION_ROLLED_BACK,
        Status::Lapsed => names::REDEMPTION_LAPSED,
    };
    let mut about = about(one);
    about["status"] = json!(status);
    let told = told(one, event(name, format!("{name}/{}", one.redemption_id), now, &about));
    if status == Status::Lapsed { Event { user_id: None, ..told } } else { told }
}

/// That goods of a redemption came back: which, and what is refunded for them.
pub(crate) fn returned(
    one: &Redemption,
    number: i64,
    lines: &impl serde::Serialize,
    refund_minor: i64,
    now: Timestamp,
) -> Event {
    let mut about = about(one);
    about["lines"] = json!(lines);
    about["refund_minor"] = json!(refund_minor);
    about["refunded_minor"] = json!(one.refunded_minor.saturating_add(refund_minor));
    let name = names::REDEMPTION_RETURNED;
    told(one, event(name, format!("{name}/{}/{number}", one.redemption_id), now, &about))
}

fn told(one: &Redemption, event: Event) -> Event {
    let (user_id, order_id) = (one.shopper_id.clone(), one.order_id.clone());
    Event { user_id, order_id, currency: Some(one.quote.currency), ..event }
}

fn about(one: &Redemption) -> Value {
    let quote = &one.quote;
    let offers = quote.applied.iter().map(|applied| {
        json!({
            "offer_id": applied.offer_id, "version": applied.version, "name": applied.name,
            "off_minor": applied.off_minor, "freight_off_minor": applied.freight_off_minor,
        })
    });
    json!({
        "redemption_id": one.redemption_id, "order_id": one.order_id, "shopper_id": one.shopper_id,
        "deadline": one.deadline, "currency": quote.currency, "list_minor": quote.list_minor,
        "discount_minor": quote.discount_minor, "freight_minor": quote.freight_minor,
        "freight_discount_minor": quote.freight_discount_minor, "payable_minor": quote.payable_minor,
        "offers": offers.collect::<Vec<_>>(),
    })
}

/// Tells of reservations that released themselves since this was last asked.
pub(crate) async fn lapsed(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    loop {
        let done = store.write(move |tx| {
            Box::pin(async move {
                let from = tx.offset(LAPSED).await?.unwrap_or(0);
                let after = i64::try_from(from).unwrap_or(i64::MAX);
                let (holds, next) = fanvine_ledger::lapsed(tx, after, AT_ONCE).await?;
                let mut events = Vec::new();
                for hold in &holds {
                    let found = match (hold.strip_prefix("reserve/"), hold.strip_prefix("deposit/")) {
                        (Some(key), _) => redemptions::of_key(tx, key, now).await?,
                        (None, Some(id)) => redemptions::one(tx, id, now).await?,
                        (None, None) => None,
                    };
                    // Nobody is told of sandboxes.
                    let found = found.map(|kept| kept.redemption).filter(|one| one.sandbox.is_none());
                    events.extend(found.map(|one| redemption(&one, Status::Lapsed, now)));
                }
                if next != after {
                    tx.set_offset(LAPSED, next.unsigned_abs()).await?;
                }
                tx.emit_all(&events).await?;
                Ok::<_, StoreError>(holds.len() < AT_ONCE as usize)
            })
        });
        if done.await? {
            return Ok(());
        }
    }
}
