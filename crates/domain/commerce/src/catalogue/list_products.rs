//! `GET /api/v1/products`: products by page, or those whose name or number holds some words.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_store::{StoreError, args};
use fanvine_web::{Answer, Params, ProblemBody};
use serde::{Deserialize, Serialize};

use super::{Product, store};
use crate::Commerce;

/// Which products to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProductQuery {
    /// Words of its name, its category, its brand or its number.
    pub search: Option<String>,
    /// At most this many, 1 to 200; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// A page of products.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProductPage {
    /// The products, by number.
    pub products: Vec<Product>,
    /// What to give as `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// List or search products
#[utoipa::path(
    get, path = "/api/v1/products", tag = "commerce", operation_id = "list_products",
    params(ProductQuery),
    responses(
        (status = 200, description = "A page of products", body = ProductPage),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn list_products(
    State(commerce): State<Arc<Commerce>>,
    Params(query): Params<ProductQuery>,
) -> Answer<Json<ProductPage>> {
    Ok(Json(commerce.products(query).await?))
}

impl Commerce {
    /// A page of products.
    pub async fn products(&self, query: ProductQuery) -> Result<ProductPage, StoreError> {
        let limit = query.limit.unwrap_or(50).clamp(1, 200);
        let pattern = query.search.as_deref().map(str::trim).filter(|words| !words.is_empty()).map(pattern);
        let after = query.after.unwrap_or_default();
        let mut products = self
            .store
            .read(|tx| {
                Box::pin(async move {
                    // One more than asked for tells whether there is a next page.
                    let sql = format!(
                        "SELECT {} FROM products WHERE product_id > $1 AND ($2 IS NULL
                         OR lower(product_id) LIKE $2 ESCAPE '!' OR lower(name) LIKE $2 ESCAPE '!'
                         OR lower(category) LIKE $2 ESCAPE '!' OR lower(brand) LIKE $2 ESCAPE '!')
                         ORDER BY product_id LIMIT $3",
                        store::COLUMNS
                    );
                    let rows = tx.rows(sql, args![after, pattern, limit + 1]).await?;
                    rows.iter().map(store::product).collect::<Result<Vec<_>, StoreError>>()
                })
            })
            .await?;
        let more = products.len() > limit as usize;
        products.truncate(limit as usize);
        let next = products.last().filter(|_| more).map(|last| last.product_id.clone());
        Ok(ProductPage { products, next })
    }
}

/// The words as they are looked for: anywhere in the text, in small letters, `%` and `_` as themselves. Letters are
/// made small as SQLite does it, in ASCII only, so that both databases look for the same.
fn pattern(words: &str) -> String {
    let mut pattern = String::from("%");
    for letter in words.to_ascii_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_stand_for_themselves() {
        assert_eq!(pattern("50% Wool_mix!"), "%50!% wool!_mix!!%");
    }
}
