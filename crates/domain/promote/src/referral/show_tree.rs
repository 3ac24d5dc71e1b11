//! `GET /api/v1/sharers/{shopper_id}/tree`: whom a sharer brought, whom those brought, and what that earned.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::{StoreError, Tx};
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::bind::of_play;
use super::{Brought, Referral, store};
use crate::Promote;
use crate::plays::{PlayError, Rules, store as plays};

/// Most people told on each level.
const MOST: usize = 500;

/// Somebody who was brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Invitee {
    /// Who.
    pub shopper_id: String,
    /// Since when they are bound.
    #[schema(value_type = String, format = DateTime)]
    pub bound_at: Timestamp,
    /// Their orders that earned the sharer commission.
    pub orders: i64,
    /// What these earned the sharer, less what was taken back, in minor units, whatever the currency.
    pub commission_minor: i64,
    /// Whom they brought themselves: none are told on the last level.
    #[schema(no_recursion)]
    pub invited: Vec<Invitee>,
}

/// Whom a sharer brought.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct InviteTree {
    /// The shopper asked about.
    pub shopper_id: String,
    /// The play.
    pub play_id: String,
    /// By whom they were brought themselves.
    pub brought_by: Option<String>,
    /// Whom they brought, who is bound to them now; the latest first.
    pub invited: Vec<Invitee>,
}

/// Of which play.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TreeQuery {
    /// The play.
    pub play_id: String,
}

/// Show whom a sharer brought
///
/// Two levels: those who are bound to the sharer now, and those bound to them; 500 each at most.
#[utoipa::path(
    get, path = "/api/v1/sharers/{shopper_id}/tree", tag = "promote", operation_id = "show_invite_tree",
    params(("shopper_id" = String, Path, description = "The shop's number for the shopper"), TreeQuery),
    responses(
        (status = 200, description = "The tree; empty for somebody who brought nobody", body = InviteTree),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_invite_tree(
    State(promote): State<Arc<Promote>>,
    Segment(shopper_id): Segment<String>,
    Params(query): Params<TreeQuery>,
) -> Answer<Json<InviteTree>> {
    Ok(Json(promote.invite_tree(&shopper_id, &query.play_id).await?))
}

/// What a reading of the tree needs at hand.
struct Reading<'r> {
    play_id: &'r str,
    rules: &'r Referral,
    now: Timestamp,
    keys_of: &'r (dyn Fn(&str) -> Vec<String> + Sync),
    /// By buyer: orders and what they earned.
    earned: BTreeMap<String, (i64, i64)>,
}

impl Promote {
    /// Whom the person with that key brought in a play.
    pub async fn invite_tree(&self, shopper_id: &str, play_id: &str) -> Result<InviteTree, PlayError> {
        let (shopper_id, play_id, now) = (shopper_id.to_owned(), play_id.to_owned(), self.clock.now());
        let audience = self.others.audience.clone();
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let keys_of = |key: &str| {
                    let mut keys = audience.keys_of(key);
                    keys.push(key.to_owned());
                    keys.sort();
                    keys.dedup();
                    keys
                };
                let view = plays::one(tx, &play_id).await?.ok_or_else(|| PlayError::Unknown(play_id.clone()))?;
                // Whoever looks sees what is in force: the published version, or the latest of one that was withdrawn.
                let rules = match store::rules(tx, &play_id).await? {
                    Some((_, rules)) => rules,
                    None => match view.terms.rules {
                        Rules::Referral(rules) => rules,
                        other => {
                            return Err(PlayError::Kind { play_id, kind: other.kind(), wanted: super::WHAT });
                        }
                    },
                };
                let keys = keys_of(&shopper_id);
                let earned = earned(tx, &keys).await?;
                let reading = Reading { play_id: &play_id, rules: &rules, now, keys_of: &keys_of, earned };
                let brought_by = bound(tx, &reading, &keys).await?.map(|one| one.sharer_id);
                let mut invited = Vec::new();
                for one in brought(tx, &reading, &keys).await? {
                    let next = brought(tx, &reading, &keys_of(&one.shopper_id)).await?;
                    let next = next.into_iter().map(|one| reading.invitee(one, Vec::new())).collect();
                    invited.push(reading.invitee(one, next));
                }
                drop(reading);
                Ok::<_, PlayError>(InviteTree { shopper_id, play_id, brought_by, invited })
            })
        });
        read.await
    }
}

impl Reading<'_> {
    fn invitee(&self, one: Brought, invited: Vec<Invitee>) -> Invitee {
        let keys = (self.keys_of)(&one.shopper_id);
        let mine = keys.iter().filter_map(|key| self.earned.get(key));
        let (orders, commission_minor) = mine.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Invitee { shopper_id: one.shopper_id, bound_at: one.bound_at, orders, commission_minor, invited }
    }
}

/// What each buyer's orders earned these keys.
async fn earned(tx: &mut Tx, keys: &[String]) -> Result<BTreeMap<String, (i64, i64)>, StoreError> {
    let mut by_buyer: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for key in keys {
        for one in store::of_sharer(tx, key, "red_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 10_000).await? {
            let sum = by_buyer.entry(one.shopper_id.clone()).or_default();
            *sum = (sum.0 + 1, sum.1 + one.left_minor());
        }
    }
    Ok(by_buyer)
}

/// By whom a person is bound now.
async fn bound(tx: &mut Tx, reading: &Reading<'_>, keys: &[String]) -> Result<Option<Brought>, StoreError> {
    let times = of_play(store::brought_of(tx, keys).await?, reading.play_id);
    Ok(reading.rules.bound(&times, reading.now).filter(|one| !keys.contains(&one.sharer_id)))
}

/// Who is bound to these keys of a sharer now, the latest first.
async fn brought(tx: &mut Tx, reading: &Reading<'_>, keys: &[String]) -> Result<Vec<Brought>, StoreError> {
    let mut all = of_play(store::brought_by(tx, keys).await?, reading.play_id);
    all.sort_by(|one, other| (other.bound_at, &one.shopper_id).cmp(&(one.bound_at, &other.shopper_id)));
    let (mut seen, mut found) = (std::collections::BTreeSet::new(), Vec::new());
    for one in all {
        if found.len() >= MOST {
            break;
        }
        if seen.contains(&one.shopper_id) {
            continue;
        }
        let theirs = (reading.keys_of)(&one.shopper_id);
        let now = bound(tx, reading, &theirs).await?;
        seen.extend(theirs);
        found.extend(now.filter(|now| keys.contains(&now.sharer_id)));
    }
    Ok(found)
}
