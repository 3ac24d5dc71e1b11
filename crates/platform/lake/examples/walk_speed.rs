//! How fast a walk goes over all events of a lake, by question, on as many threads as there are cores.
//!
//! `cargo run --release -p fanvine-lake --example walk_speed -- 50000000 FOLDER`: a folder that holds a lake is used again.

use std::time::Instant;

use fanvine_kernel::{Event, EventKind, Timestamp};
use fanvine_lake::{Column, Lake, LakeError, LakeOptions, Run, Snapshot, Visitor, Walk};

const SHOPPERS: u64 = 1_000_000;
const DAYS: u64 = 90;
const START: i64 = 1_772_323_200;
const LANES: u64 = 1_000;
/// Names and how many of a hundred events have them.
const NAMES: [(&str, u64); 7] = [
    ("Product Viewed", 60),
    ("Products Searched", 10),
    ("Product Added", 12),
    ("Checkout Started", 6),
    ("Order Completed", 4),
    ("Product Shared", 5),
    ("Content Liked", 3),
];

fn mixed(number: u64) -> u64 {
    let mut state = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// A thousand shoppers are there at a time, each for five events.
fn event(number: u64, total: u64) -> Event {
    let (lane, turn) = (number % LANES, number / LANES);
    let shopper = mixed(lane * 1_000_003 + turn / 5) % SHOPPERS;
    let mut drawn = mixed(number ^ 0x5555) % 100;
    let name = NAMES.iter().find(|(_, share)| match drawn.checked_sub(*share) {
        Some(rest) => {
            drawn = rest;
            false
        }
        None => true,
    });
    let name = name.map_or("Page", |(name, _)| name);
    let bought = name == "Order Completed";
    let at = START as u64 * 1_000_000 + number * (DAYS * 86_400 * 1_000_000 / total);
    Event {
        message_id: format!("m{number:x}"),
        kind: EventKind::Track,
        name: name.to_owned(),
        source: "src_1".parse().unwrap_or_else(|_| unreachable!()),
        user_id: Some(format!("u{shopper}")),
        anonymous_id: None,
        occurred_at: Timestamp::from_micros(at as i64),
        received_at: Timestamp::from_micros(at as i64 + 100_000),
        session_id: None,
        product_id: Some(format!("sku-{}", mixed(number) % 5_000)),
        order_id: bought.then(|| format!("o{number}")),
        quantity: bought.then_some(1),
        revenue_minor: bought.then_some((mixed(number ^ 7) % 50_000) as i64),
        currency: bought.then(|| "CNY".parse().ok()).flatten(),
        channel: Some("wechat".to_owned()),
        campaign: None,
        referrer: None,
        properties: None,
        context: None,
    }
}

async fn fill(lake: &Lake, total: u64) -> Result<(), LakeError> {
    let started = Instant::now();
    for first in (lake.next_offset()..total).step_by(10_000) {
        let next = (first + 10_000).min(total);
        let batch: Vec<(u64, Event)> = (first..next).map(|number| (number, event(number, total))).collect();
        lake.ingest(first, &batch, next)?;
        lake.maintain(false).await?;
    }
    lake.flush().await?;
    lake.compact().await?;
    eprintln!("filled in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Looks at nothing but how many there are.
#[derive(Default)]
struct Count(u64);

impl Visitor for Count {
    fn visit(&mut self, run: &Run<'_>) {
        self.0 += run.len() as u64;
    }
}

/// An ordered funnel of three steps within a week.
struct Funnel {
    steps: Vec<u8>,
    reached: [u64; 4],
}

impl Visitor for Funnel {
    fn visit(&mut self, run: &Run<'_>) {
        // Place 0 is for events that are no step: nothing waits there.
        let mut begun = [0u32; 16];
        let mut depth = 0;
        for (at, event) in run.seconds().iter().zip(run.events()) {
            let step = self.steps.get(usize::from(*event)).copied().unwrap_or(0);
            let before = begun[usize::from(step.saturating_sub(1) & 15)];
            let from = if step <= 1 { *at } else { before };
            if at - from <= 7 * 86_400 {
                begun[usize::from(step & 15)] = from;
                depth = depth.max(usize::from(step));
            }
        }
        for reached in &mut self.reached[..=depth] {
            *reached += 1;
        }
    }
}

/// Shoppers on each day.
struct Days(Vec<u64>);

impl Visitor for Days {
    fn visit(&mut self, run: &Run<'_>) {
        let mut before = u32::MAX;
        for at in run.seconds() {
            let day = (at - START as u32) / 86_400;
            if day != before {
                before = day;
                if let Some(count) = self.0.get_mut(day as usize) {
                    *count += 1;
                }
            }
        }
    }
}

/// CPU the process used so far, from `/proc`.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
    ticks.map_or(0.0, |ticks| ticks.filter_map(|tick| tick.parse::<f64>().ok()).sum::<f64>() * 10.0)
}

fn timed<V: Visitor>(
    name: &str,
    snapshot: &Snapshot,
    walk: &Walk,
    make: impl Fn() -> V + Sync,
    show: impl Fn(&[V]) -> String,
) -> Result<(), LakeError> {
    let (mut best, before) = (f64::MAX, cpu_ms());
    let mut shown = String::new();
    for _ in 0..5 {
        let started = Instant::now();
        let visitors = snapshot.walk(walk, |_| make())?;
        best = best.min(started.elapsed().as_secs_f64());
        shown = show(&visitors);
    }
    let cpu = (cpu_ms() - before) / 5.0;
    println!("{name:<28} {:>8.0} ms {cpu:>8.0} ms of CPU   {shown}", best * 1_000.0);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let total: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = arguments.next().ok_or("usage: walk_speed EVENTS FOLDER")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    runtime.block_on(async {
        let mut options = LakeOptions::new(folder);
        options.flush_bytes = 24 << 20;
        let lake = Lake::open(options).await?;
        fill(&lake, total).await?;
        let stats = lake.stats();
        println!(
            "{} events, {} files, {:.1} bytes an event",
            stats.rows,
            stats.files,
            stats.bytes as f64 / stats.rows as f64
        );
        let snapshot = lake.snapshot()?;
        let all = Walk::default();
        timed("nothing", &snapshot, &all, Count::default, |all| all.iter().map(|one| one.0).sum::<u64>().to_string())?;
        let exact = Walk { micros: true, ..Walk::default() };
        timed("nothing, microseconds", &snapshot, &exact, Count::default, |all| {
            all.iter().map(|one| one.0).sum::<u64>().to_string()
        })?;
        let mut steps = vec![0u8; 16];
        for (step, name) in ["Product Viewed", "Product Added", "Order Completed"].into_iter().enumerate() {
            if let Some(code) = snapshot.event_code(name) {
                steps[usize::from(code)] = step as u8 + 1;
            }
        }
        let funnel = || Funnel { steps: steps.clone(), reached: [0; 4] };
        timed("funnel of 3", &snapshot, &all, funnel, |all| {
            format!("{:?}", (0..4).map(|step| all.iter().map(|one| one.reached[step]).sum::<u64>()).collect::<Vec<_>>())
        })?;
        timed(
            "shoppers by day",
            &snapshot,
            &all,
            || Days(vec![0; DAYS as usize]),
            |all| format!("{:?}", (0..3).map(|day| all.iter().map(|one| one.0[day]).sum::<u64>()).collect::<Vec<_>>()),
        )?;
        let orders = Walk { events: Some(vec!["Order Completed".to_owned()]), ..Walk::default() };
        timed("orders only", &snapshot, &orders, Count::default, |all| {
            all.iter().map(|one| one.0).sum::<u64>().to_string()
        })?;
        let revenue = Walk { columns: vec![Column::RevenueMinor], ..orders };
        timed("orders with revenue", &snapshot, &revenue, Count::default, |all| {
            all.iter().map(|one| one.0).sum::<u64>().to_string()
        })?;
        Ok(())
    })
}
