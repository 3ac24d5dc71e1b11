//! All tags of a person at a moment.

use std::borrow::Cow;
use std::cell::OnceCell;

use fanvine_kernel::{Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, Condition, Definition, Family, Kind, Rule, Statistic};
use super::formulas::{Sight, short};
use super::population::Population;
use super::weights::{Scoring, Weights, weight_of};
use crate::profile::{Bilingual, State, Trait, Value, Vocabulary, days_between, newest};

/// Tags that weigh less are left out.
pub const LEAST_WEIGHT: f64 = 0.005;
/// The confidence in what was seen and not said.
const OBSERVED: f64 = 0.5;

/// What is known of one person.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The merged states of their shopper keys.
    pub state: &'a State,
    /// The merged scores.
    pub weights: &'a Weights,
    /// Every trait stated, of all sources.
    pub traits: &'a [Trait],
    /// What models say.
    pub given: &'a [Given],
}

/// What is known of the shop.
#[derive(Debug, Clone, Copy)]
pub struct Shop<'a> {
    /// Its tags.
    pub catalogue: &'a Catalogue,
    /// By which the scores were counted: [`Scoring::of`] the catalogue, or of the one before while they are counted anew.
    pub scoring: &'a Scoring,
    /// Its words.
    pub words: &'a Vocabulary,
    /// Its counts.
    pub population: &'a Population,
    /// Where its days begin.
    pub zone: Zone,
}

/// A model's word on a person, for the slot of a model tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// The tag whose slot it fills.
    pub tag: String,
    /// The model's name, as in [`Kind::Model`].
    pub model: String,
    /// What of, where the tag has terms.
    #[serde(default)]
    pub term: Option<String>,
    /// In 0..1; clamped.
    pub weight: f64,
    /// In 0..1; clamped.
    pub confidence: f64,
    /// How it came to be.
    pub why: Bilingual,
}

/// A tag of a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tag {
    /// The definition's id.
    pub id: String,
    /// Its family.
    pub family: Family,
    /// The definition's name.
    pub name: Bilingual,
    /// Of what: a category, a brand, `25-34`, `monthly` …
    pub term: Option<String>,
    /// How strongly it applies, 0..1.
    pub weight: f64,
    /// How sure that is, 0..1.
    pub confidence: f64,
    /// How it came to be.
    pub why: Bilingual,
}

/// All tags of `person` at `now`, in the catalogue's order, the terms of one tag by falling weight.
pub fn assign(person: &Person<'_>, shop: &Shop<'_>, now: Timestamp) -> Vec<Tag> {
    assign_where(person, shop, now, |_| true)
}

/// The same, of the definitions that are `wanted`: to ask many persons for one tag.
pub fn assign_where(
    person: &Person<'_>,
    shop: &Shop<'_>,
    now: Timestamp,
    wanted: impl Fn(&Definition) -> bool,
) -> Vec<Tag> {
    let sight = Sight {
        state: person.state,
        orders: person.state.orders(),
        words: shop.words,
        population: shop.population,
        now,
    };
    let assigning = Assigning { person, shop, now, sight, values: OnceCell::new() };
    let mut tags = Vec::new();
    for definition in shop.catalogue.tags.iter().filter(|definition| wanted(definition)) {
        match &definition.kind {
            Kind::Rule(rule) => tags.extend(assigning.ruled(definition, rule)),
            // An interest that was defined just now has no scores until everything is counted anew.
            Kind::Statistical(Statistic::Interest(subject)) => {
                let slot = shop.scoring.slot(&definition.id, *subject);
                tags.extend(slot.into_iter().flat_map(|slot| assigning.interests(definition, slot)));
            }
            Kind::Statistical(Statistic::Formula(formula)) => {
                tags.extend(formula.find(&assigning.sight, definition).map(|found| {
                    let confidence = sureness(found.evidence, definition.evidence);
                    tag(definition, found.term, found.weight, confidence, found.why)
                }));
            }
            Kind::Model(model) => {
                let said = person.given.iter().filter(|given| given.tag == definition.id && given.model == *model);
                tags.extend(said.map(|given| {
                    tag(definition, given.term.clone(), given.weight, given.confidence, given.why.clone())
                }));
            }
        }
    }
    tags.retain(|tag| tag.weight >= LEAST_WEIGHT);
    tags
}

fn tag(definition: &Definition, term: Option<String>, weight: f64, confidence: f64, why: Bilingual) -> Tag {
    // `clamp` keeps what is not a number.
    let within = |number: f64| if number.is_nan() { 0.0 } else { number.clamp(0.0, 1.0) };
    Tag {
        id: definition.id.clone(),
        family: definition.family,
        name: Bilingual::new(&definition.en, &definition.zh),
        term,
        weight: within(weight),
        confidence: within(confidence),
        why,
    }
}

/// n / (n + k); 1 where no evidence is asked for.
fn sureness(n: f64, k: f64) -> f64 {
    if k <= 0.0 { 1.0 } else { n / (n + k) }
}

struct Assigning<'a> {
    person: &'a Person<'a>,
    shop: &'a Shop<'a>,
    now: Timestamp,
    sight: Sight<'a>,
    values: OnceCell<Vec<Value>>,
}

/// A trait or computed value as a rule sees it.
struct Known {
    text: Option<String>,
    number: Option<f64>,
    weight_days: f64,
    confidence: f64,
    why: Bilingual,
}

impl Assigning<'_> {
    fn interests(&self, definition: &Definition, slot: u32) -> Vec<Tag> {
        let population = self.shop.population;
        let scores = self.person.weights.scores(slot, self.shop.scoring, self.now);
        let weighed = |(word, score)| {
            let weight = weight_of(score, population.specificity(slot, word), definition.half_at);
            (weight, self.shop.words.text(word), word, score)
        };
        let mut terms: Vec<_> = scores.map(weighed).collect();
        terms.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        terms.truncate(definition.top);
        let tagged = terms.into_iter().map(|(weight, term, word, score)| {
            let (having, all) = (population.having(slot, word), population.shoppers());
            let (points, days) = (short(score), short(self.shop.scoring.half_life_days(slot)));
            let why = Bilingual::new(
                format!(
                    "score {points}: deeds by their weight, halved every {days} days; \
                     {having} of {all} shoppers share it"
                ),
                format!("得分 {points}：行为加权，每 {days} 天减半；{all} 位顾客中 {having} 位有此兴趣"),
            );
            tag(definition, Some(term.to_owned()), weight, sureness(score, definition.evidence), why)
        });
        tagged.collect()
    }

    fn ruled(&self, definition: &Definition, rule: &Rule) -> Option<Tag> {
        let (known, term) = match rule {
            Rule::Trait(names) => {
                let known = names.iter().find_map(|name| self.stated(name))?;
                let term = known.text.clone();
                (known, term)
            }
            Rule::AgeBand(names) => names.iter().find_map(|name| {
                let known = self.stated(name)?;
                let band = self.age_band(known.text.as_deref()?, known.weight_days)?;
                Some((known, Some(band.to_owned())))
            })?,
            Rule::All(conditions) => {
                let why = self.conditions(conditions)?;
                return Some(tag(definition, None, 1.0, 1.0, why));
            }
        };
        let weight = (-known.weight_days / definition.half_life_days).exp2();
        Some(tag(definition, term, weight, known.confidence, known.why))
    }

    /// A trait, or a computed value by `computed.` and its name.
    fn stated(&self, name: &str) -> Option<Known> {
        if let Some(name) = name.strip_prefix("computed.") {
            return self.computed(name);
        }
        let held = newest(self.person.traits).into_iter().find(|one| one.name == name)?;
        let mut latest_by_source: Vec<&Trait> = self.person.traits.iter().filter(|one| one.name == name).collect();
        latest_by_source.sort_unstable_by(|a, b| (&a.source, b.at, &b.value).cmp(&(&b.source, a.at, &a.value)));
        latest_by_source.dedup_by(|one, kept| one.source == kept.source);
        // What was reckoned of several words is nobody's alone, and nobody speaks against it.
        let agree = match held {
            Cow::Borrowed(_) => latest_by_source.iter().filter(|one| one.value == held.value).count(),
            Cow::Owned(_) => latest_by_source.len().max(1),
        };
        let (sources, day) = (latest_by_source.len().max(1), self.shop.zone.date_of(held.at));
        let (by, value) = (&held.source, &held.value);
        Some(Known {
            text: Some(value.clone()),
            number: value.parse().ok(),
            weight_days: days_between(held.at, self.now),
            confidence: agree as f64 / sources as f64,
            why: Bilingual::new(
                format!("`{name}` is {value}, said by {by} on {day}; {agree} of {sources} sources say so"),
                format!("`{name}` 为 {value}，由 {by} 于 {day} 提供；{sources} 个来源中 {agree} 个一致"),
            ),
        })
    }

    fn computed(&self, name: &str) -> Option<Known> {
        let values = self.values.get_or_init(|| self.person.state.values(self.shop.words, self.now, self.shop.zone));
        let value = values.iter().find(|value| value.name == name)?;
        let (text, number) = (value.value.text().map(str::to_owned), value.value.number());
        let shown = text.clone().or(number.map(short))?;
        Some(Known {
            text,
            number,
            weight_days: value.to.map_or(0.0, |to| days_between(to, self.now)),
            confidence: OBSERVED,
            why: Bilingual::new(
                format!("{name} is {shown}: {}", value.why.en),
                format!("{name} 为 {shown}：{}", value.why.zh),
            ),
        })
    }

    /// Why all conditions hold; none if one does not.
    fn conditions(&self, conditions: &[Condition]) -> Option<Bilingual> {
        let mut why = Bilingual::default();
        for condition in conditions {
            let known = match condition.of.strip_prefix("trait.") {
                Some(name) => self.stated(name)?,
                None => self.computed(&condition.of)?,
            };
            let text = condition.is.as_ref().is_none_or(|wanted| known.text.as_ref() == Some(wanted));
            let least = condition.at_least.is_none_or(|least| known.number.is_some_and(|number| number >= least));
            let most = condition.at_most.is_none_or(|most| known.number.is_some_and(|number| number <= most));
            if !(text && least && most) {
                return None;
            }
            for (all, one) in [(&mut why.en, &known.why.en), (&mut why.zh, &known.why.zh)] {
                all.push_str(if all.is_empty() { "" } else { "; " });
                all.push_str(one);
            }
        }
        Some(why)
    }

    /// The age band of a date of birth (`1990-05-17`, `1990`), or of a number of years stated some days ago.
    fn age_band(&self, text: &str, days_ago: f64) -> Option<&'static str> {
        let today = self.shop.zone.date_of(self.now).to_string();
        let (year, rest) = today.split_once('-')?;
        let year: i32 = year.parse().ok()?;
        let years = match text.get(..4).filter(|start| start.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(born) => {
                let birthday = text.get(5..10).unwrap_or("01-01");
                year - born.parse::<i32>().ok()? - i32::from(rest < birthday)
            }
            None => (text.parse::<f64>().ok()? + days_ago / 365.25).floor() as i32,
        };
        match years {
            0..18 => Some("under 18"),
            18..25 => Some("18-24"),
            25..35 => Some("25-34"),
            35..45 => Some("35-44"),
            45..55 => Some("45-54"),
            55..130 => Some("55+"),
            _ => None,
        }
    }
}
