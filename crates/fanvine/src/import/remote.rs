//! Importing through a running server: the same engine, with a server at the other end of the sink.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use fanvine_collect::import::receive::{ImportReceived, ImportRequest};
use fanvine_collect::import::{Counts, Sink, SinkError};
use fanvine_collect::quarantine::Quarantined;
use fanvine_kernel::Event;
use fanvine_kernel::ids::SourceId;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::serve::Running;

/// Events sent at once.
const EVENTS: usize = 5_000;
/// How often a server that is busy is asked again.
const TRIES: u32 = 60;

/// Hands on to a server.
pub struct Remote {
    agent: ureq::Agent,
    server: Running,
}

/// Finds the server and the source of that name, made if there is none.
pub fn connect(server: Running, source: &str) -> Result<(Remote, SourceId)> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(120)))
        .build();
    let remote = Remote { agent: agent.into(), server };
    let listed: Value = remote.get("/api/v1/sources").context("the running Fanvine does not answer")?;
    let known = listed["sources"].as_array().into_iter().flatten().find(|known| known["name"] == source);
    let found = match known {
        Some(known) => known.clone(),
        None => remote.post("/api/v1/sources", &json!({"name": source}))?,
    };
    let Some(id) = found["id"].as_str() else {
        bail!("the running Fanvine did not make the source `{source}`: {found}")
    };
    Ok((remote, id.parse()?))
}

impl Remote {
    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let url = format!("{}{path}", self.server.url);
        let bearer = format!("Bearer {}", self.server.token);
        let mut response = self.agent.get(&url).header("authorization", &bearer).call()?;
        Ok(response.body_mut().read_json()?)
    }

    /// Posts, waiting while the server is busy or full.
    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl serde::Serialize) -> Result<T> {
        let url = format!("{}{path}", self.server.url);
        let bearer = format!("Bearer {}", self.server.token);
        for _ in 0..TRIES {
            let mut response = self.agent.post(&url).header("authorization", &bearer).send_json(body)?;
            let status = response.status();
            if status.is_success() {
                return Ok(response.body_mut().read_json()?);
            }
            if status.as_u16() != 429 {
                bail!("{status}: {}", response.body_mut().read_to_string().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        bail!("{url} was busy {TRIES} times")
    }

    fn hand_on(&self, request: &ImportRequest) -> Result<ImportReceived, SinkError> {
        self.post("/api/v1/import", request).map_err(|error| SinkError::Server(format!("{error:#}")))
    }
}

impl Sink for Remote {
    fn append(&mut self, events: &[Event]) -> Result<Counts, SinkError> {
        let mut counts = Counts::default();
        for some in events.chunks(EVENTS) {
            let received = self.hand_on(&ImportRequest { events: some.to_vec(), quarantined: Vec::new() })?;
            counts.new += received.new;
            counts.duplicate += received.duplicate;
            counts.too_old += received.too_old;
        }
        Ok(counts)
    }

    fn quarantine(&mut self, rows: &[Quarantined]) -> Result<(), SinkError> {
        for some in rows.chunks(EVENTS) {
            self.hand_on(&ImportRequest { events: Vec::new(), quarantined: some.to_vec() })?;
        }
        Ok(())
    }
}
