//! The OpenAPI contract, put together from every room's verbs, and the page that makes it readable.

use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use fanvine_collect as collect;
use fanvine_commerce as commerce;
use fanvine_engage as engage;
use fanvine_guard as guard;
use fanvine_measure as measure;
use fanvine_people as people;
use fanvine_promote as promote;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::closed::open_parts;
use super::{health, metrics, shop};
use crate::program::Program;
use crate::settings::Settings;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Fanvine",
        description = "The growth engine for social commerce: collect, know, decide, act, prove.\n\n\
            Each address names under *security* the least role it asks of its caller: `analyst` reads, `operator` runs \
            the shop's growth, `owner` also gives out accounts and keys. A caller is a console session (cookie, with \
            `X-CSRF-Token` on changes) or a server key (`Authorization: Bearer fvs_…`). The `/v1` addresses take a write \
            key instead. Refusals are `application/problem+json`, in English or Chinese by `Accept-Language`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "collect", description = "Events in: the Segment HTTP API, sources, quarantine, live"),
        (name = "commerce", description = "Catalogue and orders"),
        (name = "people", description = "Who the shoppers are: identity, profiles, tags"),
        (name = "promote", description = "Offers, quotes, redemptions, codes, the ledger"),
        (name = "engage", description = "Campaigns, webhooks and e-mail"),
        (name = "measure", description = "Questions: overview and SQL"),
        (name = "guard", description = "Sign-in, accounts, server keys, audit"),
        (name = "program", description = "The program itself"),
    )
)]
struct Head;

/// Every room's addresses with their contract.
pub fn assemble(program: &Arc<Program>) -> OpenApiRouter {
    let own = OpenApiRouter::new()
        .routes(routes!(health::show_health))
        .routes(routes!(health::show_readiness))
        .routes(routes!(metrics::show_metrics))
        .routes(routes!(shop::show_shop))
        .with_state(program.clone());
    let mut router = OpenApiRouter::with_openapi(<Head as utoipa::OpenApi>::openapi())
        .merge(collect::router(program.collect.clone()))
        .merge(commerce::router(program.commerce.clone()))
        .merge(people::router(program.people.clone()))
        .merge(promote::router(program.promote.clone()))
        .merge(promote::storefront(program.promote.clone(), program.collect.clone()))
        .merge(engage::router(program.engage.clone()))
        .merge(engage::campaigns::router(program.campaigns.clone()))
        .merge(people::storefront::router(program.people.clone(), program.collect.clone()))
        .merge(measure::router(program.measure.clone()))
        .merge(measure::spend::routes::router(program.spending.clone()))
        .merge(measure::reporting::router(program.reporting.clone()))
        .merge(guard::router(program.guard.clone()))
        .merge(guard::data_retention::router(program.data_retention.clone()))
        .merge(own);
    describe_keys(router.get_openapi_mut());
    open_parts(router.get_openapi_mut());
    router
}

/// How a caller shows a role: any of these.
fn describe_keys(contract: &mut OpenApi) {
    let components = contract.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A server key (`fvs_…`), or a console session's cookie `fanvine_session` with `X-CSRF-Token`",
        ))
        .build();
    components.security_schemes.insert("role".into(), RefOr::T(SecurityScheme::Http(bearer)));
    let cookie = ApiKey::Cookie(ApiKeyValue::new("fanvine_session"));
    components.security_schemes.insert("session".into(), RefOr::T(SecurityScheme::ApiKey(cookie)));
}

/// The contract as it is served and as the console's types are made from: pretty JSON.
pub fn text(contract: &OpenApi) -> Result<String> {
    let mut text = serde_json::to_string_pretty(contract)?;
    text.push('\n');
    Ok(text)
}

/// `GET /openapi.json`. The readable page beside it, `/docs/`, is built with the console.
pub fn pages(contract: &OpenApi) -> Result<Router> {
    let text: Arc<str> = text(contract)?.into();
    let answer = move || {
        let text = text.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    Ok(Router::new().route("/openapi.json", get(answer)))
}

/// `fanvine openapi`: prints the contract. It is put together by the program itself, over an empty data folder.
pub async fn print() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("fanvine-openapi-{}", std::process::id()));
    let program = Program::open(&folder, Settings::default()).await?;
    let (_, contract) = assemble(&program).split_for_parts();
    print!("{}", text(&contract)?);
    program.close().await?;
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}
