//! Shopify's webhooks (Admin API, "Webhooks": the topics and the resources they carry).
//!
//! | topic | event |
//! | --- | --- |
//! | `orders/paid`, `orders/create` of an order that is paid | Order Completed, once for each order |
//! | `orders/create` of one that is not | Order Placed |
//! | `orders/updated`, `orders/edited` of an order that was paid | Order Updated |
//! | `orders/cancelled` | Order Cancelled |
//! | `refunds/create` | Order Refunded |
//! | `products/create`, `products/update` | Product Updated |
//! | `products/delete` | Product Deleted |
//! | `customers/create`, `customers/update` | Identify |

use fanvine_kernel::event::names;

use super::{about, begun, buyer, id_of, lines, told};
use crate::said::{Object, Said};
use crate::segment::json::{elements, pick};
use crate::segment::{Fault, text_of};

pub(super) fn said(topic: &str, body: &str) -> Result<Vec<Said>, Fault> {
    let id = id_of(body)?;
    Ok(match topic {
        "orders/paid" | "orders/create" | "orders/updated" | "orders/cancelled" => order(topic, &id, body),
        "refunds/create" => refund(&id, body),
        "products/create" | "products/update" => vec![product(&id, body)],
        "products/delete" => {
            let mut properties = Object::new();
            properties.text("product_id", Some(&id));
            vec![about(told(names::PRODUCT_DELETED, &["shopify-product", &id, "deleted"], None, properties), None)]
        }
        "customers/create" | "customers/update" => vec![customer(&id, body)],
        _ => Vec::new(),
    })
}

fn order(topic: &str, id: &str, body: &str) -> Vec<Said> {
    let [status, customer, created, processed, updated, cancelled] =
        pick(Some(body), ["financial_status", "customer", "created_at", "processed_at", "updated_at", "cancelled_at"]);
    let status = status.and_then(text_of).unwrap_or_default();
    let was_paid = topic == "orders/paid" || matches!(&*status, "paid" | "partially_refunded" | "refunded");
    let (name, at, what) = match topic {
        "orders/cancelled" => (names::ORDER_CANCELLED, cancelled.or(updated), "cancelled"),
        "orders/updated" if was_paid => (names::ORDER_UPDATED, updated, "updated"),
        "orders/updated" => return Vec::new(),
        _ if was_paid => (names::ORDER_COMPLETED, processed.or(created), "paid"),
        _ => ("Order Placed", created, "placed"),
    };
    let at = at.and_then(text_of).unwrap_or_default();
    let moment = if what == "updated" { &*at } else { "" };
    let id_parts = ["shopify-order", id, what, moment];
    let parts = if moment.is_empty() { &id_parts[..3] } else { &id_parts[..] };
    let mut out = told(name, parts, Some(&at), order_properties(id, body));
    let [buyer_id] = pick(customer, ["id"]);
    out.object("context", visit(body, customer));
    vec![about(out, buyer(buyer_id).as_deref())]
}

fn order_properties(id: &str, body: &str) -> Object {
    let [name, currency, total, subtotal, tax, discount, codes, shipping, items] = pick(
        Some(body),
        [
            "name",
            "currency",
            "total_price",
            "subtotal_price",
            "total_tax",
            "total_discounts",
            "discount_codes",
            "total_shipping_price_set",
            "line_items",
        ],
    );
    let [shop_money] = pick(shipping, ["shop_money"]);
    let [shipping] = pick(shop_money, ["amount"]);
    let coupon = codes.and_then(elements).and_then(|codes| codes.first().copied());
    let mut out = Object::new();
    out.text("order_id", Some(id)).raw("order_name", name).raw("currency", currency).raw("total", total);
    out.raw("subtotal", subtotal).raw("tax", tax).raw("discount", discount).raw("shipping", shipping);
    out.raw("coupon", pick(coupon, ["code"])[0]);
    out.raw("products", lines(items, line).as_deref());
    out
}

fn line(raw: &str) -> Object {
    let [product, id, sku, title, variant, vendor, price, quantity, discount] = pick(
        Some(raw),
        ["product_id", "id", "sku", "title", "variant_title", "vendor", "price", "quantity", "total_discount"],
    );
    let mut out = Object::new();
    // What was never in the catalogue, a tip or a gift wrapped by hand, has only a line's number.
    out.raw("product_id", product.or(sku.filter(|sku| *sku != "\"\"")).or(id));
    out.raw("sku", sku).raw("name", title).raw("variant", variant).raw("brand", vendor);
    out.raw("price", price).raw("quantity", quantity).raw("discount", discount);
    out
}

/// How the buyer came, as far as the platform knows.
fn visit(body: &str, customer: Option<&str>) -> Object {
    let [landing, referring] = pick(Some(body), ["landing_site", "referring_site"]);
    let (mut page, mut traits, mut context) = (Object::new(), Object::new(), Object::new());
    if let Some(referring) = referring.filter(|raw| *raw != "\"\"") {
        page.raw("url", landing).raw("referrer", Some(referring));
    }
    let [email, phone] = pick(customer, ["email", "phone"]);
    traits.raw("email", email).raw("phone", phone);
    context.object("page", page).object("traits", traits);
    context
}

fn refund(id: &str, body: &str) -> Vec<Said> {
    let [order, at, items, transactions] =
        pick(Some(body), ["order_id", "created_at", "refund_line_items", "transactions"]);
    let mut properties = Object::new();
    properties.raw("order_id", order).text("refund_id", Some(id));
    let back: Vec<&str> = transactions.and_then(elements).unwrap_or_default();
    let currency = back.first().and_then(|first| pick(Some(first), ["currency"])[0]);
    properties.raw("currency", currency).raw("total", sum_of_refunds(&back).as_deref());
    let products = lines(items, |raw| {
        let [item, quantity] = pick(Some(raw), ["line_item", "quantity"]);
        let [product, id, sku, title, price] = pick(item, ["product_id", "id", "sku", "title", "price"]);
        let mut out = Object::new();
        out.raw("product_id", product.or(id)).raw("sku", sku).raw("name", title).raw("price", price);
        out.raw("quantity", quantity);
        out
    });
    properties.raw("products", products.as_deref());
    let at = at.and_then(text_of);
    vec![about(told(names::ORDER_REFUNDED, &["shopify-refund", id], at.as_deref(), properties), None)]
}

/// What went back: the refunds that succeeded, in thousandths, so that no float holds money.
fn sum_of_refunds(transactions: &[&str]) -> Option<String> {
    let mut sum = None::<i64>;
    for raw in transactions {
        let [kind, status, amount] = pick(Some(raw), ["kind", "status", "amount"]);
        if kind != Some("\"refund\"") || status != Some("\"success\"") {
            continue;
        }
        let text = amount.and_then(text_of)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
        let thousandths = whole.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
        sum = Some(sum.unwrap_or(0).checked_add(thousandths)?);
    }
    sum.map(|sum| format!("\"{}.{:03}\"", sum / 1_000, sum % 1_000))
}

fn product(id: &str, body: &str) -> Said {
    let [title, kind, vendor, image, variants, updated, status] =
        pick(Some(body), ["title", "product_type", "vendor", "image", "variants", "updated_at", "status"]);
    let first = variants.and_then(elements).and_then(|variants| variants.first().copied());
    let [price, sku] = pick(first, ["price", "sku"]);
    let mut properties = Object::new();
    properties.text("product_id", Some(id)).raw("name", title).raw("category", kind).raw("brand", vendor);
    properties.raw("price", price).raw("sku", sku).raw("image_url", pick(image, ["src"])[0]).raw("status", status);
    let at = updated.and_then(text_of).unwrap_or_default();
    about(told(names::PRODUCT_UPDATED, &["shopify-product", id, &at], Some(&at), properties), None)
}

fn customer(id: &str, body: &str) -> Said {
    let [email, phone, first, last, tags, address, updated, state] = pick(
        Some(body),
        ["email", "phone", "first_name", "last_name", "tags", "default_address", "updated_at", "state"],
    );
    let [city, country] = pick(address, ["city", "country_code"]);
    let mut traits = Object::new();
    traits.raw("email", email).raw("phone", phone).raw("first_name", first).raw("last_name", last);
    traits.raw("tags", tags).raw("city", city).raw("country", country).raw("state", state);
    let at = updated.and_then(text_of).unwrap_or_default();
    let mut out = begun("identify", &["shopify-customer", id, &at]);
    out.text("timestamp", Some(&at)).object("traits", traits);
    about(out, Some(id))
}
