//! Many clients at once, who go on asking while the program is killed and comes back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, SERVER_KEY};
use serde_json::Value;

const CLIENTS: usize = 64;

/// What the clients share while the program comes and goes.
pub struct Crowd {
    /// Where the program answers; none while it is down.
    url: Mutex<Option<String>>,
    back: Condvar,
    /// Orders that came to their end.
    done: AtomicUsize,
    progress: (Mutex<()>, Condvar),
    broken: AtomicBool,
}

/// What a client asks with.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(fanvine_tests::PATIENCE)).build().new_agent()
}

impl Crowd {
    pub fn new(url: &str) -> Self {
        Self {
            url: Mutex::new(Some(url.to_owned())),
            back: Condvar::new(),
            done: AtomicUsize::new(0),
            progress: (Mutex::default(), Condvar::new()),
            broken: AtomicBool::new(false),
        }
    }

    /// Lets 64 clients work, and kills the program so often while they bring that many orders to an end.
    pub fn hammer(
        &self,
        shop: &mut Fanvine,
        crashes: usize,
        orders: usize,
        client: impl Fn() -> Result<()> + Sync,
    ) -> Result<()> {
        std::thread::scope(|scope| {
            let work = || {
                let done = client();
                if done.is_err() {
                    self.give_up();
                }
                done
            };
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(work)).collect();
            let crashed = (1..=crashes).try_for_each(|crash| -> Result<()> {
                self.wait_for(crash * orders / (crashes + 1))?;
                self.set_address(None);
                shop.kill()?;
                shop.begin()?;
                self.set_address(Some(&shop.url));
                Ok(())
            });
            if crashed.is_err() {
                self.give_up();
            }
            for client in clients {
                client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
            }
            crashed
        })
    }

    /// Asks until there is an answer that says something of the request itself: 200, or a refusal for good.
    pub fn ask(&self, agent: &ureq::Agent, path: &str, key: &str, body: &Value) -> Result<(u16, Value)> {
        loop {
            let url = format!("{}{path}", self.address());
            ensure!(!self.broken.load(SeqCst), "another client failed, or the program did not come back");
            let request = agent.post(url).header("Authorization", format!("Bearer {SERVER_KEY}"));
            let request = request.header("Idempotency-Key", key).header("Content-Type", "application/json");
            let Ok(mut reply) = request.send(body.to_string()) else { continue };
            let status = reply.status().as_u16();
            let Ok(text) = reply.body_mut().read_to_string() else { continue };
            if status < 500 && status != 429 {
                return Ok((status, serde_json::from_str(&text).with_context(|| text.clone())?));
            }
        }
    }

    /// An order came to its end.
    pub fn has_done_one(&self) {
        self.done.fetch_add(1, SeqCst);
        self.tell();
    }

    fn address(&self) -> String {
        let mut url = self.url.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match url.as_ref() {
                Some(url) => return url.clone(),
                None => url = self.back.wait(url).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn set_address(&self, address: Option<&str>) {
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = address.map(str::to_owned);
        self.back.notify_all();
    }

    /// Waits until that many orders came to their end.
    fn wait_for(&self, orders: usize) -> Result<()> {
        let mut turn = self.progress.0.lock().unwrap_or_else(PoisonError::into_inner);
        while self.done.load(SeqCst) < orders {
            ensure!(!self.broken.load(SeqCst), "a client failed");
            turn = self.progress.1.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Lets everybody end.
    fn give_up(&self) {
        self.broken.store(true, SeqCst);
        if self.url.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.set_address(Some("http://127.0.0.1:9"));
        }
        self.tell();
    }

    fn tell(&self) {
        drop(self.progress.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.progress.1.notify_all();
    }
}
