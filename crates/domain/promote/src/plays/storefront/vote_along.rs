//! `GET /v1/votes/{play_id}`, `POST /v1/votes/cast` and `…/enter`: a shopper votes from a page, or puts something up.
//!
//! Who voted for what the page does not say, nor who put what up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::Promote;
use crate::plays::PlayError;
use crate::vote::{EntryForm, EntryState, EntryView, RankedEntry, VoteForm, rules_of, store};
use crate::wallet::storefront::Storefront;

/// Most that a page ranks.
const MOST: u32 = 100;

/// A vote as its page shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ShownVote {
    /// The play.
    pub play_id: String,
    /// What it is called.
    pub name: String,
    /// Until when votes are taken; for ever if null.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// How many votes a person has a day.
    pub per_day: i64,
    /// Whether several of a day may go to the same.
    pub same: bool,
    /// Points for every vote.
    pub points: i64,
    /// Whether shoppers may put something up.
    pub takes_entries: bool,
    /// All votes.
    pub votes: i64,
    /// What is voted for, in its place: the first hundred.
    pub entries: Vec<ShownEntry>,
    /// What the shopper who asks did in it; null if nobody is told.
    pub mine: Option<MyVotes>,
    /// The moment of the answer.
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
}

/// What is voted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShownEntry {
    /// Its place, from 1.
    pub place: i64,
    /// Its identifier.
    pub entry_id: String,
    /// What it is called.
    pub title: String,
    /// What is said of it.
    pub about: String,
    /// A picture of it.
    pub image_url: Option<String>,
    /// How many votes it has.
    pub votes: i64,
}

/// What a shopper did in a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MyVotes {
    /// How many votes are left today.
    pub left_today: i64,
    /// For what they voted today.
    pub today: Vec<String>,
    /// What they put up, the latest first.
    pub entries: Vec<MyEntry>,
    /// How many they may put up still.
    pub may_enter: i64,
}

/// What a shopper put up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MyEntry {
    /// Its identifier.
    pub entry_id: String,
    /// What they call it.
    pub title: String,
    /// How it stands.
    pub state: EntryState,
}

/// What is voted for.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageVoteForm {
    /// The play.
    pub play_id: String,
    /// For what.
    pub entry_id: String,
}

/// What is put up.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageEntryForm {
    /// The play.
    pub play_id: String,
    /// What the shopper calls it.
    pub title: String,
    /// What they say of it.
    #[serde(default)]
    pub about: String,
    /// A picture of it.
    #[serde(default)]
    pub image_url: Option<String>,
}

/// Show a vote on a page
///
/// Whoever has its link may see how it stands. With `Authorization: Bearer <token>`, as for `GET /v1/profile`, it says what the
/// shopper did in it too.
#[utoipa::path(
    get, path = "/v1/votes/{play_id}", tag = "promote", operation_id = "page_votes",
    params(("play_id" = String, Path, description = "The play")),
    responses(
        (status = 200, description = "How it stands", body = ShownVote),
        (status = 401, description = "A token that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_votes(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<ShownVote>> {
    let shopper = storefront.shopper_if_told(&headers)?;
    Ok(Json(storefront.promote.shown_vote(&play_id, shopper.as_deref()).await?))
}

/// Vote from a page
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. The same key with the same request votes once.
#[utoipa::path(
    post, path = "/v1/votes/cast", tag = "promote", operation_id = "page_cast_vote",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageVoteForm,
    responses(
        (status = 200, description = "How it stands now", body = ShownVote),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_cast_vote(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageVoteForm>,
) -> Answer<Json<ShownVote>> {
    let (shopper_id, key) = storefront.asks(&headers)?;
    let PageVoteForm { play_id, entry_id } = form;
    let vote = VoteForm { shopper_id: shopper_id.clone(), entry_id };
    storefront.promote.cast_vote(&play_id, key, vote).await?;
    Ok(Json(storefront.promote.shown_vote(&play_id, Some(&shopper_id)).await?))
}

/// Put something up from a page
///
/// As for `POST /v1/votes/cast`.
#[utoipa::path(
    post, path = "/v1/votes/enter", tag = "promote", operation_id = "page_enter_vote",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageEntryForm,
    responses(
        (status = 200, description = "How it stands now", body = ShownVote),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_enter_vote(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageEntryForm>,
) -> Answer<Json<ShownVote>> {
    let (shopper_id, key) = storefront.asks(&headers)?;
    let PageEntryForm { play_id, title, about, image_url } = form;
    let entry = EntryForm { shopper_id: shopper_id.clone(), title, about, image_url };
    storefront.promote.enter_vote(&play_id, key, entry).await?;
    Ok(Json(storefront.promote.shown_vote(&play_id, Some(&shopper_id)).await?))
}

impl Promote {
    /// A vote as its page shows it to a shopper, or to anybody.
    pub async fn shown_vote(&self, play_id: &str, shopper: Option<&str>) -> Result<ShownVote, PlayError> {
        let (wanted, now) = (play_id.to_owned(), self.clock.now());
        let keys = shopper.map(|shopper| self.keys_of(shopper));
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let play = crate::plays::store::published(tx, &wanted).await?;
                let play = play.ok_or_else(|| PlayError::Unpublished(wanted.clone()))?;
                let theirs = match keys {
                    Some(keys) => {
                        let cast = store::cast_by(tx, &wanted, &keys).await?;
                        Some((cast, store::of_keys(tx, &wanted, &keys).await?))
                    }
                    None => None,
                };
                Ok::<_, PlayError>((play, theirs))
            })
        });
        let (play, theirs) = read.await?;
        let (rules, today) = (rules_of(&play)?, self.zone.date_of(now));
        let standings = self.vote_standings(play_id, MOST).await?;
        let mine = theirs.map(|(cast, entered)| {
            let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
            let of_today: Vec<String> =
                cast.iter().filter(|one| one.day == today).map(|one| one.entry_id.clone()).collect();
            let of_all = rules.in_all.map_or(i64::MAX, |most| most - count(cast.len()));
            let standing = count(entered.iter().filter(|one| one.state != EntryState::Hidden).count());
            MyVotes {
                left_today: (rules.per_day - count(of_today.len())).min(of_all).max(0),
                today: of_today,
                may_enter: rules.entries.map_or(0, |entries| (entries.per_shopper - standing).max(0)),
                entries: entered.into_iter().map(my_entry).collect(),
            }
        });
        Ok(ShownVote {
            name: play.terms.name.clone(),
            ends_at: play.terms.ends_at,
            per_day: rules.per_day,
            same: rules.same,
            points: rules.points,
            takes_entries: rules.entries.is_some(),
            votes: standings.votes,
            entries: standings.entries.into_iter().map(shown).collect(),
            play_id: play.play_id,
            mine,
            now,
        })
    }
}

fn shown(one: RankedEntry) -> ShownEntry {
    let RankedEntry { place, entry_id, title, about, image_url, votes, .. } = one;
    ShownEntry { place, entry_id, title, about, image_url, votes }
}

fn my_entry(one: EntryView) -> MyEntry {
    let EntryView { entry_id, title, state, .. } = one;
    MyEntry { entry_id, title, state }
}
