//! What orders come to, by example and by property.

use fanvine_kernel::Event;
use fanvine_testkit::track;
use proptest::prelude::*;

use super::*;
use crate::payload::Said;

fn fact(event: &Event) -> Fact {
    let said = Said::read(event.properties.as_ref().unwrap().get()).unwrap();
    Fact::read(&event.borrowed(), FactKind::of(&event.name).unwrap(), &said, None).unwrap().1
}

fn order(events: &[Event]) -> Order {
    fold("o1", events.iter().map(fact).collect()).unwrap()
}

fn completed(properties: &str) -> Event {
    track("Order Completed").user("u1").at("2026-01-01T10:00:00Z").properties(properties).build()
}

fn refunded(at: &str, properties: &str) -> Event {
    track("Order Refunded").at(at).properties(properties).build()
}

/// The sample order of Segment's e-commerce spec (v2, Order Completed).
const SPEC: &str = r#"{"order_id": "o1", "total": 27.50, "subtotal": 22.50, "revenue": 25.00, "shipping": 3, "tax": 2,
    "discount": 2.5, "coupon": "hasbros", "currency": "USD", "products": [
    {"product_id": "p1", "sku": "45790-32", "name": "Monopoly: 3rd Edition", "price": 19, "quantity": 1, "category": "Games"},
    {"product_id": "p2", "sku": "46493-32", "name": "Uno Card Game", "price": 3, "quantity": 2, "category": "Games"}]}"#;

#[test]
fn the_specs_own_order_adds_up() {
    let order = order(&[completed(SPEC)]);
    assert_eq!((order.revenue_minor, order.total_minor), (2_250, 2_750));
    assert_eq!((order.shipping_minor, order.tax_minor, order.discount_minor), (300, 200, 250));
    assert_eq!((order.units, order.status), (3, OrderStatus::Completed));
    let lines: Vec<_> = order.lines.iter().map(|line| (line.discount_minor, line.revenue_minor)).collect();
    assert_eq!(lines, [(190, 1_710), (60, 540)]);
    assert_eq!(order.shopper_id.as_deref(), Some("u1"));
}

#[test]
fn a_refund_in_another_currency_gives_nothing_of_the_order_back() {
    let foreign = refunded("2026-01-02T10:00:00Z", r#"{"order_id": "o1", "total": 5, "currency": "EUR"}"#);
    let order = order(&[completed(SPEC), foreign]);
    assert_eq!((order.refunded_minor, order.refunds.len(), order.refunds[0].amount_minor), (0, 1, 0));
    assert_eq!(order.status, OrderStatus::Completed);
}

#[test]
fn the_same_order_of_browser_and_server_is_one_order() {
    let browser = track("Order Completed")
        .anonymous("a1")
        .source("src_web")
        .at("2026-01-01T09:59:58Z")
        .with(|event| event.channel = Some("paid_social".to_owned()))
        .properties(r#"{"order_id": "o1", "currency": "USD", "revenue": 22.5}"#)
        .build();
    let order = order(&[completed(SPEC), browser.clone()]);
    assert_eq!((order.revenue_minor, order.lines.len()), (2_250, 2));
    assert_eq!((order.shopper_id.as_deref(), order.anonymous_id.as_deref()), (Some("u1"), Some("a1")));
    assert_eq!((order.channel.as_deref(), order.source_id.as_str()), (Some("paid_social"), "src_web"));
    assert_eq!(order.placed_at, browser.occurred_at);
}

#[test]
fn an_update_that_lists_products_restates_the_order() {
    let update = track("Order Updated")
        .at("2026-01-02")
        .properties(
            r#"{"order_id": "o1", "currency": "USD", "products": [{"product_id": "p2", "price": "3", "quantity": 1}]}"#,
        )
        .build();
    let order = order(&[update, completed(SPEC)]);
    assert_eq!((order.revenue_minor, order.total_minor, order.discount_minor), (300, 300, 0));
    assert_eq!((order.units, order.coupon), (1, None));
}

#[test]
fn a_refund_without_details_takes_back_what_is_left() {
    let units = refunded("2026-01-03", r#"{"order_id": "o1", "products": [{"product_id": "p2", "quantity": 1}]}"#);
    let part = order(&[completed(SPEC), units.clone()]);
    assert_eq!((part.refunded_minor, part.status), (270, OrderStatus::PartiallyRefunded));
    assert_eq!((part.lines[1].refunded_quantity, part.lines[1].refunded_minor), (1, 270));
    let rest = refunded("2026-01-04", r#"{"order_id": "o1"}"#);
    let whole = order(&[rest, units, completed(SPEC)]);
    assert_eq!((whole.refunded_minor, whole.status), (2_250, OrderStatus::Refunded));
    assert_eq!(whole.refunds.iter().map(|refund| refund.amount_minor).collect::<Vec<_>>(), [270, 1_980]);
    assert!(whole.lines.iter().all(|line| line.refunded_minor == line.revenue_minor));
}

#[test]
fn a_refund_of_an_amount_is_shared_out_over_the_lines() {
    let order = order(&[completed(SPEC), refunded("2026-01-03", r#"{"order_id": "o1", "total": "10.00"}"#)]);
    assert_eq!((order.refunded_minor, order.status), (1_000, OrderStatus::PartiallyRefunded));
    assert_eq!(order.lines.iter().map(|line| line.refunded_minor).collect::<Vec<_>>(), [760, 240]);
}

#[test]
fn two_words_about_one_refund_are_one_refund() {
    let one = refunded("2026-01-03", r#"{"order_id": "o1", "refund_id": "r9", "total": 5}"#);
    let two = refunded("2026-01-04", r#"{"order_id": "o1", "refund_id": "r9", "total": 5.0}"#);
    let order = order(&[completed(SPEC), two, one]);
    assert_eq!((order.refunded_minor, order.refunds.len()), (500, 1));
    assert_eq!(order.refunds[0].refund_id, "r9");
}

#[test]
fn a_refund_of_an_order_nobody_reported_still_counts() {
    // The shape of the UCI cancellations: a number of their own, quantities below zero.
    let properties = r#"{"order_id": "o1", "currency": "GBP", "products": [
        {"product_id": "D", "name": "Discount", "price": 27.5, "quantity": -1},
        {"product_id": "35004C", "price": 4.65, "quantity": -1}]}"#;
    let order = order(&[refunded("2010-12-01T09:41:00Z", properties)]);
    assert_eq!((order.status, order.revenue_minor, order.refunded_minor), (OrderStatus::RefundOnly, 0, 3_215));
    assert_eq!((order.units, order.lines.len()), (0, 2));
    assert_eq!(order.lines[0].refunded_quantity, 1);
    assert_eq!(order.placed_at.to_string(), "2010-12-01T09:41:00Z");
}

#[test]
fn a_cancelled_order_brings_in_nothing() {
    let cancelled = track("Order Cancelled").at("2026-01-01").properties(r#"{"order_id": "o1"}"#).build();
    let order = order(&[cancelled.clone(), completed(SPEC)]);
    assert_eq!((order.status, order.revenue_minor, order.refunded_minor), (OrderStatus::Cancelled, 2_250, 2_250));
    assert_eq!(fold("o1", vec![fact(&cancelled)]), None);
}

#[test]
fn a_row_for_each_line_makes_one_order() {
    let row = |product: &str| {
        completed(&format!(
            r#"{{"order_id": "o1", "product_id": "{product}", "quantity": 2, "price": 1.005, "currency": "CNY"}}"#
        ))
    };
    let order = order(&[row("b"), row("a"), row("b")]);
    assert_eq!((order.lines.len(), order.units), (2, 4));
    assert_eq!(order.revenue_minor, 402);
}

#[test]
fn an_order_without_prices_is_worth_what_it_says() {
    let order = order(&[completed(
        r#"{"order_id": "o1", "currency": "CNY", "total": 110, "shipping": 10, "products": [{"product_id": "p"}]}"#,
    )]);
    assert_eq!((order.revenue_minor, order.total_minor, order.lines[0].revenue_minor), (10_000, 11_000, 10_000));
    let bare =
        super::fold("o1", vec![fact(&completed(r#"{"order_id": "o1", "products": [{"product_id": "p"}]}"#))]).unwrap();
    assert_eq!((bare.revenue_minor, bare.currency, bare.units), (0, None, 1));
}

#[test]
fn a_refund_in_another_currency_is_not_counted_as_if_it_were_the_orders() {
    let euros = refunded(
        "2026-01-03",
        r#"{"order_id": "o1", "currency": "EUR", "total": 5, "products": [{"product_id": "p2", "quantity": 1}]}"#,
    );
    let order = order(&[completed(SPEC), euros]);
    assert_eq!((order.currency.unwrap().code(), order.refunded_minor), ("USD", 270));
}

prop_compose! {
    fn line()(product in 0u8..3, quantity in 1i64..4, price in 0i64..5_000, off in prop::option::of(0i64..300)) -> String {
        let off = off.map(|off| format!(r#", "discount": {}.{:02}"#, off / 100, off % 100)).unwrap_or_default();
        format!(r#"{{"product_id": "p{product}", "quantity": {quantity}, "price": {}.{:02}{off}}}"#, price / 100, price % 100)
    }
}

prop_compose! {
    fn word()(
        name in prop_oneof![3 => Just("Order Completed"), 2 => Just("Order Updated"), 3 => Just("Order Refunded"), 1 => Just("Order Cancelled")],
        second in 0i64..4,
        lines in prop::option::of(prop::collection::vec(line(), 0..4)),
        amounts in prop::collection::vec((prop::sample::select(vec!["total", "revenue", "subtotal", "shipping", "tax", "discount"]), 0i64..9_999), 0..3),
        currency in prop::option::of(prop::sample::select(vec!["CNY", "JPY", "CNY"])),
        refund in prop::option::of(0u8..2),
        user in prop::option::of("[ab]"),
    ) -> Event {
        let mut properties = serde_json::Map::new();
        properties.insert("order_id".to_owned(), "o1".into());
        for (field, minor) in amounts {
            properties.insert(field.to_owned(), format!("{}.{:02}", minor / 100, minor % 100).into());
        }
        if let Some(currency) = currency {
            properties.insert("currency".to_owned(), currency.into());
        }
        if let Some(refund) = refund {
            properties.insert("refund_id".to_owned(), format!("r{refund}").into());
        }
        if let Some(lines) = lines {
            let text = format!("[{}]", lines.join(","));
            properties.insert("products".to_owned(), serde_json::from_str(&text).unwrap());
        }
        let text = serde_json::Value::Object(properties).to_string();
        track(name)
            .at_moment(Timestamp::from_micros(1_000_000 * second))
            .properties(&text)
            .with(|event| {
                event.user_id = user;
                event.currency = Some("CNY".parse().unwrap());
            })
            .build()
    }
}

proptest! {
    #[test]
    fn any_order_of_the_same_words_gives_the_same_order(
        (words, shuffled) in prop::collection::vec(word(), 1..7).prop_flat_map(|words| (Just(words.clone()), Just(words).prop_shuffle())),
    ) {
        let facts = |events: &[Event]| events.iter().map(fact).collect::<Vec<_>>();
        let order = fold("o1", facts(&words));
        prop_assert_eq!(&order, &fold("o1", facts(&shuffled)));
        if let Some(order) = order {
            prop_assert_eq!(order.refunds.iter().map(|refund| refund.amount_minor).sum::<i64>(), order.refunded_minor);
        }
    }

    #[test]
    fn lines_sum_to_the_order(lines in prop::collection::vec(line(), 1..6), discount in 0i64..20_000) {
        let properties = format!(
            r#"{{"order_id": "o1", "currency": "CNY", "discount": "{}.{:02}", "products": [{}]}}"#,
            discount / 100, discount % 100, lines.join(","),
        );
        let order = order(&[completed(&properties)]);
        prop_assert_eq!(order.lines.iter().map(|line| line.revenue_minor).sum::<i64>(), order.revenue_minor);
        prop_assert_eq!(order.lines.iter().map(|line| line.discount_minor).sum::<i64>(), order.discount_minor);
        prop_assert!(order.lines.iter().all(|line| line.revenue_minor >= 0));
    }

    #[test]
    fn refunds_of_units_never_give_back_more_than_a_line_brought_in(
        lines in prop::collection::vec(line(), 1..4), refunds in prop::collection::vec(prop::collection::vec(line(), 0..3), 1..4),
    ) {
        let mut events = vec![completed(&format!(r#"{{"order_id": "o1", "currency": "CNY", "products": [{}]}}"#, lines.join(",")))];
        for (number, products) in refunds.iter().enumerate() {
            let properties = format!(r#"{{"order_id": "o1", "refund_id": "r{number}", "products": [{}]}}"#, products.join(","));
            events.push(refunded("2026-02-01", &properties));
        }
        let order = order(&events);
        for line in &order.lines {
            prop_assert!((0..=line.revenue_minor).contains(&line.refunded_minor));
            prop_assert!((0..=line.quantity).contains(&line.refunded_quantity));
            if line.refunded_quantity == line.quantity {
                prop_assert_eq!(line.refunded_minor, line.revenue_minor);
            }
        }
    }
}
