//! How fast events become Parquet, on one core, and how many bytes each takes there.
//!
//! `cargo run --release -p fanvine-lake --example ingest_rate -- 2000000`

use std::time::Instant;

use fanvine_kernel::event::Json;
use fanvine_kernel::{Event, EventKind, Timestamp};
use fanvine_lake::{Lake, LakeOptions};

const BATCH: u64 = 1_000;

fn event(number: u64) -> Event {
    // A multiplicative generator is random enough here, and the same in every run.
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2545_F491_4F6C_DD1D;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let shopper = draw(50_000);
    let at = 1_772_323_200_000_000 + number as i64 * 40_000 + draw(1_000_000) as i64;
    let product = format!("sku-{:05}", draw(20_000));
    let bought = draw(40) == 0;
    let price = draw(50_000) as i64 + 99;
    let properties = format!(
        r#"{{"product_id":"{product}","name":"Product {}","category":"cat-{}","price":{}.{:02},"currency":"CNY","position":{},"list_id":"home-{}"}}"#,
        draw(20_000),
        draw(40),
        price / 100,
        price % 100,
        draw(50),
        draw(9)
    );
    let context = format!(
        r#"{{"library":{{"name":"analytics.js","version":"2.1.0"}},"page":{{"path":"/p/{product}","title":"Product"}},"ip":"10.0.{}.{}"}}"#,
        draw(255),
        draw(255)
    );
    Event {
        message_id: format!("{:016x}-{:016x}", draw(u64::MAX), draw(u64::MAX)),
        kind: EventKind::Track,
        name: if bought { "Order Completed" } else { "Product Viewed" }.to_owned(),
        source: "src_1".parse().unwrap_or_else(|_| unreachable!()),
        user_id: shopper.is_multiple_of(3).then(|| format!("user-{shopper}")),
        anonymous_id: Some(format!("anon-{shopper:08}")),
        occurred_at: Timestamp::from_micros(at),
        received_at: Timestamp::from_micros(at + 150_000),
        session_id: Some(format!("s-{shopper}-{}", number / 500_000)),
        product_id: Some(product),
        order_id: bought.then(|| format!("order-{number}")),
        quantity: bought.then_some(1),
        revenue_minor: bought.then_some(price),
        currency: "CNY".parse().ok(),
        channel: Some(["direct", "organic_search", "wechat"][draw(3) as usize].to_owned()),
        campaign: None,
        referrer: None,
        properties: Some(Json::of_valid(properties)),
        context: Some(Json::of_valid(context)),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let total: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let lake = Lake::open(LakeOptions::new(folder.path())).await?;
        let (mut ingesting, mut flushing, mut text) = (0.0, 0.0, 0usize);
        for first in (0..total).step_by(BATCH as usize) {
            let next = (first + BATCH).min(total);
            let batch: Vec<(u64, Event)> = (first..next).map(|number| (number, event(number))).collect();
            text += batch.iter().map(|(_, event)| event.encode().len()).sum::<usize>();
            let started = Instant::now();
            lake.ingest(first, &batch, next)?;
            ingesting += started.elapsed().as_secs_f64();
            let stats = lake.stats();
            if stats.hot_rows >= 250_000 || stats.hot_bytes >= 64 << 20 || next == total {
                let started = Instant::now();
                lake.flush().await?;
                flushing += started.elapsed().as_secs_f64();
            }
        }
        let flushed = lake.stats();
        let started = Instant::now();
        lake.compact().await?;
        let compacting = started.elapsed().as_secs_f64();
        let stats = lake.stats();
        let rate = |seconds: f64| total as f64 / seconds;
        println!("{total} events of {} bytes", text as u64 / total);
        println!("ingest            {:>10.0} events/s", rate(ingesting));
        println!("flush             {:>10.0} events/s", rate(flushing));
        println!("ingest and flush  {:>10.0} events/s", rate(ingesting + flushing));
        println!(
            "after flushes     {:>10.1} bytes an event in {} files",
            flushed.bytes as f64 / total as f64,
            flushed.files
        );
        println!("compaction        {compacting:>10.2} s");
        println!(
            "after compaction  {:>10.1} bytes an event in {} files",
            stats.bytes as f64 / total as f64,
            stats.files
        );
        Ok(())
    })
}
