//! The events that are sent: track calls of a shop, about 400 bytes each, every one with its own message id.
//!
//! Requests are built once and only their ids are patched in before each sending, so that the generator costs little
//! beside what it measures.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use base64::Engine;

/// The write key all requests carry.
pub const WRITE_KEY: &str = "fvw_benchmark000000000000000000";

const NAMES: [&str; 4] = ["Product Viewed", "Product Viewed", "Product Added", "Product Shared"];
const GOODS: [(&str, &str); 6] = [
    ("Silk scarf, 90 cm, hand-rolled", "accessories"),
    ("Ceramic teapot with two cups", "kitchen"),
    ("Linen shirt, long sleeves", "clothing"),
    ("Bamboo lamp shade, small", "living"),
    ("Oolong tea, spring harvest, 250 g", "food"),
    ("Canvas tote bag with zip", "accessories"),
];
const ID_DIGITS: usize = 32;
const SHOPPER_DIGITS: usize = 7;
const PRODUCT_DIGITS: usize = 5;
/// How many shoppers the events are about.
const SHOPPERS: u64 = 200_000;
/// How many products, spread evenly over [`GOODS`]. A product always has the same name, category and price.
const PRODUCTS: u64 = 4_998;
const PRICE_DIGITS: usize = 2;

/// Counts messages, so that no two of a run have the same id.
static MESSAGES: AtomicU64 = AtomicU64::new(0);

/// A well-mixed number for each number (Steele, Lea, Flood: SplitMix64, OOPSLA 2014).
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// One event as JSON; message, shopper and product are zeros to be patched.
fn event(kind: usize) -> String {
    let name = NAMES[kind % NAMES.len()];
    let (goods, category) = GOODS[kind % GOODS.len()];
    format!(
        concat!(
            r#"{{"type":"track","event":"{}","messageId":"{}","userId":"user_{}","timestamp":"2026-11-20T08:15:3{}.{:03}Z","#,
            r#""properties":{{"product_id":"P{}","name":"{}","category":"{}","price":{}.50,"currency":"CNY","quantity":1}},"#,
            r#""context":{{"page":{{"path":"/product","referrer":"https://www.example.com/search?q=gift"}},"#,
            r#""library":{{"name":"analytics-node","version":"3.1.0"}}}}}}"#
        ),
        name,
        "0".repeat(ID_DIGITS),
        "0".repeat(SHOPPER_DIGITS),
        kind % 10,
        kind * 37 % 1000,
        "0".repeat(PRODUCT_DIGITS),
        goods,
        category,
        "0".repeat(PRICE_DIGITS)
    )
}

/// A product of the goods that events of this kind are about, and its price in whole units.
fn product(kind: usize, random: u64) -> (u64, u64) {
    let goods = GOODS.len() as u64;
    let number = random % (PRODUCTS / goods) * goods + kind as u64 % goods;
    (number, 19 + number % 80)
}

/// A request ready to be sent, and where in it the ids stand.
pub struct Request {
    /// The bytes of the request, head and body.
    pub bytes: Vec<u8>,
    /// How many events it holds.
    pub events: usize,
    /// Of each event, what kind it is of and where its message, shopper, product and price stand.
    places: Vec<(usize, [usize; 4])>,
}

impl Request {
    /// A request of `events` events: a track call for one, a batch for more. `variant` chooses which.
    pub fn new(events: usize, variant: usize) -> Self {
        let all: Vec<String> = (0..events).map(|number| event(variant * 7 + number)).collect();
        let (path, body) = match all.as_slice() {
            [only] => ("/v1/track", only.clone()),
            _ => ("/v1/batch", format!(r#"{{"batch":[{}],"sentAt":"2026-11-20T08:15:40.000Z"}}"#, all.join(","))),
        };
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{WRITE_KEY}:"));
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "POST {path} HTTP/1.1\r\nHost: fanvine\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let places = places(&text, variant * 7..variant * 7 + events);
        Self { bytes: text.into_bytes(), events, places }
    }

    /// Makes every event a new one.
    pub fn renew(&mut self) {
        let first = MESSAGES.fetch_add(self.events as u64, Relaxed);
        for (number, (kind, [message, shopper, product_at, price_at])) in (first..).zip(&self.places) {
            let (high, low) = (mix(number), mix(!number));
            hexadecimal(&mut self.bytes[*message..message + 16], high);
            hexadecimal(&mut self.bytes[message + 16..message + ID_DIGITS], low);
            decimal(&mut self.bytes[*shopper..shopper + SHOPPER_DIGITS], high % SHOPPERS);
            let (product, price) = product(*kind, low);
            decimal(&mut self.bytes[*product_at..product_at + PRODUCT_DIGITS], product);
            decimal(&mut self.bytes[*price_at..price_at + PRICE_DIGITS], price);
        }
    }
}

fn places(text: &str, kinds: std::ops::Range<usize>) -> Vec<(usize, [usize; 4])> {
    let mut at = 0;
    let mut next = |mark: &str| {
        at += text[at..].find(mark).map_or(0, |found| found + mark.len());
        at
    };
    let marks = [r#""messageId":""#, r#""userId":"user_"#, r#""product_id":"P"#, r#""price":"#];
    kinds.map(|kind| (kind, marks.map(&mut next))).collect()
}

fn hexadecimal(into: &mut [u8], mut value: u64) {
    for digit in into.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
    }
}

fn decimal(into: &mut [u8], mut value: u64) {
    for digit in into.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Writes one line of a shop's history as a Segment message: the event of that `number`, the same one every time.
pub fn history_line(number: u64, line: &mut String) {
    const DAYS: u64 = 365;
    let (one, two) = (mix(number), mix(!number));
    let kind = (one % 64) as usize;
    let (name, (_, category)) = (NAMES[kind % NAMES.len()], GOODS[kind % GOODS.len()]);
    let day = number % DAYS;
    let (second, month, of_month) = (two % 86_400, day / 31 % 12 + 1, day % 28 + 1);
    let (product, price) = product(kind, two);
    line.clear();
    // Writing to a String cannot fail.
    let _ = writeln!(
        line,
        concat!(
            r#"{{"type":"track","event":"{}","messageId":"{:016x}{:016x}","userId":"user_{:07}","#,
            r#""timestamp":"2025-{:02}-{:02}T{:02}:{:02}:{:02}Z","#,
            r#""properties":{{"product_id":"P{:05}","category":"{}","price":{}.50,"currency":"CNY","quantity":{}}}}}"#
        ),
        name,
        one,
        two,
        one % SHOPPERS,
        month,
        of_month,
        second / 3_600,
        second / 60 % 60,
        second % 60,
        product,
        category,
        price,
        1 + kind % 3
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn body(request: &Request) -> serde_json::Value {
        let text = std::str::from_utf8(&request.bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn a_request_stays_valid_and_its_ids_never_repeat() {
        let mut request = Request::new(1_000, 3);
        let mut seen = HashSet::new();
        for _ in 0..3 {
            request.renew();
            for event in body(&request)["batch"].as_array().unwrap() {
                assert!(seen.insert(event["messageId"].as_str().unwrap().to_owned()));
                let product: u64 = event["properties"]["product_id"].as_str().unwrap()[1..].parse().unwrap();
                assert_eq!(event["properties"]["price"].as_f64().unwrap(), 19.5 + (product % 80) as f64);
                assert_eq!(event["properties"]["name"], GOODS[(product % 6) as usize].0);
            }
        }
        assert_eq!(seen.len(), 3_000);
        assert!(request.bytes.len() < 500 * 1024, "{} bytes are more than a batch may hold", request.bytes.len());
    }

    #[test]
    fn one_event_is_sent_by_itself() {
        let mut request = Request::new(1, 0);
        request.renew();
        let event = body(&request);
        assert_eq!(event["type"], "track");
        assert!((380..500).contains(&event.to_string().len()), "{}", event.to_string().len());
    }

    #[test]
    fn a_history_is_the_same_every_time_and_valid() {
        let (mut one, mut two) = (String::new(), String::new());
        for number in [0, 1, 364, 9_999_999] {
            history_line(number, &mut one);
            history_line(number, &mut two);
            assert_eq!(one, two);
            let event: serde_json::Value = serde_json::from_str(&one).unwrap();
            assert!(event["timestamp"].as_str().unwrap().starts_with("2025-"));
        }
    }
}
