//! `GET /api/v1/people/{shopper_id}/value`: what one buyer will still be worth, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{LocalDate, Money};
use fanvine_stats::bg_nbd::History;
use fanvine_web::{Answer, Params, ProblemBody, Segment};
use serde::Serialize;

use super::census::{AsOf, Bought};
use super::show_value::{HorizonQuery, minor};
use super::worth::{Expected, Past};
use super::{Standing, StandingBasis, StandingError, StandingQuery};
use crate::shopper_key::ShopperKey;
use crate::shoppers::show_person::Explanation;

/// What a person will still be worth.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PersonValue {
    /// What the models rest on. The person's own orders are those known now.
    #[serde(flatten)]
    pub basis: StandingBasis,
    /// The person's id.
    pub person_id: String,
    /// The currency of all money.
    pub currency: Option<String>,
    /// So many months ahead.
    pub months: u32,
    /// How much less money is worth a month later.
    pub discount_rate: f64,
    /// The day of the first order.
    #[schema(value_type = String, format = Date)]
    pub first_order: LocalDate,
    /// The day of the last order.
    #[schema(value_type = String, format = Date)]
    pub last_order: LocalDate,
    /// Days with an order after the first day.
    pub frequency: u32,
    /// Days from the first order to the last.
    pub recency_days: f64,
    /// Days from the first order to the day of the answer.
    pub age_days: f64,
    /// The mean spend of the days counted in `frequency`, in minor units; none where none tells it.
    pub mean_spend_minor: Option<i64>,
    /// The probability that they are still a customer.
    pub alive: f64,
    /// Purchases within the horizon.
    pub expected_purchases: f64,
    /// What they spend in one, in minor units.
    pub expected_spend_minor: i64,
    /// What all of it is worth now, in minor units.
    pub lifetime_value_minor: i64,
    /// Whether the search for the parameters of both models came to rest.
    pub converged: bool,
    /// How it came to be.
    pub why: Explanation,
}

/// Show what a person will still be worth
///
/// By any of their shopper keys: a user id or an anonymous id. By the same models as `show_value`.
#[utoipa::path(
    get, path = "/api/v1/people/{shopper_id}/value", tag = "people", operation_id = "show_person_value",
    params(("shopper_id" = String, Path, description = "A user id or an anonymous id, or `key:` and that"), StandingQuery, HorizonQuery),
    responses(
        (status = 200, description = "The value, and why", body = PersonValue),
        (status = 409, description = "No order, or too few to learn from", body = ProblemBody,
            content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["analyst"]))
)]
pub(crate) async fn show_person_value(
    State(standing): State<Arc<Standing>>,
    Segment(ShopperKey(shopper_id)): Segment<ShopperKey>,
    Params(query): Params<StandingQuery>,
    Params(horizon): Params<HorizonQuery>,
) -> Answer<Json<PersonValue>> {
    let (asked, (ahead, discount_rate)) = (standing.read(&query)?, horizon.read()?);
    let people = &standing.people;
    people.must_know(&shopper_id)?;
    let as_of = standing.as_of(asked).await?;
    let worth = standing.worth(&as_of).await?;
    let keys = people.keys_with(&shopper_id);
    let person_id = people.identity().read().person_of(&shopper_id).to_string();
    let counted = people.shoppers().counted(&keys).map_err(StandingError::Unreadable)?;
    let mut orders: Vec<Bought> = counted.state.orders().iter().map(Bought::from).collect();
    orders.retain(|order| order.at <= as_of.moment);
    let past = Past::of(&orders, as_of.day, as_of.zone, as_of.currency);
    let past = past.ok_or(StandingError::NoOrdersOf { shopper_id, day: as_of.day })?;
    let one = worth.expected_of(&past, ahead);
    let History { frequency, recency, age } = past.history;
    let first_order = as_of.day.plus_days(-(age as i64));
    Ok(Json(PersonValue {
        person_id,
        currency: as_of.currency.map(|currency| currency.to_string()),
        months: ahead.months,
        discount_rate,
        first_order,
        last_order: first_order.plus_days(recency as i64),
        frequency,
        recency_days: recency,
        age_days: age,
        mean_spend_minor: (past.spend.purchases > 0).then(|| minor(past.spend.mean)),
        alive: one.alive,
        expected_purchases: one.purchases,
        expected_spend_minor: minor(one.spend),
        lifetime_value_minor: minor(one.value),
        converged: worth.buying.fitted.convergence.converged && worth.spending.fitted.convergence.converged,
        why: why(&past, &one, &as_of, ahead.months, discount_rate),
        basis: (&*as_of).into(),
    }))
}

fn why(past: &Past, one: &Expected, as_of: &AsOf, months: u32, rate: f64) -> Explanation {
    let History { frequency, recency, age } = past.history;
    let money = |amount: f64| as_of.currency.map(|currency| Money::new(minor(amount), currency).to_string());
    let (spend, value) = (money(one.spend).unwrap_or_default(), money(one.value).unwrap_or_default());
    let (bought_on, ago, percent, rate) = (frequency + 1, age - recency, one.alive * 100.0, rate * 100.0);
    let (day, purchases, known) = (as_of.day, one.purchases, past.spend.purchases);
    let mean = money(past.spend.mean).unwrap_or_default();
    let (own_en, own_zh) = if known > 0 {
        (
            format!("their own mean of {mean} on {known} later days, drawn towards that of all buyers"),
            format!("本人后续 {known} 天的均值 {mean}，向全体买家的均值收缩"),
        )
    } else {
        (
            "the mean of all buyers, as no later day of theirs tells one".into(),
            "取全体买家的均值，因本人没有后续消费金额".into(),
        )
    };
    Explanation {
        en: format!(
            "Bought on {bought_on} different days, first {age} and last {ago} days before {day}: still a customer with a \
             probability of {percent:.1} %. In the next {months} months {purchases:.2} purchases are expected, of {spend} \
             each ({own_en}). Discounted by {rate:.2} % a month this is worth {value} now."
        ),
        zh: format!(
            "共在 {bought_on} 个不同日期购买，首次在 {day} 之前 {age} 天，最近一次在之前 {ago} 天：仍为客户的概率为 \
             {percent:.1}%。未来 {months} 个月预计购买 {purchases:.2} 次，每次 {spend}（{own_zh}）。\
             按每月 {rate:.2}% 折现，现值为 {value}。"
        ),
    }
}
