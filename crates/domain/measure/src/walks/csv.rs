//! Tables as CSV (RFC 4180).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

/// Adds a row.
pub fn row<'c>(into: &mut String, cells: impl IntoIterator<Item = &'c str>) {
    for (place, text) in cells.into_iter().enumerate() {
        if place > 0 {
            into.push(',');
        }
        cell(into, text);
    }
    into.push_str("\r\n");
}

/// A text that a spreadsheet would take for a formula is led by an apostrophe: names and values come from outside.
fn cell(into: &mut String, text: &str) {
    let number = text.parse::<f64>().is_ok();
    let lead = if !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        into.push('"');
        into.push_str(lead);
        into.push_str(&text.replace('"', "\"\""));
        into.push('"');
    } else {
        into.push_str(lead);
        into.push_str(text);
    }
}

/// A table as an answer.
pub fn response(table: String) -> Response {
    let mut response = table.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_comes_from_outside_is_no_formula() {
        let mut table = String::new();
        super::row(&mut table, ["a,b", "=1+1", "-5", "say \"hi\""]);
        assert_eq!(table, "\"a,b\",'=1+1,-5,\"say \"\"hi\"\"\"\r\n");
    }
}
