//! `POST /api/v1/insights/people`: the people behind a figure, page by page or as CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Behind;
use crate::Measure;
use crate::sql::ask::wants_csv;
use crate::walks::csv;

/// Which people.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindQuestion {
    /// The point.
    pub of: Behind,
    /// How many are listed; by default 50, at most 1,000. CSV lists all.
    #[serde(default = "fifty")]
    pub limit: usize,
    /// What `next` of the page before was.
    #[serde(default)]
    pub after: Option<String>,
}

fn fifty() -> usize {
    50
}

/// The most people of a page.
const MOST_LISTED: usize = 1_000;

/// The people behind a figure.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BehindAnswer {
    /// How many there are.
    pub people: u64,
    /// Their shopper ids, in the order in which they were first heard of: of each person the first.
    pub shopper_ids: Vec<String>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<String>,
}

/// Lists the people behind a figure.
#[utoipa::path(
    post, path = "/api/v1/insights/people", tag = "measure", request_body = BehindQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, description = "People; as text/csv, all of them, where the request accepts that", body = BehindAnswer),
        (status = 400, description = "There is no such point, or no such event", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn list_behind(
    State(measure): State<Arc<Measure>>,
    headers: HeaderMap,
    Body(question): Body<BehindQuestion>,
) -> Answer<Response> {
    let wrong = |text: String, at: &str| Problem::new(Code::InvalidParameter, text).at(at);
    if !(1..=MOST_LISTED).contains(&question.limit) {
        let text = format!("`limit` is {}; it may be 1 to {MOST_LISTED}", question.limit);
        return Err(wrong(text, "limit").into());
    }
    let after = match &question.after {
        Some(text) => {
            let place = text.parse::<u32>();
            Some(place.map_err(|_| wrong(format!("`{text}` is not where a page begins"), "after"))?)
        }
        None => None,
    };
    let people = question.of.people(&measure).await?;
    if wants_csv(&headers) {
        let all: Vec<u32> = people.iter().collect();
        let mut table = String::from("shopper_id\r\n");
        measure.names_of(&all).await?.iter().for_each(|name| csv::row(&mut table, [name.as_str()]));
        return Ok(csv::response(table));
    }
    let from = after.map_or(0, |after| after.saturating_add(1));
    let mut page: Vec<u32> = people.range(from..).take(question.limit + 1).collect();
    let more = page.len() > question.limit;
    page.truncate(question.limit);
    let next = page.last().filter(|_| more).map(u32::to_string);
    let shopper_ids = measure.names_of(&page).await?;
    Ok(Json(BehindAnswer { people: people.len(), shopper_ids, next }).into_response())
}
