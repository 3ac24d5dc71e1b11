//! By what a question tells things apart: by fields of events, by what the catalogue says of their products, by what is
//! known of people, by segments.

use std::sync::Arc;

use fanvine_contracts::shoppers::KnownBy;
use fanvine_kernel::{Code, Problem};
use fanvine_lake::{Column, Run, Snapshot, SqlRequest};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use super::choice::Choice;
use super::events::did_you_mean;
use super::field::Field;
use super::values::{NO_VALUE, Telling, Values};
use crate::Measure;
use crate::sql::ask::problem_of;

/// What of a product events may be told apart by, and the column of it.
const OF_PRODUCT: [(&str, &str); 3] =
    [("product.category", "category"), ("product.brand", "brand"), ("product.name", "name")];
/// The most products that are read.
const MOST_PRODUCTS: usize = 5_000_000;
/// The most segments that tell people apart.
pub const MOST_SEGMENTS: usize = 20;

/// By what parts are told apart.
#[derive(Debug, Clone, Default)]
pub enum Apart {
    /// Not at all.
    #[default]
    Nothing,
    /// By the values of a field of the event.
    Field(Field),
    /// By what the catalogue says of the event's product, as the number of that value.
    Product(Arc<FxHashMap<String, u32>>),
    /// By what is known of the person, as the number of that value by the number of the shopper.
    Person(Arc<Vec<u32>>),
    /// By segments of people, whose values have the numbers from 1 on: a person may be in several, or in none.
    Segments(Vec<Arc<RoaringBitmap>>),
}

impl Apart {
    /// Whether anything is told apart.
    pub fn is_asked(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// The field it reads of events.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Field(field) => Some(field),
            Self::Product(_) => Some(&PRODUCT),
            Self::Nothing | Self::Person(_) | Self::Segments(_) => None,
        }
    }

    /// Has what it needs of events read: of those that these bits mean.
    pub fn read_with(&self, choice: &mut Choice, bits: u64) {
        self.field().into_iter().for_each(|field| choice.also(bits, field));
    }

    /// The numbers of what is known of a person without looking at events; none where it goes by events.
    pub fn of_person(&self, shopper: u32, mut each: impl FnMut(u32)) {
        match self {
            Self::Person(values) => each(values.get(shopper as usize).copied().unwrap_or(NO_VALUE)),
            Self::Segments(segments) => {
                let within = segments.iter().zip(1..).filter(|(segment, _)| segment.contains(shopper));
                let found = within.map(|(_, number)| each(number)).count();
                if found == 0 {
                    each(NO_VALUE);
                }
            }
            Self::Nothing | Self::Field(_) | Self::Product(_) => {}
        }
    }

    /// The numbers of the values of an event, which of a field is the first it has.
    pub fn of_event(&self, run: &Run<'_>, event: Option<usize>, telling: &mut Telling, mut each: impl FnMut(u32)) {
        match self {
            Self::Nothing => {}
            Self::Field(field) => {
                let value = event.and_then(|event| field.value(run, event)).filter(|value| !value.is_empty());
                each(value.map_or(NO_VALUE, |value| telling.number(&value)));
            }
            Self::Product(known) => {
                let product = event.and_then(|event| run.text(Column::ProductId, event));
                each(product.and_then(|product| known.get(product)).copied().unwrap_or(NO_VALUE));
            }
            Self::Person(_) | Self::Segments(_) => self.of_person(run.shopper, each),
        }
    }
}

const PRODUCT: Field = Field::Column(Column::ProductId);

fn wrong(text: impl Into<String>, at: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidParameter, text.into()).at(at.into())
}

impl Measure {
    /// By what a question tells things apart: by a field of events, `product.…`, `trait.…`, `value.…`, or by segments.
    /// Their values have numbers among `values`, which must be new where there are segments.
    ///
    /// # Errors
    /// There is no such field, trait, value or segment; both are asked.
    pub async fn apart(
        &self,
        break_down: Option<&str>,
        segments: &[String],
        snapshot: &Snapshot,
        values: &Arc<Values>,
    ) -> Result<Apart, Problem> {
        if segments.len() > MOST_SEGMENTS {
            return Err(wrong(format!("at most {MOST_SEGMENTS} segments, not {}", segments.len()), "segments"));
        }
        if !segments.is_empty() {
            if break_down.is_some() {
                return Err(wrong("things are told apart by `break_down` or by `segments`, not by both", "segments"));
            }
            let (mut members, mut telling) = (Vec::new(), Telling::of(Arc::clone(values)));
            for (place, segment) in segments.iter().enumerate() {
                members.extend(self.population(Some(segment), snapshot, &format!("segments.{place}")).await?);
                if telling.number(segment) != place as u32 + 1 {
                    return Err(wrong(format!("segment `{segment}` is named twice"), format!("segments.{place}")));
                }
            }
            return Ok(Apart::Segments(members));
        }
        let Some(text) = break_down else { return Ok(Apart::Nothing) };
        if let Some((_, column)) = OF_PRODUCT.iter().find(|(name, _)| *name == text) {
            return Ok(Apart::Product(self.by_product(column, values).await?));
        }
        let of_person = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty()).map(str::to_owned);
        if let Some(name) = of_person("trait.") {
            return self.by_person(Person::Trait(name), snapshot, values).await;
        }
        if let Some(name) = of_person("value.") {
            return self.by_person(Person::Value(name), snapshot, values).await;
        }
        Field::parse(text, "break_down").map(Apart::Field).map_err(|problem| {
            let detail = format!("{}; or of its product `product.category`, `product.brand`, `product.name`; or of the person `trait.` or `value.` and a name", problem.detail);
            Problem { detail, ..problem }
        })
    }

    /// By product the number of its value; products without one are left out.
    async fn by_product(&self, column: &str, values: &Arc<Values>) -> Result<Arc<FxHashMap<String, u32>>, Problem> {
        let query = format!("SELECT product_id, {column} FROM products WHERE {column} IS NOT NULL AND {column} <> ''");
        let request = SqlRequest { query, max_rows: MOST_PRODUCTS, timeout: self.limits.timeout };
        let answer = self.lake.sql(&request).await.map_err(problem_of)?;
        let mut telling = Telling::of(Arc::clone(values));
        let mut known = FxHashMap::default();
        for row in &answer.rows {
            if let [product, value] = row.as_slice()
                && let (Some(product), Some(value)) = (product.as_str(), value.as_str())
            {
                let number = telling.number(value);
                known.insert(product.to_owned(), number);
            }
        }
        Ok(Arc::new(known))
    }

    /// By shopper the number of what is known of the person.
    async fn by_person(&self, by: Person, snapshot: &Snapshot, values: &Arc<Values>) -> Result<Apart, Problem> {
        let (known, lake, merges) = (self.known.clone(), self.lake.clone(), self.merges(snapshot));
        let mut telling = Telling::of(Arc::clone(values));
        let shoppers = snapshot.shoppers() as usize + 1;
        let asked = by.clone();
        let mut work = move || -> Result<(Vec<u32>, Option<Vec<String>>), Problem> {
            let found = known.by_value(asked.known())?;
            let mut numbers = vec![NO_VALUE; shoppers];
            let of_value: Vec<u32> = found.values.iter().map(|value| telling.number(value)).collect();
            for (key, value) in &found.of {
                // One who is not in the lake yet has no events to be told apart.
                let Some(number) = lake.shopper_number(key) else { continue };
                let person = merges.person(number).unwrap_or(number);
                let value = of_value.get(*value as usize).copied().unwrap_or(NO_VALUE);
                numbers.get_mut(person as usize).into_iter().for_each(|known| *known = value);
            }
            Ok((numbers, found.of.is_empty().then_some(found.names)))
        };
        let (numbers, nobody) = self.work(move || Ok(work())).await?.map_err(|problem| problem.at("break_down"))?;
        if let Some(names) = nobody
            && !names.iter().any(|name| name == by.name())
        {
            let hint = did_you_mean(by.name(), names.iter().map(String::as_str));
            let text = match &by {
                Person::Trait(name) => format!("nobody has a trait `{name}`{hint}"),
                Person::Value(name) => format!("there is no value `{name}`{hint}"),
            };
            return Err(wrong(text, "break_down"));
        }
        Ok(Apart::Person(Arc::new(numbers)))
    }
}

/// What is known of people, by which they are told apart.
#[derive(Clone)]
enum Person {
    Trait(String),
    Value(String),
}

impl Person {
    fn name(&self) -> &str {
        match self {
            Self::Trait(name) | Self::Value(name) => name,
        }
    }

    fn known(&self) -> KnownBy<'_> {
        match self {
            Self::Trait(name) => KnownBy::Trait(name),
            Self::Value(name) => KnownBy::Value(name),
        }
    }
}
