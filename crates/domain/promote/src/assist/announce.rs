//! What invitations tell others.

use fanvine_kernel::event::names;
use fanvine_kernel::{Event, Timestamp};
use serde_json::{Value, json};

use super::count::Friend;
use super::{Open, Rung};
use crate::announce::event;
use crate::plays::Became;

fn about(open: &Open) -> Value {
    let run = &open.run;
    json!({
        "assist_id": run.run_id, "play_id": run.play.play_id, "version": run.play.version, "inviter_id": run.shopper_id,
    })
}

/// That a shopper opened an invitation, and what its ladder promises.
pub(super) fn started(open: &Open, now: Timestamp) -> Event {
    let (run, name) = (&open.run, names::ASSIST_STARTED);
    let mut about = about(open);
    (about["rungs"], about["closes_at"]) = (json!(open.rules.rungs), json!(run.closes_at));
    let event = event(name, format!("{name}/{}", run.run_id), now, &about);
    Event { user_id: Some(run.shopper_id.clone()), ..event }
}

/// That a friend accepted.
pub(super) fn accepted(open: &Open, friend: &str, now: Timestamp) -> Event {
    let name = names::INVITE_ACCEPTED;
    let event = event(name, format!("{name}/{}/{friend}", open.run.run_id), now, &about(open));
    Event { user_id: Some(friend.to_owned()), ..event }
}

/// That a friend counts: which one, and by which order.
pub(super) fn activated(open: &Open, friend: &Friend, number: i64, now: Timestamp) -> Event {
    let name = names::INVITEE_ACTIVATED;
    let mut about = about(open);
    (about["number"], about["redemption_id"]) = (json!(number), json!(friend.redemption_id));
    let event = event(name, format!("{name}/{}/{}", open.run.run_id, friend.shopper_id), now, &about);
    Event { user_id: Some(friend.shopper_id.clone()), ..event }
}

/// That an inviter got the reward of a rung.
pub(super) fn rewarded(open: &Open, rung: &Rung, now: Timestamp) -> Event {
    let name = names::ASSIST_REWARDED;
    let mut about = about(open);
    (about["friends"], about["gives"], about["value_minor"]) =
        (json!(rung.friends), json!(rung.gives), json!(rung.value_minor));
    let event = event(name, format!("{name}/{}/{}", open.run.run_id, rung.friends), now, &about);
    Event { user_id: Some(open.run.shopper_id.clone()), currency: Some(open.rules.currency), ..event }
}

/// That an invitation is over, and how many friends counted.
pub(super) fn ended(open: &Open, became: Became, friends: i64, now: Timestamp) -> Event {
    let name = match became {
        Became::Completed => names::ASSIST_COMPLETED,
        Became::Failed => names::ASSIST_FAILED,
    };
    let mut about = about(open);
    about["friends"] = json!(friends);
    event(name, format!("{name}/{}", open.run.run_id), now, &about)
}
