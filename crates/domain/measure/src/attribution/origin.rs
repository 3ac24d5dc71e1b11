//! What of an event says where a shopper came from.

use std::borrow::Cow;

use fanvine_kernel::Problem;
use fanvine_kernel::event::names;
use fanvine_lake::{Column, Run};
use serde_json::Value;

use crate::walks::field::Field;

/// What asks for those who shared.
pub const SHARER: &str = "sharer";

/// By what conversions are attributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A field of the event.
    Field(Field),
    /// `campaign.content` of its context: what `utm_content` says.
    Content,
    /// Whoever shared what was opened, or invited.
    Sharer,
}

impl Origin {
    /// Reads `channel`, `campaign`, `content`, `sharer`, or any field.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text {
            "content" => Ok(Self::Content),
            SHARER => Ok(Self::Sharer),
            field => Field::parse(field, "by").map(Self::Field),
        }
    }

    /// Whether `direct` among its values says nothing.
    pub fn may_be_direct(&self) -> bool {
        *self == Self::Field(Field::Column(Column::Channel))
    }

    /// The columns in which it lies.
    pub fn columns(&self) -> &[Column] {
        match self {
            Self::Field(field) => field.columns(),
            Self::Content => &[Column::Context],
            Self::Sharer => &[Column::Properties],
        }
    }

    /// The only events that can say it; none where any may.
    pub fn events(&self) -> Option<[&'static str; 2]> {
        (*self == Self::Sharer).then_some([names::SHARE_OPENED, names::INVITE_ACCEPTED])
    }

    /// What an event says.
    pub fn value<'r>(&self, run: &Run<'r>, event: usize) -> Option<Cow<'r, str>> {
        let said = match self {
            Self::Field(field) => field.value(run, event),
            Self::Content => inside(run.text(Column::Context, event)?, &["campaign", "content"]).map(Cow::Owned),
            Self::Sharer => {
                let properties = run.text(Column::Properties, event)?;
                inside(properties, &["sharer_id"]).or_else(|| inside(properties, &["inviter_id"])).map(Cow::Owned)
            }
        };
        said.filter(|text| !text.is_empty())
    }
}

/// A text or number deep in a JSON object.
pub fn inside(object: &str, path: &[&str]) -> Option<String> {
    let object: Value = serde_json::from_str(object).ok()?;
    match path.iter().try_fold(&object, |value, key| value.get(key))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_says_may_lie_deep_in_it() {
        let context = r#"{"campaign":{"content":"red button","term":3}}"#;
        assert_eq!(inside(context, &["campaign", "content"]).as_deref(), Some("red button"));
        assert_eq!(inside(context, &["campaign", "term"]).as_deref(), Some("3"));
        assert_eq!(inside(context, &["campaign"]), None);
        assert_eq!(inside("nonsense", &["campaign"]), None);
        assert_eq!(Origin::parse("sharer").unwrap(), Origin::Sharer);
        assert!(Origin::parse("chanel").unwrap_err().detail.contains("`chanel` is no field"));
    }
}
