//! Where GMV changed: by channel, category, product and segment; who brought it in; where new shoppers came from.

use std::collections::BTreeMap;

use super::content::{Bar, Chart, Section, Table, both, same};
use super::facts::{Facts, Part};
use super::figures::{change, signed};
use crate::alerts::saying::{share, told};
use crate::dashboards::list_templates::Said;
use crate::forecast::metric::Unit;

/// So many parts are shown, those that changed most; the others are one.
const SHOWN: usize = 8;

/// By what GMV is taken apart, in words.
pub(super) struct By {
    title: [&'static str; 2],
    /// One of them.
    one: [&'static str; 2],
    /// What has no such value.
    none: [&'static str; 2],
    /// What is to be known of it.
    about: Option<[&'static str; 2]>,
    /// Whether the parts add up to the whole.
    adds_up: bool,
}

pub(super) const CHANNELS: By = By {
    title: ["Where: by channel", "变化在哪里：按渠道"],
    one: ["Channel", "渠道"],
    none: ["no channel", "无渠道"],
    about: None,
    adds_up: true,
};
pub(super) const CATEGORIES: By = By {
    title: ["Where: by category", "变化在哪里：按品类"],
    one: ["Category", "品类"],
    none: ["no category", "无品类"],
    about: None,
    adds_up: true,
};
pub(super) const PRODUCTS: By = By {
    title: ["Where: by product", "变化在哪里：按商品"],
    one: ["Product", "商品"],
    none: ["no product", "无商品"],
    about: None,
    adds_up: true,
};
pub(super) const SEGMENTS: By = By {
    title: ["Where: by segment", "变化在哪里：按分群"],
    one: ["Segment", "分群"],
    none: ["none", "无"],
    about: Some([
        "By who belongs to each segment now. Somebody may belong to several, so these do not add up.",
        "按顾客当前所属的分群统计。一人可属于多个分群，因此各项不可相加。",
    ]),
    adds_up: false,
};

impl By {
    fn name(&self, part: &Part) -> Said {
        part.name.as_ref().map_or_else(|| Said::from(self.none), same)
    }
}

/// How much a part contributed: the one that brought most, the one that took most.
fn extreme(facts: &Facts, by: &By, part: &Part) -> Said {
    let name = by.name(part);
    let [one, one_zh] = by.one;
    let amount = told(&facts.money, part.change().abs());
    let [before, now] = [part.before, part.now].map(|value| told(&facts.money, value));
    let [more, more_zh] = if part.change() > 0.0 { ["more", "增加"] } else { ["less", "减少"] };
    both(
        format!("{one} \"{}\" brought in {amount} {more} than before: {now} instead of {before}.", name.en),
        format!("{one_zh}“{}”比此前{more_zh} {amount}：由 {before} 变为 {now}。", name.zh),
    )
}

/// GMV taken apart; nothing where there is nothing to take apart.
pub(super) fn by(facts: &Facts, parts: &[Part], by: &By) -> Option<Section> {
    if parts.iter().all(|part| part.name.is_none()) || parts.iter().all(|part| part.change() == 0.0) {
        return None;
    }
    let [en, zh] = by.title;
    let mut section = Section::about(en, zh);
    let rise = parts.iter().find(|part| part.change() > 0.0);
    let fall = parts.iter().find(|part| part.change() < 0.0);
    let whole = (facts.tree.now_minor - facts.tree.before_minor) as f64;
    let mut told_of: Vec<&Part> = rise.into_iter().chain(fall).collect();
    // First what went the way the whole did.
    told_of.sort_by_key(|part| (part.change() > 0.0) != (whole >= 0.0));
    section.sentences = told_of.iter().map(|part| extreme(facts, by, part)).collect();
    section.sentences.extend(by.about.map(Said::from));
    let bar = |part: &Part| Bar { name: by.name(part), value: part.change() };
    let bars = parts.iter().take(SHOWN).filter(|part| part.change() != 0.0).map(bar).collect();
    section.chart = Some(Chart::Bars { unit: facts.money.clone(), bars });
    section.table = Some(table(facts, parts, by, whole));
    Some(section)
}

fn table(facts: &Facts, parts: &[Part], by: &By, whole: f64) -> Table {
    let row = |name: Said, before: f64, now: f64| {
        let difference = now - before;
        let of_whole = if whole == 0.0 { "-".to_owned() } else { share(difference / whole) };
        let mut cells = vec![
            name,
            same(told(&facts.money, now)),
            same(told(&facts.money, before)),
            same(signed(&facts.money, difference)),
            same(change(Some(before), Some(now))),
        ];
        if by.adds_up {
            cells.push(same(of_whole));
        }
        cells
    };
    let mut rows: Vec<Vec<Said>> =
        parts.iter().take(SHOWN).map(|part| row(by.name(part), part.before, part.now)).collect();
    let others = parts.get(SHOWN..).unwrap_or_default();
    if by.adds_up && !others.is_empty() {
        let sum = |of: fn(&Part) -> f64| others.iter().map(of).sum::<f64>();
        let name = both(format!("{} others", others.len()), format!("其余 {} 项", others.len()));
        rows.push(row(name, sum(|part| part.before), sum(|part| part.now)));
    }
    let mut columns: Vec<Said> = vec![
        by.one.into(),
        ["Now", "本期"].into(),
        ["Before", "此前"].into(),
        ["More or less", "增减"].into(),
        ["Change", "变化"].into(),
    ];
    if by.adds_up {
        columns.push(["Of the change", "占总变化"].into());
    }
    Table { columns, rows }
}

/// Which buyers made most of the change.
pub(super) fn who(facts: &Facts) -> Option<Said> {
    let whole = facts.tree.now_minor - facts.tree.before_minor;
    let branch = facts.tree.branches.iter().max_by_key(|one| (one.now_minor - one.before_minor) * whole.signum())?;
    let difference = branch.now_minor - branch.before_minor;
    if whole == 0 || difference.signum() != whole.signum() {
        return None;
    }
    let [name, name_zh] = match branch.group {
        "new" => ["new shoppers", "新顾客"],
        "returning" => ["returning shoppers", "回访顾客"],
        _ => ["guests", "游客"],
    };
    let by = signed(&facts.money, difference as f64);
    let most = facts.channels.iter().find(|part| part.name.is_some() && (part.change() > 0.0) == (whole > 0));
    let (channel, channel_zh) = most.filter(|part| part.change() != 0.0).map_or_else(Default::default, |part| {
        let (name, by) = (part.name.clone().unwrap_or_default(), signed(&facts.money, part.change()));
        (format!(", by channel most with \"{name}\" ({by})"), format!("；渠道中变化最大的是“{name}”（{by}）"))
    });
    Some(both(
        format!("Most of it is with {name} ({by}){channel}."),
        format!("变化主要来自{name_zh}（{by}）{channel_zh}。"),
    ))
}

/// By which channel active shoppers, and new ones, came.
pub(super) fn newcomers(facts: &Facts) -> Option<Section> {
    let mut found: BTreeMap<Option<&str>, [f64; 6]> = BTreeMap::new();
    for (parts, place) in [(&facts.came_by_before, 0), (&facts.came_by, 3)] {
        for part in parts {
            let sums = found.entry(part.name.as_deref()).or_default();
            sums[place..place + 3].copy_from_slice(&[part.active, part.new, part.ordered]);
        }
    }
    if found.keys().all(Option::is_none) {
        return None;
    }
    let mut rows: Vec<(Option<&str>, [f64; 6])> = found.into_iter().collect();
    rows.sort_by(|(_, one), (_, other)| other[4].total_cmp(&one[4]).then(other[3].total_cmp(&one[3])));
    let mut section = Section::about("Who came: shoppers by channel", "谁来了：按渠道的顾客");
    let count = |value: f64| told(&Unit::Count, value);
    let none: Said = CHANNELS.none.into();
    let named = |name: Option<&str>| name.map_or_else(|| none.clone(), same);
    if let Some((name, sums)) = rows.first().filter(|(_, sums)| sums[4] > 0.0) {
        let (name, now, before) = (named(*name), count(sums[4]), count(sums[1]));
        section.sentences.push(both(
            format!("Most new shoppers came by \"{}\": {now}; before, {before}.", name.en),
            format!("新顾客最多来自“{}”：{now} 人，此前 {before} 人。", name.zh),
        ));
    }
    let row = |(name, sums): &(Option<&str>, [f64; 6])| {
        let [active_before, new_before, ordered_before, active, new, ordered] = *sums;
        let rate = |ordered: f64, active: f64| if active > 0.0 { share(ordered / active) } else { "-".to_owned() };
        vec![
            named(*name),
            same(count(active)),
            same(change(Some(active_before), Some(active))),
            same(count(new)),
            same(change(Some(new_before), Some(new))),
            same(rate(ordered, active)),
            same(rate(ordered_before, active_before)),
        ]
    };
    let columns = [
        ["Came first by", "首次来源渠道"],
        ["Active", "活跃"],
        ["Change", "变化"],
        ["New", "新增"],
        ["Change", "变化"],
        ["Bought", "下单率"],
        ["Before", "此前"],
    ];
    let rows = rows.iter().take(SHOWN).map(row).collect();
    section.table = Some(Table { columns: columns.map(Said::from).into(), rows });
    Some(section)
}
