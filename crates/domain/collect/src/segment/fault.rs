//! Why a message cannot be taken as an event, always naming the field and its value.

use std::borrow::Cow;

use fanvine_kernel::{MoneyError, Timestamp};

use crate::plan::departure::Departure;

/// What is wrong with one message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something else than a JSON object.
    #[error("the message is {got}, not a JSON object")]
    NotAnObject {
        /// The beginning of what was sent.
        got: String,
    },
    /// A field that must be there is not, or is empty.
    #[error("`{field}` is missing")]
    Missing {
        /// Which one.
        field: &'static str,
    },
    /// Nobody to whom the event could belong.
    #[error("`userId` and `anonymousId` are both missing")]
    NoShopper,
    /// A field of the wrong JSON type.
    #[error("`{field}` is {got}; expected {expected}")]
    WrongType {
        /// Which one.
        field: Cow<'static, str>,
        /// What it should have been.
        expected: &'static str,
        /// The beginning of what was sent, as JSON.
        got: String,
    },
    /// A `type` that is none of the six.
    #[error("`type` is `{got}`; expected track, identify, page, screen, group or alias")]
    UnknownType {
        /// What was sent.
        got: String,
    },
    /// A text longer than it may be.
    #[error("`{field}` has {chars} characters; the limit is {limit} (it begins `{start}`)")]
    TooLong {
        /// Which one.
        field: &'static str,
        /// How many it has.
        chars: usize,
        /// How many it may have.
        limit: usize,
        /// Its beginning.
        start: String,
    },
    /// An event that nobody planned.
    #[error("`{event}` is not in the tracking plan")]
    Unplanned {
        /// Its name.
        event: String,
    },
    /// An event of another form than planned.
    #[error("`{path}` {problem}, says the tracking plan{}", and_more(.more))]
    Violates {
        /// Where in the message.
        path: String,
        /// What is wrong there.
        problem: Departure,
        /// How many other things are wrong.
        more: usize,
    },
    /// A body without what a mapping needs of it.
    #[error("nothing stands at `{path}`, of which the mapping makes `{field}`")]
    Unmapped {
        /// What was to be made of it.
        field: &'static str,
        /// Where it was looked for.
        path: String,
    },
    /// A list of a body that is longer than a mapping reads.
    #[error("the list at `{path}` has {elements} elements; the limit is {limit}")]
    LongList {
        /// Where it stands.
        path: String,
        /// How many it has.
        elements: usize,
        /// How many are read.
        limit: usize,
    },
    /// A text that names no moment.
    #[error("`{field}` is {got}, which is not a date and time in ISO 8601")]
    NotATime {
        /// Which one.
        field: &'static str,
        /// What was sent, as JSON.
        got: String,
    },
    /// A moment no event can have happened at.
    #[error("`{field}` is {got}, which lies outside the years 1970 to 2105")]
    OutOfRange {
        /// Which one.
        field: &'static str,
        /// What was sent, as JSON.
        got: String,
    },
    /// An amount or currency that is none.
    #[error("`{field}`: {source}")]
    Amount {
        /// Which one.
        field: Cow<'static, str>,
        /// What is wrong with it.
        source: MoneyError,
    },
    /// An event that would not be kept.
    #[error("`{event}` occurred at {occurred_at}; events of this name are kept since {since}")]
    TooOld {
        /// Its name.
        event: String,
        /// When it occurred.
        occurred_at: Timestamp,
        /// Since when they are.
        since: Timestamp,
    },
    /// More bytes than an event may hold.
    #[error("the event holds {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// How many it holds.
        bytes: usize,
        /// How many it may hold.
        limit: usize,
    },
    /// Nested deeper than anyone reads.
    #[error("the event is nested deeper than {limit} levels")]
    TooDeep {
        /// How deep it may be.
        limit: usize,
    },
}

impl Fault {
    /// The reason in one word, for counting and filtering.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotAnObject { .. } => "not_an_object",
            Self::Missing { .. } => "missing_field",
            Self::NoShopper => "no_shopper",
            Self::WrongType { .. } => "wrong_type",
            Self::UnknownType { .. } => "unknown_type",
            Self::TooLong { .. } => "too_long",
            Self::NotATime { .. } => "not_a_time",
            Self::OutOfRange { .. } => "time_out_of_range",
            Self::Amount { .. } => "invalid_amount",
            Self::TooOld { .. } => "too_old",
            Self::TooLarge { .. } => "event_too_large",
            Self::TooDeep { .. } => "too_deep",
            Self::Unplanned { .. } => "unplanned_event",
            Self::Violates { .. } => "plan_violation",
            Self::Unmapped { .. } => "unmapped_field",
            Self::LongList { .. } => "too_long",
        }
    }

    /// What is wrong, in Simplified Chinese, naming the same as in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::NotAnObject { got } => format!("消息为 {got}，不是 JSON 对象"),
            Self::Missing { field } => format!("缺少 `{field}`"),
            Self::NoShopper => "`userId` 和 `anonymousId` 都没有".to_owned(),
            Self::WrongType { field, expected, got } => {
                format!("`{field}` 的值为 {got}，应为{}", expected_in_chinese(expected))
            }
            Self::UnknownType { got } => {
                format!("`type` 为 `{got}`，应为 track、identify、page、screen、group 或 alias")
            }
            Self::TooLong { field, chars, limit, start } => {
                format!("`{field}` 有 {chars} 个字符，上限为 {limit}（开头为 `{start}`）")
            }
            Self::Unplanned { event } => format!("`{event}` 不在埋点方案中"),
            Self::Violates { path, problem, more } => {
                let more = if *more == 0 { String::new() } else { format!("（另有 {more} 处）") };
                format!("不符合埋点方案：`{path}` {}{more}", problem.in_chinese())
            }
            Self::Unmapped { field, path } => format!("映射用来生成 `{field}` 的 `{path}` 处没有内容"),
            Self::LongList { path, elements, limit } => format!("`{path}` 处的列表有 {elements} 项，上限为 {limit}"),
            Self::NotATime { field, got } => format!("`{field}` 的值为 {got}，不是 ISO 8601 格式的日期时间"),
            Self::OutOfRange { field, got } => format!("`{field}` 的值为 {got}，不在 1970 年至 2105 年之间"),
            Self::Amount { field, source } => format!("`{field}`：{}", money_in_chinese(source)),
            Self::TooOld { event, occurred_at, since } => {
                format!("`{event}` 发生于 {occurred_at}；该事件自 {since} 起保留")
            }
            Self::TooLarge { bytes, limit } => format!("事件有 {bytes} 字节，上限为 {limit}"),
            Self::TooDeep { limit } => format!("事件的嵌套超过 {limit} 层"),
        }
    }

    /// The field it lies in, as a path inside the message; empty for the message itself.
    pub fn field(&self) -> &str {
        match self {
            Self::Missing { field } | Self::TooLong { field, .. } => field,
            Self::NotATime { field, .. } | Self::OutOfRange { field, .. } => field,
            Self::WrongType { field, .. } | Self::Amount { field, .. } => field,
            Self::UnknownType { .. } => "type",
            Self::Unplanned { .. } => "event",
            Self::TooOld { .. } => "timestamp",
            Self::Violates { path, .. } | Self::Unmapped { path, .. } | Self::LongList { path, .. } => path,
            Self::NoShopper => "userId",
            Self::NotAnObject { .. } | Self::TooLarge { .. } | Self::TooDeep { .. } => "",
        }
    }
}

/// A message that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its message id, where it could be read.
    pub message_id: Option<String>,
    /// Why.
    pub fault: Fault,
}

impl Rejection {
    /// Where in the request it lies: `batch[3].properties.revenue`.
    pub fn pointer(&self, many: bool) -> String {
        let field = self.fault.field();
        match (many, field.is_empty()) {
            (true, true) => format!("batch[{}]", self.index),
            (true, false) => format!("batch[{}].{field}", self.index),
            (false, _) => field.to_owned(),
        }
    }
}

fn and_more(more: &usize) -> String {
    if *more == 0 { String::new() } else { format!(" ({more} more)") }
}

fn expected_in_chinese(expected: &str) -> &str {
    match expected {
        "a string" => "文本",
        "a number" => "数值",
        "a string or number" => "文本或数值",
        "an object" => "对象",
        "an array of products" => "商品的数组",
        "a currency code of ISO 4217" => " ISO 4217 货币代码",
        other => other,
    }
}

fn money_in_chinese(error: &MoneyError) -> String {
    match error {
        MoneyError::NotACurrency(text) => format!("`{text}` 不是 ISO 4217 货币代码（例如 CNY）"),
        MoneyError::NotAnAmount(text) => format!("`{text}` 不是十进制金额"),
        MoneyError::TooLarge(text) => format!("金额 {text} 过大，无法保存"),
        MoneyError::Mixed { left, right } => format!("{left} 与 {right} 不能相加"),
    }
}

/// The beginning of a value, short enough to be shown.
pub(crate) fn shown(raw: &str) -> String {
    const MOST: usize = 80;
    match raw.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &raw[..end]),
        None => raw.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_same_in_both_languages() {
        let got = || "[1]".to_owned();
        let faults = [
            (Fault::Missing { field: "event" }, "缺少 `event`"),
            (
                Fault::WrongType { field: "userId".into(), expected: "a string or number", got: got() },
                "`userId` 的值为 [1]，应为文本或数值",
            ),
            (
                Fault::Amount { field: "properties.revenue".into(), source: MoneyError::NotAnAmount("ten".into()) },
                "`properties.revenue`：`ten` 不是十进制金额",
            ),
            (
                Fault::Unmapped { field: "message_id", path: "$.no".into() },
                "映射用来生成 `message_id` 的 `$.no` 处没有内容",
            ),
        ];
        for (fault, chinese) in faults {
            assert_eq!(fault.in_chinese(), chinese);
            assert!(fault.to_string().contains(fault.field()) && chinese.contains(fault.field()), "{fault}");
        }
        for expected in [
            "a string",
            "a number",
            "a string or number",
            "an object",
            "an array of products",
            "a currency code of ISO 4217",
        ] {
            assert_ne!(expected_in_chinese(expected), expected);
        }
    }
}
