//! Functions SQL has here besides the engine's own: paths into JSON, and days of the shop's zone.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::arrow::array::{Array, AsArray, Date32Array, Float64Array, StringArray};
use datafusion::arrow::datatypes::{DataType, TimestampMicrosecondType};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use fanvine_kernel::Zone;

use super::json;
use crate::table::moment_type;

/// Adds the functions to a session. Days, weeks and months are those of `zone`.
pub(super) fn install(mut state: SessionState, zone: Zone) -> Result<SessionState> {
    let zone = Tz::from_str(zone.name()).map_err(|error| DataFusionError::Configuration(error.to_string()))?;
    let week = |day: NaiveDate| day - chrono::Days::new(u64::from(day.weekday().num_days_from_monday()));
    let month = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    let (text, number, raw) = (json_text(), json_number(), json_get());
    let arrows = Arrows { text: text.clone(), raw: raw.clone() };
    let functions = [
        text,
        number,
        raw,
        local("local_day", zone, |day| day),
        local("local_week", zone, week),
        local("local_month", zone, month),
    ];
    for function in functions {
        state.register_udf(Arc::new(function))?;
    }
    state.register_expr_planner(Arc::new(arrows))?;
    Ok(state)
}

fn json_text() -> ScalarUDF {
    let inputs = vec![DataType::Utf8, DataType::Utf8];
    create_udf(
        "json_text",
        inputs,
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(|args| each_path(args, |found: StringArray| Arc::new(found), json::text)),
    )
}

fn json_get() -> ScalarUDF {
    let inputs = vec![DataType::Utf8, DataType::Utf8];
    create_udf(
        "json_get",
        inputs,
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(|args| each_path(args, |found: StringArray| Arc::new(found), json::raw)),
    )
}

fn json_number() -> ScalarUDF {
    let inputs = vec![DataType::Utf8, DataType::Utf8];
    create_udf(
        "json_number",
        inputs,
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(|args| each_path(args, |found: Float64Array| Arc::new(found), json::number)),
    )
}

/// Looks up a path in each JSON text. A path that is the same for all rows is taken apart once.
fn each_path<T, A: FromIterator<Option<T>>>(
    args: &[ColumnarValue],
    done: impl Fn(A) -> Arc<dyn Array>,
    find: impl Fn(&str, &[String]) -> Option<T>,
) -> Result<ColumnarValue> {
    let constant = match &args[1] {
        ColumnarValue::Scalar(path) => Some(path.try_as_str().flatten().map(json::path)),
        ColumnarValue::Array(_) => None,
    };
    let scalar = args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let arrays = ColumnarValue::values_to_arrays(args)?;
    let (texts, paths) = (arrays[0].as_string::<i32>(), arrays[1].as_string::<i32>());
    let found: A = match constant {
        Some(Some(path)) => texts.iter().map(|text| find(text?, &path)).collect(),
        Some(None) => texts.iter().map(|_| None).collect(),
        None => texts.iter().zip(paths).map(|(text, path)| find(text?, &json::path(path?))).collect(),
    };
    let array = done(found);
    if scalar {
        return Ok(ColumnarValue::Scalar(datafusion::scalar::ScalarValue::try_from_array(&array, 0)?));
    }
    Ok(ColumnarValue::Array(array))
}

/// A function from a moment to a date of the zone.
fn local(name: &str, zone: Tz, of_day: impl Fn(NaiveDate) -> NaiveDate + Send + Sync + 'static) -> ScalarUDF {
    let fun = move |args: &[ColumnarValue]| {
        let scalar = matches!(args[0], ColumnarValue::Scalar(_));
        let arrays = ColumnarValue::values_to_arrays(args)?;
        let mut days = Days { zone, quarter: i64::MIN, shift_s: 0 };
        let dates = arrays[0].as_primitive::<TimestampMicrosecondType>().iter();
        let dates: Date32Array = dates.map(|moment| days.date(moment?).map(&of_day).and_then(date32)).collect();
        let array: Arc<dyn Array> = Arc::new(dates);
        if scalar {
            return Ok(ColumnarValue::Scalar(datafusion::scalar::ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    };
    create_udf(name, vec![moment_type()], DataType::Date32, Volatility::Immutable, Arc::new(fun))
}

/// Days of a zone; remembers the shift of the last quarter of an hour, within which it does not change.
struct Days {
    zone: Tz,
    quarter: i64,
    shift_s: i64,
}

impl Days {
    fn date(&mut self, micros: i64) -> Option<NaiveDate> {
        let seconds = micros.div_euclid(1_000_000);
        if seconds.div_euclid(900) != self.quarter {
            let moment: DateTime<Utc> = DateTime::from_timestamp(seconds, 0)?;
            self.shift_s = i64::from(self.zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc());
            self.quarter = seconds.div_euclid(900);
        }
        DateTime::from_timestamp(seconds.checked_add(self.shift_s)?, 0).map(|local| local.date_naive())
    }
}

fn date32(day: NaiveDate) -> Option<i32> {
    i32::try_from((day - NaiveDate::default()).num_days()).ok()
}

/// `properties ->> 'path'` is `json_text`, `properties -> 'path'` the JSON found there.
#[derive(Debug)]
struct Arrows {
    text: ScalarUDF,
    raw: ScalarUDF,
}

impl ExprPlanner for Arrows {
    fn plan_binary_op(&self, expr: RawBinaryExpr, _: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let function = match expr.op {
            BinaryOperator::LongArrow => &self.text,
            BinaryOperator::Arrow => &self.raw,
            _ => return Ok(PlannerResult::Original(expr)),
        };
        Ok(PlannerResult::Planned(function.call(vec![expr.left, expr.right])))
    }
}
