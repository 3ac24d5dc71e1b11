//! Requests and replies, as plain as HTTP is.

use anyhow::{Context, Result, bail};
use base64::Engine;
use serde_json::Value;
use ureq::http;

/// A request being put together. It carries no credentials unless given some.
#[derive(Debug)]
#[must_use = "a request does nothing until sent"]
pub struct Request<'a> {
    pub(crate) agent: &'a ureq::Agent,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// With a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With Basic authentication as Segment's clients send it: the write key and no password.
    pub fn write_key(self, key: &str) -> Self {
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
        self.header("Authorization", format!("Basic {credentials}"))
    }

    /// With a bearer key.
    pub fn bearer(self, key: &str) -> Self {
        self.header("Authorization", format!("Bearer {key}"))
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json").bytes(body.to_string())
    }

    /// With these bytes as its body.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it and hands out the body as it arrives: for answers that never end.
    pub fn open(self) -> Result<impl std::io::Read> {
        let answer = self.answer()?;
        if answer.status() != 200 {
            bail!("the stream was answered {}", answer.status());
        }
        Ok(answer.into_body().into_reader())
    }

    /// Sends it. Any status is a reply; an error is a connection that failed.
    pub fn send(self) -> Result<Reply> {
        let what = format!("{} {}", self.method, self.url);
        let mut answer = self.answer()?;
        let body = answer.body_mut().with_config().limit(256 << 20).read_to_vec()?;
        Ok(Reply { what, status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }

    fn answer(self) -> Result<http::Response<ureq::Body>> {
        let mut request = http::Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let needs_body = matches!(self.method, "POST" | "PUT" | "PATCH");
        let sent = match self.body.or_else(|| needs_body.then(Vec::new)) {
            Some(body) => self.agent.run(request.body(body)?),
            None => self.agent.run(request.body(())?),
        };
        sent.with_context(|| format!("{} {}", self.method, self.url))
    }

    /// Sends it and insists on a status.
    pub fn expect(self, status: u16) -> Result<Reply> {
        let reply = self.send()?;
        if reply.status != status {
            bail!("{} was answered {}, not {status}: {}", reply.what, reply.status, reply.text());
        }
        Ok(reply)
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    what: String,
    /// The status.
    pub status: u16,
    headers: http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{} was not answered in JSON: {}", self.what, self.text()))
    }

    /// Insists that it is a refusal in the agreed form, with this status and code.
    pub fn expect_problem(&self, status: u16, code: &str) -> Result<Value> {
        let problem = self.json()?;
        let complete = ["type", "title", "detail"].iter().all(|field| problem[field].is_string())
            && problem["retryable"].is_boolean()
            && problem["status"] == self.status
            && self.header("content-type") == "application/problem+json";
        if self.status != status || problem["code"] != code || !complete {
            bail!("{} was answered {} {problem}, not the problem {status} {code}", self.what, self.status);
        }
        Ok(problem)
    }
}
