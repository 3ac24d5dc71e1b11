//! The computed traits of a shopper or person, each with what was counted and from when to when.

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, Money, Timestamp, Zone};
use serde::Serialize;

use super::Bilingual;
use super::deed::Deed;
use super::hour::hour_of;
use super::purchases::Placed;
use super::state::{Latest, State};
use super::tallies::{Facet, unpriced};
use super::vocabulary::{Vocabulary, Word};

const DAY_SECONDS: f64 = 86_400.0;

/// A value and its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Typed {
    /// How many.
    Count(u64),
    /// Days, with their fraction.
    Days(f64),
    /// A moment.
    Moment(Timestamp),
    /// A text.
    Text(String),
    /// An hour of the shop's day, 0 to 23.
    Hour(u32),
    /// An amount for each currency, by its code.
    Money(Vec<Money>),
}

impl Typed {
    /// The value as a number, where it is one: money in major units, if it is of one currency.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Days(days) => Some(*days),
            Self::Hour(hour) => Some(f64::from(*hour)),
            Self::Money(amounts) => match amounts.as_slice() {
                [one] => Some(one.minor as f64 / 10f64.powi(one.currency.minor_digits() as i32)),
                _ => None,
            },
            Self::Moment(_) | Self::Text(_) => None,
        }
    }

    /// The value as text, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// One computed trait.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Value {
    /// Its name, one of [`NAMES`].
    pub name: &'static str,
    /// What it is.
    #[serde(flatten)]
    pub value: Typed,
    /// What was counted, and how.
    pub why: Bilingual,
    /// The first moment it rests on.
    pub from: Option<Timestamp>,
    /// The last moment it rests on.
    pub to: Option<Timestamp>,
}

/// Every name a value can have.
pub const NAMES: &[&str] = &[
    "first_seen",
    "last_seen",
    "days_since_seen",
    "sessions",
    "events",
    "orders",
    "cancelled_orders",
    "first_order",
    "last_order",
    "days_since_order",
    "order_gap_days",
    "spend",
    "refunds",
    "average_order_value",
    "discounted_orders",
    "favourite_category",
    "favourite_brand",
    "favourite_price_band",
    "favourite_hour",
    "favourite_channel",
    "device",
    "region",
    "searches",
    "product_views",
    "wishes",
    "cart_adds",
    "coupons_used",
    "reviews",
    "shares",
    "shares_opened_by_others",
    "invites_accepted",
    "followers_gained",
    "group_buys",
    "content_likes",
    "content_comments",
];

type Counts = (&'static str, Deed, &'static str, &'static str);

/// Values that are the counts of deeds: name, deed, what it is in English and Chinese.
const COUNTS: &[Counts] = &[
    ("searches", Deed::Search, "searches made", "搜索次数"),
    (
        "product_views",
        Deed::Browse,
        "products, lists and promotions seen or clicked",
        "浏览或点击商品、列表、活动的次数",
    ),
    ("wishes", Deed::Favourite, "products put on the wish list", "收藏商品次数"),
    ("cart_adds", Deed::Cart, "products put into the cart", "加购次数"),
    ("coupons_used", Deed::Coupon, "coupons that took effect", "优惠券生效次数"),
    ("reviews", Deed::Review, "reviews written", "发表评价次数"),
    ("shares", Deed::Share, "products and carts shared", "分享商品或购物车次数"),
    ("shares_opened_by_others", Deed::ShareDrew, "times others opened what was shared", "分享被他人打开的次数"),
    ("invites_accepted", Deed::InviteWon, "invitations of theirs that others accepted", "邀请被他人接受的次数"),
    ("followers_gained", Deed::Followed, "times others began to follow them", "被他人关注的次数"),
    ("group_buys", Deed::GroupBuy, "group buys opened or joined", "发起或参加拼团次数"),
    ("content_likes", Deed::Like, "content liked", "点赞次数"),
    ("content_comments", Deed::Comment, "comments written", "评论次数"),
];

impl State {
    /// One of the computed traits by its name: what [`State::values`] says of it, for a fraction of the work.
    pub fn value(&self, name: &str, words: &Vocabulary, now: Timestamp, zone: Zone) -> Option<Value> {
        let mut told = Told { values: Vec::new(), state: self, words, now };
        match name {
            "first_seen" | "last_seen" | "days_since_seen" | "sessions" | "events" => told.seen(),
            "device" | "region" => told.latest_told(),
            _ if name.starts_with("favourite_") => told.favourites(zone),
            _ => match COUNTS.iter().find(|(known, ..)| *known == name) {
                Some(count) => told.count(count),
                None => told.bought(),
            },
        }
        told.values.into_iter().find(|value| value.name == name)
    }

    /// Every computed trait at `now`, days by the clock of `zone`. What is not known is left out; a count may be 0.
    pub fn values(&self, words: &Vocabulary, now: Timestamp, zone: Zone) -> Vec<Value> {
        let mut told = Told { values: Vec::with_capacity(NAMES.len()), state: self, words, now };
        told.seen();
        told.bought();
        told.favourites(zone);
        told.latest_told();
        COUNTS.iter().for_each(|count| told.count(count));
        told.values
    }
}

struct Told<'a> {
    values: Vec<Value>,
    state: &'a State,
    words: &'a Vocabulary,
    now: Timestamp,
}

impl Told<'_> {
    /// Adds a value that rests on everything since the shopper was first seen.
    fn add(&mut self, name: &'static str, value: Typed, why: Bilingual) {
        self.add_between(name, value, why, (self.state.first_seen(), self.state.last_seen()));
    }

    fn add_between(
        &mut self,
        name: &'static str,
        value: Typed,
        why: Bilingual,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
    ) {
        self.values.push(Value { name, value, why, from, to });
    }

    fn seen(&mut self) {
        if let (Some(first), Some(last)) = (self.state.first_seen(), self.state.last_seen()) {
            let days = days_between(last, self.now);
            self.add("first_seen", Typed::Moment(first), Bilingual::new("the earliest event", "最早的事件"));
            self.add("last_seen", Typed::Moment(last), Bilingual::new("the latest event", "最近的事件"));
            let why = Bilingual::new("days since the latest event", "距最近一次事件的天数");
            self.add_between("days_since_seen", Typed::Days(days), why, (Some(last), Some(self.now)));
        }
        let why = Bilingual::new(
            "visits: a new one begins after more than 30 minutes without an event",
            "访问次数：超过 30 分钟没有事件后算新的一次",
        );
        self.add("sessions", Typed::Count(self.state.sessions() as u64), why);
        let why = Bilingual::new("events of any kind", "所有事件");
        self.add("events", Typed::Count(self.state.events()), why);
    }

    fn bought(&mut self) {
        let orders = self.state.orders();
        let (first, last) = (orders.first().map(|order| order.at), orders.last().map(|order| order.at));
        let span = (first, last);
        let why = Bilingual::new("different orders completed and not cancelled", "已完成且未取消的不同订单数");
        self.add_between("orders", Typed::Count(orders.len() as u64), why, span);
        let cancelled = self.state.purchases.as_ref().map_or(0, |purchases| purchases.cancelled());
        let why = Bilingual::new("orders cancelled", "已取消的订单数");
        self.add("cancelled_orders", Typed::Count(cancelled as u64), why);
        let (Some(from), Some(to)) = span else { return };
        self.add_between("first_order", Typed::Moment(from), Bilingual::new("the earliest order", "最早的订单"), span);
        self.add_between("last_order", Typed::Moment(to), Bilingual::new("the latest order", "最近的订单"), span);
        let why = Bilingual::new("days since the latest order", "距最近一次下单的天数");
        let since = Typed::Days(days_between(to, self.now));
        self.add_between("days_since_order", since, why, (last, Some(self.now)));
        if orders.len() > 1 {
            let gaps = orders.len() - 1;
            let mean = days_between(from, to) / gaps as f64;
            let why = Bilingual::new(
                format!("the mean of the {gaps} gaps between {} orders", orders.len()),
                format!("{} 笔订单之间 {gaps} 个间隔的平均", orders.len()),
            );
            self.add_between("order_gap_days", Typed::Days(mean), why, span);
        }
        self.money(&orders, span);
    }

    fn money(&mut self, orders: &[Placed], span: (Option<Timestamp>, Option<Timestamp>)) {
        let mut sums: BTreeMap<Currency, (i64, i64)> = BTreeMap::new();
        for amount in orders.iter().filter_map(|order| order.amount) {
            let (sum, count) = sums.entry(amount.currency).or_default();
            (*sum, *count) = (sum.saturating_add(amount.minor), *count + 1);
        }
        let why = Bilingual::new(
            "what the orders cost, refunds not taken off; orders that tell no amount count nothing",
            "订单金额合计，未扣除退款；未报金额的订单不计",
        );
        let spend = sums.iter().map(|(currency, (sum, _))| Money::new(*sum, *currency)).collect();
        self.add_between("spend", Typed::Money(spend), why, span);
        let refunds = self.state.purchases.as_ref().map(|purchases| purchases.refunds()).unwrap_or_default();
        let refunds = refunds.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect();
        let why = Bilingual::new(
            "what went back, of each order at most what it cost; different refunds only",
            "退款合计，每笔订单不超过其金额；同一退款只计一次",
        );
        self.add_between("refunds", Typed::Money(refunds), why, span);
        if !sums.is_empty() {
            let mean = sums.iter().map(|(currency, (sum, count))| Money::new(rounded(*sum, *count), *currency));
            let mean = Typed::Money(mean.collect());
            let why = Bilingual::new("spend divided by the orders that tell an amount", "消费金额除以报有金额的订单数");
            self.add_between("average_order_value", mean, why, span);
        }
        let deals = orders.iter().filter(|order| order.is_deal()).count();
        let why = Bilingual::new("orders with a coupon or a discount", "使用优惠券或享受折扣的订单数");
        self.add_between("discounted_orders", Typed::Count(deals as u64), why, span);
    }

    fn favourites(&mut self, zone: Zone) {
        let tallies = &self.state.tallies;
        let (category, brand) = (tallies.words(Facet::Category), tallies.words(Facet::Brand));
        let (channel, prices) = (tallies.words(Facet::Channel), tallies.of(Facet::Price));
        let touched = ("products seen, wished, carted or bought", "浏览、收藏、加购或购买的商品");
        self.favourite_word("favourite_category", category, touched);
        self.favourite_word("favourite_brand", brand, touched);
        self.favourite_word("favourite_channel", channel, ("events", "事件"));
        let band_names = prices.filter_map(|(value, count)| {
            let (currency, band) = unpriced(value)?;
            let (from, below) = band.edges()?;
            let from = Money::new(from, currency);
            let name = below
                .map_or_else(|| format!("≥ {from}"), |below| format!("{from} – {}", Money::new(below - 1, currency)));
            Some((name, count))
        });
        self.favourite("favourite_price_band", band_names.collect(), Typed::Text, touched);
        let mut hours = BTreeMap::new();
        for visit in self.state.visits.iter() {
            let began = Timestamp::from_seconds(i64::from(visit.first));
            *hours.entry(hour_of(began, zone)).or_insert(0u32) += 1;
        }
        self.favourite("favourite_hour", hours.into_iter().collect(), Typed::Hour, ("visits", "访问"));
    }

    fn favourite_word(
        &mut self,
        name: &'static str,
        counts: impl Iterator<Item = (Word, u32)>,
        what: (&'static str, &'static str),
    ) {
        let counts = counts.map(|(word, count)| (self.words.text(word).to_owned(), count)).collect();
        self.favourite(name, counts, Typed::Text, what);
    }

    /// The value counted most often; of equals the least. Exact: every value has its count.
    fn favourite<T: Ord>(
        &mut self,
        name: &'static str,
        counts: Vec<(T, u32)>,
        typed: impl Fn(T) -> Typed,
        (en, zh): (&'static str, &'static str),
    ) {
        let all: u64 = counts.iter().map(|(_, count)| u64::from(*count)).sum();
        let top = counts.into_iter().min_by(|(a, most), (b, more)| more.cmp(most).then_with(|| a.cmp(b)));
        if let Some((value, count)) = top {
            let why = Bilingual::new(format!("{count} of {all} {en}"), format!("{all} 次{zh}中的 {count} 次"));
            self.add(name, typed(value), why);
        }
    }

    fn count(&mut self, (name, deed, en, zh): &Counts) {
        self.add(name, Typed::Count(self.state.count(*deed).into()), Bilingual::new(*en, *zh));
    }

    fn latest_told(&mut self) {
        let (device, region) = (self.state.device, self.state.region);
        self.latest("device", device, "the device of the latest event that tells one", "最近一次事件所用的设备");
        self.latest("region", region, "the region of the latest event that tells one", "最近一次事件所在的地区");
    }

    fn latest(&mut self, name: &'static str, latest: Latest, en: &'static str, zh: &'static str) {
        if let Some((at, word)) = latest {
            let at = Some(Timestamp::from_seconds(i64::from(at)));
            let value = Typed::Text(self.words.text(word).to_owned());
            self.add_between(name, value, Bilingual::new(en, zh), (at, at));
        }
    }
}

/// Days from one moment to another, none if it lies before.
pub(crate) fn days_between(from: Timestamp, to: Timestamp) -> f64 {
    to.micros_since(from).max(0) as f64 / 1e6 / DAY_SECONDS
}

/// The quotient, half rounded up; neither is negative.
fn rounded(sum: i64, count: i64) -> i64 {
    let count = count.max(1);
    sum / count + i64::from(sum % count >= count - sum % count)
}
