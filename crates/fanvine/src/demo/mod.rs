//! `fanvine demo`: a made-up shop with 90 days behind it, plays in flight, and a storefront to try them on.
//!
//! Everything comes in by the ways any shop has: the history as a file that is imported, the rest over HTTP with a server key.
//! The same seed makes the same shop.

mod api;
mod campaign;
mod chance;
mod history;
mod keys;
mod seed;
mod shop;
mod world;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fanvine_kernel::Clock;
use tokio::net::TcpListener;

use crate::ambient::{self, SystemClock};
use crate::import::{self, Import};
use crate::serve::{self, Running, Serve};
use crate::settings::{Place, Settings};
use api::Api;
use keys::Keys;
use shop::Shop;

/// The shop's currency.
const CURRENCY: &str = "CNY";
const ZONE: &str = "Asia/Shanghai";
/// How often it is asked whether the server is there, and how many times.
const PAUSE: Duration = Duration::from_millis(100);
const TRIES: u32 = 1_200;

/// Show what Fanvine does on a made-up shop with a storefront, ready to be tried
///
/// The first start makes the shop; a later one over the same folder goes on with it.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Folder that holds the demonstration
    #[arg(long, env = "FANVINE_DATA_DIR", default_value = "fanvine-demo", value_name = "DIR")]
    data_dir: PathBuf,
    /// Address of Fanvine
    #[arg(long, env = "FANVINE_LISTEN", default_value = "127.0.0.1:8480", value_name = "ADDR")]
    listen: SocketAddr,
    /// Address of the shop
    #[arg(long, default_value = "127.0.0.1:8481", value_name = "ADDR")]
    shop: SocketAddr,
    /// How many shoppers it has had
    #[arg(long, default_value_t = 20_000, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    shoppers: u32,
    /// By which everything is drawn
    #[arg(long, default_value_t = 7, value_name = "NUMBER")]
    seed: u64,
}

/// Makes the shop if it is not there yet, and serves both until told to stop.
pub async fn run(demo: Demo) -> Result<()> {
    std::fs::create_dir_all(&demo.data_dir)
        .with_context(|| format!("cannot create the folder {}", demo.data_dir.display()))?;
    let mut keys = Keys::of(&demo.data_dir)?;
    ambient::set_ahead(keys.ahead_micros);
    let place =
        Place { time_zone: Some(ZONE.parse()?), currency: Some(CURRENCY.parse()?), ..Place::of(&demo.data_dir) };
    if !keys.imported {
        bring_history(&demo, &place).await?;
        keys.imported = true;
        keys.save(&demo.data_dir)?;
    }
    let listener = TcpListener::bind(demo.shop).await.with_context(|| format!("cannot listen on {}", demo.shop))?;
    let shop_url = format!("http://{}", listener.local_addr()?);
    let settings = settings(&place, &keys, &shop_url)?;
    // One that was left behind says where a server was, not where it is.
    let _ = std::fs::remove_file(demo.data_dir.join(Running::FILE));
    let serve = Serve::with_keys(place, demo.listen, &keys.write_key, &keys.server_key, &keys.owner_password);
    let shopkeeper = tokio::spawn(open_shop(demo, keys, listener, shop_url));
    let served = serve::with(serve, settings).await;
    if shopkeeper.is_finished() {
        shopkeeper.await??;
    }
    served
}

fn settings(place: &Place, keys: &Keys, shop_url: &str) -> Result<Settings> {
    let mut settings = Settings::load(place)?;
    settings.shop.name = "Cloud Tea 云茶".into();
    settings.webhooks.private_addresses = true;
    settings.pages.sign_in_url = Some(format!("{shop_url}/sign-in"));
    settings.pages.pay_url = Some(format!("{shop_url}/pay"));
    settings.pages.shop_url = Some(format!("{shop_url}/"));
    settings.pages.embed_from = vec![shop_url.to_owned()];
    settings.pages.write_key = Some(keys.write_key.clone());
    Ok(settings)
}

/// Writes the history into a file and imports it.
async fn bring_history(demo: &Demo, place: &Place) -> Result<()> {
    println!("Making up a shop with {} shoppers and {} days behind it …", demo.shoppers, history::DAYS);
    let file = demo.data_dir.join("history.jsonl");
    let (path, shoppers, seed) = (file.clone(), demo.shoppers, demo.seed);
    let now = SystemClock.now();
    tokio::task::spawn_blocking(move || history::write(&path, shoppers, seed, now)).await??;
    import::run(Import::of_segment(file.clone(), place.clone())).await?;
    std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))
}

/// Waits for Fanvine, sets the shop up, and serves it.
async fn open_shop(demo: Demo, keys: Keys, listener: TcpListener, url: String) -> Result<()> {
    let opened = open(&demo, keys, listener, url).await;
    if let Err(error) = &opened {
        eprintln!("fanvine: the shop did not open: {error:#}");
    }
    opened
}

async fn open(demo: &Demo, mut keys: Keys, listener: TcpListener, url: String) -> Result<()> {
    let fanvine = running(&demo.data_dir).await?;
    let api = Api::new(&fanvine, &keys.server_key);
    if !keys.seeded {
        let (setting_up, shop_url, drawn, people) = (api.clone(), url.clone(), demo.seed, demo.shoppers);
        keys = tokio::task::spawn_blocking(move || seed::set_up(&setting_up, keys, &shop_url, drawn, people)).await??;
        keys.save(&demo.data_dir)?;
    }
    let sessions = Mutex::new(HashMap::new());
    println!("  console       {fanvine}   {}   password {}", keys::OWNER, keys.owner_password);
    println!("  demo shop     {url}   (on a phone, or as narrow as one)");
    let shop = Shop { api, keys, data_dir: demo.data_dir.clone(), sessions };
    axum::serve(listener, shop::router(Arc::new(shop))).await.context("the shop stopped")
}

/// Where Fanvine answers, once it does.
async fn running(data_dir: &Path) -> Result<String> {
    for _ in 0..TRIES {
        if let Some(running) = Running::read(data_dir) {
            return Ok(running.url);
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("Fanvine did not start within {} s", TRIES / 10)
}
