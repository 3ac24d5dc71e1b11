//! Figures and their changes as a report writes them.

use fanvine_kernel::LocalDate;

use super::content::{both, same};
use crate::alerts::saying::{share, told};
use crate::dashboards::list_templates::Said;
use crate::forecast::metric::Unit;
use crate::metrics::definitions::Measured;
use crate::overview::Period;

/// Nothing could be taken of it.
pub(super) const NOTHING: &str = "-";

/// A metric's value in words.
pub(super) fn metric(measured: Measured, value: Option<f64>, money: &Unit) -> Said {
    let Some(value) = value else { return same(NOTHING) };
    match measured {
        Measured::Count => same(told(&Unit::Count, value)),
        Measured::Money => same(told(money, value)),
        Measured::Share => same(share(value)),
        Measured::Ratio => same(format!("{value:.2}")),
        Measured::Seconds => seconds(value),
    }
}

fn seconds(value: f64) -> Said {
    match value {
        value if value < 60.0 => both(format!("{value:.0} s"), format!("{value:.0} 秒")),
        value if value < 3_600.0 => both(format!("{:.1} min", value / 60.0), format!("{:.1} 分钟", value / 60.0)),
        value if value < 86_400.0 => both(format!("{:.1} h", value / 3_600.0), format!("{:.1} 小时", value / 3_600.0)),
        value => both(format!("{:.1} days", value / 86_400.0), format!("{:.1} 天", value / 86_400.0)),
    }
}

/// With its sign: `+12.3%`. Nothing for a change from nothing.
pub(super) fn change(before: Option<f64>, now: Option<f64>) -> String {
    match (before, now) {
        (Some(before), Some(now)) if before > 0.0 => signed_share(now / before - 1.0),
        _ => NOTHING.to_owned(),
    }
}

/// `+12.3%`, `-4.0%`, `0.0%`.
pub(super) fn signed_share(value: f64) -> String {
    match share(value.abs()) {
        none if none == "0.0%" => none,
        text if value < 0.0 => format!("-{text}"),
        text => format!("+{text}"),
    }
}

/// `+1,234.00 GBP`.
pub(super) fn signed(unit: &Unit, value: f64) -> String {
    let text = told(unit, value);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// `2011-11-01 to 2011-11-30`, or the day alone.
pub(super) fn days(period: Period) -> Said {
    if period.from == period.to {
        return same(period.from.to_string());
    }
    both(format!("{} to {}", period.from, period.to), format!("{} 至 {}", period.from, period.to))
}

/// `on 2011-11-01`, `from 2011-11-01 to 2011-11-30`.
pub(super) fn on_days(period: Period) -> String {
    match period {
        Period { from, to } if from == to => format!("on {from}"),
        Period { from, to } => format!("from {from} to {to}"),
    }
}

/// How a figure went, as the end of a sentence: `up 12.3% from 1,000`.
pub(super) fn went(before: f64, now: f64, unit: &Unit) -> Said {
    let was = told(unit, before);
    match (before, now) {
        (before, now) if (before - now).abs() < 0.5 && !matches!(unit, Unit::Share) => both("as before", "与之前持平"),
        (before, _) if before <= 0.0 => both(format!("up from {was}"), format!("此前为 {was}")),
        (before, now) if now > before => {
            let by = share(now / before - 1.0);
            both(format!("up {by} from {was}"), format!("较此前的 {was} 增长 {by}"))
        }
        (before, now) => {
            let by = share(1.0 - now / before);
            both(format!("down {by} from {was}"), format!("较此前的 {was} 下降 {by}"))
        }
    }
}

/// A day below a chart: `11-30`.
pub(super) fn short_day(day: LocalDate) -> String {
    day.to_string().get(5..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_with_their_sign_and_none_from_nothing() {
        assert_eq!(change(Some(200.0), Some(150.0)), "-25.0%");
        assert_eq!(change(Some(200.0), Some(300.0)), "+50.0%");
        assert_eq!(change(Some(0.0), Some(300.0)), "-");
        assert_eq!(change(Some(100.0), Some(99.99)), "0.0%");
        assert_eq!(signed(&Unit::Count, -5.0), "-5");
    }

    #[test]
    fn a_sentence_ends_in_how_the_figure_went() {
        assert_eq!(went(200.0, 150.0, &Unit::Count), both("down 25.0% from 200", "较此前的 200 下降 25.0%"));
        assert_eq!(went(0.0, 5.0, &Unit::Count).en, "up from 0");
        assert_eq!(went(5.0, 5.0, &Unit::Count).zh, "与之前持平");
    }

    #[test]
    fn times_are_told_in_the_unit_people_would_use() {
        assert_eq!(metric(Measured::Seconds, Some(5_400.0), &Unit::Count), both("1.5 h", "1.5 小时"));
        assert_eq!(metric(Measured::Ratio, Some(1.005), &Unit::Count).en, "1.00");
        assert_eq!(metric(Measured::Money, None, &Unit::Count).en, "-");
    }
}
