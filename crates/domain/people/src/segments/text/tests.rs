//! Tests of the text form.

use proptest::prelude::*;

use super::parse;
use crate::segments::Rule;
use crate::segments::samples::wild_rule;

fn refused(text: &str) -> (String, String) {
    let error = parse(text).unwrap_err();
    (error.to_string(), error.chinese())
}

#[test]
fn every_form_of_the_text_prints_as_it_was_read() {
    for text in [
        r#"bought(category = "Tea") >= 2 in last 30 days and of last 3 "Message Sent" followed by "Message Opened" on properties.message_id = 0 and tag interest.category:"Tea" >= 0.6 and not in segment staff"#,
        r#"trait 城市 in ("上海", "北京") or value orders between 2 and 5 or value last_order_at over 90 days ago"#,
        r#"not (trait vip = true and trait since < 2026-01-31) and (in list "VIP 2025" or in segment vip)"#,
        r#"did ("A", "B")(product_id != "7", properties."odd \"path\"" exists, revenue > 12.50 CNY) < 3 in last 15 minutes"#,
        r#"did anything on >= 3 days in last 7 calendar days"#,
        r#"sum of revenue of bought >= 100.00 CNY between 2026-01-01 and 2026-01-31"#,
        r#"sum of properties.score of "Game Played" < 1.5 in last 1 hour"#,
        r#"viewed then added then bought within 7 days without "Coupon Applied" in last 90 days"#,
        r#"added and bought = 0 since added"#,
        r#"value last_order_at within last 30 calendar days and trait name starts with "A" and trait mail contains "@""#,
        "all() and any(bought, viewed and shared)",
    ] {
        let rule = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let printed = rule.to_string();
        assert_eq!(parse(&printed), Ok(rule), "{printed}");
        if !text.contains("any(") {
            assert_eq!(printed, text);
        }
    }
}

#[test]
fn words_may_be_written_in_capitals_and_spread_over_lines() {
    let rule = parse("Bought >= 2 TIMES\n  IN LAST 30 days\n AND value spend >= 100 CNY AND tag x").unwrap();
    assert_eq!(rule.to_string(), "bought >= 2 in last 30 days and value spend >= 100.00 CNY and tag x > 0");
}

#[test]
fn and_binds_tighter_than_or() {
    assert_eq!(parse("bought or viewed and shared").unwrap().to_string(), "bought or (viewed and shared)",);
}

#[test]
fn what_cannot_be_read_says_where_and_what_should_stand_there() {
    assert_eq!(
        refused("bought and"),
        (
            "at character 11: expected a clause, which begins with `did`, `bought`, `sum of`, `of last`, `trait`, `value`, `tag`, `in segment` or `in list`, found the end".to_owned(),
            "第 11 个字符处：此处应为一个条件，以 `did`、`bought`、`sum of`、`of last`、`trait`、`value`、`tag`、`in segment` 或 `in list` 开头，实际为结尾".to_owned(),
        ),
    );
    assert_eq!(refused("trait 城市 ~ 3").0, "at character 10: `~` means nothing in a rule");
    assert_eq!(refused("bought - 3").1, "第 8 个字符处：规则中不能使用 `-`");
    assert_eq!(refused("did \"A").1, "第 5 个字符处：引号没有闭合");
    assert_eq!(refused("bought in last 99999999999 days").0, "at character 16: `99999999999` is out of range");
    assert_eq!(refused("bought between 2026-02-30 and 2026-03-01").1, "第 16 个字符处：`2026-02-30` 超出范围");
    assert_eq!(refused("bought >= 2.5").0, "at character 11: expected a whole number, found `2.5`");
    assert!(refused("viewed then bought within 7 days").0.contains("the window of the sequence"));
    assert!(refused("sum of category of bought > 1").0.starts_with("at character 8: expected revenue, quantity"));
    assert!(refused("bought bought").0.contains("expected `and`, `or` or the end"));
    assert!(refused(&"(".repeat(5_000)).0.contains("more than 32 levels"));
    assert!(refused(&"not ".repeat(5_000)).0.contains("more than 32 levels"));
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same_rule(rule in wild_rule()) {
        let text = rule.to_string();
        prop_assert_eq!(parse(&text), Ok(rule.clone()), "{}", text);
        let json = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule, "{}", json);
    }

    #[test]
    fn arbitrary_text_never_panics(
        text in ".{0,60}",
        words in proptest::collection::vec("did|bought|not|\\(|\\)|and|in|last|3|days|\"A\"|=|trait|x|then|of|-|2026-1|:|,", 0..12),
    ) {
        let _ = parse(&text);
        let _ = parse(&words.join(" "));
    }
}
