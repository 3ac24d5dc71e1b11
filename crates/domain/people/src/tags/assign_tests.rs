//! Tags of made-up shoppers, and what holds for any.

use fanvine_kernel::{Event, Timestamp, Zone};
use fanvine_testkit::{EventBuilder, track};
use proptest::prelude::*;

use super::catalogue::{Condition, Kind, Rule};
use super::{Catalogue, Given, Person, Population, Scoring, Shop, Tag, Weights, assign, assign_where};
use crate::profile::{Bilingual, Deed, Fact, State, Trait, Vocabulary};

/// A shop of one shopper, with all it keeps.
#[derive(Default)]
struct House {
    words: Vocabulary,
    population: Population,
    state: State,
    weights: Weights,
    traits: Vec<Trait>,
    given: Vec<Given>,
}

impl House {
    fn observe(&mut self, event: &Event) {
        let scoring = Scoring::of(&Catalogue::builtin());
        let fact = Fact::read(event);
        let terms = fact.terms(&mut self.words);
        self.state.observe(&fact, &terms);
        self.weights.observe(&fact, &terms, &scoring, &mut self.population);
        self.population.observe(&fact, &terms);
        self.traits.extend(Trait::read(event));
    }

    fn of(events: &[Event]) -> Self {
        let mut house = Self::default();
        events.iter().for_each(|event| house.observe(event));
        house
    }

    fn tags(&self, catalogue: &Catalogue, now: &str) -> Vec<Tag> {
        let (state, weights) = (&self.state, &self.weights);
        let person = Person { state, weights, traits: &self.traits, given: &self.given };
        let (words, population) = (&self.words, &self.population);
        let scoring = &Scoring::of(catalogue);
        let shop = Shop { catalogue, scoring, words, population, zone: Zone::UTC };
        assign(&person, &shop, Timestamp::parse(now).unwrap())
    }
}

fn find<'a>(tags: &'a [Tag], id: &str) -> &'a Tag {
    tags.iter().find(|tag| tag.id == id).unwrap_or_else(|| panic!("{id} is not among {tags:#?}"))
}

fn order(id: u32, at: &str, category: &str, price: u32, coupon: bool) -> EventBuilder {
    let coupon = if coupon { r#","coupon":"X""# } else { "" };
    let product = format!(r#"{{"product_id":"p","category":"{category}","brand":"Leaf","price":{price}}}"#);
    let properties = format!(r#"{{"order_id":"o{id}","currency":"CNY","products":[{product}]{coupon}}}"#);
    let revenue = i64::from(price) * 100;
    track("Order Completed").at(at).properties(&properties).with(move |event| event.revenue_minor = Some(revenue))
}

fn close(one: f64, two: f64) -> bool {
    (one - two).abs() < 1e-9
}

/// Three orders a month apart, the last two with a coupon; prices 100, 10, 10.
fn regular() -> House {
    House::of(&[
        order(1, "2026-01-01", "tea", 100, false).build(),
        order(2, "2026-01-31", "tea", 10, true).build(),
        order(3, "2026-03-02", "cups", 10, true).build(),
    ])
}

#[test]
fn consumption_is_told_by_orders() {
    let tags = regular().tags(&Catalogue::builtin(), "2026-05-01");
    let recency = find(&tags, "consumption.recency");
    assert!(close(recency.weight, 0.5) && close(recency.confidence, 0.75), "{recency:?}");
    assert_eq!(recency.why.en, "last bought 60 days ago");
    let period = find(&tags, "consumption.period");
    assert_eq!((period.term.as_deref(), period.weight), (Some("monthly"), 1.0));
    assert_eq!(period.why.zh, "平均每 30 天一单，波动 ± 0 天，共 2 个间隔");
    let loyalty = find(&tags, "consumption.brand_loyalty");
    assert_eq!((loyalty.term.as_deref(), loyalty.weight, loyalty.confidence), (Some("Leaf"), 1.0, 3.0 / 8.0));
    let decays = [120.0, 90.0, 60.0f64].map(|age| (-age / 180.0).exp2());
    let sum: f64 = decays.iter().sum();
    assert!(close(find(&tags, "consumption.frequency").weight, sum / (sum + 3.0)));
    let worth = (decays[0] * 100.0 + decays[1] * 10.0 + decays[2] * 10.0) / 40.0;
    assert!(close(find(&tags, "consumption.money").weight, worth / (worth + 3.0)));
}

#[test]
fn psychology_is_told_by_prices_and_deals() {
    let tags = regular().tags(&Catalogue::builtin(), "2026-05-01");
    // Tea cost 10 and 100: places 0.25 and 0.75. Cups had one price: 0.5.
    let deals = find(&tags, "psychological.deal_proneness");
    assert!(close(deals.weight, 2.0 / 3.0) && close(deals.confidence, 3.0 / 8.0));
    assert_eq!(deals.why.en, "2 of 3 orders with a coupon or discount");
    assert!(close(find(&tags, "psychological.quality").weight, 0.5 * 0.5 + 0.5 / 3.0));
    assert!(close(find(&tags, "interest.price_sensitivity").weight, 0.5 * 0.5 + 0.5 * 2.0 / 3.0));
    assert!(close(find(&tags, "psychological.value_seeking").weight, 0.25));
    // Two chances for another category, of which one was taken, and two for another brand.
    assert!(close(find(&tags, "psychological.novelty").weight, 0.25));
}

#[test]
fn social_tags_count_what_others_do() {
    let mut house = House::of(&[
        track("Product Shared").at("2026-01-01").build(),
        track("Invite Accepted").at("2026-01-01").build(),
        track("Group Buy Joined").at("2026-01-01").properties(r#"{"group_buy_id":"g1"}"#).build(),
    ]);
    for deed in [Deed::Followed, Deed::ShareDrew, Deed::ShareDrew, Deed::InviteWon] {
        house.state.receive(deed);
    }
    let tags = house.tags(&Catalogue::builtin(), "2026-01-02");
    let weight = |id: &str| find(&tags, id).weight;
    assert!(close(weight("social.followers"), 1.0 / 11.0));
    assert!(close(weight("social.sharing"), 0.25));
    assert!(close(weight("social.invited"), 1.0));
    assert!(close(weight("social.circles"), 1.0 / 3.0));
    assert!(close(weight("social.word_of_mouth"), 0.5));
    assert!(close(weight("psychological.self_expression"), 0.5));
    assert_eq!(find(&tags, "social.word_of_mouth").why.zh, "分享被他人打开 2 次，邀请被接受 1 次");
}

#[test]
fn basic_tags_say_who_told_them() {
    let said = |name: &str, source: &str, at: &str, value: &str| Trait {
        name: name.into(),
        at: Timestamp::parse(at).unwrap(),
        source: source.into(),
        value: value.into(),
    };
    let traits = vec![
        said("gender", "web", "2026-01-01", "f"),
        said("gender", "app", "2025-01-01", "f"),
        said("gender", "web", "2025-01-01", "m"),
        said("gender", "store", "2024-01-01", "m"),
        said("birthday", "app", "2026-01-01", "1996-05-17"),
        said("address.city", "app", "2025-01-01", "杭州"),
    ];
    let mut house = House { traits, ..House::default() };
    let catalogue = Catalogue::builtin();
    let tags = house.tags(&catalogue, "2026-01-01");
    let gender = find(&tags, "basic.gender");
    assert_eq!((gender.term.as_deref(), gender.weight), (Some("f"), 1.0));
    assert!(close(gender.confidence, 2.0 / 3.0));
    assert_eq!(gender.why.en, "`gender` is f, said by web on 2026-01-01; 2 of 3 sources say so");
    assert!(close(find(&tags, "basic.region").weight, 0.5), "a year is the half-life of a region");
    assert_eq!(find(&tags, "basic.age_band").term.as_deref(), Some("25-34"));
    assert_eq!(find(&house.tags(&catalogue, "2031-05-16"), "basic.age_band").term.as_deref(), Some("25-34"));
    assert_eq!(find(&house.tags(&catalogue, "2031-05-17"), "basic.age_band").term.as_deref(), Some("35-44"));
    house.traits = vec![said("age", "web", "2026-01-01", "24")];
    assert_eq!(find(&house.tags(&catalogue, "2027-02-01"), "basic.age_band").term.as_deref(), Some("25-34"));
}

#[test]
fn interests_come_by_falling_weight_with_their_reason() {
    let tags = regular().tags(&Catalogue::builtin(), "2026-03-02");
    let of: Vec<_> = tags.iter().filter(|tag| tag.id == "interest.category").collect();
    assert_eq!(of.iter().map(|tag| tag.term.as_deref().unwrap()).collect::<Vec<_>>(), ["cups", "tea"]);
    assert_eq!(of[0].why.en, "score 6: deeds by their weight, halved every 30 days; 1 of 1 shoppers share it");
    assert_eq!(of[0].why.zh, "得分 6：行为加权，每 30 天减半；1 位顾客中 1 位有此兴趣");
    assert!(close(of[0].confidence, 6.0 / 11.0));
}

#[test]
fn one_tag_alone_is_what_it_is_among_all() {
    let (house, catalogue) = (regular(), Catalogue::builtin());
    let (words, population, scoring) = (&house.words, &house.population, &Scoring::of(&catalogue));
    let person = Person { state: &house.state, weights: &house.weights, traits: &[], given: &[] };
    let shop = Shop { catalogue: &catalogue, scoring, words, population, zone: Zone::UTC };
    let now = Timestamp::parse("2026-05-01").unwrap();
    let all = assign(&person, &shop, now);
    for definition in &catalogue.tags {
        let alone = assign_where(&person, &shop, now, |wanted| wanted.id == definition.id);
        let among: Vec<_> = all.iter().filter(|tag| tag.id == definition.id).cloned().collect();
        assert_eq!(alone, among);
    }
}

#[test]
fn rules_and_models_make_tags_too() {
    let mut catalogue = Catalogue::builtin();
    let base = catalogue.tags[0].clone();
    let orders = Condition { of: "orders".into(), is: None, at_least: Some(3.0), at_most: None };
    let brand = Condition { of: "favourite_brand".into(), is: Some("Leaf".into()), at_least: None, at_most: None };
    let mut rule = base.clone();
    rule.id = "basic.leaf_regular".into();
    rule.kind = Kind::Rule(Rule::All(vec![orders, brand]));
    let mut model = base;
    model.id = "basic.churn".into();
    model.kind = Kind::Model("churn".into());
    catalogue.tags.extend([rule, model]);
    catalogue.check().unwrap();
    let mut house = regular();
    let why = Bilingual::new("silent for long", "长期沉默");
    let (tag, model) = ("basic.churn".into(), "churn".into());
    house.given = vec![Given { tag, model, term: None, weight: 7.0, confidence: f64::NAN, why }];
    let tags = house.tags(&catalogue, "2026-05-01");
    let rule = find(&tags, "basic.leaf_regular");
    assert_eq!(
        rule.why.en,
        "orders is 3: different orders completed and not cancelled; \
         favourite_brand is Leaf: 3 of 3 products seen, wished, carted or bought"
    );
    assert_eq!((find(&tags, "basic.churn").weight, find(&tags, "basic.churn").confidence), (1.0, 0.0));
}

proptest! {
    #[test]
    fn every_weight_and_confidence_is_in_0_to_1_and_has_its_reason(
        deeds in prop::collection::vec((0usize..12, 0i64..100_000_000, 0u8..3, 0u8..3, 0i64..100_000), 0..40),
        later in -50_000_000i64..500_000_000,
    ) {
        const NAMES: [&str; 12] = [
            "Product Viewed", "Products Searched", "Product Added", "Order Completed", "Order Refunded",
            "Order Cancelled",
            "Review Submitted", "Product Shared", "Group Buy Joined", "Invite Accepted",
            "Content Liked", "Order Updated",
        ];
        let start = Timestamp::parse("2025-01-01").unwrap();
        let events: Vec<Event> = deeds.iter().map(|(name, at, one, two, price)| {
            let properties = format!(
                r#"{{"order_id":"o{one}{two}","query":"q{one}","topic":"t{two}","group_buy_id":"g{one}",
                "currency":"CNY","discount":{two},
                "products":[{{"category":"c{one}","brand":"b{two}","style":"s{one}","price":{price}}}]}}"#
            );
            let built = track(NAMES[*name]).at_moment(start.plus_micros(at * 1_000_000)).properties(&properties);
            built.with(|event| event.revenue_minor = Some(price * i64::from(*two))).build()
        }).collect();
        let mut house = House::of(&events);
        [Deed::Followed, Deed::InviteWon].into_iter().for_each(|deed| house.state.receive(deed));
        let now = start.plus_micros(later * 1_000_000).to_string();
        for tag in house.tags(&Catalogue::builtin(), &now) {
            prop_assert!((0.0..=1.0).contains(&tag.weight) && (0.0..=1.0).contains(&tag.confidence), "{tag:?}");
            prop_assert!(!tag.why.en.is_empty() && !tag.why.zh.is_empty(), "{tag:?}");
        }
    }
}
