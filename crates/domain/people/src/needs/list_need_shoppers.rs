//! `GET /api/v1/needs/{kind}/shoppers`: who is behind a need, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::list_needs::kind_named;
use super::mine::Behind;
use super::period::NeedsPeriodQuery;
use super::{Needs, NeedsError};
use crate::kept::away;

const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// Whose need, and which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NeedShoppersQuery {
    /// The need's subject, as listed.
    pub subject: String,
    /// At most so many, 1 to 1000; 100 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Who is behind a need.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeedShoppers {
    /// The kind.
    pub kind: &'static str,
    /// What they wanted.
    pub subject: String,
    /// How many people.
    pub people: usize,
    /// Who wanted it last first.
    pub shoppers: Vec<NeedShopper>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// Somebody who wanted something.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeedShopper {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// How often they wanted it in the period.
    pub times: u32,
    /// When last.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
    /// Whether they did not buy in time.
    pub unserved: bool,
}

/// List who is behind a need
#[utoipa::path(
    get, path = "/api/v1/needs/{kind}/shoppers", tag = "people", operation_id = "list_need_shoppers",
    params(("kind" = String, Path, description = "The need's kind"), NeedsPeriodQuery, NeedShoppersQuery),
    responses(
        (status = 200, description = "A page of people", body = NeedShoppers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_need_shoppers(
    State(needs): State<Arc<Needs>>,
    Segment(kind): Segment<String>,
    Params(period): Params<NeedsPeriodQuery>,
    Params(query): Params<NeedShoppersQuery>,
) -> Answer<Json<NeedShoppers>> {
    let kind = kind_named(&kind)?;
    let (period, window_days) = period.read(needs.people.clock.now(), needs.people.zone)?;
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(NeedsError::Number { name: "limit", value: limit, least: 1, most: MOST }.into());
    }
    let after = query.after.as_deref().map(read_after).transpose()?;
    let mined = needs.mined(period, window_days).await?;
    let nobody = || NeedsError::Nobody { kind: kind.code(), subject: query.subject.chars().take(128).collect() };
    let found = mined.needs.get(&(kind, query.subject.clone())).filter(|found| !found.behind.is_empty());
    let behind = &found.ok_or_else(nobody)?.behind;
    let is_after = |one: &&Behind| after.is_none_or(|(last, shopper)| (-one.last, one.shopper) > (-last, shopper));
    let mut page: Vec<Behind> = behind.iter().filter(is_after).take(limit as usize + 1).copied().collect();
    let more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next = page.last().filter(|_| more).map(|last| format!("{}.{}", last.last, last.shopper));
    Ok(Json(NeedShoppers {
        kind: kind.code(),
        people: behind.len(),
        shoppers: needs.named(page).await?,
        subject: query.subject,
        next,
    }))
}

fn read_after(text: &str) -> Result<(i64, u32), NeedsError> {
    let parts = text.split_once('.').and_then(|(last, shopper)| Some((last.parse().ok()?, shopper.parse().ok()?)));
    parts.ok_or_else(|| NeedsError::After(text.chars().take(64).collect()))
}

impl Needs {
    /// These people by name.
    async fn named(&self, page: Vec<Behind>) -> Result<Vec<NeedShopper>, NeedsError> {
        let mut names: BTreeMap<u32, String> = page.iter().map(|one| (one.shopper, String::new())).collect();
        let lake = self.people.lake.clone();
        let names = away("naming people", move || {
            let first = names.keys().next().copied().unwrap_or(0);
            lake.shopper_names(first, |number, name| {
                names.get_mut(&number).into_iter().for_each(|place| name.clone_into(place));
            })?;
            Ok::<_, NeedsError>(names)
        })
        .await?;
        let index = self.people.identity().read();
        let named = page.into_iter().filter_map(|one| {
            let shopper_id = names.get(&one.shopper)?.clone();
            let (last_at, unserved) = (Timestamp::from_seconds(one.last), one.unserved);
            let person_id = index.person_of(&shopper_id).to_string();
            Some(NeedShopper { person_id, shopper_id, times: one.times, last_at, unserved })
        });
        Ok(named.collect())
    }
}
