//! What contests tell others.

use fanvine_kernel::event::names;
use fanvine_kernel::{Event, Timestamp};
use serde_json::{Value, json};

use super::standings::RankedEntrant;
use super::store::{Entrant, Settled};
use super::{Open, RankPrize};
use crate::announce::event;

fn about(open: &Open) -> Value {
    let run = &open.run;
    json!({
        "contest_id": run.run_id, "play_id": run.play.play_id, "version": run.play.version,
        "measure": open.rules.measure.name(),
    })
}

/// That a shopper takes part, left, or was excluded or let in again.
pub(super) fn entrant(name: &str, open: &Open, one: &Entrant, more: &[(&str, &str)], now: Timestamp) -> Event {
    let mut about = about(open);
    about["number"] = json!(one.number);
    for (field, text) in more {
        about[*field] = json!(text);
    }
    let event = event(name, format!("{name}/{}/{}/{}", open.run.run_id, one.number, now.micros()), now, &about);
    Event { user_id: Some(one.shopper_id.clone()), ..event }
}

/// That places are final, with their digest.
pub(super) fn settled(open: &Open, settled: &Settled, now: Timestamp) -> Event {
    let name = names::CONTEST_SETTLED;
    let mut about = about(open);
    (about["ranked"], about["digest"]) = (json!(settled.ranked), json!(settled.digest));
    event(name, format!("{name}/{}", open.run.run_id), now, &about)
}

/// That somebody got the prize of their place.
pub(super) fn rewarded(open: &Open, one: &RankedEntrant, prize: &RankPrize, now: Timestamp) -> Event {
    let name = names::CONTEST_PRIZE_GIVEN;
    let mut about = about(open);
    (about["place"], about["score"], about["gives"], about["value_minor"]) =
        (json!(one.place), json!(one.score), json!(prize.gives), json!(prize.value_minor));
    let event = event(name, format!("{name}/{}/{}", open.run.run_id, one.place), now, &about);
    Event { user_id: one.shopper_id.clone(), currency: Some(open.rules.currency), ..event }
}
