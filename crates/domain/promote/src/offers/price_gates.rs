//! The gates that look at prices: the reference price, the price on the page, and the cost.

use std::collections::BTreeSet;

use fanvine_contracts::prices::PricedProduct;

use super::gates::{Against, GateResult, Verdict, shown};
use super::{At, Benefit, Claim, Cut, Offer};
use crate::quote::{Cart, Facts, Line, Quote, Rulebook, Words, quote};

/// Most products named in evidence.
const MOST_NAMED: usize = 20;
/// Most units put into a cart to reach a threshold.
const MOST_UNITS: i64 = 1_000;

/// Whether the price an offer is cheaper than was not raised just before: no product's price is above its lowest of the last
/// days.
pub(super) fn reference_price(offer: &Offer, against: &Against) -> GateResult {
    let days = against.reference_days;
    let announces = announces_a_price(offer);
    let raised: Vec<Words> = against
        .products
        .iter()
        .filter(|product| announces && product.price_minor > product.lowest_minor)
        .map(|product| {
            let (price, lowest) = (shown(product, product.price_minor), shown(product, product.lowest_minor));
            let (id, since) = (&product.product_id, product.lowest_since);
            Words::new(
                format!("{id}: {price} now, {lowest} from {since} on"),
                format!("{id}：现价 {price}，自 {since} 起的最低价 {lowest}"),
            )
        })
        .collect();
    let fine = match announces {
        true => {
            let count = against.products.len();
            Words::new(
                format!("{count} products, none above its lowest price of {days} days"),
                format!("{count} 件商品均不高于其 {days} 日内最低价"),
            )
        }
        false => Words::new("it announces no lower price of a product", "未宣称商品降价"),
    };
    GateResult {
        gate: "reference_price".into(),
        rule: Words {
            en: format!(
                "a price is called lower only beside the lowest of the last {days} days (in China 7: Provisions on Clearly \
                 Marked Prices and Price Fraud; in the European Union 30: Directive 98/6/EC, article 6a)"
            ),
            zh: format!(
                "划线价不得高于此前 {days} 天内的最低价（中国为 7 天：《明码标价和禁止价格欺诈规定》；欧盟为 30 天：98/6/EC 指令第 6a 条）"
            ),
        },
        verdict: if raised.is_empty() { Verdict::Pass } else { Verdict::Refuse },
        evidence: evidence(raised, fine, against),
    }
}

/// Whether the price an offer announces for a product is what a quote of it says, beside all other base and line prices.
pub(super) fn page_price(offer: &Offer, against: &Against) -> GateResult {
    let book = book(offer, against);
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for product in &against.products {
        let Some(announced) = announced(offer, product) else { continue };
        let Some(quote) = quoted(&book, offer, product, 1, false, against) else { continue };
        let price: i64 = quote.list_minor
            - quote
                .applied
                .iter()
                .filter(|applied| applied.units.is_some())
                .map(|applied| applied.off_minor)
                .sum::<i64>();
        let says = || {
            let (announced, price) = (shown(product, announced), shown(product, price));
            let by: Vec<&str> = quote.applied.iter().map(|applied| applied.offer_id.as_str()).collect();
            let (id, by) = (&product.product_id, by.join(", "));
            Words::new(
                format!("{id}: {announced} announced, {price} quoted with {by}"),
                format!("{id}：展示价 {announced}，叠加 {by} 后结算价 {price}"),
            )
        };
        match price.cmp(&announced) {
            std::cmp::Ordering::Greater => worse.push(says()),
            std::cmp::Ordering::Less => better.push(says()),
            std::cmp::Ordering::Equal => {}
        }
    }
    let verdict = match (worse.is_empty(), better.is_empty()) {
        (false, _) => Verdict::Refuse,
        (true, false) => Verdict::Warn,
        (true, true) => Verdict::Pass,
    };
    let fine = match announces_a_price(offer) {
        true => {
            let count = against.products.len();
            Words::new(
                format!("{count} products, each quoted as announced"),
                format!("{count} 件商品的结算价均与展示一致"),
            )
        }
        false => Words::new("it announces no price of a product", "未展示商品价格"),
    };
    worse.append(&mut better);
    GateResult {
        gate: "page_price".into(),
        rule: Words {
            en: "the price on the page is the price in the quote".into(),
            zh: "页面展示价须与结算价一致".into(),
        },
        verdict,
        evidence: evidence(worse, fine, against),
    }
}

/// Whether the offers that would be used together sell anything below its cost: a unit, and as many as reach each threshold,
/// to a shopper who has every coupon.
pub(super) fn below_cost(offer: &Offer, against: &Against) -> GateResult {
    let book = book(offer, against);
    let mut found = Vec::new();
    let mut known = 0;
    for product in &against.products {
        let Some(cost) = product.cost_minor else { continue };
        known += 1;
        let below = quantities(&book, offer, product).into_iter().find_map(|units| {
            let quote = quoted(&book, offer, product, units, true, against)?;
            let uses_it = quote.applied.iter().any(|applied| applied.offer_id == offer.offer_id);
            // Compared whole: a unit's price may have a fraction.
            (uses_it && quote.goods_minor < cost.saturating_mul(units)).then_some((units, quote))
        });
        found.extend(below.map(|(units, quote)| {
            let by: Vec<&str> = quote.applied.iter().map(|applied| applied.offer_id.as_str()).collect();
            let (paid, cost) = (shown(product, quote.goods_minor), shown(product, cost.saturating_mul(units)));
            let (id, by) = (&product.product_id, by.join(", "));
            Words::new(
                format!("{id}: {units} for {paid}, which cost {cost}, with {by}"),
                format!("{id}：{units} 件售 {paid}，成本 {cost}，叠加 {by}"),
            )
        }));
    }
    let count = against.products.len();
    let fine = Words::new(
        format!("{known} of {count} products have a known cost, none is sold below it"),
        format!("{count} 件商品中 {known} 件已知成本，均不低于成本价"),
    );
    GateResult {
        gate: "below_cost".into(),
        rule: Words {
            en: "offers that together would sell below cost are shown before one of them is published".into(),
            zh: "发布前须展示叠加后低于成本价的情形".into(),
        },
        verdict: if found.is_empty() { Verdict::Pass } else { Verdict::Warn },
        evidence: evidence(found, fine, against),
    }
}

fn evidence(mut found: Vec<Words>, fine: Words, against: &Against) -> Vec<Words> {
    let more = found.len().saturating_sub(MOST_NAMED);
    found.truncate(MOST_NAMED);
    if found.is_empty() {
        found.push(fine);
    }
    if more > 0 {
        found.push(Words::new(format!("and {more} more"), format!("另有 {more} 项")));
    }
    if against.cut_short {
        let count = against.products.len();
        found.push(Words::new(
            format!("only the first {count} products were looked at"),
            format!("仅检查了前 {count} 件商品"),
        ));
    }
    found
}

fn announces_a_price(offer: &Offer) -> bool {
    matches!(offer.terms.benefit, Benefit::BasePrice { .. } | Benefit::LinePrice { .. })
}

/// What the page says a unit costs: the offer's price, where that is lower than the product's.
fn announced(offer: &Offer, product: &PricedProduct) -> Option<i64> {
    let price = match offer.terms.benefit {
        Benefit::BasePrice { unit_minor, .. } | Benefit::LinePrice { cut: Cut::UnitMinor(unit_minor), .. } => {
            unit_minor
        }
        Benefit::LinePrice { cut: Cut::OffBasisPoints(points), .. } => {
            let off = (i128::from(product.price_minor) * i128::from(points) + 5_000) / 10_000;
            product.price_minor - i64::try_from(off).unwrap_or(0)
        }
        Benefit::Tiers { .. } | Benefit::Bundle { .. } => return None,
    };
    Some(price.min(product.price_minor))
}

/// The published offers with this one in the place of its published version.
fn book(offer: &Offer, against: &Against) -> Rulebook {
    let others = against.published.iter().filter(|other| other.offer_id != offer.offer_id).cloned();
    Rulebook::new(others.chain([offer.clone()]).collect(), against.groups.clone(), against.points.clone())
}

/// Units at which something may change: one, and as many as reach each threshold of this offer and of the others.
fn quantities(book: &Rulebook, offer: &Offer, product: &PricedProduct) -> BTreeSet<i64> {
    let mut quantities = BTreeSet::from([1]);
    let all = book.offers().iter().filter(|other| other.offer_id == offer.offer_id || other.terms.combines());
    for other in all {
        match &other.terms.benefit {
            Benefit::Tiers { tiers, .. } => quantities.extend(tiers.iter().map(|tier| match tier.at {
                At::SpendMinor(minor) => units_for(minor, product.price_minor),
                At::Units(units) => units,
            })),
            Benefit::Bundle { parts, .. } => {
                quantities.insert(parts.iter().map(|part| part.units).sum());
            }
            Benefit::BasePrice { .. } | Benefit::LinePrice { .. } => {}
        }
    }
    quantities.into_iter().filter(|units| (1..=MOST_UNITS).contains(units)).take(MOST_NAMED).collect()
}

fn units_for(spend_minor: i64, unit_minor: i64) -> i64 {
    if unit_minor < 1 { 1 } else { spend_minor / unit_minor + i64::from(spend_minor % unit_minor > 0) }
}

/// What some units of a product cost somebody for whom the offer is: at a moment it holds, in its segments and channel.
fn quoted(
    book: &Rulebook,
    offer: &Offer,
    product: &PricedProduct,
    quantity: i64,
    with_coupons: bool,
    against: &Against,
) -> Option<Quote> {
    let line = Line {
        line_id: "1".into(),
        product_id: product.product_id.clone(),
        category: product.category.clone(),
        brand: product.brand.clone(),
        quantity,
        unit_minor: product.price_minor,
    };
    let audience = &offer.terms.audience;
    let points = i64::from(u32::MAX);
    let cart = Cart {
        currency: product.currency,
        lines: vec![line],
        freight_minor: 0,
        channel: audience.channels.first().cloned(),
        points: if matches!(offer.terms.benefit, Benefit::BasePrice { points: Some(_), .. }) { points } else { 0 },
    };
    let coupons = book.offers().iter().filter(|other| with_coupons && other.terms.claim == Claim::Coupon);
    let facts = Facts {
        segments: audience.segments.clone(),
        level: audience.levels.first().cloned(),
        first_order: audience.first_order,
        birthday: audience.birthday,
        points,
        coupons: coupons.map(|other| other.offer_id.clone()).collect(),
        ..Facts::default()
    };
    let now = offer.terms.starts_at.map_or(against.now, |starts| starts.max(against.now));
    quote(book, &cart, &facts, now).ok()
}
