//! `PUT /api/v1/products/{product_id}`: sets a product; the same content again changes nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Currency, Problem, Timestamp};
use fanvine_store::{StoreError, args};
use fanvine_web::{Answer, Body, ProblemBody, Segment};
use serde::{Deserialize, Serialize};

use super::get_product::ProductDetail;
use super::{Known, ProductStatus, SaidAt, Variant, store};
use crate::{Commerce, Outcome};

/// What a product is set to. What is absent is emptied.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductForm {
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Its category.
    #[serde(default)]
    pub category: Option<String>,
    /// Its brand.
    #[serde(default)]
    pub brand: Option<String>,
    /// Its price, in minor units of `currency`.
    #[serde(default)]
    pub price_minor: Option<i64>,
    /// The currency of its prices; the shop's if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// What a unit costs the shop, in minor units of `currency`: offers that sell below it are warned of.
    #[serde(default)]
    pub cost_minor: Option<i64>,
    /// A picture of it.
    #[serde(default)]
    pub image_url: Option<String>,
    /// Its page.
    #[serde(default)]
    pub url: Option<String>,
    /// Whether it is on sale.
    #[serde(default)]
    pub status: ProductStatus,
    /// Its variants; those already known are left as they are if this is absent.
    #[serde(default)]
    pub variants: Option<Vec<Variant>>,
}

/// A product as it was set.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProductSet {
    /// Whether that changed anything.
    pub outcome: Outcome,
    /// The product.
    pub product: ProductDetail,
}

/// Why a product was not set.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// The number of the product cannot be kept.
    #[error("a product's number has 1 to 512 bytes, not {0}")]
    Id(usize),
    /// A price is negative.
    #[error("the price of product {0} is negative: {1}")]
    Negative(String, i64),
    /// A price has no currency.
    #[error("product {0} has a price but no currency, and the shop has none set")]
    NoCurrency(String),
    /// A variant has no name, or one too long, or the same as another.
    #[error("`{variant}` cannot name a variant of product {product_id}: a name has 1 to 512 bytes and is given once")]
    Variant {
        /// The product.
        product_id: String,
        /// The variant.
        variant: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProductError> for Problem {
    fn from(error: ProductError) -> Self {
        match error {
            ProductError::Store(error) => error.into(),
            error => Problem::new(Code::InvalidProduct, error.to_string()),
        }
    }
}

/// Set a product
#[utoipa::path(
    put, path = "/api/v1/products/{product_id}", tag = "commerce", operation_id = "put_product",
    params(("product_id" = String, Path, description = "The shop's number for the product")),
    request_body = ProductForm,
    responses(
        (status = 200, description = "The product", body = ProductSet),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub(crate) async fn put_product(
    State(commerce): State<Arc<Commerce>>,
    Segment(product_id): Segment<String>,
    Body(form): Body<ProductForm>,
) -> Answer<Json<ProductSet>> {
    Ok(Json(commerce.put_product(product_id, form).await?))
}

impl Commerce {
    /// Sets a product.
    pub async fn put_product(&self, product_id: String, form: ProductForm) -> Result<ProductSet, ProductError> {
        let form = checked(&product_id, form, self.currency)?;
        let (now, id) = (self.clock.now(), product_id.clone());
        let set = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    tx.lock(crate::LOCK).await?;
                    let before = store::known(tx, vec![(&product_id).into()]).await?.remove(&product_id);
                    let variants_before = store::variants(tx, &product_id).await?;
                    let after = decide(&product_id, before.as_ref(), &form, now);
                    let new_price =
                        after.price().filter(|price| before.as_ref().and_then(Known::price) != Some(*price));
                    let same = before.as_ref().is_some_and(|before| before.product == after.product);
                    if !same {
                        store::set(tx, &after, new_price).await?;
                    }
                    let mut same_variants = true;
                    if let Some(variants) = form.variants.filter(|variants| !alike(variants, &variants_before)) {
                        same_variants = false;
                        replace_variants(tx, &product_id, variants, now).await?;
                    }
                    let outcome = match before {
                        None => Outcome::Created,
                        Some(_) if same && same_variants => Outcome::Unchanged,
                        Some(_) => Outcome::Updated,
                    };
                    let variants = store::variants(tx, &product_id).await?;
                    let price_history = store::price_history(tx, &product_id).await?;
                    Ok(ProductSet {
                        outcome,
                        product: ProductDetail { product: after.product, variants, price_history },
                    })
                })
            })
            .await;
        self.described.forget([id.as_str()]);
        set
    }
}

async fn replace_variants(
    tx: &mut fanvine_store::Tx,
    product_id: &str,
    variants: Vec<Variant>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM product_variants WHERE product_id = $1", args![product_id]).await?;
    let rows = variants.iter().map(|variant| {
        let currency = variant.currency.as_ref().map(Currency::code);
        args![product_id, &variant.variant, variant.sku.as_deref(), variant.price_minor, currency, now]
    });
    store::save_variants(tx, rows.collect()).await
}

fn alike(wanted: &[Variant], known: &[Variant]) -> bool {
    wanted.len() == known.len() && wanted.iter().all(|variant| known.contains(variant))
}

/// The form with its blanks dropped and its currencies filled in, or why not.
fn checked(product_id: &str, form: ProductForm, default: Option<Currency>) -> Result<ProductForm, ProductError> {
    if product_id.is_empty() || product_id.len() > 512 {
        return Err(ProductError::Id(product_id.len()));
    }
    let price = |price: Option<i64>, currency: Option<Currency>| match price {
        None => Ok(None),
        Some(minor) if minor < 0 => Err(ProductError::Negative(product_id.to_owned(), minor)),
        Some(_) => currency
            .or(form.currency)
            .or(default)
            .map(Some)
            .ok_or_else(|| ProductError::NoCurrency(product_id.to_owned())),
    };
    let currency = price(form.price_minor.or(form.cost_minor), None)?;
    price(form.cost_minor, None)?;
    let mut variants = form.variants.clone();
    let mut names = std::collections::BTreeSet::new();
    for variant in variants.iter_mut().flatten() {
        let refused = variant.variant.is_empty() || variant.variant.len() > 512;
        if refused || !names.insert(variant.variant.clone()) {
            let (product_id, variant) = (product_id.to_owned(), variant.variant.chars().take(64).collect());
            return Err(ProductError::Variant { product_id, variant });
        }
        variant.currency = price(variant.price_minor, variant.currency)?;
        variant.sku = filled(variant.sku.take());
    }
    Ok(ProductForm {
        name: filled(form.name),
        category: filled(form.category),
        brand: filled(form.brand),
        image_url: filled(form.image_url),
        url: filled(form.url),
        currency,
        variants,
        ..form
    })
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().replace('\0', "\u{FFFD}")).filter(|text| !text.is_empty())
}

/// The product as the form has it: an operator's word counts as newer than anything said before.
fn decide(product_id: &str, before: Option<&Known>, form: &ProductForm, now: Timestamp) -> Known {
    let latest = before.map_or(i64::MIN, |before| before.said_at.latest());
    let at = now.micros().max(latest.saturating_add(1));
    let mut after = before.cloned().unwrap_or_else(|| Known::new(product_id, now));
    let product = &mut after.product;
    product.name.clone_from(&form.name);
    product.category.clone_from(&form.category);
    product.brand.clone_from(&form.brand);
    product.price_minor = form.price_minor;
    product.currency = form.currency;
    product.cost_minor = form.cost_minor;
    product.image_url.clone_from(&form.image_url);
    product.url.clone_from(&form.url);
    product.status = form.status;
    if before.is_none_or(|before| before.product != after.product) {
        after.product.updated_at = Timestamp::from_micros(at);
    }
    after.said_at =
        SaidAt { name: at, category: at, brand: at, price: at, image_url: at, url: at, set: at, ..SaidAt::NEVER };
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> ProductForm {
        ProductForm { name: Some(" Mug ".to_owned()), price_minor: Some(1_200), ..ProductForm::default() }
    }

    #[test]
    fn a_price_without_a_currency_is_refused() {
        let error = checked("p", form(), None).unwrap_err();
        assert_eq!(error.to_string(), "product p has a price but no currency, and the shop has none set");
        let form = checked("p", form(), "CNY".parse().ok()).unwrap();
        assert_eq!((form.name.as_deref(), form.currency.unwrap().code()), (Some("Mug"), "CNY"));
    }

    #[test]
    fn an_operators_word_is_newer_than_an_event_from_the_future() {
        let form = checked("p", form(), "CNY".parse().ok()).unwrap();
        let mut before = Known::new("p", Timestamp::from_micros(1));
        before.said_at.name = 900;
        let after = decide("p", Some(&before), &form, Timestamp::from_micros(5));
        assert_eq!(after.said_at.name, 901);
        assert_eq!(after.price().unwrap().minor, 1_200);
        let again = decide("p", Some(&after), &form, Timestamp::from_micros(5_000));
        assert_eq!(again.product, after.product);
    }
}
