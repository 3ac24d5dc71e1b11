//! A campaign that has run for a while: those who have not ordered for a month are brought back by a discount, a fifth of
//! them held out, and some of both come by.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fanvine_kernel::Clock as _;
use serde_json::{Value, json};

use super::CURRENCY;
use super::api::Api;
use super::chance::Chance;
use super::seed::{post, put};
use super::world::products;
use crate::ambient::SystemClock;

const SEGMENT: &str = "sleeping";
const NAME: &str = "come-back";
const DAY: i64 = 86_400_000_000;
/// Of all shoppers, one in so many comes by; at least a few.
const ONE_IN: u32 = 25;
/// How often somebody buys who comes by and sees the discount, and who does not.
const BUYS: (f64, f64) = (0.36, 0.20);
/// How often it is asked whether the segment is counted, and how long between.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(200);

/// Sets it up and lets people come by; may be repeated.
pub fn run(api: &Api, seed: u64, people: u32) -> Result<()> {
    let rule = json!({ "id": SEGMENT, "name": "一个月未下单 · Not ordered for a month",
        "text": "value last_order over 30 days ago" });
    let made = api.ask_here("POST", "/api/v1/segments", None, &rule)?;
    // Made by an attempt before this one.
    if made.status != 409 {
        made.good().context("the segment of the campaign")?;
    }
    set_campaign(api)?;
    wait_for_members(api)?;
    let most = (people / ONE_IN).clamp(8, 1_000);
    let listed = get(api, &format!("/api/v1/segments/{SEGMENT}/members?limit={most}"))?;
    let mut chance = Chance::of(seed, 910_000_000);
    for member in listed["members"].as_array().into_iter().flatten() {
        let shopper = member["shopper_id"].as_str().context("a member without a key")?;
        comes_by(api, shopper, &mut chance)?;
    }
    Ok(())
}

fn get(api: &Api, path: &str) -> Result<Value> {
    api.ask_here("GET", path, None, &Value::Null)?.good().with_context(|| format!("GET {path}"))
}

fn set_campaign(api: &Api) -> Result<()> {
    let path = format!("/api/v1/campaigns/{NAME}");
    let known = api.ask_here("GET", &path, None, &Value::Null)?;
    if known.status == 200 && !known.body["published_at"].is_null() {
        return Ok(());
    }
    let tier = json!({ "at": { "spend_minor": 0 }, "rewards": [{ "kind": "percent", "basis_points": 1_500 }] });
    let offer = json!({ "name": "老友回归八五折 · 15% off to come back",
        "benefit": { "kind": "tiers", "tiers": [tier] } });
    put(api, &format!("/api/v1/offers/{NAME}"), &offer)?;
    let campaign = json!({ "name": "老友回归 · Come back for tea", "currency": CURRENCY, "budget_minor": 2_000_000,
        "segment": SEGMENT, "holdout_basis_points": 2_000, "pieces": [{ "kind": "offer", "id": NAME }],
        "ends_at": SystemClock.now().plus_micros(30 * DAY), "goal": { "metric": "orders", "target": 300 } });
    put(api, &path, &campaign)?;
    post(api, &format!("{path}/publish"), None, &json!({}))?;
    Ok(())
}

/// Until the segment is counted and the campaign has taken its offer into force.
fn wait_for_members(api: &Api) -> Result<()> {
    for _ in 0..TRIES {
        let counted = get(api, &format!("/api/v1/segments/{SEGMENT}"))?["status"] == "live";
        let published = !get(api, &format!("/api/v1/offers/{NAME}"))?["published_version"].is_null();
        if counted && published {
            return Ok(());
        }
        sleep(PAUSE);
    }
    bail!("the segment `{SEGMENT}` was not counted within {} s", (TRIES * PAUSE).as_secs())
}

/// Looks at a cart, and perhaps buys it.
fn comes_by(api: &Api, shopper: &str, chance: &mut Chance) -> Result<()> {
    let products = products();
    let wanted = chance.one_of(&products).context("nothing is sold")?;
    let line = json!({ "line_id": "1", "product_id": wanted.id, "category": wanted.category, "quantity": 1,
        "unit_minor": wanted.price_minor });
    let order = json!({ "cart": { "currency": CURRENCY, "lines": [line] }, "shopper": { "shopper_id": shopper } });
    let quote = post(api, "/api/v1/quotes", None, &order)?;
    let applied = quote["applied"].as_array().into_iter().flatten().any(|one| one["offer_id"] == NAME);
    if !chance.happens(if applied { BUYS.0 } else { BUYS.1 }) {
        return Ok(());
    }
    let reserved = post(api, "/api/v1/redemptions", Some(&format!("demo-back-{shopper}")), &order)?;
    let id = reserved["redemption_id"].as_str().context("no redemption")?;
    post(api, &format!("/api/v1/redemptions/{id}/redeem"), None, &json!({}))?;
    let number = |name: &str| reserved["quote"]["lines"][0][name].as_i64().unwrap_or(0);
    let sold = json!({ "product_id": wanted.id, "quantity": 1, "price_minor": number("list_minor"),
        "discount_minor": number("list_minor") - number("paid_minor") });
    let report = json!({ "currency": CURRENCY, "user_id": shopper, "channel": "h5", "products": [sold] });
    put(api, &format!("/api/v1/orders/{id}"), &report)?;
    Ok(())
}
