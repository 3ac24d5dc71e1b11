//! Messages as a shop's pages send them.

use serde_json::{Value, json};

/// A track call with a message id of its own.
pub fn track(id: &str, event: &str, shopper: &str, properties: Value) -> Value {
    json!({ "type": "track", "messageId": id, "event": event, "userId": shopper, "properties": properties })
}

/// A track call at a time of its own, as RFC 3339.
pub fn track_at(id: &str, event: &str, shopper: &str, at: &str, properties: Value) -> Value {
    let mut message = track(id, event, shopper, properties);
    message["timestamp"] = at.into();
    message
}

/// An order of two lines, worth 3 × 19.90 + 5.30 = 65.00 CNY.
pub fn order(id: &str, order: &str, shopper: &str) -> Value {
    let products = json!([
        { "product_id": "tea", "name": "Oolong tea", "category": "food", "price": 19.9, "quantity": 3 },
        { "product_id": "tin", "name": "Tea tin", "category": "kitchen", "price": 5.3, "quantity": 1 },
    ]);
    let properties =
        json!({ "order_id": order, "revenue": 65.0, "total": 65.0, "currency": "CNY", "products": products });
    track(id, "Order Completed", shopper, properties)
}

/// The JSON that a column of the answer to a query holds as text.
pub fn parsed(cell: &Value) -> anyhow::Result<Value> {
    match cell.as_str() {
        Some(text) => Ok(serde_json::from_str(text)?),
        None => Ok(cell.clone()),
    }
}
