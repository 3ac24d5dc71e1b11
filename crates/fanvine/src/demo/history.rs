//! What happened in the made-up shop, as messages of Segment's in the order of time: visits, shares, orders, refunds.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use fanvine_kernel::Timestamp;
use serde_json::{Value, json};

use super::CURRENCY;
use super::chance::Chance;
use super::world::{Person, Product, people, products};

/// How many days it goes back.
pub const DAYS: i64 = 90;
const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;
const CITIES: [&str; 6] = ["Shanghai", "Hangzhou", "Chengdu", "Beijing", "Guangzhou", "Wuhan"];
const CHANNELS: [(&str, &str); 4] =
    [("wechat", "social"), ("douyin", "social"), ("baidu", "cpc"), ("newsletter", "email")];

/// A visit, or the share by which somebody else came.
#[derive(Debug, Clone, Copy)]
struct Visit {
    at: Timestamp,
    who: usize,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    First,
    Again,
    /// They shared the link by which that one came.
    Shared(usize),
}

/// Writes the history that ends now.
pub fn write(path: &Path, count: u32, seed: u64, now: Timestamp) -> Result<()> {
    let begin = now.plus_micros(-DAYS * DAY);
    let (shoppers, goods) = (people(count, DAYS as f64, seed), products());
    let visits = visits(&shoppers, begin, now, seed);
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut writer = Writer { out: BufWriter::with_capacity(1 << 20, file), number: 0, until: now };
    for (at, visit) in (0u64..).zip(&visits) {
        let mut chance = Chance::of(seed, 1_000_000 + at);
        let Some(person) = shoppers.get(visit.who) else { continue };
        match visit.what {
            What::Shared(friend) => share(&mut writer, visit.at, person, friend, &goods)?,
            what => browse(&mut writer, visit, person, what == What::First, &shoppers, &goods, &mut chance)?,
        }
    }
    writer.out.flush()?;
    Ok(())
}

/// All visits and shares, in order of time.
fn visits(shoppers: &[Person], begin: Timestamp, now: Timestamp, seed: u64) -> Vec<Visit> {
    let moment = |days: f64| begin.plus_micros((days * DAY as f64) as i64);
    let mut visits = Vec::new();
    for (who, person) in shoppers.iter().enumerate() {
        let mut chance = Chance::of(seed, 2 + who as u64);
        if let Some(friend) = person.invited_by {
            let shared = (person.joined - chance.wait(0.05)).max(0.0);
            visits.push(Visit { at: moment(shared), who: friend, what: What::Shared(who) });
        }
        let (mut day, mut what) = (person.joined, What::First);
        while day < DAYS as f64 {
            visits.push(Visit { at: moment(day), who, what });
            day += 0.1 + chance.wait(person.pause);
            what = What::Again;
        }
    }
    visits.retain(|visit| visit.at < now);
    visits.sort_by_key(|visit| visit.at);
    visits
}

struct Writer {
    out: BufWriter<File>,
    number: u64,
    /// Nothing happens later.
    until: Timestamp,
}

impl Writer {
    fn say(&mut self, at: Timestamp, kind: &str, ids: Value, rest: Value) -> Result<()> {
        if at > self.until {
            return Ok(());
        }
        self.number += 1;
        let mut message = json!({ "type": kind, "messageId": format!("demo-{}", self.number), "timestamp": at });
        for part in [ids, rest] {
            if let (Some(message), Value::Object(part)) = (message.as_object_mut(), part) {
                message.extend(part);
            }
        }
        serde_json::to_writer(&mut self.out, &message)?;
        Ok(self.out.write_all(b"\n")?)
    }
}

fn track(event: &str, properties: Value, context: &Value) -> Value {
    json!({ "event": event, "properties": properties, "context": context })
}

fn share(writer: &mut Writer, at: Timestamp, person: &Person, friend: usize, goods: &[Product]) -> Result<()> {
    let product = goods.get(person.likes * 10).map_or("", |product| product.id.as_str());
    let properties = json!({ "share_id": format!("share-{friend}"), "product_id": product, "share_via": "wechat" });
    writer.say(at, "track", json!({ "userId": person.id }), track("Product Shared", properties, &json!({})))
}

fn browse(
    writer: &mut Writer,
    visit: &Visit,
    person: &Person,
    first: bool,
    shoppers: &[Person],
    goods: &[Product],
    chance: &mut Chance,
) -> Result<()> {
    let mut at = visit.at;
    let ids = json!({ "userId": person.id, "anonymousId": format!("a-{}", person.id) });
    let source = chance.one_of(&CHANNELS).filter(|_| person.invited_by.is_none() && chance.happens(0.5));
    let campaign =
        source.map_or(Value::Null, |(source, medium)| json!({ "source": source, "medium": medium, "name": "autumn" }));
    let context = json!({ "campaign": campaign, "sessionId": format!("v-{}-{}", person.id, at.micros() / SECOND) });
    if first {
        // Who they are is known once they sign in.
        let known = json!({ "city": chance.one_of(&CITIES), "birthday": format!("{:02}-{:02}", 1 + chance.below(12), 1 + chance.below(28)) });
        if let Some(friend) = person.invited_by.and_then(|friend| shoppers.get(friend)) {
            let opened = json!({ "share_id": format!("share-{}", visit.who), "sharer_id": friend.id });
            writer.say(
                at,
                "track",
                json!({ "anonymousId": ids["anonymousId"] }),
                track("Share Opened", opened, &context),
            )?;
        }
        at = at.plus_micros(5 * SECOND);
        writer.say(at, "identify", ids.clone(), json!({ "traits": known, "context": context }))?;
    }
    writer.say(
        at,
        "page",
        ids.clone(),
        json!({ "name": "Home", "properties": { "path": "/" }, "context": context }),
    )?;
    let looks = 1 + chance.below(3);
    let mut product = None;
    for _ in 0..looks {
        let at_home = chance.happens(0.6);
        let seen = if at_home { goods.get(person.likes * 10 + chance.below(10)) } else { chance.one_of(goods) };
        let Some(seen) = seen else { continue };
        at = at.plus_micros((10 + chance.below(90) as i64) * SECOND);
        writer.say(at, "track", ids.clone(), track("Product Viewed", of(seen), &context))?;
        product = Some(seen);
    }
    let Some(product) = product else { return Ok(()) };
    if !chance.happens(person.buys * 2.5) {
        return Ok(());
    }
    at = at.plus_micros(20 * SECOND);
    writer.say(at, "track", ids.clone(), track("Product Added", of(product), &context))?;
    if !chance.happens(0.4) {
        return Ok(());
    }
    order(writer, at, ids, product, &context, chance)
}

/// An order, and what comes back of it.
fn order(
    writer: &mut Writer,
    at: Timestamp,
    ids: Value,
    product: &Product,
    context: &Value,
    chance: &mut Chance,
) -> Result<()> {
    let (number, quantity) = (writer.number, 1 + chance.below(2) as i64);
    let total = major(product.price_minor * quantity);
    let mut line = of(product);
    line["quantity"] = quantity.into();
    let order = json!({ "order_id": format!("h-{number}"), "revenue": total, "total": total, "currency": CURRENCY, "products": [line] });
    let at = at.plus_micros(90 * SECOND);
    writer.say(at, "track", ids.clone(), track("Order Completed", order, context))?;
    if chance.happens(0.05) {
        let back =
            json!({ "order_id": format!("h-{number}"), "total": total, "currency": CURRENCY, "products": [line] });
        let days = 1 + chance.below(6) as i64;
        writer.say(at.plus_micros(days * DAY), "track", ids, track("Order Refunded", back, context))?;
    }
    Ok(())
}

fn of(product: &Product) -> Value {
    json!({ "product_id": product.id, "name": product.name, "category": product.category,
        "price": major(product.price_minor), "currency": CURRENCY })
}

/// Major units, as events have them.
fn major(minor: i64) -> Value {
    Value::from(minor as f64 / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_history_in_the_order_of_time() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::parse("2026-11-23T00:00:00Z").unwrap();
        let written = |name: &str| {
            let path = folder.path().join(name);
            write(&path, 60, 7, now).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let (one, two) = (written("one"), written("two"));
        assert_eq!(one, two);
        let messages: Vec<Value> = one.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let named = |name: &str| messages.iter().filter(|message| message["event"] == name).count();
        assert!(
            messages.len() > 500 && named("Share Opened") > 10 && named("Order Completed") > 5,
            "{}",
            messages.len()
        );
        let ended = |message: &Value| Timestamp::parse(message["timestamp"].as_str().unwrap()).unwrap() <= now;
        assert!(messages.iter().all(ended));
    }
}
