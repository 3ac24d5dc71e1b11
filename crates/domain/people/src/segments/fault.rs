//! What can be wrong with a rule, in English and Chinese.

use std::fmt::Display;

/// Something wrong, and in which clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{wrong}", before(path))]
pub struct Fault {
    /// The clause in the rule's JSON form: `all[2].event.window`; empty for the whole rule.
    pub path: String,
    /// What is wrong.
    pub wrong: Wrong,
}

impl Fault {
    /// The same in Simplified Chinese.
    pub fn chinese(&self) -> String {
        format!("{}{}", before(&self.path), self.wrong.chinese())
    }
}

fn before(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{path}`: ") }
}

/// What is wrong with a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A list or text without anything in it.
    #[error("it is empty")]
    Empty,
    /// More parts than are allowed.
    #[error("it has {found} parts, at most {limit} are allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// A longer text than is allowed.
    #[error("it has {found} characters, at most {limit} are allowed")]
    TooLong {
        /// How many there are.
        found: usize,
        /// How many may be.
        limit: usize,
    },
    /// Too many levels.
    #[error("it lies deeper than {limit} levels; make the inner part a segment of its own")]
    TooDeep {
        /// How many are allowed.
        limit: usize,
    },
    /// A number or length that is too small or too large.
    #[error("{found} is not from {low} to {high}")]
    OutOfRange {
        /// What was given.
        found: String,
        /// The least.
        low: String,
        /// The greatest.
        high: String,
    },
    /// The end lies before the beginning.
    #[error("it ends ({to}) before it begins ({from})")]
    Reversed {
        /// Where it begins.
        from: String,
        /// Where it ends.
        to: String,
    },
    /// Nothing can meet it.
    #[error("nothing can meet `{0}`")]
    Never(String),
    /// Everything meets it.
    #[error("everything meets `{0}`; leave the clause out")]
    Always(String),
    /// It cannot hold together with an earlier clause of the same `all`.
    #[error("it cannot hold together with `{0}`")]
    Contradiction(String),
    /// Who does not meet it meets an earlier clause of the same `any`.
    #[error("everybody meets this or `{0}`; leave one of them out")]
    Everybody(String),
    /// Text or truth compared by size.
    #[error("only numbers, amounts of one currency and days have an order")]
    NoOrder,
    /// A value of another kind than the field's.
    #[error("`{0}` never has a value of this kind")]
    KindOfField(String),
    /// A field's moment compared with now.
    #[error("a field of an event has no age; use the event's window")]
    AgeOfField,
    /// An event that tells of a segment.
    #[error("`{0}` is what segments tell, not what shoppers do; use `in segment …`")]
    OwnEvent(String),
    /// Calendar days between two events.
    #[error("between events time is counted in minutes, hours or days, not calendar days")]
    NotElapsed,
    /// No such segment.
    #[error("there is no segment `{0}`")]
    UnknownSegment(String),
    /// No such list.
    #[error("there is no list `{0}`")]
    UnknownList(String),
    /// No such tag.
    #[error("there is no tag `{0}`")]
    UnknownTag(String),
    /// No such computed value.
    #[error("there is no computed value `{0}`")]
    UnknownValue(String),
    /// The segment would be defined by itself.
    #[error("segment `{segment}` would be defined by itself, through `{through}`")]
    Cycle {
        /// The segment.
        segment: String,
        /// The one that names it.
        through: String,
    },
    /// A sum over everything that ever happened.
    #[error(
        "this adds up every event there ever was; give it a window such as `in last 365 days`, or use a computed value"
    )]
    EndlessSum,
    /// Filters over every event that ever happened.
    #[error("this reads every event there ever was; name the event, or give it a window such as `in last 90 days`")]
    EndlessScan,
}

impl Wrong {
    pub(super) fn range(found: impl Display, low: impl Display, high: impl Display) -> Self {
        Self::OutOfRange { found: found.to_string(), low: low.to_string(), high: high.to_string() }
    }

    pub(super) fn reversed(from: impl Display, to: impl Display) -> Self {
        Self::Reversed { from: from.to_string(), to: to.to_string() }
    }

    /// The same in Simplified Chinese.
    pub fn chinese(&self) -> String {
        match self {
            Self::Empty => "内容为空".to_owned(),
            Self::TooMany { found, limit } => format!("共 {found} 项，最多允许 {limit} 项"),
            Self::TooLong { found, limit } => format!("共 {found} 个字符，最多允许 {limit} 个"),
            Self::TooDeep { limit } => format!("嵌套超过 {limit} 层；请将内层另建为一个分群"),
            Self::OutOfRange { found, low, high } => format!("{found} 不在 {low} 到 {high} 的范围内"),
            Self::Reversed { from, to } => format!("结束（{to}）早于开始（{from}）"),
            Self::Never(bound) => format!("任何人都不可能满足 `{bound}`"),
            Self::Always(bound) => format!("所有人都满足 `{bound}`，请删除该条件"),
            Self::Contradiction(clause) => format!("与 `{clause}` 不可能同时成立"),
            Self::Everybody(clause) => format!("所有人都满足该条件或 `{clause}`；请删除其中之一"),
            Self::NoOrder => "只有数字、同一币种的金额和日期可以比较大小".to_owned(),
            Self::KindOfField(field) => format!("`{field}` 不会有这种类型的值"),
            Self::AgeOfField => "事件字段不能与当前时间比较；请使用事件的时间窗口".to_owned(),
            Self::OwnEvent(name) => format!("`{name}` 是分群产生的事件，不是顾客的行为；请使用 `in segment …`"),
            Self::NotElapsed => "事件之间的时间以分钟、小时或天计，不能用自然日".to_owned(),
            Self::UnknownSegment(id) => format!("分群 `{id}` 不存在"),
            Self::UnknownList(id) => format!("名单 `{id}` 不存在"),
            Self::UnknownTag(id) => format!("标签 `{id}` 不存在"),
            Self::UnknownValue(name) => format!("计算值 `{name}` 不存在"),
            Self::Cycle { segment, through } => format!("分群 `{segment}` 会通过 `{through}` 引用自身"),
            Self::EndlessSum => {
                "该条件会累加有史以来的全部事件；请加上时间窗口（如 `in last 365 days`），或改用计算值".to_owned()
            }
            Self::EndlessScan => {
                "该条件会扫描有史以来的全部事件；请指定事件名称，或加上时间窗口（如 `in last 90 days`）".to_owned()
            }
        }
    }
}
