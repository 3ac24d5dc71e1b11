//! The lowest price of goods over some days, as other rooms ask.

use std::collections::BTreeMap;

use fanvine_contracts::prices::{Goods, PricedProduct, Prices};
use fanvine_contracts::shoppers::Asking;
use fanvine_kernel::{Money, Problem, Timestamp};
use fanvine_store::{StoreError, Tx, Value, args};

use super::prices::History;
use super::{Product, store};
use crate::Commerce;

impl Prices for Commerce {
    fn prices_of<'a>(&'a self, goods: &'a Goods, since: Timestamp, most: u32) -> Asking<'a, Vec<PricedProduct>> {
        let goods = goods.clone();
        Box::pin(async move {
            let read = self.store.read(|tx| {
                Box::pin(async move {
                    let products = products(tx, &goods, most).await?;
                    let ids = products.keys().map(Value::from).collect();
                    let histories = store::histories(tx, ids).await?;
                    let priced = products.into_values().filter_map(|product| {
                        let history = histories.get(&product.product_id);
                        priced(product, history, since)
                    });
                    Ok::<_, StoreError>(priced.collect())
                })
            });
            read.await.map_err(Problem::from)
        })
    }
}

/// The goods that are on sale and have a price, by number.
async fn products(tx: &mut Tx, goods: &Goods, most: u32) -> Result<BTreeMap<String, Product>, StoreError> {
    const ALL: &str = "SELECT * FROM products WHERE status = 'active' AND price_minor IS NOT NULL
        ORDER BY product_id LIMIT $1";
    const NUMBERED: &str =
        "SELECT * FROM products WHERE status = 'active' AND price_minor IS NOT NULL AND product_id IN (";
    const OF_CATEGORIES: &str =
        "SELECT * FROM products WHERE status = 'active' AND price_minor IS NOT NULL AND category IN (";
    const OF_BRANDS: &str = "SELECT * FROM products WHERE status = 'active' AND price_minor IS NOT NULL AND brand IN (";
    let named = [(NUMBERED, &goods.products), (OF_CATEGORIES, &goods.categories), (OF_BRANDS, &goods.brands)];
    let mut rows = Vec::new();
    if named.iter().all(|(_, names)| names.is_empty()) {
        rows =
            tx.rows(ALL, args![most.saturating_add(u32::try_from(goods.except_products.len()).unwrap_or(0))]).await?;
    }
    for (select, names) in named.into_iter().filter(|(_, names)| !names.is_empty()) {
        rows.extend(tx.rows_in(select, names.iter().map(Value::from).collect(), ")").await?);
    }
    let mut products = BTreeMap::new();
    for row in &rows {
        let product = store::product(row)?;
        if !goods.except_products.contains(&product.product_id) {
            products.insert(product.product_id.clone(), product);
        }
    }
    Ok(products.into_iter().take(most as usize).collect())
}

/// The product with its lowest price since a moment: of those told since, and the one that was in force then.
fn priced(product: Product, history: Option<&History>, since: Timestamp) -> Option<PricedProduct> {
    let price = Money::new(product.price_minor?, product.currency?);
    let since = since.micros();
    let in_force = history.and_then(|history| history.range(..=since).next_back());
    let later = history.into_iter().flat_map(|history| history.range(since.saturating_add(1)..));
    let told = in_force.into_iter().chain(later).filter(|(_, told)| told.currency == price.currency);
    let lowest = told.min_by_key(|(at, told)| (told.minor, **at)).filter(|(_, told)| told.minor <= price.minor);
    let (lowest_since, lowest) =
        lowest.map_or((product.updated_at.micros(), price.minor), |(at, told)| (*at, told.minor));
    Some(PricedProduct {
        product_id: product.product_id,
        name: product.name,
        image_url: product.image_url,
        url: product.url,
        category: product.category,
        brand: product.brand,
        price_minor: price.minor,
        currency: price.currency,
        cost_minor: product.cost_minor,
        lowest_minor: lowest,
        lowest_since: Timestamp::from_micros(lowest_since),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Known;

    #[test]
    fn the_lowest_price_is_one_in_force_since_then_in_the_same_currency() {
        let mut product = Known::new("mug", Timestamp::from_micros(0)).product;
        (product.price_minor, product.currency) = (Some(100), "CNY".parse().ok());
        let told = [(10, 50, "CNY"), (20, 80, "CNY"), (35, 7, "EUR"), (40, 90, "CNY"), (50, 100, "CNY")];
        let history: History =
            told.into_iter().map(|(at, minor, code)| (at, Money::new(minor, code.parse().unwrap()))).collect();
        let lowest = |since| {
            let priced = priced(product.clone(), Some(&history), Timestamp::from_micros(since)).unwrap();
            (priced.lowest_minor, priced.lowest_since.micros())
        };
        assert_eq!(
            [lowest(0), lowest(19), lowest(30), lowest(45), lowest(60)],
            [(50, 10), (50, 10), (80, 20), (90, 40), (100, 50)]
        );
    }
}
