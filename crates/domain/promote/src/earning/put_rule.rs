//! `PUT /api/v1/earning-rules/{rule_id}`: sets what earns points, as a new version.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Problem};
use fanvine_store::StoreError;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde_json::json;

use super::list_rules::EarningRuleView;
use super::{EarningTerms, Version, store};
use crate::offers::check::check_id;
use crate::{Promote, announce};

/// Most rules of a shop.
const MOST: usize = 500;

/// Set what earns points
///
/// From now on: what happens from this moment counts by it. The same again is no new version. A rule is never deleted; one
/// that is paused gives nothing.
#[utoipa::path(
    put, path = "/api/v1/earning-rules/{rule_id}", tag = "promote", operation_id = "put_earning_rule",
    params(("rule_id" = String, Path, description = "Its identifier: letters, digits, `_`, `-`, `.`")),
    request_body = EarningTerms,
    responses(
        (status = 200, description = "The rule", body = EarningRuleView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_earning_rule(
    State(promote): State<Arc<Promote>>,
    actor: Option<Extension<Actor>>,
    Segment(rule_id): Segment<String>,
    Body(terms): Body<EarningTerms>,
) -> Answer<Json<EarningRuleView>> {
    let by = actor.map_or_else(String::new, |Extension(actor)| actor.name);
    Ok(Json(promote.put_earning_rule(rule_id, terms, by).await?))
}

impl Promote {
    /// Sets what earns points.
    pub async fn put_earning_rule(
        &self,
        rule_id: String,
        terms: EarningTerms,
        by: String,
    ) -> Result<EarningRuleView, Problem> {
        let refused = |error: crate::offers::TermsError| Problem::new(Code::InvalidEarningRule, error.to_string());
        check_id(&rule_id).and_then(|()| terms.check()).map_err(refused)?;
        let (now, wanted) = (self.clock.now(), rule_id.clone());
        let saved: Result<bool, StoreError> = self
            .change_offers(move |tx| {
                Box::pin(async move {
                    tx.lock("earning rules").await?;
                    let rules = store::rules(tx).await?;
                    let before = rules.iter().find(|rule| rule.rule_id == rule_id).and_then(|rule| rule.last());
                    if before.is_none() && rules.len() >= MOST {
                        return Ok(false);
                    }
                    if before.is_some_and(|before| before.terms == terms) {
                        return Ok(true);
                    }
                    let (number, after) =
                        before.map_or((0, now), |before| (before.number, before.since.plus_micros(1)));
                    let version = Version { number: number + 1, since: now.max(after), terms };
                    store::save(tx, &rule_id, &version).await?;
                    let name = names::EARNING_RULE_CHANGED;
                    let about = json!({
                        "rule_id": rule_id, "version": version.number, "name": version.terms.name, "by": by,
                    });
                    tx.emit(&announce::event(name, format!("{name}/{rule_id}/{}", version.number), now, &about))
                        .await?;
                    Ok(true)
                })
            })
            .await;
        if !saved.map_err(Problem::from)? {
            let says = format!("there are {MOST} rules for earning points, and no more can be");
            return Err(Problem::new(Code::InvalidEarningRule, says));
        }
        let found = self.earning_rules(Some(&wanted)).await?.pop();
        found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no rule {wanted} for earning points")))
    }
}
