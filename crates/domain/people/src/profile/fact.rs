//! What one event says about its shopper: a borrowed view, read in one walk over the properties.
//!
//! Nothing here refuses an event. The collector has; what is still odd is passed over.

use std::borrow::Cow;

use fanvine_kernel::event::{EventRef, names};
use fanvine_kernel::{Currency, Money, Timestamp};

use super::codec::hash;
use super::deed::Deed;
use super::tallies::PriceBand;
use super::vocabulary::{Vocabulary, Word};
use crate::json::{elements, fields, text};

/// How many products of one event, and how many topics, are looked at.
const MOST_ITEMS: usize = 100;
const MOST_TOPICS: usize = 16;

/// One event as this room sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<'a> {
    /// What was done.
    pub deed: Deed,
    /// When.
    pub at: Timestamp,
    /// The order it is about, as a 64-bit hash of its id; of the message where an order has none.
    pub order: Option<u64>,
    /// The refund it tells of, likewise.
    pub refund: Option<u64>,
    /// What it brought in, or gave back.
    pub revenue: Option<Money>,
    /// What was taken off the whole, in minor units.
    pub discount_minor: i64,
    /// Whether it names a coupon.
    pub coupon: bool,
    /// The products it is about.
    pub items: Vec<Item<'a>>,
    /// How the shopper came.
    pub channel: Option<&'a str>,
    /// `ios`, `android`, `mini_program`, `mobile_web`, `desktop`, or what the client calls it.
    pub device: Option<Cow<'a, str>>,
    /// `context.location`: its region, else city, else country.
    pub region: Option<Cow<'a, str>>,
    /// What was searched, in lower case.
    pub query: Option<Cow<'a, str>>,
    /// How many results a search had, if it says so.
    pub results: Option<u64>,
    /// What the content is about: `topic` and `topics`.
    pub topics: Vec<Cow<'a, str>>,
    /// The group that was joined: `groupId`, or `group_buy_id`.
    pub circle: Option<Cow<'a, str>>,
    /// The other shopper: `followed_id` (else `target_id`) of a follow, `inviter_id` of an accepted invitation,
    /// `sharer_id` of an opened share.
    pub other: Option<Cow<'a, str>>,
}

/// One product of an event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item<'a> {
    /// Which.
    pub product: Option<Cow<'a, str>>,
    /// Its category.
    pub category: Option<Cow<'a, str>>,
    /// Its brand.
    pub brand: Option<Cow<'a, str>>,
    /// Its style.
    pub style: Option<Cow<'a, str>>,
    /// The price of one unit.
    pub price: Option<Money>,
}

impl<'a> Item<'a> {
    fn keep(&mut self, key: &str, raw: &'a str, currency: Option<Currency>) {
        match key {
            "product_id" | "productId" => self.product = text(raw),
            "category" => self.category = text(raw),
            "brand" => self.brand = text(raw),
            "style" => self.style = text(raw),
            "price" => self.price = money(raw, currency).filter(|price| price.minor > 0),
            _ => {}
        }
    }
}

impl<'a> Fact<'a> {
    /// Reads an event.
    pub fn read(event: impl Into<EventRef<'a>>) -> Self {
        let event = event.into();
        let deed = Deed::of(event.kind, event.name);
        let mut fact = Self {
            deed,
            at: event.occurred_at,
            order: event.order_id.map(hash),
            refund: None,
            revenue: event.revenue_minor.zip(event.currency).map(|(minor, currency)| Money::new(minor, currency)),
            discount_minor: 0,
            coupon: false,
            items: Vec::new(),
            channel: event.channel,
            device: None,
            region: None,
            query: None,
            results: None,
            topics: Vec::new(),
            circle: None,
            other: None,
        };
        if let Some(context) = event.context {
            fact.read_context(context);
        }
        if deed.has_properties() {
            fact.read_properties(event.properties.unwrap_or("{}"), &event);
        }
        let message = || event.key() as u64;
        match deed {
            Deed::Order => fact.order = fact.order.or_else(|| Some(message())),
            Deed::Refund => fact.refund = fact.refund.or_else(|| Some(message())),
            _ => {}
        }
        fact
    }

    fn read_properties(&mut self, properties: &'a str, event: &EventRef<'a>) {
        // An event that brings nothing in tells the currency of its prices in what it says only.
        let mut currency = event.currency;
        if currency.is_none() && properties.contains("\"currency\"") {
            fields(properties, |key, raw| {
                if key == "currency" {
                    currency = text(raw).and_then(|code| code.parse().ok());
                }
            });
        }
        // What a list happened to show says nothing of the shopper; that they looked at its category does.
        let is_list = matches!(event.name, names::PRODUCT_LIST_VIEWED | names::PRODUCT_LIST_FILTERED);
        let mut alone = Item { product: event.product_id.map(Cow::Borrowed), ..Item::default() };
        let mut lines = None;
        let mut lower_choice = None;
        fields(properties, |key, raw| match key {
            "products" if !is_list => lines = Some(raw),
            "coupon" | "coupon_id" => self.coupon |= text(raw).is_some(),
            "discount" => self.discount_minor = discount(raw, currency),
            "refund_id" => self.refund = text(raw).map(|id| hash(&id)),
            "query" => self.query = text(raw).map(lower),
            "results" | "result_count" => self.results = text(raw).and_then(|number| number.parse().ok()),
            "topic" => self.topics.extend(text(raw)),
            "topics" => self.topics.extend(elements(raw).into_iter().filter_map(text)),
            "groupId" if self.deed == Deed::Circle => self.circle = text(raw),
            "group_buy_id" if self.deed == Deed::GroupBuy => self.circle = text(raw),
            "followed_id" if self.deed == Deed::Follow => self.other = text(raw),
            "target_id" if self.deed == Deed::Follow => lower_choice = text(raw),
            "inviter_id" if self.deed == Deed::InviteAccept => self.other = text(raw),
            "sharer_id" if self.deed == Deed::ShareOpen => self.other = text(raw),
            other => alone.keep(other, raw, currency),
        });
        self.other = self.other.take().or(lower_choice);
        self.topics.truncate(MOST_TOPICS);
        let mut of_lines = 0i64;
        for line in lines.map(elements).unwrap_or_default().into_iter().take(MOST_ITEMS) {
            let mut item = Item::default();
            fields(line, |key, raw| match key {
                "discount" => of_lines = of_lines.saturating_add(discount(raw, currency)),
                "coupon" => self.coupon |= text(raw).is_some(),
                _ => item.keep(key, raw, currency),
            });
            self.items.push(item);
        }
        if self.discount_minor == 0 {
            self.discount_minor = of_lines;
        }
        if self.items.is_empty() && alone != Item::default() {
            self.items.push(alone);
        }
    }

    fn read_context(&mut self, context: &'a str) {
        let (mut kind, mut system, mut agent) = (None, None, None);
        fields(context, |key, raw| match key {
            "device" => fields(raw, |key, raw| kind = if key == "type" { text(raw) } else { kind.take() }),
            "os" => fields(raw, |key, raw| system = if key == "name" { text(raw) } else { system.take() }),
            "userAgent" => agent = Some(raw),
            "location" => {
                let (mut country, mut city) = (None, None);
                fields(raw, |key, raw| match key {
                    "region" => self.region = text(raw),
                    "city" => city = text(raw),
                    "country" => country = text(raw),
                    _ => {}
                });
                self.region = self.region.take().or(city).or(country);
            }
            _ => {}
        });
        self.device = kind.or(system).map(lower).or_else(|| agent.and_then(device_of).map(Cow::Borrowed));
    }

    /// The numbers of its words; new words are added to `vocabulary`.
    pub fn terms(&self, vocabulary: &mut Vocabulary) -> Terms {
        self.terms_by(|text| vocabulary.intern(text))
    }

    /// The numbers of those of its words that `vocabulary` has.
    pub fn known_terms(&self, vocabulary: &Vocabulary) -> Terms {
        self.terms_by(|text| vocabulary.find(text))
    }

    fn terms_by(&self, mut intern: impl FnMut(&str) -> Option<Word>) -> Terms {
        let items = self.items.iter().map(|item| ItemTerms {
            category: item.category.as_deref().and_then(&mut intern),
            brand: item.brand.as_deref().and_then(&mut intern),
            style: item.style.as_deref().and_then(&mut intern),
        });
        Terms {
            items: items.collect(),
            channel: self.channel.and_then(&mut intern),
            device: self.device.as_deref().and_then(&mut intern),
            region: self.region.as_deref().and_then(&mut intern),
            query: self.query.as_deref().and_then(&mut intern),
            topics: self.topics.iter().filter_map(|topic| intern(topic)).collect(),
            circle: self.circle.as_deref().and_then(&mut intern),
        }
    }

    /// The other shopper it names, and what it is to them: `State::receive` of theirs takes it.
    pub fn echo(&self) -> Option<(&str, Deed)> {
        Some((self.other.as_deref()?, self.deed.echo()?))
    }

    /// Whether the shopper was there themselves. A refund or a change of an order is the shop's doing.
    pub(super) fn is_presence(&self) -> bool {
        !matches!(self.deed, Deed::Refund | Deed::OrderChange)
    }
}

/// The words of a [`Fact`] by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Of each item, in the fact's order.
    pub items: Vec<ItemTerms>,
    /// How the shopper came.
    pub channel: Option<Word>,
    /// On what.
    pub device: Option<Word>,
    /// From where.
    pub region: Option<Word>,
    /// What was searched.
    pub query: Option<Word>,
    /// What the content is about.
    pub topics: Vec<Word>,
    /// The group joined.
    pub circle: Option<Word>,
}

/// The words of an [`Item`] by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemTerms {
    /// Its category.
    pub category: Option<Word>,
    /// Its brand.
    pub brand: Option<Word>,
    /// Its style.
    pub style: Option<Word>,
}

impl Item<'_> {
    /// The band of its price.
    pub fn band(&self) -> PriceBand {
        self.price.map_or(PriceBand::NONE, |price| PriceBand::of(price.minor))
    }
}

fn money(raw: &str, currency: Option<Currency>) -> Option<Money> {
    Money::from_decimal(&text(raw)?, currency?).ok()
}

fn discount(raw: &str, currency: Option<Currency>) -> i64 {
    money(raw, currency).map_or(0, |off| off.minor.saturating_abs())
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { Cow::Owned(text.to_lowercase()) } else { text }
}

/// The kind of device a browser's user agent tells of: the first sign here that any of its words begins with.
fn device_of(agent: &str) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 9] = [
        ("miniProgram", "mini_program"),
        ("MiniProgram", "mini_program"),
        ("iPhone", "ios"),
        ("iPad", "ios"),
        ("Android", "android"),
        ("Mobile", "mobile_web"),
        ("Windows", "desktop"),
        ("Macintosh", "desktop"),
        ("Linux", "desktop"),
    ];
    let words = agent.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| word.len() > 3);
    let found = words.filter_map(|word| SIGNS.iter().position(|(sign, _)| word.starts_with(sign))).min()?;
    SIGNS.get(found).map(|(_, device)| *device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fanvine_kernel::EventKind;
    use fanvine_kernel::event::Json;
    use fanvine_testkit::track;

    #[test]
    fn an_order_is_read_with_its_lines() {
        let event = track("Order Completed")
            .user("u")
            .properties(
                r#"{"order_id":"o1","currency":"CNY","discount":"5","coupon":"SPRING","products":[
                    {"product_id":"p1","category":"Tea","brand":"Leaf","price":12.5},
                    {"product_id":7,"category":"Cups","price":"oops","style":"plain"}]}"#,
            )
            .build();
        let fact = Fact::read(&event);
        assert_eq!((fact.deed, fact.discount_minor, fact.coupon), (Deed::Order, 500, true));
        assert_eq!(fact.items[0].price.unwrap().to_string(), "12.50 CNY");
        assert_eq!((fact.items[1].product.as_deref(), fact.items[1].price), (Some("7"), None));
        let mut words = Vocabulary::default();
        let terms = fact.terms(&mut words);
        assert_eq!(terms.items[1].style.map(|word| words.text(word)), Some("plain"));
    }

    #[test]
    fn a_price_has_the_currency_that_the_event_tells() {
        let seen = track("Product Viewed").properties(r#"{"product_id":"p","price":3,"currency":"JPY"}"#);
        let fact = seen.with(|event| event.currency = None).build();
        assert_eq!(Fact::read(&fact).items[0].price, Some(Money::new(3, "JPY".parse().unwrap())));
    }

    #[test]
    fn an_order_without_an_id_is_known_by_its_message() {
        let order = |id: &str| Fact::read(&track("Order Completed").id(id).build()).order.unwrap();
        assert_ne!(order("m1"), order("m2"));
        assert_eq!(order("m1"), order("m1"));
    }

    #[test]
    fn a_product_stands_alone_or_in_a_list() {
        let event = track("Product Viewed")
            .properties(r#"{"product_id":"p","category":" Tea ","price":3,"currency":"CNY"}"#)
            .build();
        let fact = Fact::read(&event);
        assert_eq!((fact.items.len(), fact.items[0].category.as_deref()), (1, Some("Tea")));
        let page = track("Page Viewed").kind(EventKind::Page).properties(r#"{"category":"Docs"}"#).build();
        assert!(Fact::read(&page).items.is_empty());
    }

    #[test]
    fn the_context_tells_device_and_region() {
        let read = |context: &str| {
            let event = track("x").with(|event| event.context = Json::parse(context).ok()).build();
            let fact = Fact::read(&event);
            (fact.device.map(Cow::into_owned), fact.region.map(Cow::into_owned))
        };
        assert_eq!(
            read(r#"{"device":{"type":"iOS","id":1},"location":{"country":"CN","city":"杭州"}}"#),
            (Some("ios".into()), Some("杭州".into()))
        );
        let agent = r#"{"userAgent":"Mozilla/5.0 (Linux; Android 14) Mobile","location":{"region":"浙江","city":"x"}}"#;
        assert_eq!(read(agent), (Some("android".into()), Some("浙江".into())));
        assert_eq!(read(r#"{"device":4,"os":{"name":["x"]}}"#), (None, None));
    }

    #[test]
    fn what_is_done_to_another_names_them() {
        let follow = track("Shopper Followed").properties(r#"{"followed_id":"u2"}"#).build();
        assert_eq!(Fact::read(&follow).echo(), Some(("u2", Deed::Followed)));
        let invited = track("Invite Accepted").properties(r#"{"inviter_id":9}"#).build();
        assert_eq!(Fact::read(&invited).echo(), Some(("9", Deed::InviteWon)));
        assert_eq!(Fact::read(&track("Product Shared").build()).echo(), None);
    }
}
