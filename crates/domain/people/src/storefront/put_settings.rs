//! `PUT /api/v1/storefront`: which tags and segments are flagged as public.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use fanvine_contracts::access::Actor;
use fanvine_web::{Answer, Body, ProblemBody};

use super::{Settings, Storefront, StorefrontError, store};

/// At most so many of each.
const MOST: usize = 100;

/// Say what a storefront may be told of its shoppers
///
/// Nothing else is ever told. Anybody who can read a shopper's browser can read it.
#[utoipa::path(
    put, path = "/api/v1/storefront", tag = "people", operation_id = "put_storefront",
    request_body = Settings,
    responses(
        (status = 200, description = "The tags and segments flagged as public", body = Settings),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["owner"]))
)]
pub(crate) async fn put_settings(
    State(storefront): State<Arc<Storefront>>,
    actor: Option<Extension<Actor>>,
    Body(settings): Body<Settings>,
) -> Answer<Json<Settings>> {
    let by = actor.map(|Extension(actor)| actor.name);
    Ok(Json(storefront.put(settings, by).await?))
}

impl Storefront {
    async fn put(&self, settings: Settings, by: Option<String>) -> Result<Settings, StorefrontError> {
        for (field, list) in [("tags", &settings.tags), ("segments", &settings.segments)] {
            if list.len() > MOST {
                return Err(StorefrontError::TooMany { field, found: list.len(), most: MOST });
            }
        }
        let unknown =
            |field: String, id: &str, what| StorefrontError::Unknown { field, id: id.chars().take(64).collect(), what };
        let tags = self.people.tags();
        if let Some((place, id)) = settings.tags.iter().enumerate().find(|(_, id)| tags.tag(id).is_none()) {
            return Err(unknown(format!("tags[{place}]"), id, "tag"));
        }
        {
            let segments = self.people.segments.definitions();
            if let Some((place, id)) = settings.segments.iter().enumerate().find(|(_, id)| !segments.contains_key(*id))
            {
                return Err(unknown(format!("segments[{place}]"), id, "segment"));
            }
        }
        let _one_at_a_time = self.saving.lock().await;
        let (saving, at) = (settings.clone(), self.people.clock.now());
        self.people.store.write(move |tx| Box::pin(async move { store::put(tx, &saving, at, by).await })).await?;
        self.remember(Arc::new(settings.clone()));
        Ok(settings)
    }
}
