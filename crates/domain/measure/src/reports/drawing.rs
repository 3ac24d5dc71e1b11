//! Charts as marks on a plane, before anybody knows whether they become SVG or PDF. The plane begins at the upper left.

use super::content::{Bar, Chart, Line};
use super::font::{Weight, fitting, width};
use crate::alerts::saying::told;
use crate::dashboards::adopt_template::Language;
use crate::dashboards::list_templates::Said;
use crate::forecast::metric::Unit;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Of text.
    Text,
    /// Of what is beside the point.
    Faint,
    /// Of lines that guide the eye.
    Rule,
    /// Of what it is about, and of what added.
    Main,
    /// Of what it is compared with.
    Before,
    /// Of what took away.
    Less,
}

impl Ink {
    /// Red, green, blue, 0 to 255. The same as the console's.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Text => [31, 35, 40],
            Self::Faint => [110, 118, 129],
            Self::Rule => [222, 226, 230],
            Self::Main => [37, 99, 235],
            Self::Before => [156, 163, 175],
            Self::Less => [217, 119, 6],
        }
    }
}

/// Where a text stands by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Something drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Box {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
    /// A line through points.
    Path {
        points: Vec<[f32; 2]>,
        width: f32,
        dashed: bool,
        ink: Ink,
    },
    /// A text on its base line.
    Text {
        x: f32,
        y: f32,
        text: String,
        size: f32,
        anchor: Anchor,
        ink: Ink,
    },
}

/// Marks on a plane.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    pub width: f32,
    pub height: f32,
    pub marks: Vec<Mark>,
}

const SIZE: f32 = 8.5;
const LINES_HEIGHT: f32 = 170.0;
const BAR_HEIGHT: f32 = 20.0;

/// Draws a chart so wide.
pub(super) fn draw(chart: &Chart, language: Language, width: f32) -> Drawing {
    match chart {
        Chart::Lines { unit, labels, lines } => draw_lines(unit, labels, lines, language, width),
        Chart::Bars { unit, bars } => draw_bars(unit, bars, language, width),
    }
}

fn word(said: &Said, language: Language) -> &str {
    language.of([&said.en, &said.zh])
}

fn text(x: f32, y: f32, text: impl Into<String>, anchor: Anchor, ink: Ink) -> Mark {
    Mark::Text { x, y, text: text.into(), size: SIZE, anchor, ink }
}

/// A step of 1, 2 or 5 times a power of ten, of which about so many make up the span.
fn step(span: f64, about: f64) -> f64 {
    let raw = (span / about).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(raw.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= raw * 0.999).unwrap_or(10.0);
    times * power
}

/// A figure on an axis, short: `1.5M`, `20k`; `150 万`.
fn short(unit: &Unit, value: f64, language: Language) -> String {
    let plain = match unit {
        Unit::Share => return told(unit, value),
        Unit::Count => value,
        Unit::Money { digits, .. } => value / 10f64.powi(i32::try_from(*digits).unwrap_or_default()),
    };
    let scales: &[(f64, &str)] = match language {
        Language::En => &[(1e9, "B"), (1e6, "M"), (1e3, "k")],
        Language::Zh => &[(1e8, " 亿"), (1e4, " 万")],
    };
    let (scale, sign) = scales.iter().find(|(scale, _)| plain.abs() >= *scale).copied().unwrap_or((1.0, ""));
    let digits = format!("{:.2}", plain / scale);
    format!("{}{sign}", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn draw_lines(unit: &Unit, labels: &[String], lines: &[Line], language: Language, wide: f32) -> Drawing {
    let top = lines.iter().flat_map(|line| line.values.iter().flatten()).copied().fold(0.0f64, f64::max).max(1.0);
    let by = step(top, 4.0);
    let steps = (top / by).ceil().max(1.0);
    let most = by * steps;
    let ticks: Vec<f64> = (0..=steps as u32).map(|tick| f64::from(tick) * by).collect();
    let names: Vec<String> = ticks.iter().map(|tick| short(unit, *tick, language)).collect();
    let left = names.iter().map(|name| width(name, SIZE, Weight::Regular)).fold(0.0, f32::max) + 8.0;
    let (above, below) = (22.0, LINES_HEIGHT - 18.0);
    let y = |value: f64| below - (value / most) as f32 * (below - above);
    let last = labels.len().saturating_sub(1).max(1) as f32;
    let x = |place: usize| left + (wide - left - 6.0) * place as f32 / last;
    let mut marks = Vec::new();
    for (tick, name) in ticks.iter().zip(names) {
        marks.push(Mark::Path {
            points: vec![[left, y(*tick)], [wide, y(*tick)]],
            width: 0.6,
            dashed: false,
            ink: Ink::Rule,
        });
        marks.push(text(left - 5.0, y(*tick) + 3.0, name, Anchor::End, Ink::Faint));
    }
    let room = labels.iter().map(|label| width(label, SIZE, Weight::Regular)).fold(1.0, f32::max) + 12.0;
    let every = (room * labels.len() as f32 / (wide - left)).ceil().max(1.0) as usize;
    for (place, label) in labels.iter().enumerate().step_by(every) {
        let anchor = if place == 0 {
            Anchor::Start
        } else if x(place) + room / 2.0 > wide {
            Anchor::End
        } else {
            Anchor::Middle
        };
        marks.push(text(x(place), LINES_HEIGHT - 4.0, label.as_str(), anchor, Ink::Faint));
    }
    let mut at = left;
    for (place, line) in lines.iter().enumerate() {
        let ink = if place == 0 { Ink::Main } else { Ink::Before };
        let name = word(&line.name, language);
        marks.push(Mark::Path { points: vec![[at, 9.0], [at + 16.0, 9.0]], width: 1.6, dashed: place > 0, ink });
        marks.push(text(at + 20.0, 12.0, name, Anchor::Start, Ink::Text));
        at += 20.0 + width(name, SIZE, Weight::Regular) + 16.0;
        for points in unbroken(&line.values, &x, &y) {
            marks.push(Mark::Path { points, width: 1.6, dashed: place > 0, ink });
        }
    }
    Drawing { width: wide, height: LINES_HEIGHT, marks }
}

/// Runs of known values as points; a value alone is a short stroke.
fn unbroken(values: &[Option<f64>], x: &dyn Fn(usize) -> f32, y: &dyn Fn(f64) -> f32) -> Vec<Vec<[f32; 2]>> {
    let mut runs: Vec<Vec<[f32; 2]>> = vec![Vec::new()];
    for (place, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push([x(place), y(*value)]),
            _ => runs.push(Vec::new()),
        }
    }
    for run in &mut runs {
        if let [[x, y]] = run[..] {
            *run = vec![[x - 1.5, y], [x + 1.5, y]];
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn draw_bars(unit: &Unit, bars: &[Bar], language: Language, wide: f32) -> Drawing {
    let names_wide = wide * 0.32;
    let figure = |value: f64| {
        let text = told(unit, value);
        if value > 0.0 { format!("+{text}") } else { text }
    };
    let figures_wide =
        bars.iter().map(|bar| width(&figure(bar.value), SIZE, Weight::Regular)).fold(0.0, f32::max) + 8.0;
    let most = bars.iter().map(|bar| bar.value.max(0.0)).fold(0.0, f64::max);
    let least = bars.iter().map(|bar| bar.value.min(0.0)).fold(0.0, f64::min);
    let span = (most - least).max(f64::MIN_POSITIVE);
    // Figures stand beyond the ends of bars, on whichever sides there are any.
    let left = names_wide + if least < 0.0 { figures_wide } else { 4.0 };
    let right = wide - if most > 0.0 { figures_wide } else { 4.0 };
    let x = |value: f64| left + (right - left) * ((value - least) / span) as f32;
    let height = BAR_HEIGHT * bars.len() as f32;
    let mut marks =
        vec![Mark::Path { points: vec![[x(0.0), 0.0], [x(0.0), height]], width: 0.6, dashed: false, ink: Ink::Rule }];
    for (place, bar) in bars.iter().enumerate() {
        let y = BAR_HEIGHT * place as f32;
        let (from, to) = (x(bar.value.min(0.0)), x(bar.value.max(0.0)));
        let ink = if bar.value < 0.0 { Ink::Less } else { Ink::Main };
        let name = fitting(word(&bar.name, language), SIZE, Weight::Regular, names_wide - 6.0);
        marks.push(text(0.0, y + 13.0, name, Anchor::Start, Ink::Text));
        marks.push(Mark::Box { x: from, y: y + 4.0, width: (to - from).max(0.8), height: BAR_HEIGHT - 8.0, ink });
        let (at, anchor) = if bar.value < 0.0 { (from - 4.0, Anchor::End) } else { (to + 4.0, Anchor::Start) };
        marks.push(text(at, y + 13.0, figure(bar.value), anchor, Ink::Text));
    }
    Drawing { width: wide, height, marks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::content::same;

    #[test]
    fn axes_have_round_steps_and_short_figures() {
        assert_eq!(
            [step(97.0, 4.0), step(1_000.0, 4.0), step(0.3, 4.0)].map(|one| format!("{one:.3}")),
            ["50.000", "500.000", "0.100"]
        );
        let money = Unit::Money { currency: Some("CNY".into()), digits: 2 };
        assert_eq!(short(&money, 150_000_000.0, Language::En), "1.5M");
        assert_eq!(short(&money, 150_000_000.0, Language::Zh), "150 万");
        assert_eq!(short(&Unit::Count, 0.0, Language::En), "0");
    }

    #[test]
    fn bars_stay_on_the_plane_with_their_figures() {
        let bars = [("more", 50.0), ("less", -2_000_000.0), ("none", 0.0)]
            .map(|(name, value)| Bar { name: same(name), value });
        let drawing = draw_bars(&Unit::Count, &bars, Language::En, 300.0);
        for mark in &drawing.marks {
            match mark {
                Mark::Box { x, width, .. } => assert!(*x >= 0.0 && x + width <= 300.0, "{mark:?}"),
                Mark::Text { x, text, size, anchor, .. } => {
                    let wide = width(text, *size, Weight::Regular);
                    let from = if *anchor == Anchor::End { x - wide } else { *x };
                    assert!(from >= -0.1 && from + wide <= 300.1, "{mark:?}");
                }
                Mark::Path { .. } => {}
            }
        }
    }

    #[test]
    fn a_line_is_broken_where_nothing_is_known() {
        let runs = unbroken(&[Some(1.0), Some(2.0), None, Some(3.0)], &|place| place as f32, &|value| value as f32);
        assert_eq!(runs, [vec![[0.0, 1.0], [1.0, 2.0]], vec![[1.5, 3.0], [4.5, 3.0]]]);
    }
}
