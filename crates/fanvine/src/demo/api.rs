//! How the demonstration speaks to Fanvine: as any shop's server does, over HTTP with a server key.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// The address and the key. Asking blocks; see [`Api::ask`].
#[derive(Debug, Clone)]
pub struct Api {
    agent: ureq::Agent,
    pub url: String,
    key: String,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answered {
    pub status: u16,
    pub body: Value,
}

impl Answered {
    /// The body of an answer that is no refusal.
    pub fn good(self) -> Result<Value> {
        match self.status {
            200..=299 => Ok(self.body),
            status => anyhow::bail!("Fanvine answered {status}: {}", self.body),
        }
    }
}

impl Api {
    pub fn new(url: &str, key: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: agent.into(), url: url.to_owned(), key: key.to_owned() }
    }

    /// Asks, on this thread. `name` names the request, so that it may be repeated.
    pub fn ask_here(&self, method: &str, path: &str, name: Option<&str>, body: &Value) -> Result<Answered> {
        let url = format!("{}{path}", self.url);
        let request = http::Request::builder().method(method).uri(&url);
        let request = request.header("authorization", format!("Bearer {}", self.key));
        let request = match name {
            Some(name) => request.header("idempotency-key", name),
            None => request,
        };
        let answer = match body {
            Value::Null => self.agent.run(request.body(())?),
            body => self.agent.run(request.header("content-type", "application/json").body(body.to_string())?),
        };
        let mut answer = answer.with_context(|| format!("{method} {url}"))?;
        let (status, text) = (answer.status().as_u16(), answer.body_mut().read_to_string()?);
        Ok(Answered { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    /// Asks, on a thread that may block.
    pub async fn ask(&self, method: &'static str, path: String, name: Option<String>, body: Value) -> Result<Answered> {
        let api = self.clone();
        tokio::task::spawn_blocking(move || api.ask_here(method, &path, name.as_deref(), &body)).await?
    }
}
