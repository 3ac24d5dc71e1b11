//! Durable claims a second, on one hot SKU and on 10,000 accounts: 64 clients, each waiting for its answer before it asks
//! again. The ledger's lane on SQLite and PostgreSQL, beside conditional updates of the same PostgreSQL by the same
//! clients, and a Lua decrement in Redis with its append-only file synced before every answer.
//!
//! Unlike the other benchmarks it calls the ledger as a library: what is measured is the writer, not HTTP, which its peers
//! do not speak.
//!
//! It needs a PostgreSQL whose address is in `FANVINE_TEST_POSTGRES`, and `redis-server` on the path. Whatever is missing
//! is left out and said. `cargo run --release -p fanvine-bench --bin claims`

use std::future::Future;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use fanvine_bench::report::{Row, count, machine, quantile, table, write};
use fanvine_kernel::{Clock, Timestamp};
use fanvine_ledger::{Account, Command as Claim, Kind, Lane, Leg, MIGRATIONS, prove};
use fanvine_store::Store;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const CLIENTS: u64 = 64;
const CLAIMS: u64 = 60_000;
const ACCOUNTS: [u64; 2] = [1, 10_000];
/// An odd step spreads claims over all accounts.
const STEP: u64 = 7_919;

/// What one contender did: claims a second, and the 99th percentile of how long one took, in milliseconds.
struct Measured {
    rate: f64,
    p99_ms: f64,
}

/// Sends every claim through 64 clients; `client` makes one, which is asked claim after claim.
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
            let mut took = Vec::with_capacity((CLAIMS / CLIENTS) as usize * 2);
            loop {
                let claim = next.fetch_add(1, Relaxed);
                if claim >= CLAIMS {
                    return Ok::<_, anyhow::Error>(took);
                }
                let begun = Instant::now();
                ask(claim).await?;
                took.push(begun.elapsed().as_micros() as u32);
            }
        });
    }
    let mut took = Vec::new();
    for outcome in tasks.join_all().await {
        took.extend(outcome?);
    }
    let rate = CLAIMS as f64 / begun.elapsed().as_secs_f64();
    Ok(Measured { rate, p99_ms: f64::from(quantile(&mut took, 0.99)) / 1e3 })
}

/// Tells the moment it was made.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

async fn lane(store: &Store, accounts: u64) -> Result<Measured> {
    let lane = Lane::start(store.clone(), Arc::new(Still(Timestamp::from_seconds(1_800_000_000))));
    let account = move |name: String, kind| Account::new(format!("{accounts}/{name}"), "units", kind);
    for first in (0..accounts).step_by(500) {
        let stock = |number| account(format!("stock/{number}"), Kind::FlashStock);
        let mint = account("mint".into(), Kind::Issue);
        let legs =
            (first..accounts.min(first + 500)).map(|at| Leg::new(mint.clone(), stock(at), CLAIMS as i64)).collect();
        lane.carry_out(vec![Claim::transfer(format!("issue/{accounts}/{first}"), legs)], vec![]).await?;
    }
    let measured = measure(async || {
        let lane = lane.clone();
        Ok(move |claim: u64| {
            let (lane, from) = (lane.clone(), format!("stock/{}", claim * STEP % accounts));
            let leg = Leg::new(account(from, Kind::FlashStock), account("sold".into(), Kind::Gone), 1);
            let claim = Claim::transfer(format!("claim/{accounts}/{claim}"), vec![leg]);
            async move {
                lane.carry_out(vec![claim], vec![]).await?;
                Ok(())
            }
        })
    });
    let measured = measured.await?;
    let proof = store.read(|tx| Box::pin(prove(tx))).await?;
    ensure!(proof.faults.is_empty(), "the ledger does not hold: {:?}", proof.faults);
    Ok(measured)
}

/// The same without our writer: one statement that takes a unit if there is one and writes the claim down, by its key.
async fn conditional_updates(url: &str, accounts: u64) -> Result<Measured> {
    const CLAIM: &str = "WITH taken AS (UPDATE stock SET units = units - 1 WHERE id = $1 AND units > 0 RETURNING id)
        INSERT INTO claims (idempotency_key, stock) SELECT $2, id FROM taken ON CONFLICT DO NOTHING";
    let mut setting_up = PgConnection::connect(url).await?;
    for sql in [
        "DROP TABLE IF EXISTS stock, claims",
        "CREATE TABLE stock (id BIGINT PRIMARY KEY, units BIGINT NOT NULL) WITH (fillfactor = 50)",
        "CREATE TABLE claims (idempotency_key TEXT PRIMARY KEY, stock BIGINT NOT NULL)",
    ] {
        sqlx::query(sql).execute(&mut setting_up).await?;
    }
    let fill = sqlx::query("INSERT INTO stock SELECT n, $1 FROM generate_series(0, $2) n");
    fill.bind(CLAIMS as i64).bind(accounts as i64 - 1).execute(&mut setting_up).await?;
    let measured = measure(async || {
        let connection = Arc::new(tokio::sync::Mutex::new(PgConnection::connect(url).await?));
        Ok(move |claim: u64| {
            let connection = connection.clone();
            async move {
                let mut connection = connection.lock().await;
                let query = sqlx::query(CLAIM).bind((claim * STEP % accounts) as i64).bind(format!("claim/{claim}"));
                let done = query.execute(&mut *connection).await?;
                ensure!(done.rows_affected() == 1, "claim {claim} was not taken");
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

struct Redis {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It is of no use any more; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Redis {
    async fn start() -> Result<Self> {
        let folder = scratch()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]);
        command.args(["--appendfsync", "always", "--dir"]).arg(folder.path());
        let child = command.stdout(Stdio::null()).spawn().context("redis-server is not on the path")?;
        let redis = Self { child, port, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(redis);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        bail!("redis-server does not answer")
    }

    async fn ask(stream: &mut BufReader<TcpStream>, words: &[&str]) -> Result<String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(request.as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.starts_with('$') {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        Ok(line.trim().to_owned())
    }
}

async fn lua_decrement(redis: &Redis, accounts: u64) -> Result<Measured> {
    const SCRIPT: &str = "if redis.call('setnx', KEYS[2], KEYS[1]) == 0 then return 1 end
        if tonumber(redis.call('get', KEYS[1])) < 1 then return 0 end redis.call('decr', KEYS[1]) return 1";
    let connect = async || Ok::<_, anyhow::Error>(BufReader::new(TcpStream::connect(("127.0.0.1", redis.port)).await?));
    let mut setting_up = connect().await?;
    Redis::ask(&mut setting_up, &["FLUSHALL"]).await?;
    for stock in 0..accounts {
        Redis::ask(&mut setting_up, &["SET", &format!("stock/{stock}"), &CLAIMS.to_string()]).await?;
    }
    let script: Arc<str> = Redis::ask(&mut setting_up, &["SCRIPT", "LOAD", SCRIPT]).await?.into();
    let measured = measure(async || {
        let stream = Arc::new(tokio::sync::Mutex::new(connect().await?));
        let script = script.clone();
        Ok(move |claim: u64| {
            let (stream, script) = (stream.clone(), script.clone());
            async move {
                let (stock, key) = (format!("stock/{}", claim * STEP % accounts), format!("claim/{claim}"));
                let said = Redis::ask(&mut *stream.lock().await, &["EVALSHA", &script, "2", &stock, &key]).await?;
                ensure!(said == ":1", "claim {claim} was answered {said}");
                Ok(())
            }
        })
    });
    measured.await
}

/// Everything measured of one number of accounts, by contender.
async fn round(accounts: u64, postgres: Option<&str>, redis: Option<&Redis>) -> Result<Vec<(&'static str, Measured)>> {
    let folder = scratch()?;
    let mut all = Vec::new();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("claims.db").display())).await?;
    store.migrate(MIGRATIONS).await?;
    all.push(("Fanvine on SQLite", lane(&store, accounts).await?));
    store.close().await;
    if let Some(server) = postgres {
        let name = format!("fanvine_claims_{}_{accounts}", std::process::id());
        let url = fanvine_store::create_database(server, &name).await?;
        let store = Store::open(&url).await?;
        store.migrate(MIGRATIONS).await?;
        all.push(("Fanvine on PostgreSQL", lane(&store, accounts).await?));
        store.close().await;
        all.push(("PostgreSQL, conditional updates", conditional_updates(&url, accounts).await?));
        fanvine_store::drop_database(server, &name).await?;
    }
    if let Some(redis) = redis {
        all.push(("Redis, Lua, AOF fsync always", lua_decrement(redis, accounts).await?));
    }
    Ok(all)
}

#[tokio::main]
async fn main() -> Result<()> {
    let postgres = std::env::var("FANVINE_TEST_POSTGRES").ok();
    let redis = Redis::start().await.inspect_err(|error| println!("left out: {error:#}")).ok();
    if postgres.is_none() {
        println!("left out: FANVINE_TEST_POSTGRES names no PostgreSQL");
    }
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for accounts in ACCOUNTS {
        let what = if accounts == 1 { "hot SKU".to_owned() } else { format!("{} accounts", count(accounts as f64)) };
        let all = round(accounts, postgres.as_deref(), redis.as_ref()).await?;
        let rate =
            |name: &str| all.iter().find(|(known, _)| known.starts_with(name)).map(|(_, measured)| measured.rate);
        let pairs = [
            ("PostgreSQL", "Fanvine on PostgreSQL", "PostgreSQL,"),
            ("Redis AOF always", "Fanvine on SQLite", "Redis,"),
        ];
        for (against, ours, peer) in pairs {
            if let (Some(ours), Some(peer_rate)) = (rate(ours), rate(peer)) {
                let name = all.iter().find(|(known, _)| known.starts_with(peer)).map_or(peer, |(name, _)| *name);
                rows.push(Row::new(
                    format!("{what} claims/s against {against}"),
                    ours,
                    "claims/s",
                    name,
                    peer_rate,
                    1.0,
                ));
            }
        }
        for (name, measured) in all {
            println!("{what}: {name}: {:.0} claims/s, p99 {:.1} ms", measured.rate, measured.p99_ms);
            lines.push(vec![format!("{what}, {name}"), count(measured.rate), format!("{:.1}", measured.p99_ms)]);
        }
    }
    let head = ["64 clients, each waiting for its answer", "claims/s", "p99 ms"];
    let page = format!("Durable claims, {CLAIMS} of each. {}.\n\n{}", machine(), table(&head, &lines));
    write("claims", &rows, &page)
}
