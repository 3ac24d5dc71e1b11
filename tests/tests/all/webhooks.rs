//! What the shop's other programs are told: signed, at least once, whatever they or the program do meanwhile.

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, MailServer, Mood, Receiver, Run, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::messages::track;

/// A program that sends to this machine, and does not wait long.
fn start(column: &Column, more: &str) -> Result<(Fanvine, TempDir)> {
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("settings.toml");
    let quick = "private_addresses = true\ntimeout_ms = 500\nfirst_pause_ms = 50\nlongest_pause_ms = 400\n";
    std::fs::write(&settings, format!("[webhooks]\n{quick}{more}\n"))?;
    let run = Run::on(column).with("FANVINE_CONFIG", settings.to_string_lossy());
    Ok((Fanvine::start_as(run)?, folder))
}

fn subscribe(shop: &Fanvine, receiver: &Receiver, form: Value) -> Result<(String, String)> {
    let mut form = form;
    form["url"] = receiver.url.clone().into();
    let made = shop.post("/api/v1/webhooks", &form).bearer(SERVER_KEY).expect(201)?.json()?;
    let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("no text in {made}"));
    Ok((text(&made["webhook"]["webhook_id"])?, text(&made["secret"])?))
}

fn counts(shop: &Fanvine, webhook: &str) -> Result<Value> {
    Ok(shop.get(&format!("/api/v1/webhooks/{webhook}")).bearer(SERVER_KEY).expect(200)?.json()?["deliveries"].clone())
}

fn do_post(shop: &Fanvine, path: &str, key: &str, body: &Value) -> Result<Value> {
    shop.post(path, body).bearer(SERVER_KEY).header("Idempotency-Key", key).expect(200)?.json()
}

fn publish(shop: &Fanvine, offer: &str) -> Result<()> {
    let terms = json!({ "name": offer, "benefit": { "kind": "tiers", "tiers": [
        { "at": { "spend_minor": 0 }, "rewards": [{ "kind": "amount", "minor": 100 }] }] } });
    shop.request("PUT", &format!("/api/v1/offers/{offer}")).json(&terms).bearer(SERVER_KEY).expect(200)?;
    do_post(shop, &format!("/api/v1/offers/{offer}/publish"), "", &Value::Null)?;
    Ok(())
}

fn types(receiver: &Receiver) -> Result<Vec<String>> {
    let type_of = |value: Value| value["type"].as_str().unwrap_or_default().to_owned();
    let mut types: Vec<String> = receiver.taken().iter().map(|one| one.json().map(type_of)).collect::<Result<_>>()?;
    types.sort();
    Ok(types)
}

fn until_taken(receiver: &Receiver, expected: &[&str]) -> Result<()> {
    let mut last = Vec::new();
    let came = wait_for(&format!("{expected:?} to be taken"), || {
        last = types(receiver)?;
        Ok((last == expected).then_some(()))
    });
    came.with_context(|| format!("taken so far: {last:?}"))
}

on_both_columns! {
    fn an_order_with_offers_is_told_step_by_step_and_signed(column) {
        let (shop, _folder) = start(&column, "")?;
        let receiver = Receiver::start(Mood::Answers(204))?;
        let (webhook, secret) = subscribe(&shop, &receiver, json!({ "events": ["Redemption *", "Offer Published"] }))?;
        publish(&shop, "ten")?;
        let order = json!({
            "cart": { "currency": "CNY", "lines": [{ "line_id": "1", "product_id": "mug", "quantity": 1, "unit_minor": 2900 }] },
            "shopper": { "shopper_id": "ana" }, "order_id": "o-1",
        });
        let redemption = do_post(&shop, "/api/v1/redemptions", "k1", &order)?;
        let at = format!("/api/v1/redemptions/{}", redemption["redemption_id"].as_str().context("no id")?);
        do_post(&shop, &format!("{at}/redeem"), "", &Value::Null)?;
        do_post(&shop, &format!("{at}/returns"), "r1", &json!({}))?;
        until_taken(
            &receiver,
            &["Offer Published", "Redemption Redeemed", "Redemption Reserved", "Redemption Returned"],
        )?;
        let taken = receiver.taken();
        let ids: HashSet<&str> = taken.iter().map(|one| one.header("webhook-id")).collect();
        ensure!(ids.len() == 4, "{ids:?}");
        for one in &taken {
            one.verify(&secret)?;
            ensure!(one.header("content-type") == "application/json");
        }
        let reserved = taken.iter().find(|one| one.body.contains("Redemption Reserved")).context("not told")?.json()?;
        ensure!(reserved["data"]["properties"]["payable_minor"] == 2800, "{reserved}");
        ensure!(reserved["data"]["user_id"] == "ana" && reserved["data"]["order_id"] == "o-1", "{reserved}");

        // While a secret is replaced, both are good.
        let rotated = do_post(&shop, &format!("/api/v1/webhooks/{webhook}/rotate-secret"), "", &Value::Null)?;
        publish(&shop, "ten")?;
        wait_for("one more", || Ok((receiver.taken().len() == 5).then_some(())))?;
        let last = receiver.taken().pop().context("nothing")?;
        last.verify(&secret)?;
        last.verify(rotated["secret"].as_str().context("no secret")?)
    }

    fn what_a_client_says_is_told_only_to_whoever_wants_that(column) {
        let (shop, _folder) = start(&column, "")?;
        let (own, all) = (Receiver::start(Mood::Answers(204))?, Receiver::start(Mood::Answers(204))?);
        subscribe(&shop, &own, json!({ "events": ["*"] }))?;
        subscribe(&shop, &all, json!({ "events": ["Product *", "Redemption *"], "clients_too": true }))?;
        // Anybody who reads a page's source can send this.
        shop.send("track", &track("forged", "Redemption Redeemed", "eve", json!({ "payable_minor": 0 })))?;
        shop.send("track", &track("m1", "Product Viewed", "u1", json!({ "product_id": "tea", "price": 12.50 })))?;
        publish(&shop, "ten")?;
        until_taken(&own, &["Offer Changed", "Offer Published"])?;
        until_taken(&all, &["Product Viewed", "Redemption Redeemed"])?;
        let bodies: Vec<String> = all.taken().into_iter().map(|one| one.body).collect();
        ensure!(bodies.iter().any(|body| body.contains(r#""price":12.5"#)), "{bodies:?}");
        ensure!(bodies.iter().all(|body| !body.contains("src_api")), "{bodies:?}");
        Ok(())
    }

    fn a_receiver_that_fails_hangs_and_recovers_gets_everything_across_a_kill(column) {
        let (mut shop, _folder) = start(&column, "attempts = 1000\n")?;
        let (moody, steady) = (Receiver::start(Mood::Answers(500))?, Receiver::start(Mood::Answers(204))?);
        let (webhook, secret) = subscribe(&shop, &moody, json!({ "events": ["Offer Published"] }))?;
        subscribe(&shop, &steady, json!({ "events": ["Offer Published"] }))?;
        publish(&shop, "one")?;
        wait_for("a second attempt", || Ok((moody.received().len() >= 2).then_some(())))?;
        moody.set(Mood::Hangs);
        for number in 0..12 {
            publish(&shop, &format!("more-{number}"))?;
        }
        // One that hangs holds nobody else up.
        wait_for("the other to have everything", || Ok((steady.taken().len() == 13).then_some(())))?;
        wait_for("something to hang", || Ok(moody.received().iter().any(|one| one.answered.is_none()).then_some(())))?;
        shop.kill()?;
        moody.set(Mood::Answers(204));
        shop.begin()?;
        let ids = |receiver: &Receiver| -> HashSet<String> {
            receiver.taken().iter().map(|one| one.header("webhook-id").to_owned()).collect()
        };
        wait_for("everything to arrive", || Ok((ids(&moody).len() == 13).then_some(())))?;
        wait_for("nothing to wait", || Ok((counts(&shop, &webhook)?["waiting"] == 0).then_some(())))?;
        ensure!(counts(&shop, &webhook)? == json!({ "waiting": 0, "delivered": 13, "dead": 0 }));
        ensure!(ids(&moody) == ids(&steady), "the same event has the same id, whoever is told and however often");
        moody.received().iter().try_for_each(|one| one.verify(&secret))
    }

    fn kills_in_the_middle_lose_and_double_no_delivery(column) {
        let (mut shop, _folder) = start(&column, "")?;
        let receiver = Receiver::start(Mood::Answers(204))?;
        let (webhook, _) = subscribe(&shop, &receiver, json!({ "events": ["Product Viewed"], "clients_too": true }))?;
        for round in 0..4 {
            let batch: Vec<Value> = (0..200)
                .map(|number| track(&format!("r{round}-{number}"), "Product Viewed", "u", json!({ "n": number })))
                .collect();
            shop.send_batch(&batch)?;
            // In the middle of it, more or less: some are taken, some are on their way, some are not even deliveries.
            wait_for("some to be taken", || Ok((receiver.taken().len() > round * 200).then_some(())))?;
            shop.kill()?;
            shop.begin()?;
        }
        let told = || -> HashSet<String> {
            receiver.taken().iter().map(|one| one.header("webhook-id").to_owned()).collect()
        };
        wait_for("every event to arrive", || Ok((told().len() == 800).then_some(())))?;
        wait_for("nothing to wait", || Ok((counts(&shop, &webhook)?["waiting"] == 0).then_some(())))?;
        ensure!(counts(&shop, &webhook)? == json!({ "waiting": 0, "delivered": 800, "dead": 0 }));
        Ok(())
    }

    fn dead_letters_are_sent_again_one_or_all(column) {
        let (shop, _folder) = start(&column, "attempts = 2\n")?;
        let receiver = Receiver::start(Mood::Answers(503))?;
        let (webhook, _) = subscribe(&shop, &receiver, json!({ "events": ["Offer Published"] }))?;
        let at = format!("/api/v1/webhooks/{webhook}");
        for offer in ["one", "two", "three"] {
            publish(&shop, offer)?;
        }
        wait_for("all to be given up", || Ok((counts(&shop, &webhook)?["dead"] == 3).then_some(())))?;
        ensure!(receiver.received().len() == 6, "each is tried twice");
        let dead = shop.get(&format!("{at}/deliveries?state=dead&limit=2")).bearer(SERVER_KEY).expect(200)?.json()?;
        ensure!(dead["deliveries"][0]["last"]["status"] == 503 && dead["next"].is_i64(), "{dead}");
        receiver.set(Mood::Answers(204));
        let one = dead["deliveries"][0]["delivery_id"].as_i64().context("no number")?;
        do_post(&shop, &format!("{at}/deliveries/{one}/replay"), "", &Value::Null)?;
        wait_for("it to be taken", || Ok((counts(&shop, &webhook)?["delivered"] == 1).then_some(())))?;
        let replayed = do_post(&shop, &format!("{at}/replay"), "", &Value::Null)?;
        ensure!(replayed["replayed"] == 2, "{replayed}");
        wait_for("all to be taken", || Ok((counts(&shop, &webhook)?["delivered"] == 3).then_some(())))?;
        let missing = shop.post(&format!("{at}/deliveries/999999/replay"), &Value::Null).bearer(SERVER_KEY).send()?;
        missing.expect_problem(404, "not_found")?;
        Ok(())
    }

    fn a_receiver_that_is_gone_pauses_its_webhook(column) {
        let (shop, _folder) = start(&column, "")?;
        let (receiver, steady) = (Receiver::start(Mood::Answers(410))?, Receiver::start(Mood::Answers(204))?);
        let (webhook, _) = subscribe(&shop, &receiver, json!({ "events": ["Offer Published"] }))?;
        subscribe(&shop, &steady, json!({ "events": ["Offer Published"] }))?;
        let at = format!("/api/v1/webhooks/{webhook}");
        publish(&shop, "one")?;
        let shown = || shop.get(&at).bearer(SERVER_KEY).expect(200)?.json();
        wait_for("it to be paused", || Ok((shown()?["paused"]["why"] == "gone").then_some(())))?;
        receiver.set(Mood::Answers(204));
        publish(&shop, "meanwhile")?;
        wait_for("the other to have it", || Ok((steady.taken().len() == 2).then_some(())))?;
        let change = json!({ "paused": false });
        shop.request("PATCH", &at).json(&change).bearer(SERVER_KEY).expect(200)?;
        publish(&shop, "again")?;
        until_taken(&receiver, &["Offer Published"])?;
        ensure!(receiver.taken()[0].body.contains("again"), "what happens while it is paused is never told");
        Ok(())
    }

    fn messages_stay_out_of_the_shops_own_network_and_follow_nobody(column) {
        let shop = Fanvine::start(&column)?;
        for url in ["http://127.0.0.1:9/hook", "http://[::ffff:10.0.0.1]/hook", "http://169.254.169.254/latest/meta-data"] {
            let form = json!({ "url": url, "events": ["*"] });
            let refused = shop.post("/api/v1/webhooks", &form).bearer(SERVER_KEY).send()?;
            refused.expect_problem(422, "invalid_webhook")?;
        }
        // What a name stands for is looked at when it is sent to.
        let form = json!({ "url": "http://localhost:9/hook", "events": ["*"] });
        let made = shop.post("/api/v1/webhooks", &form).bearer(SERVER_KEY).expect(201)?.json()?;
        let at = format!("/api/v1/webhooks/{}/test", made["webhook"]["webhook_id"].as_str().context("no id")?);
        let tried = do_post(&shop, &at, "", &Value::Null)?;
        let text = tried["text"].as_str().unwrap_or_default();
        ensure!(tried["delivered"] == false && text.contains("not a public address"), "{tried}");

        // Both would send what waits in one database, each by its own settings.
        drop(shop);
        let (shop, _folder) = start(&column, "attempts = 1\n")?;
        let inner = Receiver::start(Mood::Answers(204))?;
        let outer = Receiver::start(Mood::Redirects(inner.url.clone()))?;
        let (webhook, _) = subscribe(&shop, &outer, json!({ "events": ["Offer Published"] }))?;
        publish(&shop, "one")?;
        wait_for("it to be given up", || Ok((counts(&shop, &webhook)?["dead"] == 1).then_some(())))?;
        ensure!(inner.received().is_empty(), "a redirect is not followed");
        Ok(())
    }

    fn an_email_reaches_the_mail_server_or_says_why_not(column) {
        let shop = Fanvine::start(&column)?;
        let ana = json!({ "to": "ana@example.com" });
        let refused = shop.post("/api/v1/email/test", &ana).bearer(SERVER_KEY).send()?;
        let problem = refused.expect_problem(409, "email_not_sent")?;
        ensure!(problem["detail"].as_str().is_some_and(|text| text.contains("FANVINE_EMAIL_SERVER")), "{problem}");

        let server = MailServer::start()?;
        let run = Run::on(&column).with("FANVINE_EMAIL_SERVER", &server.url);
        let shop = Fanvine::start_as(run.with("FANVINE_EMAIL_FROM", "茶店 <shop@example.com>"))?;
        ensure!(shop.get("/api/v1/email").bearer(SERVER_KEY).expect(200)?.json()?["set"] == true);
        shop.post("/api/v1/email/test", &ana).bearer(SERVER_KEY).expect(200)?;
        let letter = server.letters().pop().context("nothing came")?;
        ensure!(letter.from == "shop@example.com" && letter.to == "ana@example.com", "{letter:?}");
        ensure!(letter.text.contains("Subject: ") && letter.text.contains("Fanvine"), "{letter:?}");
        let mailbox = |to: &str| shop.post("/api/v1/email/test", &json!({ "to": to })).bearer(SERVER_KEY).send();
        mailbox("nobody@example.com")?.expect_problem(409, "email_not_sent")?;
        mailbox("later@example.com")?.expect_problem(503, "unavailable")?;
        mailbox("not an address")?.expect_problem(400, "invalid_parameter")?;
        ensure!(server.letters().len() == 1);
        Ok(())
    }
}
