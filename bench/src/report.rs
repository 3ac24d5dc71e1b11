//! What a benchmark leaves behind: rows in one fixed form as JSON, and a page of Markdown for people.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

/// One figure: ours against a peer's, measured in the same run on the same data.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What was done.
    pub work: String,
    /// How we did, in `unit`.
    pub ours: f64,
    /// What is counted; more is better.
    pub unit: &'static str,
    /// Whom we compare with.
    pub peer: &'static str,
    /// How the peer did, in `unit`.
    pub peer_value: f64,
    /// Ours by the peer's; above 1 we win.
    pub ratio: f64,
    /// The ratio we want to reach.
    pub goal: f64,
}

impl Row {
    /// A row with its ratio worked out.
    pub fn new(
        work: impl Into<String>,
        ours: f64,
        unit: &'static str,
        peer: &'static str,
        peer_value: f64,
        goal: f64,
    ) -> Self {
        let ratio = (ours / peer_value * 1_000.0).round() / 1_000.0;
        Self { work: work.into(), ours: ours.round(), unit, peer, peer_value: peer_value.round(), ratio, goal }
    }
}

/// Writes `bench/results/NAME.json` and `NAME.md`, and prints the page.
pub fn write(name: &str, rows: &[Row], page: &str) -> Result<()> {
    let dir = results_dir();
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    put(&dir.join(format!("{name}.json")), &(serde_json::to_string_pretty(rows)? + "\n"))?;
    put(&dir.join(format!("{name}.md")), page)?;
    println!("\n{page}");
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn results_dir() -> PathBuf {
    std::env::var_os("FANVINE_BENCH_RESULTS").map_or_else(|| PathBuf::from("bench/results"), PathBuf::from)
}

/// A table in Markdown.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![format!("| {} |", head.join(" | "))];
    let rule: Vec<&str> = head.iter().enumerate().map(|(place, _)| if place == 0 { "---" } else { "---:" }).collect();
    lines.push(format!("| {} |", rule.join(" | ")));
    lines.extend(rows.iter().map(|row| format!("| {} |", row.join(" | "))));
    lines.join("\n") + "\n"
}

/// The middle one; of an even number, the mean of the two in the middle. 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

/// The value below which `share` of all lie. Sorts them. 0 of none.
pub fn quantile(values: &mut [u32], share: f64) -> u32 {
    values.sort_unstable();
    let place = (values.len() as f64 * share).ceil() as usize;
    values.get(place.saturating_sub(1)).copied().unwrap_or(0)
}

/// A count with thousands set apart.
pub fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0.0 { format!("-{out}") } else { out }
}

/// The machine a figure was made on, in one line.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned()));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores ({}), Linux {}", model.unwrap_or_else(|| "unknown CPU".into()), kernel.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_quantiles_are_those_of_the_values() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        let mut values: Vec<u32> = (1..=100).rev().collect();
        assert_eq!((quantile(&mut values, 0.5), quantile(&mut values, 0.99)), (50, 99));
        assert_eq!(quantile(&mut [], 0.5), 0);
    }

    #[test]
    fn a_row_has_exactly_the_agreed_fields() {
        let row = serde_json::to_value(Row::new("w", 50.0, "events/s", "floor", 100.0, 0.5)).unwrap();
        let mut names: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(names, ["goal", "ours", "peer", "peer_value", "ratio", "unit", "work"]);
        assert_eq!(row["ratio"], 0.5);
        assert_eq!(count(1_234_567.0), "1,234,567");
    }
}
