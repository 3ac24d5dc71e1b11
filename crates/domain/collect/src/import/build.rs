//! A row, or the rows of a group, as an event.

use std::borrow::Cow;

use chrono::NaiveDateTime;
use fanvine_kernel::event::Json;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Currency, Event, Money, Timestamp, Zone};

use super::mapping::{EventRule, Mapping, PropertyType, Time, TimeFormat};
use super::rows::Cell;
use super::template::{Row, Template};
use crate::segment::clock;
use crate::segment::json::{is_number, push_text};

/// Why a row is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// A condition of the mapping says so.
    #[error("the mapping skips such rows")]
    Skipped {
        /// Its reason, in one word.
        reason: String,
    },
    /// No event of the mapping fits.
    #[error("no [[event]] of the mapping fits the row")]
    NoEvent,
    /// Something an event cannot do without has no value.
    #[error("`{key}` has no value")]
    Missing {
        /// The mapping's key.
        key: &'static str,
    },
    /// A value that means nothing.
    #[error("`{key}` is `{value}`: {detail}")]
    Invalid {
        /// The mapping's key.
        key: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A time outside 1970–2105.
    #[error("the time `{0}` lies outside the years 1970 to 2105")]
    OutOfRange(String),
    /// The group it belongs to was closed long before.
    #[error("the group `{group}` was closed: its last row lies more than {window_rows} rows back")]
    GroupClosed {
        /// What the group has in common.
        group: String,
        /// How long a group stays open.
        window_rows: u64,
    },
}

impl RowFault {
    /// The reason in one word.
    pub fn reason(&self) -> &str {
        match self {
            Self::Skipped { reason } => reason,
            Self::NoEvent => "no_event_fits",
            Self::Missing { .. } => "missing_value",
            Self::Invalid { .. } => "invalid_value",
            Self::OutOfRange(_) => "time_out_of_range",
            Self::GroupClosed { .. } => "group_closed",
        }
    }
}

fn invalid(key: &str, value: &str, detail: impl ToString) -> RowFault {
    RowFault::Invalid { key: key.to_owned(), value: value.chars().take(120).collect(), detail: detail.to_string() }
}

/// Reads times and remembers the last one: rows of one order have the same.
#[derive(Debug, Default)]
pub struct TimeReader {
    last: Option<(String, Timestamp)>,
}

impl TimeReader {
    /// The time of a row.
    pub fn read(&mut self, time: &Time, row: &Row<'_>) -> Result<Timestamp, RowFault> {
        let cell = time.column.cell(row);
        match cell {
            Cell::Time(moment) => return plausible(moment, cell),
            Cell::Wall(wall) => {
                let moment = time.zone.map_or(wall, |zone| zone.from_wall_micros(wall.micros()));
                return plausible(moment, cell);
            }
            _ => {}
        }
        let text = cell.text().ok_or(RowFault::Missing { key: "time" })?;
        if let Some((last, moment)) = &self.last
            && *last == text
        {
            return Ok(*moment);
        }
        let moment = time
            .formats
            .iter()
            .find_map(|format| parsed(format, &text, time.zone))
            .ok_or_else(|| invalid("time", &text, "no time of the forms the mapping names"))?;
        let moment = plausible(moment, cell)?;
        self.last = Some((text.into_owned(), moment));
        Ok(moment)
    }
}

fn plausible(moment: Timestamp, cell: Cell<'_>) -> Result<Timestamp, RowFault> {
    if clock::plausible(moment) {
        Ok(moment)
    } else {
        Err(RowFault::OutOfRange(cell.text().unwrap_or_default().into_owned()))
    }
}

fn parsed(format: &TimeFormat, text: &str, zone: Option<Zone>) -> Option<Timestamp> {
    let wall = |micros: i64| zone.map_or(Timestamp::from_micros(micros), |zone| zone.from_wall_micros(micros));
    match format {
        TimeFormat::Iso => match clock::quick(text.as_bytes()) {
            Some((moment, true)) => Some(moment),
            Some((moment, false)) => Some(wall(moment.micros())),
            None => zone.unwrap_or(Zone::UTC).parse(text).ok(),
        },
        TimeFormat::UnixSeconds => unix(text, 1_000_000),
        TimeFormat::UnixMillis => unix(text, 1_000),
        TimeFormat::Custom(form) => {
            let read = NaiveDateTime::parse_from_str(text, form).ok();
            let day = || chrono::NaiveDate::parse_from_str(text, form).ok()?.and_hms_opt(0, 0, 0);
            Some(wall(read.or_else(day)?.and_utc().timestamp_micros()))
        }
    }
}

fn unix(text: &str, unit: i64) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(whole) => whole.checked_mul(unit).map(Timestamp::from_micros),
        Err(_) => {
            let micros = text.parse::<f64>().ok()? * unit as f64;
            (micros.abs() < 9e18).then(|| Timestamp::from_micros(micros as i64))
        }
    }
}

/// An event in the making: what its first row said, and its lines so far.
#[derive(Debug)]
pub struct Draft {
    event: Event,
    /// Entries of `properties`, without braces.
    properties: String,
    /// Entries of `products`, without brackets.
    products: String,
    lines: u64,
    only_product: Option<String>,
    units: Option<i64>,
    worth: Option<i64>,
    currency: Option<Currency>,
    has_line: bool,
    revenue_given: bool,
}

/// What all events of an import have in common.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The source they belong to.
    pub source: SourceId,
    /// When the import runs.
    pub received_at: Timestamp,
    /// The shop's currency, for mappings that name none.
    pub currency: Option<Currency>,
}

fn text(template: Option<&Template>, row: &Row<'_>) -> Option<String> {
    template?.text(row).map(Cow::into_owned).filter(|text| !text.is_empty())
}

/// Begins an event with the row `row`, the `place`-th of its file.
pub fn begin(
    rule: &EventRule,
    mapping: &Mapping,
    row: &Row<'_>,
    place: u64,
    times: &mut TimeReader,
    frame: &Frame,
) -> Result<Draft, RowFault> {
    let name = text(Some(&rule.name), row).ok_or(RowFault::Missing { key: "name" })?;
    if name.chars().count() > 200 {
        return Err(invalid("name", &name, "a name has at most 200 characters"));
    }
    let currency = match text(rule.currency.as_ref(), row) {
        Some(code) => Some(code.parse().map_err(|error| invalid("currency", &code, error))?),
        None => mapping.currency.or(frame.currency),
    };
    let occurred_at = times.read(&mapping.time, row)?;
    let message_id = match &rule.message_id {
        Some(template) => text(Some(template), row).ok_or(RowFault::Missing { key: "message_id" })?,
        None => made_id(row, place, &name),
    };
    let revenue = match text(rule.revenue.as_ref(), row) {
        None => None,
        Some(amount) => match currency {
            None => return Err(invalid("revenue", &amount, "no currency is known; give `currency` in the mapping")),
            Some(currency) => Some(money(&unsigned(&amount, rule.absolute), 1, currency, "revenue", &amount)?),
        },
    };
    let mut draft = Draft {
        event: Event {
            message_id,
            kind: rule.kind,
            name,
            source: frame.source.clone(),
            user_id: text(rule.user_id.as_ref(), row),
            anonymous_id: text(rule.anonymous_id.as_ref(), row),
            occurred_at: occurred_at.min(frame.received_at),
            received_at: frame.received_at,
            session_id: text(rule.session_id.as_ref(), row),
            product_id: text(rule.product_id.as_ref(), row),
            order_id: text(rule.order_id.as_ref(), row),
            quantity: None,
            revenue_minor: revenue,
            currency: None,
            channel: text(rule.channel.as_ref(), row),
            campaign: text(rule.campaign.as_ref(), row),
            referrer: text(rule.referrer.as_ref(), row),
            properties: None,
            context: None,
        },
        properties: String::new(),
        products: String::new(),
        lines: 0,
        only_product: None,
        units: None,
        worth: None,
        currency,
        has_line: rule.line.is_some(),
        revenue_given: revenue.is_some(),
    };
    if let Some(quantity) = text(rule.quantity.as_ref(), row) {
        draft.event.quantity = Some(whole(&quantity, rule.absolute)?);
    }
    for (key, template, kind) in &rule.properties {
        property(&mut draft.properties, key, template, *kind, row)?;
    }
    Ok(draft)
}

/// Adds the row as a line of the event, if the mapping has lines. The row is taken whole or not at all.
pub fn add_line(draft: &mut Draft, rule: &EventRule, row: &Row<'_>) -> Result<(), RowFault> {
    let Some(line) = &rule.line else { return Ok(()) };
    let mut entry = String::with_capacity(96);
    let (mut product, mut price, mut quantity) = (None, None, 1i64);
    for (key, template) in line {
        let Some(value) = template.text(row).filter(|value| !value.is_empty()) else { continue };
        entry.push_str(if entry.is_empty() { "{" } else { "," });
        push_text(&mut entry, key);
        entry.push(':');
        match key.as_str() {
            "quantity" => {
                quantity = whole(&value, rule.absolute)?;
                entry.push_str(&quantity.to_string());
            }
            "price" => {
                let amount = unsigned(&value, rule.absolute).into_owned();
                if is_number(&amount) {
                    entry.push_str(&amount)
                } else {
                    push_text(&mut entry, &amount)
                }
                price = Some(amount);
            }
            _ => {
                push_text(&mut entry, &value);
                if key == "product_id" {
                    product = Some(value.into_owned());
                }
            }
        }
    }
    let worth = match (price, draft.currency) {
        (Some(price), Some(currency)) => Some(money(&price, quantity, currency, "price", &price)?),
        (Some(price), None) if price.parse::<f64>().is_err() => {
            return Err(invalid("price", &price, "not a decimal amount"));
        }
        _ => None,
    };
    let sum = worth.map(|worth| draft.worth.unwrap_or(0).checked_add(worth));
    draft.worth = match sum {
        Some(None) => return Err(invalid("price", "", "the order's sum is too large to hold")),
        Some(sum) => sum,
        None => draft.worth,
    };
    entry.push_str(if entry.is_empty() { "{}" } else { "}" });
    if draft.lines > 0 {
        draft.products.push(',');
    }
    draft.products.push_str(&entry);
    draft.only_product = if draft.lines == 0 { product } else { None };
    draft.lines += 1;
    draft.units = Some(draft.units.unwrap_or(0).saturating_add(quantity));
    Ok(())
}

/// The event, finished.
pub fn finish(draft: Draft) -> Event {
    let Draft {
        mut event, properties, products, only_product, units, worth, currency, has_line, revenue_given, ..
    } = draft;
    if has_line {
        event.quantity = event.quantity.or(units);
        event.product_id = event.product_id.or(only_product);
        if !revenue_given {
            event.revenue_minor = worth;
        }
    }
    event.currency = if event.revenue_minor.is_some() { currency } else { None };
    let mut text = String::with_capacity(properties.len() + products.len() + 128);
    let mut entry = |key: &str, write: &dyn Fn(&mut String)| {
        text.push(if text.is_empty() { '{' } else { ',' });
        push_text(&mut text, key);
        text.push(':');
        write(&mut text);
    };
    if let Some(order) = &event.order_id {
        entry("order_id", &|out| push_text(out, order));
    }
    if let (Some(minor), Some(currency)) = (event.revenue_minor, event.currency) {
        let shown = Money::new(minor, currency).to_string();
        entry("revenue", &|out| out.push_str(shown.split(' ').next().unwrap_or("0")));
        entry("currency", &|out| push_text(out, currency.code()));
    }
    if !has_line {
        if let Some(product) = &event.product_id {
            entry("product_id", &|out| push_text(out, product));
        }
        if let Some(quantity) = event.quantity {
            entry("quantity", &|out| out.push_str(&quantity.to_string()));
        }
    }
    if has_line {
        entry("products", &|out| {
            out.push('[');
            out.push_str(&products);
            out.push(']');
        });
    }
    if !properties.is_empty() {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&properties);
    }
    if !text.is_empty() {
        text.push('}');
        event.properties = Some(Json::of_valid(text));
    }
    event
}

fn property(
    out: &mut String,
    key: &str,
    template: &Template,
    kind: PropertyType,
    row: &Row<'_>,
) -> Result<(), RowFault> {
    let Some(value) = template.text(row).filter(|value| !value.is_empty()) else { return Ok(()) };
    let typed = match kind {
        PropertyType::AsItIs => {
            matches!(template.cell(row), Some(Cell::Number(_) | Cell::Int(_) | Cell::Float(_) | Cell::Bool(_)))
        }
        PropertyType::Text => false,
        PropertyType::Number => true,
        PropertyType::Boolean => {
            if !out.is_empty() {
                out.push(',');
            }
            push_text(out, key);
            out.push_str(match value.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "y" | "t" => ":true",
                "false" | "0" | "no" | "n" | "f" => ":false",
                _ => return Err(invalid(key, &value, "neither true nor false")),
            });
            return Ok(());
        }
    };
    let plain = value == "true" || value == "false" || is_number(&value);
    if kind == PropertyType::Number && !is_number(&value) {
        return Err(invalid(key, &value, "not a number"));
    }
    if !out.is_empty() {
        out.push(',');
    }
    push_text(out, key);
    out.push(':');
    if typed && plain {
        out.push_str(&value)
    } else {
        push_text(out, &value)
    }
    Ok(())
}

fn unsigned(text: &str, absolute: bool) -> Cow<'_, str> {
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(rest) if absolute => Cow::Owned(rest.to_owned()),
        _ => Cow::Borrowed(text),
    }
}

fn whole(text: &str, absolute: bool) -> Result<i64, RowFault> {
    let trimmed = text.trim();
    let plain = match trimmed.split_once('.') {
        Some((integer, zeros)) if zeros.bytes().all(|digit| digit == b'0') => integer,
        _ => trimmed,
    };
    let number: i64 = plain.parse().map_err(|_| invalid("quantity", text, "not a whole number"))?;
    Ok(if absolute { number.saturating_abs() } else { number })
}

fn money(price: &str, quantity: i64, currency: Currency, key: &str, shown: &str) -> Result<i64, RowFault> {
    Money::from_product(price, quantity, currency).map(|money| money.minor).map_err(|error| invalid(key, shown, error))
}

/// The name of an event whose mapping gives none: made of its file's name, its row and what the row holds. The same
/// file gives the same names again, whenever it is imported; under another name it gives others.
fn made_id(row: &Row<'_>, place: u64, name: &str) -> String {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    hash.update(name.as_bytes());
    for column in 0..row.reader.columns().len() {
        hash.update(&[0]);
        hash.update(row.reader.cell(column).text().unwrap_or_default().as_bytes());
    }
    format!("imp:{}:{place}:{:016x}", row.file, hash.digest())
}
