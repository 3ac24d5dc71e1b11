//! The readable form of a rule.
//!
//! ```text
//! bought(category = "Tea") >= 2 in last 30 days
//!   and of last 3 "Message Sent" followed by "Message Opened" on properties.message_id = 0
//!   and tag interest.category:"Tea" >= 0.6 and not in segment staff
//! ```
//!
//! A rule is made of clauses joined by `and`, `or` (which binds less) and `not`, with parentheses, or as `all(…, …)` and
//! `any(…, …)`. Names are bare words or quoted. The clauses:
//!
//! | form | meaning |
//! | --- | --- |
//! | `trait city = "Shanghai"`, `value orders >= 3` | a trait, a computed value; after the name one of `= != < <= > >=`, `in (…, …)`, `between … and …`, `exists`, `contains "…"`, `starts with "…"`, `within last 30 days`, `over 30 days ago` |
//! | `tag interest.brand:"Yi" >= 0.5` | a tag's weight; without a comparison, `> 0` |
//! | `did "Share Opened"(channel = "wechat") >= 2 in last 7 days` | how often; without a comparison, `>= 1` |
//! | `did bought on >= 3 days in last 30 calendar days` | on how many days |
//! | `sum of revenue of bought >= 100.00 CNY in last 30 days` | for how much; also of `quantity` or `properties.…` |
//! | `did viewed then bought within 7 days without "Coupon Applied" in last 90 days` | one after another |
//! | `of last 3 "Message Sent" followed by "Message Opened" on properties.message_id < 1` | what followed |
//! | `in segment vip`, `in list "VIP 2025"` | membership |
//!
//! Events are named by quoted text, several as `("A", "B")`, all as `anything`, the usual ones by a verb: `bought`, `viewed`,
//! `searched`, `added`, `shared`, `reviewed`, with which a clause may begin in place of `did`. Their window is `in last …`,
//! `between 2026-01-01 and 2026-01-31`, `since` another event, or none for ever. Amounts are written `12.50 CNY`.

mod lexer;
mod parser;
mod printer;

use std::fmt;

pub use parser::parse;

/// Why a text is not a rule, and where: `at` counts characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Something else should stand here.
    #[error("at character {at}: expected {expected}, found {}", shown(found, "the end"))]
    Unexpected {
        /// Where.
        at: usize,
        /// What should stand here.
        expected: Expected,
        /// What does; empty at the end.
        found: String,
    },
    /// A character that is part of no rule.
    #[error("at character {at}: `{found}` means nothing in a rule")]
    Strange {
        /// Where.
        at: usize,
        /// Which.
        found: char,
    },
    /// A quotation mark without its partner.
    #[error("at character {at}: this quotation mark is never closed")]
    NeverClosed {
        /// Where it stands.
        at: usize,
    },
    /// A number, day or amount there cannot be.
    #[error("at character {at}: `{found}` is out of range")]
    OutOfRange {
        /// Where.
        at: usize,
        /// What was written.
        found: String,
    },
    /// More parentheses and `not` within one another than anybody reads.
    #[error("at character {at}: more than {limit} levels of parentheses")]
    TooDeep {
        /// Where.
        at: usize,
        /// How many are read.
        limit: usize,
    },
}

impl TextError {
    /// The same in Simplified Chinese.
    pub fn chinese(&self) -> String {
        match self {
            Self::Unexpected { at, expected, found } => {
                format!("第 {at} 个字符处：此处应为{}，实际为{}", expected.chinese(), shown(found, "结尾"))
            }
            Self::Strange { at, found } => format!("第 {at} 个字符处：规则中不能使用 `{found}`"),
            Self::NeverClosed { at } => format!("第 {at} 个字符处：引号没有闭合"),
            Self::OutOfRange { at, found } => format!("第 {at} 个字符处：`{found}` 超出范围"),
            Self::TooDeep { at, limit } => format!("第 {at} 个字符处：括号嵌套超过 {limit} 层"),
        }
    }

    /// Where in the text, in characters from 1.
    pub fn at(&self) -> usize {
        match self {
            Self::Unexpected { at, .. }
            | Self::Strange { at, .. }
            | Self::NeverClosed { at }
            | Self::OutOfRange { at, .. }
            | Self::TooDeep { at, .. } => *at,
        }
    }
}

fn shown(found: &str, end: &str) -> String {
    if found.is_empty() { end.to_owned() } else { format!("`{found}`") }
}

/// What should stand in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// This word or sign.
    Exactly(&'static str),
    /// The beginning of a clause.
    Clause,
    /// A name: a word or quoted text.
    Name,
    /// Quoted text.
    Text,
    /// An event.
    Event,
    /// A field of events.
    Field,
    /// A field that can be added up.
    Summable,
    /// A comparison.
    Comparison,
    /// A value.
    Value,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// An amount with its currency.
    Amount,
    /// A day.
    Day,
    /// A unit of time.
    Unit,
    /// The window of a sequence.
    Period,
    /// `and`, `or` or the end.
    Joint,
}

impl Expected {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Exactly(word) => (word, word),
            Self::Clause => (
                "a clause, which begins with `did`, `bought`, `sum of`, `of last`, `trait`, `value`, `tag`, `in segment` or `in list`",
                "一个条件，以 `did`、`bought`、`sum of`、`of last`、`trait`、`value`、`tag`、`in segment` 或 `in list` 开头",
            ),
            Self::Name => ("a name", "名称"),
            Self::Text => ("text in quotation marks", "带引号的文本"),
            Self::Event => (
                "an event, such as \"Order Completed\", `bought` or `anything`",
                "事件，如 \"Order Completed\"、`bought` 或 `anything`",
            ),
            Self::Field => (
                "a field of the event: product_id, category, brand, channel, campaign, revenue, quantity or properties.…",
                "事件字段：product_id、category、brand、channel、campaign、revenue、quantity 或 properties.…",
            ),
            Self::Summable => ("revenue, quantity or properties.…", " revenue、quantity 或 properties.…"),
            Self::Comparison => (
                "a comparison, such as `=`, `>=`, `in (…)`, `between`, `exists`, `contains` or `within last`",
                "比较，如 `=`、`>=`、`in (…)`、`between`、`exists`、`contains` 或 `within last`",
            ),
            Self::Value => (
                "a value: text in quotation marks, a number, an amount such as 12.50 CNY, a day such as 2026-01-31, true or false",
                "值：带引号的文本、数字、金额（如 12.50 CNY）、日期（如 2026-01-31）、true 或 false",
            ),
            Self::Number => ("a number", "数字"),
            Self::Whole => ("a whole number", "整数"),
            Self::Amount => ("an amount with its currency, such as 12.50 CNY", "带币种的金额，如 12.50 CNY"),
            Self::Day => ("a day, such as 2026-01-31", "日期，如 2026-01-31"),
            Self::Unit => ("minutes, hours, days or calendar days", " minutes、hours、days 或 calendar days"),
            Self::Period => (
                "the window of the sequence: `in last …` or `between … and …`",
                "序列的时间窗口：`in last …` 或 `between … and …`",
            ),
            Self::Joint => ("`and`, `or` or the end", "`and`、`or` 或结尾"),
        }
    }

    fn chinese(self) -> String {
        match self {
            Self::Exactly(word) => format!("`{word}`"),
            other => other.words().1.to_owned(),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(word) => write!(out, "`{word}`"),
            other => out.write_str(other.words().0),
        }
    }
}

#[cfg(test)]
mod tests;
