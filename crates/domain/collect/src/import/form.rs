//! A mapping file as it is written: its keys, before anything is understood.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::mapping::{Input, PropertyType};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) about: String,
    pub(super) source: Option<String>,
    pub(super) currency: Option<String>,
    #[serde(default)]
    pub(super) input: Input,
    pub(super) time: TimeFile,
    pub(super) group: Option<GroupFile>,
    #[serde(default)]
    pub(super) skip: Vec<SkipFile>,
    pub(super) event: Vec<EventFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeFile {
    pub(super) column: String,
    pub(super) format: Option<OneOrMany>,
    pub(super) zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupFile {
    pub(super) by: String,
    pub(super) window_rows: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SkipFile {
    #[serde(rename = "where")]
    pub(super) conditions: Vec<String>,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventFile {
    #[serde(rename = "where", default)]
    pub(super) conditions: Vec<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) anonymous_id: Option<String>,
    pub(super) order_id: Option<String>,
    pub(super) product_id: Option<String>,
    pub(super) quantity: Option<String>,
    pub(super) revenue: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) referrer: Option<String>,
    #[serde(default)]
    pub(super) absolute: bool,
    pub(super) line: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, PropertyFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PropertyFile {
    Text(String),
    Typed(TypedProperty),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedProperty {
    pub(super) value: String,
    #[serde(rename = "type")]
    pub(super) kind: PropertyType,
}
