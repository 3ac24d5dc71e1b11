//! `GET /api/v1/offers/{offer_id}/gates`: what the gates would find if the offer were published now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_contracts::prices::Goods;
use fanvine_web::{Answer, ProblemBody, Segment};
use serde::Serialize;

use super::gates::{Against, GateResult, Verdict, check};
use super::put_offer::OfferError;
use super::{Benefit, Offer, Scope, Terms, store};
use crate::Promote;
use crate::points::store as points;

/// Most products an offer is held against.
const MOST_PRODUCTS: u32 = 300;
const DAY: i64 = 86_400_000_000;

/// What the gates find of an offer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OfferGates {
    /// The offer.
    pub offer_id: String,
    /// The version that was looked at: its latest.
    pub version: i64,
    /// Whether it could be published.
    pub passes: bool,
    /// What each gate found.
    pub gates: Vec<GateResult>,
}

/// An offer that was held against the gates, and the published offers of that moment.
pub(crate) struct Examined {
    pub offer: Offer,
    /// Their identifiers and versions.
    pub beside: Vec<(String, i64)>,
    pub gates: Vec<GateResult>,
}

/// Check an offer before it is published
///
/// Nothing is published and nothing kept.
#[utoipa::path(
    get, path = "/api/v1/offers/{offer_id}/gates", tag = "promote", operation_id = "check_offer",
    params(("offer_id" = String, Path, description = "Its identifier")),
    responses(
        (status = 200, description = "What each gate found", body = OfferGates),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn check_offer(
    State(promote): State<Arc<Promote>>,
    Segment(offer_id): Segment<String>,
) -> Answer<Json<OfferGates>> {
    let Examined { offer, gates, .. } = promote.examine(&offer_id).await?;
    let passes = gates.iter().all(|gate| gate.verdict != Verdict::Refuse);
    Ok(Json(OfferGates { offer_id: offer.offer_id, version: offer.version, passes, gates }))
}

impl Promote {
    /// Holds the latest version of an offer against the gates.
    pub(crate) async fn examine(&self, offer_id: &str) -> Result<Examined, OfferError> {
        let (wanted, now) = (offer_id.to_owned(), self.clock.now());
        let read = self.store.read(|tx| {
            Box::pin(async move {
                let view = store::one(tx, &wanted).await?.ok_or(OfferError::Unknown(wanted))?;
                let (published, groups) = (store::published(tx).await?, store::groups(tx).await?);
                Ok::<_, OfferError>((view, published, groups, points::rule(tx).await?))
            })
        });
        let (view, published, groups, points) = read.await?;
        let offer = Offer { offer_id: view.offer_id, version: view.version, terms: view.terms };
        let since = now.plus_micros(-self.reference_days.saturating_mul(DAY));
        let prices = self.others.prices.clone();
        let mut products = prices.prices_of(&goods_of(&offer.terms), since, MOST_PRODUCTS + 1).await?;
        let cut_short = products.len() > MOST_PRODUCTS as usize;
        products.truncate(MOST_PRODUCTS as usize);
        let beside = versions(&published);
        let reference_days = self.reference_days;
        let against = Against { published, groups, points, products, cut_short, reference_days, now };
        let checking = tokio::task::spawn_blocking(move || (check(&offer, &against), offer));
        let (gates, offer) = checking.await.map_err(|_| OfferError::Ended)?;
        Ok(Examined { offer, beside, gates })
    }
}

/// Which offers these are, in which versions.
pub(crate) fn versions(offers: &[Offer]) -> Vec<(String, i64)> {
    let mut versions: Vec<_> = offers.iter().map(|offer| (offer.offer_id.clone(), offer.version)).collect();
    versions.sort();
    versions
}

/// The goods an offer is for.
fn goods_of(terms: &Terms) -> Goods {
    let scopes: Vec<&Scope> = match &terms.benefit {
        Benefit::Bundle { parts, .. } => parts.iter().map(|part| &part.scope).collect(),
        _ => vec![&terms.scope],
    };
    let everything =
        |scope: &&Scope| scope.products.is_empty() && scope.categories.is_empty() && scope.brands.is_empty();
    let except_products = match scopes.as_slice() {
        [one] => one.except_products.iter().cloned().collect(),
        _ => Vec::new(),
    };
    if scopes.iter().any(everything) {
        return Goods { except_products, ..Goods::default() };
    }
    Goods {
        products: scopes.iter().flat_map(|scope| &scope.products).cloned().collect(),
        categories: scopes.iter().flat_map(|scope| &scope.categories).cloned().collect(),
        brands: scopes.iter().flat_map(|scope| &scope.brands).cloned().collect(),
        except_products,
    }
}
