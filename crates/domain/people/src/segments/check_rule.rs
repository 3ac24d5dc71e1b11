//! `POST /api/v1/segments/check`: a rule in both its forms, and everything that is wrong with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::saving::RuleForm;
use super::text::parse;
use crate::People;

/// A rule to be looked at.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleToCheck {
    /// The segment it is to define, if that exists.
    pub id: Option<String>,
    /// The rule as JSON; else give `text`.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// The rule as text.
    pub text: Option<String>,
}

/// A rule in both forms.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckedRule {
    /// The rule as JSON; none if the text cannot be read.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// The rule as text; none if the text cannot be read.
    pub text: Option<String>,
    /// What is wrong with it; empty if it can be saved.
    pub faults: Vec<RuleFault>,
}

/// Something wrong with a rule.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RuleFault {
    /// The clause, in the rule's JSON form: `all[2].event.window`; empty for the whole.
    pub path: String,
    /// Where in the text, in characters from 1, if the text cannot be read.
    pub at: Option<usize>,
    /// What is wrong, in English.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
}

/// Check a rule
///
/// Turns either form into the other. A text that cannot be read is a fault too, not a refusal.
#[utoipa::path(
    post, path = "/api/v1/segments/check", tag = "people", operation_id = "check_segment_rule",
    request_body = RuleToCheck,
    responses(
        (status = 200, description = "The rule in both forms, and its faults", body = CheckedRule),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn check_segment_rule(
    State(people): State<Arc<People>>,
    Body(form): Body<RuleToCheck>,
) -> Answer<Json<CheckedRule>> {
    let rule = match (form.rule, form.text) {
        (None, Some(text)) => match parse(&text) {
            Ok(rule) => rule,
            Err(error) => {
                let (en, zh) = (error.to_string(), error.chinese());
                let fault = RuleFault { path: String::new(), at: Some(error.at()), en, zh };
                return Ok(Json(CheckedRule { rule: None, text: None, faults: vec![fault] }));
            }
        },
        (rule, text) => RuleForm { rule, text }.read()?,
    };
    let faults = people.faults(&rule, form.id.as_deref());
    let faults = faults.into_iter().map(|fault| RuleFault {
        at: None,
        en: fault.to_string(),
        zh: fault.chinese(),
        path: fault.path,
    });
    Ok(Json(CheckedRule {
        rule: serde_json::to_value(&rule).ok(),
        text: Some(rule.to_string()),
        faults: faults.collect(),
    }))
}
