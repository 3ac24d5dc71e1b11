//! `POST /api/v1/identities/preview`: what evidence or a decision would change, and why. Changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{EventKind, Timestamp};
use fanvine_web::{Answer, Body, ProblemBody};
use serde::{Deserialize, Serialize};

use super::cluster::{Clustering, Conflict, Storm, cluster};
use super::decision::{Aside, Decided, Decision};
use super::evidence::Evidence;
use super::identifier::{Identifier, PersonId};
use super::index::Index;
use super::outgoing::{MergeKind, Step, StepBy};
use super::recluster::way;
use super::{Identity, IdentityError};

/// Most pairs and decisions of one preview.
const MOST: usize = 1_000;

/// What to try.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentityPreviewForm)]
#[serde(deny_unknown_fields)]
pub struct PreviewForm {
    /// Identifiers supposed to be seen together, up to 1000 pairs.
    #[serde(default)]
    pub evidence: Vec<SupposedPair>,
    /// Decisions supposed to be taken, up to 1000.
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

/// Two identifiers supposed to be seen together by an identify call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = IdentitySupposedPair)]
#[serde(deny_unknown_fields)]
pub struct SupposedPair {
    /// One of them.
    pub a: Identifier,
    /// The other.
    pub b: Identifier,
    /// When; now if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// Identifiers that would go from one person to another.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityChange)]
pub struct Change {
    /// What would become of them.
    pub what: MergeKind,
    /// The person they belong to; none if they are set aside.
    #[schema(value_type = Option<String>, example = "per_01")]
    pub from: Option<PersonId>,
    /// The person they would belong to; none if they would be set aside.
    #[schema(value_type = Option<String>, example = "per_02")]
    pub to: Option<PersonId>,
    /// The identifiers.
    pub identifiers: Vec<Identifier>,
    /// The way from the first of them to the identifier that would name the person.
    pub path: Vec<Step>,
}

/// What would change.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityPreview)]
pub struct Preview {
    /// Who would belong to whom.
    pub changes: Vec<Change>,
    /// Ties that would be refused, and were not.
    pub conflicts: Vec<Conflict>,
    /// What would be set aside, and is not.
    pub aside: Vec<NewlyAside>,
    /// Storms that would be held, and are not.
    pub storms: Vec<Storm>,
}

/// An identifier that would join nobody.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = IdentityNewlyAside)]
pub struct NewlyAside {
    /// Which.
    pub identifier: Identifier,
    /// Why.
    pub aside: Aside,
}

/// Preview what evidence or decisions would merge
#[utoipa::path(
    post, path = "/api/v1/identities/preview", tag = "people", operation_id = "preview_identities",
    request_body = PreviewForm,
    responses(
        (status = 200, description = "What would change; nothing is", body = Preview),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn preview_merge(
    State(identity): State<Arc<Identity>>,
    Body(form): Body<PreviewForm>,
) -> Answer<Json<Preview>> {
    let now = identity.clock.now();
    // Looking at many identifiers is work, not waiting.
    let asked = tokio::task::spawn_blocking(move || identity.read().preview(form, now)).await;
    let preview =
        asked.map_err(|_| fanvine_kernel::Problem::new(fanvine_kernel::Code::Internal, "the preview failed"))?;
    Ok(Json(preview?))
}

impl Index {
    fn preview(&self, form: PreviewForm, now: Timestamp) -> Result<Preview, IdentityError> {
        for (field, given) in [("evidence", form.evidence.len()), ("decisions", form.decisions.len())] {
            if given > MOST {
                return Err(IdentityError::Bounds { field, value: given as i64, least: 0, most: MOST as i64 });
            }
        }
        let supposed = supposed(form.evidence, now);
        let mut seeds: Vec<Identifier> = supposed.iter().flat_map(|one| [one.a.clone(), one.b.clone()]).collect();
        let mut decided = Vec::new();
        for decision in form.decisions {
            let decision = decision.checked()?;
            seeds.extend_from_slice(decision.identifiers());
            decided.push(Decided { id: decision.id(), decision, decided_at: now, decided_by: None, note: None });
        }
        let mut around = self.around(&seeds)?;
        let before = cluster(&around.evidence, &around.decisions, self.policy());
        around.evidence.extend(supposed);
        for one in decided {
            around.decisions.add(one);
        }
        let after = cluster(&around.evidence, &around.decisions, self.policy());
        Ok(compare(&before, &after, &around.evidence))
    }
}

fn supposed(pairs: Vec<SupposedPair>, now: Timestamp) -> Vec<Evidence> {
    // Nobody reads the source of evidence that is only supposed.
    let Ok(source) = "src_preview".parse::<SourceId>() else { return Vec::new() };
    let pairs = pairs.into_iter().filter(|pair| pair.a != pair.b);
    pairs
        .map(|pair| Evidence::once(pair.a, pair.b, EventKind::Identify, source.clone(), pair.at.unwrap_or(now)))
        .collect()
}

fn compare(before: &Clustering, after: &Clustering, evidence: &[Evidence]) -> Preview {
    let (were, are) = (persons(before), persons(after));
    let mut went: BTreeMap<(Option<PersonId>, Option<PersonId>), Vec<&Identifier>> = BTreeMap::new();
    for &identifier in are.keys() {
        let was_aside = before.aside.contains_key(identifier);
        let from = were.get(identifier).copied().or_else(|| (!was_aside).then(|| PersonId::of(identifier)));
        let to = are.get(identifier).copied();
        if from != to {
            went.entry((from, to)).or_default().push(identifier);
        }
    }
    for identifier in after.aside.keys().filter(|one| !before.aside.contains_key(*one)) {
        let from = were.get(identifier).copied().unwrap_or_else(|| PersonId::of(identifier));
        went.entry((Some(from), None)).or_default().push(identifier);
    }
    let count = |clustering: &Clustering, person: Option<PersonId>| {
        clustering.people.iter().find(|one| Some(one.id) == person).map_or(0, |one| one.identifiers.len())
    };
    let change = |((from, to), identifiers): ((Option<PersonId>, Option<PersonId>), Vec<&Identifier>)| {
        let what = match (count(before, from), count(after, to)) {
            (_, are) if to.is_some() && are > identifiers.len() => MergeKind::Merged,
            (were, _) if to.is_some() && were.max(1) == identifiers.len() => MergeKind::Renamed,
            _ => MergeKind::Split,
        };
        let path = match what {
            MergeKind::Split => Vec::new(),
            _ => identifiers.first().map_or(Vec::new(), |first| explain(first, after, evidence)),
        };
        Change { what, from, to, identifiers: identifiers.into_iter().cloned().collect(), path }
    };
    let aside = after.aside.iter().filter(|(one, _)| !before.aside.contains_key(*one));
    Preview {
        changes: went.into_iter().map(change).collect(),
        conflicts: after.conflicts.iter().filter(|one| !before.conflicts.contains(one)).cloned().collect(),
        aside: aside.map(|(one, aside)| NewlyAside { identifier: one.clone(), aside: *aside }).collect(),
        storms: after.storms.iter().filter(|one| !before.storms.contains(one)).cloned().collect(),
    }
}

fn persons(clustering: &Clustering) -> BTreeMap<&Identifier, PersonId> {
    let people = clustering.people.iter();
    people.flat_map(|person| person.identifiers.iter().map(move |one| (one, person.id))).collect()
}

/// The way from an identifier to the one that names its person.
fn explain(identifier: &Identifier, clustering: &Clustering, evidence: &[Evidence]) -> Vec<Step> {
    let Some(person) = clustering.person_of(identifier) else { return Vec::new() };
    let Some(goal) = person.identifiers.first() else { return Vec::new() };
    let tree: Vec<(&Identifier, &Identifier)> = person.tree.iter().map(|(a, b)| (a, b)).collect();
    let way = way(&tree, identifier, goal);
    let step = |a: &Identifier, b: &Identifier| {
        let ties = |one: &&Evidence| (&one.a, &one.b) == (a.min(b), a.max(b));
        let seen = evidence.iter().filter(ties).min_by_key(|one| one.first_at);
        let by = match seen {
            _ if a.kind.is_shopper_key() && b.kind.is_shopper_key() && a.value == b.value => StepBy::SameKey,
            Some(one) => StepBy::Seen { call: one.call, source: one.source.clone(), first_at: one.first_at },
            None => StepBy::Joined,
        };
        Step { a: a.clone(), b: b.clone(), by }
    };
    way.windows(2).filter_map(|pair| Some(step(pair.first()?, pair.last()?))).collect()
}
