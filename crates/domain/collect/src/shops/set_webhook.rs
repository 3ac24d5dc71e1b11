//! The secret by which a shop platform signs its webhooks.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Json;
use axum::extract::State;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Code, Problem};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Platform;
use super::custom::Custom;
use super::store::{self, Hook};
use crate::Collect;
use crate::sources::SourceError;

/// Which platform sends webhooks to a source, and the secret it signs them with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewShopWebhook)]
pub struct NewWebhook {
    /// The platform.
    pub platform: Platform,
    /// Its secret, 8 to 200 characters: Shopify shows it under its webhooks, WooCommerce lets it be chosen. Absent, the one
    /// that was set for this platform before is kept.
    pub secret: Option<String>,
    /// How it signs and what it tells, of the platform `custom`.
    pub custom: Option<Custom>,
}

/// Where a platform has to send its webhooks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ShopWebhook)]
pub struct WebhookView {
    /// The platform.
    pub platform: Platform,
    /// The path to be entered there, behind this program's address.
    pub path: String,
    /// How it signs and what it tells, of the platform `custom`.
    pub custom: Option<Custom>,
}

/// The webhooks of sources that are enabled, by the source's identifier.
#[derive(Default)]
pub(crate) struct HookTable(RwLock<Arc<BTreeMap<String, Hook>>>);

impl HookTable {
    pub(crate) fn load(&self, hooks: Vec<(String, Hook)>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(hooks.into_iter().collect());
    }

    pub(crate) fn of(&self, source: &SourceId) -> Option<Hook> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(source.as_str()).cloned()
    }
}

/// Lets a shop platform send webhooks to a source.
///
/// They go to `/webhooks/{write key}`. A secret that was set before is replaced, or kept where none is given.
#[utoipa::path(
    put, path = "/api/v1/sources/{id}/webhook", operation_id = "set_shop_webhook", tag = "collect", request_body = NewWebhook,
    params(("id" = String, Path, description = "The source")),
    responses((status = 200, body = WebhookView), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("role" = ["owner"])),
)]
pub(crate) async fn set_webhook(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
    Body(wanted): Body<NewWebhook>,
) -> Answer<Json<WebhookView>> {
    if let Some(chars) = wanted.secret.as_ref().map(|secret| secret.chars().count())
        && !(8..=200).contains(&chars)
    {
        let detail = format!("the secret has {chars} characters; it needs 8 to 200");
        let problem = Problem::new(Code::InvalidBody, detail).at("secret");
        return Err(problem.in_chinese(format!("密钥有 {chars} 个字符，应为 8 至 200 个")).into());
    }
    match (wanted.platform, &wanted.custom) {
        (Platform::Custom, None) => {
            let detail = "the platform `custom` needs `custom`: how it signs and what it tells";
            let problem = Problem::new(Code::InvalidBody, detail).at("custom");
            return Err(problem.in_chinese("平台 `custom` 需要 `custom`：如何签名、说明什么").into());
        }
        (Platform::Custom, Some(custom)) => custom.check("custom")?,
        (_, None) => {}
        (platform, Some(_)) => {
            let detail = format!("`custom` is of the platform `custom`, not of `{}`", platform.as_str());
            let chinese = format!("`custom` 只用于平台 `custom`，不用于 `{}`", platform.as_str());
            return Err(Problem::new(Code::InvalidBody, detail).at("custom").in_chinese(chinese).into());
        }
    }
    let source = collect.source_view(&id).await?;
    let (platform, now) = (wanted.platform, collect.clock.now());
    let (key, secret, custom) = (id.as_str().to_owned(), wanted.secret, wanted.custom.clone().map(Arc::new));
    let saved = collect.store.write(move |tx| {
        Box::pin(async move {
            let secret = match secret {
                Some(secret) => secret,
                None => match kept(store::secret(tx, &key).await?, platform) {
                    Ok(secret) => secret,
                    Err(refused) => return Ok(Err(refused)),
                },
            };
            store::put(tx, &key, &Hook { platform, secret, custom }, now).await?;
            Ok::<_, SourceError>(Ok(()))
        })
    });
    saved.await??;
    collect.reload_sources().await?;
    Ok(Json(WebhookView { platform, path: format!("/webhooks/{}", source.write_key), custom: wanted.custom }))
}

/// The secret that is kept where none is given: what the same platform signed with before.
fn kept(before: Option<(String, String)>, platform: Platform) -> Result<String, Problem> {
    let missing =
        |detail: String, chinese: String| Problem::new(Code::InvalidBody, detail).at("secret").in_chinese(chinese);
    match before {
        Some((was, secret)) if was == platform.as_str() => Ok(secret),
        Some((was, _)) => Err(missing(
            format!("`secret` is missing: what is kept is that of `{was}`, not of `{}`", platform.as_str()),
            format!("缺少 `secret`：已保存的是 `{was}` 的密钥，不是 `{}` 的", platform.as_str()),
        )),
        None => Err(missing(
            "`secret` is missing: none was set before".to_owned(),
            "缺少 `secret`：此前没有设置过密钥".to_owned(),
        )),
    }
}

/// Shows which platform sends webhooks to a source. The secret is never shown.
#[utoipa::path(
    get, path = "/api/v1/sources/{id}/webhook", operation_id = "show_shop_webhook", tag = "collect",
    params(("id" = String, Path, description = "The source")),
    responses((status = 200, body = WebhookView), (status = 404, body = ProblemBody)),
    security(("role" = ["operator"])),
)]
pub(crate) async fn show_webhook(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
) -> Answer<Json<WebhookView>> {
    let source = collect.source_view(&id).await?;
    let none = || Problem::new(Code::NotFound, format!("the source {id} has no webhook"));
    let hook = collect.hooks.of(&id).ok_or_else(none)?;
    let custom = hook.custom.map(|custom| Custom::clone(&custom));
    Ok(Json(WebhookView { platform: hook.platform, path: format!("/webhooks/{}", source.write_key), custom }))
}

/// Takes no more webhooks for a source.
#[utoipa::path(
    delete, path = "/api/v1/sources/{id}/webhook", operation_id = "remove_shop_webhook", tag = "collect",
    params(("id" = String, Path, description = "The source")),
    responses((status = 204, description = "Removed"), (status = 404, body = ProblemBody)),
    security(("role" = ["owner"])),
)]
pub(crate) async fn remove_webhook(
    State(collect): State<Arc<Collect>>,
    Segment(id): Segment<SourceId>,
) -> Answer<StatusCode> {
    let key = id.as_str().to_owned();
    let removed = collect
        .store
        .write(move |tx| Box::pin(async move { Ok::<_, SourceError>(store::remove(tx, &key).await?) }))
        .await?;
    if !removed {
        return Err(Problem::new(Code::NotFound, format!("the source {id} has no webhook")).into());
    }
    collect.reload_sources().await?;
    Ok(StatusCode::NO_CONTENT)
}
