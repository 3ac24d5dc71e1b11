//! `/api/v1/dashboards/{id}/shares`: links by which a dashboard is read without signing in.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::{DashboardId, ShareId};
use fanvine_kernel::{Code, Problem, Timestamp};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::share::Share;
use super::store;
use crate::reporting::{Reporting, asking, wrong};

/// The most days a link may be good for, and the most links to one dashboard.
const MOST_DAYS: u32 = 366;
const MOST_LINKS: usize = 50;

/// A link to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareForm {
    /// How many days it opens the dashboard, 1 to 366; by default until it is taken back.
    #[serde(default)]
    pub days: Option<u32>,
}

/// A link to a dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardShare {
    /// Its identifier.
    #[schema(value_type = String)]
    pub share_id: ShareId,
    /// What opens it. The console's page for it is `/shared#` and this token.
    pub token: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it is over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

impl From<Share> for DashboardShare {
    fn from(share: Share) -> Self {
        let token = share.token();
        let Share { id, created_by, created_at, expires_at, revoked_at, .. } = share;
        Self { share_id: id, token, created_by, created_at, expires_at, revoked_at }
    }
}

/// The links to a dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardShareList {
    /// The latest first.
    pub shares: Vec<DashboardShare>,
}

/// The links to a dashboard
#[utoipa::path(
    get, path = "/api/v1/dashboards/{id}/shares", tag = "measure",
    params(("id" = String, Path, description = "The dashboard's id")),
    security(("role" = ["operator"])),
    responses((status = 200, body = DashboardShareList), (status = 404, body = ProblemBody))
)]
pub(crate) async fn list_shares(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<DashboardId>,
) -> Answer<Json<DashboardShareList>> {
    reporting.dashboard(id.clone(), &asking(actor)).await?;
    let shares = reporting.store.read(move |tx| Box::pin(async move { store::shares(tx, &id).await })).await?;
    Ok(Json(DashboardShareList { shares: shares.into_iter().map(DashboardShare::from).collect() }))
}

/// Share a dashboard by link
///
/// Whoever has the link reads the figures of this dashboard, without signing in, and nothing else.
#[utoipa::path(
    post, path = "/api/v1/dashboards/{id}/shares", tag = "measure", request_body = ShareForm,
    params(("id" = String, Path, description = "The dashboard's id")),
    security(("role" = ["operator"])),
    responses(
        (status = 201, body = DashboardShare), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)
    )
)]
pub(crate) async fn share_dashboard(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<DashboardId>,
    Body(form): Body<ShareForm>,
) -> Answer<(StatusCode, Json<DashboardShare>)> {
    let actor = asking(actor);
    if let Some(days) = form.days.filter(|days| !(1..=MOST_DAYS).contains(days)) {
        return Err(wrong(format!("`days` is {days}; a link is good for 1 to {MOST_DAYS}"), "days").into());
    }
    reporting.dashboard(id.clone(), &actor).await?;
    let now = reporting.now();
    let expires_at = form.days.map(|days| now.plus_micros(i64::from(days) * 86_400_000_000));
    let share = Share::new(id, actor.name, expires_at, now, &*reporting.entropy);
    let kept = share.clone();
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("dashboards").await?;
                let open = store::shares(tx, &kept.dashboard).await?;
                if open.iter().filter(|one| one.revoked_at.is_none()).count() >= MOST_LINKS {
                    let text = format!("dashboard {} has {MOST_LINKS} links; take some back first", kept.dashboard);
                    return Err(Problem::new(Code::Conflict, text));
                }
                Ok(store::add_share(tx, &kept).await?)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(share.into())))
}

/// Take a link back
///
/// It opens nothing from now on.
#[utoipa::path(
    delete, path = "/api/v1/dashboards/{id}/shares/{share}", tag = "measure",
    params(("id" = String, Path, description = "The dashboard's id"), ("share" = String, Path, description = "The link's id")),
    security(("role" = ["operator"])),
    responses((status = 204, description = "Taken back"), (status = 404, body = ProblemBody))
)]
pub(crate) async fn revoke_share(
    State(reporting): State<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment((id, share)): Segment<(DashboardId, ShareId)>,
) -> Answer<StatusCode> {
    reporting.dashboard(id.clone(), &asking(actor)).await?;
    let (now, link) = (reporting.now(), share.clone());
    let dashboard = id.clone();
    let taken = reporting
        .store
        .write(move |tx| Box::pin(async move { store::revoke(tx, &dashboard, &link, now).await }))
        .await?;
    if !taken {
        return Err(Problem::new(Code::NotFound, format!("dashboard {id} has no open link {share}")).into());
    }
    Ok(StatusCode::NO_CONTENT)
}
