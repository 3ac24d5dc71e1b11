//! Events that no file holds yet: columns in memory that queries see at once.

use datafusion::arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringBuilder, UInt16Builder, UInt32Builder};
use datafusion::arrow::error::ArrowError;
use fanvine_kernel::event::EventRef;
use std::sync::Arc;

use crate::layout::{SPELLED_OUT, schema, split_moment};

/// A chunk is closed at so many rows …
const CHUNK_ROWS: usize = 8192;
/// … or at so many bytes of text, far below what a column of text can address.
const CHUNK_BYTES: usize = 16 << 20;
/// What an event takes besides its texts.
const ROW_BYTES: usize = 150;

/// The tail of the log, in memory.
#[derive(Debug, Default)]
pub(crate) struct HotTail {
    closed: Vec<RecordBatch>,
    open: Columns,
    open_rows: usize,
    open_bytes: usize,
    seen: Option<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl HotTail {
    /// Takes in one event under its shopper's number and its name's code.
    pub(crate) fn push(&mut self, shopper: u32, code: u16, event: &EventRef<'_>) -> Result<(), ArrowError> {
        let bytes = ROW_BYTES + self.open.push(shopper, code, event);
        self.seen = None;
        self.rows += 1;
        self.open_rows += 1;
        self.bytes += bytes;
        self.open_bytes += bytes;
        if self.open_rows >= CHUNK_ROWS || self.open_bytes >= CHUNK_BYTES { self.close() } else { Ok(()) }
    }

    /// Everything held, as batches. Made anew only when something came in since.
    pub(crate) fn batches(&mut self) -> Result<Vec<RecordBatch>, ArrowError> {
        let mut batches = self.closed.clone();
        if self.open_rows > 0 {
            let open = match self.seen.take() {
                Some(seen) => seen,
                None => self.open.copy()?,
            };
            self.seen = Some(open.clone());
            batches.push(open);
        }
        Ok(batches)
    }

    /// Hands everything over and is empty.
    pub(crate) fn take(&mut self) -> Result<Vec<RecordBatch>, ArrowError> {
        if self.open_rows > 0 {
            self.close()?;
        }
        Ok(std::mem::take(self).closed)
    }

    /// Events held.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// About how much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn close(&mut self) -> Result<(), ArrowError> {
        let chunk = self.open.finish()?;
        self.closed.push(chunk);
        self.seen = None;
        self.open_rows = 0;
        self.open_bytes = 0;
        Ok(())
    }
}

macro_rules! columns {
    ($($field:ident: $kind:ty,)*) => {
        /// A builder for each column of the layout, in its order.
        #[derive(Debug, Default)]
        struct Columns { $($field: $kind,)* }

        impl Columns {
            fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
                RecordBatch::try_new(schema(), vec![$(Arc::new(self.$field.finish()) as ArrayRef,)*])
            }

            fn copy(&self) -> Result<RecordBatch, ArrowError> {
                RecordBatch::try_new(schema(), vec![$(Arc::new(self.$field.finish_cloned()) as ArrayRef,)*])
            }
        }
    };
}

columns! {
    shopper: UInt32Builder,
    at_s: UInt32Builder,
    at_us: UInt32Builder,
    event: UInt16Builder,
    at_exact: Int64Builder,
    event_text: StringBuilder,
    message_id: StringBuilder,
    kind: StringBuilder,
    user_id: StringBuilder,
    anonymous_id: StringBuilder,
    received_us: Int64Builder,
    source_id: StringBuilder,
    session_id: StringBuilder,
    product_id: StringBuilder,
    order_id: StringBuilder,
    quantity: Int64Builder,
    revenue_minor: Int64Builder,
    currency: StringBuilder,
    channel: StringBuilder,
    campaign: StringBuilder,
    referrer: StringBuilder,
    properties: StringBuilder,
    context: StringBuilder,
}

impl Columns {
    /// Appends a row and returns how many bytes of text it has.
    fn push(&mut self, shopper: u32, code: u16, event: &EventRef<'_>) -> usize {
        let (at_s, at_us, exact) = split_moment(event.occurred_at.micros());
        self.shopper.append_value(shopper);
        self.at_s.append_value(at_s);
        self.at_us.append_value(at_us);
        self.event.append_value(code);
        self.at_exact.append_option(exact);
        self.received_us.append_value(event.received_at.micros());
        self.quantity.append_option(event.quantity);
        self.revenue_minor.append_option(event.revenue_minor);
        self.message_id.append_value(event.message_id);
        self.kind.append_value(event.kind.as_str());
        self.source_id.append_value(event.source);
        let mut bytes = event.message_id.len() + event.source.len();
        let mut text = |column: &mut StringBuilder, value: Option<&str>| {
            bytes += value.map_or(0, str::len);
            column.append_option(value);
        };
        text(&mut self.event_text, (code == SPELLED_OUT).then_some(event.name));
        text(&mut self.user_id, event.user_id);
        text(&mut self.anonymous_id, event.anonymous_id);
        text(&mut self.session_id, event.session_id);
        text(&mut self.product_id, event.product_id);
        text(&mut self.order_id, event.order_id);
        text(&mut self.currency, event.currency.as_ref().map(|currency| currency.code()));
        text(&mut self.channel, event.channel);
        text(&mut self.campaign, event.campaign);
        text(&mut self.referrer, event.referrer);
        text(&mut self.properties, event.properties);
        text(&mut self.context, event.context);
        bytes
    }
}
