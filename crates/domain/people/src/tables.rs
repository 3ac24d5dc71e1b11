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

    /// The shoppers with these numbers, each with its person; none behind the last. Nobody is told of whom was erased.
    fn persons_from(&self, first: usize, rows: usize) -> Option<Vec<(String, String)>> {
        let keys: Vec<String> = {
            let shoppers = self.shoppers();
            let last = first.saturating_add(rows).min(shoppers.len());
            if first >= last {
                return None;
            }
            let keys = (first..last).map(|number| shoppers.key_of(number as u32));
            keys.filter(|key| !key.is_empty()).map(str::to_owned).collect()
        };
        let identity = self.identity().read();
        let with_person = |key: String| {
            let person = identity.person_of(&key).to_string();
            (key, person)
        };
        Some(keys.into_iter().map(with_person).collect())
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
        let chunks = stream::unfold((0, 0), move |(first, told)| {
            let wanted = CHUNK_ROWS.min(limit - told);
            let people = people.upgrade().filter(|_| wanted > 0);
            let rows = people.and_then(|people| people.persons_from(first, wanted));
            std::future::ready(rows.map(|rows| {
                let next = (first + wanted, told + rows.len());
                (rows, next)
            }))
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

#[cfg(test)]
mod tests {
    use fanvine_testkit::track;

    use super::*;
    use crate::testing::Opened;

    #[tokio::test]
    async fn nobody_is_told_of_who_was_erased_and_everybody_of_the_others() {
        let shop = Opened::new().await;
        shop.does((0..10).map(|number| track("Product Viewed").user(&format!("u{number}"))));
        for key in ["u0", "u1", "u5"] {
            shop.people.forget(key, None);
        }
        let table = Persons(Arc::downgrade(&shop.people));
        let told = async |limit| {
            let chunks: Vec<Result<Vec<ColumnData>, String>> = table.scan(vec![0], limit).collect().await;
            let keys = chunks.into_iter().flat_map(Result::unwrap).flat_map(|column| match column {
                ColumnData::Text(keys) => keys.into_iter().flatten().collect(),
                _ => Vec::new(),
            });
            keys.collect::<Vec<String>>()
        };
        assert_eq!(told(None).await, ["u2", "u3", "u4", "u6", "u7", "u8", "u9"]);
        assert_eq!(told(Some(5)).await, ["u2", "u3", "u4", "u6", "u7"]);
    }
}
