//! Every kind of question that can be saved, asked by the very function that answers it at its own address.

use std::sync::Arc;

use axum::extract::State;
use fanvine_kernel::Problem;
use fanvine_web::Body;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Measure;
use crate::attribution::origin::SHARER;
use crate::reporting::wrong;
use crate::walks::period::{AskedPeriod, day};

macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident = $name:literal ($question:ty, $ask:path, $rows:literal, $columns:expr);)*) => {
        /// A kind of question.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = InsightKind)]
        pub enum Kind { $($(#[$about])* $kind,)* }

        /// A question of one of the kinds.
        #[derive(Debug, Clone)]
        pub enum Question { $($(#[$about])* $kind(Box<$question>),)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Its name, as in the address where it is asked.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }

            /// Under which name the answer has its rows, and which columns of them a table shows.
            pub(super) const fn table(self) -> (&'static str, &'static [&'static str]) {
                match self { $(Kind::$kind => ($rows, &$columns),)* }
            }
        }

        impl Question {
            /// Reads a question of that kind.
            ///
            /// # Errors
            /// It has not the form of that kind.
            pub fn read(kind: Kind, question: Value) -> Result<Self, Problem> {
                let refused = |error: serde_json::Error| {
                    wrong(format!("this is no question of the kind {}: {error}", kind.as_str()), "question")
                };
                Ok(match kind {
                    $(Kind::$kind => Self::$kind(Box::new(serde_json::from_value(question).map_err(refused)?)),)*
                })
            }

            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)* }
            }

            /// As JSON of its kind.
            pub fn json(&self) -> Value {
                // Plain data: writing it as JSON cannot fail.
                match self { $(Self::$kind(question) => serde_json::to_value(question).unwrap_or_default(),)* }
            }

            /// Its days.
            pub(crate) fn period(&self) -> &AskedPeriod {
                match self { $(Self::$kind(question) => &question.period,)* }
            }

            fn period_mut(&mut self) -> &mut AskedPeriod {
                match self { $(Self::$kind(question) => &mut question.period,)* }
            }

            /// Asks it.
            pub(crate) async fn ask(self, measure: &Arc<Measure>) -> Result<Value, Problem> {
                match self {
                    $(Self::$kind(question) => {
                        let answer = $ask(State(measure.clone()), Body(*question)).await.map_err(|refusal| refusal.0)?;
                        Ok(serde_json::to_value(answer.0).unwrap_or_default())
                    })*
                }
            }
        }
    };
}

kinds! {
    /// Who gets how far.
    Funnel = "funnel" (crate::funnel::ask::FunnelQuestion, crate::funnel::ask::ask_funnel, "steps",
        ["events", "shoppers", "of_first", "of_previous", "median_s", "mean_s"]);
    /// Who comes back.
    Retention = "retention" (crate::retention::ask::RetentionQuestion, crate::retention::ask::ask_retention, "cohorts",
        ["start", "shoppers", "returned"]);
    /// How many come by.
    Active = "active" (crate::active::ask::ActiveQuestion, crate::active::ask::ask_active, "points",
        ["start", "active", "new", "returning", "resurrected", "dormant", "weekly", "monthly", "stickiness"]);
    /// Which way they take.
    Paths = "paths" (crate::paths::ask::PathsQuestion, crate::paths::ask::ask_paths, "paths", ["events", "sessions"]);
    /// How figures run.
    Trends = "trends" (crate::trends::ask::TrendsQuestion, crate::trends::ask::answer_trends, "lines", ["name"]);
    /// What led to conversions.
    Attribution = "attribution" (crate::attribution::ask::AttributionQuestion, crate::attribution::ask::ask_attribution,
        "rows", ["value", "touches", "assisted", "removal_effect", "credit.first.revenue_minor",
        "credit.last.revenue_minor", "credit.linear.revenue_minor", "credit.time_decay.revenue_minor",
        "credit.position.revenue_minor", "credit.shapley.revenue_minor", "credit.markov.revenue_minor"]);
    /// How long they stay.
    Sessions = "sessions" (crate::sessions::ask::SessionsQuestion, crate::sessions::ask::ask_sessions, "points",
        ["start", "sessions", "shoppers", "events", "pages", "bounced", "ordered", "mean_s", "bounce_rate", "conversion"]);
    /// What goes along with converting.
    Correlation = "correlation" (crate::correlation::ask::CorrelationQuestion, crate::correlation::ask::ask_correlation,
        "correlates", ["field", "value", "converted", "others", "converted_share", "others_share", "conversion",
        "odds.ratio", "odds.low", "odds.high", "p", "adjusted_p", "test"]);
    /// What is bought together.
    Basket = "basket" (crate::basket::ask::BasketQuestion, crate::basket::ask::ask_basket, "rules",
        ["with.item", "also.item", "orders", "support", "confidence", "lift", "leverage", "conviction"]);
    /// Every metric, and what made GMV change.
    Metrics = "metrics" (crate::metrics::ask::MetricsQuestion, crate::metrics::ask::ask_metrics, "metrics",
        ["key", "value", "previous"]);
}

/// The most days that a saved question may look back.
const MOST_DAYS: u32 = 1_500;

impl Question {
    /// As it is kept: without the days, where `days` says how many, and listing nobody.
    ///
    /// # Errors
    /// Days are given twice, or so many cannot be looked at.
    pub(crate) fn into_kept(mut self, days: Option<u32>) -> Result<Self, Problem> {
        if let Some(days) = days {
            if !(1..=MOST_DAYS).contains(&days) {
                return Err(wrong(format!("`days` is {days}; it may be 1 to {MOST_DAYS}"), "days"));
            }
            if self.period().from.is_some() || self.period().to.is_some() {
                return Err(wrong(
                    "the question has `from` or `to` of its own; give these or `days`, not both",
                    "days",
                ));
            }
        }
        // Whoever sees a dashboard sees figures, not people.
        match &mut self {
            Self::Funnel(funnel) => funnel.people_at = None,
            Self::Attribution(attribution) if attribution.by == SHARER => {
                let text = "what is attributed to sharers names people; it can be asked, not kept";
                return Err(wrong(text.to_owned(), "question.by"));
            }
            _ => {}
        }
        Ok(self)
    }

    /// As it is asked today: about the days of `instead` if it names any, else about its own.
    ///
    /// # Errors
    /// A day of `instead` is none.
    pub(crate) fn on(mut self, measure: &Measure, days: Option<u32>, instead: &AskedPeriod) -> Result<Self, Problem> {
        let none = AskedPeriod::default();
        let about = match (instead.from.is_some() || instead.to.is_some(), days) {
            (true, _) => instead,
            (false, Some(_)) => &none,
            (false, None) => self.period(),
        };
        let to = day("to", about.to.as_deref())?.unwrap_or_else(|| measure.zone.date_of(measure.clock.now()));
        let from = day("from", about.from.as_deref())?.unwrap_or(to.plus_days(1 - i64::from(days.unwrap_or(30))));
        *self.period_mut() = AskedPeriod { from: Some(from.to_string()), to: Some(to.to_string()) };
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_question_is_read_by_its_own_kind_or_refused() {
        let question = Question::read(Kind::Active, json!({ "interval": "week" })).unwrap();
        assert_eq!(question.kind(), Kind::Active);
        let refused = Question::read(Kind::Funnel, json!({ "interval": "week" })).unwrap_err();
        assert!(refused.detail.starts_with("this is no question of the kind funnel"), "{}", refused.detail);
        assert_eq!(refused.pointer.as_deref(), Some("question"));
    }

    #[test]
    fn days_are_said_once() {
        let question = || Question::read(Kind::Active, json!({ "from": "2026-01-01" })).unwrap();
        assert!(question().into_kept(Some(7)).unwrap_err().detail.contains("not both"));
        assert!(question().into_kept(None).is_ok());
        let open = Question::read(Kind::Active, json!({})).unwrap();
        assert!(open.into_kept(Some(0)).unwrap_err().detail.contains("`days` is 0"));
    }

    #[test]
    fn a_saved_funnel_lists_nobody() {
        let steps = json!([{ "events": ["A"] }, { "events": ["B"] }]);
        let funnel = Question::read(Kind::Funnel, json!({ "steps": steps, "people_at": 1 })).unwrap();
        assert_eq!(funnel.into_kept(None).unwrap().json()["people_at"], Value::Null);
        let sharers = Question::read(Kind::Attribution, json!({ "by": "sharer" })).unwrap();
        assert!(sharers.into_kept(None).unwrap_err().detail.contains("names people"));
    }
}
