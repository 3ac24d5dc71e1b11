//! The rows of the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use fanvine_kernel::{Currency, Money, Timestamp};
use fanvine_store::{Row, StoreError, Tx, Value, args};

use super::prices::{self, History};
use super::{Known, PriceChange, Product, ProductStatus, SaidAt, Sighting, Sightings, Variant};

/// The columns `product` reads.
pub(crate) const COLUMNS: &str =
    "product_id, name, category, brand, price_minor, currency, cost_minor, image_url, url, status, created_at,
    updated_at";

/// A currency as it was stored.
pub(crate) fn currency(text: Option<String>) -> Option<Currency> {
    text.and_then(|code| code.parse().ok())
}

pub(crate) fn product(row: &Row) -> Result<Product, StoreError> {
    Ok(Product {
        product_id: row.get("product_id")?,
        name: row.get("name")?,
        category: row.get("category")?,
        brand: row.get("brand")?,
        price_minor: row.get("price_minor")?,
        currency: currency(row.get("currency")?),
        cost_minor: row.get("cost_minor")?,
        image_url: row.get("image_url")?,
        url: row.get("url")?,
        status: match row.get::<String>("status")?.as_str() {
            "archived" => ProductStatus::Archived,
            _ => ProductStatus::Active,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The products of these ids that are known.
pub(crate) async fn known(tx: &mut Tx, ids: Vec<Value>) -> Result<BTreeMap<String, Known>, StoreError> {
    const SELECT: &str =
        "SELECT product_id, name, category, brand, price_minor, currency, cost_minor, image_url, url, status, created_at,
                          updated_at, said_at FROM products WHERE product_id IN (";
    let mut products = BTreeMap::new();
    for row in tx.rows_in(SELECT, ids, ")").await? {
        let product = product(&row)?;
        let said_at = serde_json::from_str(&row.get::<String>("said_at")?).unwrap_or(SaidAt::NEVER);
        products.insert(product.product_id.clone(), Known { product, said_at });
    }
    Ok(products)
}

/// Takes in what events tell of products; those that other rooms find described otherwise than before.
pub(crate) async fn observe(tx: &mut Tx, heard: &Sightings) -> Result<Vec<String>, StoreError> {
    let before = known(tx, heard.ids().map(Value::from).collect()).await?;
    let telling = heard.telling(&before);
    // Only a price told late needs the whole history to find its place in it.
    let late: BTreeSet<&str> = telling
        .iter()
        .filter(|(id, sightings)| {
            let said_at = before.get(**id).map(|known| known.said_at.price);
            let is_late = |sighting: &Sighting| {
                sighting.price.is_some() && said_at.is_some_and(|said_at| sighting.at.micros() <= said_at)
            };
            sightings.iter().any(is_late)
        })
        .map(|(id, _)| *id)
        .collect();
    let old = histories(tx, late.iter().map(|&id| Value::from(id)).collect()).await?;
    let (mut changed, mut new, mut described) = (Vec::new(), old.clone(), Vec::new());
    for (&id, sightings) in &telling {
        let Some(first) = sightings.first() else { continue };
        let mut known = before.get(id).cloned().unwrap_or_else(|| Known::new(id, first.at));
        for sighting in sightings {
            if let Some(price) = sighting.price {
                let current = known.price().map(|price| (known.said_at.price, price));
                let history = new.entry(id.to_owned()).or_default();
                enter_price(history, sighting.at.micros(), price, current, late.contains(id));
            }
            known.observe(sighting);
        }
        let variants = sightings.iter().any(|one| one.said.variant.is_some() && one.price.is_some());
        if variants || late.contains(id) || !before.get(id).is_some_and(|before| before.described_like(&known)) {
            described.push(id.to_owned());
        }
        if before.get(id) != Some(&known) {
            changed.push(row(&known));
        }
    }
    save(tx, changed).await?;
    save_histories(tx, &old, &new).await?;
    save_variants(tx, telling.values().flat_map(|sightings| variants_of(sightings)).collect()).await?;
    Ok(described)
}

fn enter_price(history: &mut History, at: i64, price: Money, current: Option<(i64, Money)>, late: bool) {
    if current.is_some_and(|(last, now)| last == at && now.minor >= price.minor) {
        // The greater of two prices of one moment is already there.
    } else if late {
        prices::enter(history, at, price, current);
    } else if current.map(|(_, now)| now) != Some(price) {
        history.insert(at, price);
    }
}

fn row(known: &Known) -> Vec<Value> {
    let product = &known.product;
    args![
        &product.product_id,
        product.name.as_deref(),
        product.category.as_deref(),
        product.brand.as_deref(),
        product.price_minor,
        product.currency.as_ref().map(Currency::code),
        product.cost_minor,
        product.image_url.as_deref(),
        product.url.as_deref(),
        product.status.as_str(),
        product.created_at,
        product.updated_at,
        // Six numbers: writing them as JSON cannot fail.
        serde_json::to_string(&known.said_at).unwrap_or_default(),
    ]
}

async fn save(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    tx.insert_many(
        "INSERT INTO products (product_id, name, category, brand, price_minor, currency, cost_minor, image_url, url, status,
         created_at, updated_at, said_at) VALUES",
        rows,
        "ON CONFLICT (product_id) DO UPDATE SET name = excluded.name, category = excluded.category,
         brand = excluded.brand, price_minor = excluded.price_minor, currency = excluded.currency,
         cost_minor = excluded.cost_minor, image_url = excluded.image_url, url = excluded.url, status = excluded.status,
         created_at = excluded.created_at, updated_at = excluded.updated_at, said_at = excluded.said_at",
    )
    .await?;
    Ok(())
}

/// Saves one product as an operator set it, and the change of its price.
pub(crate) async fn set(tx: &mut Tx, known: &Known, new_price: Option<Money>) -> Result<(), StoreError> {
    save(tx, vec![row(known)]).await?;
    if let Some(price) = new_price {
        let id = known.product.product_id.clone();
        let new = BTreeMap::from([(id, History::from([(known.said_at.price, price)]))]);
        save_histories(tx, &BTreeMap::new(), &new).await?;
    }
    Ok(())
}

pub(crate) async fn histories(tx: &mut Tx, ids: Vec<Value>) -> Result<BTreeMap<String, History>, StoreError> {
    const SELECT: &str =
        "SELECT product_id, changed_at, price_minor, currency FROM price_history WHERE product_id IN (";
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    for row in tx.rows_in(SELECT, ids, ")").await? {
        let Some(currency) = currency(row.get("currency")?) else { continue };
        let price = Money::new(row.get("price_minor")?, currency);
        histories.entry(row.get("product_id")?).or_default().insert(row.get("changed_at")?, price);
    }
    Ok(histories)
}

async fn save_histories(
    tx: &mut Tx,
    old: &BTreeMap<String, History>,
    new: &BTreeMap<String, History>,
) -> Result<(), StoreError> {
    let nothing = History::new();
    let mut rows = Vec::new();
    for (id, history) in new {
        let before = old.get(id).unwrap_or(&nothing);
        for &gone in before.keys().filter(|at| !history.contains_key(at)) {
            tx.execute("DELETE FROM price_history WHERE product_id = $1 AND changed_at = $2", args![id, gone]).await?;
        }
        let changed = history.iter().filter(|(at, price)| before.get(at) != Some(price));
        rows.extend(changed.map(|(&at, price)| args![id, at, price.minor, price.currency.code()]));
    }
    tx.insert_many(
        "INSERT INTO price_history (product_id, changed_at, price_minor, currency) VALUES",
        rows,
        "ON CONFLICT (product_id, changed_at) DO UPDATE SET price_minor = excluded.price_minor, currency = excluded.currency",
    )
    .await?;
    Ok(())
}

/// The last word of these sightings, which are in order of time, on each variant.
fn variants_of(sightings: &[Sighting]) -> Vec<Vec<Value>> {
    let mut seen: BTreeMap<(&str, &str), Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        if let Some(variant) = sighting.said.variant.as_deref() {
            seen.entry((&sighting.said.product_id, variant)).or_default().push(sighting);
        }
    }
    seen.into_iter()
        .map(|((id, variant), seen)| {
            let sku = seen.iter().rev().find_map(|sighting| sighting.said.sku.as_deref());
            let price = seen.iter().rev().find_map(|sighting| sighting.price);
            let currency = price.as_ref().map(|price| price.currency.code());
            let at = seen.last().map(|sighting| sighting.at);
            args![id, variant, sku, price.map(|price| price.minor), currency, at]
        })
        .collect()
}

pub(crate) async fn save_variants(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    tx.insert_many(
        "INSERT INTO product_variants (product_id, variant, sku, price_minor, currency, seen_at) VALUES",
        rows,
        "ON CONFLICT (product_id, variant) DO UPDATE SET sku = COALESCE(excluded.sku, product_variants.sku),
         price_minor = COALESCE(excluded.price_minor, product_variants.price_minor),
         currency = COALESCE(excluded.currency, product_variants.currency), seen_at = excluded.seen_at
         WHERE excluded.seen_at >= product_variants.seen_at",
    )
    .await?;
    Ok(())
}

pub(crate) async fn variants(tx: &mut Tx, product_id: &str) -> Result<Vec<Variant>, StoreError> {
    const SELECT: &str =
        "SELECT variant, sku, price_minor, currency FROM product_variants WHERE product_id = $1 ORDER BY variant";
    tx.rows(SELECT, args![product_id])
        .await?
        .iter()
        .map(|row| {
            Ok(Variant {
                variant: row.get("variant")?,
                sku: row.get("sku")?,
                price_minor: row.get("price_minor")?,
                currency: currency(row.get("currency")?),
            })
        })
        .collect()
}

pub(crate) async fn price_history(tx: &mut Tx, product_id: &str) -> Result<Vec<PriceChange>, StoreError> {
    let history = histories(tx, args![product_id]).await?.remove(product_id).unwrap_or_default();
    Ok(history
        .into_iter()
        .map(|(at, price)| PriceChange {
            changed_at: Timestamp::from_micros(at),
            price_minor: price.minor,
            currency: price.currency,
        })
        .collect())
}
