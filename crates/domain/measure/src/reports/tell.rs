//! Putting figures into words. Everything here follows from the facts alone.

use super::content::{Bar, Chart, Content, Line, Section, Table, both, same};
use super::facts::Facts;
use super::figures::{change, days, metric, on_days, short_day, signed, went};
use super::where_it_changed::{self, newcomers};
use crate::alerts::saying::{capital, told};
use crate::dashboards::list_templates::Said;
use crate::forecast::metric::Unit;
use crate::goals::progress::GoalStatus;
use crate::metrics::definitions::{ALL, Definition, Measured};
use crate::metrics::tree::{Branch, Factor};

/// What stands in the table of the summary.
const KEY_FIGURES: [&str; 13] = [
    "gmv",
    "net_revenue",
    "refund_rate",
    "orders",
    "aov",
    "units_per_order",
    "buyers",
    "new_buyers",
    "conversion",
    "active_shoppers",
    "new_shoppers",
    "sessions",
    "bounce_rate",
];
const SOCIAL: [&str; 8] =
    ["share_rate", "shares", "openings_each", "brought", "k_factor", "cycle_s", "like_rate", "comment_rate"];
const COST: [&str; 6] = ["spend", "spend_share", "new_buyers", "cac", "roas", "roi"];

/// What a report says.
pub(super) fn content(facts: &Facts) -> Content {
    let sections = [
        Some(summary(facts)),
        why(facts),
        where_it_changed::by(facts, &facts.channels, &where_it_changed::CHANNELS),
        where_it_changed::by(facts, &facts.categories, &where_it_changed::CATEGORIES),
        where_it_changed::by(facts, &facts.products, &where_it_changed::PRODUCTS),
        where_it_changed::by(facts, &facts.segments, &where_it_changed::SEGMENTS),
        newcomers(facts),
        social(facts),
        cost(facts),
        goals(facts),
        alerts(facts),
        to_know(facts),
    ];
    Content {
        shop: facts.shop.clone(),
        from: facts.period.from,
        to: facts.period.to,
        before_from: facts.before.from,
        before_to: facts.before.to,
        headline: headline(facts),
        sections: sections.into_iter().flatten().collect(),
    }
}

/// What GMV was and how it went.
fn headline(facts: &Facts) -> Said {
    let (now, before) = (facts.tree.now_minor as f64, facts.tree.before_minor as f64);
    let how = went(before, now, &facts.money);
    let (was, period, compared) = (told(&facts.money, now), days(facts.period), days(facts.before));
    both(
        format!("GMV {} was {was}, {} {}.", on_days(facts.period), how.en, on_days(facts.before)),
        format!("{} 的 GMV（成交总额）为 {was}，{}（对比 {}）。", period.zh, how.zh, compared.zh),
    )
}

fn summary(facts: &Facts) -> Section {
    let mut section = Section::about("In short", "概要");
    section.sentences.push(headline(facts));
    section.sentences.extend(driver(facts));
    section.sentences.extend(where_it_changed::who(facts));
    section.sentences.extend(people(facts));
    section.chart = run(facts);
    section.table = Some(table(facts, &KEY_FIGURES));
    section
}

/// How GMV ran.
fn run(facts: &Facts) -> Option<Chart> {
    let run = &facts.run;
    if run.now.iter().flatten().all(|value| *value == 0.0) && run.before.iter().flatten().all(|value| *value == 0.0) {
        return None;
    }
    let mut lines = vec![Line { name: same("GMV"), values: run.now.clone() }];
    if !run.before.is_empty() {
        // As many places as the period has: the one before may be a day longer or shorter.
        let values = (0..run.now.len()).map(|place| run.before.get(place).copied().flatten()).collect();
        lines.push(Line { name: both("before", "此前"), values });
    }
    let labels = run.starts.iter().map(|start| short_day(*start)).collect();
    Some(Chart::Lines { unit: facts.money.clone(), labels, lines })
}

/// Metrics beside what they were.
fn table(facts: &Facts, keys: &[&str]) -> Table {
    let row = |definition: &&Definition| {
        let (now, before) = ((definition.value)(&facts.all), (definition.value)(&facts.all_before));
        vec![
            both(definition.name.en, definition.name.zh),
            metric(definition.measured, now, &facts.money),
            metric(definition.measured, before, &facts.money),
            same(change(before, now)),
        ]
    };
    let columns = [["Figure", "指标"], ["Now", "本期"], ["Before", "此前"], ["Change", "变化"]];
    Table {
        columns: columns.map(Said::from).into(),
        rows: keys.iter().filter_map(|key| ALL.iter().find(|one| one.key == *key)).map(|one| row(&one)).collect(),
    }
}

/// What a factor is called.
fn factor_name(key: &str) -> [&'static str; 2] {
    match key {
        "active_shoppers" => ["the number of active shoppers", "活跃顾客数"],
        "conversion" => ["conversion", "转化率"],
        "frequency" => ["orders per buyer", "人均订单数"],
        "orders" => ["the number of orders", "订单数"],
        "units_per_order" => ["units per order", "单均件数"],
        _ => ["revenue per unit", "件单价"],
    }
}

fn factor_value(facts: &Facts, key: &str, value: f64) -> String {
    match key {
        "conversion" => metric(Measured::Share, Some(value), &facts.money).en,
        "unit_price" => told(&facts.money, value),
        "active_shoppers" | "orders" => told(&Unit::Count, value),
        _ => format!("{value:.2}"),
    }
}

/// What drove GMV, in one sentence: the largest contribution with the change, and the largest against it.
fn driver(facts: &Facts) -> Option<Said> {
    let change = facts.tree.now_minor - facts.tree.before_minor;
    let along = |minor: i64| (change >= 0) == (minor > 0);
    let known = facts.tree.contributions.iter().filter(|one| one.contribution_minor != 0);
    let (with, against): (Vec<_>, Vec<_>) = known.partition(|one| along(one.contribution_minor));
    let most = with.first().filter(|_| change != 0)?;
    let [name, name_zh] = factor_name(most.key);
    let by = signed(&facts.money, most.contribution_minor as f64);
    let counter =
        against.first().map(|one| (factor_name(one.key), signed(&facts.money, one.contribution_minor as f64)));
    let (but, but_zh) = counter.map_or_else(Default::default, |([name, name_zh], by)| {
        (format!("; {name} worked against it ({by})"), format!("；{name_zh}起反向作用（{by}）"))
    });
    Some(both(
        format!("What made it change most is {name} ({by}){but}."),
        format!("影响最大的因素是{name_zh}（{by}）{but_zh}。"),
    ))
}

/// How many came, and how many of them bought.
fn people(facts: &Facts) -> Vec<Said> {
    let (now, before) = (&facts.all, &facts.all_before);
    if now.active == 0 && before.active == 0 {
        return vec![both("Nobody known did anything in these days.", "这些天没有已知顾客的任何行为。")];
    }
    let count = |count: u64| told(&Unit::Count, count as f64);
    let active = went(before.active as f64, now.active as f64, &Unit::Count);
    let new = went(before.new as f64, now.new as f64, &Unit::Count);
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let (rate, was) = (share(now.buyers, now.active), share(before.buyers, before.active));
    let [rate, was] = [rate, was].map(|value| told(&Unit::Share, value));
    vec![
        both(
            format!(
                "{} shoppers were active, {}; {} of them were new, {}.",
                count(now.active),
                active.en,
                count(now.new),
                new.en
            ),
            format!("活跃顾客 {} 人，{}；其中新顾客 {} 人，{}。", count(now.active), active.zh, count(now.new), new.zh),
        ),
        both(
            format!("{rate} of active shoppers bought something; before, {was} did."),
            format!("活跃顾客中 {rate} 下了单，此前为 {was}。"),
        ),
    ]
}

/// Which factor of which buyers made GMV change. Contributions sum to the change.
fn why(facts: &Facts) -> Option<Section> {
    let tree = &facts.tree;
    if tree.now_minor == tree.before_minor {
        return None;
    }
    let mut section = Section::about("Why: what made GMV change", "为什么：GMV 变化的原因");
    section.sentences = tree.branches.iter().filter_map(|branch| of_branch(facts, branch)).collect();
    let bar = |one: &crate::metrics::tree::Contribution| {
        let [en, zh] = factor_name(one.key);
        Bar { name: both(capital(en.trim_start_matches("the ")), zh), value: one.contribution_minor as f64 }
    };
    let bars = tree.contributions.iter().filter(|one| one.contribution_minor != 0).map(bar).collect();
    section.chart = Some(Chart::Bars { unit: facts.money.clone(), bars });
    let rows =
        tree.branches.iter().flat_map(|branch| branch.factors.iter().map(|factor| of_factor(facts, branch, factor)));
    let columns = [["Factor", "因素"], ["Now", "本期"], ["Before", "此前"], ["Added to GMV", "对 GMV 的贡献"]];
    section.table = Some(Table { columns: columns.map(Said::from).into(), rows: rows.collect() });
    Some(section)
}

fn group_name(branch: &Branch) -> [&'static str; 2] {
    match branch.group {
        "new" => ["new shoppers", "新顾客"],
        "returning" => ["returning shoppers", "回访顾客"],
        _ => ["guests", "游客"],
    }
}

fn of_factor(facts: &Facts, branch: &Branch, factor: &Factor) -> Vec<Said> {
    let ([group, group_zh], [name, name_zh]) = (group_name(branch), factor_name(factor.key));
    let value = |value: f64| same(factor_value(facts, factor.key, value));
    let name = capital(name.trim_start_matches("the "));
    vec![
        both(format!("{name}, {group}"), format!("{group_zh}：{name_zh}")),
        value(factor.now),
        value(factor.before),
        same(signed(&facts.money, factor.contribution_minor as f64)),
    ]
}

/// How much more or less a group of buyers brought in, and by what most.
fn of_branch(facts: &Facts, branch: &Branch) -> Option<Said> {
    let change = branch.now_minor - branch.before_minor;
    let mut factors: Vec<&Factor> = branch.factors.iter().filter(|one| one.contribution_minor != 0).collect();
    factors.sort_by_key(|one| std::cmp::Reverse(one.contribution_minor.abs()));
    if change == 0 || factors.is_empty() {
        return None;
    }
    let told_of = |factor: &&Factor| {
        let [name, name_zh] = factor_name(factor.key);
        let [now, before] = [factor.now, factor.before].map(|value| factor_value(facts, factor.key, value));
        let by = signed(&facts.money, factor.contribution_minor as f64);
        both(format!("{name}, from {before} to {now} ({by})"), format!("{name_zh}由 {before} 变为 {now}（{by}）"))
    };
    let most: Vec<Said> = factors.iter().take(2).map(told_of).collect();
    let list = |pick: fn(&Said) -> &str, with: &str| most.iter().map(pick).collect::<Vec<_>>().join(with);
    let [group, group_zh] = group_name(branch);
    let (sum, by) = (told(&facts.money, branch.now_minor as f64), told(&facts.money, change.abs() as f64));
    let [more, more_zh] = if change > 0 { ["more", "增加"] } else { ["less", "减少"] };
    Some(both(
        format!(
            "{} brought in {sum}, {by} {more} than before, most of all by {}.",
            capital(group),
            list(|one| &one.en, " and ")
        ),
        format!("{group_zh}带来 {sum}，比此前{more_zh} {by}，主要因为{}。", list(|one| &one.zh, "、")),
    ))
}

fn social(facts: &Facts) -> Option<Section> {
    let (now, before) = (&facts.all, &facts.all_before);
    if [now.shares, before.shares, now.openings, before.openings].iter().all(|count| *count == 0) {
        return None;
    }
    let mut section = Section::about("Sharing", "分享");
    let count = |count: u64| told(&Unit::Count, count as f64);
    let shares = went(before.shares as f64, now.shares as f64, &Unit::Count);
    let brought = went(before.brought as f64, now.brought as f64, &Unit::Count);
    section.sentences.push(both(
        format!(
            "Shoppers shared {} times, {}. That brought {} new shoppers, {}.",
            count(now.shares),
            shares.en,
            count(now.brought),
            brought.en
        ),
        format!(
            "顾客分享了 {} 次，{}；由此带来新顾客 {} 人，{}。",
            count(now.shares),
            shares.zh,
            count(now.brought),
            brought.zh
        ),
    ));
    section.table = Some(table(facts, &SOCIAL));
    Some(section)
}

fn cost(facts: &Facts) -> Option<Section> {
    let (now, before) = (&facts.all, &facts.all_before);
    if now.spend_minor == 0 && before.spend_minor == 0 {
        return None;
    }
    let mut section = Section::about("What growth costs", "增长的成本");
    let amount = |minor: f64| told(&facts.money, minor);
    let spend = went(before.spend_minor as f64, now.spend_minor as f64, &facts.money);
    let each = |spend: i64, buyers: u64| (spend > 0 && buyers > 0).then(|| spend as f64 / buyers as f64);
    let cac = each(now.spend_minor, now.new_buyers).map(amount);
    let was = each(before.spend_minor, before.new_buyers).map(amount);
    let (en, zh) = match (cac, was) {
        (Some(cac), Some(was)) => {
            (format!(" A new customer cost {cac}; before, {was}."), format!("获取一位新客户花费 {cac}，此前为 {was}。"))
        }
        (Some(cac), None) => (format!(" A new customer cost {cac}."), format!("获取一位新客户花费 {cac}。")),
        _ => Default::default(),
    };
    let sum = amount(now.spend_minor as f64);
    section
        .sentences
        .push(both(format!("Marketing cost {sum}, {}.{en}", spend.en), format!("营销花费 {sum}，{}。{zh}", spend.zh)));
    section.table = Some(table(facts, &COST));
    Some(section)
}

fn status_name(status: GoalStatus) -> [&'static str; 2] {
    match status {
        GoalStatus::Upcoming => ["has not begun", "尚未开始"],
        GoalStatus::Reached => ["is reached", "已达成"],
        GoalStatus::Missed => ["was missed", "未达成"],
        GoalStatus::OnTrack => ["is on track", "进展正常"],
        GoalStatus::Likely => ["is likely to be reached", "有望达成"],
        GoalStatus::AtRisk => ["is at risk", "有风险"],
        GoalStatus::OffTrack => ["is off track", "难以达成"],
        GoalStatus::Unknown => ["cannot be told yet", "尚无法判断"],
    }
}

fn goals(facts: &Facts) -> Option<Section> {
    let mut section = Section::about("Goals", "目标");
    for (name, progress, target) in &facts.goals {
        let [status, status_zh] = status_name(progress.status);
        let told = |value: f64| told(&progress.unit, value);
        let (so_far, target) = (told(progress.actual.unwrap_or_default()), told(*target));
        let (en, zh) = progress.expected.map(told).map_or_else(Default::default, |expected| {
            (format!("; {expected} is expected in the end"), format!("，预计最终为 {expected}"))
        });
        section.sentences.push(both(
            format!("\"{name}\" {status}: {so_far} of {target}{en}."),
            format!("“{name}”{status_zh}：目标 {target}，目前 {so_far}{zh}。"),
        ));
    }
    (!section.sentences.is_empty()).then_some(section)
}

fn alerts(facts: &Facts) -> Option<Section> {
    const SHOWN: usize = 10;
    let mut section = Section::about("Alerts", "预警");
    let told_of = |one: &crate::alerts::list_raisings::Raising| {
        let said = &one.found.said;
        both(format!("{}: {}", one.alert_name, said.en), format!("{}：{}", one.alert_name, said.zh))
    };
    section.sentences = facts.raisings.iter().take(SHOWN).map(told_of).collect();
    if let Some(more) = facts.raisings.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        section.sentences.push(both(format!("And {more} more."), format!("另有 {more} 条。")));
    }
    (!section.sentences.is_empty()).then_some(section)
}

/// What a reader must know to read the figures right.
fn to_know(facts: &Facts) -> Option<Section> {
    let mut section = Section::about("What to know", "须知");
    if facts.today <= facts.period.to {
        section.sentences.push(both(
            format!("{} is not over: its figures will grow.", facts.period.to),
            format!("{} 尚未结束，数字还会增加。", facts.period.to),
        ));
    }
    if let Some(first) = facts.first_day.filter(|first| *first > facts.before.from) {
        section.sentences.push(both(
            format!("The first event is of {first}, so the days it is compared with are not known as a whole: changes look larger than they are."),
            format!("最早的事件是 {first}，用于对比的日期数据不完整，变化看起来会偏大。"),
        ));
    }
    for one in &facts.other_currencies {
        let amount = told(&crate::forecast::series::money(one.currency.parse().ok()), one.revenue_minor as f64);
        section.sentences.push(both(
            format!("{} orders in another currency, {amount}, are not in the figures.", one.orders),
            format!("另有 {} 个其他货币的订单（{amount}）未计入。", one.orders),
        ));
    }
    (!section.sentences.is_empty()).then_some(section)
}
