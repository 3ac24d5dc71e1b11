//! `GET /api/v1/people/rfm/{group}`: who is in a group, page by page or all of them as CSV.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use fanvine_stats::rfm::Group;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::census::AsOf;
use super::rfm::{Rfm, Scored};
use super::show_rfm::{RfmMember, RfmQuery};
use super::{Standing, StandingBasis, StandingError, StandingQuery};
use crate::identity::PersonId;
use crate::shoppers::show_person::Explanation;

const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RfmPageQuery {
    /// Only those of this score of recency, 1 to 5.
    pub recency: Option<u8>,
    /// Only those of this score of frequency, 1 to 5.
    pub frequency: Option<u8>,
    /// At most so many, 1 to 1000; 100 if absent. CSV has all.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A page of the members of a group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RfmMembers {
    /// What it rests on.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The group's code.
    pub group: &'static str,
    /// Its name.
    pub name: Explanation,
    /// The currency of all spend.
    pub currency: Option<String>,
    /// How many are in it, of the scores asked for.
    pub buyers: u64,
    /// Who spent most first.
    pub members: Vec<RfmMember>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// List who is in an RFM group
///
/// Who spent most first. Scores are cut as for `show_rfm`: give the same parameters.
#[utoipa::path(
    get, path = "/api/v1/people/rfm/{group}", tag = "people", operation_id = "list_rfm_group",
    params(
        ("group" = String, Path, description = "The group's code"), StandingQuery, RfmQuery, RfmPageQuery,
    ),
    responses(
        (status = 200, description = "A page of members; all of them as text/csv where the request accepts that",
            body = RfmMembers),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_rfm_group(
    State(standing): State<Arc<Standing>>,
    Segment(code): Segment<String>,
    Params(query): Params<StandingQuery>,
    Params(rfm): Params<RfmQuery>,
    Params(page): Params<RfmPageQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let group = Group::from_code(&code).ok_or_else(|| StandingError::Group(code.chars().take(64).collect()))?;
    let (asked, cuts) = (standing.read(&query)?, rfm.cuts()?);
    let limit = page.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(StandingError::number("limit", limit, 1, MOST).into());
    }
    let wanted = Wanted::of(group, &page)?;
    let after = page.after.as_deref().map(read_after).transpose()?;
    let as_of = standing.as_of(asked).await?;
    let rfm = standing.scored(&as_of, cuts).await?;
    if wants_csv(&headers) {
        return Ok(csv(standing, as_of, rfm, wanted));
    }
    let id = |one: &Scored| as_of.census.who(one.buyer).map(|(id, _)| id);
    // Places in a census follow the ids, so this is the order of the members, also from one census to the next.
    let is_after = |one: &&Scored| {
        after.is_none_or(|(spend, person)| {
            one.spend_minor < spend || (one.spend_minor == spend && id(one).is_some_and(|id| id > person))
        })
    };
    let mut page: Vec<&Scored> =
        rfm.members(group).filter(|one| wanted.has(one)).filter(is_after).take(limit as usize + 1).collect();
    let more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next = page.last().filter(|_| more).and_then(|last| Some(format!("{}.{}", last.spend_minor, id(last)?)));
    Ok(Json(RfmMembers {
        basis: (&*as_of).into(),
        group: group.code(),
        name: Explanation { en: group.english().into(), zh: group.chinese().into() },
        currency: as_of.currency.map(|currency| currency.to_string()),
        buyers: rfm.members(group).filter(|one| wanted.has(one)).count() as u64,
        members: standing.members(&as_of, &page),
        next,
    })
    .into_response())
}

/// Whom to list.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    group: Group,
    recency: Option<u8>,
    frequency: Option<u8>,
}

impl Wanted {
    fn of(group: Group, page: &RfmPageQuery) -> Result<Self, StandingError> {
        for (name, score) in [("recency", page.recency), ("frequency", page.frequency)] {
            if let Some(score) = score.filter(|score| !(1..=5).contains(score)) {
                return Err(StandingError::number(name, score, 1, 5));
            }
        }
        Ok(Self { group, recency: page.recency, frequency: page.frequency })
    }

    fn has(&self, one: &Scored) -> bool {
        let scored = |wanted: Option<u8>, score: u8| wanted.is_none_or(|wanted| wanted == score);
        one.group == self.group
            && scored(self.recency, one.scores.recency)
            && scored(self.frequency, one.scores.frequency)
    }
}

/// The last member of the page before.
fn read_after(text: &str) -> Result<(i64, PersonId), StandingError> {
    let parts = text.split_once('.').and_then(|(spend, id)| Some((spend.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| StandingError::After(text.chars().take(64).collect()))
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').next().is_some_and(|first| first.trim().starts_with("text/csv"))
}

/// All members, written a thousand at a time as they are read.
fn csv(standing: Arc<Standing>, as_of: Arc<AsOf>, rfm: Arc<Rfm>, wanted: Wanted) -> Response {
    let mut from = Some(0);
    let chunks = std::iter::from_fn(move || {
        let first = from?;
        let chunk: Vec<(usize, &Scored)> = (rfm.buyers.iter().enumerate().skip(first))
            .filter(|(_, one)| wanted.has(one))
            .take(MOST as usize)
            .collect();
        from = chunk.last().map(|(last, _)| last + 1);
        let buyers: Vec<&Scored> = chunk.into_iter().map(|(_, one)| one).collect();
        Some(Ok::<_, Infallible>(rows(first == 0, &as_of, &standing.members(&as_of, &buyers))))
    });
    let mut response = Body::from_stream(futures::stream::iter(chunks)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    response
}

fn rows(with_head: bool, as_of: &AsOf, members: &[RfmMember]) -> String {
    let mut text = String::new();
    if with_head {
        text.push_str("person_id,shopper_id,last_order_at,days_since_order,orders,spend_minor,currency,r,f,m\r\n");
    }
    let currency = as_of.currency.map(|currency| currency.to_string()).unwrap_or_default();
    for one in members {
        let (id, key) = (&one.person_id, quoted(&one.shopper_id));
        let (at, days, orders, spend) = (one.last_order_at, one.days_since_order, one.orders, one.spend_minor);
        let (r, f, m) = (one.recency, one.frequency, one.monetary);
        text.push_str(&format!("{id},{key},{at},{days},{orders},{spend},{currency},{r},{f},{m}\r\n"));
    }
    text
}

/// A field of RFC 4180. Shopper keys are whatever a client sent.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
