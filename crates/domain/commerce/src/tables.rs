//! `orders`, `order_lines`, `refunds`, `products` and `price_history`, offered to SQL. Their names and columns are public and
//! only ever added to.

use std::sync::Arc;

use fanvine_lake::{ColumnData, ColumnKind, ColumnSpec, ColumnStream, Table};
use fanvine_store::{Row, Store, StoreError};
use futures::StreamExt;
use futures::stream;
use tokio::sync::mpsc::Receiver;

use crate::Commerce;
use ColumnKind::{Int, Text, Time};

/// Rows read from the store at a time.
const CHUNK_ROWS: usize = 4_096;

impl Commerce {
    /// The room's tables, for the lake to register.
    pub fn tables(&self) -> Vec<Arc<dyn Table>> {
        ALL.iter().map(|shape| Arc::new(Offered { shape, store: self.store.clone() }) as Arc<dyn Table>).collect()
    }
}

/// A table of the store as SQL sees it. Columns are named in the store as they are named in SQL.
struct Shape {
    name: &'static str,
    about: &'static str,
    columns: &'static [(&'static str, ColumnKind, &'static str)],
}

const ALL: &[Shape] = &[
    Shape {
        name: "orders",
        about: "One row for each order, as everything said about it adds up",
        columns: &[
            ("order_id", Text, "The shop's number for the order"),
            ("shopper_id", Text, "The user id, else the anonymous id; null for a guest"),
            ("anonymous_id", Text, "The shopper's name before sign-in"),
            (
                "status",
                Text,
                "completed, partially_refunded, refunded, cancelled, or refund_only: only refunds of it are known",
            ),
            ("placed_at", Time, "When it was placed; for refund_only, when it was first refunded"),
            ("updated_at", Time, "When it was last spoken of"),
            ("currency", Text, "The currency of all its amounts (ISO 4217)"),
            ("revenue_minor", Int, "Product revenue after discounts, without shipping and tax, in minor units"),
            ("total_minor", Int, "What the shopper paid, in minor units"),
            ("shipping_minor", Int, "Shipping, in minor units"),
            ("tax_minor", Int, "Tax, in minor units"),
            ("discount_minor", Int, "Discounts of lines and order together, in minor units"),
            ("refunded_minor", Int, "What went back over all refunds, in minor units"),
            ("coupon", Text, "The coupon used"),
            ("channel", Text, "How the shopper came"),
            ("campaign", Text, "The campaign the shopper came by"),
            ("source_id", Text, "The source that first reported it"),
            ("lines", Int, "How many lines it has"),
            ("units", Int, "Units over all lines"),
        ],
    },
    Shape {
        name: "order_lines",
        about: "One row for each line of an order",
        columns: &[
            ("order_id", Text, "The order"),
            ("line", Int, "Its place in the order, from 1"),
            ("product_id", Text, "The product, else its SKU"),
            ("variant", Text, "Which variant of it"),
            ("name", Text, "What the product was called"),
            ("category", Text, "Its category"),
            ("quantity", Int, "Units bought; 0 for what only a refund tells of"),
            ("unit_price_minor", Int, "The price of one unit, in minor units"),
            ("discount_minor", Int, "Its own discount and its part of the order's, in minor units"),
            ("revenue_minor", Int, "What it brought in after discounts, in minor units"),
            ("refunded_quantity", Int, "Units that came back"),
            ("refunded_minor", Int, "What of its revenue went back, in minor units"),
            ("currency", Text, "The currency of its amounts (ISO 4217)"),
            ("placed_at", Time, "When its order was placed"),
            ("shopper_id", Text, "Who ordered; null for a guest"),
        ],
    },
    Shape {
        name: "refunds",
        about: "One row for each refund of an order",
        columns: &[
            ("order_id", Text, "The order"),
            ("refund_id", Text, "The refund's name; with the order it is unique"),
            ("refunded_at", Time, "When it was given"),
            ("amount_minor", Int, "What went back, in minor units"),
            ("units", Int, "Units that came back"),
            ("currency", Text, "The currency of its amount (ISO 4217)"),
            ("shopper_id", Text, "Whose order it was; null for a guest"),
        ],
    },
    Shape {
        name: "products",
        about: "One row for each product, as it was last described",
        columns: &[
            ("product_id", Text, "The shop's number for the product"),
            ("name", Text, "What it is called"),
            ("category", Text, "Its category"),
            ("brand", Text, "Its brand"),
            ("price_minor", Int, "Its price, in minor units"),
            ("currency", Text, "The currency of its price (ISO 4217)"),
            ("image_url", Text, "A picture of it"),
            ("url", Text, "Its page"),
            ("status", Text, "active or archived"),
            ("created_at", Time, "When it was first heard of"),
            ("updated_at", Time, "When something about it last changed"),
        ],
    },
    Shape {
        name: "price_history",
        about: "One row for each change of a product's price, in force until the next",
        columns: &[
            ("product_id", Text, "The product"),
            ("changed_at", Time, "From when on"),
            ("price_minor", Int, "The price, in minor units"),
            ("currency", Text, "Its currency (ISO 4217)"),
        ],
    },
];

struct Offered {
    shape: &'static Shape,
    store: Store,
}

impl Table for Offered {
    fn name(&self) -> &'static str {
        self.shape.name
    }

    fn about(&self) -> &'static str {
        self.shape.about
    }

    fn columns(&self) -> Vec<ColumnSpec> {
        self.shape.columns.iter().map(|&(name, kind, about)| ColumnSpec { name, kind, about }).collect()
    }

    fn scan(&self, projection: Vec<usize>, limit: Option<usize>) -> ColumnStream {
        let columns: Vec<(&'static str, ColumnKind)> = projection
            .iter()
            .filter_map(|&place| self.shape.columns.get(place))
            .map(|&(name, kind, _)| (name, kind))
            .collect();
        let sql = select(self.shape.name, &columns, limit);
        let kinds: Vec<ColumnKind> = columns.iter().map(|&(_, kind)| kind).collect();
        let store = self.store.clone();
        // The store is asked at the first poll, inside the runtime that runs the query.
        let chunks = stream::once(async move { receiver(store.scan(sql, Vec::new(), CHUNK_ROWS)) }).flatten();
        chunks
            .map(move |chunk| chunk.and_then(|rows| columns_of(&rows, &kinds)).map_err(|error| error.to_string()))
            .boxed()
    }
}

fn select(table: &str, columns: &[(&'static str, ColumnKind)], limit: Option<usize>) -> String {
    let names: Vec<&str> = columns.iter().map(|&(name, _)| name).collect();
    let limit = limit.map(|rows| format!(" LIMIT {rows}")).unwrap_or_default();
    format!("SELECT {} FROM {table}{limit}", names.join(", "))
}

fn receiver(
    chunks: Receiver<Result<Vec<Row>, StoreError>>,
) -> impl stream::Stream<Item = Result<Vec<Row>, StoreError>> + Send {
    stream::unfold(chunks, |mut chunks| async move { chunks.recv().await.map(|chunk| (chunk, chunks)) })
}

fn columns_of(rows: &[Row], kinds: &[ColumnKind]) -> Result<Vec<ColumnData>, StoreError> {
    fn all<T: fanvine_store::Cell>(rows: &[Row], place: usize) -> Result<Vec<Option<T>>, StoreError> {
        rows.iter().map(|row| row.get(place)).collect()
    }
    kinds
        .iter()
        .enumerate()
        .map(|(place, kind)| {
            Ok(match kind {
                ColumnKind::Text => ColumnData::Text(all(rows, place)?),
                ColumnKind::Int => ColumnData::Int(all(rows, place)?),
                ColumnKind::Float => ColumnData::Float(all(rows, place)?),
                ColumnKind::Time => ColumnData::Time(all(rows, place)?),
                ColumnKind::Bool => ColumnData::Bool(all(rows, place)?),
            })
        })
        .collect()
}
