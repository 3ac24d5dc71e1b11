//! What is told of a trend.

use fanvine_kernel::{LocalDate, Problem, Timestamp};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{TrendInterval, TrendSeries, TrendsQuestion};
use super::count::{Listed, Plan, Tally, WHOLE};
use super::figure::Figure;
use super::formula::Formula;
use super::plan::{Part, starts, wrong};
use crate::Measure;
use crate::walks::csv;
use crate::walks::missing::MissingEvents;
use crate::walks::values::MOST_VALUES;

/// What a part of a trend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TrendPartKind)]
pub enum PartKind {
    /// Everything.
    All,
    /// What has the value.
    Value,
    /// What has no value.
    None,
    /// All with other values than those shown; with segments, people in none of them.
    Others,
    /// People in the segment.
    Segment,
}

/// One line of a trend.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrendPart {
    /// What it is.
    pub kind: PartKind,
    /// Its value, or the segment's id.
    pub value: Option<String>,
    /// The figure over the whole period, which is not the sum of `points` where people or averages are counted.
    pub total: Option<f64>,
    /// The figure by interval; none where there is nothing to tell of.
    pub points: Vec<Option<f64>>,
    /// The same over the period before, if that was asked.
    pub total_before: Option<f64>,
    /// The same by interval of the period before.
    pub points_before: Vec<Option<f64>>,
}

/// The lines of a series or a formula.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrendLines {
    /// What formulas call it; none for a formula.
    pub letter: Option<char>,
    /// What people call it; the formula itself for a formula.
    pub name: String,
    /// What it counts; none for a formula.
    pub figure: Option<Figure>,
    /// Whether it is an amount, in minor units of `currency`.
    pub is_amount: bool,
    /// The whole first, then its parts.
    pub parts: Vec<TrendPart>,
}

/// Figures over events, by interval.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrendsAnswer {
    /// How it is cut.
    pub interval: TrendInterval,
    /// The first day of each interval; by hour, the moment in UTC.
    pub starts: Vec<String>,
    /// The first days of the intervals of the period before, if that was asked.
    pub starts_before: Vec<String>,
    /// The currency of amounts.
    pub currency: Option<String>,
    /// The series, then the formulas.
    pub lines: Vec<TrendLines>,
    /// How many values there are in all.
    pub values: usize,
    /// Whether there were too many values to tell them all apart: then the top ones are those of the first ten thousand
    /// met, and everything else is among the others.
    pub too_many_values: bool,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

impl TrendsQuestion {
    /// Counts and tells.
    pub(super) async fn answer(&self, measure: &Measure) -> Result<TrendsAnswer, Problem> {
        let formulas = self.formulas.iter().enumerate().map(|(place, text)| {
            Formula::read(text, self.series.len())
                .map_err(|error| wrong(error.to_string(), format!("formulas.{place}")))
        });
        let formulas: Vec<Formula> = formulas.collect::<Result<_, _>>()?;
        let period = self.period(measure)?;
        let snapshot = measure.snapshot()?;
        let plan = self.plan(measure, &snapshot, period).await?;
        let who = measure.population(self.segment.as_deref(), &snapshot, "segment").await?;
        let (plan, mut tally, parts) = self.count_shown(measure, &snapshot, &who, plan, period).await?;
        if tally.cells.iter().all(|cell| cell.events == 0) {
            measure.check_seen(&plan.choice).await?;
        }
        measure.check_apart(&plan.apart, &plan.values, plan.choice.names_of(u64::MAX)).await?;
        let mut before = match self.compare {
            true => Some(self.count(measure, &snapshot, &who, plan.clone(), period.previous()).await?),
            false => None,
        };
        let names = plan.values.list();
        let mut lines = Vec::new();
        for (place, asked) in self.series.iter().enumerate() {
            let parts = parts.iter().map(|part| TrendPart {
                kind: part.kind,
                value: self.value_of(part, &names),
                total: tally.figure(&plan, place, part.place, plan.in_all()),
                points: (0..plan.in_all()).map(|point| tally.figure(&plan, place, part.place, point)).collect(),
                total_before: before
                    .as_mut()
                    .and_then(|(plan, tally)| tally.figure(plan, place, part.place, plan.in_all())),
                points_before: before.as_mut().map_or(Vec::new(), |(plan, tally)| points(plan, tally, place, part)),
            });
            lines.push(TrendLines {
                letter: char::from_digit(place as u32 + 10, 36).map(|letter| letter.to_ascii_uppercase()),
                name: asked.name.clone().unwrap_or_else(|| asked.called()),
                figure: Some(asked.figure),
                is_amount: asked.of.as_deref() == Some("revenue"),
                parts: parts.collect(),
            });
        }
        for (text, formula) in self.formulas.iter().zip(&formulas) {
            let line = formula_lines(text, formula, &lines[..self.series.len()]);
            lines.push(line);
        }
        let (first, _) = measure.moments(if self.compare { period.previous() } else { period });
        Ok(TrendsAnswer {
            interval: self.interval,
            starts: self.labels(measure, &starts(measure, period, self.interval)),
            starts_before: match self.compare {
                true => self.labels(measure, &starts(measure, period.previous(), self.interval)),
                false => Vec::new(),
            },
            currency: plan.currency.clone(),
            lines,
            values: names.len() - 1,
            too_many_values: names.len() > MOST_VALUES,
            missing: measure.missing(plan.choice.names(), Some(first))?,
        })
    }

    /// The numbers of those who did what a point counts.
    pub(crate) async fn people(
        &self,
        measure: &Measure,
        series: usize,
        start: Option<&str>,
        kind: PartKind,
        value: Option<&str>,
    ) -> Result<RoaringBitmap, Problem> {
        let nowhere = |text: String, at: &str| Err(wrong(text, format!("of.trends.{at}")));
        if series >= self.series.len() {
            return nowhere(format!("`series` is {series}; there are {}, from 0 on", self.series.len()), "series");
        }
        let period = self.period(measure)?;
        let moments = starts(measure, period, self.interval);
        let place = match start {
            None => None,
            Some(start) => match self.labels(measure, &moments).iter().position(|label| label == start) {
                None => return nowhere(format!("no interval begins at `{start}`"), "start"),
                place => place,
            },
        };
        let snapshot = measure.snapshot()?;
        let plan = self.plan(measure, &snapshot, period).await?;
        let who = measure.population(self.segment.as_deref(), &snapshot, "segment").await?;
        // Which values are among the others is known only once all were counted.
        let (mut plan, parts) = match kind {
            PartKind::All => (plan, vec![Part { place: WHOLE, kind, number: 0 }]),
            _ => {
                let (plan, _, parts) = self.count_shown(measure, &snapshot, &who, plan, period).await?;
                (plan, parts)
            }
        };
        let names = plan.values.list();
        let wanted = |part: &&Part| part.kind == kind && self.value_of(part, &names).as_deref() == value;
        let Some(part) = parts.iter().find(wanted).map(|part| part.place) else {
            return nowhere(format!("the trend shows no `{}`", value.unwrap_or("such part")), "value");
        };
        plan.listed = Some(Listed { series, place, part });
        Ok(self.count(measure, &snapshot, &who, plan, period).await?.1.listed)
    }

    fn value_of(&self, part: &Part, names: &[Option<String>]) -> Option<String> {
        match part.kind {
            PartKind::Segment => self.segments.get(part.number as usize).cloned(),
            PartKind::Value => names.get(part.number as usize).cloned().flatten(),
            PartKind::All | PartKind::None | PartKind::Others => None,
        }
    }

    /// How intervals are called that begin at these moments, and the last of which is only where the last one ends.
    fn labels(&self, measure: &Measure, starts: &[Timestamp]) -> Vec<String> {
        let begins = &starts[..starts.len().saturating_sub(1)];
        let label = |at: &Timestamp| match self.interval {
            TrendInterval::Hour => at.to_string(),
            _ => {
                let day: LocalDate = measure.zone.date_of(*at);
                day.to_string()
            }
        };
        begins.iter().map(label).collect()
    }
}

impl TrendSeries {
    /// What it is called if nobody says.
    fn called(&self) -> String {
        let events = self.events.as_ref().and_then(|events| events.names());
        events.map_or("*".to_owned(), |names| names.0.join(" + "))
    }
}

fn points(plan: &Plan, tally: &mut Tally, series: usize, part: &Part) -> Vec<Option<f64>> {
    (0..plan.in_all()).map(|point| tally.figure(plan, series, part.place, point)).collect()
}

fn formula_lines(text: &str, formula: &Formula, series: &[TrendLines]) -> TrendLines {
    let parts = series.first().map_or(&[][..], |first| first.parts.as_slice()).iter().enumerate();
    let parts = parts.map(|(place, like)| {
        let of = |pick: &dyn Fn(&TrendPart) -> Option<f64>| {
            formula.of(&|one| series.get(one).and_then(|lines| lines.parts.get(place)).and_then(pick))
        };
        TrendPart {
            kind: like.kind,
            value: like.value.clone(),
            total: of(&|part| part.total),
            points: (0..like.points.len()).map(|point| of(&|part| part.points.get(point).copied().flatten())).collect(),
            total_before: of(&|part| part.total_before),
            points_before: (0..like.points_before.len())
                .map(|point| of(&|part| part.points_before.get(point).copied().flatten()))
                .collect(),
        }
    });
    let parts = parts.collect();
    TrendLines { letter: None, name: text.to_owned(), figure: None, is_amount: false, parts }
}

/// A row for each interval of each line.
pub fn csv_of(answer: &TrendsAnswer) -> String {
    let mut table = String::new();
    csv::row(&mut table, ["line", "part", "value", "start", "figure", "start_before", "figure_before"]);
    let number = |figure: Option<f64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
    for line in &answer.lines {
        for part in &line.parts {
            let kind = match part.kind {
                PartKind::All => "all",
                PartKind::Value => "value",
                PartKind::None => "none",
                PartKind::Others => "others",
                PartKind::Segment => "segment",
            };
            for (place, (start, figure)) in answer.starts.iter().zip(&part.points).enumerate() {
                let before = part.points_before.get(place).copied().flatten();
                let start_before = answer.starts_before.get(place).map_or("", String::as_str);
                let value = part.value.as_deref().unwrap_or_default();
                let (figure, before) = (number(*figure), number(before));
                csv::row(&mut table, [&*line.name, kind, value, &**start, &*figure, start_before, &*before]);
            }
        }
    }
    table
}
