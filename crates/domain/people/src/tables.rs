//! `persons`, offered to SQL: which shopper is which person, so that a query over events or orders counts people.
//!
//! It is answered from memory as of the moment each chunk is read; what is decided on identity shows in the next query.

use std::sync::{Arc, Weak};

use fanvine_lake::{ColumnData, ColumnKind, ColumnSpec, ColumnStream, Table};
use futures::{StreamExt, stream};

use crate::People;

/// Rows made at a time.
const CHUNK_ROWS: usize = 4_096;

const COLUMNS: [(&str, &str); 2] = [
    ("shopper_id", "The user id, else the anonymous id, as in events and orders"),
    ("person_id", "The person: the same for all shopper ids that are one"),
];

/// The people own the lake that owns this.
struct Persons(Weak<People>);

impl People {
    /// The room's tables, for the lake to register.
    pub fn tables(self: &Arc<Self>) -> Vec<Arc<dyn Table>> {
        vec![Arc::new(Persons(Arc::downgrade(self)))]
    }

    /// The next shoppers by number, each with its person.
    fn persons_from(&self, first: usize, rows: usize) -> Vec<(String, String)> {
        let keys: Vec<String> = {
            let shoppers = self.shoppers();
            let last = first.saturating_add(rows).min(shoppers.len());
            (first..last).map(|number| shoppers.key_of(number as u32).to_owned()).collect()
        };
        let identity = self.identity().read();
        let with_person = |key: String| {
            let person = identity.person_of(&key).to_string();
            (key, person)
        };
        keys.into_iter().map(with_person).collect()
    }
}

impl Table for Persons {
    fn name(&self) -> &'static str {
        "persons"
    }

    fn about(&self) -> &'static str {
        "One row for each shopper id, with the person it is: join it to count people"
    }

    fn columns(&self) -> Vec<ColumnSpec> {
        COLUMNS.map(|(name, about)| ColumnSpec { name, kind: ColumnKind::Text, about }).to_vec()
    }

    fn scan(&self, projection: Vec<usize>, limit: Option<usize>) -> ColumnStream {
        let people = self.0.clone();
        let limit = limit.unwrap_or(usize::MAX);
        let chunks = stream::unfold(0, move |first| {
            let rows = people.upgrade().map(|people| people.persons_from(first, CHUNK_ROWS.min(limit - first)));
            let more = rows.filter(|rows| !rows.is_empty()).map(|rows| (first + rows.len(), rows));
            std::future::ready(more.map(|(next, rows)| (rows, next)))
        });
        chunks
            .map(move |rows| {
                let column = |place: &usize| {
                    let value = |(shopper, person): &(String, String)| match place {
                        0 => Some(shopper.clone()),
                        _ => Some(person.clone()),
                    };
                    ColumnData::Text(rows.iter().map(value).collect())
                };
                Ok(projection.iter().map(column).collect())
            })
            .boxed()
    }
}
