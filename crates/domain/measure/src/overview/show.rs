//! `GET /api/v1/insights/overview`: the overview of a period.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::{Code, Currency, LocalDate, Problem};
use fanvine_lake::SqlRequest;
use fanvine_web::{Answer, Params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::questions::{self, Span};
use super::{Interval, Period, PeriodError};
use crate::Measure;
use crate::sql::ask::problem_of;
use crate::walks::period::AskedPeriod;

/// Which period, how cut, and in which currency.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverviewParams {
    /// First day in the shop's zone, `YYYY-MM-DD`; by default 29 days before `to`.
    from: Option<String>,
    /// Last day in the shop's zone, included; by default today.
    to: Option<String>,
    /// How the series are cut; by default by day.
    interval: Option<Interval>,
    /// ISO 4217; by default the shop's, else the one with most orders.
    currency: Option<String>,
}

/// The figures of a period or of one interval of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Totals {
    /// What its orders brought in, after discounts, without shipping and tax.
    pub revenue_minor: i64,
    /// What was paid back in it.
    pub refunded_minor: i64,
    /// Revenue less refunds.
    pub net_revenue_minor: i64,
    /// Orders placed.
    pub orders: i64,
    /// Revenue divided by orders, rounded half up; none without orders.
    pub average_order_minor: Option<i64>,
    /// Distinct shoppers who did something.
    pub active_shoppers: i64,
    /// Those of them never seen before.
    pub new_shoppers: i64,
    /// Those of them seen before.
    pub returning_shoppers: i64,
    /// Orders of shoppers without a name.
    pub guest_orders: i64,
    /// Shoppers who ordered divided by active shoppers, 0 to 1; none without active shoppers.
    pub conversion: Option<f64>,
}

/// The figures of one interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// The interval's first day, `YYYY-MM-DD`.
    #[schema(value_type = String, format = Date)]
    pub start: LocalDate,
    /// Its figures.
    #[serde(flatten)]
    pub totals: Totals,
}

/// Orders in a currency that the figures leave out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OtherCurrency {
    /// ISO 4217.
    pub currency: String,
    /// Orders placed in the period.
    pub orders: i64,
    /// What they brought in, in its minor units.
    pub revenue_minor: i64,
}

/// One of the products that brought in most.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TopProduct {
    /// The shop's own identifier.
    pub product_id: String,
    /// Its name, where one is known.
    pub name: Option<String>,
    /// Units sold.
    pub units: i64,
    /// Orders it was in.
    pub orders: i64,
    /// What it brought in.
    pub revenue_minor: i64,
}

/// How many shoppers got as far as a step.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = OverviewStep)]
pub struct FunnelStep {
    /// `active`, `viewed`, `added`, `checkout` or `ordered`.
    pub step: &'static str,
    /// Distinct shoppers who reached it in the period, in whatever order.
    pub shoppers: i64,
}

/// How the shop did, beside the period before.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// The zone in which days begin.
    pub time_zone: String,
    /// The currency of every amount here; none while there are no orders and the shop named none.
    pub currency: Option<String>,
    /// What orders in other currencies brought in; never added to the figures.
    pub other_currencies: Vec<OtherCurrency>,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: LocalDate,
    /// Last day, included.
    #[schema(value_type = String, format = Date)]
    pub to: LocalDate,
    /// First day of the period before.
    #[schema(value_type = String, format = Date)]
    pub previous_from: LocalDate,
    /// Last day of the period before.
    #[schema(value_type = String, format = Date)]
    pub previous_to: LocalDate,
    /// How the series are cut.
    pub interval: Interval,
    /// The figures of the period.
    pub totals: Totals,
    /// The figures of the period before.
    pub previous: Totals,
    /// The period cut into intervals.
    pub series: Vec<SeriesPoint>,
    /// The period before cut into intervals.
    pub previous_series: Vec<SeriesPoint>,
    /// The products that brought in most.
    pub top_products: Vec<TopProduct>,
    /// How far shoppers got.
    pub funnel: Vec<FunnelStep>,
}

impl From<PeriodError> for Problem {
    fn from(error: PeriodError) -> Self {
        Problem::new(Code::InvalidParameter, error.to_string())
    }
}

/// How the shop did in a period, beside the period before.
#[utoipa::path(
    get, path = "/api/v1/insights/overview", tag = "measure", params(OverviewParams),
    security(("role" = ["analyst"])),
    responses((status = 200, body = Overview), (status = 400, body = fanvine_web::ProblemBody))
)]
pub async fn show_overview(
    State(measure): State<Arc<Measure>>,
    Params(params): Params<OverviewParams>,
) -> Answer<Json<Overview>> {
    let interval = params.interval.unwrap_or(Interval::Day);
    let asked = AskedPeriod { from: params.from, to: params.to };
    let period = asked.read(&measure, interval)?;
    let Period { from, to } = period;
    let previous = period.previous();
    let wanted = params
        .currency
        .map(|code| code.parse::<Currency>())
        .transpose()
        .map_err(|error| Problem::new(Code::InvalidParameter, error.to_string()).at("currency"))?;

    let span = Span::new(period, measure.zone, interval);
    let (currency, other_currencies) = currencies(&measure, &span, wanted).await?;
    let now = figures(&measure, period, interval, currency).await?;
    let before = figures(&measure, previous, interval, currency).await?;
    let funnel = reach(&measure, &span, now.totals.active_shoppers).await?;
    let top_products = top_products(&measure, &span, currency).await?;
    Ok(Json(Overview {
        time_zone: measure.zone.name().to_owned(),
        currency: currency.map(|currency| currency.to_string()),
        other_currencies,
        from,
        to,
        previous_from: previous.from,
        previous_to: previous.to,
        interval,
        totals: now.totals,
        previous: before.totals,
        series: now.series,
        previous_series: before.series,
        top_products,
        funnel,
    }))
}

/// More rows than any of these questions has.
const MOST_ROWS: usize = 1_000_000;

/// Asks the lake one of this room's own questions.
async fn ask(measure: &Measure, query: String) -> Result<Vec<Vec<Value>>, Problem> {
    let request = SqlRequest { query, max_rows: MOST_ROWS, timeout: measure.limits.timeout };
    measure.lake.sql(&request).await.map(|answer| answer.rows).map_err(problem_of)
}

fn integer(row: &[Value], column: usize) -> i64 {
    row.get(column).and_then(Value::as_i64).unwrap_or_default()
}

fn text(row: &[Value], column: usize) -> Option<String> {
    row.get(column).and_then(Value::as_str).map(str::to_owned)
}

/// The currency to count in, and what orders in the others brought in.
async fn currencies(
    measure: &Measure,
    span: &Span,
    wanted: Option<Currency>,
) -> Result<(Option<Currency>, Vec<OtherCurrency>), Problem> {
    let found: Vec<OtherCurrency> = ask(measure, questions::currencies(span))
        .await?
        .iter()
        .filter_map(|row| {
            let currency = text(row, 0)?;
            Some(OtherCurrency { currency, orders: integer(row, 1), revenue_minor: integer(row, 2) })
        })
        .collect();
    let most = found.first().and_then(|most| most.currency.parse().ok());
    let currency = wanted.or(measure.currency).or(most);
    let code = currency.map(|currency| currency.to_string());
    let others = found.into_iter().filter(|other| Some(&other.currency) != code.as_ref()).collect();
    Ok((currency, others))
}

/// The figures of a period: as a whole, and cut into intervals.
struct Figures {
    totals: Totals,
    series: Vec<SeriesPoint>,
}

/// Answers by interval, the interval's first day to the rest of its row.
type ByStart = HashMap<String, Vec<Value>>;

async fn by_start(measure: &Measure, query: String) -> Result<ByStart, Problem> {
    let rows = ask(measure, query).await?;
    Ok(rows.into_iter().filter_map(|row| Some((text(&row, 0)?, row))).collect())
}

async fn figures(
    measure: &Measure,
    period: Period,
    interval: Interval,
    currency: Option<Currency>,
) -> Result<Figures, Problem> {
    let span = Span::new(period, measure.zone, interval);
    let (orders, refunds) = match currency {
        Some(currency) => (
            by_start(measure, questions::orders(&span, currency)).await?,
            by_start(measure, questions::refunds(&span, currency)).await?,
        ),
        None => (ByStart::new(), ByStart::new()),
    };
    let active = by_start(measure, questions::active_by_interval(&span)).await?;
    let newcomers = by_start(measure, questions::newcomers(&span)).await?;
    let overall = ask(measure, questions::active_in_all(&span)).await?;

    let none = Vec::new();
    let mut totals = Totals::default();
    let mut series = Vec::new();
    for start in period.starts(interval) {
        let key = start.to_string();
        let row = |answers: &ByStart, column| integer(answers.get(&key).unwrap_or(&none), column);
        let mut point = Totals {
            orders: row(&orders, 1),
            revenue_minor: row(&orders, 2),
            guest_orders: row(&orders, 3),
            refunded_minor: row(&refunds, 1),
            new_shoppers: row(&newcomers, 1),
            ..Totals::default()
        };
        totals.orders += point.orders;
        totals.revenue_minor += point.revenue_minor;
        totals.guest_orders += point.guest_orders;
        totals.refunded_minor += point.refunded_minor;
        totals.new_shoppers += point.new_shoppers;
        derive(&mut point, row(&active, 1), row(&active, 2));
        series.push(SeriesPoint { start, totals: point });
    }
    let overall = overall.first().unwrap_or(&none);
    derive(&mut totals, integer(overall, 1), integer(overall, 2));
    Ok(Figures { totals, series })
}

/// Fills in what follows from the counts.
fn derive(totals: &mut Totals, active: i64, ordered: i64) {
    totals.active_shoppers = active;
    totals.returning_shoppers = active - totals.new_shoppers;
    totals.net_revenue_minor = totals.revenue_minor - totals.refunded_minor;
    totals.average_order_minor =
        (totals.orders > 0).then(|| (2 * totals.revenue_minor + totals.orders).div_euclid(2 * totals.orders));
    totals.conversion = (active > 0).then(|| ordered as f64 / active as f64);
}

async fn reach(measure: &Measure, span: &Span, active: i64) -> Result<Vec<FunnelStep>, Problem> {
    let rows = ask(measure, questions::reach(span)).await?;
    let row = rows.first().map(Vec::as_slice).unwrap_or_default();
    let steps = questions::STEPS.iter().enumerate();
    let reached = steps.map(|(column, (step, _))| FunnelStep { step, shoppers: integer(row, column) });
    Ok(std::iter::once(FunnelStep { step: "active", shoppers: active }).chain(reached).collect())
}

/// How many products the overview names.
const TOP: usize = 10;

async fn top_products(measure: &Measure, span: &Span, currency: Option<Currency>) -> Result<Vec<TopProduct>, Problem> {
    let Some(currency) = currency else { return Ok(Vec::new()) };
    let rows = ask(measure, questions::top_products(span, currency, TOP)).await?;
    let products = rows.iter().filter_map(|row| {
        Some(TopProduct {
            product_id: text(row, 0)?,
            name: text(row, 1),
            units: integer(row, 2),
            orders: integer(row, 3),
            revenue_minor: integer(row, 4),
        })
    });
    Ok(products.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_the_counts_is_absent_without_them() {
        let mut empty = Totals::default();
        derive(&mut empty, 0, 0);
        assert_eq!((empty.average_order_minor, empty.conversion), (None, None));
        let mut some = Totals { orders: 2, revenue_minor: 25, refunded_minor: 5, new_shoppers: 1, ..Totals::default() };
        derive(&mut some, 4, 1);
        assert_eq!(some.average_order_minor, Some(13));
        assert_eq!((some.net_revenue_minor, some.returning_shoppers, some.conversion), (20, 3, Some(0.25)));
    }
}
