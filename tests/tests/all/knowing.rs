//! Knowing shoppers: tags as the shop edits them, what shoppers wanted and did not get, what a storefront may say, and who
//! is forgotten; through the real program, over crashes.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanvine_tests::{Fanvine, SERVER_KEY, on_both_columns, wait_for};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::messages::{order, track};

fn ask(shop: &Fanvine, path: &str) -> Result<Value> {
    shop.get(path).bearer(SERVER_KEY).expect(200)?.json()
}

fn put(shop: &Fanvine, path: &str, body: &Value) -> Result<Value> {
    shop.request("PUT", path).json(body).bearer(SERVER_KEY).expect(200)?.json()
}

fn browse(shop: &Fanvine) -> Result<()> {
    let tea = json!({ "product_id": "tea", "category": "food", "price": 19.9, "currency": "CNY" });
    let vain = json!({ "query": "Matcha", "results": 0 });
    for message in [
        track("k1", "Product Viewed", "ann", tea.clone()),
        track("k2", "Product Added", "ann", tea),
        order("k3", "o1", "ann"),
        track("k4", "Products Searched", "ann", vain.clone()),
        track("k5", "Products Searched", "bob", vain),
    ] {
        shop.send_batch(&[message])?;
    }
    shop.settle()
}

fn weight(shop: &Fanvine, shopper: &str, tag: &str) -> Result<Option<f64>> {
    let person = ask(shop, &format!("/api/v1/people/{shopper}"))?;
    let found = person["tags"].as_array().context("no tags")?.iter().find(|one| one["tag"] == tag);
    Ok(found.and_then(|tag| tag["weight"].as_f64()))
}

fn is_counted(shop: &Fanvine) -> Result<()> {
    wait_for("everybody to be counted anew", || Ok(ask(shop, "/api/v1/tags")?["recount"].is_null().then_some(())))
}

/// A token as a shop's own server signs it, by a source and its secret.
pub fn token(shop: &Fanvine, (source, secret): (&str, &str), shopper: &str, seconds: i64) -> Result<String> {
    let now = shop.value("SELECT CAST(date_part('epoch', now()) AS BIGINT)")?.as_i64().context("no time")?;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "HS256", "typ": "JWT", "kid": source }));
    let text = format!("{header}.{}", part(json!({ "sub": shopper, "exp": now + seconds })));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(text.as_bytes());
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

on_both_columns! {
    fn tags_are_edited_and_everybody_is_counted_anew_while_events_come_in(column) {
        let mut shop = Fanvine::start(&column)?;
        browse(&shop)?;
        let before = weight(&shop, "ann", "interest.category")?.context("no interest")?;
        let heavy = json!({ "behaviours": { "browse": 100, "cart": 400, "buy": 600 }, "based_on": 1 });
        let set = put(&shop, "/api/v1/tags/behaviours", &heavy)?;
        ensure!(set["version"] == 2, "{set}");
        shop.send_batch(&[track("k6", "Product Viewed", "bob", json!({ "product_id": "tea", "category": "food" }))])?;
        shop.settle()?;
        is_counted(&shop)?;
        let after = weight(&shop, "ann", "interest.category")?.context("no interest")?;
        ensure!(after > before, "{after} {before}");
        let hot = json!({ "family": "consumption", "en": "Hot", "zh": "热", "half_life_days": 30,
            "kind": { "rule": { "all": [{ "of": "cart_adds", "at_least": 1 }] } } });
        put(&shop, "/api/v1/tags/consumption.hot", &hot)?;
        // Killed while half of it may not be saved; then the same, by the same tags.
        shop.kill()?;
        shop.begin()?;
        shop.settle()?;
        is_counted(&shop)?;
        ensure!(weight(&shop, "ann", "consumption.hot")? == Some(1.0) && weight(&shop, "bob", "consumption.hot")?.is_none(), "hot");
        let again = weight(&shop, "ann", "interest.category")?.context("no interest")?;
        ensure!((again - after).abs() < 1e-3, "{again} {after}");
        let tag = ask(&shop, "/api/v1/tags/consumption.hot")?;
        ensure!(tag["versions"][0]["changed_by"].is_string(), "who changed it is known: {tag}");
        let needs = ask(&shop, "/api/v1/needs")?;
        ensure!(needs["needs"][0]["subject"] == "matcha" && needs["needs"][0]["people"] == 2, "{needs}");
        ensure!(shop.stop()?.success());
        Ok(())
    }

    fn a_storefront_is_told_of_its_shopper_by_a_token_the_shop_signed(column) {
        let shop = Fanvine::start(&column)?;
        browse(&shop)?;
        let sources = ask(&shop, "/api/v1/sources")?;
        let source = sources.as_array().or(sources["sources"].as_array()).and_then(|all| all[0]["id"].as_str()).context("no source")?.to_owned();
        let path = format!("/api/v1/sources/{source}/signing-secret");
        let made = shop.post(&path, &json!({})).bearer(SERVER_KEY).expect(201)?.json()?;
        let secret = made["secret"].as_str().context("no secret")?;
        put(&shop, "/api/v1/storefront", &json!({ "tags": ["interest.category"], "segments": [] }))?;
        let told = shop.get("/v1/profile").bearer(&token(&shop, (&source, secret), "ann", 600)?).expect(200)?;
        ensure!(told.header("access-control-allow-origin") == "*");
        let told = told.json()?;
        ensure!(told["tags"][0]["term"] == "food" && !told.to_string().contains("ann"), "{told}");
        let refused = |bearer: &str, code: &str| shop.get("/v1/profile").bearer(bearer).send()?.expect_problem(401, code);
        refused(&token(&shop, (&source, "other"), "ann", 600)?, "invalid_shopper_token")?;
        refused(&token(&shop, (&source, secret), "ann", -5)?, "shopper_token_expired")?;
        refused(&token(&shop, (&source, secret), "ann", 90_000)?, "invalid_shopper_token")?;
        refused(SERVER_KEY, "invalid_shopper_token")?;
        shop.get("/v1/profile").send()?.expect_problem(401, "invalid_shopper_token")?;
        shop.request("DELETE", &path).bearer(SERVER_KEY).expect(204)?;
        refused(&token(&shop, (&source, secret), "ann", 600)?, "invalid_shopper_token")?;
        Ok(())
    }

    fn a_person_who_was_erased_stays_gone_over_a_crash(column) {
        let mut shop = Fanvine::start(&column)?;
        browse(&shop)?;
        let erased = shop.request("DELETE", "/api/v1/people/ann").bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(erased["keys"] == 1, "{erased}");
        let is_gone = |shop: &Fanvine| -> Result<()> {
            shop.get("/api/v1/people/ann").bearer(SERVER_KEY).send()?.expect_problem(404, "not_found")?;
            let list = ask(shop, "/api/v1/people")?;
            ensure!(list["people"].as_array().is_some_and(|all| all.len() == 1 && all[0]["shopper_id"] == "bob"), "{list}");
            Ok(())
        };
        is_gone(&shop)?;
        shop.kill()?;
        shop.begin()?;
        shop.settle()?;
        is_gone(&shop)?;
        put(&shop, "/api/v1/tags/behaviours", &json!({ "behaviours": { "buy": 50 } }))?;
        is_counted(&shop)?;
        is_gone(&shop)?;
        let on_record = ask(&shop, "/api/v1/erasures")?;
        ensure!(on_record["erasures"][0]["erased_by"].is_string(), "{on_record}");
        Ok(())
    }
}
