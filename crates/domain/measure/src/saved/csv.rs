//! The rows of an answer as CSV (RFC 4180).

use serde_json::Value;

use super::question::Kind;

/// The rows of an answer of that kind. A list of numbers takes a column for each of its places.
pub(crate) fn csv_of(kind: Kind, answer: &Value) -> String {
    if kind == Kind::Trends {
        return trends(answer);
    }
    let (rows, columns) = kind.table();
    let rows = answer.get(rows).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let widths: Vec<(&str, Option<usize>)> = columns
        .iter()
        .map(|column| (*column, rows.iter().filter_map(|row| numbers(&at(row, column)).map(<[Value]>::len)).max()))
        .collect();
    let mut lines = vec![];
    let mut head = Vec::new();
    for (column, width) in &widths {
        match width {
            Some(width) => head.extend((0..*width).map(|place| format!("{column}.{place}"))),
            None => head.push((*column).to_owned()),
        }
    }
    lines.push(head.join(","));
    for row in rows {
        let mut cells = Vec::with_capacity(head.len());
        for (column, width) in &widths {
            let value = at(row, column);
            match (width, numbers(&value)) {
                (Some(width), numbers) => {
                    let numbers = numbers.unwrap_or_default();
                    cells.extend((0..*width).map(|place| numbers.get(place).map(cell).unwrap_or_default()));
                }
                (None, _) => cells.push(cell(&value)),
            }
        }
        lines.push(cells.join(","));
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

/// Trends: a row for each part of each line, a column for each interval.
fn trends(answer: &Value) -> String {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let starts = list(&answer["starts"]);
    let row = |cells: Vec<Value>| cells.iter().map(cell).collect::<Vec<_>>().join(",");
    let head = ["name", "kind", "value"].map(Value::from).into_iter().chain(starts.iter().cloned()).collect();
    let mut lines = vec![row(head)];
    for line in list(&answer["lines"]) {
        for part in list(&line["parts"]) {
            let points = list(&part["points"]);
            let mut cells = vec![line["name"].clone(), part["kind"].clone(), part["value"].clone()];
            cells.extend((0..starts.len()).map(|place| points.get(place).cloned().unwrap_or_default()));
            lines.push(row(cells));
        }
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

/// What stands in a row under a name, or under a path of names; of a list, what stands there in each.
fn at(row: &Value, path: &str) -> Value {
    path.split('.').fold(row.clone(), |value, name| match value {
        Value::Array(list) => list.iter().map(|one| one[name].clone()).collect(),
        one => one[name].clone(),
    })
}

/// The list, if it is one of numbers.
fn numbers(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice).filter(|list| !list.iter().any(Value::is_string))
}

/// A cell. A text that a spreadsheet would take for a formula is led by an apostrophe: names of events come from outside.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" / "),
        other => return other.to_string(),
    };
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_of_numbers_are_spread_and_lists_of_texts_are_joined() {
        let cohorts = json!({ "cohorts": [
            { "start": "2026-01-01", "shoppers": 3, "returned": [3, 1] }, { "start": "2026-01-02", "shoppers": 0, "returned": [0] }] });
        let expected = "start,shoppers,returned.0,returned.1\r\n2026-01-01,3,3,1\r\n2026-01-02,0,0,\r\n";
        assert_eq!(csv_of(Kind::Retention, &cohorts), expected);
        let paths = json!({ "paths": [{ "events": ["=A", "B, C"], "sessions": 2 }] });
        assert_eq!(csv_of(Kind::Paths, &paths), "events,sessions\r\n\"'=A / B, C\",2\r\n");
        let rule = json!({ "with": [{ "item": "tea" }, { "item": "cup" }], "also": { "item": "tin" }, "orders": 7 });
        let rules = csv_of(Kind::Basket, &json!({ "rules": [rule] }));
        assert_eq!(rules.lines().last(), Some("tea / cup,tin,7,,,,,"));
    }
}
