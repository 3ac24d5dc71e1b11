//! The stated formulas: what consumption, social and psychological tags compute from a profile.
//!
//! Each is a sentence ([`Formula::about`]), a weight in 0..1, and how much evidence it rests on; the confidence is
//! n / (n + the tag's `evidence`). Orders know their moment and decay by the tag's half-life; plain counts (shares,
//! followers, views, what was bought in which category) are of all time. `position` is where the prices of what was
//! bought stand among the prices seen in the same category, 0 the cheapest, 1 the dearest
//! ([`Population::price_position`]).

use std::collections::BTreeMap;

use fanvine_kernel::{Currency, Timestamp};
use serde::{Deserialize, Serialize};

use super::catalogue::Definition;
use super::population::Population;
use crate::profile::{Bilingual, Deed, Placed, PriceBand, State, Vocabulary, days_between};

macro_rules! formulas {
    ($($(#[$about:meta])* $name:ident = $en:literal, $zh:literal;)*) => {
        /// A formula over one profile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[schema(as = TagFormula)]
        #[serde(rename_all = "snake_case")]
        pub enum Formula { $(#[doc = $en] $name,)* }

        impl Formula {
            /// All of them.
            pub const ALL: &[Formula] = &[$(Formula::$name),*];

            /// The formula in words.
            pub fn about(self) -> Bilingual {
                match self { $(Self::$name => Bilingual::new($en, $zh),)* }
            }
        }
    };
}

formulas! {
    Recency = "2^(−days since the latest order / half-life)", "2^(−距最近下单天数 / 半衰期)";
    Frequency = "s / (s + half_at), s = the orders, each × 2^(−its age / half-life)",
        "s / (s + half_at)，s = 各订单 × 2^(−距今天数 / 半衰期) 之和";
    Money = "s / (s + half_at), s = what orders cost less refunds, in average orders of the shop, \
        each × 2^(−its age / half-life)",
        "s / (s + half_at)，s = 各订单净额（以全店平均订单额为单位）× 2^(−距今天数 / 半衰期) 之和";
    Period = "1 / (1 + standard deviation / mean) of the days between orders; at least three orders",
        "1 / (1 + 下单间隔的标准差 / 平均值)；至少三笔订单";
    BrandLoyalty = "the share of the brand bought most among the products bought that have a brand",
        "购买最多的品牌占所购有品牌商品的比例";
    PriceSensitivity = "½ × (1 − position) + ½ × share of orders with a coupon or discount",
        "½ ×（1 − 价格位置）+ ½ × 用券或享折扣订单占比";
    Followers = "f / (f + half_at), f = followers gained", "f / (f + half_at)，f = 获得的关注数";
    Sharing = "s / (s + half_at), s = products and carts shared", "s / (s + half_at)，s = 分享次数";
    Invited = "1 for who accepted an invitation", "接受过邀请者为 1";
    Circles = "c / (c + half_at), c = different groups and group buys joined",
        "c / (c + half_at)，c = 参加过的不同群组与拼团数";
    WordOfMouth = "w / (w + half_at), w = times others opened their shares + 3 × invitations of theirs accepted",
        "w / (w + half_at)，w = 分享被打开次数 + 3 × 邀请被接受次数";
    ValueSeeking = "½ × (1 − position) + ½ × v / (v + half_at), v = products viewed per order",
        "½ ×（1 − 价格位置）+ ½ × v / (v + half_at)，v = 每笔订单的商品浏览数";
    Quality = "½ × position + ½ × share of orders at full price", "½ × 价格位置 + ½ × 原价订单占比";
    Novelty = "of the products bought after the first, the share whose category or brand was never bought before",
        "首件之后所购商品中，首次购买的品类或品牌占比";
    SelfExpression = "e / (e + half_at × visits), e = reviews, shares and comments",
        "e / (e + half_at × 访问次数)，e = 评价、分享与评论次数";
    DealProneness = "the share of orders with a coupon or discount", "用券或享折扣订单占比";
}

/// What a formula reads.
pub(super) struct Sight<'a> {
    pub state: &'a State,
    pub orders: Vec<Placed>,
    pub words: &'a Vocabulary,
    pub population: &'a Population,
    pub now: Timestamp,
}

/// What a formula says of a shopper.
pub(super) struct Finding {
    pub term: Option<String>,
    /// In 0..1.
    pub weight: f64,
    /// On how many observations it rests.
    pub evidence: f64,
    pub why: Bilingual,
}

impl Finding {
    fn new(weight: f64, evidence: f64, en: String, zh: String) -> Option<Self> {
        Some(Self { term: None, weight: weight.clamp(0.0, 1.0), evidence, why: Bilingual { en, zh } })
    }

    fn of(mut self, term: &str) -> Self {
        self.term = Some(term.to_owned());
        self
    }
}

impl Formula {
    /// The finding on a shopper; none where there is nothing to go by.
    pub(super) fn find(self, sight: &Sight<'_>, tag: &Definition) -> Option<Finding> {
        match self {
            Self::Recency => sight.recency(tag),
            Self::Frequency => sight.frequency(tag),
            Self::Money => sight.money(tag),
            Self::Period => sight.period(),
            Self::BrandLoyalty => sight.brand_loyalty(),
            Self::PriceSensitivity => sight.price_sensitivity(),
            Self::Followers => sight.counted(tag, Deed::Followed, "followers gained", "获得的关注数"),
            Self::Sharing => sight.counted(tag, Deed::Share, "products and carts shared", "分享次数"),
            Self::Invited => sight.invited(),
            Self::Circles => {
                let joined = sight.state.circles() as f64;
                sight.saturated(tag, joined, "different groups and group buys joined", "参加过的不同群组与拼团数")
            }
            Self::WordOfMouth => sight.word_of_mouth(tag),
            Self::ValueSeeking => sight.value_seeking(tag),
            Self::Quality => sight.quality(),
            Self::Novelty => sight.novelty(),
            Self::SelfExpression => sight.self_expression(tag),
            Self::DealProneness => sight.deal_proneness(),
        }
    }
}

impl Sight<'_> {
    fn count(&self, deed: Deed) -> f64 {
        f64::from(self.state.count(deed))
    }

    fn decay(&self, at: Timestamp, tag: &Definition) -> f64 {
        (-days_between(at, self.now) / tag.half_life_days).exp2()
    }

    fn recency(&self, tag: &Definition) -> Option<Finding> {
        let last = self.orders.last()?.at;
        let days = short(days_between(last, self.now));
        let unit = if days == "1" { "day" } else { "days" };
        let (en, zh) = (format!("last bought {days} {unit} ago"), format!("最近一次下单在 {days} 天前"));
        Finding::new(self.decay(last, tag), self.orders.len() as f64, en, zh)
    }

    fn frequency(&self, tag: &Definition) -> Option<Finding> {
        let sum: f64 = self.orders.iter().map(|order| self.decay(order.at, tag)).sum();
        let (orders, sum_text) = (self.orders.len(), short(sum));
        let half_life = short(tag.half_life_days);
        let en = format!("{orders} orders, worth {sum_text} of today when each halves every {half_life} days");
        let zh = format!("{orders} 笔订单，按每 {half_life} 天减半折合 {sum_text} 笔");
        Finding::new(sum / (sum + tag.half_at), orders as f64, en, zh)
    }

    fn money(&self, tag: &Definition) -> Option<Finding> {
        let mut by_currency: BTreeMap<Currency, (usize, f64)> = BTreeMap::new();
        for order in &self.orders {
            let Some(amount) = order.amount else { continue };
            let (orders, sum) = by_currency.entry(amount.currency).or_default();
            *orders += 1;
            *sum += amount.minor.saturating_sub(order.refunded_minor) as f64 * self.decay(order.at, tag);
        }
        let (currency, (orders, sum)) = by_currency.into_iter().max_by_key(|(_, (orders, _))| *orders)?;
        let worth = sum.max(0.0) / self.population.mean_order_minor(currency)?;
        let (text, half_life) = (short(worth), short(tag.half_life_days));
        let en = format!(
            "{orders} orders in {currency} less refunds, worth {text} average orders of the shop, \
             halved every {half_life} days"
        );
        let zh = format!("{orders} 笔 {currency} 订单扣除退款，按每 {half_life} 天减半折合全店平均订单 {text} 笔");
        Finding::new(worth / (worth + tag.half_at), orders as f64, en, zh)
    }

    fn period(&self) -> Option<Finding> {
        let gaps = self.orders.iter().zip(self.orders.iter().skip(1)).map(|(one, next)| days_between(one.at, next.at));
        let gaps: Vec<f64> = gaps.collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len().max(1) as f64;
        if gaps.len() < 2 || mean <= 0.0 {
            return None;
        }
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        let spread = variance.sqrt();
        let rhythm = match mean {
            ..=10.0 => "weekly",
            ..=21.0 => "fortnightly",
            ..=45.0 => "monthly",
            ..=120.0 => "quarterly",
            _ => "rarely",
        };
        let (days, spread_text) = (short(mean), short(spread));
        let en = format!("an order every {days} days on average, ± {spread_text}, over {} gaps", gaps.len());
        let zh = format!("平均每 {days} 天一单，波动 ± {spread_text} 天，共 {} 个间隔", gaps.len());
        Some(Finding::new(1.0 / (1.0 + spread / mean), gaps.len() as f64, en, zh)?.of(rhythm))
    }

    fn brand_loyalty(&self) -> Option<Finding> {
        let brands = self.state.bought_brands().map(|(word, count)| (self.words.text(word), count));
        let all: f64 = brands.clone().map(|(_, count)| f64::from(count)).sum();
        let (brand, count) = brands.min_by(|(a, most), (b, more)| more.cmp(most).then_with(|| a.cmp(b)))?;
        let en = format!("{count} of {all} products bought with a brand are of {brand}");
        let zh = format!("所购 {all} 件有品牌商品中 {count} 件为 {brand}");
        Some(Finding::new(f64::from(count) / all, all, en, zh)?.of(brand))
    }

    fn counted(&self, tag: &Definition, deed: Deed, en: &str, zh: &str) -> Option<Finding> {
        self.saturated(tag, self.count(deed), en, zh)
    }

    fn saturated(&self, tag: &Definition, amount: f64, en: &str, zh: &str) -> Option<Finding> {
        Finding::new(amount / (amount + tag.half_at), amount, format!("{amount} {en}"), format!("{zh} {amount}"))
    }

    fn invited(&self) -> Option<Finding> {
        (self.state.count(Deed::InviteAccept) > 0).then_some(())?;
        Finding::new(1.0, 1.0, "accepted an invitation".to_owned(), "接受过邀请".to_owned())
    }

    fn word_of_mouth(&self, tag: &Definition) -> Option<Finding> {
        let (opened, won) = (self.count(Deed::ShareDrew), self.count(Deed::InviteWon));
        let amount = opened + 3.0 * won;
        let en = format!("others opened their shares {opened} times and accepted {won} of their invitations");
        let zh = format!("分享被他人打开 {opened} 次，邀请被接受 {won} 次");
        Finding::new(amount / (amount + tag.half_at), opened + won, en, zh)
    }

    /// The mean price position of what was bought, and over how many products.
    fn position(&self) -> Option<(f64, f64)> {
        let priced = self.state.bought_categories().filter(|(_, band, _)| *band != PriceBand::NONE);
        let placed = priced.filter_map(|(category, band, count)| {
            Some((self.population.price_position(category, band)?, f64::from(count)))
        });
        let (sum, count) = placed.fold((0.0, 0.0), |(sum, all), (place, count)| (sum + place * count, all + count));
        (count > 0.0).then(|| (sum / count, count))
    }

    /// The share of orders with a coupon or discount, and of how many.
    fn deals(&self) -> Option<(f64, f64)> {
        let all = self.orders.len() as f64;
        let deals = self.orders.iter().filter(|order| order.is_deal()).count() as f64;
        (all > 0.0).then(|| (deals / all, all))
    }

    fn price_sensitivity(&self) -> Option<Finding> {
        let ((position, bought), (deals, orders)) = (self.position()?, self.deals()?);
        let (en, zh) = paid(position, bought, deals, orders);
        Finding::new(0.5 * (1.0 - position) + 0.5 * deals, bought, en, zh)
    }

    fn quality(&self) -> Option<Finding> {
        let ((position, bought), (deals, orders)) = (self.position()?, self.deals()?);
        let (en, zh) = paid(position, bought, deals, orders);
        Finding::new(0.5 * position + 0.5 * (1.0 - deals), bought, en, zh)
    }

    fn value_seeking(&self, tag: &Definition) -> Option<Finding> {
        let ((position, bought), (_, orders)) = (self.position()?, self.deals()?);
        let views = self.count(Deed::Browse) / orders;
        let compared = views / (views + tag.half_at);
        let (place, views) = (percent(position), short(views));
        let en = format!(
            "{bought} products bought at {place} of their categories' price range, \
             after {views} views an order"
        );
        let zh = format!("所购 {bought} 件商品处于同类价格的 {place} 位置，每单浏览 {views} 次");
        Finding::new(0.5 * (1.0 - position) + 0.5 * compared, bought, en, zh)
    }

    fn novelty(&self) -> Option<Finding> {
        let mut categories: BTreeMap<_, f64> = BTreeMap::new();
        for (category, _, count) in self.state.bought_categories() {
            *categories.entry(category).or_default() += f64::from(count);
        }
        let brands: Vec<f64> = self.state.bought_brands().map(|(_, count)| f64::from(count)).collect();
        // Every different one was new exactly once; the very first purchase is no choice of something new.
        let later = |different: usize, all: f64| ((different as f64 - 1.0).max(0.0), (all - 1.0).max(0.0));
        let (new_categories, more) = later(categories.len(), categories.values().sum());
        let (new_brands, more_brands) = later(brands.len(), brands.iter().sum());
        let (new, chances) = (new_categories + new_brands, more + more_brands);
        (chances > 0.0).then_some(())?;
        let en = format!("{new} new categories and brands in {chances} chances for one after the first purchase");
        let zh = format!("首次购买之后的 {chances} 次机会中有 {new} 次选择了新品类或新品牌");
        Finding::new(new / chances, chances, en, zh)
    }

    fn self_expression(&self, tag: &Definition) -> Option<Finding> {
        let expressed = self.count(Deed::Review) + self.count(Deed::Share) + self.count(Deed::Comment);
        let visits = self.state.sessions() as f64;
        (expressed > 0.0).then_some(())?;
        let en = format!("{expressed} reviews, shares and comments in {visits} visits");
        let zh = format!("{visits} 次访问中评价、分享与评论 {expressed} 次");
        Finding::new(expressed / (expressed + tag.half_at * visits), expressed + visits, en, zh)
    }

    fn deal_proneness(&self) -> Option<Finding> {
        let (share, orders) = self.deals()?;
        let deals = share * orders;
        let en = format!("{deals:.0} of {orders} orders with a coupon or discount");
        let zh = format!("{orders} 笔订单中 {deals:.0} 笔用券或享折扣");
        Finding::new(share, orders, en, zh)
    }
}

fn paid(position: f64, bought: f64, deals: f64, orders: f64) -> (String, String) {
    let (place, share) = (percent(position), percent(deals));
    (
        format!(
            "{bought} products bought at {place} of their categories' price range, \
             {share} of {orders} orders with a coupon or discount"
        ),
        format!("所购 {bought} 件商品处于同类价格的 {place} 位置，{orders} 笔订单中 {share} 用券或享折扣"),
    )
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// A number for reading: one decimal, none where it is whole.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}
