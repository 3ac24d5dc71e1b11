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
/// How many products.
const PRODUCTS: u64 = 5_000;

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
    let price = 19 + kind % 80;
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
        price
    )
}

/// A request ready to be sent, and where in it the ids stand.
pub struct Request {
    /// The bytes of the request, head and body.
    pub bytes: Vec<u8>,
    /// How many events it holds.
    pub events: usize,
    places: Vec<[usize; 3]>,
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
        let places = places(&text, events);
        Self { bytes: text.into_bytes(), events, places }
    }

    /// Makes every event a new one.
    pub fn renew(&mut self) {
        let first = MESSAGES.fetch_add(self.events as u64, Relaxed);
        for (number, [message, shopper, product]) in (first..).zip(&self.places) {
            let (high, low) = (mix(number), mix(!number));
            hexadecimal(&mut self.bytes[*message..message + 16], high);
            hexadecimal(&mut self.bytes[message + 16..message + ID_DIGITS], low);
            decimal(&mut self.bytes[*shopper..shopper + SHOPPER_DIGITS], high % SHOPPERS);
            decimal(&mut self.bytes[*product..product + PRODUCT_DIGITS], low % PRODUCTS);
        }
    }
}

fn places(text: &str, events: usize) -> Vec<[usize; 3]> {
    let mut at = 0;
    let mut next = |mark: &str| {
        at += text[at..].find(mark).map_or(0, |found| found + mark.len());
        at
    };
    (0..events).map(|_| [next(r#""messageId":""#), next(r#""userId":"user_"#), next(r#""product_id":"P"#)]).collect()
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
        two % PRODUCTS,
        category,
        19 + kind,
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
                assert_ne!(event["userId"], "user_0000000x");
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
