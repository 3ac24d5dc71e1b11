//! `POST /api/v1/export`: a table or the answer to a question as a file, however large.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{RowForm, SqlRequest};
use fanvine_web::{Answer, Body, ProblemBody};
use http::header;
use serde::Deserialize;
use utoipa::ToSchema;

use super::ask::problem_of;
use crate::Measure;

/// An export may take so long: it is made while it is read, and ends when nobody reads it.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);

/// What to export: a table, or a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// A table, whole: one of those `GET /api/v1/sql/schema` lists.
    table: Option<String>,
    /// One read-only statement of SQL.
    query: Option<String>,
    /// In which form.
    format: FileForm,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileForm {
    /// Lines of values with a header, UTF-8.
    Csv,
    /// A JSON object on each line.
    Jsonl,
    /// Parquet with the columns' own types.
    Parquet,
}

impl FileForm {
    /// Its name, which is also the usual ending of such files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl From<FileForm> for RowForm {
    fn from(form: FileForm) -> Self {
        match form {
            FileForm::Csv => Self::Csv,
            FileForm::Jsonl => Self::JsonLines,
            FileForm::Parquet => Self::Parquet,
        }
    }
}

/// Why something cannot be exported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// A form that is none of the three.
    #[error("`{0}` is not one of csv, jsonl and parquet")]
    UnknownForm(String),
    /// Neither a table nor a question, or both.
    #[error("name either a table or a query")]
    NotOne,
    /// A table's name with signs no table has in its name.
    #[error("`{0}` is not the name of a table")]
    NotAName(String),
}

impl From<ExportError> for Problem {
    fn from(cause: ExportError) -> Self {
        let field = match cause {
            ExportError::UnknownForm(_) => "format",
            ExportError::NotOne | ExportError::NotAName(_) => "table",
        };
        Problem::new(Code::InvalidParameter, cause.to_string()).at(field)
    }
}

impl FromStr for FileForm {
    type Err = ExportError;

    fn from_str(name: &str) -> Result<Self, ExportError> {
        let known = [Self::Csv, Self::Jsonl, Self::Parquet].into_iter().find(|form| form.name() == name);
        known.ok_or_else(|| ExportError::UnknownForm(name.to_owned()))
    }
}

impl fmt::Display for FileForm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The question that answers with all of a table, or the one that is asked.
///
/// # Errors
/// There is neither or both, or the table's name is none.
pub fn question_of(table: Option<&str>, query: Option<&str>) -> Result<String, ExportError> {
    match (table, query) {
        (Some(table), None) => {
            let plain = !table.is_empty() && table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !plain {
                return Err(ExportError::NotAName(table.to_owned()));
            }
            Ok(format!("SELECT * FROM {table}"))
        }
        (None, Some(query)) => Ok(query.to_owned()),
        _ => Err(ExportError::NotOne),
    }
}

/// A table or the answer to a question as a file.
///
/// It is sent while it is made and has no limit of rows. If it cannot be finished, the connection is cut off rather than the
/// file ended.
#[utoipa::path(
    post, path = "/api/v1/export", tag = "measure", operation_id = "export_rows", request_body = ExportRequest,
    responses(
        (status = 200, description = "The file: text/csv, application/x-ndjson or application/vnd.apache.parquet",
            body = String, content_type = "application/octet-stream"),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("role" = ["operator"]))
)]
pub async fn export_rows(State(measure): State<Arc<Measure>>, Body(wanted): Body<ExportRequest>) -> Answer<Response> {
    let query = question_of(wanted.table.as_deref(), wanted.query.as_deref()).map_err(Problem::from)?;
    let request = SqlRequest { query, max_rows: i64::MAX as usize - 1, timeout: LONGEST };
    let chunks = measure.lake.sql_stream(&request, wanted.format.into()).await.map_err(problem_of)?;
    let name = format!("attachment; filename=\"export.{}\"", wanted.format);
    let headers =
        [(header::CONTENT_TYPE, wanted.format.content_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, axum::body::Body::from_stream(chunks)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_or_a_question_is_exported_and_nothing_else() {
        assert_eq!(question_of(Some("orders"), None).unwrap(), "SELECT * FROM orders");
        assert_eq!(question_of(None, Some("SELECT 1")).unwrap(), "SELECT 1");
        assert_eq!(question_of(Some("orders"), Some("SELECT 1")), Err(ExportError::NotOne));
        assert_eq!(question_of(None, None), Err(ExportError::NotOne));
        assert_eq!(question_of(Some("a; DROP"), None), Err(ExportError::NotAName("a; DROP".into())));
        assert_eq!("xlsx".parse::<FileForm>(), Err(ExportError::UnknownForm("xlsx".into())));
        assert_eq!("jsonl".parse::<FileForm>().unwrap().to_string(), "jsonl");
    }
}
