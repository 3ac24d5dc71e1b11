//! What the facts about an order add up to.
//!
//! Facts are taken by the time they tell of, not by the time they arrived. Later words replace earlier ones field
//! by field; an `Order Updated` that lists products restates all amounts. Refunds are applied one after the other
//! to what is left, and a cancellation takes the rest.

use std::collections::BTreeMap;

use fanvine_kernel::allocation::{allocate, part};
use fanvine_kernel::{Currency, Money, Timestamp};

use super::facts::{Fact, FactKind};
use super::refund_order::RefundLineForm;
use super::{Order, OrderLine, OrderStatus, Refund};
use crate::payload::{Amounts, SaidLine};

/// The order that `facts` add up to; none if they are only a cancellation of something unknown.
///
/// Product revenue is the sum of the lines if each has a price; else `subtotal`; else `total` less shipping and
/// tax where either is told; else `revenue`; else `total`.
pub(crate) fn fold(order_id: &str, mut facts: Vec<Fact>) -> Option<Order> {
    facts.sort_by(|a, b| (a.at, a.kind, &a.key).cmp(&(b.at, b.kind, &b.key)));
    let known = facts.iter().any(Fact::defines);
    let first = facts.iter().find(|fact| if known { fact.defines() } else { fact.kind == FactKind::Refunded })?;
    let (placed_at, source_id) = (first.at, first.source.clone());
    let updated_at = facts.iter().map(|fact| fact.at).max()?;
    let terms = Terms::of(&facts, known);
    let mut order = Order {
        order_id: order_id.to_owned(),
        status: if known { OrderStatus::Completed } else { OrderStatus::RefundOnly },
        shopper_id: terms.user_id.clone().or_else(|| terms.anonymous_id.clone()),
        anonymous_id: terms.anonymous_id.clone(),
        placed_at,
        updated_at,
        currency: terms.currency,
        revenue_minor: 0,
        total_minor: 0,
        shipping_minor: 0,
        tax_minor: 0,
        discount_minor: 0,
        refunded_minor: 0,
        coupon: terms.coupon.clone(),
        channel: terms.channel.clone(),
        campaign: terms.campaign.clone(),
        source_id,
        units: 0,
        lines: Vec::new(),
        refunds: Vec::new(),
    };
    if known {
        place(&mut order, &terms);
    }
    for fact in facts.iter().filter(|fact| fact.kind == FactKind::Refunded) {
        if order.refunds.iter().any(|refund| refund.refund_id == fact.refund_name()) {
            continue;
        }
        let refund = if known { refund(&mut order, fact) } else { refund_of_unknown(&mut order, fact) };
        order.refunded_minor = order.refunded_minor.saturating_add(refund.amount_minor);
        order.refunds.push(refund);
    }
    if known {
        settle(&mut order, facts.iter().find(|fact| fact.kind == FactKind::Cancelled));
    }
    Some(order)
}

/// The last word on each field.
#[derive(Default)]
struct Terms {
    user_id: Option<String>,
    anonymous_id: Option<String>,
    channel: Option<String>,
    campaign: Option<String>,
    currency: Option<Currency>,
    coupon: Option<String>,
    amounts: Amounts,
    lines: Vec<SaidLine>,
}

impl Terms {
    fn of(facts: &[Fact], known: bool) -> Self {
        let mut terms = Self::default();
        let mut singles: BTreeMap<(Option<&str>, Option<&str>), &SaidLine> = BTreeMap::new();
        let mut listed: Option<&Vec<SaidLine>> = None;
        let (mut named, mut fallback) = (None, None);
        for fact in facts.iter().filter(|fact| !known || fact.defines()) {
            let lines = fact.lines.as_ref();
            if fact.kind == FactKind::Updated && lines.is_some() && !fact.single {
                (terms.amounts, terms.coupon) = (Amounts::default(), None);
            }
            overlay(&mut terms.user_id, &fact.user_id);
            overlay(&mut terms.anonymous_id, &fact.anonymous_id);
            overlay(&mut terms.channel, &fact.channel);
            overlay(&mut terms.campaign, &fact.campaign);
            overlay(&mut terms.coupon, &fact.coupon);
            named = fact.currency.or(named);
            fallback = fact.fallback.or(fallback);
            overlay(&mut terms.amounts.total, &fact.amounts.total);
            overlay(&mut terms.amounts.revenue, &fact.amounts.revenue);
            overlay(&mut terms.amounts.subtotal, &fact.amounts.subtotal);
            overlay(&mut terms.amounts.shipping, &fact.amounts.shipping);
            overlay(&mut terms.amounts.tax, &fact.amounts.tax);
            overlay(&mut terms.amounts.discount, &fact.amounts.discount);
            if !fact.single {
                listed = lines.or(listed);
            } else if let Some(line) = lines.and_then(|lines| lines.first()) {
                singles.insert((line.product_id.as_deref(), line.variant.as_deref()), line);
            }
        }
        terms.lines = listed.map_or_else(|| singles.into_values().cloned().collect(), Clone::clone);
        terms.currency = named.or(fallback);
        terms
    }
}

fn overlay(field: &mut Option<String>, later: &Option<String>) {
    if later.is_some() {
        field.clone_from(later);
    }
}

/// Minor units of a decimal text; none without a currency to count them in.
fn minor(text: &Option<String>, currency: Option<Currency>) -> Option<i64> {
    // Amounts were checked when they were read, in the finest currency there is.
    Money::from_decimal(text.as_deref()?, currency?).ok().map(|money| money.minor)
}

/// Fills in what was ordered.
fn place(order: &mut Order, terms: &Terms) {
    let currency = terms.currency;
    let stated = &terms.amounts;
    let worths: Vec<Option<i64>> = terms.lines.iter().map(|line| worth(line, currency)).collect();
    let own: Vec<i64> = terms
        .lines
        .iter()
        .zip(&worths)
        .map(|(line, worth)| {
            let off = minor(&line.discount, currency).unwrap_or(0).saturating_abs();
            off.min(worth.unwrap_or(0).max(0))
        })
        .collect();
    let own_sum = own.iter().fold(0i64, |sum, &off| sum.saturating_add(off));
    let discount = minor(&stated.discount, currency).unwrap_or(0).saturating_abs();
    // Some shops state the sum of the lines' discounts once more for the order.
    let shared = if own_sum > 0 && discount == own_sum { 0 } else { discount };
    let nets: Vec<i64> = worths.iter().zip(&own).map(|(worth, off)| worth.unwrap_or(0).saturating_sub(*off)).collect();
    let room = nets.iter().fold(0i64, |sum, &net| sum.saturating_add(net.max(0)));
    let shares = allocate(shared.min(room), &nets);
    for (place, line) in terms.lines.iter().enumerate() {
        order.lines.push(OrderLine {
            line: i64::try_from(place).map_or(i64::MAX, |place| place + 1),
            product_id: line.product_id.clone(),
            variant: line.variant.clone(),
            name: line.name.clone(),
            category: line.category.clone(),
            quantity: line.quantity,
            unit_price_minor: minor(&line.price, currency),
            discount_minor: own[place].saturating_add(shares[place]),
            revenue_minor: nets[place].saturating_sub(shares[place]),
            refunded_quantity: 0,
            refunded_minor: 0,
        });
    }
    order.units = order.lines.iter().fold(0i64, |sum, line| sum.saturating_add(line.quantity));
    order.shipping_minor = minor(&stated.shipping, currency).unwrap_or(0);
    order.tax_minor = minor(&stated.tax, currency).unwrap_or(0);
    let of_lines =
        nets.iter().zip(&shares).fold(0i64, |sum, (net, share)| sum.saturating_add(net.saturating_sub(*share)));
    let priced = !worths.is_empty() && worths.iter().all(Option::is_some);
    order.revenue_minor = if priced { of_lines } else { stated_revenue(stated, currency).unwrap_or(of_lines) };
    if let [only] = order.lines.as_mut_slice()
        && !priced
    {
        only.revenue_minor = order.revenue_minor;
    }
    let allocated = shares.iter().fold(own_sum, |sum, &share| sum.saturating_add(share));
    order.discount_minor = if priced { allocated } else { allocated.max(discount) };
    let paid = order.revenue_minor.saturating_add(order.shipping_minor).saturating_add(order.tax_minor);
    order.total_minor = minor(&stated.total, currency).unwrap_or(paid);
}

fn stated_revenue(stated: &Amounts, currency: Option<Currency>) -> Option<i64> {
    let total = minor(&stated.total, currency);
    let extras = [&stated.shipping, &stated.tax].map(|text| minor(text, currency));
    let told = extras.iter().any(Option::is_some);
    let less = extras.iter().flatten().fold(0i64, |sum, &extra| sum.saturating_add(extra));
    minor(&stated.subtotal, currency)
        .or_else(|| total.filter(|_| told).map(|total| total.saturating_sub(less)))
        .or_else(|| minor(&stated.revenue, currency))
        .or(total)
}

/// Price times quantity, rounded once.
fn worth(line: &SaidLine, currency: Option<Currency>) -> Option<i64> {
    Money::from_product(line.price.as_deref()?, line.quantity, currency?).ok().map(|money| money.minor)
}

/// What a refund says it gave back. An amount of another currency than the order's cannot be counted with it.
fn stated_refund(fact: &Fact, currency: Option<Currency>) -> Option<i64> {
    if is_foreign(fact, currency) {
        return None;
    }
    let total = minor(&fact.amounts.total, currency).or_else(|| minor(&fact.amounts.revenue, currency))?;
    Some(total.saturating_abs())
}

fn is_foreign(fact: &Fact, currency: Option<Currency>) -> bool {
    fact.currency.is_some() && fact.currency != currency
}

/// Applies a refund to a known order.
fn refund(order: &mut Order, fact: &Fact) -> Refund {
    let stated = stated_refund(fact, order.currency);
    let left = order.revenue_minor.saturating_sub(order.refunded_minor).max(0);
    let (amount, units) = match &fact.lines {
        Some(products) => {
            let (mut amount, mut units) = (0i64, 0i64);
            for product in products {
                let (given, count) = refund_product(order, product);
                amount = amount.saturating_add(given);
                units = units.saturating_add(count);
            }
            (stated.unwrap_or(amount), units)
        }
        // What that much of another currency is worth here, nobody said.
        None if is_foreign(fact, order.currency) => (0, 0),
        None => match stated {
            Some(stated) if stated < left => {
                let open: Vec<i64> =
                    order.lines.iter().map(|line| line.revenue_minor.saturating_sub(line.refunded_minor)).collect();
                for (line, share) in order.lines.iter_mut().zip(allocate(stated, &open)) {
                    line.refunded_minor =
                        line.refunded_minor.saturating_add(share).min(line.revenue_minor.max(line.refunded_minor));
                }
                (stated, 0)
            }
            stated => (stated.unwrap_or(left), refund_rest(order)),
        },
    };
    Refund { refund_id: fact.refund_name().to_owned(), refunded_at: fact.at, amount_minor: amount, units }
}

/// Takes units of a product back, from as many lines as it needs; what that is worth and how many they were.
fn refund_product(order: &mut Order, product: &SaidLine) -> (i64, i64) {
    let wanted = product.quantity.saturating_abs();
    let (mut open, mut amount) = (wanted, 0i64);
    let matching = order.lines.iter_mut().filter(|line| {
        line.product_id == product.product_id && (product.variant.is_none() || line.variant == product.variant)
    });
    for line in matching {
        let count = open.min(line.quantity.saturating_sub(line.refunded_quantity)).max(0);
        let worth = part(line.revenue_minor, line.refunded_quantity, line.refunded_quantity + count, line.quantity)
            .min(line.revenue_minor.saturating_sub(line.refunded_minor));
        line.refunded_quantity += count;
        line.refunded_minor = line.refunded_minor.saturating_add(worth);
        amount = amount.saturating_add(worth);
        open -= count;
    }
    // What the order does not list is counted by the price the refund itself gives.
    let beyond = SaidLine { quantity: open, ..product.clone() };
    let extra = if open > 0 { worth(&beyond, order.currency).unwrap_or(0).saturating_abs() } else { 0 };
    (amount.saturating_add(extra), wanted)
}

/// What units of the order's products would be worth if they came back now.
pub(crate) fn worth_of_units(order: &Order, products: &[RefundLineForm]) -> i64 {
    let mut trial = order.clone();
    products.iter().fold(0i64, |sum, product| {
        let said = SaidLine {
            product_id: Some(product.product_id.clone()),
            variant: product.variant.clone(),
            quantity: product.quantity,
            ..SaidLine::default()
        };
        sum.saturating_add(refund_product(&mut trial, &said).0)
    })
}

/// Takes back whatever is left of every line; how many units that were.
fn refund_rest(order: &mut Order) -> i64 {
    let mut units = 0i64;
    for line in &mut order.lines {
        units = units.saturating_add(line.quantity.saturating_sub(line.refunded_quantity).max(0));
        line.refunded_quantity = line.quantity.max(line.refunded_quantity);
        line.refunded_minor = line.revenue_minor;
    }
    units
}

/// Applies a refund of an order nobody reported: its products become lines of which nothing was bought.
fn refund_of_unknown(order: &mut Order, fact: &Fact) -> Refund {
    let (mut amount, mut units) = (0i64, 0i64);
    for product in fact.lines.iter().flatten() {
        let worth = worth(product, order.currency).unwrap_or(0).saturating_abs();
        let count = product.quantity.saturating_abs();
        amount = amount.saturating_add(worth);
        units = units.saturating_add(count);
        order.lines.push(OrderLine {
            line: i64::try_from(order.lines.len()).map_or(i64::MAX, |lines| lines + 1),
            product_id: product.product_id.clone(),
            variant: product.variant.clone(),
            name: product.name.clone(),
            category: product.category.clone(),
            quantity: 0,
            unit_price_minor: minor(&product.price, order.currency),
            discount_minor: 0,
            revenue_minor: 0,
            refunded_quantity: count,
            refunded_minor: worth,
        });
    }
    let amount = stated_refund(fact, order.currency).unwrap_or(amount);
    Refund { refund_id: fact.refund_name().to_owned(), refunded_at: fact.at, amount_minor: amount, units }
}

/// Decides the status of a known order. Its first cancellation gives back what no refund did.
fn settle(order: &mut Order, cancelled: Option<&Fact>) {
    if let Some(fact) = cancelled {
        let rest = order.revenue_minor.saturating_sub(order.refunded_minor).max(0);
        let units = refund_rest(order);
        if rest > 0 {
            order.refunded_minor = order.refunded_minor.saturating_add(rest);
            let refund_id = fact.refund_name().to_owned();
            order.refunds.push(Refund { refund_id, refunded_at: fact.at, amount_minor: rest, units });
        }
        order.status = OrderStatus::Cancelled;
        return;
    }
    let all_back = order.units > 0 && order.lines.iter().all(|line| line.refunded_quantity >= line.quantity);
    let some_back = order.refunded_minor > 0 || order.lines.iter().any(|line| line.refunded_quantity > 0);
    if some_back && order.refunded_minor >= order.revenue_minor && (order.revenue_minor > 0 || all_back) {
        order.status = OrderStatus::Refunded;
    } else if some_back {
        order.status = OrderStatus::PartiallyRefunded;
    }
}

/// The moment just after the last word on what was ordered, and not before `now`: a new word given now wins.
pub(crate) fn after(facts: &[Fact], now: Timestamp) -> Timestamp {
    facts.iter().filter(|fact| fact.defines()).map(|fact| fact.at.plus_micros(1)).fold(now, Timestamp::max)
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
