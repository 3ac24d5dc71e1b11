//! Looking at a figure: which bounds it should lie within, and whether it does.

use fanvine_contracts::access::Actor;
use fanvine_kernel::{LocalDate, Problem};
use fanvine_stats::forecast;

use super::saying::sentence;
use super::{AlertTerms, Condition, Found, Sides, Than};
use crate::forecast::ask_forecast::{possible, too_little};
use crate::forecast::season_of;
use crate::forecast::series::{Figure, Series};
use crate::overview::{Interval, Period};
use crate::reporting::{Reporting, named, wrong};

/// The most addresses that get an e-mail.
const MOST_EMAILS: usize = 20;
/// The most hours that an alert may rest.
const MOST_COOLDOWN_H: u32 = 720;

impl AlertTerms {
    /// The same without blanks around the name, if all of it can be.
    ///
    /// # Errors
    /// What cannot, and where it stands.
    pub fn checked(mut self) -> Result<Self, Problem> {
        self.name = named(&self.name, "")?.0;
        if self.interval == Interval::Month {
            return Err(wrong("a figure is watched by day or by week, not by month", "interval"));
        }
        let share = |value: Option<f64>, name: &str| match value {
            Some(value) if !(value.is_finite() && value > 0.0) => {
                Err(wrong(format!("`{name}` is {value}; it is a share above 0"), format!("condition.{name}")))
            }
            _ => Ok(()),
        };
        match self.condition {
            Condition::Threshold { below, above } => {
                if below.is_none() && above.is_none() {
                    return Err(wrong("a threshold has `below`, `above` or both", "condition"));
                }
                for (bound, name) in [(below, "below"), (above, "above")] {
                    if let Some(bound) = bound.filter(|bound| !bound.is_finite()) {
                        return Err(wrong(format!("`{name}` is {bound}"), format!("condition.{name}")));
                    }
                }
                if let (Some(low), Some(high)) = (below, above)
                    && low > high
                {
                    return Err(wrong(format!("nothing is neither below {low} nor above {high}"), "condition"));
                }
            }
            Condition::Change { falls_by, rises_by, .. } => {
                if falls_by.is_none() && rises_by.is_none() {
                    return Err(wrong("a change has `falls_by`, `rises_by` or both", "condition"));
                }
                share(falls_by, "falls_by")?;
                share(rises_by, "rises_by")?;
                if let Some(falls) = falls_by.filter(|falls| *falls > 1.0) {
                    return Err(wrong(format!("nothing falls by {falls}: more than all"), "condition.falls_by"));
                }
            }
            Condition::Anomaly { level, .. } => {
                if !(0.5..=0.999).contains(&level) {
                    return Err(wrong(format!("`level` is {level}; it may be 0.5 to 0.999"), "condition.level"));
                }
                if self.running {
                    let text =
                        "a day that is not over cannot be held against what whole days were; leave out `running`";
                    return Err(wrong(text, "running"));
                }
            }
        }
        self.schedule.check("schedule")?;
        if !(1..=100).contains(&self.resolve_after) {
            return Err(wrong(
                format!("`resolve_after` is {}; it may be 1 to 100", self.resolve_after),
                "resolve_after",
            ));
        }
        if !(0.0..=1.0).contains(&self.margin) {
            return Err(wrong(format!("`margin` is {}; it may be 0 to 1", self.margin), "margin"));
        }
        if self.cooldown_h > MOST_COOLDOWN_H {
            let text = format!("`cooldown_h` is {}; it may be at most {MOST_COOLDOWN_H}", self.cooldown_h);
            return Err(wrong(text, "cooldown_h"));
        }
        self.emails = addresses(self.emails)?;
        Ok(self)
    }
}

/// Addresses without blanks around them, each once.
pub(crate) fn addresses(emails: Vec<String>) -> Result<Vec<String>, Problem> {
    let mut kept: Vec<String> = Vec::with_capacity(emails.len());
    for (place, email) in emails.iter().enumerate() {
        let email = email.trim();
        let parts = email.split_once('@').filter(|(who, place)| !who.is_empty() && place.contains('.'));
        if parts.is_none() || email.len() > 254 || email.contains([' ', ',', ';', '\r', '\n']) {
            return Err(wrong(format!("`{email}` is not an e-mail address"), format!("emails.{place}")));
        }
        if !kept.iter().any(|known| known == email) {
            kept.push(email.to_owned());
        }
    }
    if kept.len() > MOST_EMAILS {
        return Err(wrong(format!("at most {MOST_EMAILS} get an e-mail, not {}", kept.len()), "emails"));
    }
    Ok(kept)
}

impl Reporting {
    /// What is found of a figure today, asked as `actor` may.
    pub(crate) async fn find(&self, terms: &AlertTerms, today: LocalDate, actor: &Actor) -> Result<Found, Problem> {
        let interval = terms.interval;
        let running = interval.start_of(today);
        let (series, day, bounds) = match &terms.condition {
            Condition::Anomaly { level, side } => {
                let mut known = self.known(&terms.metric, interval, today, actor).await?;
                let (Some(_), Some(day)) = (known.values.pop(), known.series.figures.last().map(|last| last.start))
                else {
                    let none = forecast::ForecastError::TooShort { given: 0, needed: forecast::FEWEST };
                    return Err(too_little(&known.series.name, interval, &none));
                };
                let fit = forecast::fit(&known.values, season_of(interval))
                    .map_err(|error| too_little(&known.series.name, interval, &error))?;
                let next = fit.ahead(1, *level).into_iter().next().map(|next| possible(&known.series.unit, next));
                let low = next.map(|next| next.lower).filter(|_| *side != Sides::Above);
                let high = next.map(|next| next.upper).filter(|_| *side != Sides::Below);
                (known.series, day, (low, high, next.map(|next| next.mean)))
            }
            condition => {
                let day = if terms.running { running } else { interval.start_of(running.plus_days(-1)) };
                let before = match (condition, interval) {
                    (Condition::Change { than: Than::AWeekBefore, .. }, _) | (_, Interval::Week) => day.plus_days(-7),
                    _ => day.plus_days(-1),
                };
                let period = Period { from: before, to: interval.after(day).plus_days(-1) };
                let series = self.series(&terms.metric, period, interval, actor).await?;
                let bounds = bounds(condition, value_on(&series, before));
                (series, day, bounds)
            }
        };
        let (low, high, compared) = bounds;
        let value = value_on(&series, day);
        let mut found = Found { day, unit: series.unit.clone(), value, low, high, compared, said: ["", ""].into() };
        found.said = sentence(&series.name, interval, &terms.condition, &found);
        Ok(found)
    }
}

fn value_on(series: &Series, day: LocalDate) -> Option<f64> {
    series.figures.iter().find(|Figure { start, .. }| *start == day).and_then(|figure| figure.value)
}

/// The bounds of a threshold or a change, and with what it is compared.
fn bounds(condition: &Condition, before: Option<f64>) -> (Option<f64>, Option<f64>, Option<f64>) {
    match condition {
        Condition::Threshold { below, above } => (*below, *above, None),
        Condition::Change { falls_by, rises_by, .. } => {
            // Of nothing there is no share.
            let before = before.filter(|before| *before > 0.0);
            let times = |share: Option<f64>, sign: f64| Some(before? * (1.0 + sign * share?));
            (times(*falls_by, -1.0), times(*rises_by, 1.0), before)
        }
        Condition::Anomaly { .. } => (None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(more: Value) -> String {
        let mut terms =
            json!({ "name": "n", "metric": { "kind": "orders" }, "condition": { "kind": "threshold", "below": 1.0 } });
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value::<AlertTerms>(terms).unwrap().checked().unwrap_err().detail
    }

    #[test]
    fn terms_that_cannot_be_are_refused_by_name() {
        let condition = |condition: Value| refused(json!({ "condition": condition }));
        assert_eq!(condition(json!({ "kind": "threshold" })), "a threshold has `below`, `above` or both");
        assert_eq!(
            condition(json!({ "kind": "threshold", "below": 3.0, "above": 2.0 })),
            "nothing is neither below 3 nor above 2"
        );
        assert_eq!(condition(json!({ "kind": "change", "falls_by": 1.5 })), "nothing falls by 1.5: more than all");
        assert_eq!(condition(json!({ "kind": "anomaly", "level": 1.0 })), "`level` is 1; it may be 0.5 to 0.999");
        assert_eq!(refused(json!({ "emails": ["ann"] })), "`ann` is not an e-mail address");
        assert_eq!(refused(json!({ "margin": 2.0 })), "`margin` is 2; it may be 0 to 1");
        assert!(refused(json!({ "interval": "month" })).contains("not by month"));
        assert_eq!(refused(json!({ "schedule": { "hour": 24 } })), "`hour` is 24; hours are 0 to 23");
    }

    #[test]
    fn a_change_has_no_bounds_where_there_was_nothing() {
        let change = Condition::Change { falls_by: Some(0.5), rises_by: Some(1.0), than: Than::Before };
        assert_eq!(bounds(&change, Some(10.0)), (Some(5.0), Some(20.0), Some(10.0)));
        assert_eq!(bounds(&change, Some(0.0)), (None, None, None));
    }
}
