//! PostgreSQL is away for a while: events are taken all the same, and figures follow when it is back.

use anyhow::{Result, ensure};
use fanvine_tests::{Column, Fanvine, wait_for};
use serde_json::json;

use crate::messages::order;

#[test]
fn events_are_taken_while_postgresql_is_away_and_counted_when_it_is_back() -> Result<()> {
    let Some(column) = Column::postgresql()? else { return Ok(()) };
    let mut shop = Fanvine::start(&column)?;
    shop.send("track", &order("m1", "o1", "u1"))?;
    shop.settle()?;
    column.shut_out()?;
    for number in 2..10 {
        shop.send("track", &order(&format!("m{number}"), &format!("o{number}"), "u1"))?;
    }
    shop.get("/healthz").expect(200)?;
    wait_for("the program to say that it is not ready", || {
        Ok((shop.get("/readyz").send()?.status == 503).then_some(()))
    })?;
    column.let_in()?;
    wait_for("the program to be ready again", || Ok((shop.get("/readyz").send()?.status == 200).then_some(())))?;
    shop.settle()?;
    let counts = json!([[9, 9 * 6_500]]);
    shop.wait_until_sql("SELECT count(*), sum(revenue_minor) FROM orders", &counts)?;
    shop.wait_until_sql("SELECT count(*), sum(revenue_minor) FROM events", &counts)?;
    ensure!(shop.stop()?.success());
    Ok(())
}
