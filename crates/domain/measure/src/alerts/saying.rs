//! Figures and findings in words, in English and in Chinese.

use fanvine_kernel::LocalDate;

use super::{Condition, Found, Than};
use crate::dashboards::list_templates::Said;
use crate::forecast::metric::Unit;
use crate::overview::Interval;

/// A figure as people write it: `1,234`, `12.3%`, `1,234.50 CNY`.
pub fn told(unit: &Unit, value: f64) -> String {
    match unit {
        Unit::Share => format!("{:.1}%", value * 100.0),
        Unit::Count if (value - value.round()).abs() < 1e-9 => grouped(value, 0),
        Unit::Count => grouped(value, 1),
        Unit::Money { currency, digits } => {
            let amount = grouped(value / 10f64.powi(*digits as i32), *digits as usize);
            currency.as_ref().map_or_else(|| amount.clone(), |currency| format!("{amount} {currency}"))
        }
    }
}

/// With so many digits behind the point, and a comma before every three.
fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let zero = out.chars().chain(rest.chars()).all(|one| matches!(one, '0' | '.' | ','));
    format!("{}{out}{rest}", if value < 0.0 && !zero { "-" } else { "" })
}

/// A share of change: `12.3%`.
pub fn share(value: f64) -> String {
    told(&Unit::Share, value)
}

/// The first letter large.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An interval in words.
fn when(day: LocalDate, interval: Interval) -> [String; 2] {
    match interval {
        Interval::Day => [format!("on {day}"), format!("{day} 的")],
        Interval::Week => [format!("in the week of {day}"), format!("{day} 起一周的")],
        Interval::Month => [format!("in the month of {day}"), format!("{day} 起一月的")],
    }
}

/// What was found, in a sentence that says why.
pub fn sentence(name: &[String; 2], interval: Interval, condition: &Condition, found: &Found) -> Said {
    let [on, at] = when(found.day, interval);
    let (en_name, zh_name) = (capital(&name[0]), &name[1]);
    let Some(value) = found.value else {
        return Said {
            en: format!("{en_name} {on}: there is nothing it could be taken of."),
            zh: format!("{at}{zh_name}：没有可计算的数据。"),
        };
    };
    let told = |value: f64| told(&found.unit, value);
    let bound = |one: Option<f64>| one.map(told).unwrap_or_default();
    let below = found.low.is_some_and(|low| value < low);
    let above = found.high.is_some_and(|high| value > high);
    let (en, zh) = match condition {
        Condition::Threshold { .. } if below => {
            (format!("below {}", bound(found.low)), format!("低于 {}", bound(found.low)))
        }
        Condition::Threshold { .. } if above => {
            (format!("above {}", bound(found.high)), format!("高于 {}", bound(found.high)))
        }
        Condition::Threshold { .. } => ("within its bounds".to_owned(), "在界限之内".to_owned()),
        Condition::Change { falls_by, rises_by, than } => {
            let [en_than, zh_than] = match (than, interval) {
                (Than::AWeekBefore, Interval::Day) => ["the same day a week before", "上周同日"],
                (_, Interval::Day) => ["the day before", "前一天"],
                _ => ["the week before", "前一周"],
            };
            let before = found.compared.unwrap_or_default();
            let change = if before == 0.0 { 0.0 } else { value / before - 1.0 };
            let (by, was) = (share(change.abs()), told(before));
            let [en_way, zh_way] = if change < 0.0 { ["less", "减少"] } else { ["more", "增加"] };
            let [en_allowed, zh_allowed] = match (below, above) {
                (true, _) => {
                    let most = share(falls_by.unwrap_or_default());
                    [format!("; it may fall by {most}"), format!("，允许减少 {most}")]
                }
                (_, true) => {
                    let most = share(rises_by.unwrap_or_default());
                    [format!("; it may rise by {most}"), format!("，允许增加 {most}")]
                }
                _ => [String::new(), String::new()],
            };
            (
                format!("{by} {en_way} than {en_than} ({was}){en_allowed}"),
                format!("比{zh_than}（{was}）{zh_way} {by}{zh_allowed}"),
            )
        }
        Condition::Anomaly { level, .. } => {
            let (low, high) = (bound(found.low), bound(found.high));
            let expected = bound(found.compared);
            let sure = share(*level);
            let [en_side, zh_side] = match (below, above) {
                (true, _) => ["less than its past lets expect", "低于根据历史的预期"],
                (_, true) => ["more than its past lets expect", "高于根据历史的预期"],
                _ => ["as its past lets expect", "符合根据历史的预期"],
            };
            let range = match (low.is_empty(), high.is_empty()) {
                (false, false) => [format!(", {low} to {high}"), format!("，区间 {low} 至 {high}")],
                (false, true) => [format!(", at least {low}"), format!("，至少 {low}")],
                (true, false) => [format!(", at most {high}"), format!("，至多 {high}")],
                (true, true) => [String::new(), String::new()],
            };
            (
                format!("{en_side}: {expected}{} with {sure}", range[0]),
                format!("{zh_side}：{expected}{}（概率 {sure}）", range[1]),
            )
        }
    };
    Said {
        en: format!("{en_name} {on} was {}, {en}.", told(value)),
        zh: format!("{at}{zh_name}为 {}，{zh}。", told(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_write_them() {
        let money = Unit::Money { currency: Some("CNY".into()), digits: 2 };
        assert_eq!(told(&money, 123_456_789.0), "1,234,567.89 CNY");
        assert_eq!(told(&Unit::Count, 1_234.0), "1,234");
        assert_eq!(told(&Unit::Count, 999.25), "999.2");
        assert_eq!(told(&Unit::Count, -1_000.0), "-1,000");
        assert_eq!(told(&Unit::Share, 0.12345), "12.3%");
    }

    #[test]
    fn a_finding_says_why() {
        let found = Found {
            day: "2026-11-21".parse().unwrap(),
            unit: Unit::Count,
            value: Some(60.0),
            low: Some(80.0),
            high: None,
            compared: Some(100.0),
            said: ["", ""].into(),
        };
        let name = ["orders".to_owned(), "订单数".to_owned()];
        let change = Condition::Change { falls_by: Some(0.2), rises_by: None, than: Than::AWeekBefore };
        let said = sentence(&name, Interval::Day, &change, &found);
        assert_eq!(
            said.en,
            "Orders on 2026-11-21 was 60, 40.0% less than the same day a week before (100); it may fall by 20.0%."
        );
        assert_eq!(said.zh, "2026-11-21 的订单数为 60，比上周同日（100）减少 40.0%，允许减少 20.0%。");
        let least = Condition::Threshold { below: Some(80.0), above: None };
        assert_eq!(sentence(&name, Interval::Day, &least, &found).en, "Orders on 2026-11-21 was 60, below 80.");
    }
}
