//! What the program can tell of itself while it runs: requests as they are answered, everything else when asked.
//!
//! Requests are counted in histograms by route and status. [`now`] gathers what the rooms know at a moment;
//! [`Metrics::text`] writes both in the OpenMetrics text format, which Prometheus reads.

pub mod now;

use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Of what [`Metrics::text`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// The route by which most requests come.
const INTAKE: &str = "/v1/{call}";
/// The statuses it answers.
const INTAKE_STATUSES: [u16; 8] = [200, 400, 401, 404, 413, 429, 500, 503];

type Labels = Vec<(&'static str, String)>;
type Durations = Family<Labels, Histogram, fn() -> Histogram>;

/// The requests that were answered.
#[derive(Debug, Clone)]
pub struct Metrics {
    durations: Durations,
    /// Looked up once: this happens tens of thousands of times a second.
    intake: [Histogram; INTAKE_STATUSES.len()],
}

impl Default for Metrics {
    fn default() -> Self {
        let durations = Durations::new_with_constructor(|| Histogram::new(BUCKETS));
        let intake = INTAKE_STATUSES.map(|status| durations.get_or_create_owned(&labels("POST", INTAKE, status)));
        Self { durations, intake }
    }
}

fn labels(method: &str, route: &str, status: u16) -> Labels {
    vec![("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())]
}

impl Metrics {
    /// Counts a request to a route, as the router writes it.
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        self.durations.get_or_create(&labels(method.as_str(), route, status.as_u16())).observe(took.as_secs_f64());
    }

    /// Counts a request of the Segment API.
    pub fn took_in(&self, status: StatusCode, took: Duration) {
        match INTAKE_STATUSES.iter().position(|known| *known == status.as_u16()) {
            Some(place) => self.intake[place].observe(took.as_secs_f64()),
            None => self.answered(&Method::POST, INTAKE, status, took),
        }
    }

    /// Requests and `figures` in the OpenMetrics text format.
    ///
    /// # Errors
    /// Never in practice: a text takes what is written to it.
    pub fn text(&self, figures: Vec<Figure>) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("fanvine");
        let help = "Time to answer a request, by route and status";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, self.durations.clone());
        registry.register_collector(Box::new(Figures(figures)));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// Something measured at one moment, once or by label.
#[derive(Debug)]
pub struct Figure {
    name: &'static str,
    help: &'static str,
    /// Only ever grows, from the program's start or the shop's.
    grows: bool,
    values: Vec<(Labels, f64)>,
}

impl Figure {
    /// Something that goes up and down.
    pub fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, grows: false, values: Vec::new() }
    }

    /// Something that only grows. Its name is written with `_total`.
    pub fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, grows: true, values: Vec::new() }
    }

    /// With this value, and no other.
    pub fn of(self, value: f64) -> Self {
        self.with([], value)
    }

    /// With one more value, told apart by labels.
    pub fn with<const N: usize>(mut self, labels: [(&'static str, String); N], value: f64) -> Self {
        self.values.push((labels.into(), value));
        self
    }

    fn write(&self, value: f64, into: MetricEncoder) -> fmt::Result {
        if self.grows { ConstCounter::new(value).encode(into) } else { ConstGauge::new(value).encode(into) }
    }
}

#[derive(Debug)]
struct Figures(Vec<Figure>);

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for figure in &self.0 {
            let kind = if figure.grows { MetricType::Counter } else { MetricType::Gauge };
            let mut of_figure = encoder.encode_descriptor(figure.name, figure.help, None, kind)?;
            match figure.values.as_slice() {
                [(labels, value)] if labels.is_empty() => figure.write(*value, of_figure)?,
                values => {
                    for (labels, value) in values {
                        figure.write(*value, of_figure.encode_family(labels)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_requests_by_route_and_figures_by_label() {
        let metrics = Metrics::default();
        metrics.took_in(StatusCode::OK, Duration::from_millis(2));
        metrics.took_in(StatusCode::IM_A_TEAPOT, Duration::from_millis(2));
        metrics.answered(&Method::GET, "/api/v1/people/{key}", StatusCode::NOT_FOUND, Duration::from_millis(40));
        let figures = vec![
            Figure::gauge("lake_files", "Files").of(7.0),
            Figure::counter("events_refused", "Refused").with([("reason", "a \"b\"\n".into())], 3.0),
        ];
        let text = metrics.text(figures).unwrap();
        for line in [
            "# TYPE fanvine_http_request_duration_seconds histogram",
            "fanvine_http_request_duration_seconds_bucket{le=\"0.0025\",method=\"POST\",route=\"/v1/{call}\",status=\"200\"} 1",
            "fanvine_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/people/{key}\",status=\"404\"} 1",
            "fanvine_http_request_duration_seconds_count{method=\"POST\",route=\"/v1/{call}\",status=\"418\"} 1",
            "fanvine_lake_files 7.0",
            "fanvine_events_refused_total{reason=\"a \\\"b\\\"\\n\"} 3.0",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "no line {line} in\n{text}");
        }
    }
}
