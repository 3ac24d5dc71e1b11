//! WooCommerce's webhooks (REST API, "Webhooks": the topics and the resources they carry).
//!
//! | topic | event |
//! | --- | --- |
//! | `order.created`, `order.updated`, first seen `processing` or `completed` | Order Completed, once for each order |
//! | `order.updated` later | Order Updated |
//! | an order that is `cancelled` or `failed`, or `order.deleted` | Order Cancelled |
//! | every refund an order lists | Order Refunded, once for each |
//! | `product.created`, `product.updated` | Product Updated |
//! | `product.deleted` | Product Deleted |
//! | `customer.created`, `customer.updated` | Identify |

use fanvine_kernel::event::names;

use super::{about, begun, buyer, id_of, in_utc, lines, told};
use crate::said::{Object, Said};
use crate::segment::json::{elements, pick};
use crate::segment::{Fault, text_of};

pub(super) fn said(topic: &str, body: &str) -> Result<Vec<Said>, Fault> {
    let id = id_of(body)?;
    Ok(match topic {
        "order.created" | "order.updated" | "order.restored" | "order.deleted" => order(topic, &id, body),
        "product.created" | "product.updated" | "product.restored" => vec![product(&id, body)],
        "product.deleted" => {
            let mut properties = Object::new();
            properties.text("product_id", Some(&id));
            vec![about(told(names::PRODUCT_DELETED, &["woo-product", &id, "deleted"], None, properties), None)]
        }
        "customer.created" | "customer.updated" => vec![customer(&id, body)],
        _ => Vec::new(),
    })
}

fn order(topic: &str, id: &str, body: &str) -> Vec<Said> {
    let [status, buyer_id, paid, created, modified, refunds] = pick(
        Some(body),
        ["status", "customer_id", "date_paid_gmt", "date_created_gmt", "date_modified_gmt", "refunds"],
    );
    let (paid, created, modified) = (in_utc(paid), in_utc(created), in_utc(modified));
    let at = modified.clone().or(created.clone()).unwrap_or_default();
    let buyer = buyer(buyer_id);
    let write = |name: &str, parts: &[&str], at: Option<&str>, properties: Object| {
        let mut out = told(name, parts, at, properties);
        out.object("context", contact(body));
        about(out, buyer.as_deref())
    };
    let status = status.and_then(text_of).unwrap_or_default();
    let mut events = Vec::new();
    match (topic, &*status) {
        ("order.deleted", _) | (_, "cancelled" | "failed" | "trash") => {
            let mut properties = Object::new();
            properties.text("order_id", Some(id));
            let at = modified.as_deref();
            events.push(write(names::ORDER_CANCELLED, &["woo-order", id, "cancelled"], at, properties));
        }
        (_, "processing" | "completed" | "refunded") => {
            let first = paid.as_deref().or(created.as_deref());
            events.push(write(names::ORDER_COMPLETED, &["woo-order", id, "paid"], first, properties(id, body)));
            if topic == "order.updated" {
                let parts = ["woo-order", id, "updated", &at];
                events.push(write(names::ORDER_UPDATED, &parts, Some(&at), properties(id, body)));
            }
        }
        _ => {
            let parts = ["woo-order", id, "placed"];
            events.push(write("Order Placed", &parts, created.as_deref(), properties(id, body)));
        }
    }
    let [currency] = pick(Some(body), ["currency"]);
    for refund in refunds.and_then(elements).unwrap_or_default() {
        let [refund_id, total, reason] = pick(Some(refund), ["id", "total", "reason"]);
        let Some(refund_id) = refund_id.and_then(text_of) else { continue };
        let total = total.and_then(text_of).map(|total| total.trim_start_matches('-').to_owned());
        let mut properties = Object::new();
        properties.text("order_id", Some(id)).text("refund_id", Some(&refund_id)).raw("currency", currency);
        properties.text("total", total.as_deref()).raw("reason", reason);
        events.push(write(names::ORDER_REFUNDED, &["woo-refund", &refund_id], Some(&at), properties));
    }
    events
}

fn properties(id: &str, body: &str) -> Object {
    let [number, currency, total, tax, shipping, discount, coupons, items] = pick(
        Some(body),
        ["number", "currency", "total", "total_tax", "shipping_total", "discount_total", "coupon_lines", "line_items"],
    );
    let coupon = coupons.and_then(elements).and_then(|coupons| coupons.first().copied());
    let mut out = Object::new();
    out.text("order_id", Some(id)).raw("order_name", number).raw("currency", currency).raw("total", total);
    out.raw("tax", tax).raw("shipping", shipping).raw("discount", discount).raw("coupon", pick(coupon, ["code"])[0]);
    out.raw("products", lines(items, line).as_deref());
    out
}

fn line(raw: &str) -> Object {
    let [product, variation, sku, name, price, quantity] =
        pick(Some(raw), ["product_id", "variation_id", "sku", "name", "price", "quantity"]);
    let mut out = Object::new();
    out.raw("product_id", product).raw("sku", sku.filter(|sku| *sku != "\"\"")).raw("name", name);
    out.text("variant", buyer(variation).as_deref()).raw("price", price).raw("quantity", quantity);
    out
}

fn contact(body: &str) -> Object {
    let [billing] = pick(Some(body), ["billing"]);
    let [email, phone] = pick(billing, ["email", "phone"]);
    let (mut traits, mut context) = (Object::new(), Object::new());
    traits.raw("email", email.filter(|raw| *raw != "\"\"")).raw("phone", phone.filter(|raw| *raw != "\"\""));
    context.object("traits", traits);
    context
}

fn product(id: &str, body: &str) -> Said {
    let [name, price, sku, link, images, categories, modified, status] =
        pick(Some(body), ["name", "price", "sku", "permalink", "images", "categories", "date_modified_gmt", "status"]);
    let first = |raw: Option<&str>, key: &'static str| {
        let first = raw.and_then(elements).and_then(|all| all.first().copied()).map(str::to_owned);
        pick(first.as_deref(), [key])[0].map(str::to_owned)
    };
    let mut properties = Object::new();
    properties.text("product_id", Some(id)).raw("name", name).raw("sku", sku.filter(|sku| *sku != "\"\""));
    properties.raw("category", first(categories, "name").as_deref()).raw("image_url", first(images, "src").as_deref());
    properties.raw("price", price.filter(|price| *price != "\"\"")).raw("url", link).raw("status", status);
    let at = in_utc(modified).unwrap_or_default();
    about(told(names::PRODUCT_UPDATED, &["woo-product", id, &at], Some(&at), properties), None)
}

fn customer(id: &str, body: &str) -> Said {
    let [email, first, last, billing, modified, role] =
        pick(Some(body), ["email", "first_name", "last_name", "billing", "date_modified_gmt", "role"]);
    let [phone, city, country] = pick(billing, ["phone", "city", "country"]);
    let mut traits = Object::new();
    traits.raw("email", email).raw("first_name", first).raw("last_name", last).raw("role", role);
    traits.raw("phone", phone.filter(|raw| *raw != "\"\"")).raw("city", city).raw("country", country);
    let at = in_utc(modified).unwrap_or_default();
    let mut out = begun("identify", &["woo-customer", id, &at]);
    out.text("timestamp", Some(&at)).object("traits", traits);
    about(out, Some(id))
}
