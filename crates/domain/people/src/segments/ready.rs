//! Segments that are ready made, as rules anybody may copy and change.
//!
//! They speak of the profile's computed values (`orders`, `first_order`, `last_order`, `last_seen`) and of some that only
//! the whole population gives: `rfm_group`, the code of the classic group; `spend_rank`, the share of buyers who spent at
//! most as much, 0..1; `churn_risk`, the probability that somebody does not order soon; and `lifetime_value_rank`, the
//! share of buyers who will be worth at most as much.

use super::rule::Rule;
use super::text::{TextError, parse};

/// A family of ready-made segments. Nobody is in two of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// The eight classic groups by recency, frequency and money.
    Rfm,
    /// Where a buyer stands between the first order and the last.
    Lifecycle,
    /// By how much buyers spent, beside one another.
    Value,
    /// By how recently shoppers were seen.
    Activity,
    /// By how probably buyers will not order again soon.
    Churn,
    /// By how much buyers will still be worth, beside one another.
    LifetimeValue,
}

impl Family {
    /// Its name in English and Simplified Chinese.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Rfm => ("RFM", "RFM"),
            Self::Lifecycle => ("Lifecycle", "生命周期"),
            Self::Value => ("Value", "价值"),
            Self::Activity => ("Activity", "活跃度"),
            Self::Churn => ("Churn risk", "流失风险"),
            Self::LifetimeValue => ("Lifetime value", "客户终身价值"),
        }
    }
}

/// A ready-made segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Its id, by which other rules name it.
    pub id: &'static str,
    /// Its family.
    pub family: Family,
    /// Its name in English.
    pub english: &'static str,
    /// Its name in Simplified Chinese.
    pub chinese: &'static str,
    /// Its rule in the text form.
    pub text: &'static str,
}

impl Ready {
    /// Its rule.
    pub fn rule(&self) -> Result<Rule, TextError> {
        parse(self.text)
    }
}

macro_rules! ready {
    ($($family:ident $id:literal $english:literal $chinese:literal = $text:literal;)*) => {
        /// All of them, family by family.
        pub const READY: &[Ready] = &[$(
            Ready { id: $id, family: Family::$family, english: $english, chinese: $chinese, text: $text }
        ),*];
    };
}

ready! {
    Rfm "rfm.champions" "Champions" "重要价值客户" = r#"value rfm_group = "champions""#;
    Rfm "rfm.promising" "Promising big spenders" "重要发展客户" = r#"value rfm_group = "promising""#;
    Rfm "rfm.at_risk" "Best customers at risk" "重要保持客户" = r#"value rfm_group = "at_risk""#;
    Rfm "rfm.win_back" "Big spenders to win back" "重要挽留客户" = r#"value rfm_group = "win_back""#;
    Rfm "rfm.regulars" "Regulars" "一般价值客户" = r#"value rfm_group = "regulars""#;
    Rfm "rfm.newcomers" "Newcomers" "一般发展客户" = r#"value rfm_group = "newcomers""#;
    Rfm "rfm.fading" "Fading regulars" "一般保持客户" = r#"value rfm_group = "fading""#;
    Rfm "rfm.lost" "Lost" "一般挽留客户" = r#"value rfm_group = "lost""#;

    Lifecycle "lifecycle.new" "New" "新客" =
        "value orders = 1 and value last_order within last 60 days";
    Lifecycle "lifecycle.growing" "Growing" "成长期" =
        "value orders between 2 and 3 and value last_order within last 60 days and not in segment lifecycle.won_back";
    Lifecycle "lifecycle.mature" "Mature" "成熟期" =
        "value orders >= 4 and value last_order within last 60 days and not in segment lifecycle.won_back";
    Lifecycle "lifecycle.won_back" "Won back" "已召回" =
        "value orders >= 2 and value last_order within last 60 days and bought = 1 in last 240 days";
    Lifecycle "lifecycle.at_risk" "At risk" "流失预警" =
        "value last_order over 60 days ago and value last_order within last 120 days";
    Lifecycle "lifecycle.dormant" "Dormant" "沉睡期" =
        "value last_order over 120 days ago and value last_order within last 240 days";
    Lifecycle "lifecycle.lost" "Lost" "已流失" = "value last_order over 240 days ago";

    Value "value.top" "Top tenth" "顶级价值" = "value spend_rank > 0.9";
    Value "value.high" "High value" "高价值" = "value spend_rank > 0.7 and value spend_rank <= 0.9";
    Value "value.middle" "Middle value" "中价值" = "value spend_rank > 0.3 and value spend_rank <= 0.7";
    Value "value.low" "Low value" "低价值" = "value spend_rank <= 0.3";

    Activity "activity.active" "Active" "活跃" = "value last_seen within last 7 days";
    Activity "activity.warm" "Warm" "较活跃" = "value last_seen over 7 days ago and value last_seen within last 30 days";
    Activity "activity.cooling" "Cooling" "趋冷" = "value last_seen over 30 days ago and value last_seen within last 90 days";
    Activity "activity.inactive" "Inactive" "不活跃" = "value last_seen over 90 days ago";

    Churn "churn.high" "High churn risk" "高流失风险" = "value churn_risk >= 0.7";
    Churn "churn.medium" "Medium churn risk" "中流失风险" = "value churn_risk >= 0.4 and value churn_risk < 0.7";
    Churn "churn.low" "Low churn risk" "低流失风险" = "value churn_risk < 0.4";

    LifetimeValue "clv.top" "Top tenth by lifetime value" "终身价值前 10%" = "value lifetime_value_rank > 0.9";
    LifetimeValue "clv.high" "High lifetime value" "高终身价值" =
        "value lifetime_value_rank > 0.7 and value lifetime_value_rank <= 0.9";
    LifetimeValue "clv.middle" "Middle lifetime value" "中终身价值" =
        "value lifetime_value_rank > 0.3 and value lifetime_value_rank <= 0.7";
    LifetimeValue "clv.low" "Low lifetime value" "低终身价值" = "value lifetime_value_rank <= 0.3";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fanvine_kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::segments::check::{Known, check};
    use crate::segments::live::{Program, States};
    use crate::segments::occurrence::Occurrence;
    use crate::segments::ranks::RANKED;
    use crate::segments::samples::{begin, zone};
    use crate::segments::value::{Facts, Reading, Value};

    struct Shop;

    impl Known for Shop {
        fn segment(&self, id: &str) -> Option<Vec<String>> {
            READY.iter().find(|ready| ready.id == id).map(|ready| ready.rule().unwrap().segments())
        }
        fn list(&self, _: &str) -> bool {
            false
        }
        fn tag(&self, _: &str) -> bool {
            false
        }
        fn computed(&self, name: &str) -> bool {
            ["orders", "first_order", "last_order", "last_seen"].contains(&name) || RANKED.contains(&name)
        }
    }

    /// A buyer by the moments of their orders, in days after the beginning.
    struct Buyer(Vec<i64>);

    fn on(day: i64) -> Timestamp {
        begin().plus_micros(day * 86_400_000_000)
    }

    impl Facts for Buyer {
        fn trait_value(&self, _: &str) -> Reading<'_> {
            Reading::default()
        }
        fn computed(&self, name: &str) -> Reading<'_> {
            let last = self.0.iter().max().map(|day| Value::Time(on(*day)));
            match (name, last) {
                ("orders", _) => Reading::steady(Value::Number(self.0.len() as f64)),
                ("last_order" | "last_seen", Some(last)) => Reading::steady(last),
                _ => Reading::default(),
            }
        }
        fn tag(&self, _: &str, _: Option<&str>, _: f64) -> (f64, Option<Timestamp>) {
            (0.0, None)
        }
        fn in_segment(&self, _: &str) -> bool {
            false
        }
        fn in_list(&self, _: &str) -> bool {
            false
        }
    }

    fn stages(buyer: &Buyer, family: Family, day: i64) -> Vec<&'static str> {
        let rules: Vec<_> = READY.iter().map(|ready| (ready.id.to_owned(), ready.rule().unwrap())).collect();
        let program = Program::compile(rules.iter().map(|(id, rule)| (id.clone(), rule)), zone()).unwrap();
        let mut states = States::default();
        for &day in &buyer.0 {
            let order = Occurrence::told("Order Completed", on(day), &serde_json::Value::Null);
            program.observe(&order, &mut states, &mut Vec::new());
        }
        let within = |(number, ready): (usize, &Ready)| {
            let holds = program.evaluate(number, &states, buyer, on(day)).holds;
            (holds && ready.family == family).then_some(ready.id)
        };
        READY.iter().enumerate().filter_map(within).collect()
    }

    #[test]
    fn every_ready_made_rule_is_sound_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for ready in READY {
            let rule = ready.rule().unwrap_or_else(|error| panic!("{}: {error}", ready.id));
            assert_eq!(check(&rule, Some(ready.id), &Shop), [], "{}", ready.id);
            assert!(ready.english.is_ascii() && !ready.chinese.is_ascii(), "{}", ready.id);
            assert!(names.insert(ready.id) && names.insert(ready.chinese), "{}", ready.id);
        }
        assert_eq!(READY.iter().filter(|ready| ready.family == Family::Rfm).count(), 8);
    }

    #[test]
    fn a_buyer_goes_through_the_stages() {
        let stage = |days: &[i64], day: i64| stages(&Buyer(days.to_vec()), Family::Lifecycle, day);
        assert_eq!(stage(&[], 10), [""; 0]);
        assert_eq!(stage(&[1], 10), ["lifecycle.new"]);
        assert_eq!(stage(&[1, 5], 10), ["lifecycle.growing"]);
        assert_eq!(stage(&[1, 5, 6, 7], 10), ["lifecycle.mature"]);
        assert_eq!(stage(&[1], 61), ["lifecycle.at_risk"]);
        assert_eq!(stage(&[1], 121), ["lifecycle.dormant"]);
        assert_eq!(stage(&[1], 241), ["lifecycle.lost"]);
        assert_eq!(stage(&[1, 300], 301), ["lifecycle.won_back"]);
        assert_eq!(stage(&[1, 300, 310], 311), ["lifecycle.growing"], "who came back twice grows again");
    }

    proptest! {
        #[test]
        fn every_buyer_is_in_one_stage_and_everybody_seen_in_one_of_activity(
            orders in proptest::collection::vec(0i64..400, 1..6), later in 0i64..400,
        ) {
            let buyer = Buyer(orders);
            let day = buyer.0.iter().max().unwrap() + later;
            for family in [Family::Lifecycle, Family::Activity] {
                prop_assert_eq!(stages(&buyer, family, day).len(), 1);
            }
        }
    }
}
