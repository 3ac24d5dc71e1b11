//! `PUT /api/v1/tags/{tag}/weights`: what a model says of shoppers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::Serialize;

use super::given::{ModelWeights, Said, key_digest};
use super::tagging::Tagging;
use super::versions::{TagError, short};
use super::{Kind, store};
use crate::People;

/// At most so many in one request.
const MOST: usize = 20_000;
/// So many shoppers nobody heard of are named.
const NAMED: usize = 100;
const LONGEST: usize = 128;

/// What was taken of an upload.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WeightsTaken {
    /// Weights taken. Of several on one shopper and term, the last.
    pub taken: usize,
    /// How many were of shoppers nobody heard of; they are left out.
    pub unknown: usize,
    /// Some of these.
    pub unknown_shopper_ids: Vec<String>,
}

/// Upload what a model says of shoppers
///
/// For a tag made by a model. All or nothing: a wrong value is named and nothing is taken.
#[utoipa::path(
    put, path = "/api/v1/tags/{tag}/weights", tag = "people", operation_id = "put_tag_weights",
    params(("tag" = String, Path, description = "The tag's id")),
    request_body = ModelWeights,
    responses(
        (status = 200, description = "What was taken", body = WeightsTaken),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_weights(
    State(tagging): State<Arc<Tagging>>,
    Segment(tag): Segment<String>,
    actor: Option<Extension<Actor>>,
    Body(upload): Body<ModelWeights>,
) -> Answer<Json<WeightsTaken>> {
    Ok(Json(tagging.people.take_weights(tag, upload, actor.map(|Extension(actor)| actor.name)).await?))
}

impl People {
    /// Takes what a model says.
    pub(crate) async fn take_weights(
        &self,
        tag: String,
        upload: ModelWeights,
        by: Option<String>,
    ) -> Result<WeightsTaken, TagError> {
        let tags = self.tags();
        let definition = tags.tag(&tag).ok_or_else(|| TagError::Unknown(short(&tag)))?;
        let expected = match &definition.kind {
            Kind::Model(model) => model.clone(),
            Kind::Rule(_) => return Err(TagError::NoModel { tag, kind: "a rule" }),
            Kind::Statistical(_) => return Err(TagError::NoModel { tag, kind: "a statistic" }),
        };
        if upload.model != expected {
            return Err(TagError::OtherModel { tag, given: short(&upload.model), expected });
        }
        check(&upload)?;
        let (known, unknown): (Vec<_>, Vec<_>) = {
            let shoppers = self.shoppers();
            upload.weights.iter().partition(|one| shoppers.knows(&one.shopper_id))
        };
        let mut rows: BTreeMap<(String, String), Said> = BTreeMap::new();
        for one in &known {
            let (digest, term) = (key_digest(&one.shopper_id), one.term.clone().unwrap_or_default());
            let said =
                Said { digest: digest.clone(), term: term.clone(), weight: one.weight, confidence: one.confidence };
            rows.insert((digest, term), said);
        }
        let taken = WeightsTaken {
            taken: rows.len(),
            unknown: unknown.len(),
            unknown_shopper_ids: unknown.iter().take(NAMED).map(|one| short(&one.shopper_id)).collect(),
        };
        let (rows, now) = (rows.into_values().collect(), self.clock.now());
        self.store
            .write(move |tx| Box::pin(async move { store::take_weights(tx, &tag, &upload, rows, now, by).await }))
            .await?;
        Ok(taken)
    }
}

/// Refuses the first value that is wrong.
fn check(upload: &ModelWeights) -> Result<(), TagError> {
    let wrong = |field: String, value: String, expected: &str| {
        Err(TagError::Field { field, value: short(&value), expected: expected.to_owned() })
    };
    if !(1..=80).contains(&upload.version.trim().chars().count()) {
        return wrong("version".into(), format!("`{}`", upload.version), "1 to 80 characters");
    }
    if upload.weights.len() > MOST {
        return wrong("weights".into(), upload.weights.len().to_string(), "at most 20000 in one request");
    }
    if let (Some(made), Some(end)) = (upload.made_at, upload.expires_at)
        && end <= made
    {
        return wrong("expires_at".into(), end.to_string(), "a moment after made_at");
    }
    for (place, one) in upload.weights.iter().enumerate() {
        for (name, value) in [("weight", one.weight), ("confidence", one.confidence)] {
            if !(0.0..=1.0).contains(&value) {
                return wrong(format!("weights[{place}].{name}"), value.to_string(), "0 to 1");
            }
        }
        let characters = one.term.as_ref().map_or(0, |term| term.chars().count());
        if characters > LONGEST {
            return wrong(format!("weights[{place}].term"), format!("{characters} characters"), "at most 128");
        }
    }
    Ok(())
}
