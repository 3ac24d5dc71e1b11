//! Ready-made dashboards: growth, retention, social.

use fanvine_kernel::event::names;
use serde_json::{Value, json};

use crate::saved::question::Kind;

/// An insight of a ready-made dashboard.
pub struct ReadyInsight {
    /// Its name in English and in Chinese.
    pub name: [&'static str; 2],
    /// What kind of question.
    pub kind: Kind,
    /// The question.
    pub question: Value,
    /// About the last so many days.
    pub days: u32,
    /// How wide and how high its tile is.
    pub size: [u32; 2],
}

/// A ready-made dashboard.
pub struct Template {
    /// By which it is named.
    pub id: &'static str,
    /// Its name in English and in Chinese.
    pub name: [&'static str; 2],
    /// What it is for, in English and in Chinese.
    pub about: [&'static str; 2],
    /// What stands on it.
    pub insights: Vec<ReadyInsight>,
}

fn insight(name: [&'static str; 2], kind: Kind, days: u32, size: [u32; 2], question: Value) -> ReadyInsight {
    ReadyInsight { name, kind, question, days, size }
}

fn steps(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "events": [name] })).collect()
}

/// All of them.
pub fn all() -> Vec<Template> {
    vec![growth(), retention(), social()]
}

fn growth() -> Template {
    let buying = [names::PRODUCT_VIEWED, names::PRODUCT_ADDED, names::CHECKOUT_STARTED, names::ORDER_COMPLETED];
    Template {
        id: "growth",
        name: ["Growth", "增长"],
        about: [
            "Who comes by, who is new, and how far they get towards an order.",
            "多少人来访、其中多少是新客，以及他们离下单还有多远。",
        ],
        insights: vec![
            insight(["Active shoppers by day", "每日活跃顾客"], Kind::Active, 30, [8, 2], json!({ "interval": "day" })),
            insight(
                ["From view to order", "从浏览到下单"],
                Kind::Funnel,
                30,
                [4, 2],
                json!({ "steps": steps(&buying) }),
            ),
            insight(
                ["Active shoppers by week", "每周活跃顾客"],
                Kind::Active,
                84,
                [6, 2],
                json!({ "interval": "week" }),
            ),
            insight(
                ["What leads to an order", "下单前的路径"],
                Kind::Paths,
                30,
                [6, 2],
                json!({ "end": [names::ORDER_COMPLETED], "steps": 4, "limit": 10 }),
            ),
        ],
    }
}

fn retention() -> Template {
    let ordered = [names::ORDER_COMPLETED];
    let again = json!({ "start": ordered, "then": ordered, "interval": "month", "horizon": 6 });
    let once_more = steps(&[names::ORDER_COMPLETED, names::ORDER_COMPLETED]);
    Template {
        id: "retention",
        name: ["Retention", "留存"],
        about: ["Who comes back after the first visit, and who buys again.", "首次来访后谁会回来，谁会复购。"],
        insights: vec![
            insight(
                ["New shoppers who come back, by week", "新客按周留存"],
                Kind::Retention,
                84,
                [8, 2],
                json!({ "interval": "week", "horizon": 8 }),
            ),
            insight(["Repurchase by month", "按月复购"], Kind::Retention, 180, [4, 2], again),
            insight(
                ["A second order within 60 days", "60 天内再次下单"],
                Kind::Funnel,
                180,
                [6, 2],
                json!({ "steps": once_more, "within_s": 60 * 86_400 }),
            ),
            insight(
                ["Buyers by week", "每周下单顾客"],
                Kind::Active,
                84,
                [6, 2],
                json!({ "interval": "week", "events": ordered }),
            ),
        ],
    }
}

fn social() -> Template {
    let share = [names::PRODUCT_SHARED];
    Template {
        id: "social",
        name: ["Social", "社交"],
        about: ["Who shares, who joins group buys, and what sharing leads to.", "谁在分享、谁在参团，分享带来了什么。"],
        insights: vec![
            insight(
                ["Shoppers who share", "分享的顾客"],
                Kind::Active,
                30,
                [6, 2],
                json!({ "interval": "day", "events": share }),
            ),
            insight(
                ["From view to share to order", "从浏览到分享再到下单"],
                Kind::Funnel,
                30,
                [6, 2],
                json!({ "steps": steps(&[names::PRODUCT_VIEWED, names::PRODUCT_SHARED, names::ORDER_COMPLETED]) }),
            ),
            insight(
                ["Shoppers who join group buys", "参团的顾客"],
                Kind::Active,
                30,
                [6, 2],
                json!({ "interval": "day", "events": [names::GROUP_BUY_JOINED] }),
            ),
            insight(
                ["What follows a share", "分享之后的路径"],
                Kind::Paths,
                30,
                [6, 2],
                json!({ "start": share, "steps": 4, "limit": 10 }),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::question::Question;

    #[test]
    fn every_ready_made_question_is_one_of_its_kind_and_fits_the_grid() {
        for template in all() {
            for ready in template.insights {
                assert!(Question::read(ready.kind, ready.question).is_ok(), "{}", ready.name[0]);
                assert!((3..=12).contains(&ready.size[0]) && (1..=6).contains(&ready.size[1]), "{}", ready.name[0]);
                assert!(!ready.name[1].is_ascii());
            }
        }
    }
}
