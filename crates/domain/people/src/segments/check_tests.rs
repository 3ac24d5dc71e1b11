//! Tests of what is refused, and by which name.

use super::*;
use crate::segments::text::parse;

struct Shop;

impl Known for Shop {
    fn segment(&self, id: &str) -> Option<Vec<String>> {
        match id {
            "vip" => Some(vec!["loyal".into(), "rich".into()]),
            "loyal" => Some(vec!["new".into()]),
            "rich" | "new" => Some(Vec::new()),
            _ => None,
        }
    }
    fn list(&self, id: &str) -> bool {
        id == "staff"
    }
    fn tag(&self, id: &str) -> bool {
        id == "interest.category"
    }
    fn computed(&self, name: &str) -> bool {
        ["orders", "spend", "last_order_at"].contains(&name)
    }
}

fn faults(text: &str) -> Vec<String> {
    check(&parse(text).unwrap(), Some("new"), &Shop).iter().map(ToString::to_string).collect()
}

fn refused(text: &str, fault: &str) {
    assert_eq!(faults(text), [fault], "{text}");
}

#[test]
fn a_sound_rule_has_no_fault() {
    for text in [
        r#"bought(category = "Tea", revenue > 12.50 CNY, quantity >= 2) >= 2 in last 30 days"#,
        r#"of last 3 "Message Sent" followed by "Message Opened" on properties.message_id = 0"#,
        "viewed then bought within 7 days in last 90 days and in segment rich and not in list staff",
        r#"tag interest.category:"Tea" >= 0.6 and trait city = "上海" and trait city = "北京""#,
        "value orders >= 2 and value orders <= 2 and value last_order_at over 30 days ago and value last_order_at within last 90 days",
        "sum of revenue of bought >= 1.00 CNY in last 30 days and sum of revenue of bought < 1.00 USD in last 30 days",
        "anything on >= 3 days in last 7 calendar days",
        // Counted from now on as events arrive, and its past once: nothing is read when somebody asks.
        "did anything >= 3",
        "any(value orders >= 5, value orders < 5)",
        "any(bought in last 9 days, not bought in last 30 days)",
        "not bought and viewed",
    ] {
        let text = if text.starts_with("anything") { format!("did {text}") } else { text.to_owned() };
        assert_eq!(faults(&text), [""; 0], "{text}");
    }
}

#[test]
fn an_impossible_clause_is_named() {
    refused(
        "bought and viewed and bought >= 1 in last 0 days",
        "`all[2].event.window`: 0 days is not from 1 day to 1100 days",
    );
    refused(
        "bought between 2026-02-01 and 2026-01-01",
        "`event.window`: it ends (2026-01-01) before it begins (2026-02-01)",
    );
    refused("bought < 0 in last 3 days", "`event.measure`: nothing can meet `< 0`");
    refused("bought >= 0 in last 3 days", "`event.measure`: everything meets `>= 0`; leave the clause out");
    refused("bought >= 1001 in last 3 days", "`event.measure`: 1001 is not from 0 to 1000");
    refused("tag interest.category > 1", "`tag.weight`: nothing can meet `> 1`");
    refused("value orders between 5 and 2", "`computed.is`: it ends (2) before it begins (5)");
    refused("trait name > \"A\"", "`trait.is`: only numbers, amounts of one currency and days have an order");
    refused("any(not all())", "`any[0].not.all`: it is empty");
    refused("trait city in ()", "`trait.is`: it is empty");
    refused("did ()", "`event.of.names`: it is empty");
    refused("of last 3 viewed followed by bought > 3", "`last_of.count`: nothing can meet `> 3`");
    refused("of last 0 viewed followed by bought = 0", "`last_of.last`: 0 is not from 1 to 50");
    refused(
        "viewed then bought within 2 calendar days in last 9 days",
        "`sequence.within`: between events time is counted in minutes, hours or days, not calendar days",
    );
    refused("bought(category >= 3)", "`event.of.where[0].is`: `category` never has a value of this kind");
    refused("bought(revenue >= 3)", "`event.of.where[0].is`: `revenue` never has a value of this kind");
    refused(
        "bought(properties.at within last 3 days)",
        "`event.of.where[0].is`: a field of an event has no age; use the event's window",
    );
}

#[test]
fn clauses_that_cannot_hold_together_are_named() {
    refused("value orders >= 5 and value orders < 5", "`all[1]`: it cannot hold together with `value orders >= 5`");
    refused(
        "value spend > 5 CNY and viewed and value spend = 5 CNY",
        "`all[2]`: it cannot hold together with `value spend > 5.00 CNY`",
    );
    refused(
        "bought > 2 in last 9 days and bought < 3 in last 9 days",
        "`all[1]`: it cannot hold together with `bought > 2 in last 9 days`",
    );
    refused(
        "value last_order_at within last 30 days and value last_order_at over 90 days ago",
        "`all[1]`: it cannot hold together with `value last_order_at within last 30 days`",
    );
    refused(
        r#"bought(channel = "wechat", channel = "direct")"#,
        "`event.of.where[1]`: it cannot hold together with `channel = \"wechat\"`",
    );
}

#[test]
fn a_clause_and_its_contrary_are_refused_however_they_are_written() {
    refused("not bought and bought", "`all[1]`: it cannot hold together with `not bought`");
    refused("viewed and not bought and bought >= 2", "`all[2]`: it cannot hold together with `not bought`");
    refused("in list staff and not not not in list staff", "`all[1]`: it cannot hold together with `in list staff`");
    refused("viewed and all(bought, not viewed)", "`all[1]`: it cannot hold together with `viewed`");
    refused(
        "any(viewed, bought) and not any(bought, viewed)",
        "`all[1]`: it cannot hold together with `viewed or bought`",
    );
    refused("bought or not bought", "`any[1]`: everybody meets this or `bought`; leave one of them out");
    refused(
        "any(bought >= 2, any(viewed, bought < 3))",
        "`any[1]`: everybody meets this or `bought >= 2`; leave one of them out",
    );
    refused(
        "viewed and any(in list staff, not in list staff)",
        "`all[1].any[1]`: everybody meets this or `in list staff`; leave one of them out",
    );
}

#[test]
fn a_rule_that_would_read_everything_is_refused_with_a_hint() {
    refused(
        r#"did anything(properties.page = "home") >= 2"#,
        "`event.window`: this reads every event there ever was; name the event, or give it a window such as `in last 90 days`",
    );
    refused(
        "sum of revenue of bought >= 5 CNY",
        "`event.window`: this adds up every event there ever was; give it a window such as `in last 365 days`, or use a computed value",
    );
    refused("bought in last 1101 days", "`event.window`: 1101 days is not from 1 day to 1100 days");
}

#[test]
fn what_is_not_known_is_named() {
    refused("in segment lost or bought", "`any[0].segment`: there is no segment `lost`");
    refused("not in list friends", "`not.list`: there is no list `friends`");
    refused("tag mood > 0.5", "`tag.tag`: there is no tag `mood`");
    refused("value mood exists", "`computed.name`: there is no computed value `mood`");
}

#[test]
fn a_segment_is_never_defined_by_itself() {
    refused("in segment vip", "`segment`: segment `new` would be defined by itself, through `loyal`");
    refused("viewed and in segment new", "`all[1].segment`: segment `new` would be defined by itself, through `new`");
}

#[test]
fn a_rule_has_a_size() {
    let clauses = vec!["viewed"; 65].join(" and ");
    refused(&clauses, "it has 65 parts, at most 64 are allowed");
    refused(
        &format!("trait {} exists", "x".repeat(257)),
        "`trait.name`: it has 257 characters, at most 256 are allowed",
    );
    let nested = format!("{}viewed", "not ".repeat(9));
    assert!(faults(&nested)[0].ends_with("it lies deeper than 8 levels; make the inner part a segment of its own"));
}

#[test]
fn every_fault_is_told_in_chinese_too() {
    let rule = parse("in segment lost and value orders >= 5 and value orders < 5").unwrap();
    let chinese: Vec<_> = check(&rule, None, &Shop).iter().map(Fault::chinese).collect();
    assert_eq!(chinese, ["`all[0].segment`: 分群 `lost` 不存在", "`all[2]`: 与 `value orders >= 5` 不可能同时成立"]);
}
