//! A metric's figures, interval by interval, each asked by the same questions that the console asks.

use std::collections::HashMap;

use fanvine_contracts::access::Actor;
use fanvine_kernel::{Code, Currency, LocalDate, Problem};
use fanvine_lake::SqlRequest;
use serde_json::{Value, json};

use super::metric::{Fold, Metric, Unit};
use crate::Measure;
use crate::overview::questions::{self, Span};
use crate::overview::{Interval, Period};
use crate::reporting::{Reporting, wrong};
use crate::saved::question::{Kind, Question};
use crate::sql::ask::problem_of;

/// The figure of one interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The interval's first day.
    pub start: LocalDate,
    /// The figure; none where there is nothing it could be taken of.
    pub value: Option<f64>,
    /// For how much it stands in a mean: the shoppers a share is taken of, else 1.
    pub weight: f64,
}

/// A metric over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What people call it, in English and in Chinese.
    pub name: [String; 2],
    /// In what it is told.
    pub unit: Unit,
    /// How a period's figure comes of these.
    pub fold: Fold,
    /// How it is cut.
    pub interval: Interval,
    /// Interval by interval.
    pub figures: Vec<Figure>,
}

/// More rows than any of these questions has.
const MOST_ROWS: usize = 100_000;
/// The latest day on which a retention may look.
const LATEST_DAY: u32 = 90;

impl Series {
    /// The figure of all intervals together; none where there is nothing it could be taken of.
    pub fn folded(&self) -> Option<f64> {
        fold(self.fold, &self.figures)
    }
}

/// The figure of some intervals together.
pub fn fold(fold: Fold, figures: &[Figure]) -> Option<f64> {
    let known = || figures.iter().filter_map(|figure| Some((figure.value?, figure.weight)));
    match fold {
        Fold::Sum => known().next().map(|_| known().map(|(value, _)| value).sum()),
        Fold::Mean => {
            let weight: f64 = known().map(|(_, weight)| weight).sum();
            (weight > 0.0).then(|| known().map(|(value, weight)| value * weight).sum::<f64>() / weight)
        }
    }
}

/// Asks the lake one of this room's own questions.
pub(crate) async fn rows(measure: &Measure, query: String) -> Result<Vec<Vec<Value>>, Problem> {
    let request = SqlRequest { query, max_rows: MOST_ROWS, timeout: measure.limits.timeout };
    measure.lake.sql(&request).await.map(|answer| answer.rows).map_err(problem_of)
}

/// The currency in which orders of these days are counted: the shop's, else the one with most orders.
pub(crate) async fn currency(measure: &Measure, period: Period) -> Result<Option<Currency>, Problem> {
    if measure.currency.is_some() {
        return Ok(measure.currency);
    }
    let found = rows(measure, questions::currencies(&Span::new(period, measure.zone, Interval::Month))).await?;
    Ok(found.first().and_then(|row| row.first()?.as_str()?.parse().ok()))
}

pub(crate) fn money(currency: Option<Currency>) -> Unit {
    Unit::Money {
        currency: currency.map(|currency| currency.to_string()),
        digits: currency.map_or(2, |currency| currency.minor_digits()),
    }
}

/// Columns by the interval's first day.
async fn by_start(measure: &Measure, query: String) -> Result<HashMap<String, Vec<f64>>, Problem> {
    let row = |row: Vec<Value>| {
        let start = row.first()?.as_str()?.to_owned();
        Some((start, row.iter().skip(1).map(|value| value.as_f64().unwrap_or_default()).collect()))
    };
    Ok(rows(measure, query).await?.into_iter().filter_map(row).collect())
}

impl Reporting {
    /// The figures of a metric, asked as `actor` may.
    ///
    /// # Errors
    /// It names an insight that there is not or that has no such figures, or cannot be asked.
    pub(crate) async fn series(
        &self,
        metric: &Metric,
        period: Period,
        interval: Interval,
        actor: &Actor,
    ) -> Result<Series, Problem> {
        let (mut called, mut fold) = (None, metric.fold());
        let (unit, figures) = match metric {
            Metric::NewShoppers => (Unit::Count, self.active(json!({}), period, interval, "new").await?),
            Metric::ActiveShoppers => (Unit::Count, self.active(json!({}), period, interval, "active").await?),
            Metric::Orders | Metric::Revenue => self.ordered(metric, period, interval).await?,
            Metric::Conversion => (Unit::Share, self.conversion(period, interval).await?),
            Metric::Retention { on_day } => (Unit::Share, self.retention(*on_day, period, interval).await?),
            Metric::Insight { insight_id } => {
                let insight = self.insight(insight_id.clone(), actor).await?;
                let (unit, figures, folds) = self.counted(insight.question, period, interval).await?;
                (called, fold) = (Some(insight.name), folds);
                (unit, figures)
            }
        };
        Ok(Series { name: metric.name(called.as_deref()), unit, fold, interval, figures })
    }

    /// What a question about active shoppers counts, with its days and intervals instead of its own.
    async fn active(
        &self,
        mut question: Value,
        period: Period,
        interval: Interval,
        figure: &str,
    ) -> Result<Vec<Figure>, Problem> {
        question["interval"] = json!(interval);
        question["from"] = json!(period.from.to_string());
        question["to"] = json!(period.to.to_string());
        let answer = Question::read(Kind::Active, question)?.ask(&self.measure).await?;
        let of = |point: &Value| {
            let start = point["start"].as_str()?.parse().ok()?;
            Some(Figure { start, value: point[figure].as_f64(), weight: 1.0 })
        };
        Ok(answer["points"].as_array().into_iter().flatten().filter_map(of).collect())
    }

    async fn ordered(
        &self,
        metric: &Metric,
        period: Period,
        interval: Interval,
    ) -> Result<(Unit, Vec<Figure>), Problem> {
        let measure = &*self.measure;
        let currency = currency(measure, period).await?;
        let found = match currency {
            Some(currency) => {
                by_start(measure, questions::orders(&Span::new(period, measure.zone, interval), currency)).await?
            }
            None => HashMap::new(),
        };
        let column = usize::from(*metric == Metric::Revenue);
        let figure = |start: LocalDate| {
            let value = found.get(&start.to_string()).and_then(|row| row.get(column)).copied().unwrap_or_default();
            Figure { start, value: Some(value), weight: 1.0 }
        };
        let unit = if *metric == Metric::Revenue { money(currency) } else { Unit::Count };
        Ok((unit, period.starts(interval).into_iter().map(figure).collect()))
    }

    async fn conversion(&self, period: Period, interval: Interval) -> Result<Vec<Figure>, Problem> {
        let measure = &*self.measure;
        let found =
            by_start(measure, questions::active_by_interval(&Span::new(period, measure.zone, interval))).await?;
        let figure = |start: LocalDate| {
            let row = found.get(&start.to_string()).map(Vec::as_slice).unwrap_or_default();
            let (active, ordered) = (row.first().copied().unwrap_or(0.0), row.get(1).copied().unwrap_or(0.0));
            Figure { start, value: (active > 0.0).then(|| ordered / active), weight: active }
        };
        Ok(period.starts(interval).into_iter().map(figure).collect())
    }

    /// By the day on which shoppers were new; days too late to know are without a figure.
    async fn retention(&self, on_day: u32, period: Period, interval: Interval) -> Result<Vec<Figure>, Problem> {
        if !(1..=LATEST_DAY).contains(&on_day) {
            return Err(wrong(format!("`on_day` is {on_day}; it may be 1 to {LATEST_DAY}"), "metric.on_day"));
        }
        let question = json!({
            "horizon": on_day,
            "from": interval.start_of(period.from).to_string(),
            "to": period.to.to_string(),
        });
        let answer = Question::read(Kind::Retention, question)?.ask(&self.measure).await?;
        let last_known = self.measure.zone.date_of(self.measure.clock.now()).plus_days(-i64::from(on_day) - 1);
        let mut sums: Vec<(LocalDate, u64, u64)> =
            period.starts(interval).into_iter().map(|start| (start, 0, 0)).collect();
        for cohort in answer["cohorts"].as_array().into_iter().flatten() {
            let Some(began) = cohort["start"].as_str().and_then(|day| day.parse().ok()) else { continue };
            let start = interval.start_of(began);
            if began <= last_known
                && let Some((_, shoppers, came)) = sums.iter_mut().find(|(one, ..)| *one == start)
            {
                *shoppers += cohort["shoppers"].as_u64().unwrap_or_default();
                *came += cohort["returned"][on_day as usize].as_u64().unwrap_or_default();
            }
        }
        let figure = |(start, shoppers, came): (LocalDate, u64, u64)| Figure {
            start,
            value: (shoppers > 0).then(|| came as f64 / shoppers as f64),
            weight: shoppers as f64,
        };
        Ok(sums.into_iter().map(figure).collect())
    }

    /// What a saved insight counts: how many are active, or the first line of a trend.
    async fn counted(
        &self,
        question: Question,
        period: Period,
        interval: Interval,
    ) -> Result<(Unit, Vec<Figure>, Fold), Problem> {
        match &question {
            Question::Active(_) => {
                let figures = self.active(question.json(), period, interval, "active").await?;
                Ok((Unit::Count, figures, Fold::Mean))
            }
            Question::Trends(_) => self.trend(question.json(), period, interval).await,
            _ => {
                let kind = question.kind().as_str();
                let text = format!("the insight is a question of the kind {kind}, which has no figure for each day");
                Err(Problem::new(Code::InvalidParameter, text).at("metric.insight_id"))
            }
        }
    }

    async fn trend(
        &self,
        mut asked: Value,
        period: Period,
        interval: Interval,
    ) -> Result<(Unit, Vec<Figure>, Fold), Problem> {
        asked["interval"] = json!(interval);
        asked["from"] = json!(interval.start_of(period.from).to_string());
        asked["to"] = json!(period.to.to_string());
        asked["compare"] = json!(false);
        // As a whole, not by value or segment.
        if let Some(asked) = asked.as_object_mut() {
            asked.remove("break_down");
            asked.remove("segments");
        }
        let answer = Question::read(Kind::Trends, asked)?.ask(&self.measure).await?;
        let line = &answer["lines"][0];
        let amount = line["is_amount"].as_bool().unwrap_or_default();
        let unit = match answer["currency"].as_str().and_then(|code| code.parse().ok()) {
            currency if amount => money(currency),
            _ => Unit::Count,
        };
        let sums = matches!(line["figure"].as_str(), Some("count" | "sum"));
        let starts = answer["starts"].as_array().into_iter().flatten();
        let values = line["parts"][0]["points"].as_array().into_iter().flatten();
        let figure = |(start, value): (&Value, &Value)| {
            let start = start.as_str()?.parse().ok()?;
            Some(Figure { start, value: value.as_f64(), weight: 1.0 })
        };
        let figures = starts.zip(values).filter_map(figure).collect();
        Ok((unit, figures, if sums { Fold::Sum } else { Fold::Mean }))
    }
}
