//! `GET /v1/tasks/{play_id}` and `POST /v1/tasks/join`: a shopper takes tasks on from a page, and sees how they stand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::HeaderMap;
use serde::Deserialize;

use crate::plays::{PlayError, PlayerForm};
use crate::tasks::TaskRunView;
use crate::wallet::storefront::Storefront;

/// Tasks to be taken on.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageTasksForm {
    /// The play.
    pub play_id: String,
}

/// Show my tasks
///
/// `Authorization: Bearer <token>` names the shopper, as for `GET /v1/profile`. Null while they are not taken on.
#[utoipa::path(
    get, path = "/v1/tasks/{play_id}", tag = "promote", operation_id = "page_tasks",
    params(("play_id" = String, Path, description = "The play")),
    responses(
        (status = 200, description = "How they stand", body = Option<TaskRunView>),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_tasks(
    State(storefront): State<Arc<Storefront>>,
    Segment(play_id): Segment<String>,
    headers: HeaderMap,
) -> Answer<Json<Option<TaskRunView>>> {
    let shopper = storefront.shopper(&headers)?;
    match storefront.promote.tasks_of(&play_id, &shopper).await {
        Err(PlayError::UnknownRun { .. }) => Ok(Json(None)),
        taken => Ok(Json(Some(taken?))),
    }
}

/// Take tasks on from a page
///
/// As for `GET /v1/tasks/{play_id}`. Again in the same period, it changes nothing.
#[utoipa::path(
    post, path = "/v1/tasks/join", tag = "promote", operation_id = "page_take_tasks_on",
    params(("Idempotency-Key" = String, Header, description = "Names this request: sent again, it changes nothing")),
    request_body = PageTasksForm,
    responses(
        (status = 200, description = "How they stand", body = TaskRunView),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn page_take_tasks_on(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
    Body(form): Body<PageTasksForm>,
) -> Answer<Json<TaskRunView>> {
    let (shopper_id, _) = storefront.asks(&headers)?;
    Ok(Json(storefront.promote.take_tasks_on(&form.play_id, PlayerForm { shopper_id }).await?))
}
