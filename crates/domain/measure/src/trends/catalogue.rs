//! What the catalogue says of products, taken once for a question: the number of a value by product.

use std::sync::Arc;

use fanvine_kernel::Problem;
use fanvine_lake::SqlRequest;
use rustc_hash::FxHashMap;

use crate::Measure;
use crate::sql::ask::problem_of;
use crate::walks::values::{Telling, Values};

/// What of a product events may be told apart by.
pub const FIELDS: [(&str, &str); 3] =
    [("product.category", "category"), ("product.brand", "brand"), ("product.name", "name")];

/// The most products that are read.
const MOST_PRODUCTS: usize = 5_000_000;

impl Measure {
    /// By product the number of its value; products without one are left out.
    pub(super) async fn by_product(
        &self,
        column: &str,
        values: &Arc<Values>,
    ) -> Result<Arc<FxHashMap<String, u32>>, Problem> {
        let query = format!("SELECT product_id, {column} FROM products WHERE {column} IS NOT NULL AND {column} <> ''");
        let request = SqlRequest { query, max_rows: MOST_PRODUCTS, timeout: self.limits.timeout };
        let answer = self.lake.sql(&request).await.map_err(problem_of)?;
        let mut telling = Telling::of(Arc::clone(values));
        let mut known = FxHashMap::default();
        for row in &answer.rows {
            if let [product, value] = row.as_slice()
                && let (Some(product), Some(value)) = (product.as_str(), value.as_str())
            {
                let number = telling.number(value);
                known.insert(product.to_owned(), number);
            }
        }
        Ok(Arc::new(known))
    }
}
