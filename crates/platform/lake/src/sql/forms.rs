//! The rows of a query as a file, chunk by chunk: CSV (RFC 4180), JSON Lines, Parquet.

use std::mem::take;

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::answer::rows;
use super::{Running, SqlError, csv};
use crate::threads::QueryThreads;

/// The bytes of an answer as they are made.
pub type ByteStream = BoxStream<'static, Result<Bytes, SqlError>>;

/// Rows of a Parquet row group: each is held in memory until it is written.
const ROW_GROUP_ROWS: usize = 128 << 10;

/// In which form rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// Lines of values with a header, UTF-8; an empty text is quoted, null is nothing.
    Csv,
    /// A JSON object on each line.
    JsonLines,
    /// Parquet with the query's own types, zstd.
    Parquet,
}

/// Turns batches into bytes.
enum Writer {
    Csv,
    JsonLines(Vec<String>),
    Parquet(Box<ArrowWriter<Vec<u8>>>),
}

impl Writer {
    /// The writer and what comes before the first row.
    fn begin(form: RowForm, schema: &SchemaRef) -> Result<(Self, Bytes), SqlError> {
        let names = || schema.fields().iter().map(|field| field.name().clone());
        Ok(match form {
            RowForm::Csv => (Self::Csv, csv::head(names())),
            RowForm::JsonLines => (Self::JsonLines(names().collect()), Bytes::new()),
            RowForm::Parquet => {
                let properties = WriterProperties::builder()
                    .set_created_by(concat!("fanvine ", env!("CARGO_PKG_VERSION")).to_owned())
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
                    .build();
                let writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).map_err(failed)?;
                (Self::Parquet(Box::new(writer)), Bytes::new())
            }
        })
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<Bytes, SqlError> {
        match self {
            Self::Csv => Ok(csv::lines(rows(batch).map_err(failed)?)),
            Self::JsonLines(names) => {
                let mut text = Vec::with_capacity(batch.num_rows() * 64);
                for row in rows(batch).map_err(failed)? {
                    let object: Map<String, Value> = names.iter().cloned().zip(row).collect();
                    serde_json::to_writer(&mut text, &object).map_err(failed)?;
                    text.push(b'\n');
                }
                Ok(text.into())
            }
            Self::Parquet(writer) => {
                writer.write(batch).map_err(failed)?;
                Ok(take(writer.inner_mut()).into())
            }
        }
    }

    /// What comes after the last row.
    fn end(self) -> Result<Bytes, SqlError> {
        match self {
            Self::Csv | Self::JsonLines(_) => Ok(Bytes::new()),
            Self::Parquet(writer) => Ok(writer.into_inner().map_err(failed)?.into()),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> SqlError {
    SqlError::Failed { message: error.to_string() }
}

/// The chunks of a running query. They are made on the query's threads, a few ahead.
pub(super) fn chunks(
    threads: &QueryThreads,
    mut running: Running,
    max_rows: usize,
    form: RowForm,
) -> Result<ByteStream, SqlError> {
    let (sender, receiver) = mpsc::channel(2);
    let (mut writer, head) = Writer::begin(form, &running.stream.schema())?;
    let task = threads.spawn(async move {
        let mut chunk = Ok(head);
        let mut room = max_rows;
        loop {
            let failed = chunk.is_err();
            if sender.send(chunk).await.is_err() || failed {
                return;
            }
            if room == 0 {
                break;
            }
            chunk = match running.next().await {
                Ok(Some(batch)) => {
                    let batch = batch.slice(0, batch.num_rows().min(room));
                    room -= batch.num_rows();
                    writer.rows(&batch)
                }
                Ok(None) => break,
                Err(error) => Err(error),
            };
        }
        // Whoever has heard the end holds no file of the lake any longer.
        drop(running);
        // Whoever stopped listening needs no end.
        drop(sender.send(writer.end()).await);
    });
    // The task goes along, and ends with the stream.
    let chunks = stream::unfold((receiver, task), |(mut receiver, task)| async move {
        receiver.recv().await.map(|chunk| (chunk, (receiver, task)))
    });
    // Whoever compresses the answer asks once more after its end.
    let chunks = chunks.filter(|chunk| std::future::ready(!matches!(chunk, Ok(bytes) if bytes.is_empty())));
    Ok(chunks.fuse().boxed())
}
