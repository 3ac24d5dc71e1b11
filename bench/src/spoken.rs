//! The same event as clients of every protocol send it, alone and a hundred at a time.
//!
//! Requests are made before they are sent: packing and encoding cost nothing while it counts.

use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::events::{WRITE_KEY, mix};

/// Events of a batch.
pub const BATCH: usize = 100;
/// How many shoppers the events are about.
const SHOPPERS: u64 = 200_000;

/// A way in which a client tells of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Segment's server clients: JSON. Everything else is held against it.
    Segment,
    /// Segment's browser client: JSON said to be text, by a path of one letter.
    SegmentBrowser,
    /// RudderStack's clients: JSON in gzip.
    Rudder,
    /// PostHog's clients: JSON in gzip.
    PostHog,
    /// Sensors Analytics: JSON in base64 in a form.
    Sensors,
    /// Sensors Analytics: JSON in gzip in base64 in a form.
    SensorsGzip,
}

impl Way {
    /// All, the one everything is held against first.
    pub const ALL: [Way; 6] =
        [Way::Segment, Way::SegmentBrowser, Way::Rudder, Way::PostHog, Way::Sensors, Way::SensorsGzip];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Way::Segment => "Segment, JSON",
            Way::SegmentBrowser => "Segment in a browser, JSON as text",
            Way::Rudder => "RudderStack, gzip",
            Way::PostHog => "PostHog, gzip",
            Way::Sensors => "Sensors, base64",
            Way::SensorsGzip => "Sensors, gzip in base64",
        }
    }

    /// A request that tells of `events` events, numbered from `first`.
    pub fn request(self, first: u64, events: usize) -> Vec<u8> {
        let numbers = first..first + events as u64;
        let all: Vec<Value> = numbers.map(|number| self.event(number)).collect();
        let one = || all.first().cloned().unwrap_or_default();
        let basic = format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{WRITE_KEY}:")));
        let alone = events == 1;
        match self {
            Way::Segment if alone => post("/v1/track", "application/json", &basic, one().to_string().as_bytes()),
            Way::Segment => {
                post("/v1/batch", "application/json", &basic, json!({ "batch": all }).to_string().as_bytes())
            }
            Way::SegmentBrowser if alone => {
                let mut event = one();
                event["writeKey"] = WRITE_KEY.into();
                post("/v1/t", "text/plain", "", event.to_string().as_bytes())
            }
            Way::SegmentBrowser => {
                let body = json!({ "batch": all, "writeKey": WRITE_KEY });
                post("/v1/batch", "text/plain", "", body.to_string().as_bytes())
            }
            Way::Rudder => {
                let head = format!("{basic}Content-Encoding: gzip\r\n");
                let (path, body) = if alone { ("/v1/track", one()) } else { ("/v1/batch", json!({ "batch": all })) };
                post(path, "application/json", &head, &gzip(&body))
            }
            Way::PostHog => {
                let body = json!({ "api_key": WRITE_KEY, "batch": all });
                post("/batch/", "application/json", "Content-Encoding: gzip\r\n", &gzip(&body))
            }
            Way::Sensors | Way::SensorsGzip => {
                let packed = self == Way::SensorsGzip;
                let (field, body) = if alone { ("data", one()) } else { ("data_list", Value::Array(all)) };
                let bytes = if packed { gzip(&body) } else { body.to_string().into_bytes() };
                let text = STANDARD.encode(bytes).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
                let form = format!("{field}={text}&gzip={}", u8::from(packed));
                let path = format!("/sa?token={WRITE_KEY}");
                post(&path, "application/x-www-form-urlencoded", "", form.as_bytes())
            }
        }
    }

    fn event(self, number: u64) -> Value {
        let (one, two) = (mix(number), mix(!number));
        let shopper = format!("user_{:07}", one % SHOPPERS);
        let id = format!("{one:016x}{two:016x}");
        let product = format!("P{:05}", two % 4_998);
        let goods = json!({ "product_id": product, "name": "Silk scarf, 90 cm, hand-rolled", "category": "accessories",
            "price": 19.5, "currency": "CNY", "quantity": 1 });
        let at = "2026-11-20T08:15:30.123Z";
        match self {
            Way::PostHog => {
                json!({ "event": "Product Viewed", "distinct_id": shopper, "uuid": id, "timestamp": at, "properties": goods })
            }
            Way::Sensors | Way::SensorsGzip => {
                json!({ "type": "track", "event": "Product Viewed", "distinct_id": shopper, "time": 1_795_162_530_123_i64,
                    "_track_id": one % 9_007_199_254_740_991, "properties": goods })
            }
            _ => {
                json!({ "type": "track", "event": "Product Viewed", "messageId": id, "userId": shopper, "timestamp": at,
                    "properties": goods, "context": { "page": { "path": "/product" } } })
            }
        }
    }
}

fn gzip(body: &Value) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = packed.write_all(body.to_string().as_bytes());
    packed.finish().unwrap_or_default()
}

fn post(path: &str, kind: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: fanvine\r\n{head}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}
