//! `POST /api/v1/insights/correlation`: what those who convert have that others have not.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use fanvine_kernel::event::names;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{Snapshot, Walk};
use fanvine_stats::significance::{Ratio, Test, TwoByTwo, false_discovery};
use fanvine_web::{Answer, Body};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::count::{Counting, Feature, Listed, Meaning, Plan, Tally};
use crate::Measure;
use crate::overview::Interval;
use crate::walks::events::{EventNames, table};
use crate::walks::field::Field;
use crate::walks::missing::MissingEvents;
use crate::walks::period::AskedPeriod;

/// Who converts, and what is looked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrelationQuestion {
    /// Whoever does one of these converted; by default orders.
    #[serde(default = "an_order")]
    pub goal: EventNames,
    /// Only those who did this, from then on; by default everybody.
    #[serde(default)]
    pub start: Option<EventNames>,
    /// Fields whose values are looked at besides events, at most eight: `channel`, `campaign`, `properties.…`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The least number of shoppers who have it; by default twenty.
    #[serde(default = "twenty")]
    pub least: u64,
    /// How many are listed, at most 500; by default a hundred.
    #[serde(default = "a_hundred")]
    pub limit: usize,
    /// When.
    #[serde(flatten)]
    pub period: AskedPeriod,
}

fn an_order() -> EventNames {
    EventNames(vec![names::ORDER_COMPLETED.to_owned()])
}

fn twenty() -> u64 {
    20
}

fn a_hundred() -> usize {
    100
}

/// A ratio with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct RatioFigure {
    /// The estimate: above 1 it goes along with converting, below with not.
    pub ratio: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl From<Ratio> for RatioFigure {
    fn from(Ratio { ratio, low, high }: Ratio) -> Self {
        Self { ratio, low, high }
    }
}

/// Something that shoppers have.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Correlate {
    /// The field whose value it is; none for an event.
    pub field: Option<String>,
    /// The event's name, or the value.
    pub value: String,
    /// Of those who converted, how many have it.
    pub converted: u64,
    /// Of the others, how many have it.
    pub others: u64,
    /// Of those who converted, 0 to 1.
    pub converted_share: f64,
    /// Of the others, 0 to 1.
    pub others_share: f64,
    /// Of those who have it, who converts, 0 to 1.
    pub conversion: f64,
    /// The odds of having it, of those who converted by the others.
    pub odds: RatioFigure,
    /// The share of having it, of those who converted by the others.
    pub shares: RatioFigure,
    /// How likely so large a difference is by chance.
    pub p: f64,
    /// The same, adjusted for how many were looked at: what is at most 0.05 here is wrong in one of twenty.
    pub adjusted_p: f64,
    /// `fisher` or `chi_square`.
    pub test: &'static str,
}

/// What makes those who convert differ.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CorrelationAnswer {
    /// Who converted.
    pub converted: u64,
    /// Who did not.
    pub others: u64,
    /// The clearest differences first.
    pub correlates: Vec<Correlate>,
    /// How many were looked at: all that enough shoppers have.
    pub looked_at: usize,
    /// How many too few shoppers have.
    pub too_rare: usize,
    /// Values that came after so many different ones that they are not told apart.
    pub not_told_apart: u64,
    /// What of its events is no longer kept, where it reaches back so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingEvents>,
}

/// The most fields.
const MOST_FIELDS: usize = 8;

impl CorrelationQuestion {
    fn plan(&self, snapshot: &Snapshot) -> Result<Plan, Problem> {
        let wrong = |text: String, at: &str| Err(Problem::new(Code::InvalidParameter, text).at(at));
        if self.fields.len() > MOST_FIELDS {
            return wrong(format!("at most {MOST_FIELDS} fields, not {}", self.fields.len()), "fields");
        }
        if self.limit == 0 || self.limit > 500 {
            return wrong(format!("`limit` is {}; it may be 1 to 500", self.limit), "limit");
        }
        if self.least == 0 {
            return wrong("`least` is 0; at least one shopper must have it".to_owned(), "least");
        }
        let fields = self.fields.iter().enumerate();
        let fields = fields.map(|(place, text)| Field::parse(text, &format!("fields.{place}")));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let goals = self.goal.codes(snapshot, "goal")?;
        let starts = self.start.as_ref().map(|names| names.codes(snapshot, "start")).transpose()?;
        let meaning = |code: u16, name: &str| Meaning {
            start: starts.as_ref().is_some_and(|starts| starts.contains(&code)),
            goal: goals.contains(&code),
            silent: names::THE_SHOPS_OWN.contains(&name),
        };
        let codes = snapshot.event_names().zip(0..).map(|(name, code)| (code, meaning(code, name)));
        Ok(Plan { meanings: table(snapshot, codes), started: starts.is_some(), fields, listed: None })
    }

    async fn count(&self, measure: &Measure, of: Option<&BehindCorrelate>) -> Result<(Vec<String>, Tally), Problem> {
        let period = self.period.read(measure, Interval::Month)?;
        let (from, to) = measure.moments(period);
        let snapshot = measure.snapshot()?;
        let events: Vec<String> = snapshot.event_names().map(str::to_owned).collect();
        let mut plan = self.plan(&snapshot)?;
        plan.listed = of.map(|of| self.listed(of, &snapshot)).transpose()?;
        let fields = plan.fields.clone();
        let plan = Arc::new(plan);
        let mut columns: Vec<_> = plan.fields.iter().flat_map(Field::columns).copied().collect();
        columns.sort_unstable();
        columns.dedup();
        let walk = Walk { from: Some(from), to: Some(to), columns, ..Walk::default() };
        let parts = measure.walk(snapshot, walk, move |_| Counting::new(Arc::clone(&plan))).await?;
        let mut tally = Tally::default();
        parts.into_iter().for_each(|part| tally.add(part.into_tally()));
        for (place, field) in fields.into_iter().enumerate() {
            let seen = |feature: &Feature| matches!(feature, Feature::Value(at, _) if *at == place);
            if !tally.having.keys().any(seen) {
                let at = format!("fields.{place}");
                measure.check_field(measure.snapshot()?, events.clone(), field, &at).await?;
            }
        }
        Ok((events, tally))
    }

    fn listed(&self, of: &BehindCorrelate, snapshot: &Snapshot) -> Result<Listed, Problem> {
        let feature = match &of.field {
            None => {
                let codes = EventNames(vec![of.value.clone()]).codes(snapshot, "of.correlation.value")?;
                Feature::Event(codes.first().copied().unwrap_or(u16::MAX))
            }
            Some(field) => {
                let place = self.fields.iter().position(|one| one == field).ok_or_else(|| {
                    let text = format!("`{field}` is not among the question's fields");
                    Problem::new(Code::InvalidParameter, text).at("of.correlation.field")
                })?;
                Feature::Value(place, of.value.clone())
            }
        };
        Ok(Listed { feature, converted: of.converted })
    }
}

/// Of a correlation: who has an event or a value.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BehindCorrelate {
    /// The question.
    pub question: CorrelationQuestion,
    /// The field whose value it is; none for an event.
    #[serde(default)]
    pub field: Option<String>,
    /// The event's name, or the value.
    pub value: String,
    /// Only who converted, or only who did not; by default both.
    #[serde(default)]
    pub converted: Option<bool>,
}

impl BehindCorrelate {
    /// The numbers of those behind it.
    pub(crate) async fn people(&self, measure: &Measure) -> Result<RoaringBitmap, Problem> {
        Ok(self.question.count(measure, Some(self)).await?.1.listed)
    }
}

/// Compares those who convert with those who do not.
#[utoipa::path(
    post, path = "/api/v1/insights/correlation", tag = "measure", request_body = CorrelationQuestion,
    security(("role" = ["analyst"])),
    responses(
        (status = 200, body = CorrelationAnswer),
        (status = 400, description = "An unknown event, with near names; no field", body = fanvine_web::ProblemBody),
        (status = 503, description = "Longer than it may take", body = fanvine_web::ProblemBody)
    )
)]
pub async fn ask_correlation(
    State(measure): State<Arc<Measure>>,
    Body(question): Body<CorrelationQuestion>,
) -> Answer<Json<CorrelationAnswer>> {
    let (events, tally) = question.count(&measure, None).await?;
    let (from, _) = measure.moments(question.period.read(&measure, Interval::Month)?);
    let missing = measure.missing(None, Some(from))?;
    Ok(Json(CorrelationAnswer { missing, ..answer(&question, &events, tally) }))
}

fn answer(question: &CorrelationQuestion, events: &[String], tally: Tally) -> CorrelationAnswer {
    let all = tally.all;
    let found = tally.having.len();
    let mut kept: Vec<(Feature, TwoByTwo)> = tally
        .having
        .into_iter()
        .filter(|(_, having)| having.converted + having.others >= question.least)
        .map(|(feature, having)| {
            let table = TwoByTwo {
                with: having.converted,
                without: all.converted - having.converted,
                others_with: having.others,
                others_without: all.others - having.others,
            };
            (feature, table)
        })
        .collect();
    kept.sort_by(|left, right| left.0.cmp(&right.0));
    let chances: Vec<(f64, Test)> = kept.iter().map(|(_, table)| table.p_value()).collect();
    let adjusted = false_discovery(&chances.iter().map(|(p, _)| *p).collect::<Vec<_>>());
    let share = |part: u64, of: u64| if of > 0 { part as f64 / of as f64 } else { 0.0 };
    let looked_at = kept.len();
    let mut correlates: Vec<Correlate> = kept
        .into_iter()
        .zip(chances)
        .zip(adjusted)
        .map(|(((feature, table), (p, test)), adjusted_p)| {
            let (field, value) = match feature {
                // So many different names were sent that this one has no code of its own.
                Feature::Event(code) => (None, events.get(usize::from(code)).map_or("…", String::as_str).to_owned()),
                Feature::Value(place, value) => (question.fields.get(place).cloned(), value),
            };
            Correlate {
                field,
                value,
                converted: table.with,
                others: table.others_with,
                converted_share: share(table.with, all.converted),
                others_share: share(table.others_with, all.others),
                conversion: share(table.with, table.with + table.others_with),
                odds: table.odds_ratio().into(),
                shares: table.share_ratio().into(),
                p,
                adjusted_p,
                test: if test == Test::Fisher { "fisher" } else { "chi_square" },
            }
        })
        .collect();
    let strength = |one: &Correlate| one.odds.ratio.ln().abs();
    correlates
        .sort_by(|left, right| left.p.total_cmp(&right.p).then_with(|| strength(right).total_cmp(&strength(left))));
    correlates.truncate(question.limit);
    CorrelationAnswer {
        converted: all.converted,
        others: all.others,
        correlates,
        looked_at,
        too_rare: found - looked_at,
        not_told_apart: tally.not_told_apart,
        missing: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlation::count::Having;

    #[test]
    fn differences_are_counted_tested_and_sorted_by_how_clear_they_are() {
        let question: CorrelationQuestion = serde_json::from_str(r#"{"fields":["channel"]}"#).unwrap();
        let having = |converted, others| Having { converted, others };
        let tally = Tally {
            all: having(1_000, 5_000),
            having: [
                (Feature::Event(0), having(120, 300)),
                (Feature::Event(1), having(500, 2_500)),
                (Feature::Value(0, "wechat".to_owned()), having(4, 15)),
            ]
            .into_iter()
            .collect(),
            ..Tally::default()
        };
        let answer = answer(&question, &["Shared".to_owned(), "Viewed".to_owned()], tally);
        assert_eq!((answer.looked_at, answer.too_rare), (2, 1));
        let first = &answer.correlates[0];
        // The figures of scipy 1.17.1: see the tests of fanvine_stats::significance.
        assert_eq!((first.value.as_str(), first.test), ("Shared", "chi_square"));
        assert!((first.p / 1.1335066958303877e-11 - 1.0).abs() < 1e-9);
        assert!((first.adjusted_p / first.p - 2.0).abs() < 1e-9);
        assert!((first.shares.ratio - 2.0).abs() < 1e-12 && (first.odds.low - 1.7083007168826436).abs() < 1e-9);
        let second = &answer.correlates[1];
        assert!((second.odds.ratio - 1.0).abs() < 1e-12 && second.p > 0.99);
    }
}
