//! How a value departs from what was planned, in both languages.

use std::fmt;

/// What is wrong with a value, or with its being there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Departure {
    /// Of an event the plan does not name.
    UnknownEvent,
    /// Not there, though it is required.
    Missing,
    /// There, though nothing but what is planned may be.
    Unplanned,
    /// Of another type.
    Type {
        /// The beginning of what it is.
        got: String,
        /// The planned types.
        planned: Vec<&'static str>,
    },
    /// None of the planned values.
    NoneOf {
        /// The beginning of what it is.
        got: String,
    },
    /// Smaller than planned.
    Below {
        /// The beginning of what it is.
        got: String,
        /// The least that is planned.
        least: String,
    },
    /// Greater than planned.
    Above {
        /// The beginning of what it is.
        got: String,
        /// The most that is planned.
        most: String,
    },
    /// Of fewer characters than planned.
    Short {
        /// How many it has.
        chars: u64,
        /// The fewest that are planned.
        least: u64,
    },
    /// Of more characters than planned.
    Long {
        /// How many it has.
        chars: u64,
        /// The most that are planned.
        most: u64,
    },
}

impl fmt::Display for Departure {
    /// In English, to stand behind the name of the value.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownEvent => write!(out, "is not in the tracking plan"),
            Self::Missing => write!(out, "is missing"),
            Self::Unplanned => write!(out, "is not planned"),
            Self::Type { got, planned } => write!(out, "is {got}, planned is {}", planned.join(" or ")),
            Self::NoneOf { got } => write!(out, "is {got}, which is none of the planned values"),
            Self::Below { got, least } => write!(out, "is {got}, planned is at least {least}"),
            Self::Above { got, most } => write!(out, "is {got}, planned is at most {most}"),
            Self::Short { chars, least } => write!(out, "has {chars} characters, planned are at least {least}"),
            Self::Long { chars, most } => write!(out, "has {chars} characters, planned are at most {most}"),
        }
    }
}

impl Departure {
    /// In Simplified Chinese, to stand behind the name of the value.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::UnknownEvent => "不在埋点方案中".to_owned(),
            Self::Missing => "缺失".to_owned(),
            Self::Unplanned => "不在方案内".to_owned(),
            Self::Type { got, planned } => {
                let planned: Vec<&str> = planned.iter().map(|name| type_in_chinese(name)).collect();
                format!("的值为 {got}，方案要求{}", planned.join("或"))
            }
            Self::NoneOf { got } => format!("的值为 {got}，不是方案列出的值"),
            Self::Below { got, least } => format!("的值为 {got}，方案要求不小于 {least}"),
            Self::Above { got, most } => format!("的值为 {got}，方案要求不大于 {most}"),
            Self::Short { chars, least } => format!("有 {chars} 个字符，方案要求至少 {least} 个"),
            Self::Long { chars, most } => format!("有 {chars} 个字符，方案要求至多 {most} 个"),
        }
    }
}

fn type_in_chinese(name: &str) -> &str {
    match name {
        "null" => "空值",
        "boolean" => "真假值",
        "integer" => "整数",
        "number" => "数值",
        "string" => "文本",
        "array" => "数组",
        "object" => "对象",
        other => other,
    }
}
