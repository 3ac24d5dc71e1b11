//! Everybody by one thing that is known of them, as other rooms ask.

use fanvine_contracts::shoppers::{ByValue, KnownBy, KnownOfPeople};
use fanvine_kernel::{Code, Problem};
use fanvine_store::{StoreError, args};
use rustc_hash::FxHashMap;
use tokio::runtime::Handle;

use crate::People;
use crate::profile::{Doing, NAMES, Trait, Typed, newest};
use crate::segments::ranks::{Models, Ranks};
use crate::shoppers::list_people::unreadable;
use crate::shoppers::store::said_in;

/// Rows read at a time.
const PAGE: usize = 4_096;
/// Of buyers, their place beside all others.
const GROUP: &str = "rfm_group";

/// Values as they come by, each once.
#[derive(Default)]
struct Telling {
    values: Vec<String>,
    places: FxHashMap<String, u32>,
    /// People by the number of one of their keys.
    of: Vec<(u32, u32)>,
}

impl Telling {
    fn tell(&mut self, number: u32, value: &str) {
        let place = match self.places.get(value) {
            Some(place) => *place,
            None => {
                let place = self.values.len() as u32;
                self.places.insert(value.to_owned(), place);
                self.values.push(value.to_owned());
                place
            }
        };
        self.of.push((number, place));
    }
}

impl KnownOfPeople for People {
    fn by_value(&self, known: KnownBy<'_>) -> Result<ByValue, Problem> {
        let mut telling = Telling::default();
        match known {
            KnownBy::Trait(name) => self.tell_trait(name, &mut telling)?,
            KnownBy::Value(GROUP) => {
                let ranks =
                    Ranks::take(self, self.clock.now(), Models::default()).map_err(|error| unreadable(error).0)?;
                ranks.each(|number, rank| telling.tell(number, rank.group.code()));
            }
            KnownBy::Value(name) if NAMES.contains(&name) => self.tell_value(name, &mut telling)?,
            KnownBy::Value(_) => {}
        }
        let names = match known {
            _ if !telling.of.is_empty() => Vec::new(),
            KnownBy::Trait(_) => Handle::current().block_on(self.trait_names())?,
            KnownBy::Value(_) => NAMES.iter().copied().chain([GROUP]).map(str::to_owned).collect(),
        };
        let keys = self.keys_of(telling.of.iter().map(|(number, _)| *number));
        let of = keys.into_iter().zip(&telling.of).map(|(key, (_, value))| (key, *value)).collect();
        Ok(ByValue { values: telling.values, of, names })
    }
}

impl People {
    /// A computed value of everybody.
    fn tell_value(&self, name: &str, telling: &mut Telling) -> Result<(), Problem> {
        let (now, mut refused) = (self.clock.now(), false);
        let walked = self.walk(|one| {
            let value = self.shoppers().value(&one.state, name, now, self.zone);
            match value {
                Some(Typed::Text(text)) => telling.tell(one.number, &text),
                Some(Typed::Count(count)) => telling.tell(one.number, &count.to_string()),
                Some(Typed::Hour(hour)) => telling.tell(one.number, &hour.to_string()),
                Some(Typed::Days(_) | Typed::Moment(_) | Typed::Money(_)) => refused = true,
                None => {}
            }
        });
        walked.map_err(|error| unreadable(error).0)?;
        if refused {
            let text =
                format!("`{name}` is a moment, an amount or a length of time: nearly everybody has one of their own");
            return Err(Problem::new(Code::InvalidParameter, text));
        }
        Ok(())
    }

    /// What is said of everybody by that name: of a person with several keys, what was said last.
    fn tell_trait(&self, name: &str, telling: &mut Telling) -> Result<(), Problem> {
        let said = Handle::current().block_on(self.said_by_name(name))?;
        let (_, mut members) = self.members();
        members.sort_unstable();
        for keys in members.chunk_by(|(one, _), (other, _)| one == other) {
            let all: Vec<Trait> = keys.iter().filter_map(|(_, number)| said.get(number)).flatten().cloned().collect();
            if let (Some((_, number)), [holds, ..]) = (keys.first(), newest(&all).as_slice()) {
                telling.tell(*number, &holds.value);
            }
        }
        Ok(())
    }

    async fn said_by_name(&self, name: &str) -> Result<FxHashMap<u32, Vec<Trait>>, StoreError> {
        const SELECT: &str = "SELECT shopper, name, source_id, value, said_at FROM people_traits
                              WHERE name IN ($1, $2, $3, $4, $5)";
        let names = Trait::names_deciding(name).into_iter().map(Into::into).collect();
        // What waits to be saved is asked for first: it may be saved in between, and is then found twice, but not lost.
        let mut said: FxHashMap<u32, Vec<Trait>> = FxHashMap::default();
        for (number, one) in self.shoppers().unsaved_of_name(name) {
            said.entry(number).or_default().push(one);
        }
        let mut rows = self.store.scan(SELECT, names, PAGE);
        while let Some(page) = rows.recv().await {
            for row in page? {
                let (number, one) = said_in(&row)?;
                said.entry(number).or_default().push(one);
            }
        }
        Ok(said)
    }

    /// The names of all that is said of anybody.
    async fn trait_names(&self) -> Result<Vec<String>, StoreError> {
        const SELECT: &str = "SELECT DISTINCT name FROM people_traits ORDER BY name LIMIT 1000";
        let rows = self.store.read(|tx| Box::pin(async move { tx.rows(SELECT, args![]).await })).await?;
        let mut names = Vec::new();
        for row in &rows {
            let name: String = row.get("name")?;
            match Doing::of_name(&name) {
                Some((Doing::Delete, _)) => {}
                Some((_, name)) => names.push(name.to_owned()),
                None => names.push(name),
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fanvine_kernel::EventKind;
    use fanvine_testkit::track;

    use super::*;
    use crate::testing::Opened;

    async fn by(shop: &Opened, known: KnownBy<'static>) -> Result<BTreeMap<String, String>, Problem> {
        let people = shop.people.clone();
        let found = tokio::task::spawn_blocking(move || people.by_value(known)).await.unwrap()?;
        Ok(found.of.into_iter().map(|(key, value)| (key, found.values[value as usize].clone())).collect())
    }

    fn pairs(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn everybody_has_the_value_said_last_and_the_one_counted_over_all_their_keys() {
        let shop = Opened::new().await;
        let said = |user: &str, city: &str| {
            track("Identify").kind(EventKind::Identify).user(user).properties(&format!(r#"{{"city":"{city}"}}"#))
        };
        shop.does([said("ann", "Wuhan"), said("bob", "Xi'an"), track("Products Searched").user("eve")]);
        shop.people.save().await.unwrap();
        shop.clock.advance_micros(1_000_000);
        // Before she said who she is she searched without a name.
        shop.does([track("Products Searched").anonymous("a1"), track("Products Searched").user("ann")]);
        shop.does([said("ann", "Chengdu").anonymous("a1")]);
        let cities = by(&shop, KnownBy::Trait("city")).await.unwrap();
        assert_eq!(cities, pairs(&[("ann", "Chengdu"), ("bob", "Xi'an")]));
        let searches = by(&shop, KnownBy::Value("searches")).await.unwrap();
        assert_eq!(searches, pairs(&[("ann", "2"), ("bob", "0"), ("eve", "1")]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn by_what_everybody_has_their_own_of_nobody_is_told_apart() {
        let shop = Opened::new().await;
        shop.does([track("Product Viewed").user("ann")]);
        let refused = by(&shop, KnownBy::Value("last_seen")).await.unwrap_err();
        assert!(refused.detail.contains("`last_seen`"), "{}", refused.detail);
        let people = shop.people.clone();
        let unknown = tokio::task::spawn_blocking(move || people.by_value(KnownBy::Value("order"))).await.unwrap();
        assert!(unknown.unwrap().names.contains(&"orders".to_owned()));
    }
}
