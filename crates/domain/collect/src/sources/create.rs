//! Making a source.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_web::{Answer, Body, ProblemBody};
use http::StatusCode;
use serde::Deserialize;

use super::update::SourceChange;
use super::{Source, SourceError, SourceView, checked_name, is_write_key, new_write_key, store};
use crate::Collect;

/// A source to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// What the shop calls it, 1 to 80 characters.
    pub name: String,
}

/// Makes a source with a write key of its own.
#[utoipa::path(
    post, path = "/api/v1/sources", operation_id = "create_source", tag = "collect", request_body = NewSource,
    responses((status = 201, body = SourceView), (status = 400, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn create_source(
    State(collect): State<Arc<Collect>>,
    Body(wanted): Body<NewSource>,
) -> Answer<(StatusCode, Json<SourceView>)> {
    let source = collect.create_source(&wanted.name, None).await?;
    Ok((StatusCode::CREATED, Json(collect.source_view(&source.id).await?)))
}

impl Collect {
    /// Makes a source; with `write_key` instead of a new one where it is given.
    ///
    /// # Errors
    /// The name or the key is not usable, or the store failed.
    pub async fn create_source(&self, name: &str, write_key: Option<&str>) -> Result<Source, SourceError> {
        if write_key.is_some_and(|key| !is_write_key(key)) {
            return Err(SourceError::InvalidKey);
        }
        let now = self.clock.now();
        let source = Source {
            id: SourceId::new(now, &*self.entropy),
            name: checked_name(name)?,
            write_key: write_key.map_or_else(|| new_write_key(&*self.entropy), str::to_owned),
            enabled: true,
            created_at: now,
            signing_secret: None,
            complete_products: false,
        };
        let row = source.clone();
        self.store
            .write(move |tx| Box::pin(async move { Ok::<_, SourceError>(store::insert(tx, &row).await?) }))
            .await?;
        self.reload_sources().await?;
        Ok(source)
    }

    /// Sees to it that there is a source: one with this write key where it is given (`FANVINE_WRITE_KEY`), else any.
    /// Returns the first source and whether it was made just now.
    ///
    /// # Errors
    /// The key is not usable, or the store failed.
    pub async fn ensure_first(&self, write_key: Option<&str>) -> Result<(Source, bool), SourceError> {
        let sources = self.reload_sources().await?;
        let fits = |source: &&Source| write_key.is_none_or(|key| source.write_key == key);
        if let Some(source) = sources.iter().find(fits) {
            return Ok((source.clone(), false));
        }
        let name = if sources.is_empty() { "My shop" } else { "Preset key" };
        Ok((self.create_source(name, write_key).await?, true))
    }

    /// The source of that name, made if there is none: where an import puts its events.
    ///
    /// # Errors
    /// The name is not usable, or the store failed.
    pub async fn ensure_named(&self, name: &str) -> Result<Source, SourceError> {
        let sources = self.reload_sources().await?;
        match sources.into_iter().find(|source| source.name == name.trim()) {
            Some(source) => Ok(source),
            None => self.create_source(name, None).await,
        }
    }

    /// Reads the sources anew and with them the table of keys.
    ///
    /// # Errors
    /// The store failed.
    pub async fn reload_sources(&self) -> Result<Vec<Source>, SourceError> {
        // One at a time: an older answer must not replace a newer one.
        let _turn = self.reloading.lock().await;
        let now = self.clock.now();
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let (sources, old) = (store::all(tx).await?, store::old_keys(tx, now).await?);
                Ok::<_, SourceError>((sources, old, crate::shops::store::all(tx).await?))
            })
        });
        let (sources, old, hooks) = read.await?;
        self.hooks.load(hooks);
        self.keys.load(&sources, old);
        self.secrets.load(&sources);
        Ok(sources)
    }

    pub(crate) async fn source_view(&self, id: &SourceId) -> Result<SourceView, SourceError> {
        let (wanted, now) = (id.as_str().to_owned(), self.clock.now());
        let views = self
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, SourceError>(store::views(tx, Some(wanted), now).await?) }))
            .await?;
        let mut view = views.into_iter().next().ok_or_else(|| SourceError::NotFound(id.to_string()))?;
        self.with_uses(&mut view);
        Ok(view)
    }

    /// Adds when keys that were replaced were last used since that was saved.
    pub(crate) fn with_uses(&self, view: &mut SourceView) {
        for key in &mut view.old_write_keys {
            key.last_used_at = key.last_used_at.max(self.keys.last_use(&key.write_key));
        }
    }

    pub(crate) async fn change_source(&self, id: &SourceId, change: SourceChange) -> Result<SourceView, SourceError> {
        let wanted = id.as_str().to_owned();
        let found = self
            .store
            .write(move |tx| Box::pin(async move { Ok::<_, SourceError>(store::update(tx, &wanted, change).await?) }))
            .await?;
        if !found {
            return Err(SourceError::NotFound(id.to_string()));
        }
        self.reload_sources().await?;
        self.source_view(id).await
    }
}
