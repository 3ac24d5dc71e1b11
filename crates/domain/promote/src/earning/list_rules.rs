//! `GET /api/v1/earning-rules`: what earns points, and what it has given.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Problem, Timestamp};
use fanvine_ledger::standings;
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody};
use serde::Serialize;

use super::{EarningRule, EarningTerms};
use crate::Promote;

/// What earns points beside orders.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EarningRuleList {
    /// All rules, by identifier.
    pub rules: Vec<EarningRuleView>,
}

/// A rule as it is in force.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct EarningRuleView {
    /// Its identifier.
    pub rule_id: String,
    /// Its version, from 1.
    pub version: i64,
    /// From when on that is in force.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What earns, and how much.
    pub terms: EarningTerms,
    /// The points it gave and did not take back.
    pub given_points: i64,
}

/// List what earns points
#[utoipa::path(
    get, path = "/api/v1/earning-rules", tag = "promote", operation_id = "list_earning_rules",
    responses(
        (status = 200, description = "All rules", body = EarningRuleList),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_earning_rules(State(promote): State<Arc<Promote>>) -> Answer<Json<EarningRuleList>> {
    Ok(Json(EarningRuleList { rules: promote.earning_rules(None).await? }))
}

impl Promote {
    /// The rules, or one of them.
    pub(crate) async fn earning_rules(&self, wanted: Option<&str>) -> Result<Vec<EarningRuleView>, Problem> {
        let (rules, now) = (self.shelf.earning(), self.clock.now());
        let shown = rules.iter().filter(|rule| wanted.is_none_or(|wanted| rule.rule_id == wanted));
        let shown: Vec<&EarningRule> = shown.collect();
        let names: Vec<String> = shown.iter().map(|rule| rule.given().name).collect();
        let looking = names.clone();
        let standing =
            self.store.read(|tx| Box::pin(async move { standings(tx, looking.iter().map(String::as_str), now).await }));
        let standing: Result<_, StoreError> = standing.await;
        let standing = standing.map_err(Problem::from)?;
        let view = |(rule, name): (&EarningRule, &String)| {
            let version = rule.last()?;
            Some(EarningRuleView {
                rule_id: rule.rule_id.clone(),
                version: version.number,
                since: version.since,
                terms: version.terms.clone(),
                given_points: standing.get(name).map_or(0, |one| one.balance),
            })
        };
        Ok(shown.into_iter().zip(&names).filter_map(view).collect())
    }
}
