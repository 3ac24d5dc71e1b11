//! What a report says, as plain data: sentences in both languages, charts as figures, tables as texts. It is worked out once
//! and kept; HTML and PDF are drawn of it in whichever language somebody reads.

use fanvine_kernel::LocalDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dashboards::list_templates::Said;
use crate::forecast::metric::Unit;

/// A report, part by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportContent)]
pub struct Content {
    /// Whose figures these are.
    pub shop: String,
    /// First day told of.
    #[schema(value_type = String, format = Date)]
    pub from: LocalDate,
    /// Last day, included.
    #[schema(value_type = String, format = Date)]
    pub to: LocalDate,
    /// First day of the days that it is compared with.
    #[schema(value_type = String, format = Date)]
    pub before_from: LocalDate,
    /// Last of them.
    #[schema(value_type = String, format = Date)]
    pub before_to: LocalDate,
    /// The news in one sentence.
    pub headline: Said,
    /// Its parts, in order.
    pub sections: Vec<Section>,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportSection)]
pub struct Section {
    /// What it is about.
    pub title: Said,
    /// What it says.
    pub sentences: Vec<Said>,
    /// The same to look at.
    pub chart: Option<Chart>,
    /// The figures themselves.
    pub table: Option<Table>,
}

impl Section {
    /// A part with nothing in it yet.
    pub(super) fn about(en: &str, zh: &str) -> Self {
        Self { title: [en, zh].into(), sentences: Vec::new(), chart: None, table: None }
    }
}

/// A chart as figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = ReportChart)]
pub enum Chart {
    /// How figures run, from left to right.
    Lines {
        /// In what they are told.
        unit: Unit,
        /// What stands below each place.
        labels: Vec<String>,
        /// The first is what it is about, others are beside it for comparison.
        lines: Vec<Line>,
    },
    /// What added and what took away, one below the other.
    Bars {
        /// In what they are told.
        unit: Unit,
        /// From top to bottom.
        bars: Vec<Bar>,
    },
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportLine)]
pub struct Line {
    /// What it is called.
    pub name: Said,
    /// Place by place; none where nothing is known.
    pub values: Vec<Option<f64>>,
}

/// A bar of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportBar)]
pub struct Bar {
    /// What it stands for.
    pub name: Said,
    /// How much; to the left where it took away.
    pub value: f64,
}

/// A table of texts. Its first column says what a row is about, the others are figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReportTable)]
pub struct Table {
    /// What stands above the columns.
    pub columns: Vec<Said>,
    /// Row by row, as many texts as there are columns.
    pub rows: Vec<Vec<Said>>,
}

/// A text in both languages.
pub(super) fn both(en: impl Into<String>, zh: impl Into<String>) -> Said {
    Said { en: en.into(), zh: zh.into() }
}

/// A text that is the same in both.
pub(super) fn same(text: impl Into<String>) -> Said {
    let text = text.into();
    Said { en: text.clone(), zh: text }
}
