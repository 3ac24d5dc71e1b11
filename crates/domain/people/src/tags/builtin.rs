//! The tags a shop begins with.

use super::catalogue::{Behaviours, Catalogue, Definition, Family, Kind, Rule, Statistic, Subject};
use super::formulas::Formula;

impl Catalogue {
    /// Version 1: four basic tags, six interests, and five each of consumption, social and psychology.
    pub fn builtin() -> Self {
        let mut tags = basic();
        tags.extend(interests());
        tags.extend(formulas());
        Self { version: 1, behaviours: Behaviours::default(), tags }
    }
}

fn basic() -> Vec<Definition> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let tag = |id, en, zh, rule, days| define(Family::Basic, id, en, zh, Kind::Rule(rule), days, 1.0, 0.0);
    vec![
        tag("gender", "Gender", "性别", Rule::Trait(names(&["gender", "sex"])), 3_650.0),
        tag("age_band", "Age band", "年龄段", Rule::AgeBand(names(&["birthday", "age"])), 3_650.0),
        tag(
            "region",
            "Region",
            "地域",
            Rule::Trait(names(&["region", "province", "address.state", "city", "address.city", "computed.region"])),
            365.0,
        ),
        tag("occupation", "Occupation", "职业", Rule::Trait(names(&["occupation", "job", "title"])), 730.0),
    ]
}

fn interests() -> Vec<Definition> {
    let tag = |id, en, zh, subject, days| {
        let kind = Kind::Statistical(Statistic::Interest(subject));
        define(Family::Interest, id, en, zh, kind, days, 5.0, 5.0)
    };
    let price = Kind::Statistical(Statistic::Formula(Formula::PriceSensitivity));
    vec![
        tag("category", "Interest in a category", "品类偏好", Subject::Category, 30.0),
        tag("brand", "Interest in a brand", "品牌偏好", Subject::Brand, 60.0),
        tag("style", "Interest in a style", "风格偏好", Subject::Style, 60.0),
        define(Family::Interest, "price_sensitivity", "Price sensitivity", "价格敏感度", price, 180.0, 1.0, 5.0),
        tag("topic", "Interest in a topic", "内容话题偏好", Subject::Topic, 30.0),
        tag("search", "What is searched for", "搜索意图", Subject::Query, 14.0),
    ]
}

fn formulas() -> Vec<Definition> {
    use Family::{Consumption, Psychological, Social};
    let tag = |family, id, en, zh, formula, days, half_at, evidence| {
        define(family, id, en, zh, Kind::Statistical(Statistic::Formula(formula)), days, half_at, evidence)
    };
    vec![
        tag(Consumption, "recency", "Bought recently", "消费时效", Formula::Recency, 60.0, 1.0, 1.0),
        tag(Consumption, "frequency", "Buys often", "消费频次", Formula::Frequency, 180.0, 3.0, 2.0),
        tag(Consumption, "money", "Spends much", "消费金额", Formula::Money, 180.0, 3.0, 2.0),
        tag(Consumption, "period", "Buys in a rhythm", "消费周期", Formula::Period, 365.0, 1.0, 3.0),
        tag(Consumption, "brand_loyalty", "Loyal to a brand", "品牌忠诚", Formula::BrandLoyalty, 365.0, 1.0, 5.0),
        tag(Social, "followers", "Is followed", "粉丝影响", Formula::Followers, 365.0, 10.0, 5.0),
        tag(Social, "sharing", "Shares", "分享活跃", Formula::Sharing, 180.0, 3.0, 3.0),
        tag(Social, "invited", "Came by invitation", "受邀而来", Formula::Invited, 365.0, 1.0, 0.0),
        tag(Social, "circles", "Moves in circles", "社群圈子", Formula::Circles, 365.0, 2.0, 2.0),
        tag(Social, "word_of_mouth", "Word of mouth", "口碑传播", Formula::WordOfMouth, 180.0, 5.0, 5.0),
        tag(Psychological, "value_seeking", "Seeks value", "追求性价比", Formula::ValueSeeking, 365.0, 5.0, 5.0),
        tag(Psychological, "quality", "Seeks quality", "追求品质", Formula::Quality, 365.0, 1.0, 5.0),
        tag(Psychological, "novelty", "Seeks novelty", "追求新奇", Formula::Novelty, 365.0, 1.0, 5.0),
        tag(
            Psychological,
            "self_expression",
            "Expresses themselves",
            "自我表达",
            Formula::SelfExpression,
            365.0,
            1.0,
            5.0,
        ),
        tag(Psychological, "deal_proneness", "Prone to deals", "促销敏感", Formula::DealProneness, 365.0, 1.0, 5.0),
    ]
}

#[expect(clippy::too_many_arguments, reason = "a row of the tables above")]
fn define(
    family: Family,
    id: &str,
    en: &str,
    zh: &str,
    kind: Kind,
    half_life_days: f64,
    half_at: f64,
    evidence: f64,
) -> Definition {
    let id = format!("{}.{id}", family.as_str());
    let (en, zh) = (en.to_owned(), zh.to_owned());
    Definition { id, family, en, zh, kind, half_life_days, half_at, evidence, top: 10, behaviours: None }
}
