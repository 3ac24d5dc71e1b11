//! Events as they arrive: the tail of the log, at once and as a stream.

pub mod recent;
pub mod stream;

use fanvine_kernel::event::Json;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Code, Currency, Event, EventKind, Problem, Timestamp};
use fanvine_stream::{Log, LogError};
use serde::Serialize;

/// An event as those who watch see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LiveEvent {
    /// The sender's name for it.
    pub message_id: String,
    /// By which call it arrived.
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// What happened.
    pub event: String,
    /// The user id, else the anonymous id.
    pub shopper_id: Option<String>,
    /// The name a client gave the shopper.
    pub anonymous_id: Option<String>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// When it arrived.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// Where it came from.
    #[schema(value_type = String)]
    pub source_id: SourceId,
    /// How the shopper came.
    pub channel: Option<String>,
    /// The product it is about.
    pub product_id: Option<String>,
    /// The order it is about.
    pub order_id: Option<String>,
    /// How many units.
    pub quantity: Option<i64>,
    /// What it brought in, in minor units.
    pub revenue_minor: Option<i64>,
    /// Whose minor units.
    #[schema(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// The properties as they were sent.
    #[schema(value_type = Option<Object>)]
    pub properties: Option<Json>,
}

impl From<Event> for LiveEvent {
    fn from(event: Event) -> Self {
        Self {
            shopper_id: event.shopper_id().map(str::to_owned),
            message_id: event.message_id,
            kind: event.kind,
            event: event.name,
            anonymous_id: event.anonymous_id,
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            source_id: event.source,
            channel: event.channel,
            product_id: event.product_id,
            order_id: event.order_id,
            quantity: event.quantity,
            revenue_minor: event.revenue_minor,
            currency: event.currency,
            properties: event.properties,
        }
    }
}

/// The most bytes of the log one look takes in.
const READ_BYTES: usize = 1 << 20;

/// Events of the log from `from` on, at most `most` of them, in order; and the offset after the last.
pub(crate) async fn read(log: &Log, from: u64, most: usize) -> Result<(Vec<LiveEvent>, u64), Problem> {
    let log = log.clone();
    let read = tokio::task::spawn_blocking(move || -> Result<_, LogError> {
        let (mut events, mut at) = (Vec::new(), from.max(log.start()));
        while events.len() < most && at < log.end() {
            let batch = log.read(at, READ_BYTES)?;
            if batch.is_empty() {
                break;
            }
            at = batch.next;
            for (offset, bytes) in batch.records() {
                if events.len() == most {
                    at = offset;
                    break;
                }
                match Event::decode(bytes) {
                    Ok(event) => events.push(LiveEvent::from(event)),
                    Err(error) => tracing::error!(offset, %error, "a record of the log was passed over"),
                }
            }
        }
        Ok((events, at))
    });
    match read.await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => {
            tracing::error!(%error, "the event log could not be read");
            Err(Problem::new(Code::Internal, "the event log could not be read; the program's log says why"))
        }
        Err(_) => Err(Problem::new(Code::Internal, "reading the event log was interrupted")),
    }
}
