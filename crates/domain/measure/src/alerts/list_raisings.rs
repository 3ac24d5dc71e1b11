//! `GET /api/v1/alert-raisings`: when alerts were raised, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::Timestamp;
use fanvine_kernel::ids::{AlertId, RaisingId};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Params};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Found, store};
use crate::reporting::Reporting;

/// Which raisings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RaisingParams {
    /// Only those that nobody has acknowledged.
    #[serde(default)]
    open: bool,
    /// Only of this alert.
    alert: Option<String>,
    /// How many, at most 200; by default 50.
    limit: Option<u32>,
}

/// One time that an alert was raised.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRaising)]
pub struct Raising {
    /// Its identifier.
    #[schema(value_type = String)]
    pub raising_id: RaisingId,
    /// The alert.
    #[schema(value_type = String)]
    pub alert_id: AlertId,
    /// What it was called.
    pub alert_name: String,
    /// What was found.
    pub found: Found,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// When it was resolved.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
    /// When somebody said to have seen it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub acknowledged_at: Option<Timestamp>,
    /// Who that was.
    pub acknowledged_by: Option<String>,
}

/// Raisings.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertRaisingList {
    /// The latest first.
    pub raisings: Vec<Raising>,
    /// How many in all nobody has acknowledged.
    pub open: i64,
}

/// When alerts were raised
#[utoipa::path(
    get, path = "/api/v1/alert-raisings", tag = "measure", params(RaisingParams), security(("role" = ["analyst"])),
    responses((status = 200, body = AlertRaisingList))
)]
pub(crate) async fn list_raisings(
    State(reporting): State<Arc<Reporting>>,
    Params(params): Params<RaisingParams>,
) -> Answer<Json<AlertRaisingList>> {
    let most = params.limit.unwrap_or(50).min(200);
    let (raisings, open) = reporting
        .store
        .read(move |tx| {
            Box::pin(async move {
                let raisings = store::raisings(tx, params.open, params.alert.as_deref(), most).await?;
                Ok::<_, StoreError>((raisings, store::open_raisings(tx).await?))
            })
        })
        .await?;
    Ok(Json(AlertRaisingList { raisings, open }))
}
