//! What the shop has in flight when it opens: goods, points, offers, plays, and groups that shoppers opened, all set up over
//! HTTP as any shop does.

use anyhow::{Context, Result};
use fanvine_kernel::Clock as _;
use serde_json::{Value, json};

use super::CURRENCY;
use super::api::Api;
use super::chance::Chance;
use super::keys::Keys;
use super::world::products;
use crate::ambient::SystemClock;

const HOUR: i64 = 3_600_000_000;

/// Groups that shoppers have opened by then.
const GROUPS: u32 = 24;
/// The product that is bought together.
const TOGETHER: &str = "oolong-1";

/// Sets everything up; each step may be repeated.
pub fn set_up(api: &Api, mut keys: Keys, shop_url: &str, seed: u64, people: u32) -> Result<Keys> {
    sign(api, &mut keys)?;
    goods(api, shop_url)?;
    offers(api)?;
    plays(api)?;
    groups(api, seed, people)?;
    super::campaign::run(api, seed, people)?;
    keys.seeded = true;
    Ok(keys)
}

pub(super) fn put(api: &Api, path: &str, body: &Value) -> Result<Value> {
    api.ask_here("PUT", path, None, body)?.good().with_context(|| format!("PUT {path}"))
}

pub(super) fn post(api: &Api, path: &str, name: Option<&str>, body: &Value) -> Result<Value> {
    api.ask_here("POST", path, name, body)?.good().with_context(|| format!("POST {path}"))
}

/// A secret by which the shop vouches for its shoppers.
fn sign(api: &Api, keys: &mut Keys) -> Result<()> {
    let listed = api.ask_here("GET", "/api/v1/sources", None, &Value::Null)?.good()?;
    let sources = listed["sources"].as_array().or(listed.as_array()).context("no sources")?;
    let own = sources.iter().find(|source| source["write_key"] == keys.write_key.as_str());
    let id = own.or(sources.first()).and_then(|source| source["id"].as_str()).context("no source")?.to_owned();
    let made = post(api, &format!("/api/v1/sources/{id}/signing-secret"), None, &json!({}))?;
    keys.signing_secret = made["secret"].as_str().context("no secret")?.to_owned();
    keys.source_id = id;
    Ok(())
}

fn goods(api: &Api, shop_url: &str) -> Result<()> {
    for product in products() {
        let body = json!({ "name": product.name, "category": product.category, "price_minor": product.price_minor,
            "currency": CURRENCY, "cost_minor": product.price_minor * 2 / 5,
            "image_url": format!("{shop_url}/assets/{}.svg", product.id),
            "url": format!("{shop_url}/#{}", product.id) });
        put(api, &format!("/api/v1/products/{}", product.id), &body)?;
    }
    Ok(())
}

fn offers(api: &Api) -> Result<()> {
    let rule = json!({ "minor_per_point": 1, "most_basis_points": 5_000, "minor_per_point_earned": 100 });
    put(api, "/api/v1/points/rule", &rule)?;
    let reward = |at: i64, reward: Value| json!({ "kind": "tiers", "tiers": [{ "at": { "spend_minor": at }, "rewards": [reward] }] });
    let all = [
        (
            "off-30",
            json!({ "name": "满200减30 · 30 off 200", "on_return": "retest",
            "benefit": reward(20_000, json!({ "kind": "amount", "minor": 3_000 })) }),
        ),
        (
            "welcome",
            json!({ "name": "九折券 · A tenth off", "claim": "coupon",
            "receive": { "open": true, "good_for_days": 30, "total": 5_000 },
            "benefit": reward(0, json!({ "kind": "percent", "basis_points": 1_000 })) }),
        ),
        (
            "points-5",
            json!({ "name": "积分换5元券 · 5 off for points", "claim": "coupon",
            "receive": { "open": true, "points": 60, "good_for_days": 30, "total": 5_000 },
            "benefit": reward(0, json!({ "kind": "amount", "minor": 500 })) }),
        ),
    ];
    for (id, offer) in all {
        put(api, &format!("/api/v1/offers/{id}"), &offer)?;
        post(api, &format!("/api/v1/offers/{id}/publish"), None, &json!({}))?;
    }
    Ok(())
}

/// Puts the terms of a play and publishes it.
fn open(api: &Api, id: &str, terms: Value) -> Result<()> {
    put(api, &format!("/api/v1/plays/{id}"), &terms)?;
    post(api, &format!("/api/v1/plays/{id}/publish"), None, &json!({}))?;
    Ok(())
}

fn plays(api: &Api) -> Result<()> {
    let rules = json!({ "kind": "group_buy", "product_id": TOGETHER, "hours": 24, "stock": 2_000, "per_shopper": 5,
        "sizes": [{ "size": 2, "unit_minor": 5_800 }, { "size": 3, "unit_minor": 4_900, "leader_unit_minor": 4_500 }] });
    open(api, "tea-together", json!({ "name": "一起喝茶 · Tea together", "rules": rules }))?;
    let rules = json!({ "kind": "bargain", "product_id": "ware-3", "start_minor": 9_300, "floor_minor": 3_900, "helps": 3,
        "hours": 24, "stock": 500, "per_shopper": 5 });
    open(api, "teapot-bargain", json!({ "name": "砍价得茶壶 · Bargain for a teapot", "rules": rules }))?;
    // What is given for an order of the demonstration is given at once; a shop waits until goods come back no more.
    let rung = |friends: i64, points: i64| json!({ "friends": friends, "value_minor": points, "gives": { "kind": "points", "points": points } });
    let rules = json!({ "kind": "assist", "currency": CURRENCY, "hours": 72, "rungs": [rung(1, 50), rung(2, 200)],
        "activated_by": { "by": "paid_order", "least_minor": 1_000, "hold_days": 0 } });
    open(api, "invite", json!({ "name": "邀请有礼 · Invite friends", "rules": rules }))?;
    let points = |id: &str, name: &str, odds: i64, points: i64| {
        json!({ "prize_id": id, "name": name, "odds": odds, "stock": 10_000, "value_minor": points,
            "gives": { "kind": "points", "points": points } })
    };
    let prizes =
        [points("large", "500 积分 · 500 points", 50_000, 500), points("small", "20 积分 · 20 points", 450_000, 20)];
    let rules = json!({ "kind": "lottery", "currency": CURRENCY, "daily_free": 3, "prizes": prizes });
    let ends_at = SystemClock.now().plus_micros(20 * HOUR);
    open(api, "tea-draw", json!({ "name": "抽积分 · Lucky draw", "ends_at": ends_at, "rules": rules }))?;
    let rules = json!({ "kind": "check_in", "points": 5, "ladder": [{ "day": 7, "points": 50 }], "cycle_days": 7 });
    open(api, "daily", json!({ "name": "每日签到 · Check in", "rules": rules }))?;
    let points = |points: i64| json!({ "stock": 5_000, "gives": { "kind": "points", "points": points } });
    let rules = json!({ "kind": "tasks", "daily": true, "completed": points(20), "steps": [
        { "step_id": "look", "name": "看三款茶 · Look at three teas", "event": "Product Viewed", "count": 3,
            "once_per": "product_id", "reward": points(5) },
        { "step_id": "cart", "name": "加一款到购物车 · Put one into your cart", "event": "Product Added" }] });
    open(api, "first-steps", json!({ "name": "每日任务 · Tasks of the day", "rules": rules }))?;
    let tea = |id: &str, title: &str| json!({ "entry_id": id, "title": title });
    let rules = json!({ "kind": "vote", "per_day": 2, "points": 2, "entries": { "per_shopper": 1, "reviewed": false },
        "candidates": [tea("green", "绿茶 · Green tea"), tea("oolong", "乌龙 · Oolong"), tea("white", "白茶 · White tea")] });
    open(api, "best-tea", json!({ "name": "最爱的茶 · Vote for the best tea", "rules": rules }))?;
    let asked = |id: &str, text: &str, options: [&str; 3], right: i64, about: &str| json!({ "question_id": id, "text": text, "options": options, "right": [right], "about": about });
    let questions = [
        asked(
            "green",
            "哪种茶不发酵？ · Which tea is not oxidised?",
            ["绿茶 · Green", "红茶 · Black", "乌龙 · Oolong"],
            1,
            "杀青让绿茶保持绿色。 · Heat keeps it green.",
        ),
        asked(
            "origin",
            "龙井产自哪里？ · Where does Longjing come from?",
            ["福建 · Fujian", "浙江 · Zhejiang", "云南 · Yunnan"],
            2,
            "杭州西湖一带。 · From the hills of Hangzhou.",
        ),
        asked(
            "puer",
            "普洱茶产自哪里？ · Where does Pu'er come from?",
            ["云南 · Yunnan", "安徽 · Anhui", "广东 · Guangdong"],
            1,
            "",
        ),
        asked(
            "white",
            "白毫银针是什么茶？ · What tea is Silver Needle?",
            ["绿茶 · Green", "黄茶 · Yellow", "白茶 · White"],
            3,
            "",
        ),
    ];
    let reward = |correct: i64, many: i64| json!({ "correct": correct, "reward": points(many) });
    let rules = json!({ "kind": "quiz", "questions": questions, "ask": 3, "seconds": 60, "per_day": 3, "rewarded": 30,
        "rewards": [reward(2, 10), reward(3, 30)] });
    open(api, "tea-quiz", json!({ "name": "茶知识问答 · Tea quiz", "rules": rules }))?;
    // A month, so that no day that is let pass ends it.
    let place = |up_to: i64, points: i64| json!({ "up_to": up_to, "value_minor": points, "gives": { "kind": "points", "points": points } });
    let rules = json!({ "kind": "contest", "measure": { "by": "spent" }, "currency": CURRENCY, "least": 1_000, "shown": 10,
        "prizes": [place(1, 1_000), place(3, 500), place(10, 100)] });
    let ends_at = SystemClock.now().plus_micros(30 * 24 * HOUR);
    open(api, "tea-board", json!({ "name": "茶友榜 · Tea lovers' board", "ends_at": ends_at, "rules": rules }))?;
    // What comes back within a day takes its commission along: "let a day pass" opens it.
    let rules = json!({ "kind": "referral", "levels": [{ "basis_points": 1_000 }], "binding": { "rule": "last" }, "frozen_days": 1 });
    open(api, "friends", json!({ "name": "分享赚佣金 · Share and earn", "rules": rules }))?;
    Ok(())
}

/// Groups of which some are complete and some wait for others.
fn groups(api: &Api, seed: u64, people: u32) -> Result<()> {
    let mut chance = Chance::of(seed, 900_000_000);
    let unit = products().iter().find(|one| one.id == TOGETHER).map_or(0, |one| one.price_minor);
    let order = |shopper: usize| {
        json!({ "cart": { "currency": CURRENCY, "lines": [{ "line_id": "1", "product_id": TOGETHER, "quantity": 1, "unit_minor": unit }] },
            "shopper": { "shopper_id": format!("s-{shopper:05}") } })
    };
    let mut next = 1;
    for number in 0..GROUPS.min(people / 4) {
        let size = 2 + i64::from(number % 2);
        let joiners = if chance.happens(0.6) { size - 1 } else { size - 2 };
        let form = json!({ "size": size, "order": order(next) });
        let led = post(api, "/api/v1/group-buys/tea-together/open", Some(&format!("demo-open-{number}")), &form)?;
        pay(api, &led)?;
        let group = led["group"]["group_id"].as_str().context("no group")?.to_owned();
        next += 1;
        for _ in 0..joiners {
            let path = format!("/api/v1/groups/{group}/join");
            pay(api, &post(api, &path, Some(&format!("demo-join-{next}")), &order(next))?)?;
            next += 1;
        }
    }
    Ok(())
}

pub(super) fn pay(api: &Api, seat: &Value) -> Result<()> {
    let id = seat["redemption"]["redemption_id"].as_str().context("no redemption")?;
    post(api, &format!("/api/v1/redemptions/{id}/redeem"), None, &json!({}))?;
    Ok(())
}
