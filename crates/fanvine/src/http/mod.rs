//! The HTTP server: every room's addresses behind one door.
//!
//! Order, outermost first: request id and figures, panic guard, language of refusals, access, handler. Events go past most of this:
//! their address is public and writes its refusals itself, and at tens of thousands of requests a second each layer counts.

mod access;
mod audited;
mod closed;
mod console;
pub mod contract;
pub mod health;
mod language;
mod metrics;
mod observe;
mod sdk;
mod shop;

pub use console::serve as serve_file;

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use tower::{ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::program::Program;

/// Everything the server answers.
pub fn router(program: &Arc<Program>) -> Result<Router> {
    let (api, contract) = contract::assemble(program).split_for_parts();
    let rules = Arc::new(access::Rules::read(&contract)?);
    let gate = access::Gate {
        rules,
        guard: program.guard.clone(),
        local_token: program.local_token.clone(),
        trusted_proxies: program.settings.guard.trusted_proxies.as_slice().into(),
    };
    let observer =
        observe::Observer { metrics: program.metrics.clone(), https_only: program.settings.guard.secure_cookies };
    let small = SizeAbove::new(1_024).and(NotForContentType::const_new("text/event-stream"));
    let full = api
        .merge(contract::pages(&contract)?)
        .merge(crate::pages::router(program.clone()))
        .layer(from_fn_with_state(gate, access::enforce))
        .fallback(console::page)
        .method_not_allowed_fallback(language::method_not_allowed)
        .layer(from_fn(language::speak))
        .layer(CatchPanicLayer::custom(language::panicked))
        .layer(CompressionLayer::new().compress_when(small))
        .layer(from_fn_with_state(observer.clone(), observe::observe));
    let intake = fanvine_collect::intake(program.collect.clone())
        .layer(CatchPanicLayer::custom(language::panicked))
        .fallback_service(full.clone());
    let either = service_fn(move |request: Request| {
        let events = request.method() == Method::POST && request.uri().path().starts_with("/v1/");
        let service = if events { intake.clone() } else { full.clone() };
        let observer = events.then(|| observer.clone());
        async move {
            match observer {
                Some(observer) => observer.intake(request, async |request| service.oneshot(request).await).await,
                None => service.oneshot(request).await,
            }
        }
    });
    Ok(Router::new().fallback_service(either))
}
