//! Who has bought before, as other rooms ask.

use fanvine_contracts::shoppers::{Asking, PastOrders};
use fanvine_kernel::Problem;
use fanvine_store::{StoreError, Value};

use crate::Commerce;

impl PastOrders for Commerce {
    fn has_ordered<'a>(&'a self, shopper_keys: &'a [String]) -> Asking<'a, bool> {
        const BY_USER: &str = "SELECT order_id FROM orders WHERE status <> 'cancelled' AND shopper_id IN (";
        const BEFORE_SIGN_IN: &str = "SELECT order_id FROM orders WHERE status <> 'cancelled' AND anonymous_id IN (";
        let keys: Vec<Value> = shopper_keys.iter().map(Value::from).collect();
        let before = keys.clone();
        Box::pin(async move {
            let read = self.store.read(|tx| {
                Box::pin(async move {
                    Ok::<_, StoreError>(
                        !tx.rows_in(BY_USER, keys, ") LIMIT 1").await?.is_empty()
                            || !tx.rows_in(BEFORE_SIGN_IN, before, ") LIMIT 1").await?.is_empty(),
                    )
                })
            });
            read.await.map_err(Problem::from)
        })
    }
}
