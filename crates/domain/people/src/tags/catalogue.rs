//! The tag catalogue: which tags there are and how they are made, as data the console edits.
//!
//! A catalogue is saved whole, with its version one higher. What scores depend on is in its
//! [fingerprint](Catalogue::fingerprint): as long as that is the same, kept scores stay valid.

use serde::{Deserialize, Serialize};

use super::formulas::Formula;

/// The five families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagFamily)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 基础标签.
    Basic,
    /// 兴趣标签.
    Interest,
    /// 消费标签.
    Consumption,
    /// 社交标签.
    Social,
    /// 心理标签.
    Psychological,
}

impl Family {
    /// Its name in ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Interest => "interest",
            Self::Consumption => "consumption",
            Self::Social => "social",
            Self::Psychological => "psychological",
        }
    }
}

/// How much one deed weighs. The order of the defaults is what matters: browse < search < favourite < cart < buy <
/// review and share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagBehaviours)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviours {
    /// Seeing or clicking a product, or opening a share.
    pub browse: f64,
    /// Searching.
    pub search: f64,
    /// Wish-listing a product, liking content.
    pub favourite: f64,
    /// Putting into the cart, joining a group buy.
    pub cart: f64,
    /// Buying.
    pub buy: f64,
    /// Reviewing a product, commenting on content.
    pub review: f64,
    /// Sharing.
    pub share: f64,
}

impl Default for Behaviours {
    fn default() -> Self {
        Self { browse: 1.0, search: 2.0, favourite: 3.0, cart: 4.0, buy: 6.0, review: 8.0, share: 8.0 }
    }
}

impl Behaviours {
    pub(super) fn named(&self) -> [(&'static str, f64); 7] {
        [
            ("browse", self.browse),
            ("search", self.search),
            ("favourite", self.favourite),
            ("cart", self.cart),
            ("buy", self.buy),
            ("review", self.review),
            ("share", self.share),
        ]
    }
}

/// What an interest is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagSubject)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A category of products.
    Category,
    /// A brand.
    Brand,
    /// A style of products.
    Style,
    /// A topic of content.
    Topic,
    /// Something searched for.
    Query,
}

/// How a tag is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagKind)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By what is said of the shopper, or by conditions: it applies or does not.
    Rule(Rule),
    /// By counting.
    Statistical(Statistic),
    /// By a model of that name: a slot that others fill.
    Model(String),
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagRule)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The value of the first of these traits that the shopper has; `computed.region` is a computed value.
    Trait(Vec<String>),
    /// The age band by these traits: a date of birth or a number of years.
    AgeBand(Vec<String>),
    /// All of these hold.
    All(Vec<Condition>),
}

/// One demand on a computed value or a trait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagCondition)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The name of a computed value, or `trait.` and the name of a trait.
    pub of: String,
    /// It is this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// It is this number or more; money in major units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// It is this number or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// A statistic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagStatistic)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// A score for every category, brand … the shopper cared for.
    Interest(Subject),
    /// One of the stated formulas over the profile.
    Formula(Formula),
}

/// One tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TagDefinition)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// `interest.category`: the family and a name.
    pub id: String,
    /// Its family.
    pub family: Family,
    /// Its name in English.
    pub en: String,
    /// Its name in Chinese.
    pub zh: String,
    /// How it is made.
    pub kind: Kind,
    /// After how many days what was done counts half.
    pub half_life_days: f64,
    /// The amount at which a counted weight is one half: weight = amount / (amount + half_at).
    #[serde(default = "one")]
    pub half_at: f64,
    /// How much evidence makes the confidence one half: confidence = n / (n + evidence).
    #[serde(default = "five")]
    pub evidence: f64,
    /// How many terms of an interest are shown at most.
    #[serde(default = "ten")]
    pub top: usize,
    /// Behaviour weights of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviours: Option<Behaviours>,
}

fn one() -> f64 {
    1.0
}

fn five() -> f64 {
    5.0
}

fn ten() -> usize {
    10
}

/// All tags of a shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// One higher with every change.
    pub version: u32,
    /// The behaviour weights of tags without their own.
    #[serde(default)]
    pub behaviours: Behaviours,
    /// The tags.
    pub tags: Vec<Definition>,
}

impl Catalogue {
    /// The tag of that id.
    pub fn tag(&self, id: &str) -> Option<&Definition> {
        self.tags.iter().find(|tag| tag.id == id)
    }

    /// The tags that are scored as events arrive, in the order of their slots.
    pub fn scored(&self) -> impl Iterator<Item = (&Definition, Subject)> {
        self.tags.iter().filter_map(|tag| match tag.kind {
            Kind::Statistical(Statistic::Interest(subject)) => Some((tag, subject)),
            _ => None,
        })
    }

    /// The weights by which deeds count for `tag`.
    pub fn behaviours_of(&self, tag: &Definition) -> Behaviours {
        tag.behaviours.unwrap_or(self.behaviours)
    }

    /// A hash of all that kept scores depend on: the scored tags in order, their subjects, half-lives and behaviour
    /// weights. Scores of another fingerprint have to be made again from the log.
    pub fn fingerprint(&self) -> u64 {
        let parts = self.scored().map(|(tag, subject)| {
            format!("{} {subject:?} {:?} {:?}\n", tag.id, tag.half_life_days, self.behaviours_of(tag))
        });
        crate::profile::codec::hash(&parts.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_reads_back_and_covers_the_five_families() {
        let catalogue = Catalogue::builtin();
        let json = serde_json::to_string(&catalogue).unwrap();
        assert_eq!(Catalogue::parse(&json), Ok(catalogue.clone()));
        let of = |family| catalogue.tags.iter().filter(|tag| tag.family == family).count();
        use Family::{Basic, Consumption, Interest, Psychological, Social};
        assert_eq!([Basic, Interest, Consumption, Social, Psychological].map(of), [4, 6, 5, 5, 5]);
    }

    #[test]
    fn only_what_scores_depend_on_changes_the_fingerprint() {
        let catalogue = Catalogue::builtin();
        let changed = |change: fn(&mut Catalogue)| {
            let mut other = catalogue.clone();
            change(&mut other);
            other.fingerprint() != catalogue.fingerprint()
        };
        assert!(changed(|other| other.behaviours.buy = 7.0));
        assert!(changed(|other| other.tags.iter_mut().for_each(|tag| tag.half_life_days = 9.0)));
        assert!(!changed(|other| other.version = 9));
        assert!(!changed(|other| other.tags.iter_mut().for_each(|tag| tag.half_at = 9.0)));
    }
}
