//! The metrics, each defined once: what it is called and how it is worked out, in both languages, and the formula
//! itself.

use serde::Serialize;
use utoipa::ToSchema;

use super::count::Counts;

/// What a metric is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MetricFamily)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// What shoppers do.
    Behaviour,
    /// How it becomes orders.
    Conversion,
    /// How shoppers reach one another.
    Social,
    /// What growth costs.
    Cost,
}

/// What a metric is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MetricMeasure)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// How many.
    Count,
    /// Minor units of the currency.
    Money,
    /// A part of a whole, 0 to 1.
    Share,
    /// How many of one by one of another.
    Ratio,
    /// Seconds.
    Seconds,
}

/// A text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MetricWords)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

/// A metric.
#[derive(Clone, Copy)]
pub struct Definition {
    /// By which it is asked for.
    pub key: &'static str,
    pub family: Family,
    pub measured: Measured,
    pub name: Words,
    pub formula: Words,
    /// Its value of some counts; none where it has no meaning, as a share of nothing.
    pub value: fn(&Counts) -> Option<f64>,
}

fn by(part: impl Into<Number>, whole: impl Into<Number>) -> Option<f64> {
    let (part, whole) = (part.into().0, whole.into().0);
    (whole > 0.0).then(|| part / whole)
}

fn count(number: impl Into<Number>) -> Option<f64> {
    Some(number.into().0)
}

/// A count as a number to reckon with.
struct Number(f64);

impl From<u64> for Number {
    fn from(count: u64) -> Self {
        Self(count as f64)
    }
}

impl From<i64> for Number {
    fn from(amount: i64) -> Self {
        Self(amount as f64)
    }
}

macro_rules! metrics {
    ($($key:literal $family:ident $measured:ident $en:literal $zh:literal = $formula_en:literal $formula_zh:literal, $value:expr;)*) => {
        /// Every metric, family by family.
        pub const ALL: &[Definition] = &[$(Definition {
            key: $key,
            family: Family::$family,
            measured: Measured::$measured,
            name: Words { en: $en, zh: $zh },
            formula: Words { en: $formula_en, zh: $formula_zh },
            value: $value,
        }),*];
    };
}

metrics! {
    "active_shoppers" Behaviour Count "Active shoppers" "活跃顾客" =
        "Distinct people who did something or ordered" "有过行为或下单的去重顾客数", |of| count(of.active);
    "new_shoppers" Behaviour Count "New shoppers" "新顾客" =
        "Active shoppers whose first event ever is in the period" "首次事件发生在本期内的活跃顾客数", |of| count(of.new);
    "sessions" Behaviour Count "Sessions" "会话数" =
        "Events of one shopper less than 30 minutes apart are one session" "同一顾客间隔不足 30 分钟的事件为一次会话", |of| count(of.sessions);
    "sessions_each" Behaviour Ratio "Sessions per shopper" "人均会话数" =
        "Sessions ÷ active shoppers" "会话数 ÷ 活跃顾客", |of| by(of.sessions, of.active);
    "pages_each" Behaviour Ratio "Pages per session" "会话页数" =
        "Pages and screens seen ÷ sessions" "浏览页面数 ÷ 会话数", |of| by(of.pages, of.sessions);
    "session_mean_s" Behaviour Seconds "Session duration" "会话时长" =
        "Time from first to last event of sessions ÷ sessions" "会话首末事件间隔之和 ÷ 会话数", |of| by(of.session_s, of.sessions);
    "bounce_rate" Behaviour Share "Bounce rate" "跳出率" =
        "Sessions under 10 s with fewer than two pages and no order ÷ sessions" "不足 10 秒、少于两页且无订单的会话 ÷ 会话数", |of| by(of.bounced, of.sessions);

    "gmv" Conversion Money "GMV" "GMV（成交总额）" =
        "Revenue of orders placed, after discounts, without shipping and tax" "已下订单折后收入，不含运费与税", |of| count(of.revenue_minor);
    "orders" Conversion Count "Orders" "订单数" =
        "Orders placed, guests' included" "已下订单数，含游客", |of| count(of.orders);
    "buyers" Conversion Count "Buyers" "购买顾客" =
        "Distinct people who ordered; guests are not known" "下单的去重顾客数；游客无法识别", |of| count(of.buyers);
    "conversion" Conversion Share "Conversion" "转化率" =
        "Buyers ÷ active shoppers" "购买顾客 ÷ 活跃顾客", |of| by(of.buyers, of.active);
    "aov" Conversion Money "Average order value" "客单价" =
        "GMV ÷ orders" "GMV ÷ 订单数", |of| by(of.revenue_minor, of.orders);
    "units_per_order" Conversion Ratio "Units per order" "单均件数" =
        "Units bought ÷ orders" "购买件数 ÷ 订单数", |of| by(of.units, of.orders);
    "frequency" Conversion Ratio "Orders per buyer" "人均订单数" =
        "Orders ÷ buyers" "订单数 ÷ 购买顾客", |of| by(of.orders, of.buyers);
    "add_rate" Conversion Share "Add-to-cart rate" "加购率" =
        "Shoppers who added to the cart ÷ shoppers who viewed a product" "加购顾客 ÷ 浏览商品顾客", |of| by(of.adders, of.viewers);
    "net_revenue" Conversion Money "Net revenue" "净收入" =
        "GMV − refunds given in the period" "GMV − 本期退款", |of| count(of.revenue_minor - of.refunded_minor);
    "refund_rate" Conversion Share "Refunds by GMV" "退款率" =
        "Refunds given in the period ÷ GMV" "本期退款 ÷ GMV", |of| by(of.refunded_minor, of.revenue_minor);

    "like_rate" Social Share "Like rate" "点赞率" =
        "Shoppers who liked something ÷ active shoppers" "点赞顾客 ÷ 活跃顾客", |of| by(of.likers, of.active);
    "comment_rate" Social Share "Comment rate" "评论率" =
        "Shoppers who commented ÷ active shoppers" "评论顾客 ÷ 活跃顾客", |of| by(of.commenters, of.active);
    "share_rate" Social Share "Share rate" "分享率" =
        "Shoppers who shared something ÷ active shoppers" "分享顾客 ÷ 活跃顾客", |of| by(of.sharers, of.active);
    "shares" Social Count "Shares" "分享次数" =
        "Products and carts shared" "商品与购物车的分享次数", |of| count(of.shares);
    "openings_each" Social Ratio "Openings per share" "每次分享打开数" =
        "Shares opened and invitations accepted ÷ shares" "分享被打开与邀请被接受次数 ÷ 分享次数", |of| by(of.openings, of.shares);
    "brought" Social Count "Brought by sharing" "分享带来的新顾客" =
        "New shoppers who came by a share or invitation within a day of their first event" "首次事件一天内经分享或邀请而来的新顾客", |of| count(of.brought);
    "k_factor" Social Ratio "K-factor" "K 因子" =
        "Shares per active shopper × new shoppers brought per share = brought ÷ active shoppers" "人均分享次数 × 每次分享带来的新顾客 = 分享带来的新顾客 ÷ 活跃顾客", |of| by(of.brought, of.active);
    "cycle_s" Social Seconds "Viral cycle time" "裂变周期" =
        "Median time from a share to the arrival of the new shopper it brought" "从分享到其带来的新顾客到达的时间中位数", |of| of.cycle_s.map(f64::from);

    "spend" Cost Money "Marketing spend" "营销花费" =
        "Spend as said by day, channel and campaign" "按日、渠道、活动上报的花费", |of| count(of.spend_minor);
    "new_buyers" Cost Count "New customers" "新客户" =
        "Buyers whose first order ever is in the period" "首单在本期内的购买顾客", |of| count(of.new_buyers);
    "cac" Cost Money "CAC" "获客成本 CAC" =
        "Spend ÷ new customers" "花费 ÷ 新客户", |of| if of.spend_minor > 0 { by(of.spend_minor, of.new_buyers) } else { None };
    "roas" Cost Ratio "ROAS" "广告支出回报 ROAS" =
        "GMV ÷ spend, whatever led to it" "GMV ÷ 花费（不论归因）", |of| by(of.revenue_minor, of.spend_minor);
    "roi" Cost Ratio "ROI" "投资回报率 ROI" =
        "(Net revenue − spend) ÷ spend, before the cost of goods" "（净收入 − 花费）÷ 花费，未扣商品成本", |of| by(of.revenue_minor - of.refunded_minor - of.spend_minor, of.spend_minor);
    "spend_share" Cost Share "Spend by GMV" "费销比" =
        "Spend ÷ GMV" "花费 ÷ GMV", |of| by(of.spend_minor, of.revenue_minor);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(key: &str, of: &Counts) -> Option<f64> {
        (ALL.iter().find(|metric| metric.key == key).unwrap().value)(of)
    }

    #[test]
    fn metrics_are_worked_out_as_their_formulas_say() {
        let of = Counts {
            active: 200,
            buyers: 20,
            orders: 30,
            units: 60,
            revenue_minor: 90_000,
            refunded_minor: 9_000,
            spend_minor: 30_000,
            new_buyers: 10,
            shares: 40,
            openings: 60,
            brought: 8,
            ..Counts::default()
        };
        for (key, expected) in [
            ("conversion", 0.1),
            ("aov", 3_000.0),
            ("frequency", 1.5),
            ("cac", 3_000.0),
            ("roas", 3.0),
            ("roi", 1.7),
            ("k_factor", 0.04),
            ("openings_each", 1.5),
            ("net_revenue", 81_000.0),
        ] {
            assert!((value(key, &of).unwrap() - expected).abs() < 1e-12, "{key}");
        }
    }

    #[test]
    fn a_share_of_nothing_has_no_value() {
        for key in ["conversion", "aov", "cac", "roas", "k_factor", "cycle_s"] {
            assert_eq!(value(key, &Counts::default()), None, "{key}");
        }
        assert_eq!(value("gmv", &Counts::default()), Some(0.0));
    }

    #[test]
    fn every_metric_has_a_key_of_its_own_and_words_in_both_languages() {
        let keys: std::collections::BTreeSet<_> = ALL.iter().map(|metric| metric.key).collect();
        assert_eq!(keys.len(), ALL.len());
        assert!(ALL.iter().all(|metric| metric.name.zh.chars().any(|letter| letter > '一') || metric.name.zh == "GMV"));
    }
}
