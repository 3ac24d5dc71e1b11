//! `POST /api/v1/segments/preview`: how many people a rule would take now, and who some of them are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Handle;

use super::definition::SegmentError;
use super::list_members::SegmentMember;
use super::live::Program;
use super::saving::RuleForm;
use crate::People;
use crate::shoppers::show_person::Explanation;

/// People shown, unless asked for more or fewer …
const USUAL: usize = 5;
/// … and at most.
const MOST: usize = 100;

/// A rule to be counted.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleToPreview {
    /// The rule as JSON; else give `text`.
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// The rule as text.
    pub text: Option<String>,
    /// How many people to show, up to 100; 5 if absent.
    pub sample: Option<usize>,
}

/// How many people a rule would take now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RulePreview {
    /// How many people.
    pub people: u64,
    /// How many shopper keys those have.
    pub shopper_keys: u64,
    /// How many shopper keys there are in all.
    pub of_shopper_keys: u64,
    /// Some of the people, from the first heard of to the last.
    pub sample: Vec<SegmentMember>,
    /// Why values of models that the rule reads are nobody's: there is too little to learn from.
    pub unknown: Vec<Explanation>,
}

/// Tells a walk that nobody waits for it any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Preview a rule
///
/// Counted exactly, over all events and everybody, without saving anything.
#[utoipa::path(
    post, path = "/api/v1/segments/preview", tag = "people", operation_id = "preview_segment_rule",
    request_body = RuleToPreview,
    responses(
        (status = 200, description = "How many people it takes", body = RulePreview),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn preview_segment_rule(
    State(people): State<Arc<People>>,
    Body(form): Body<RuleToPreview>,
) -> Answer<Json<RulePreview>> {
    let sample = form.sample.unwrap_or(USUAL).min(MOST);
    let rule = RuleForm { rule: form.rule, text: form.text }.read()?;
    let faults = people.faults(&rule, None);
    if !faults.is_empty() {
        return Err(SegmentError::Faults(faults).into());
    }
    let stop = Waiting(Arc::default());
    let (counting, stopped, store) = (people.clone(), stop.0.clone(), Handle::current());
    let asked = rule.clone();
    let taken = tokio::task::spawn_blocking(move || {
        let said = |program: &Program, numbers| store.block_on(counting.stated(program, None, numbers));
        counting.taken_by(&rule, &stopped, &said)
    });
    let taken = taken.await.map_err(|_| SegmentError::Ended("a preview"))??;
    let step = (taken.people.len() / sample.max(1)).max(1);
    let shown: Vec<u32> = taken.people.iter().copied().step_by(step).take(sample).collect();
    Ok(Json(RulePreview {
        people: taken.people.len() as u64,
        shopper_keys: taken.keys,
        of_shopper_keys: people.shoppers().len() as u64,
        sample: people.shown_members(&shown),
        unknown: people.unknown_in(&asked),
    }))
}
