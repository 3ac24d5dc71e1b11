//! `GET /v1/profile`: what a storefront may be told of who looks at it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_web::{Answer, ProblemBody};
use http::{HeaderMap, header};
use serde::Serialize;

use super::{Storefront, StorefrontError};
use crate::shoppers::show_person::Explanation;
use crate::tags::given::merged;

/// What a storefront may be told of a shopper. Nothing in it says who they are.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct PublicProfile {
    /// Tags flagged as public that the shopper has, the weightiest first.
    pub tags: Vec<PublicTag>,
    /// Segments flagged as public that the shopper is in.
    pub segments: Vec<PublicSegment>,
}

/// A tag of the shopper.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicTag {
    /// Which.
    pub tag: String,
    /// Its name.
    pub label: Explanation,
    /// What of, where the tag has terms.
    pub term: Option<String>,
    /// How strongly, 0 to 1, to two decimals.
    pub weight: f64,
}

/// A segment the shopper is in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PublicSegment {
    /// Which.
    pub segment: String,
    /// Its name.
    pub name: String,
}

/// Show what a storefront may know of the shopper who looks at it
///
/// `Authorization: Bearer <token>`: a JWT (HS256) that the shop's own server signed with the signing secret of a source,
/// its header with `kid` (the source), its claims with `sub` (the shopper: a user id or an anonymous id) and `exp` (at most
/// a day ahead). A shopper nobody heard of has nothing. Pages of any origin may ask.
#[utoipa::path(
    get, path = "/v1/profile", tag = "people", operation_id = "show_public_profile",
    responses(
        (status = 200, description = "What may be told", body = PublicProfile),
        (status = 401, description = "No token, or one that is not to be believed", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn show_profile(
    State(storefront): State<Arc<Storefront>>,
    headers: HeaderMap,
) -> Answer<Json<PublicProfile>> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).ok_or(StorefrontError::NoToken)?;
    let shopper = storefront.tokens.shopper_of(token.trim()).map_err(StorefrontError::from)?;
    Ok(Json(storefront.public_profile(&shopper).await?))
}

impl Storefront {
    async fn public_profile(&self, shopper: &str) -> Result<PublicProfile, StorefrontError> {
        let (people, settings) = (&self.people, self.settings().await?);
        let keys = people.keys_with(shopper);
        let tags = if settings.tags.is_empty() { Vec::new() } else { self.public_tags(&keys, &settings.tags).await? };
        let numbers: Vec<u32> = {
            let shoppers = people.shoppers();
            keys.iter().filter_map(|key| shoppers.number_of(key)).collect()
        };
        let definitions = people.segments.definitions();
        let membership = people.segments.membership();
        let is_in = |id: &&String| {
            membership.of(id).is_some_and(|held| numbers.iter().any(|number| held.members.contains(*number)))
        };
        let segments = settings
            .segments
            .iter()
            .filter(is_in)
            .filter_map(|id| Some(PublicSegment { segment: id.clone(), name: definitions.get(id)?.name.clone() }));
        Ok(PublicProfile { tags, segments: segments.collect() })
    }

    async fn public_tags(
        &self,
        keys: &std::collections::BTreeSet<String>,
        public: &[String],
    ) -> Result<Vec<PublicTag>, StorefrontError> {
        let people = &self.people;
        let traits: Vec<_> = people.traits_by_key(keys).await?.into_values().flatten().collect();
        let given = merged(people.given(keys.iter()).await?.values().flatten());
        let (now, zone) = (people.clock.now(), people.zone);
        let shoppers = people.shoppers();
        let counted = shoppers.counted(keys)?;
        let all = shoppers.tags(&counted, &traits, &given, now, zone);
        let mut told: Vec<PublicTag> = all
            .into_iter()
            .filter(|tag| public.contains(&tag.id))
            .map(|tag| PublicTag {
                tag: tag.id,
                label: tag.name.into(),
                term: tag.term,
                weight: (tag.weight * 100.0).round() / 100.0,
            })
            .collect();
        told.sort_by(|one, two| two.weight.total_cmp(&one.weight));
        Ok(told)
    }
}
