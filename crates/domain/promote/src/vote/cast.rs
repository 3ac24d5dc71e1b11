//! `POST /api/v1/plays/{play_id}/votes`: a shopper votes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{LocalDate, Timestamp};
use fanvine_ledger::{Command, carry_out};
use fanvine_store::Tx;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::show_votes::EntryState;
use super::store::{self, Cast};
use super::{Vote, rules_of};
use crate::checkout::realm::Realm;
use crate::checkout::reserve::{check_key, key_of};
use crate::offers::store::json as text_of;
use crate::plays::{Play, PlayError, PlayerForm, requests};
use crate::points::earned_leg;
use crate::{Promote, announce};

/// Who votes, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteForm {
    /// The shop's number for the shopper.
    pub shopper_id: String,
    /// For what: a candidate of the rules, or an entry of a shopper.
    pub entry_id: String,
}

/// A vote that was cast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VoteCast {
    /// The play.
    pub play_id: String,
    /// For what.
    pub entry_id: String,
    /// The day of the shop: `2026-11-11`.
    pub day: String,
    /// How many votes it had with this one.
    pub votes: i64,
    /// How many votes the person had left that day.
    pub left_today: i64,
    /// The points it earned.
    pub points: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub cast_at: Timestamp,
}

/// Vote
///
/// A person has `per_day` votes a day of the shop, whatever keys they come under, and none for what they put up themselves. The
/// same key with the same request answers the same vote.
#[utoipa::path(
    post, path = "/api/v1/plays/{play_id}/votes", tag = "promote", operation_id = "cast_vote",
    params(
        ("play_id" = String, Path, description = "The play"),
        ("Idempotency-Key" = String, Header, description = "Names this request: sent again, it gets the same answer"),
    ),
    request_body = VoteForm,
    responses(
        (status = 200, description = "The vote", body = VoteCast),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn cast_vote(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
    Body(form): Body<VoteForm>,
) -> Answer<Json<VoteCast>> {
    Ok(Json(promote.cast_vote(&play_id, key_of(&headers), form).await?))
}

/// A vote about to be cast.
struct Ballot<'a> {
    play: &'a Play,
    rules: &'a Vote,
    form: &'a VoteForm,
    keys: &'a [String],
    today: LocalDate,
    now: Timestamp,
}

impl Promote {
    /// Votes.
    pub async fn cast_vote(&self, play_id: &str, key: String, form: VoteForm) -> Result<VoteCast, PlayError> {
        check_key(&key)?;
        PlayerForm { shopper_id: form.shopper_id.clone() }.check()?;
        let (now, request) = (self.clock.now(), text_of(&("vote", play_id, &form)));
        // What was answered stands, whatever became of the play since.
        if let Some(before) = self.answered(&key, &request).await?.and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(before);
        }
        self.admitted(play_id, &form.shopper_id).await?;
        let play = self.playable(play_id, now).await?;
        let rules = rules_of(&play)?.clone();
        let keys = self.keys_of(&form.shopper_id);
        let (today, rule) = (self.zone.date_of(now), self.offers().points().cloned());
        let voting = self.store.write(move |tx| {
            Box::pin(async move {
                // The ledger's lock before anything is read: of two votes at once, one comes second and finds the first.
                carry_out(tx, Vec::new(), now).await?;
                let before = requests::answered(tx, &key, &request).await?;
                if let Some(before) = before.and_then(|text| serde_json::from_str(&text).ok()) {
                    return Ok(before);
                }
                let ballot = Ballot { play: &play, rules: &rules, form: &form, keys: &keys, today, now };
                let (cast, left_today) = ballot.may_be_cast(tx).await?;
                if cast.points > 0 {
                    let name = format!("vote/{}/{}/{}", play.play_id, cast.number, cast.shopper_id);
                    let leg = earned_leg(&Realm::default(), &cast.shopper_id, cast.points, rule.as_ref(), now);
                    carry_out(tx, vec![Command::transfer(name, vec![leg])], now).await?;
                }
                store::cast(tx, &play.play_id, &cast).await?;
                let votes = store::count_of(tx, &play.play_id, &cast.entry_id).await?.map_or(0, |count| count.votes);
                tx.emit(&told(&play.play_id, &cast, now)).await?;
                let done = VoteCast {
                    play_id: play.play_id.clone(),
                    entry_id: cast.entry_id.clone(),
                    day: today.to_string(),
                    votes,
                    left_today,
                    points: cast.points,
                    cast_at: now,
                };
                requests::keep(tx, vec![requests::row(&key, &request, &text_of(&done))]).await?;
                Ok::<_, PlayError>(done)
            })
        });
        voting.await
    }
}

impl Ballot<'_> {
    /// The vote, and how many are left that day, if the rules allow it.
    async fn may_be_cast(&self, tx: &mut Tx) -> Result<(Cast, i64), PlayError> {
        let (play_id, form) = (self.play.play_id.clone(), self.form);
        let refuse = |why: String| PlayError::Rule { play_id: play_id.clone(), why };
        if self.rules.candidate(&form.entry_id).is_none() {
            let entry = store::one(tx, &form.entry_id).await?.filter(|one| one.play_id == play_id);
            let entry = entry.filter(|one| one.state == EntryState::Shown || self.keys.contains(&one.shopper_id));
            let unknown = || PlayError::UnknownRun { what: "entry", run_id: form.entry_id.chars().take(64).collect() };
            let entry = entry.ok_or_else(unknown)?;
            if self.keys.contains(&entry.shopper_id) {
                return Err(refuse(format!("{} put {} up themselves", form.shopper_id, form.entry_id)));
            }
        }
        let cast = store::cast_by(tx, &play_id, self.keys).await?;
        let full = |limit: String| PlayError::Full { what: "play", id: play_id.clone(), limit };
        let of_today = || cast.iter().filter(|one| one.day == self.today);
        let (used, per_day) = (i64::try_from(of_today().count()).unwrap_or(i64::MAX), self.rules.per_day);
        if used >= per_day {
            return Err(full(format!(
                "{} has voted {used} times on {}, of {per_day} a day",
                form.shopper_id, self.today
            )));
        }
        let in_all = i64::try_from(cast.len()).unwrap_or(i64::MAX);
        if let Some(most) = self.rules.in_all.filter(|most| in_all >= *most) {
            return Err(full(format!("{} has voted {in_all} times, of {most} in all", form.shopper_id)));
        }
        if !self.rules.same && of_today().any(|one| one.entry_id == form.entry_id) {
            return Err(refuse(format!("{} voted for {} today already", form.shopper_id, form.entry_id)));
        }
        let mine = cast.iter().filter(|one| one.shopper_id == form.shopper_id).map(|one| one.number);
        let of_all = self.rules.in_all.map_or(i64::MAX, |most| most - in_all - 1);
        let cast = Cast {
            shopper_id: form.shopper_id.clone(),
            number: mine.max().unwrap_or(0) + 1,
            entry_id: form.entry_id.clone(),
            day: self.today,
            points: self.rules.points,
            at: self.now,
        };
        Ok((cast, (per_day - used - 1).min(of_all)))
    }
}

fn told(play_id: &str, cast: &Cast, now: Timestamp) -> fanvine_kernel::Event {
    let name = names::VOTE_CAST;
    let about = json!({ "play_id": play_id, "entry_id": cast.entry_id, "points": cast.points });
    let event = announce::event(name, format!("{name}/{play_id}/{}/{}", cast.number, cast.shopper_id), now, &about);
    fanvine_kernel::Event { user_id: Some(cast.shopper_id.clone()), ..event }
}
