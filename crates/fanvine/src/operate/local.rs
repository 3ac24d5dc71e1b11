//! The server that has a data folder open on this machine, spoken to with the token it left there.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::serve::Running;

/// A server that answers.
pub struct Local {
    agent: ureq::Agent,
    running: Running,
}

impl Local {
    /// The server that has `data_dir` open; none if nobody answers there.
    pub fn find(data_dir: &Path) -> Option<Self> {
        let running = Running::read(data_dir)?;
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_connect(Some(Duration::from_secs(5))).build().new_agent();
        let local = Self { agent, running };
        local.agent.get(format!("{}/healthz", local.running.url)).call().ok()?;
        // Another program may have the port by now: only the right one knows the token.
        local.get("/api/v1/shop").ok()?;
        Some(local)
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// What it answers at `path`.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(format!("{}{path}", self.running.url));
        let mut answer = request.header("authorization", self.bearer()).call()?;
        if !answer.status().is_success() {
            bail!(
                "{path} was answered {}: {}",
                answer.status(),
                answer.body_mut().read_to_string().unwrap_or_default()
            );
        }
        Ok(answer.body_mut().read_json()?)
    }

    /// The body of what it answers to `body` at `path`, as it comes.
    pub fn post(&self, path: &str, body: &Value) -> Result<impl Read + use<>> {
        let request = self.agent.post(format!("{}{path}", self.running.url));
        let mut answer = request.header("authorization", self.bearer()).send_json(body)?;
        if !answer.status().is_success() {
            bail!(
                "{path} was answered {}: {}",
                answer.status(),
                answer.body_mut().read_to_string().unwrap_or_default()
            );
        }
        Ok(answer.into_body().into_reader())
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.running.token)
    }
}
