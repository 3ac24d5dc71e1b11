//! How many claims a second become durable through the lane: 64 clients, each waiting for its answer before it asks again,
//! on one hot account and on 10,000. `cargo run --release --example claims -- sqlite:claims.db 20000`

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Instant;

use fanvine_kernel::{Clock, Timestamp};
use fanvine_ledger::{Account, Command, Kind, Lane, LedgerError, Leg, MIGRATIONS, prove};
use fanvine_store::Store;

/// Tells the moment it was made.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

const CLIENTS: i64 = 64;

#[tokio::main]
async fn main() -> Result<(), LedgerError> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "sqlite:claims.db".to_owned());
    let claims: i64 = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(20_000);
    let store = Store::open(&url).await?;
    store.migrate(MIGRATIONS).await?;
    let lane = Lane::start(store.clone(), Arc::new(Still(Timestamp::from_seconds(1_800_000_000))));
    for accounts in [1, 10_000] {
        let run = format!("{accounts}/{:?}", std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default());
        let account = |name: String, kind| Account::new(format!("{name}/{run}"), "units", kind);
        let mint = account("mint".into(), Kind::Issue);
        let stock = |number: i64| account(format!("stock/{number}"), Kind::FlashStock);
        for first in (0..accounts).step_by(500) {
            let legs = (first..accounts.min(first + 500)).map(|n| Leg::new(mint.clone(), stock(n), claims)).collect();
            lane.carry_out(vec![Command::transfer(format!("issue/{first}/{run}"), legs)], vec![]).await?;
        }
        let (begun, next) = (Instant::now(), Arc::new(AtomicI64::new(0)));
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..CLIENTS {
            let (lane, next, run) = (lane.clone(), next.clone(), run.clone());
            let sold = account("sold".into(), Kind::Gone);
            let stocks: Vec<Account> = (0..accounts).map(stock).collect();
            clients.spawn(async move {
                loop {
                    let claim = next.fetch_add(1, Relaxed);
                    if claim >= claims {
                        return Ok::<_, LedgerError>(());
                    }
                    let Some(from) = stocks.get((claim * 7_919 % accounts) as usize) else { return Ok(()) };
                    let leg = Leg::new(from.clone(), sold.clone(), 1);
                    lane.carry_out(vec![Command::transfer(format!("claim/{claim}/{run}"), vec![leg])], vec![]).await?;
                }
            });
        }
        for outcome in clients.join_all().await {
            outcome?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        println!("{} on {accounts} accounts: {:.0} claims/s", store.kind(), claims as f64 / seconds);
    }
    let proof = store.read(|tx| Box::pin(prove(tx))).await?;
    println!("{} transfers proved, {} faults", proof.transfers, proof.faults.len());
    Ok(())
}
