//! What scores promise: as if recomputed from all events, in any order, however split.

use fanvine_kernel::{Event, Timestamp};
use fanvine_testkit::track;
use proptest::prelude::*;

use super::weights::weight_of;
use super::{Catalogue, Population, Scoring, Weights};
use crate::profile::{Fact, Terms, Vocabulary, Word};

const START: i64 = 1_767_225_600;
const DAY: i64 = 86_400;
/// The slot of `interest.category` in the built-in catalogue, with a half-life of 30 days.
const CATEGORY: u32 = 0;

type Known<'a> = (Fact<'a>, Terms);

fn read<'a>(events: &'a [Event], words: &mut Vocabulary) -> Vec<Known<'a>> {
    let known = |event| {
        let fact = Fact::read(event);
        let terms = fact.terms(words);
        (fact, terms)
    };
    events.iter().map(known).collect()
}

fn scored(facts: &[&Known<'_>], population: &mut Population) -> Weights {
    let scoring = Scoring::of(&Catalogue::builtin());
    let mut weights = Weights::default();
    for (fact, terms) in facts {
        weights.observe(fact, terms, &scoring, population);
    }
    weights
}

fn deed(name: &str, day: i64, category: &str) -> Event {
    let properties = format!(r#"{{"product_id":"p","category":"{category}"}}"#);
    track(name).at_moment(Timestamp::from_seconds(START + day * DAY)).properties(&properties).build()
}

fn day(day: i64) -> Timestamp {
    Timestamp::from_seconds(START + day * DAY)
}

fn score(weights: &Weights, word: Word, now: Timestamp) -> f64 {
    let scoring = Scoring::of(&Catalogue::builtin());
    weights.scores(CATEGORY, &scoring, now).find(|(found, _)| *found == word).map_or(0.0, |(_, score)| score)
}

fn close(one: f64, two: f64) -> bool {
    (one - two).abs() <= 1e-9 * one.abs().max(two.abs())
}

#[test]
fn a_score_halves_at_the_half_life() {
    let events = [deed("Order Completed", 0, "tea"), deed("Product Viewed", 30, "tea")];
    let mut words = Vocabulary::default();
    let facts = read(&events, &mut words);
    let weights = scored(&facts.iter().collect::<Vec<_>>(), &mut Population::default());
    let tea = words.find("tea").unwrap();
    for (now, expected) in [(30, 3.0 + 1.0), (60, 2.0), (90, 1.0)] {
        assert!(close(score(&weights, tea, day(now)), expected), "{}", score(&weights, tea, day(now)));
    }
}

#[test]
fn deeds_weigh_in_the_stated_order() {
    let names = [
        "Product Viewed",
        "Products Searched",
        "Product Added to Wishlist",
        "Product Added",
        "Order Completed",
        "Review Submitted",
    ];
    let mut scores = Vec::new();
    for name in names {
        let (events, mut words) = ([deed(name, 0, "tea")], Vocabulary::default());
        let facts = read(&events, &mut words);
        let weights = scored(&facts.iter().collect::<Vec<_>>(), &mut Population::default());
        scores.push(score(&weights, words.find("tea").unwrap(), day(0)));
    }
    assert!(scores.is_sorted_by(|less, more| less < more), "{scores:?}");
    let share = [deed("Product Shared", 0, "tea")];
    let mut words = Vocabulary::default();
    let facts = read(&share, &mut words);
    let weights = scored(&[&facts[0]], &mut Population::default());
    assert!(close(score(&weights, words.find("tea").unwrap(), day(0)), scores[5]));
}

#[test]
fn a_rare_term_tells_more_than_one_everybody_has() {
    let (mut words, mut population) = (Vocabulary::default(), Population::default());
    for shopper in 0..100 {
        let mut events = vec![deed("Product Viewed", 0, "common")];
        if shopper == 0 {
            events.push(deed("Product Viewed", 0, "rare"));
        }
        let facts = read(&events, &mut words);
        scored(&facts.iter().collect::<Vec<_>>(), &mut population);
    }
    let place = |text: &str| population.specificity(CATEGORY, words.find(text).unwrap());
    assert_eq!((population.shoppers(), population.having(CATEGORY, words.find("rare").unwrap())), (100, 1));
    assert!(close(place("common"), 1.0 / (1.0 + 101f64.ln())));
    assert!(close(place("rare"), (1.0 + (101f64 / 2.0).ln()) / (1.0 + 101f64.ln())));
}

#[test]
fn a_price_stands_where_it_does_in_its_category() {
    let viewed = |price: i64| {
        let properties = format!(r#"{{"category":"tea","price":{price},"currency":"CNY"}}"#);
        track("Product Viewed").properties(&properties).build()
    };
    let events = [viewed(1), viewed(3), viewed(3), viewed(300)];
    let (mut words, mut population) = (Vocabulary::default(), Population::default());
    let facts = read(&events, &mut words);
    facts.iter().for_each(|(fact, terms)| population.observe(fact, terms));
    let position = |place: usize| {
        population.price_position(facts[place].1.items[0].category.unwrap(), facts[place].0.items[0].band())
    };
    assert_eq!([0, 1, 3].map(position), [Some(0.125), Some(0.5), Some(0.875)]);
    let mut bytes = Vec::new();
    population.encode(&mut bytes);
    assert_eq!(Population::decode(&bytes), Ok(population));
    for end in 0..bytes.len() {
        assert!(Population::decode(&bytes[..end]).is_err());
    }
}

#[test]
fn bad_bytes_are_refused_by_name() {
    assert_eq!(Weights::decode(&[1, 9]).unwrap_err().to_string(), "weights: length is 9 at byte 2");
    let nan = [&[1, 1, 0, 0][..], &f64::NAN.to_bits().to_le_bytes()].concat();
    assert!(Weights::decode(&nan).unwrap_err().to_string().starts_with("weights: the bits of a score is"));
}

/// Deeds of one shopper over three years, so that old ones nearly vanish.
fn deeds() -> impl Strategy<Value = Vec<Event>> {
    let names = prop::sample::select(vec![
        "Product Viewed",
        "Product Added",
        "Product Added to Wishlist",
        "Order Completed",
        "Review Submitted",
        "Other",
    ]);
    let event = (names, 0..3 * 365 * DAY, 0u8..4).prop_map(|(name, at, category)| {
        let properties = format!(r#"{{"category":"c{category}","brand":"b{category}"}}"#);
        track(name).at_moment(Timestamp::from_seconds(START + at)).properties(&properties).build()
    });
    prop::collection::vec(event, 0..50)
}

/// The definition, from all events at once.
fn batch(facts: &[Known<'_>], word: Word, now: Timestamp) -> f64 {
    let weight = |fact: &Fact<'_>| match fact.deed {
        crate::profile::Deed::Browse => 1.0,
        crate::profile::Deed::Favourite => 3.0,
        crate::profile::Deed::Cart => 4.0,
        crate::profile::Deed::Order => 6.0,
        crate::profile::Deed::Review => 8.0,
        _ => 0.0,
    };
    let of_word = facts.iter().filter(|(_, terms)| terms.items.iter().any(|item| item.category == Some(word)));
    of_word.map(|(fact, _)| weight(fact) * (-(now.micros_since(fact.at) as f64) / (30.0 * 86_400e6)).exp2()).sum()
}

proptest! {
    #[test]
    fn scores_equal_a_batch_recomputation_in_any_order(
        events in deeds(),
        seed: u64,
        cut in 0usize..50,
        later in 0i64..400,
    ) {
        let mut words = Vocabulary::default();
        let facts = read(&events, &mut words);
        let mut shuffled: Vec<_> = facts.iter().collect();
        shuffled.sort_by_key(|(fact, _)| (fact.at.micros() as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut population = Population::default();
        let whole = scored(&shuffled, &mut population);
        let (one, two) = shuffled.split_at(cut.min(shuffled.len()));
        let (mut left, mut right) = (scored(one, &mut Population::default()), scored(two, &mut Population::default()));
        let kept = left.clone();
        left.merge(&right);
        right.merge(&kept);
        let now = day(3 * 365 + later);
        for category in ["c0", "c1", "c2", "c3"] {
            let Some(word) = words.find(category) else { continue };
            let expected = batch(&facts, word, now);
            for weights in [&whole, &left, &right] {
                let found = score(weights, word, now);
                prop_assert!(close(found, expected), "{found} {expected}");
                let weight = weight_of(found, population.specificity(CATEGORY, word), 5.0);
                prop_assert!((0.0..=1.0).contains(&weight));
            }
            prop_assert_eq!(population.having(CATEGORY, word), u32::from(expected > 0.0));
        }
        let mut bytes = Vec::new();
        whole.encode(&mut bytes);
        prop_assert_eq!(&Weights::decode(&bytes).unwrap(), &whole);
        population.forget(&whole);
        prop_assert_eq!(population, Population::default());
    }
}
