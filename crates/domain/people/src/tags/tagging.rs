//! The state of the questions about tags, and what their answers have in common.

use std::sync::Arc;

use fanvine_kernel::Timestamp;
use serde::Serialize;

use super::catalogue::{Catalogue, Definition, Kind, Statistic};
use super::crowd::{Crowd, Spread};
use super::versions::TagError;
use crate::People;
use crate::kept::{Kept, away};
use crate::shoppers::show_person::Explanation;

/// A crowd older than this is asked anew, in microseconds.
const MINUTE: i64 = 60_000_000;
/// So many terms of a tag are told.
const MOST_TERMS: usize = 50;

/// People, those looked at last, and how the tags in force spread over them.
pub(crate) struct Tagging {
    pub people: Arc<People>,
    crowd: Kept<Timestamp, Crowd>,
    spreads: Kept<(Timestamp, u64, Arc<Catalogue>), Vec<Spread>>,
}

impl Tagging {
    pub fn new(people: Arc<People>) -> Self {
        Self { people, crowd: Kept::default(), spreads: Kept::default() }
    }

    /// People to look at, as they were at most a minute ago; as they are if `fresh`.
    pub async fn crowd(&self, fresh: bool) -> Result<Arc<Crowd>, TagError> {
        let now = self.people.clock.now();
        let good = |taken: &Timestamp| !fresh && now.micros_since(*taken).abs() < MINUTE;
        self.crowd.get(now, good, Crowd::take(&self.people)).await
    }

    /// How each tag in force spreads, in the catalogue's order.
    pub async fn spreads(&self, crowd: &Arc<Crowd>, tags: &Arc<Catalogue>) -> Result<Arc<Vec<Spread>>, TagError> {
        let key = (crowd.taken_at, crowd.offset, tags.clone());
        let (people, crowd, tags) = (self.people.clone(), crowd.clone(), tags.clone());
        let make = away("counting tags", move || Ok::<_, TagError>(crowd.spread(&people, &tags, None)));
        self.spreads.get(key.clone(), |kept| *kept == key, make).await
    }

    /// How a definition spreads that need not be saved. An interest that nothing is scored by yet is scored from the
    /// events of fewer people.
    pub async fn preview(&self, crowd: Arc<Crowd>, tag: Definition) -> Result<TagSpread, TagError> {
        let people = self.people.clone();
        let anew = {
            let (shoppers, tags) = (people.shoppers(), people.tags());
            let behaviours = tags.behaviours_of(&tag);
            match tag.kind {
                Kind::Statistical(Statistic::Interest(subject))
                    if !shoppers.scoring().has(&tag, subject, behaviours) =>
                {
                    Some(shoppers.scoring().with(&tag, subject, behaviours))
                }
                _ => None,
            }
        };
        let crowd = match &anew {
            Some(scoring) => Arc::new(crowd.rescored(&people, scoring).await?),
            None => crowd,
        };
        let (asking, some) = (people.clone(), crowd.clone());
        let count = move || Ok::<_, TagError>(some.spread_of(&asking, tag, anew.as_ref()));
        let spread = away("counting a tag", count).await?;
        Ok(TagSpread::of(&people, &crowd, &spread))
    }
}

/// What a count of people rests on.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct TagBasis {
    /// Everybody heard of.
    pub persons: u64,
    /// How many of them were looked at, drawn by their ids: counts of people are scaled up from these.
    pub looked_at: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub counted_at: Timestamp,
    /// All events of the log before this offset were counted.
    pub offset: u64,
}

impl From<&Crowd> for TagBasis {
    fn from(crowd: &Crowd) -> Self {
        Self { persons: crowd.persons, looked_at: crowd.len(), counted_at: crowd.taken_at, offset: crowd.offset }
    }
}

/// How many people have a tag, and how strongly.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagCount {
    /// How many people have it.
    pub people: u64,
    /// Of all people heard of, 0 to 1.
    pub share: f64,
    /// The same by their strongest weight: 0 to 0.1, 0.1 to 0.2 …, ten in all.
    pub histogram: Vec<u64>,
    /// Their mean strongest weight, by the middles of these tenths.
    pub mean_weight: f64,
}

impl TagCount {
    pub(super) fn of(crowd: &Crowd, spread: &Spread) -> Self {
        let share = if crowd.len() == 0 { 0.0 } else { spread.having as f64 / crowd.len() as f64 };
        Self {
            people: crowd.of_all(spread.having),
            share,
            histogram: spread.histogram.iter().map(|count| crowd.of_all(*count)).collect(),
            mean_weight: spread.mean_weight(),
        }
    }
}

/// How a tag spreads over people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagSpread {
    /// How many people have it, and how strongly.
    #[serde(flatten)]
    pub count: TagCount,
    /// The commonest terms, where it has terms; a person may have several.
    pub terms: Vec<TagTermCount>,
    /// Some who have it most.
    pub sample: Vec<TaggedPerson>,
    /// What it rests on.
    pub basis: TagBasis,
}

/// A term and how many people have it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TagTermCount {
    /// The term.
    pub term: String,
    /// How many people.
    pub people: u64,
}

/// A person who has a tag.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TaggedPerson {
    /// The person's id.
    pub person_id: String,
    /// One of the person's shopper keys: ask for the person by it.
    pub shopper_id: String,
    /// The strongest term, where the tag has terms.
    pub term: Option<String>,
    /// How strongly, 0 to 1.
    pub weight: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
    /// How it came to be.
    pub why: Explanation,
}

impl TagSpread {
    pub(super) fn of(people: &People, crowd: &Crowd, spread: &Spread) -> Self {
        let mut terms: Vec<(&String, u64)> = spread.terms.iter().map(|(term, count)| (term, *count)).collect();
        terms.sort_by(|(a, most), (b, more)| more.cmp(most).then_with(|| a.cmp(b)));
        let terms = terms.into_iter().take(MOST_TERMS);
        let sample = spread.strongest.iter().map(|(place, tag)| {
            let (person_id, shopper_id) = crowd.who(people, *place);
            let (term, weight, confidence) = (tag.term.clone(), tag.weight, tag.confidence);
            TaggedPerson { person_id, shopper_id, term, weight, confidence, why: tag.why.clone().into() }
        });
        Self {
            count: TagCount::of(crowd, spread),
            terms: terms
                .map(|(term, count)| TagTermCount { term: term.clone(), people: crowd.of_all(count) })
                .collect(),
            sample: sample.collect(),
            basis: crowd.into(),
        }
    }
}
