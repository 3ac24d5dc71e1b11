//! `kill -9` while clients of every protocol send at once: nothing that one of them was told is kept is lost, nothing is
//! there twice.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanvine_tests::{Fanvine, SERVER_KEY, WRITE_KEY, on_both_columns, wait_for};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

const ROUNDS: usize = 4;
/// Requests acknowledged between two crashes.
const REQUESTS: usize = 120;
const SECRET: &str = "shpss_0123456789abcdef0123456789";

/// A request that carries one event, whose name is its own.
struct Sent {
    path: String,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

const PROTOCOLS: [&str; 6] = ["segment", "rudder", "posthog", "sensors", "sensors_gif", "shopify"];

/// The request by which a client of that protocol tells of an event of that name, once and again the same.
fn request(protocol: &str, name: &str) -> Sent {
    let shopper = format!("{protocol}-{}", name.len() % 7);
    let json_of = |path: &str, body: Value| Sent {
        path: path.into(),
        content_type: "application/json",
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    };
    let sensors = || {
        let message = json!({ "type": "track", "event": name, "distinct_id": shopper, "time": 1_767_222_000_123_i64,
            "_track_id": track_id(name), "properties": { "$lib": "test" } });
        STANDARD.encode(message.to_string()).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    };
    match protocol {
        "segment" => json_of(
            "/v1/batch",
            json!({ "writeKey": WRITE_KEY, "batch": [
            { "type": "track", "messageId": name, "event": name, "userId": shopper }] }),
        ),
        "rudder" => {
            let mut sent = json_of(
                "/v1/track",
                json!({ "messageId": name, "event": name, "userId": shopper, "channel": "server" }),
            );
            sent.headers.push(("Authorization", format!("Basic {}", STANDARD.encode(format!("{WRITE_KEY}:")))));
            sent.content_type = "text/plain";
            sent
        }
        "posthog" => json_of(
            "/batch/",
            json!({ "api_key": WRITE_KEY, "batch": [
            { "event": name, "distinct_id": shopper, "uuid": name, "timestamp": "2026-01-01T00:00:00Z" }] }),
        ),
        "sensors" => Sent {
            path: format!("/sa?token={WRITE_KEY}"),
            content_type: "application/x-www-form-urlencoded",
            headers: Vec::new(),
            body: format!("data={}&gzip=0", sensors()).into_bytes(),
        },
        "sensors_gif" => Sent {
            path: format!("/sa.gif?token={WRITE_KEY}"),
            content_type: "text/plain",
            headers: Vec::new(),
            body: format!("data={}", sensors()).into_bytes(),
        },
        _ => {
            let order = json!({ "id": track_id(name), "name": name, "email": format!("{shopper}@shop.example"), "currency": "CNY",
                "created_at": "2026-01-01T00:00:00Z", "total_price": "65.00", "financial_status": "paid",
                "line_items": [{ "product_id": 7, "title": name, "quantity": 1, "price": "65.00" }] });
            let body = order.to_string().into_bytes();
            Sent {
                path: format!("/webhooks/{WRITE_KEY}"),
                content_type: "application/json",
                headers: vec![
                    ("X-Shopify-Topic", "orders/create".into()),
                    ("X-Shopify-Webhook-Id", name.into()),
                    ("X-Shopify-Hmac-Sha256", signature(&body)),
                ],
                body,
            }
        }
    }
}

fn signature(body: &[u8]) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else { return String::new() };
    STANDARD.encode(mac.chain_update(body).finalize().into_bytes())
}

/// A number that stands for a name.
fn track_id(name: &str) -> u64 {
    name.bytes().fold(17, |sum, byte| (sum * 131 + u64::from(byte)) % 9_007_199_254_740_991)
}

/// What clients share while the program comes and goes.
#[derive(Default)]
struct Load {
    url: Mutex<String>,
    over: AtomicBool,
    requests: AtomicUsize,
    acknowledged: Mutex<BTreeSet<String>>,
    unanswered: Mutex<BTreeSet<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Load {
    /// Sends one event after the other, each again until it is acknowledged.
    fn send(&self, protocol: &str) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        for number in 0.. {
            let name = format!("{protocol} {number}");
            let sent = request(protocol, &name);
            loop {
                if self.over.load(SeqCst) {
                    locked(&self.unanswered).insert(name);
                    return;
                }
                let url = locked(&self.url).clone();
                let mut post = agent.post(format!("{url}{}", sent.path)).header("Content-Type", sent.content_type);
                for (name, value) in &sent.headers {
                    post = post.header(*name, value);
                }
                match post.send(&sent.body) {
                    Ok(reply) if reply.status() == 200 => break,
                    // Down, or just killed.
                    _ => std::thread::yield_now(),
                }
            }
            locked(&self.acknowledged).insert(name);
            self.requests.fetch_add(1, SeqCst);
        }
    }
}

on_both_columns! {
    fn crashes_while_every_protocol_is_spoken_lose_and_double_nothing(column) {
        let mut shop = Fanvine::start(&column)?;
        let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
        let source = sources["sources"][0]["id"].as_str().context("no source")?.to_owned();
        let hook = json!({ "platform": "shopify", "secret": SECRET });
        let path = format!("/api/v1/sources/{source}/webhook");
        shop.request("PUT", &path).json(&hook).bearer(SERVER_KEY).send()?;
        for protocol in PROTOCOLS {
            let sent = request(protocol, &format!("{protocol} first"));
            let mut asked = shop.request("POST", &sent.path).header("Content-Type", sent.content_type).bytes(sent.body);
            for (name, value) in sent.headers {
                asked = asked.header(name, value);
            }
            asked.expect(200).with_context(|| format!("the first message of {protocol}"))?;
        }
        let load = Load { url: Mutex::new(shop.url.clone()), ..Load::default() };
        std::thread::scope(|scope| -> Result<()> {
            for protocol in PROTOCOLS {
                let load = &load;
                scope.spawn(move || load.send(protocol));
            }
            let outcome = (0..ROUNDS).try_for_each(|_| -> Result<()> {
                let until = load.requests.load(SeqCst) + REQUESTS;
                wait_for("more requests to be acknowledged", || Ok((load.requests.load(SeqCst) >= until).then_some(())))?;
                shop.kill()?;
                shop.begin()?;
                locked(&load.url).clone_from(&shop.url);
                Ok(())
            });
            load.over.store(true, SeqCst);
            outcome
        })?;
        shop.settle()?;
        let (must, may) = (locked(&load.acknowledged).clone(), locked(&load.unanswered).clone());
        let names = "CASE WHEN event = 'Order Completed' THEN json_text(properties, 'order_name') ELSE event END";
        let rows = shop.csv(&format!("SELECT {names} FROM events"))?;
        let found: BTreeSet<String> = rows.iter().cloned().collect();
        println!("{} acknowledged in {} protocols over {ROUNDS} crashes, {} kept", must.len(), PROTOCOLS.len(), rows.len());
        let lost: Vec<_> = must.difference(&found).take(10).collect();
        ensure!(lost.is_empty(), "acknowledged events are lost, such as {lost:?}; kept are such as {:?}", found.iter().take(10).collect::<Vec<_>>());
        ensure!(found.len() == rows.len(), "{} events are there twice", rows.len() - found.len());
        let strange: Vec<_> = found.iter().filter(|name| !must.contains(*name) && !may.contains(*name) && !name.ends_with(" first")).collect();
        ensure!(strange.is_empty(), "events nobody sent are there, such as {strange:?}");
        for protocol in PROTOCOLS {
            ensure!(must.iter().filter(|name| name.starts_with(&format!("{protocol} "))).count() > ROUNDS, "{protocol} was hardly spoken");
        }
        Ok(())
    }
}
