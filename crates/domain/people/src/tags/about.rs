//! A definition in words: what the tag says, and by which formula.

use super::catalogue::{Behaviours, Catalogue, Condition, Definition, Kind, Rule, Statistic, Subject};
use super::formulas::{Formula, short};
use crate::profile::Bilingual;

impl Catalogue {
    /// What a tag says and how its weight and confidence are computed.
    pub fn about(&self, tag: &Definition) -> Bilingual {
        let (days, half_at) = (short(tag.half_life_days), number(tag.half_at));
        match &tag.kind {
            Kind::Rule(rule) => rule.about(&days),
            Kind::Statistical(Statistic::Interest(subject)) => {
                interest(*subject, &self.behaviours_of(tag), &days, &half_at, &number(tag.evidence))
            }
            Kind::Statistical(Statistic::Formula(formula)) => formula_in_words(*formula, tag, &days, &half_at),
            Kind::Model(name) => Bilingual::new(
                format!("what the model `{name}` says of the shopper, with its own weight and confidence"),
                format!("模型 `{name}` 对该顾客的判断，权重与置信度由模型给出"),
            ),
        }
    }
}

/// A setting as it is written: at most four decimals.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn interest(subject: Subject, weights: &Behaviours, days: &str, half_at: &str, evidence: &str) -> Bilingual {
    let (en, zh) = match subject {
        Subject::Category => ("categories of products", "商品品类"),
        Subject::Brand => ("brands", "品牌"),
        Subject::Style => ("styles of products", "商品风格"),
        Subject::Topic => ("topics of content", "内容话题"),
        Subject::Query => ("what was searched for", "搜索词"),
    };
    let names_zh = ["浏览", "搜索", "收藏", "加购", "购买", "评价", "分享"];
    let named = weights.named();
    let list_en: Vec<String> = named.iter().map(|(name, weight)| format!("{name} {}", number(*weight))).collect();
    let list_zh: Vec<String> =
        names_zh.iter().zip(named).map(|(name, (_, weight))| format!("{name} {}", number(weight))).collect();
    Bilingual::new(
        format!(
            "{en}: score = Σ behaviour weight × 2^(−age / {days} days), by {}; weight = score × specificity / \
             (score × specificity + {half_at}), specificity being higher the fewer shoppers share it; confidence = \
             score / (score + {evidence})",
            list_en.join(", ")
        ),
        format!(
            "{zh}：得分 = Σ 行为权重 × 2^(−距今天数 / {days})，其中{}；权重 = 得分 × 独特性 / （得分 × 独特性 + {half_at}），\
             共有此兴趣的顾客越少独特性越高；置信度 = 得分 / （得分 + {evidence}）",
            list_zh.join("、")
        ),
    )
}

fn formula_in_words(formula: Formula, tag: &Definition, days: &str, half_at: &str) -> Bilingual {
    let about = formula.about();
    let (mut en, mut zh) = (about.en.replace("half_at", half_at), about.zh.replace("half_at", half_at));
    en = en.replace("half-life", &format!("{days} days"));
    zh = zh.replace("半衰期", &format!("{days} 天"));
    let evidence = number(tag.evidence);
    en.push_str(&format!("; confidence = n / (n + {evidence}), n being the observations it rests on"));
    zh.push_str(&format!("；置信度 = n / （n + {evidence}），n 为所依据的观测数"));
    Bilingual { en, zh }
}

impl Rule {
    fn about(&self, days: &str) -> Bilingual {
        let list = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let decay_en =
            format!("weight = 2^(−days since it was said / {days}); confidence = the share of sources that agree");
        let decay_zh = format!("权重 = 2^(−距提供时的天数 / {days})；置信度 = 说法一致的来源占比");
        match self {
            Self::Trait(names) => Bilingual::new(
                format!("the first of {} that is known; {decay_en}", list(names).join(", ")),
                format!("{} 中首个已知的值；{decay_zh}", list(names).join("、")),
            ),
            Self::AgeBand(names) => Bilingual::new(
                format!("the age band by the first of {} that is known; {decay_en}", list(names).join(", ")),
                format!("依据 {} 中首个已知的值划分年龄段；{decay_zh}", list(names).join("、")),
            ),
            Self::All(conditions) => {
                let (en, zh): (Vec<String>, Vec<String>) = conditions.iter().map(Condition::about).unzip();
                Bilingual::new(
                    format!("{}; weight and confidence 1", en.join(" and ")),
                    format!("{}；权重与置信度为 1", zh.join("，且")),
                )
            }
        }
    }
}

impl Condition {
    fn about(&self) -> (String, String) {
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        if let Some(text) = &self.is {
            en.push(format!("is `{text}`"));
            zh.push(format!("为 `{text}`"));
        }
        if let Some(least) = self.at_least {
            en.push(format!("is at least {}", number(least)));
            zh.push(format!("不小于 {}", number(least)));
        }
        if let Some(most) = self.at_most {
            en.push(format!("is at most {}", number(most)));
            zh.push(format!("不大于 {}", number(most)));
        }
        (format!("`{}` {}", self.of, en.join(" and ")), format!("`{}` {}", self.of, zh.join("且")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_the_program_comes_with_says_in_both_languages_how_it_is_made() {
        let catalogue = Catalogue::builtin();
        for tag in &catalogue.tags {
            let about = catalogue.about(tag);
            assert!(!about.en.is_empty() && !about.zh.is_ascii(), "{}: {about:?}", tag.id);
            assert!(!about.en.contains("half_at") && !about.zh.contains("half_at"), "{}: {about:?}", tag.id);
        }
        let frequency = catalogue.about(catalogue.tag("consumption.frequency").unwrap());
        assert_eq!(
            frequency.en,
            "s / (s + 3), s = the orders, each × 2^(−its age / 180 days); confidence = n / (n + 2), n being the \
             observations it rests on"
        );
    }

    #[test]
    fn a_rule_of_conditions_reads_as_a_sentence() {
        let condition = |of: &str, is: Option<&str>, at_least| Condition {
            of: of.into(),
            is: is.map(str::to_owned),
            at_least,
            at_most: None,
        };
        let rule = Rule::All(vec![condition("orders", None, Some(3.0)), condition("trait.city", Some("杭州"), None)]);
        assert_eq!(rule.about("30").en, "`orders` is at least 3 and `trait.city` is `杭州`; weight and confidence 1");
    }
}
