//! What can be read of an event besides its moment and name.

use crate::layout::schema;

macro_rules! columns {
    ($($(#[$about:meta])* $column:ident = $name:literal,)*) => {
        /// A column that a walk can read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $($(#[$about])* $column,)*
        }

        impl Column {
            /// Its name in the files.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$column => $name,)* }
            }
        }
    };
}

columns! {
    /// The message's own id. Text.
    MessageId = "message_id",
    /// `track`, `page`, … Text.
    Kind = "kind",
    /// Text.
    UserId = "user_id",
    /// Text.
    AnonymousId = "anonymous_id",
    /// When it arrived, microseconds. A number.
    ReceivedUs = "received_us",
    /// Text.
    SourceId = "source_id",
    /// Text.
    SessionId = "session_id",
    /// Text.
    ProductId = "product_id",
    /// Text.
    OrderId = "order_id",
    /// A number.
    Quantity = "quantity",
    /// In the currency's minor units. A number.
    RevenueMinor = "revenue_minor",
    /// ISO 4217. Text.
    Currency = "currency",
    /// Text.
    Channel = "channel",
    /// Text.
    Campaign = "campaign",
    /// Text.
    Referrer = "referrer",
    /// A JSON object. Text.
    Properties = "properties",
    /// A JSON object. Text.
    Context = "context",
    /// The name of an event that has no code. Text.
    EventText = "event_text",
}

impl Column {
    /// Its place in the layout of a file.
    pub(crate) fn place(self) -> usize {
        schema().index_of(self.name()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_in_the_layout() {
        for column in [Column::MessageId, Column::ReceivedUs, Column::Context, Column::EventText] {
            assert!(column.place() > 3, "{column:?}");
        }
    }
}
