//! `POST /api/v1/alerts` and `PUT /api/v1/alerts/{id}`: watches a figure.

use std::sync::Arc;

use axum::extract::State as Of;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::ids::AlertId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;

use super::check::Alert;
use super::list_alerts::AlertView;
use super::{AlertTerms, State, store};
use crate::forecast::metric::Metric;
use crate::reporting::{Ownership, Reporting, asking};

/// The most alerts that are kept.
const MOST_ALERTS: usize = 500;

impl Reporting {
    /// The terms, if they can be, and if what they watch is there for `actor`.
    async fn alert_terms(&self, terms: AlertTerms, actor: &Actor) -> Result<AlertTerms, Problem> {
        let terms = terms.checked()?;
        let today = self.measure.zone.date_of(self.now());
        match self.find(&terms, today, actor).await {
            // What cannot be told yet may be told later.
            Err(problem) if problem.code != Code::NotEnoughData => Err(match &terms.metric {
                Metric::Insight { .. } => problem.at("metric.insight_id"),
                _ => problem,
            }),
            _ => Ok(terms),
        }
    }
}

/// Watch a figure
///
/// It is checked for the first time at once, then by its schedule. When it is raised or resolved, `Alert Raised` or
/// `Alert Resolved` is sent as an event.
#[utoipa::path(
    post, path = "/api/v1/alerts", tag = "measure", request_body = AlertTerms,
    security(("role" = ["operator"])),
    responses((status = 201, body = AlertView), (status = 400, body = ProblemBody), (status = 409, body = ProblemBody))
)]
pub(crate) async fn save_alert(
    Of(reporting): Of<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Body(terms): Body<AlertTerms>,
) -> Answer<(StatusCode, Json<AlertView>)> {
    let actor = asking(actor);
    let terms = reporting.alert_terms(terms, &actor).await?;
    let now = reporting.now();
    let alert = Alert {
        id: AlertId::new(now, &*reporting.entropy),
        ownership: Ownership::of(&actor, true),
        due_at: terms.active.then_some(now),
        terms,
        state: State::Well { resolved_at: None },
        checked_at: None,
        fault: None,
        created_at: now,
        updated_at: now,
    };
    let kept = alert.clone();
    reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("alerts").await?;
                if store::all(tx).await?.len() >= MOST_ALERTS {
                    let text = format!("{MOST_ALERTS} alerts are kept; delete some first");
                    return Err(Problem::new(Code::Conflict, text));
                }
                Ok(store::save(tx, &kept).await?)
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(alert.into())))
}

/// Change what is watched
///
/// It is checked again at once. An alert that is raised stays so until a check finds it well.
#[utoipa::path(
    put, path = "/api/v1/alerts/{id}", tag = "measure", request_body = AlertTerms,
    params(("id" = String, Path, description = "The alert's id")),
    security(("role" = ["operator"])),
    responses((status = 200, body = AlertView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn put_alert(
    Of(reporting): Of<Arc<Reporting>>,
    actor: Option<Extension<Actor>>,
    Segment(id): Segment<AlertId>,
    Body(terms): Body<AlertTerms>,
) -> Answer<Json<AlertView>> {
    let actor = asking(actor);
    let terms = reporting.alert_terms(terms, &actor).await?;
    let now = reporting.now();
    let saved = reporting
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.lock("alerts").await?;
                let mut alert = store::one(tx, &id).await?.ok_or_else(|| no_alert(&id))?;
                alert.due_at = terms.active.then_some(now);
                alert.terms = terms;
                // Whoever changed it last has seen what it names.
                alert.ownership = Ownership::of(&actor, true);
                alert.fault = None;
                alert.updated_at = now;
                store::save(tx, &alert).await?;
                Ok::<_, Problem>(alert)
            })
        })
        .await?;
    Ok(Json(saved.into()))
}

pub(super) fn no_alert(id: &AlertId) -> Problem {
    Problem::new(Code::NotFound, format!("there is no alert {id}"))
}
