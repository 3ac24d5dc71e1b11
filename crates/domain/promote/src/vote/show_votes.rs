//! `GET /api/v1/plays/{play_id}/votes`: how a vote stands. `GET /api/v1/plays/{play_id}/vote-entries` lists what shoppers put up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::store::{self, Count};
use super::{Vote, rules_of};
use crate::Promote;
use crate::plays::store as plays;
use crate::plays::{Play, PlayError};

/// Greater than every identifier of an entry, however letters and signs are sorted.
const BEHIND_ALL: &str = "ent_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";
/// Most that are ranked at once.
const MOST: u32 = 500;

/// How an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// An operator has not looked at it yet.
    Waiting,
    /// It may be voted for.
    Shown,
    /// It is not shown, and its votes do not count while it is not.
    Hidden,
}

impl EntryState {
    pub(super) const ALL: [Self; 3] = [Self::Waiting, Self::Shown, Self::Hidden];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Shown => "shown",
            Self::Hidden => "hidden",
        }
    }
}

/// What a shopper put up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// Its identifier.
    pub entry_id: String,
    /// The play.
    pub play_id: String,
    /// Who put it up.
    pub shopper_id: String,
    /// What they call it.
    pub title: String,
    /// What they say of it.
    pub about: String,
    /// A picture of it.
    pub image_url: Option<String>,
    /// How it stands.
    pub state: EntryState,
    /// When it was put up.
    #[schema(value_type = String, format = DateTime)]
    pub entered_at: Timestamp,
    /// Who decided on it last.
    pub decided_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
}

/// What is voted for, in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RankedEntry {
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
    /// Who put it up; null for what the shop did.
    pub shopper_id: Option<String>,
    /// How many votes it has.
    pub votes: i64,
    /// Since when it has so many; null before the first.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reached_at: Option<Timestamp>,
}

/// How a vote stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct VoteStandings {
    /// The play.
    pub play_id: String,
    /// Whether it is over: then this is the result.
    pub over: bool,
    /// All votes cast, those for what is hidden too.
    pub votes: i64,
    /// Shoppers who cast them.
    pub voters: i64,
    /// What is shown, by votes; of as many, who had them first, then by identifier.
    pub entries: Vec<RankedEntry>,
}

/// How much of a vote.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VotesQuery {
    /// The first so many; 100 if absent, 500 at most.
    pub limit: Option<u32>,
}

/// Entries, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntryList {
    /// Some of them.
    pub entries: Vec<EntryView>,
    /// Ask again with this as `before` for more; null if there are none.
    pub next: Option<String>,
}

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// Only those that stand so.
    pub state: Option<EntryState>,
    /// Only those before this one.
    pub before: Option<String>,
    /// At most this many; 50 if absent, 200 at most.
    pub limit: Option<u32>,
}

/// Show how a vote stands
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/votes", tag = "promote", operation_id = "show_votes",
    params(("play_id" = String, Path, description = "The play"), VotesQuery),
    responses(
        (status = 200, description = "How it stands", body = VoteStandings),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_votes(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Params(wanted): Params<VotesQuery>,
) -> Answer<Json<VoteStandings>> {
    Ok(Json(promote.vote_standings(&play_id, wanted.limit.unwrap_or(100)).await?))
}

/// List what shoppers put up
#[utoipa::path(
    get, path = "/api/v1/plays/{play_id}/vote-entries", tag = "promote", operation_id = "list_vote_entries",
    params(("play_id" = String, Path, description = "The play"), EntriesQuery),
    responses(
        (status = 200, description = "Entries, the latest first", body = EntryList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_vote_entries(
    State(promote): State<Arc<Promote>>,
    Segment(play_id): Segment<String>,
    Params(wanted): Params<EntriesQuery>,
) -> Answer<Json<EntryList>> {
    let limit = wanted.limit.unwrap_or(50).clamp(1, 200);
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let before = wanted.before.as_deref().unwrap_or(BEHIND_ALL);
            store::list(tx, &play_id, wanted.state, before, limit).await
        })
    });
    let found: Result<Vec<EntryView>, StoreError> = read.await;
    let entries = found.map_err(PlayError::from)?;
    let next = entries.last().filter(|_| entries.len() == limit as usize).map(|one| one.entry_id.clone());
    Ok(Json(EntryList { entries, next }))
}

impl Promote {
    /// How a vote stands: by the rules in force, or the latest of one that was withdrawn.
    pub async fn vote_standings(&self, play_id: &str, limit: u32) -> Result<VoteStandings, PlayError> {
        let (wanted, now) = (play_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let play = match plays::published(tx, &wanted).await? {
                    Some(play) => play,
                    None => {
                        let view = plays::one(tx, &wanted).await?.ok_or(PlayError::Unknown(wanted))?;
                        Play { play_id: view.play_id, version: view.version, terms: view.terms }
                    }
                };
                let rules = rules_of(&play)?;
                let mut counts = Vec::with_capacity(rules.candidates.len());
                for one in &rules.candidates {
                    counts.push(store::count_of(tx, &play.play_id, &one.entry_id).await?);
                }
                let (votes, voters) = store::turnout(tx, &play.play_id).await?;
                let most = limit.clamp(1, MOST);
                let theirs = store::most_voted(tx, &play.play_id, most).await?;
                let mut entries = ranked(rules, counts, theirs);
                entries.truncate(most as usize);
                let over = play.terms.ends_at.is_some_and(|ends_at| ends_at <= now);
                Ok::<_, PlayError>(VoteStandings { play_id: play.play_id.clone(), over, votes, voters, entries })
            })
        });
        read.await
    }
}

/// What the shop and what shoppers put up, in one order.
fn ranked(rules: &Vote, counts: Vec<Option<Count>>, theirs: Vec<(EntryView, Option<Count>)>) -> Vec<RankedEntry> {
    let own = rules.candidates.iter().zip(counts).map(|(one, count)| RankedEntry {
        place: 0,
        entry_id: one.entry_id.clone(),
        title: one.title.clone(),
        about: one.about.clone(),
        image_url: one.image_url.clone(),
        shopper_id: None,
        votes: count.map_or(0, |count| count.votes),
        reached_at: count.map(|count| count.reached_at),
    });
    let theirs = theirs.into_iter().map(|(one, count)| RankedEntry {
        place: 0,
        entry_id: one.entry_id,
        title: one.title,
        about: one.about,
        image_url: one.image_url,
        shopper_id: Some(one.shopper_id),
        votes: count.map_or(0, |count| count.votes),
        reached_at: count.map(|count| count.reached_at),
    });
    let mut all: Vec<RankedEntry> = own.chain(theirs).collect();
    all.sort_by(|one, other| {
        let by = |one: &RankedEntry| (std::cmp::Reverse(one.votes), one.reached_at);
        by(one).cmp(&by(other)).then_with(|| one.entry_id.cmp(&other.entry_id))
    });
    for (place, one) in (1..).zip(&mut all) {
        one.place = place;
    }
    all
}
