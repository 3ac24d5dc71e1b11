//! Whose doing an event is: marked where it is no shopper's, so that questions can leave it out.
//!
//! What robots and the shop's own people do is taken in like anything else, with a property `traffic` that says `bot` or
//! `internal`. Whoever sends that property decides themselves.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use crate::segment::Draft;
use crate::segment::json::Cursor;

/// The property.
const TRAFFIC: &str = "traffic";
/// What the user agents of robots have in them, in small letters: the word itself, of crawlers, of programs that drive a
/// browser, and of libraries that fetch pages.
const ROBOTS: [&str; 34] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "scrap",
    "headless",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "lighthouse",
    "page speed",
    "pagespeed",
    "facebookexternalhit",
    "bingpreview",
    "feedfetcher",
    "mediapartners-google",
    "apis-google",
    "google-inspectiontool",
    "google-read-aloud",
    "ia_archiver",
    "archive.org",
    "ahrefs",
    "semrush",
    "pingdom",
    "uptime",
    "statuscake",
    "prerender",
    "chatgpt-user",
    "perplexity",
    "curl/",
    "wget/",
    "python-requests",
    "go-http-client",
];
/// Makers of telephones whose name has a robot's word in it.
const NO_ROBOTS: [&str; 1] = ["cubot"];

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subnet {
    first: IpAddr,
    bits: u8,
}

/// A text that is no subnet.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address and no subnet; expected, for example, 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32")]
pub struct NotSubnet(String);

impl FromStr for Subnet {
    type Err = NotSubnet;

    fn from_str(text: &str) -> Result<Self, NotSubnet> {
        let wrong = || NotSubnet(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let first: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if bits > most { Err(wrong()) } else { Ok(Self { first, bits }) }
    }
}

impl Subnet {
    fn has(&self, address: IpAddr) -> bool {
        let alike = |one: u128, other: u128, width: u8| {
            let rest = u32::from(width - self.bits.min(width));
            one.checked_shr(rest) == other.checked_shr(rest)
        };
        match (self.first, address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => alike(u32::from(one).into(), u32::from(other).into(), 32),
            (IpAddr::V6(one), IpAddr::V6(other)) => alike(one.into(), other.into(), 128),
            _ => false,
        }
    }
}

/// What is marked.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Whether robots are.
    pub bots: bool,
    /// From where the shop's own people come.
    pub internal_addresses: Vec<Subnet>,
    /// Their user ids; with an `@` in front, how these end.
    pub internal_users: Vec<String>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { bots: true, internal_addresses: Vec::new(), internal_users: Vec::new() }
    }
}

impl Traffic {
    /// Marks an event, if it is to be.
    pub(crate) fn mark(&self, draft: &mut Draft<'_>) {
        let Some(mark) = self.mark_of(draft) else { return };
        if let Some(marked) = marked(draft.properties.as_deref(), mark) {
            draft.properties = Some(Cow::Owned(marked));
        }
    }

    fn mark_of(&self, draft: &Draft<'_>) -> Option<&'static str> {
        let own = |user: &&str| {
            let is = |own: &String| if own.starts_with('@') { user.ends_with(own.as_str()) } else { own == user };
            self.internal_users.iter().any(is)
        };
        let near = |text: &&str| {
            let address = text.trim().parse();
            address.is_ok_and(|address| self.internal_addresses.iter().any(|subnet| subnet.has(address)))
        };
        if draft.user_id.as_deref().filter(own).is_some()
            || (!self.internal_addresses.is_empty() && draft.address.as_deref().filter(near).is_some())
        {
            return Some("internal");
        }
        let robot = self.bots && draft.agent.as_deref().is_some_and(is_robot);
        robot.then_some("bot")
    }
}

/// Whether a user agent is a robot's.
fn is_robot(agent: &str) -> bool {
    let small = agent.to_ascii_lowercase();
    let plain = NO_ROBOTS.iter().fold(Cow::Borrowed(small.as_str()), |text, no| match text.contains(no) {
        true => Cow::Owned(text.replace(no, "")),
        false => text,
    });
    ROBOTS.iter().any(|word| plain.contains(word))
}

/// The properties with the mark in front; none if they have one.
fn marked(properties: Option<&str>, mark: &str) -> Option<String> {
    let rest = properties.unwrap_or("{}").trim_start().strip_prefix('{')?;
    let mut there = false;
    let mut cursor = Cursor::new(properties.unwrap_or("{}"));
    let read = cursor.object(|cursor, key| {
        there |= key == TRAFFIC;
        cursor.value().map(drop)
    });
    if there || read.is_err() {
        return None;
    }
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    Some(format!("{{\"{TRAFFIC}\":\"{mark}\"{comma}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_say_so_and_people_do_not() {
        for robot in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
            "facebookexternalhit/1.1",
            "curl/8.4.0",
        ] {
            assert!(is_robot(robot), "{robot}");
        }
        for person in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.43",
            "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
            "okhttp/4.12.0",
        ] {
            assert!(!is_robot(person), "{person}");
        }
    }

    #[test]
    fn a_subnet_has_what_begins_alike() {
        let has = |subnet: &str, address: &str| subnet.parse::<Subnet>().unwrap().has(address.parse().unwrap());
        assert!(has("10.0.0.0/8", "10.200.3.4") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("203.0.113.7", "203.0.113.7") && !has("203.0.113.7", "203.0.113.8"));
        assert!(has("0.0.0.0/0", "8.8.8.8") && !has("0.0.0.0/0", "::1"));
        assert!(has("2001:db8::/32", "2001:db8:1::5") && !has("2001:db8::/32", "2001:db9::1"));
        assert!(has("::/0", "2001:db9::1"));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "shop", "10.0.0.0/", "::1/129"] {
            assert_eq!(wrong.parse::<Subnet>().unwrap_err().0, wrong);
        }
    }

    #[test]
    fn the_mark_stands_in_the_properties_unless_the_sender_put_one_there() {
        assert_eq!(marked(None, "bot").unwrap(), r#"{"traffic":"bot"}"#);
        assert_eq!(marked(Some("{ }"), "bot").unwrap(), r#"{"traffic":"bot" }"#);
        assert_eq!(
            marked(Some(r#" {"a":{"traffic":1}}"#), "internal").unwrap(),
            r#"{"traffic":"internal","a":{"traffic":1}}"#
        );
        assert_eq!(marked(Some(r#"{"b":[1],"traffic":null}"#), "bot"), None);
        for text in ["{}", r#"{"x":"}"}"#] {
            serde_json::from_str::<serde_json::Value>(&marked(Some(text), "bot").unwrap()).unwrap();
        }
    }
}
