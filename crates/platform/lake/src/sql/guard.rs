//! Nothing but reading gets through.

use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::Statement as Ast;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;

use super::SqlError;

/// Why planning ended: our own refusal, or the engine's.
pub(super) enum Refusal {
    Ours(SqlError),
    Engine(DataFusionError),
}

impl Refusal {
    pub(super) fn into_error(self, query_memory: usize) -> SqlError {
        match self {
            Self::Ours(error) => error,
            Self::Engine(error) => SqlError::from_engine(&error, query_memory),
        }
    }
}

impl From<DataFusionError> for Refusal {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}

impl From<SqlError> for Refusal {
    fn from(error: SqlError) -> Self {
        Self::Ours(error)
    }
}

/// The one statement of a query, if it only reads.
pub(super) fn one_reading_statement(query: &str) -> Result<Statement, Refusal> {
    let mut statements = DFParser::parse_sql_with_dialect(query, &PostgreSqlDialect {})?;
    let invalid = |message: &str| SqlError::Invalid { message: message.to_owned(), line: None, column: None };
    let statement = statements.pop_front().ok_or_else(|| invalid("there is no statement"))?;
    if !statements.is_empty() {
        return Err(invalid("only one statement can be run at a time").into());
    }
    if reads(&statement) { Ok(statement) } else { Err(refused(&statement.to_string()).into()) }
}

/// Checks the plan as well: a statement that reads may hold one that does not.
pub(super) fn only_reads(plan: &LogicalPlan) -> Result<(), Refusal> {
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(plan).map_err(|error| {
        let text = error.strip_backtrace();
        let what = text.rsplit("not supported: ").next().unwrap_or_default();
        refused(what.lines().next().unwrap_or_default()).into()
    })
}

fn reads(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(ast) => matches!(
            **ast,
            Ast::Query(_)
                | Ast::Explain { .. }
                | Ast::ExplainTable { .. }
                | Ast::ShowTables { .. }
                | Ast::ShowColumns { .. }
                | Ast::ShowFunctions { .. }
                | Ast::ShowVariable { .. }
        ),
        Statement::Explain(explain) => reads(&explain.statement),
        _ => false,
    }
}

fn refused(statement: &str) -> SqlError {
    let words: Vec<&str> = statement.split_whitespace().take(3).collect();
    SqlError::NotReadOnly { statement: words.join(" ").chars().take(60).collect() }
}
