//! What a mapping file may say, and what is wrong with one that says something else.
//!
//! ```toml
//! about = "Orders of the old shop"
//! source = "Old shop"          # the source the events belong to; made if there is none of that name
//! currency = "CNY"             # of amounts that give none
//!
//! [input]                      # all of it optional
//! format = "csv"               # csv, tsv, json_lines or parquet; else by the file's name
//! delimiter = ";"              # else found out
//! header = true                # whether the first line names the columns
//! columns = ["user", "item"]   # the columns of a file without a header
//! files = "orders_*.csv"       # which files of a folder
//! null = ["", "NULL"]          # texts that mean no value
//!
//! [time]
//! column = "placed"
//! format = ["iso", "%d/%m/%Y %H:%M"]   # also unix_s, unix_ms; the first that fits
//! zone = "Asia/Shanghai"               # of times without an offset
//!
//! [group]                      # several rows are one event: the rows of an order
//! by = "order_no"
//! window_rows = 50000          # a group is closed this many rows after its last row
//!
//! [[skip]]                     # rows that are no events; they go to quarantine with this reason
//! where = ["quantity < 0", "order_no not starts with C"]
//! reason = "stock_adjustment"
//!
//! [[event]]                    # the first one all of whose conditions hold makes the event
//! where = ["order_no not starts with C"]
//! name = "Order Completed"     # texts may hold columns: "{event_type}"
//! message_id = "old:{order_no}"
//! user_id = "{customer:int}"   # `:int` drops a fraction of zero: 17850.0
//! order_id = "{order_no}"
//! absolute = false             # true: quantities and prices without their sign
//! [event.line]                 # an entry of `products`: one a row
//! product_id = "{sku}"
//! price = "{unit_price}"
//! quantity = "{quantity}"
//! [event.properties]
//! country = "{country}"
//! weight = { value = "{kg}", type = "number" }   # text, number or boolean
//! ```

use fanvine_kernel::{Currency, Zone};
use serde::Deserialize;

use super::form::{EventFile, File, OneOrMany, PropertyFile};
use super::template::{Column, Condition, Template};
use crate::segment::kind_named;
use fanvine_kernel::EventKind;

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or a key or value nobody knows; says line and column.
    #[error("the mapping is not valid: {0}")]
    Form(String),
    /// A value that means nothing.
    #[error("the mapping is not valid, line {line}, `{key}`: {detail}")]
    Value {
        /// The line it stands in, from 1.
        line: usize,
        /// Its key.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
    /// No preset of that name.
    #[error("there is no preset `{name}`; there are {known}")]
    UnknownPreset {
        /// The name.
        name: String,
        /// The presets there are.
        known: String,
    },
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Values between delimiters.
    Csv,
    /// Values between tabs, not quoted.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// Parquet.
    Parquet,
}

/// How the files are to be read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// Their format; else by their names.
    pub format: Option<Format>,
    /// One ASCII character; else found out.
    pub delimiter: Option<char>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// The columns, in order.
    pub columns: Option<Vec<String>>,
    /// Which files of a folder: a name with stars.
    pub files: Option<String>,
    /// Texts that mean no value.
    pub null: Vec<String>,
}

impl Default for Input {
    fn default() -> Self {
        Self { format: None, delimiter: None, header: true, columns: None, files: None, null: vec![String::new()] }
    }
}

impl Input {
    /// The delimiter that is given, if it is one byte.
    pub fn delimiter(&self) -> Option<u8> {
        self.delimiter.filter(char::is_ascii).map(|letter| letter as u8)
    }
}

/// What a property is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PropertyType {
    /// As the cell is: numbers of typed files stay numbers, texts stay texts.
    #[serde(skip)]
    AsItIs,
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// ISO 8601.
    Iso,
    /// Seconds since 1970.
    UnixSeconds,
    /// Milliseconds since 1970.
    UnixMillis,
    /// A format of strftime.
    Custom(String),
}

/// A mapping, read and understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// What it is for.
    pub about: String,
    /// The source its events belong to.
    pub source: Option<String>,
    /// The currency of amounts that give none.
    pub currency: Option<Currency>,
    /// How the files are read.
    pub input: Input,
    /// When an event happened.
    pub time: Time,
    /// Rows that are one event.
    pub group: Option<Group>,
    /// Rows that are no events.
    pub skip: Vec<Skip>,
    /// The events.
    pub events: Vec<EventRule>,
}

/// When an event happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// The column.
    pub column: Column,
    /// Its forms, the first that fits.
    pub formats: Vec<TimeFormat>,
    /// The zone of times without an offset; UTC if there is none.
    pub zone: Option<Zone>,
}

/// Rows that are one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub by: Column,
    /// How many rows after its last one a group is closed.
    pub window_rows: u64,
}

/// Rows that are no events.
#[derive(Debug, Clone, PartialEq)]
pub struct Skip {
    /// Conditions that must all hold.
    pub conditions: Vec<Condition>,
    /// Why, in one word.
    pub reason: String,
}

/// How a row, or a group of rows, becomes an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRule {
    /// Conditions that must all hold.
    pub conditions: Vec<Condition>,
    /// Track if nothing else is said.
    pub kind: EventKind,
    /// Its name.
    pub name: Template,
    /// Its message id; made from file, row and content if there is none.
    pub message_id: Option<Template>,
    /// The shop's name for the shopper.
    pub user_id: Option<Template>,
    /// A name for a shopper the shop does not know.
    pub anonymous_id: Option<Template>,
    /// The order.
    pub order_id: Option<Template>,
    /// The product, where there are no lines.
    pub product_id: Option<Template>,
    /// How many, where there are no lines.
    pub quantity: Option<Template>,
    /// What it brought in; else the sum of the lines.
    pub revenue: Option<Template>,
    /// The currency of its amounts.
    pub currency: Option<Template>,
    /// The visit.
    pub session_id: Option<Template>,
    /// How the shopper came.
    pub channel: Option<Template>,
    /// By which campaign.
    pub campaign: Option<Template>,
    /// The page before.
    pub referrer: Option<Template>,
    /// Whether quantities and prices lose their sign.
    pub absolute: bool,
    /// An entry of `products`, key by key.
    pub line: Option<Vec<(String, Template)>>,
    /// Further properties.
    pub properties: Vec<(String, Template, PropertyType)>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// It is not valid; the error says where.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: File = toml::from_str(text).map_err(|error| MappingError::Form(error.to_string()))?;
        let read = Reading { text };
        if file.input.delimiter.is_some_and(|letter| !letter.is_ascii()) {
            return Err(read.wrong("delimiter", "", "a delimiter is one ASCII character".to_owned()));
        }
        if file.event.is_empty() {
            return Err(MappingError::Form("it has no [[event]]".to_owned()));
        }
        let currency = file.currency.as_deref().map(|code| read.value("currency", code, code.parse())).transpose()?;
        let zone = file.time.zone.as_deref().map(|zone| read.value("zone", zone, zone.parse())).transpose()?;
        let formats = match file.time.format {
            None => vec![TimeFormat::Iso],
            Some(OneOrMany::One(one)) => vec![time_format(&one)],
            Some(OneOrMany::Many(many)) => many.iter().map(|one| time_format(one)).collect(),
        };
        let group = file.group.map(|group| Group {
            by: Column::named(&group.by),
            window_rows: group.window_rows.unwrap_or(50_000).max(1),
        });
        let skip = file
            .skip
            .iter()
            .map(|skip| Ok(Skip { conditions: read.conditions(&skip.conditions)?, reason: skip.reason.clone() }))
            .collect::<Result<_, MappingError>>()?;
        let events = file.event.iter().map(|event| read.event(event)).collect::<Result<_, _>>()?;
        Ok(Self {
            about: file.about,
            source: file.source,
            currency,
            input: file.input,
            time: Time { column: Column::named(&file.time.column), formats, zone },
            group,
            skip,
            events,
        })
    }

    /// Everything in it that speaks of a column.
    pub(crate) fn columns(&mut self) -> Vec<&mut Column> {
        let mut columns = vec![&mut self.time.column];
        columns.extend(self.group.iter_mut().map(|group| &mut group.by));
        columns.extend(self.skip.iter_mut().flat_map(|skip| &mut skip.conditions).map(|test| &mut test.column));
        for event in &mut self.events {
            columns.extend(event.conditions.iter_mut().map(|test| &mut test.column));
            let single = [
                &mut event.message_id,
                &mut event.user_id,
                &mut event.anonymous_id,
                &mut event.order_id,
                &mut event.product_id,
                &mut event.quantity,
                &mut event.revenue,
                &mut event.currency,
                &mut event.session_id,
                &mut event.channel,
                &mut event.campaign,
                &mut event.referrer,
            ];
            columns.extend(event.name.columns());
            columns.extend(single.into_iter().flatten().flat_map(Template::columns));
            columns.extend(event.line.iter_mut().flatten().flat_map(|(_, template)| template.columns()));
            columns.extend(event.properties.iter_mut().flat_map(|(_, template, _)| template.columns()));
        }
        columns
    }
}

fn time_format(text: &str) -> TimeFormat {
    match text {
        "iso" => TimeFormat::Iso,
        "unix_s" => TimeFormat::UnixSeconds,
        "unix_ms" => TimeFormat::UnixMillis,
        custom => TimeFormat::Custom(custom.to_owned()),
    }
}

struct Reading<'a> {
    text: &'a str,
}

impl Reading<'_> {
    /// A fault, with the first line in which the value stands behind its key.
    fn wrong(&self, key: &str, value: &str, detail: String) -> MappingError {
        let lines = || self.text.lines().enumerate();
        let found = lines()
            .find(|(_, line)| line.trim_start().starts_with(key) && line.contains(value))
            .or_else(|| lines().find(|(_, line)| !value.is_empty() && line.contains(value)));
        MappingError::Value { line: found.map_or(1, |(line, _)| line + 1), key: key.to_owned(), detail }
    }

    fn value<T, E: std::fmt::Display>(&self, key: &str, value: &str, read: Result<T, E>) -> Result<T, MappingError> {
        read.map_err(|error| self.wrong(key, value, error.to_string()))
    }

    fn template(&self, key: &str, text: &str) -> Result<Template, MappingError> {
        self.value(key, text, Template::parse(text))
    }

    fn conditions(&self, texts: &[String]) -> Result<Vec<Condition>, MappingError> {
        texts.iter().map(|text| self.value("where", text, Condition::parse(text))).collect()
    }

    fn event(&self, file: &EventFile) -> Result<EventRule, MappingError> {
        let optional =
            |key: &str, text: &Option<String>| text.as_deref().map(|text| self.template(key, text)).transpose();
        let kind = match file.kind.as_deref() {
            None => EventKind::Track,
            Some(name) => {
                kind_named(name).ok_or_else(|| self.wrong("kind", name, format!("there is no kind `{name}`")))?
            }
        };
        let name = match (&file.name, kind) {
            (Some(name), _) => self.template("name", name)?,
            (None, EventKind::Identify) => self.template("name", fanvine_kernel::event::names::IDENTIFY)?,
            (None, _) => return Err(self.wrong("[[event]]", "", "an event needs a `name`".to_owned())),
        };
        let line = match &file.line {
            None => None,
            Some(line) => Some(
                line.iter()
                    .map(|(key, text)| Ok((key.clone(), self.template(key, text)?)))
                    .collect::<Result<Vec<_>, MappingError>>()?,
            ),
        };
        let properties = file
            .properties
            .iter()
            .map(|(key, property)| {
                let (text, kind) = match property {
                    PropertyFile::Text(text) => (text, PropertyType::AsItIs),
                    PropertyFile::Typed(typed) => (&typed.value, typed.kind),
                };
                Ok((key.clone(), self.template(key, text)?, kind))
            })
            .collect::<Result<_, MappingError>>()?;
        Ok(EventRule {
            conditions: self.conditions(&file.conditions)?,
            kind,
            name,
            message_id: optional("message_id", &file.message_id)?,
            user_id: optional("user_id", &file.user_id)?,
            anonymous_id: optional("anonymous_id", &file.anonymous_id)?,
            order_id: optional("order_id", &file.order_id)?,
            product_id: optional("product_id", &file.product_id)?,
            quantity: optional("quantity", &file.quantity)?,
            revenue: optional("revenue", &file.revenue)?,
            currency: optional("currency", &file.currency)?,
            session_id: optional("session_id", &file.session_id)?,
            channel: optional("channel", &file.channel)?,
            campaign: optional("campaign", &file.campaign)?,
            referrer: optional("referrer", &file.referrer)?,
            absolute: file.absolute,
            line,
            properties,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "[time]\ncolumn = \"at\"\n[[event]]\nname = \"Order Completed\"\n";

    #[test]
    fn a_small_mapping_is_enough() {
        let mapping = Mapping::parse(SMALL).unwrap();
        assert_eq!((mapping.time.formats, mapping.input.header), (vec![TimeFormat::Iso], true));
    }

    #[test]
    fn the_mapping_of_the_documentation_is_valid() {
        let page = include_str!("mapping.rs");
        let lines: Vec<&str> = page
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let inside = lines.split(|line| line.starts_with("```")).nth(1).unwrap();
        Mapping::parse(&inside.join("\n")).unwrap();
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let unknown = Mapping::parse(&format!("{SMALL}usr_id = \"{{u}}\"\n")).unwrap_err().to_string();
        assert!(unknown.contains("usr_id") && unknown.contains("line 5"), "{unknown}");
        let zone = Mapping::parse(&SMALL.replace("\"at\"", "\"at\"\nzone = \"Mars\"")).unwrap_err();
        assert!(matches!(&zone, MappingError::Value { line: 3, key, .. } if key == "zone"), "{zone}");
        let condition = Mapping::parse(&format!("{SMALL}where = [\"Price about 3\"]\n")).unwrap_err();
        assert_eq!(
            condition.to_string(),
            "the mapping is not valid, line 5, `where`: `Price about 3` is not a condition of the form `COLUMN OPERATOR VALUE`"
        );
    }
}
