//! How soon an event can be queried, and where events go that come late or out of order.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::ensure;
use fanvine_tests::{Fanvine, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::messages::{track, track_at};

on_both_columns! {
    fn an_event_can_be_queried_soon_after_its_answer(column) {
        let shop = Fanvine::start(&column)?;
        let mut waits = Vec::new();
        for number in 0..20 {
            let id = format!("m{number}");
            shop.send("track", &track(&id, "Product Viewed", "u1", json!({})))?;
            let answered = Instant::now();
            let query = format!("SELECT count(*) FROM events WHERE message_id = '{id}'");
            wait_for(&format!("{id} to be found"), || Ok((shop.value(&query)? == 1).then_some(())))?;
            waits.push(answered.elapsed().as_millis());
        }
        waits.sort_unstable();
        println!("queryable after {} ms at the median and {} ms at most (goal: 2,000 ms), {}", waits[10], waits[19], column.name());
        Ok(())
    }

    fn late_and_disordered_events_land_where_they_belong(column) {
        let mut shop = Fanvine::start(&column)?;
        let (mut per_day, mut sent) = (BTreeMap::<String, i64>::new(), 0_u64);
        // Three deliveries, each over the same forty days and in no order; the program is stopped, or killed, between.
        for delivery in 0..3 {
            let mut batch = Vec::new();
            for number in 0..400_u64 {
                let mixed = (number * 7_919 + delivery * 104_729) % 400;
                let day = format!("2026-{:02}-{:02}", 3 + mixed % 40 / 28, 1 + mixed % 40 % 28);
                let at = format!("{day}T{:02}:{:02}:00Z", mixed * 7 % 24, mixed * 13 % 60);
                *per_day.entry(day).or_default() += 1;
                batch.push(track_at(&format!("m{sent}"), "Product Viewed", &format!("u{}", mixed % 10), &at, json!({})));
                sent += 1;
            }
            batch.chunks(150).try_for_each(|some| shop.send_batch(some))?;
            match delivery {
                0 => ensure!(shop.stop()?.success()),
                1 => shop.kill()?,
                _ => continue,
            }
            shop.begin()?;
        }
        shop.wait_until_sql("SELECT count(*), count(DISTINCT message_id) FROM events", &json!([[sent, sent]]))?;
        let found = shop.sql("SELECT CAST(CAST(occurred_at AS DATE) AS VARCHAR), count(*) FROM events GROUP BY 1 ORDER BY 1")?;
        let expected: Vec<Vec<Value>> = per_day.into_iter().map(|(day, count)| vec![day.into(), count.into()]).collect();
        ensure!(found == expected, "{found:?}\n{expected:?}");
        let span = shop.sql("SELECT user_id, count(*) FROM events WHERE occurred_at < '2026-03-02' GROUP BY 1 ORDER BY 1")?;
        ensure!(span.iter().map(|row| row[1].as_i64().unwrap_or(0)).sum::<i64>() == expected[0][1].as_i64().unwrap_or(-1), "{span:?}");
        let ordered = shop.sql("SELECT CAST(occurred_at AS BIGINT) AS micros FROM events WHERE user_id = 'u3' ORDER BY occurred_at")?;
        let times: Vec<i64> = ordered.iter().filter_map(|row| row[0].as_i64()).collect();
        ensure!(times.len() == 120 && times.is_sorted(), "{times:?}");
        Ok(())
    }
}
