//! `POST /api/v1/insights/basket`: what is bought together.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Problem};
use fanvine_stats::baskets::{Rule, Wanted, frequent, rules};
use fanvine_web::{Answer, Body};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Measure;
use crate::orders::within;
use crate::overview::{Interval, Period};
use crate::walks::events::did_you_mean;
use crate::walks::period::AskedPeriod;

/// What the items of a basket are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BasketLevel)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Products.
    #[default]
    Product,
    /// The categories of products.
    Category,
    /// Their brands.
    Brand,
}

/// How rules are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BasketSorting)]
#[serde(rename_all = "lowercase")]
pub enum Sorting {
    /// The most surprising first.
    #[default]
    Lift,
    /// The surest first.
    Confidence,
    /// The most frequent first.
    Support,
}

/// Which rules.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BasketQuestion {
    /// What the items are; by default products.
    #[serde(default)]
    pub level: Level,
    /// The least number of orders with all items of a rule; by default one in a hundred, at least five.
    #[serde(default)]
    pub least_orders: Option<u64>,
    /// The least confidence, 0 to 1; by default 0.1.
    #[serde(default = "a_tenth")]
    pub least_confidence: f64,
    /// The most items of a rule, both sides together, 2 to 5; by default three.
    #[serde(default = "three")]
    pub items: usize,
    /// How rules are sorted.
    #[serde(default)]
    pub sort: Sorting,
    /// Only rules with this item on either side.
    #[serde(default)]
    pub with: Option<String>,
    /// How many rules are listed, at most 1000; by default a hundred.
    #[serde(default = "a_hundred")]
    pub limit: usize,
    /// When orders were placed.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn a_tenth() -> f64 {
    0.1
}

fn three() -> usize {
    3
}

fn a_hundred() -> usize {
    100
}

/// Something that is bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BasketItem {
    /// The product, category or brand.
    pub item: String,
    /// What a product is called, where that is known.
    pub name: Option<String>,
}

/// Whoever buys some items also buys another.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BasketRule {
    /// The items bought.
    pub with: Vec<BasketItem>,
    /// The item bought too.
    pub also: BasketItem,
    /// Orders with all of them.
    pub orders: u64,
    /// Of all orders, 0 to 1.
    pub support: f64,
    /// Of the orders with the first, 0 to 1.
    pub confidence: f64,
    /// How many times as often as by chance.
    pub lift: f64,
    /// Support beyond that by chance.
    pub leverage: f64,
    /// How many times as often the rule would fail by chance; none where it never fails.
    pub conviction: Option<f64>,
}

/// What is bought together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BasketAnswer {
    /// Orders with at least one item.
    pub orders: u64,
    /// Different items.
    pub items: usize,
    /// Items of an order, on average.
    pub items_each: Option<f64>,
    /// The least number of orders that was asked for.
    pub least_orders: u64,
    /// Sets of items that so many orders have.
    pub sets: usize,
    /// Rules there are in all.
    pub found: usize,
    /// The first of them.
    pub rules: Vec<BasketRule>,
}

/// With more frequent sets there are too many to make sense of.
const MOST_SETS: usize = 200_000;

impl BasketQuestion {
    fn check(&self) -> Result<(), Problem> {
        let wrong = |text: String, at: &str| Err(Problem::new(Code::InvalidParameter, text).at(at));
        if !(2..=5).contains(&self.items) {
            return wrong(format!("`items` is {}; a rule has 2 to 5", self.items), "items");
        }
        if !(0.0..=1.0).contains(&self.least_confidence) {
            return wrong(
                format!("`least_confidence` is {}; it may be 0 to 1", self.least_confidence),
                "least_confidence",
            );
        }
        if self.least_orders == Some(0) {
            return wrong("`least_orders` is 0; it must be at least 1".to_owned(), "least_orders");
        }
        if self.limit == 0 || self.limit > 1_000 {
            return wrong(format!("`limit` is {}; it may be 1 to 1000", self.limit), "limit");
        }
        Ok(())
    }

    fn query(&self, measure: &Measure, period: Period) -> String {
        let item = match self.level {
            Level::Product => "l.product_id",
            Level::Category => "coalesce(l.category, p.category)",
            Level::Brand => "p.brand",
        };
        let holds = within("l.placed_at", measure.moments(period));
        format!(
            "SELECT l.order_id, {item}, coalesce(p.name, l.name) FROM order_lines l \
             LEFT JOIN products p ON p.product_id = l.product_id \
             WHERE l.quantity > 0 AND {item} IS NOT NULL AND {holds} ORDER BY 1"
        )
    }
}

/// Orders by the numbers of their items.
#[derive(Default)]
struct Baskets {
    baskets: Vec<Vec<u32>>,
    items: Vec<BasketItem>,
}

impl Baskets {
    /// Of rows of order, item and name, in the order of orders.
    fn of(rows: &[Vec<Value>], named: bool) -> Self {
        let mut baskets = Self::default();
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let mut last = None;
        for row in rows {
            let text = |place: usize| row.get(place).and_then(Value::as_str);
            let (Some(order), Some(item)) = (text(0), text(1)) else { continue };
            let number = *numbers.entry(item).or_insert_with(|| {
                baskets.items.push(BasketItem { item: item.to_owned(), name: None });
                baskets.items.len() as u32 - 1
            });
            if let Some(known) = baskets.items.get_mut(number as usize).filter(|item| named && item.name.is_none()) {
                known.name = text(2).map(str::to_owned);
            }
            if last.replace(order) != Some(order) {
                baskets.baskets.push(Vec::new());
            }
            if let Some(basket) = baskets.baskets.last_mut().filter(|basket| !basket.contains(&number)) {
                basket.push(number);
            }
        }
        baskets
    }

    fn rules(&self, question: &BasketQuestion) -> Result<BasketAnswer, Problem> {
        let orders = self.baskets.len() as u64;
        let least_orders = question.least_orders.unwrap_or_else(|| orders.div_ceil(100).max(5));
        let wanted = Wanted { baskets: least_orders, items: question.items, sets: MOST_SETS };
        let sets = frequent(&self.baskets, wanted).map_err(|error| {
            Problem::new(Code::QueryTooLarge, format!("{error}; ask for more orders")).at("least_orders")
        })?;
        let mut found = rules(&sets, orders, question.least_confidence);
        if let Some(wanted) = &question.with {
            let number = self.items.iter().position(|item| item.item == *wanted).map(|place| place as u32);
            let Some(number) = number else { return Err(self.unknown(wanted)) };
            found.retain(|rule| rule.also == number || rule.with.contains(&number));
        }
        let by: fn(&Rule) -> f64 = match question.sort {
            Sorting::Lift => |rule| rule.lift,
            Sorting::Confidence => |rule| rule.confidence,
            Sorting::Support => |rule| rule.support,
        };
        found.sort_by(|left, right| by(right).total_cmp(&by(left)).then(right.baskets.cmp(&left.baskets)));
        let units: usize = self.baskets.iter().map(Vec::len).sum();
        Ok(BasketAnswer {
            orders,
            items: self.items.len(),
            items_each: (orders > 0).then(|| units as f64 / orders as f64),
            least_orders,
            sets: sets.len(),
            found: found.len(),
            rules: found.iter().take(question.limit).map(|rule| self.named(rule)).collect(),
        })
    }

    fn named(&self, rule: &Rule) -> BasketRule {
        let item = |number: &u32| self.items.get(*number as usize).cloned();
        BasketRule {
            with: rule.with.iter().filter_map(item).collect(),
            also: item(&rule.also).unwrap_or(BasketItem { item: String::new(), name: None }),
            orders: rule.baskets,
            support: rule.support,
            confidence: rule.confidence,
            lift: rule.lift,
            leverage: rule.leverage,
            conviction: rule.conviction,
        }
    }

    fn unknown(&self, wanted: &str) -> Problem {
        let hint = did_you_mean(wanted, self.items.iter().map(|item| item.item.as_str()));
        Problem::new(Code::InvalidParameter, format!("no order of the period has `{wanted}`{hint}")).at("with")
    }
}

/// Finds what is bought together.
#[utoipa::path(
    post, path = "/api/v1/insights/basket", tag = "measure", request_body = BasketQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = BasketAnswer),
        (status = 400, description = "An unknown item, with near ones", body = fanvine_web::ProblemBody),
        (status = 422, description = "More frequent sets than can be looked at", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_basket(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<BasketQuestion>,
) -> Answer<Json<BasketAnswer>> {
    question.check()?;
    let period = question.period.read(&measure, Interval::Month)?;
    let rows = measure.rows(question.query(&measure, period)).await?;
    let work = move || Ok(Baskets::of(&rows, question.level == Level::Product).rules(&question));
    Ok(Json(measure.work(work).await??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(order: &str, item: &str, name: Option<&str>) -> Vec<Value> {
        vec![json!(order), json!(item), json!(name)]
    }

    fn baskets() -> Baskets {
        let rows = [
            row("1", "tea", Some("Tea")),
            row("1", "cup", None),
            row("1", "tea", Some("Tea")),
            row("2", "tea", None),
            row("2", "cup", Some("Cup")),
            row("3", "tea", None),
        ];
        Baskets::of(&rows, true)
    }

    #[test]
    fn lines_become_baskets_and_rules_name_their_items() {
        let question: BasketQuestion = serde_json::from_str(r#"{"least_orders":2,"sort":"confidence"}"#).unwrap();
        let answer = baskets().rules(&question).unwrap();
        assert_eq!((answer.orders, answer.items, answer.sets, answer.found), (3, 2, 3, 2));
        let first = &answer.rules[0];
        assert_eq!((first.with[0].name.as_deref(), first.also.item.as_str()), (Some("Cup"), "tea"));
        assert_eq!((first.confidence, first.conviction, first.lift), (1.0, None, 1.0));
    }

    #[test]
    fn an_item_nobody_bought_is_told_with_near_ones() {
        let question: BasketQuestion = serde_json::from_str(r#"{"least_orders":1,"with":"cups"}"#).unwrap();
        let problem = baskets().rules(&question).unwrap_err();
        assert_eq!(problem.detail, "no order of the period has `cups`; did you mean `cup`?");
    }
}
