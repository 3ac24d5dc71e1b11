//! `GET /api/v1/offers/{offer_id}/codes` and `…/codes/export`: the codes of an offer.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::Problem;
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use futures::{StreamExt, stream};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::{Code, store};
use crate::Promote;

/// Codes read at once for an export.
const AT_ONCE: u32 = 10_000;

/// Codes of an offer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CodeList {
    /// Some of them, by name.
    pub codes: Vec<CodeOfOffer>,
    /// Ask again with this as `after` for more; null if there are none.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: i64,
}

/// A code of an offer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CodeOfOffer {
    /// The code.
    pub code: String,
    /// How often it may be used; without end if null.
    pub most_uses: Option<i64>,
}

/// Which codes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CodeQuery {
    /// Only those after this one.
    pub after: Option<String>,
    /// At most this many; 100 if absent, 1,000 at most.
    pub limit: Option<u32>,
}

/// List the codes of an offer
#[utoipa::path(
    get, path = "/api/v1/offers/{offer_id}/codes", tag = "promote", operation_id = "list_codes",
    params(("offer_id" = String, Path, description = "The offer"), CodeQuery),
    responses(
        (status = 200, description = "Codes by name", body = CodeList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_codes(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
    Params(query): Params<CodeQuery>,
) -> Answer<Json<CodeList>> {
    let (after, limit) = (query.after.unwrap_or_default(), query.limit.unwrap_or(100).clamp(1, 1_000));
    let read = promote.store.read(|tx| {
        Box::pin(async move {
            let codes = store::page(tx, &offer_id, &after, limit).await?;
            Ok((codes, store::count(tx, &offer_id).await?))
        })
    });
    let read: Result<(Vec<Code>, i64), StoreError> = read.await;
    let (codes, total) = read.map_err(Problem::from)?;
    let full = codes.len() == limit as usize;
    let next = codes.last().filter(|_| full).map(|last| last.code.clone());
    let codes = codes.into_iter().map(|one| CodeOfOffer { code: one.code, most_uses: one.most_uses }).collect();
    Ok(Json(CodeList { codes, next, total }))
}

/// Export the codes of an offer
///
/// A code a line, as CSV.
#[utoipa::path(
    get, path = "/api/v1/offers/{offer_id}/codes/export", tag = "promote", operation_id = "export_codes",
    params(("offer_id" = String, Path, description = "The offer")),
    responses(
        (status = 200, description = "A line a code", content_type = "text/csv", body = String),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn export_codes(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
) -> Answer<Response> {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{offer_id}.csv\""));
    // A page is read when the one before was sent, so a million codes are never in memory at once.
    let pages = stream::unfold(Some(String::new()), move |after| {
        let (store, offer_id) = (promote.store.clone(), offer_id.clone());
        async move {
            let after = after?;
            let first = after.is_empty();
            let read = store.read(|tx| Box::pin(async move { store::page(tx, &offer_id, &after, AT_ONCE).await }));
            let codes: Vec<Code> = match read.await {
                Ok(codes) => codes,
                // The answer has begun, so it can only be cut off: whoever reads it is told that it is not whole.
                Err(error) => return Some((Err::<String, StoreError>(error), None)),
            };
            let full = codes.len() == AT_ONCE as usize;
            let next = codes.last().filter(|_| full).map(|last| last.code.clone());
            let head = if first { "code,most_uses\r\n" } else { "" };
            let lines = codes.iter().map(line);
            Some((Ok(std::iter::once(head.to_owned()).chain(lines).collect()), next))
        }
    });
    // Compression asks once more after the end.
    let mut response = Body::from_stream(pages.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(name) = name {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A line of RFC 4180. A shared code is whatever was typed.
fn line(one: &Code) -> String {
    let most = one.most_uses.map_or_else(String::new, |most| most.to_string());
    let code = if one.code.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", one.code.replace('"', "\"\""))
    } else {
        one.code.clone()
    };
    format!("{code},{most}\r\n")
}
