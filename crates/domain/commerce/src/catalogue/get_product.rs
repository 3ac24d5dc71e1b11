//! `GET /api/v1/products/{product_id}`: one product with its variants and the history of its price.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_store::StoreError;
use fanvine_web::{Answer, ProblemBody, Refusal, Segment};
use serde::Serialize;

use super::{PriceChange, Product, Variant, store};
use crate::Commerce;

/// A product in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProductDetail {
    /// The product.
    #[serde(flatten)]
    pub product: Product,
    /// Its variants, by name.
    pub variants: Vec<Variant>,
    /// Its prices, oldest first.
    pub price_history: Vec<PriceChange>,
}

/// Get a product with its variants and price history
#[utoipa::path(
    get, path = "/api/v1/products/{product_id}", tag = "commerce", operation_id = "get_product",
    params(("product_id" = String, Path, description = "The shop's number for the product")),
    responses(
        (status = 200, description = "The product", body = ProductDetail),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn get_product(
    State(commerce): State<Arc<Commerce>>,
    Segment(product_id): Segment<String>,
) -> Answer<Json<ProductDetail>> {
    let found = commerce.product(&product_id).await?;
    found.map(Json).ok_or_else(|| Refusal(Problem::new(Code::NotFound, format!("there is no product {product_id}"))))
}

impl Commerce {
    /// A product in full, if it is known.
    pub async fn product(&self, product_id: &str) -> Result<Option<ProductDetail>, StoreError> {
        let product_id = product_id.to_owned();
        self.store
            .read(|tx| {
                Box::pin(async move {
                    let Some(known) = store::known(tx, vec![(&product_id).into()]).await?.remove(&product_id) else {
                        return Ok(None);
                    };
                    let variants = store::variants(tx, &product_id).await?;
                    let price_history = store::price_history(tx, &product_id).await?;
                    Ok(Some(ProductDetail { product: known.product, variants, price_history }))
                })
            })
            .await
    }
}
