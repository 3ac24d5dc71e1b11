//! `fanvine export`: a table or the answer to a question as a file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fanvine_lake::{RowForm, SqlRequest};
use fanvine_measure::sql::export::{FileForm, question_of};
use futures::StreamExt;
use indicatif::HumanBytes;
use serde_json::json;

use super::local::Local;
use crate::program::Program;
use crate::settings::{Place, Settings};

/// A day: nobody waits for an answer over HTTP here.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Write a table or the answer to a question into a file
///
/// If a server has the data folder open, it is asked; it sees what came in until now. The tables are those of the SQL page:
/// events, shoppers, orders, order_lines, products, persons and more.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// A table, whole
    #[arg(long, value_name = "NAME", conflicts_with = "query", required_unless_present = "query")]
    table: Option<String>,
    /// A question in SQL
    #[arg(long, value_name = "SQL")]
    query: Option<String>,
    /// csv, jsonl or parquet [default: as the file's name ends]
    #[arg(long, value_name = "FORMAT")]
    format: Option<FileForm>,
    /// The file to write; - for standard output
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Exports, and says how much it was.
pub async fn run(export: Export) -> Result<()> {
    let form = match (export.format, export.output.extension().and_then(|ending| ending.to_str())) {
        (Some(form), _) => form,
        (None, Some(ending)) => ending.parse().context("say the form by --format csv, jsonl or parquet")?,
        (None, None) => bail!("say the form by --format csv, jsonl or parquet"),
    };
    let query = question_of(export.table.as_deref(), export.query.as_deref())?;
    let data = export.place.data_dir.clone();
    let found = tokio::task::spawn_blocking(move || Local::find(&data)).await?;
    let (draft, target) = (draft(&export.output), export.output.clone());
    let outcome = match found {
        Some(server) => {
            let into = draft.clone();
            tokio::task::spawn_blocking(move || {
                let body = json!({ "query": query, "format": form.name() });
                let mut rows = server.post("/api/v1/export", &body)?;
                copy(&mut rows, &mut *open(into.as_deref())?)
            })
            .await?
        }
        None => from_folder(&export.place, query, form.into(), draft.as_deref()).await,
    };
    match (outcome, draft) {
        (Ok(bytes), Some(draft)) => {
            std::fs::rename(&draft, &target).with_context(|| format!("cannot write {}", target.display()))?;
            println!("{}: {}", target.display(), HumanBytes(bytes));
            Ok(())
        }
        (Ok(_), None) => Ok(()),
        (Err(error), draft) => {
            // Half a file must not be taken for a whole one.
            if let Some(draft) = draft {
                drop(std::fs::remove_file(draft));
            }
            Err(error)
        }
    }
}

async fn from_folder(place: &Place, query: String, form: RowForm, into: Option<&Path>) -> Result<u64> {
    let settings = Settings::load(place)?;
    let program = Program::open(&place.data_dir, settings).await?;
    crate::projections::catch_up(&program).await?;
    let request = SqlRequest { query, max_rows: i64::MAX as usize - 1, timeout: LONGEST };
    let written = async {
        let mut rows = program.lake.sql_stream(&request, form).await?;
        let (mut out, mut bytes) = (open(into)?, 0);
        while let Some(chunk) = rows.next().await {
            let chunk = chunk?;
            out.write_all(&chunk).context("cannot write")?;
            bytes += chunk.len() as u64;
        }
        out.flush().context("cannot write")?;
        Ok(bytes)
    };
    let written: Result<u64> = written.await;
    program.close().await?;
    written
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<u64> {
    let bytes = io::copy(from, to).context("the answer was cut off")?;
    to.flush().context("cannot write")?;
    Ok(bytes)
}

/// Beside the file that is wanted; none for standard output.
fn draft(output: &Path) -> Option<PathBuf> {
    (output != Path::new("-")).then(|| {
        let mut name = output.as_os_str().to_owned();
        name.push(".part");
        name.into()
    })
}

fn open(path: Option<&Path>) -> Result<Box<dyn Write>> {
    Ok(match path {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(io::stdout().lock()),
    })
}
