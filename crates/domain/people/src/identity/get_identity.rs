//! `GET /api/v1/identities`: the person an identifier belongs to, and everything that says so.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::cluster::{Conflict, cluster};
use super::decision::{Aside, Decided};
use super::evidence::{Evidence, Mention};
use super::identifier::{Identifier, IdentifierKind, PersonId};
use super::index::Index;
use super::outgoing::Review;
use super::policy::Policy;
use super::{Identity, IdentityError};

/// Most pieces of evidence in one answer.
const MOST_EVIDENCE: usize = 500;

/// Which identifier.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IdentityQuery {
    /// `user_id`, `unionid`, `openid`, `openid:<app>`, `phone_hash`, `email_hash`, `device`, `anonymous_id` or
    /// `custom:<name>`; `phone` or `email` for one that is not hashed yet.
    kind: String,
    /// Its value.
    value: String,
}

/// An identifier and the person it belongs to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IdentityView {
    /// The identifier asked about.
    pub identifier: Identifier,
    /// The person; none if the identifier is set aside.
    #[schema(value_type = Option<String>, example = "per_01")]
    pub person: Option<PersonId>,
    /// Why the identifier joins nobody, if it is set aside.
    pub aside: Option<Aside>,
    /// How many people the identifier was seen with, by the identifiers seen with it.
    pub people: u32,
    /// What is held for review because of one of the person's identifiers.
    pub reviews: Vec<Review>,
    /// The person's identifiers; the first gives the person its name.
    pub identifiers: Vec<Identifier>,
    /// The shopper keys whose events are the person's.
    pub shopper_keys: Vec<String>,
    /// The evidence on these identifiers, up to 500 pieces.
    pub evidence: Vec<Evidence>,
    /// Identifiers seen with the person's that are not the person's, and why; none if too much hangs together to tell.
    pub conflicts: Option<Vec<Conflict>>,
    /// What operators decided about these identifiers.
    pub decisions: Vec<Decided>,
}

/// Find the person of an identifier, and why
#[utoipa::path(
    get, path = "/api/v1/identities", tag = "people", operation_id = "get_identity",
    params(IdentityQuery),
    responses(
        (status = 200, description = "The person and the evidence", body = IdentityView),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_identity(
    State(identity): State<Arc<Identity>>,
    Params(query): Params<IdentityQuery>,
) -> Answer<Json<IdentityView>> {
    // Telling all conflicts of a large piece is work, not waiting.
    let asked = tokio::task::spawn_blocking(move || {
        let index = identity.read();
        index.view(query.identifier(index.policy())?)
    });
    Ok(Json(asked.await.map_err(|_| IdentityError::Failed("the answer"))??))
}

impl IdentityQuery {
    fn identifier(&self, policy: &Policy) -> Result<Identifier, IdentityError> {
        let (kind, expected) = match self.kind.as_str() {
            "email" => (IdentifierKind::EmailHash, "an e-mail address"),
            "phone" => (IdentifierKind::PhoneHash, "a telephone number"),
            kind => return Ok(Identifier::new(kind.parse()?, &self.value)?),
        };
        let mention = Mention::new(kind, self.value.as_str().into(), policy);
        let refused = || IdentityError::Contact { value: self.value.chars().take(64).collect(), expected };
        Ok(mention.ok_or_else(refused)?.identifier())
    }
}

impl Index {
    /// Everything known of an identifier.
    pub(crate) fn view(&self, identifier: Identifier) -> Result<IdentityView, IdentityError> {
        let number = self.known(&identifier.kind, &identifier.value);
        let decided = self.decisions.about(&identifier).next().is_some();
        let node = number.and_then(|number| self.node(number));
        if !decided && node.is_none_or(|node| node.links.is_empty()) {
            return Err(IdentityError::Unknown(identifier));
        }
        let aside = node.map_or_else(|| self.decisions.aside(&identifier, &self.policy, || 0), |node| node.aside);
        let person = node.and_then(|node| node.person).or_else(|| aside.is_none().then(|| PersonId::of(&identifier)));
        let mut identifiers: Vec<Identifier> =
            person.into_iter().flat_map(|person| self.identifiers_of(person)).cloned().collect();
        if identifiers.is_empty() {
            identifiers.push(identifier.clone());
        }
        let conflicts = match aside {
            Some(_) => Some(Vec::new()),
            None => self.around(std::slice::from_ref(&identifier)).ok().map(|around| {
                let mut conflicts = cluster(&around.evidence, &around.decisions, &self.policy).conflicts;
                conflicts.retain(|conflict| identifiers.contains(&conflict.a) || identifiers.contains(&conflict.b));
                conflicts
            }),
        };
        let numbers = identifiers.iter().filter_map(|one| self.known(&one.kind, &one.value));
        let mut decisions: Vec<Decided> =
            identifiers.iter().flat_map(|one| self.decisions.about(one)).cloned().collect();
        decisions.sort_by(|one, two| one.id.cmp(&two.id));
        decisions.dedup();
        let keys = match person {
            Some(person) if aside.is_none() => self.keys_of(person),
            _ => Vec::new(),
        };
        Ok(IdentityView {
            person,
            aside,
            people: number.map_or(0, |number| self.people_behind(number)),
            reviews: numbers.filter_map(|number| self.reviews.get(&number).cloned()).collect(),
            shopper_keys: keys.iter().map(|key| key.to_string()).collect(),
            evidence: self.evidence_on(identifiers.iter(), MOST_EVIDENCE),
            conflicts,
            decisions,
            identifiers,
            identifier,
        })
    }
}
