//! Webhooks of any other platform, by a mapping that the shop states.
//!
//! A rule says which bodies it is about, and what they tell: each a [`Told`].

use std::collections::BTreeMap;

use fanvine_kernel::{Code, Problem, Timestamp};
use http::{HeaderMap, HeaderName};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::signature;
use super::told::{Missing, Scope, Told, is_power_of_ten, listed, properties, steps};
use crate::said::form::base64_bytes;
use crate::said::{Object, Said};
use crate::segment::{Fault, text_of};

const MOST_RULES: usize = 50;
const MOST_VALUES: usize = 200;
const LONGEST_PATH: usize = 200;
/// How many seconds clocks may be apart and messages on their way.
const TOLERANCES_S: std::ops::RangeInclusive<u32> = 10..=86_400;

/// How a platform signs its webhooks, and what they tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomWebhook)]
pub struct Custom {
    /// How bodies are signed.
    pub signature: SignatureForm,
    /// What they tell: every rule that is about a body makes its events.
    pub events: Vec<EventRule>,
}

/// An HMAC-SHA256 of the body under the secret, in a header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookSignature)]
pub struct SignatureForm {
    /// The header, such as `X-Signature`.
    pub header: String,
    /// How it is written there.
    #[serde(default)]
    pub encoding: Encoding,
    /// What stands before it, such as `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// A header with the second (or millisecond) since 1970 at which it was signed: its text, a dot and the body are signed
    /// then, rather than the body alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_header: Option<String>,
    /// How many seconds that may be away from now, 10 to 86400 (a day): 300 if absent. What somebody took down can be sent
    /// again for that long.
    #[serde(default = "five_minutes")]
    #[schema(minimum = 10, maximum = 86_400)]
    pub tolerance_s: u32,
}

fn five_minutes() -> u32 {
    300
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SignatureEncoding)]
pub enum Encoding {
    /// Base64.
    #[default]
    Base64,
    /// Hexadecimal digits.
    Hex,
}

/// What is told of some bodies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookRule)]
pub struct EventRule {
    /// Which bodies: at each of these paths stands one of these texts; anything at all where there are none.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// The path of a list each of whose elements is an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// The event's name; none of an `Identify`, whose properties are traits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Told>,
    /// What makes it this event and no other, so that what is sent twice is stored once. The body itself if empty.
    #[serde(default)]
    pub message_id: Vec<Told>,
    /// The shopper; nobody if absent or not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Told>,
    /// The visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<Told>,
    /// When it happened; when it arrived if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Told>,
    /// Properties, or traits.
    #[serde(default)]
    pub properties: BTreeMap<String, Told>,
}

impl Custom {
    /// Refuses what cannot be meant; `at` says where it stands.
    pub(crate) fn check(&self, at: &str) -> Result<(), Problem> {
        let wrong = |place: &str, detail: String| Problem::new(Code::InvalidBody, detail).at(format!("{at}.{place}"));
        let form = &self.signature;
        for (place, header) in
            [("signature.header", Some(&form.header)), ("signature.timestamp_header", form.timestamp_header.as_ref())]
        {
            if let Some(header) = header.filter(|name| HeaderName::from_bytes(name.as_bytes()).is_err()) {
                let problem = wrong(place, format!("`{header}` is no name of a header"));
                return Err(problem.in_chinese(format!("`{header}` 不是请求头的名称")));
            }
        }
        if !TOLERANCES_S.contains(&form.tolerance_s) {
            let (least, most) = (TOLERANCES_S.start(), TOLERANCES_S.end());
            let detail = format!("`tolerance_s` is {}; it may be {least} to {most} seconds", form.tolerance_s);
            let chinese = format!("`tolerance_s` 为 {}，应为 {least} 至 {most} 秒", form.tolerance_s);
            return Err(wrong("signature.tolerance_s", detail).in_chinese(chinese));
        }
        if !(1..=MOST_RULES).contains(&self.events.len()) {
            let rules = self.events.len();
            let problem = wrong("events", format!("there are {rules} rules; there may be 1 to {MOST_RULES}"));
            return Err(problem.in_chinese(format!("有 {rules} 条规则，应为 1 至 {MOST_RULES} 条")));
        }
        for (number, rule) in self.events.iter().enumerate() {
            let values = rule.values();
            if values.len() > MOST_VALUES {
                let problem = wrong(&format!("events.{number}"), format!("it has more than {MOST_VALUES} values"));
                return Err(problem.in_chinese(format!("该规则的值超过 {MOST_VALUES} 个")));
            }
            for told in values {
                if matches!(told, Told::Divided { divide, .. } if !is_power_of_ten(*divide)) {
                    let detail = "`divide` is 10, 100, 1000, 10000, 100000 or 1000000".to_owned();
                    let chinese = "`divide` 应为 10、100、1000、10000、100000 或 1000000";
                    return Err(wrong(&format!("events.{number}"), detail).in_chinese(chinese));
                }
            }
            let paths = rule.when.keys().map(String::as_str).chain(rule.each.as_deref());
            for path in paths.chain(rule.values().into_iter().filter_map(Told::path)) {
                if steps(path).is_none() || path.len() > LONGEST_PATH {
                    let detail = format!("`{path}` is no path; expected, for example, `$.data.items[0].sku`");
                    let chinese = format!("`{path}` 不是路径，路径例如 `$.data.items[0].sku`");
                    return Err(wrong(&format!("events.{number}"), detail).in_chinese(chinese));
                }
            }
        }
        Ok(())
    }

    /// Whether somebody who knows the secret signed this body.
    ///
    /// # Errors
    /// They did not, or too long ago: the header, and what is wrong with it.
    pub(crate) fn admits(
        &self,
        secret: &str,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), (String, &'static str)> {
        let form = &self.signature;
        let text_of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let wrong = |header: &str, what| (header.to_owned(), what);
        let written = text_of(&form.header).ok_or_else(|| wrong(&form.header, "is missing"))?;
        let unfit = || wrong(&form.header, "does not fit the body and the secret that was set");
        let written = written.trim().strip_prefix(form.prefix.as_str()).ok_or_else(unfit)?;
        let signature = match form.encoding {
            Encoding::Base64 => base64_bytes(written),
            Encoding::Hex => hex_bytes(written),
        };
        let mut parts: Vec<&[u8]> = Vec::new();
        if let Some(header) = &form.timestamp_header {
            let text = text_of(header).ok_or_else(|| wrong(header, "is missing"))?;
            let number: i64 = text.trim().parse().map_err(|_| wrong(header, "is no number of seconds since 1970"))?;
            // Nobody signs in the year 5138.
            let signed = if number > 100_000_000_000 { number / 1_000 } else { number };
            let away = now.micros().div_euclid(1_000_000).saturating_sub(signed).saturating_abs();
            if away > i64::from(form.tolerance_s) {
                return Err(wrong(header, "is too far from now"));
            }
            parts.extend([text.as_bytes(), b"."]);
        }
        parts.push(body);
        match signature.is_some_and(|signature| signature::signed(secret, &parts, &signature)) {
            true => Ok(()),
            false => Err(unfit()),
        }
    }

    /// What a body tells, in Segment's words, or why one event of it cannot be told; and which paths led nowhere.
    pub(crate) fn said(&self, body: &str) -> (Vec<Result<Said, Fault>>, Missing) {
        let (mut all, mut missing) = (Vec::new(), Missing::new());
        for (number, rule) in self.events.iter().enumerate() {
            let whole = Scope { body, element: body };
            if !rule.is_about(whole) {
                continue;
            }
            let found = match &rule.each {
                None => vec![body],
                Some(path) => match whole.find(path).map(|raw| listed(raw, path)).transpose() {
                    Ok(Some(Some(found))) => found,
                    Ok(_) => {
                        missing.push(path.clone());
                        Vec::new()
                    }
                    Err(fault) => {
                        all.push(Err(fault));
                        Vec::new()
                    }
                },
            };
            for (place, element) in found.into_iter().enumerate() {
                all.push(rule.said(Scope { body, element }, (number, place), &mut missing));
            }
        }
        missing.sort();
        missing.dedup();
        (all, missing)
    }
}

impl EventRule {
    fn is_about(&self, scope: Scope<'_>) -> bool {
        self.when.iter().all(|(path, texts)| {
            let found = scope.find(path);
            let text = found.and_then(text_of);
            found.is_some() && (texts.is_empty() || text.is_some_and(|text| texts.iter().any(|one| *one == text)))
        })
    }

    fn said(&self, scope: Scope<'_>, (rule, place): (usize, usize), missing: &mut Missing) -> Result<Said, Fault> {
        let mut out = Object::new();
        out.text("type", Some(if self.name.is_some() { "track" } else { "identify" }));
        let mut id = Vec::new();
        for part in &self.message_id {
            let found = part.told(scope, missing)?.and_then(|raw| text_of(&raw).map(|text| text.into_owned()));
            let lost = || Fault::Unmapped { field: "message_id", path: part.path().unwrap_or_default().to_owned() };
            id.push(found.ok_or_else(lost)?);
        }
        if id.is_empty() {
            let digest = Sha256::digest(scope.body.as_bytes());
            id.push(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect());
            id.extend([rule.to_string(), place.to_string()]);
        }
        out.text("messageId", Some(&id.join("-")));
        let mut entry = |name: &str, told: Option<&Told>| {
            let raw = told.map(|told| told.told(scope, missing)).transpose()?.flatten();
            out.raw(name, raw.as_deref());
            Ok::<_, Fault>(raw.is_some())
        };
        entry("event", self.name.as_ref())?;
        let user = entry("userId", self.user_id.as_ref())?;
        let visitor = entry("anonymousId", self.anonymous_id.as_ref())?;
        entry("timestamp", self.timestamp.as_ref())?;
        let properties = properties(&self.properties, scope, missing)?;
        out.object(if self.name.is_some() { "properties" } else { "traits" }, properties);
        // Traits must be somebody's.
        Ok(Said { text: out.done(), guest: self.name.is_some() && !user && !visitor })
    }

    /// Every value there is in it.
    fn values(&self) -> Vec<&Told> {
        let own = [&self.name, &self.user_id, &self.anonymous_id, &self.timestamp].into_iter().flatten();
        let mut open: Vec<&Told> = own.chain(&self.message_id).chain(self.properties.values()).collect();
        let mut all = Vec::new();
        while let Some(told) = open.pop() {
            all.push(told);
            if let Told::Each { properties, .. } = told {
                open.extend(properties.values());
            }
        }
        all
    }
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn mapping() -> Custom {
        let mapping = json!({
            "signature": {"header": "X-Signature", "encoding": "hex", "prefix": "sha256="},
            "events": [{
                "when": {"$.type": ["order.paid", "order.done"], "$.data.id": []},
                "name": "Order Completed", "message_id": ["youzan", "$.data.id", "paid"],
                "user_id": "$.data.buyer.open_id", "timestamp": {"path": "$.at", "unix": "s"},
                "properties": {
                    "order_id": "$.data.id", "currency": "CNY", "total": {"path": "$.data.amount", "divide": 100},
                    "products": {"each": "$.data.items", "properties": {
                        "product_id": "$.sku", "quantity": "$.n", "price": {"path": "$.cents", "divide": 100}, "order": "$$.data.id"}},
                }}, {
                "when": {"$.type": ["catalogue"]}, "each": "$.goods", "name": "Product Updated",
                "properties": {"product_id": "$.sku", "name": "$.names[0]"}}, {
                "when": {"$.type": ["member"]}, "user_id": "$.id", "properties": {"city": "$.city", "vip": true}}],
        });
        serde_json::from_value(mapping).unwrap()
    }

    fn said(body: &Value) -> (Vec<Value>, Missing) {
        let (said, missing) = mapping().said(&body.to_string());
        let message = |one: Result<Said, Fault>| serde_json::from_str(&one.unwrap().text).unwrap();
        (said.into_iter().map(message).collect(), missing)
    }

    #[test]
    fn a_body_is_put_into_words_by_the_rules_that_are_about_it() {
        mapping().check("custom").unwrap();
        let order = json!({"type": "order.paid", "at": 1_767_225_600, "data": {"id": "E1", "amount": 1999, "buyer": {"open_id": "o-1"},
            "items": [{"sku": "a", "n": 2, "cents": 5}, {"sku": "b", "n": 1}]}});
        let (told, missing) = said(&order);
        assert_eq!(
            told,
            [json!({"type": "track", "messageId": "youzan-E1-paid", "event": "Order Completed", "userId": "o-1",
                "timestamp": "2026-01-01T00:00:00Z", "properties": {"order_id": "E1", "currency": "CNY", "total": 19.99, "products": [
                    {"product_id": "a", "quantity": 2, "price": 0.05, "order": "E1"}, {"product_id": "b", "quantity": 1, "order": "E1"}]}})]
        );
        assert_eq!(missing, ["$.cents"]);
        let (told, _) =
            said(&json!({"type": "catalogue", "goods": [{"sku": "a", "names": ["茶"]}, {"sku": "b", "names": []}]}));
        let named: Vec<_> = told.iter().map(|one| &one["properties"]).collect();
        assert_eq!(named, [&json!({"product_id": "a", "name": "茶"}), &json!({"product_id": "b"})]);
        assert_ne!(told[0]["messageId"], told[1]["messageId"]);
        let (told, _) = said(&json!({"type": "member", "id": 7, "city": "杭州"}));
        assert_eq!((&told[0]["type"], &told[0]["traits"]), (&json!("identify"), &json!({"city": "杭州", "vip": true})));
        assert_eq!(said(&json!({"type": "other"})).0, [Value::Null; 0]);
        let (lost, _) = mapping().said(r#"{"type":"order.paid","data":{"id":[]}}"#);
        let [Err(fault)] = lost.as_slice() else { panic!("it has no message id") };
        assert_eq!(fault.to_string(), "nothing stands at `$.data.id`, of which the mapping makes `message_id`");
    }

    #[test]
    fn a_list_that_is_too_long_is_refused_and_never_cut() {
        let of = |elements: usize| vec![json!({"sku": "a"}); elements];
        let order = |elements| json!({"type": "order.paid", "data": {"id": "E1", "items": of(elements)}}).to_string();
        assert!(matches!(mapping().said(&order(500)).0.as_slice(), [Ok(_)]));
        let limit = 500;
        let (path, elements) = ("$.data.items".to_owned(), 501);
        let cut = Fault::LongList { path, elements, limit };
        assert_eq!(mapping().said(&order(501)).0.pop().unwrap().err(), Some(cut));
        let goods = json!({"type": "catalogue", "goods": of(501)}).to_string();
        let (told, _) = mapping().said(&goods);
        assert!(matches!(told.as_slice(), [Err(Fault::LongList { path, .. })] if path == "$.goods"));
    }

    #[test]
    fn one_event_that_cannot_be_told_keeps_no_other_back_and_traits_are_somebodys() {
        let mut mapping = mapping();
        mapping.events[1].message_id = vec![serde_json::from_value(json!("$.sku")).unwrap()];
        let (told, _) = mapping.said(r#"{"type":"catalogue","goods":[{"sku":"a"},{"name":"b"},{"sku":"c"}]}"#);
        assert_eq!(told.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
        let guests = |body: &str| mapping.said(body).0.into_iter().map(|one| one.unwrap().guest).collect::<Vec<_>>();
        assert_eq!(guests(r#"{"type":"member","city":"杭州"}"#), [false]);
        assert_eq!(guests(r#"{"type":"order.paid","data":{"id":"E1"}}"#), [true]);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let with = |change: &dyn Fn(&mut Custom)| {
            let mut mapping = mapping();
            change(&mut mapping);
            let problem = mapping.check("custom").unwrap_err();
            format!("{} {}", problem.pointer.unwrap_or_default(), problem.detail)
        };
        assert!(with(&|mapping| mapping.events.clear()).contains("custom.events there are 0 rules"));
        assert!(with(&|mapping| mapping.signature.header = "not a header".into()).contains("`not a header`"));
        assert!(with(&|mapping| mapping.events[1].each = Some("goods".into())).contains("`goods` is no path"));
        assert!(
            with(&|mapping| mapping.events[0].timestamp = Some(Told::Divided { path: "$.a".into(), divide: 60 }))
                .contains("custom.events.0 `divide`")
        );
    }

    #[test]
    fn a_signature_with_a_moment_is_good_for_a_while() {
        let (secret, body, now) = ("a secret of ours", br#"{"a":1}"#, Timestamp::from_seconds(1_767_225_600));
        let mut mapping = mapping();
        mapping.signature.timestamp_header = Some("X-At".into());
        let sign = |parts: &[&[u8]]| {
            let bytes = signature::sign(secret, parts);
            format!("sha256={}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        };
        let admitted = |at: &str, signature: String| {
            let mut headers = HeaderMap::new();
            headers.insert("x-at", at.parse().unwrap());
            headers.insert("x-signature", signature.parse().unwrap());
            mapping.admits(secret, &headers, body, now)
        };
        assert_eq!(admitted("1767225500", sign(&[b"1767225500", b".", body])), Ok(()));
        assert_eq!(admitted("1767225500000", sign(&[b"1767225500000", b".", body])), Ok(()));
        assert!(admitted("1767225500", sign(&[body])).is_err(), "the moment is signed too");
        assert!(admitted("1767225000", sign(&[b"1767225000", b".", body])).is_err(), "too long ago");
        assert!(mapping.admits(secret, &HeaderMap::new(), body, now).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(body in ".{0,40}") {
            let _ = mapping().said(&body);
        }
    }
}
