//! `kill -9` in the middle of load, again and again: nothing acknowledged is lost, nothing is there twice.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Result, ensure};
use fanvine_tests::{Column, Fanvine, WRITE_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::messages::{order, track};

const SENDERS: usize = 6;
const ROUNDS: usize = 6;
/// Requests acknowledged between two crashes.
const REQUESTS: usize = 150;

/// What senders share while the program comes and goes.
struct Load {
    /// Where the program answers; none while it is down.
    url: Mutex<Option<String>>,
    back: Condvar,
    over: AtomicBool,
    acknowledged_requests: AtomicUsize,
    repeats: AtomicUsize,
    acknowledged: Mutex<Vec<Value>>,
    unanswered: Mutex<Vec<Value>>,
}

impl Load {
    fn new(url: &str) -> Self {
        Self {
            url: Mutex::new(Some(url.to_owned())),
            back: Condvar::new(),
            over: AtomicBool::new(false),
            acknowledged_requests: AtomicUsize::new(0),
            repeats: AtomicUsize::new(0),
            acknowledged: Mutex::default(),
            unanswered: Mutex::default(),
        }
    }

    /// Where the program answers, once it does.
    fn address(&self) -> String {
        let mut url = self.url.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match url.as_ref() {
                Some(url) => return url.clone(),
                None => url = self.back.wait(url).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn set_address(&self, address: Option<&str>) {
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = address.map(str::to_owned);
        self.back.notify_all();
    }

    /// Sends requests one after the other, each until it is acknowledged, as a careful client does.
    fn send(&self, sender: usize) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        for number in 0.. {
            let messages = messages(sender, number);
            let (call, body) = match messages.as_slice() {
                [only] => ("track", only.clone()),
                _ => ("batch", json!({ "batch": messages })),
            };
            let mut body = body;
            body["writeKey"] = WRITE_KEY.into();
            let body = body.to_string();
            loop {
                if self.over.load(SeqCst) {
                    self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).extend(messages);
                    return;
                }
                let url = self.address();
                match agent.post(format!("{url}/v1/{call}")).send(&body) {
                    Ok(reply) if reply.status() == 200 => break,
                    _ => {
                        self.repeats.fetch_add(1, SeqCst);
                    }
                }
            }
            self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).extend(messages);
            self.acknowledged_requests.fetch_add(1, SeqCst);
        }
    }
}

/// The messages of one request: a single event, a single order, or a batch of both.
fn messages(sender: usize, number: usize) -> Vec<Value> {
    let one = |place: usize| {
        let id = format!("s{sender}-{number}-{place}");
        let shopper = format!("u{}", (sender * 31 + number * 7 + place) % 500);
        if place % 5 == 1 {
            order(&id, &format!("order-{id}"), &shopper)
        } else {
            track(&id, "Product Viewed", &shopper, json!({ "product_id": "tea", "text": "x".repeat(place * 3) }))
        }
    };
    match number % 3 {
        0 => vec![one(0)],
        1 => vec![one(1)],
        _ => (0..60).map(one).collect(),
    }
}

fn ids(messages: &[Value]) -> HashSet<&str> {
    messages.iter().filter_map(|message| message["messageId"].as_str()).collect()
}

fn orders(messages: &[Value]) -> HashSet<&str> {
    messages.iter().filter_map(|message| message["properties"]["order_id"].as_str()).collect()
}

/// Insists that the lines are all of `must`, at most those of `may` besides, and none twice.
fn check(what: &str, lines: &[String], must: &HashSet<&str>, may: &HashSet<&str>) -> Result<()> {
    let found: HashSet<&str> = lines.iter().map(String::as_str).collect();
    ensure!(found.len() == lines.len(), "{} {what} are there more than once", lines.len() - found.len());
    let lost: Vec<_> = must.difference(&found).take(10).collect();
    ensure!(lost.is_empty(), "acknowledged {what} are lost, such as {lost:?}");
    let strange: Vec<_> = found.iter().filter(|one| !must.contains(*one) && !may.contains(*one)).take(10).collect();
    ensure!(strange.is_empty(), "{what} nobody sent are there, such as {strange:?}");
    Ok(())
}

fn crash_again_and_again(column: &Column) -> Result<()> {
    let mut shop = Fanvine::start(column)?;
    let load = Load::new(&shop.url);
    std::thread::scope(|scope| -> Result<()> {
        for sender in 0..SENDERS {
            let load = &load;
            scope.spawn(move || load.send(sender));
        }
        let outcome = (0..ROUNDS).try_for_each(|_| -> Result<()> {
            let until = load.acknowledged_requests.load(SeqCst) + REQUESTS;
            wait_for("more requests to be acknowledged", || {
                Ok((load.acknowledged_requests.load(SeqCst) >= until).then_some(()))
            })?;
            shop.kill()?;
            load.set_address(None);
            shop.begin()?;
            load.set_address(Some(&shop.url));
            Ok(())
        });
        load.over.store(true, SeqCst);
        load.set_address(Some(&shop.url));
        outcome
    })?;
    shop.settle()?;
    let acknowledged = load.acknowledged.into_inner().unwrap_or_else(PoisonError::into_inner);
    let unanswered = load.unanswered.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{} events acknowledged over {ROUNDS} crashes, {} requests repeated, {} events unanswered in the end",
        acknowledged.len(),
        load.repeats.into_inner(),
        unanswered.len()
    );
    check("events", &shop.csv("SELECT message_id FROM events")?, &ids(&acknowledged), &ids(&unanswered))?;
    check("orders", &shop.csv("SELECT order_id FROM orders")?, &orders(&acknowledged), &orders(&unanswered))?;
    let worth = shop.sql("SELECT count(*), sum(revenue_minor), sum(units) FROM orders")?;
    let count = worth[0][0].as_i64().unwrap_or(0);
    ensure!(worth[0][1] == count * 6_500 && worth[0][2] == count * 4, "{worth:?}");
    ensure!(shop.value("SELECT count(*) FROM order_lines")? == count * 2, "order lines are lost or doubled");
    // And once more from what is on disk, after an orderly stop.
    let before = shop.value("SELECT count(*) FROM events")?;
    ensure!(shop.stop()?.success());
    shop.begin()?;
    shop.settle()?;
    ensure!(shop.value("SELECT count(*) FROM events")? == before);
    Ok(())
}

on_both_columns! {
    fn crashes_in_the_middle_of_load_lose_and_double_nothing(column) {
        crash_again_and_again(&column)
    }
}
