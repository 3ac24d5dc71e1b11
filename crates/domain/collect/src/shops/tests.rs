//! What Shopify and WooCommerce tell, in the shape of the examples in their documentation, cut to what is read.

use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Platform, signature};
use crate::said::hand_on;
use crate::segment::{Arrival, Limits};

fn read(platform: Platform, topic: &str, body: &Value) -> Vec<Event> {
    let source: SourceId = "src_1".parse().unwrap();
    let (limits, text) = (Limits::default(), body.to_string());
    let received_at = Timestamp::from_seconds(1_767_225_600);
    let arrival = Arrival { received_at, currency: "CNY".parse().ok(), limits: &limits, trusted: false };
    let mut events = Vec::new();
    for (index, said) in platform.said(topic, &text).into_iter().enumerate() {
        hand_on((&source, &text, index), said, None, &arrival, &mut |taken| {
            events.push(taken.outcome.unwrap().of_source(taken.source).to_event_of(taken.source.clone()));
        });
    }
    events
}

fn kept(event: &Event) -> Value {
    serde_json::from_str(event.properties.as_ref().unwrap().get()).unwrap()
}

fn shopify_order() -> Value {
    json!({
        "id": 820982911946154508i64, "email": "jon@example.com", "created_at": "2021-12-31T19:00:00-05:00",
        "processed_at": "2021-12-31T19:00:01-05:00", "updated_at": "2021-12-31T19:05:00-05:00", "cancelled_at": null,
        "currency": "USD", "financial_status": "paid", "name": "#9999", "total_price": "388.00", "subtotal_price": "398.00",
        "total_tax": "0.00", "total_discounts": "20.00", "discount_codes": [{"code": "SPRING", "amount": "20.00"}],
        "total_shipping_price_set": {"shop_money": {"amount": "10.00", "currency_code": "USD"}},
        "customer": {"id": 115310627314723954i64, "email": "john@example.com", "phone": null},
        "line_items": [
            {"id": 866550311766439020i64, "product_id": 788032119674292922i64, "sku": "IPOD2008PINK", "title": "IPod Nano - 8GB",
             "variant_title": "Pink", "vendor": "Apple", "price": "199.00", "quantity": 1, "total_discount": "0.00"},
            {"id": 141249953214522974i64, "product_id": null, "sku": "", "title": "Gift wrap", "price": "199.00", "quantity": 1,
             "total_discount": "5.00"},
        ],
    })
}

#[test]
fn an_order_paid_in_shopify_is_completed_once() {
    let events = read(Platform::Shopify, "orders/paid", &shopify_order());
    let [order] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((order.name.as_str(), order.user_id.as_deref()), ("Order Completed", Some("115310627314723954")));
    assert_eq!(
        (order.revenue_minor, order.order_id.as_deref(), order.quantity),
        (Some(38_800), Some("820982911946154508"), Some(2))
    );
    assert_eq!(order.occurred_at.to_string(), "2022-01-01T00:00:01Z");
    let said = kept(order);
    assert_eq!(
        (&said["coupon"], &said["shipping"], &said["products"][0]["variant"]),
        (&json!("SPRING"), &json!("10.00"), &json!("Pink"))
    );
    assert_eq!(said["products"][1]["product_id"], 141249953214522974i64);
    // Told again, and by another topic, it is the same message.
    assert_eq!(read(Platform::Shopify, "orders/create", &shopify_order())[0].message_id, order.message_id);
    let mut unpaid = shopify_order();
    unpaid["financial_status"] = json!("pending");
    unpaid["customer"] = Value::Null;
    let placed = &read(Platform::Shopify, "orders/create", &unpaid)[0];
    assert_eq!((placed.name.as_str(), placed.shopper_id()), ("Order Placed", None));
    assert!(read(Platform::Shopify, "orders/updated", &unpaid).is_empty());
    let cancelled = &read(Platform::Shopify, "orders/cancelled", &shopify_order())[0];
    assert_eq!(cancelled.name, "Order Cancelled");
    assert!(read(Platform::Shopify, "carts/update", &json!({"id": 1})).is_empty());
}

#[test]
fn refunds_products_and_customers_of_shopify() {
    let refund = &read(
        Platform::Shopify,
        "refunds/create",
        &json!({
            "id": 890088186047892319i64, "order_id": 820982911946154508i64, "created_at": "2021-12-31T19:00:00-05:00",
            "refund_line_items": [{"quantity": 1, "line_item": {"id": 1, "product_id": 788032119674292922i64, "price": "199.00"}}],
            "transactions": [{"kind": "refund", "status": "success", "amount": "199.00", "currency": "USD"},
                {"kind": "refund", "status": "success", "amount": "0.5", "currency": "USD"},
                {"kind": "refund", "status": "failure", "amount": "7.00", "currency": "USD"}],
        }),
    )[0];
    assert_eq!((refund.name.as_str(), refund.revenue_minor), ("Order Refunded", Some(19_950)));
    assert_eq!(kept(refund)["refund_id"], "890088186047892319");
    let product = &read(
        Platform::Shopify,
        "products/update",
        &json!({
            "id": 788032119674292922i64, "title": "Example T-Shirt", "vendor": "Acme", "product_type": "Shirts", "status": "active",
            "updated_at": "2021-12-31T19:00:00-05:00", "image": {"src": "https://cdn.example/t.png"},
            "variants": [{"price": "19.99", "sku": "T-1"}],
        }),
    )[0];
    assert_eq!((product.name.as_str(), product.product_id.as_deref()), ("Product Updated", Some("788032119674292922")));
    assert_eq!((&kept(product)["price"], &kept(product)["category"]), (&json!("19.99"), &json!("Shirts")));
    let customer = &read(
        Platform::Shopify,
        "customers/update",
        &json!({
            "id": 706405506930370084i64, "email": "bob@example.com", "first_name": "Bob", "updated_at": "2021-12-31T19:00:00-05:00",
            "default_address": {"city": "Ottawa", "country_code": "CA"},
        }),
    )[0];
    assert_eq!((customer.kind, customer.user_id.as_deref()), (EventKind::Identify, Some("706405506930370084")));
    assert_eq!(
        kept(customer),
        json!({"email": "bob@example.com", "first_name": "Bob", "city": "Ottawa", "country": "CA"})
    );
}

#[test]
fn an_order_of_woocommerce_is_completed_updated_and_refunded() {
    let order = json!({
        "id": 727, "number": "727", "status": "processing", "currency": "USD", "date_created_gmt": "2017-03-22T19:28:02",
        "date_modified_gmt": "2017-03-22T19:28:08", "date_paid_gmt": "2017-03-22T19:28:08", "total": "29.35", "total_tax": "1.35",
        "shipping_total": "10.00", "discount_total": "0.00", "customer_id": 25, "billing": {"email": "john.doe@example.com", "phone": ""},
        "line_items": [{"id": 315, "name": "Woo Single #1", "product_id": 93, "variation_id": 0, "quantity": 2, "price": 3, "sku": ""},
            {"id": 316, "name": "Ship Your Idea", "product_id": 22, "variation_id": 23, "quantity": 1, "price": 12, "sku": "Bar3"}],
        "coupon_lines": [], "refunds": [{"id": 726, "reason": "", "total": "-10.00"}],
    });
    let events = read(Platform::WooCommerce, "order.updated", &order);
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["Order Completed", "Order Updated", "Order Refunded"]);
    assert_eq!(
        (events[0].revenue_minor, events[0].user_id.as_deref(), events[0].quantity),
        (Some(2_935), Some("25"), Some(3))
    );
    assert_eq!(events[0].occurred_at.to_string(), "2017-03-22T19:28:08Z");
    assert_eq!((events[2].revenue_minor, &kept(&events[2])["refund_id"]), (Some(1_000), &json!("726")));
    assert_eq!(read(Platform::WooCommerce, "order.created", &order)[0].message_id, events[0].message_id);
    let mut cancelled = order;
    cancelled["status"] = json!("cancelled");
    cancelled["customer_id"] = json!(0);
    let cancelled = read(Platform::WooCommerce, "order.updated", &cancelled);
    assert_eq!((cancelled[0].name.as_str(), cancelled[0].shopper_id()), ("Order Cancelled", None));
    let product = &read(
        Platform::WooCommerce,
        "product.updated",
        &json!({
            "id": 794, "name": "Premium Quality", "price": "21.99", "sku": "", "permalink": "https://example.com/p", "status": "publish",
            "date_modified_gmt": "2017-03-23T20:01:14", "categories": [{"id": 9, "name": "Clothing"}], "images": [{"src": "https://example.com/p.jpg"}],
        }),
    )[0];
    assert_eq!((product.product_id.as_deref(), &kept(product)["category"]), (Some("794"), &json!("Clothing")));
}

#[test]
fn a_signature_made_elsewhere_fits_and_no_other_does() {
    // Made with Python's `hmac`, `hashlib` and `base64`.
    let (body, signature) = (br#"{"id":820982911946154508}"#, "Tee3YpF35pCcQ4VpA7xaRvUaU8jattd/Rf/Cvq0k0tU=");
    assert!(signature::fits("hush-hush", body, signature));
    assert!(!signature::fits("hush", body, signature));
    assert!(!signature::fits("hush-hush", b"{}", signature));
    assert!(!signature::fits("hush-hush", body, "茶"));
    assert!(!signature::fits("hush-hush", body, ""));
}

proptest! {
    #[test]
    fn arbitrary_bodies_never_panic(body in ".{0,200}", topic in 0usize..8) {
        let topic = ["orders/paid", "refunds/create", "products/update", "customers/create", "order.updated", "product.updated",
            "customer.created", ""][topic];
        let _ = Platform::Shopify.said(topic, &body);
        let _ = Platform::WooCommerce.said(topic, &body);
    }

    #[test]
    fn arbitrary_values_in_every_field_never_panic(
        values in proptest::collection::vec(crate::said::any_json(), 12), topic in 0usize..7,
    ) {
        let keys = ["id", "line_items", "customer", "refunds", "transactions", "variants", "images", "categories", "status",
            "total_price", "updated_at", "date_paid_gmt"];
        let body: Value = keys.iter().zip(values).map(|(key, value)| ((*key).to_owned(), value)).collect();
        let topic = ["orders/paid", "refunds/create", "products/update", "customers/create", "order.updated", "product.updated",
            "customer.created"][topic];
        let _ = Platform::Shopify.said(topic, &body.to_string());
        let _ = Platform::WooCommerce.said(topic, &body.to_string());
    }
}
