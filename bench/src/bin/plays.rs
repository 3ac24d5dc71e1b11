//! Durable joins a second of one hot group-buy campaign: 64 clients, each waiting for its answer before it asks again. A join
//! quotes the order, holds it against every limit, and reserves the seat, the stock and the shopper's turn in one commit, with
//! the redemption and the event that tells of it. Beside it the plain PostgreSQL version by the same clients: one statement
//! that takes a unit of stock and a free seat by conditional updates and writes the member down, without a quote.
//!
//! And durable draws a second of one lottery in which one in ten wins, by the same clients: a draw's number comes of the committed
//! seed; what it is paid with, the prize's stock, what is won, the draw and its event are one commit. Beside it one statement of
//! PostgreSQL that rolls, takes the prize by a conditional update and writes the draw down, once for each shopper.
//!
//! It calls the room as a library: what is measured is not HTTP, which its peer does not speak. It needs a PostgreSQL whose
//! address is in `FANVINE_TEST_POSTGRES`; without, that part is left out and said.
//! `cargo run --release -p fanvine-bench --bin plays`

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use fanvine_bench::report::{Row, count, machine, quantile, table, write};
use fanvine_kernel::{Clock, Entropy, Timestamp, Zone};
use fanvine_ledger::prove;
use fanvine_promote::Promote;
use fanvine_promote::checkout::{ReserveForm, Status};
use fanvine_promote::lottery::DrawForm;
use fanvine_store::Store;
use serde_json::json;
use sqlx::{Connection, PgConnection};

const CLIENTS: u64 = 64;
const JOINS: u64 = 20_000;
/// Members of a group, the leader included: the most there can be.
const SIZE: u64 = 200;
/// As many groups as hold all who join.
const GROUPS: u64 = JOINS.div_ceil(SIZE - 1);

/// What one contender did: joins a second, and the 99th percentile of how long one took, in milliseconds.
struct Measured {
    rate: f64,
    p99_ms: f64,
}

/// Tells the moment it was made.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Counts instead of guessing: identifiers must differ, nobody must not know them.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, into: &mut [u8]) {
        let number = self.0.fetch_add(1, Relaxed).to_be_bytes();
        into.iter_mut().rev().zip(number.iter().rev()).for_each(|(to, from)| *to = *from);
    }
}

/// Sends every join through 64 clients; `client` makes one, which is asked join after join.
async fn measure<C, F, M>(client: M) -> Result<Measured>
where
    M: AsyncFn() -> Result<C>,
    C: FnMut(u64) -> F + Send + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(client().await?);
    }
    let (next, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for mut ask in clients {
        let next = next.clone();
        tasks.spawn(async move {
            let mut took = Vec::with_capacity((JOINS / CLIENTS) as usize * 2);
            loop {
                let join = next.fetch_add(1, Relaxed);
                if join >= JOINS {
                    return Ok::<_, anyhow::Error>(took);
                }
                let begun = Instant::now();
                ask(join).await?;
                took.push(begun.elapsed().as_micros() as u32);
            }
        });
    }
    let mut took = Vec::new();
    for outcome in tasks.join_all().await {
        took.extend(outcome?);
    }
    let rate = JOINS as f64 / begun.elapsed().as_secs_f64();
    Ok(Measured { rate, p99_ms: f64::from(quantile(&mut took, 0.99)) / 1e3 })
}

fn order(shopper: String) -> Result<ReserveForm> {
    Ok(serde_json::from_value(json!({
        "cart": { "currency": "CNY", "lines": [
            { "line_id": "1", "product_id": "mug", "quantity": 1, "unit_minor": 2_000 },
        ]},
        "shopper": { "shopper_id": shopper },
        "expect_payable_minor": 1_200,
    }))?)
}

/// A published campaign with groups that are led and paid for, ready to be joined.
async fn campaign(promote: &Promote) -> Result<Vec<String>> {
    let terms = json!({ "name": "Mugs together", "rules": {
        "kind": "group_buy", "product_id": "mug", "hours": 24, "stock": JOINS + GROUPS, "per_shopper": 1,
        "sizes": [{ "size": SIZE, "unit_minor": 1_200 }],
    }});
    promote.put_play("mugs".into(), serde_json::from_value(terms)?, "bench".into()).await?;
    promote.publish_play("mugs".into(), "bench".into()).await?;
    let mut groups = Vec::new();
    for number in 0..GROUPS {
        let leader = json!({ "size": SIZE, "order": order(format!("leader-{number}"))? });
        let seat = promote.open_group("mugs", format!("open-{number}"), serde_json::from_value(leader)?).await?;
        promote.settle(&seat.redemption.redemption_id, Status::Redeemed).await?;
        groups.push(seat.group.group_id);
    }
    Ok(groups)
}

async fn opened(store: &Store) -> Result<Arc<Promote>> {
    store.migrate(fanvine_ledger::MIGRATIONS).await?;
    store.migrate(fanvine_promote::MIGRATIONS).await?;
    let clock = Arc::new(Still(Timestamp::from_seconds(1_800_000_000)));
    let entropy = Arc::new(Counting(AtomicU64::new(1)));
    Ok(Arc::new(Promote::open(store.clone(), clock, entropy, Zone::UTC).await?))
}

async fn is_sound(store: &Store) -> Result<()> {
    let proof = store.read(|tx| Box::pin(prove(tx))).await?;
    ensure!(proof.faults.is_empty(), "the ledger does not hold: {:?}", proof.faults);
    Ok(())
}

/// What can be won, in parts of 1,000,000: one draw in ten wins.
const PRIZES: [(&str, i64); 2] = [("mug", 10_000), ("points", 90_000)];

async fn draws(store: &Store) -> Result<Measured> {
    let promote = opened(store).await?;
    let prizes = PRIZES.map(|(id, odds)| {
        json!({ "prize_id": id, "name": id, "odds": odds, "stock": JOINS, "value_minor": 100,
            "gives": { "kind": "points", "points": 5 } })
    });
    let terms = json!({ "name": "Wheel", "ends_at": "2027-02-01T00:00:00Z", "rules": {
        "kind": "lottery", "currency": "CNY", "daily_free": 1, "prizes": prizes } });
    promote.put_play("wheel".into(), serde_json::from_value(terms)?, "bench".into()).await?;
    promote.publish_play("wheel".into(), "bench".into()).await?;
    let measured = measure(async || {
        let promote = promote.clone();
        Ok(move |draw: u64| {
            let promote = promote.clone();
            async move {
                let form = DrawForm { shopper_id: format!("shopper-{draw}"), pay_with: None };
                promote.draw_lottery("wheel", format!("draw-{draw}"), form).await?;
                Ok(())
            }
        })
    });
    let measured = measured.await?;
    is_sound(store).await?;
    Ok(measured)
}

/// The same without our writer, without a seed that anybody can verify, and without a ledger.
async fn plain_draws(url: &str) -> Result<Measured> {
    const DRAW: &str = "WITH roll AS MATERIALIZED (SELECT floor(random() * 1000000)::bigint AS n),
        won AS (UPDATE prizes SET stock = stock - 1 WHERE stock > 0
            AND id = (SELECT id FROM prizes, roll WHERE n >= low AND n < high) RETURNING id)
        INSERT INTO draws (shopper, idempotency_key, prize) SELECT $1, $2, (SELECT id FROM won) ON CONFLICT DO NOTHING";
    let mut setting_up = PgConnection::connect(url).await?;
    for sql in [
        "CREATE TABLE prizes (id TEXT PRIMARY KEY, low BIGINT NOT NULL, high BIGINT NOT NULL, stock BIGINT NOT NULL)
         WITH (fillfactor = 50)",
        "CREATE TABLE draws (shopper TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, prize TEXT)",
    ] {
        sqlx::query(sql).execute(&mut setting_up).await?;
    }
    let mut low = 0;
    for (id, odds) in PRIZES {
        let fill = sqlx::query("INSERT INTO prizes VALUES ($1, $2, $3, $4)").bind(id).bind(low).bind(low + odds);
        fill.bind(JOINS as i64).execute(&mut setting_up).await?;
        low += odds;
    }
    let measured = measure(async || {
        let connection = Arc::new(tokio::sync::Mutex::new(PgConnection::connect(url).await?));
        Ok(move |draw: u64| {
            let connection = connection.clone();
            async move {
                let mut connection = connection.lock().await;
                let query = sqlx::query(DRAW).bind(format!("shopper-{draw}")).bind(format!("draw-{draw}"));
                let done = query.execute(&mut *connection).await?;
                ensure!(done.rows_affected() == 1, "draw {draw} was not made");
                Ok(())
            }
        })
    });
    measured.await
}

async fn joins(store: &Store) -> Result<Measured> {
    let promote = opened(store).await?;
    let groups: Arc<[String]> = campaign(&promote).await?.into();
    let measured = measure(async || {
        let (promote, groups) = (promote.clone(), groups.clone());
        Ok(move |join: u64| {
            let (promote, groups) = (promote.clone(), groups.clone());
            async move {
                let group = groups.get((join % GROUPS) as usize).context("no group")?;
                promote.join_group(group, format!("join-{join}"), order(format!("shopper-{join}"))?).await?;
                Ok(())
            }
        })
    });
    let measured = measured.await?;
    is_sound(store).await?;
    Ok(measured)
}

/// The same without our writer and without a quote.
async fn conditional_updates(url: &str) -> Result<Measured> {
    const JOIN: &str = "WITH stock AS (UPDATE campaign SET units = units - 1 WHERE units > 0 RETURNING id),
        seat AS (UPDATE seats SET free = free - 1 WHERE id = $1 AND free > 0 AND EXISTS (SELECT 1 FROM stock) RETURNING id)
        INSERT INTO members (group_id, shopper, idempotency_key) SELECT id, $2, $3 FROM seat ON CONFLICT DO NOTHING";
    let mut setting_up = PgConnection::connect(url).await?;
    for sql in [
        "CREATE TABLE campaign (id BIGINT PRIMARY KEY, units BIGINT NOT NULL) WITH (fillfactor = 50)",
        "CREATE TABLE seats (id BIGINT PRIMARY KEY, free BIGINT NOT NULL) WITH (fillfactor = 50)",
        "CREATE TABLE members (group_id BIGINT NOT NULL, shopper TEXT NOT NULL, idempotency_key TEXT NOT NULL UNIQUE,
         PRIMARY KEY (group_id, shopper))",
    ] {
        sqlx::query(sql).execute(&mut setting_up).await?;
    }
    sqlx::query("INSERT INTO campaign VALUES (1, $1)").bind(JOINS as i64).execute(&mut setting_up).await?;
    let fill = sqlx::query("INSERT INTO seats SELECT n, $1 FROM generate_series(0, $2) n");
    fill.bind(SIZE as i64 - 1).bind(GROUPS as i64 - 1).execute(&mut setting_up).await?;
    let measured = measure(async || {
        let connection = Arc::new(tokio::sync::Mutex::new(PgConnection::connect(url).await?));
        Ok(move |join: u64| {
            let connection = connection.clone();
            async move {
                let mut connection = connection.lock().await;
                let query = sqlx::query(JOIN).bind((join % GROUPS) as i64).bind(format!("shopper-{join}"));
                let done = query.bind(format!("join-{join}")).execute(&mut *connection).await?;
                ensure!(done.rows_affected() == 1, "join {join} was not taken");
                Ok(())
            }
        })
    });
    measured.await
}

/// A folder on the disk that is measured.
fn scratch() -> Result<tempfile::TempDir> {
    let Some(place) = std::env::var_os("FANVINE_BENCH_DIR") else { return Ok(tempfile::tempdir()?) };
    std::fs::create_dir_all(&place)?;
    Ok(tempfile::tempdir_in(place)?)
}

/// What is done.
#[derive(Clone, Copy)]
enum Work {
    Joins,
    Draws,
}

impl Work {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Work::Joins => ("group-buy joins/s against PostgreSQL", "joins/s"),
            Work::Draws => ("lottery draws/s against PostgreSQL", "draws/s"),
        }
    }

    async fn ours(self, store: &Store) -> Result<Measured> {
        match self {
            Work::Joins => joins(store).await,
            Work::Draws => draws(store).await,
        }
    }

    async fn plain(self, url: &str) -> Result<Measured> {
        match self {
            Work::Joins => conditional_updates(url).await,
            Work::Draws => plain_draws(url).await,
        }
    }

    /// Everything measured, by contender; our column on PostgreSQL and its peer where there is one.
    async fn round(self, postgres: Option<&str>) -> Result<Vec<(&'static str, Measured)>> {
        let folder = scratch()?;
        let store = Store::open(&format!("sqlite:{}", folder.path().join("plays.db").display())).await?;
        let mut all = vec![("Fanvine on SQLite", self.ours(&store).await?)];
        store.close().await;
        if let Some(server) = postgres {
            let name = format!("fanvine_plays_{}", std::process::id());
            let url = fanvine_store::create_database(server, &name).await?;
            let store = Store::open(&url).await?;
            all.push(("Fanvine on PostgreSQL", self.ours(&store).await?));
            store.close().await;
            all.push(("PostgreSQL, conditional updates", self.plain(&url).await?));
            fanvine_store::drop_database(server, &name).await?;
        }
        Ok(all)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let postgres = std::env::var("FANVINE_TEST_POSTGRES").ok();
    if postgres.is_none() {
        println!("left out: FANVINE_TEST_POSTGRES names no PostgreSQL");
    }
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for work in [Work::Joins, Work::Draws] {
        let (words, unit) = work.words();
        let all = work.round(postgres.as_deref()).await?;
        if let [_, (_, ours), (peer, plain)] = all.as_slice() {
            rows.push(Row::new(words, ours.rate, unit, peer, plain.rate, 1.0));
        }
        let line = |(name, one): (&str, Measured)| {
            vec![format!("{unit}, {name}"), count(one.rate), format!("{:.1}", one.p99_ms)]
        };
        lines.extend(all.into_iter().map(line));
    }
    let head = ["64 clients, each waiting for its answer", "a second", "p99 ms"];
    let page = format!(
        "Durable joins of one group-buy campaign in {GROUPS} groups, and draws of one lottery, {JOINS} of each. {}.\n\n{}",
        machine(),
        table(&head, &lines)
    );
    write("plays", &rows, &page)
}
