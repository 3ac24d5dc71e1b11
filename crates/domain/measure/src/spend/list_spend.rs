//! `GET /api/v1/spend`: what was paid.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_store::{StoreError, args};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{COLUMNS, Spend, Spending, read};
use crate::overview::Interval;
use crate::walks::period::AskedPeriod;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SpendParams {
    /// First day in the shop's zone, `YYYY-MM-DD`; by default 29 days before `to`.
    from: Option<String>,
    /// Last day, included; by default today.
    to: Option<String>,
}

/// What was paid, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SpendList {
    /// At most 10,000 rows.
    pub rows: Vec<Spend>,
    /// Whether there were more.
    pub truncated: bool,
}

const MOST_ROWS: usize = 10_000;

/// What was paid for marketing
#[utoipa::path(
    get, path = "/api/v1/spend", tag = "measure", operation_id = "list_spend", params(SpendParams),
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = SpendList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list_spend(
    State(spending): State<Arc<Spending>>,
    Params(params): Params<SpendParams>,
) -> Answer<Json<SpendList>> {
    let asked = AskedPeriod { from: params.from, to: params.to };
    let period = asked.read(&spending.measure, Interval::Month)?;
    let rows = spending.store.read(move |tx| {
        Box::pin(async move {
            let sql = format!(
                "SELECT {COLUMNS} FROM spend WHERE day >= $1 AND day <= $2
                 ORDER BY day DESC, channel, campaign LIMIT {}",
                MOST_ROWS + 1
            );
            let rows = tx.rows(sql, args![period.from.to_string(), period.to.to_string()]).await?;
            Ok::<_, StoreError>(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })
    });
    let mut rows: Vec<Spend> = rows.await?;
    let truncated = rows.len() > MOST_ROWS;
    rows.truncate(MOST_ROWS);
    Ok(Json(SpendList { rows, truncated }))
}
