//! How long a quote takes: 1,000 active offers, carts of 20 lines, 20 coupons each. The peer is the limit set for it: 1 ms for
//! half of all carts. `cargo run --release -p fanvine-bench --bin quotes`

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::Result;
use fanvine_bench::report::{Row, count, machine, table, write};
use fanvine_kernel::Timestamp;
use fanvine_promote::offers::Offer;
use fanvine_promote::quote::{Cart, Facts, Rulebook, quote};
use serde_json::{Value, json};

/// What half of all quotes may take, in milliseconds.
const LIMIT_MS: f64 = 1.0;
const CARTS: i64 = 2_000;

fn main() -> Result<()> {
    let book = Rulebook::new(offers()?, vec![], None);
    let facts =
        Facts { coupons: (0..20).map(|n| format!("coupon_{}", n * 10)).collect::<BTreeSet<_>>(), ..Facts::default() };
    let mut millis = Vec::new();
    let mut cut_short = 0;
    for seed in 0..CARTS {
        let cart = cart(seed)?;
        let begun = Instant::now();
        let quote = quote(&book, &cart, &facts, Timestamp::from_seconds(1_800_000_000))?;
        millis.push(begun.elapsed().as_secs_f64() * 1e3);
        cut_short += i32::from(!quote.best);
    }
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis.get((millis.len() as f64 * share) as usize).copied().unwrap_or_default();
    let (median, p99) = (at(0.5), at(0.99));
    let rows = [Row::new(
        "quote, 1,000 offers x 20 lines",
        1e3 / median,
        "quotes/s of a core at the median",
        "1 ms a quote",
        1e3 / LIMIT_MS,
        1.0,
    )];
    let head = ["1,000 active offers, 20 lines, 20 coupons", "median ms", "p99 ms", "not proved best"];
    let line = vec![count(CARTS as f64) + " carts", format!("{median:.3}"), format!("{p99:.3}"), cut_short.to_string()];
    write("quotes", &rows, &format!("Quotes, one after the other. {}.\n\n{}", machine(), table(&head, &[line])))
}

/// 600 prices of products, 200 thresholds of categories, 200 coupons.
fn offers() -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    let mut add = |name: String, terms: Value| -> Result<(), serde_json::Error> {
        let terms = serde_json::from_value(terms)?;
        offers.push(Offer { offer_id: name, version: 1, terms });
        Ok(())
    };
    for number in 0..600 {
        let cut = json!({ "off_basis_points": 200 + number });
        let benefit = json!({ "kind": "line_price", "price": "limited_time", "cut": cut });
        add(
            format!("price_{number}"),
            json!({ "name": "p", "scope": { "products": [format!("p{}", number % 300)] }, "benefit": benefit }),
        )?;
    }
    for number in 0..200 {
        let tiers: Vec<Value> = (1..4)
            .map(|tier| json!({ "at": { "spend_minor": tier * 10_000 + number * 37 }, "rewards": [{ "kind": "amount", "minor": tier * 700 + number }] }))
            .collect();
        let benefit = json!({ "kind": "tiers", "tiers": tiers });
        add(
            format!("tier_{number}"),
            json!({ "name": "t", "scope": { "categories": [format!("c{}", number % 40)] }, "benefit": benefit }),
        )?;
    }
    for number in 0..200 {
        let reward = json!({ "kind": "percent", "basis_points": 500 + number, "most_minor": 6_000 });
        let benefit = json!({ "kind": "tiers", "tiers": [{ "at": { "spend_minor": 5_000 + number * 500 }, "rewards": [reward] }] });
        add(format!("coupon_{number}"), json!({ "name": "c", "claim": "coupon", "benefit": benefit }))?;
    }
    Ok(offers)
}

fn cart(seed: i64) -> Result<Cart> {
    let lines: Vec<Value> = (0..20)
        .map(|at| {
            let pick = (seed * 7_919 + at * 104_729) % 300;
            json!({ "line_id": format!("l{at}"), "product_id": format!("p{pick}"), "category": format!("c{}", pick % 40),
                    "quantity": 1 + pick % 3, "unit_minor": 900 + pick * 53 })
        })
        .collect();
    Ok(serde_json::from_value(json!({ "currency": "CNY", "lines": lines }))?)
}
