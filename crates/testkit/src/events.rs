//! Events by the line: `track("Order Completed").user("u1").at("2026-01-02").properties(r#"{…}"#).build()`.

use fanvine_kernel::event::Json;
use fanvine_kernel::ids::SourceId;
use fanvine_kernel::{Event, EventKind, Timestamp};

/// An event in the making.
#[derive(Debug, Clone)]
pub struct EventBuilder(Event);

/// A track call of that name, by nobody, at 2026-01-01T00:00:00Z, from source `src_test`. Its message id is
/// made of what is in it, so that equal events are one message.
pub fn track(name: &str) -> EventBuilder {
    let start = moment("2026-01-01T00:00:00Z");
    EventBuilder(Event {
        message_id: String::new(),
        kind: EventKind::Track,
        name: name.to_owned(),
        source: source("src_test"),
        user_id: None,
        anonymous_id: None,
        occurred_at: start,
        received_at: start,
        session_id: None,
        product_id: None,
        order_id: None,
        quantity: None,
        revenue_minor: None,
        currency: None,
        channel: None,
        campaign: None,
        referrer: None,
        properties: None,
        context: None,
    })
}

impl EventBuilder {
    /// Its message id.
    pub fn id(mut self, message_id: &str) -> Self {
        self.0.message_id = message_id.to_owned();
        self
    }

    /// By which call it arrived.
    pub fn kind(mut self, kind: EventKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Where it came from.
    ///
    /// # Panics
    /// If `id` is no source identifier.
    pub fn source(mut self, id: &str) -> Self {
        self.0.source = source(id);
        self
    }

    /// The user it is about.
    pub fn user(mut self, user_id: &str) -> Self {
        self.0.user_id = Some(user_id.to_owned());
        self
    }

    /// The shopper before sign-in.
    pub fn anonymous(mut self, anonymous_id: &str) -> Self {
        self.0.anonymous_id = Some(anonymous_id.to_owned());
        self
    }

    /// When it happened and arrived, in ISO 8601.
    ///
    /// # Panics
    /// If `text` is no moment.
    pub fn at(self, text: &str) -> Self {
        self.at_moment(moment(text))
    }

    /// When it happened and arrived.
    pub fn at_moment(mut self, moment: Timestamp) -> Self {
        self.0.occurred_at = moment;
        self.0.received_at = moment;
        self
    }

    /// Its properties, a JSON object; `product_id`, `order_id` and `currency` in it are lifted out.
    ///
    /// # Panics
    /// If `json` is not JSON.
    pub fn properties(mut self, json: &str) -> Self {
        #[derive(serde::Deserialize)]
        struct Lifted {
            product_id: Option<String>,
            order_id: Option<String>,
            currency: Option<String>,
        }
        if let Ok(lifted) = serde_json::from_str::<Lifted>(json) {
            self.0.product_id = lifted.product_id;
            self.0.order_id = lifted.order_id;
            self.0.currency = lifted.currency.and_then(|code| code.parse().ok());
        }
        self.0.properties = match Json::parse(json) {
            Ok(raw) => Some(raw),
            Err(error) => panic!("{error}: {json}"),
        };
        self
    }

    /// Changes the event itself.
    pub fn with(mut self, change: impl FnOnce(&mut Event)) -> Self {
        change(&mut self.0);
        self
    }

    /// The event.
    pub fn build(mut self) -> Event {
        if self.0.message_id.is_empty() {
            let bytes = self.0.encode();
            self.0.message_id = format!("m{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes));
        }
        self.0
    }
}

fn moment(text: &str) -> Timestamp {
    match Timestamp::parse(text) {
        Ok(moment) => moment,
        Err(error) => panic!("{error}"),
    }
}

fn source(id: &str) -> SourceId {
    match id.parse() {
        Ok(source) => source,
        Err(error) => panic!("{error}"),
    }
}
