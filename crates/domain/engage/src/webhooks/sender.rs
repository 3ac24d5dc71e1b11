//! Sending one message: where its host leads, whether that is public, the connection, the answer.
//!
//! The address that was looked at is the one that is connected to, so a name that stands for another address a moment later
//! leads nowhere new. Redirects are answers like any other: nothing is followed.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::address::is_public;

/// How much of an answer is read: enough to see what is wrong.
const MOST_ANSWER: usize = 1_024;

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: StatusCode,
    /// After how many seconds it wants to hear again.
    pub retry_after_s: Option<i64>,
    /// The beginning of what it said.
    pub text: String,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("{host} cannot be found: {reason}")]
    Resolve { host: String, reason: String },
    #[error("{host} is {address}, which is not a public address")]
    Private { host: String, address: IpAddr },
    #[error("{0} cannot be connected to: {1}")]
    Connect(SocketAddr, std::io::Error),
    #[error("no secure connection to {host}: {reason}")]
    Secure { host: String, reason: String },
    #[error("the connection to {host} failed: {reason}")]
    Exchange { host: String, reason: String },
    #[error("no answer within {0} ms")]
    Late(u128),
}

/// Sends messages.
pub(crate) struct Sender {
    private_too: bool,
    timeout: Duration,
    /// The certificates this machine trusts, read when they are first needed.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Sender {
    pub fn new(private_too: bool, timeout: Duration) -> Self {
        Self { private_too, timeout, tls: OnceLock::new() }
    }

    /// Whether messages may go to addresses that are not public.
    pub fn private_too(&self) -> bool {
        self.private_too
    }

    /// Posts a body with these headers.
    pub async fn post(&self, url: &Url, headers: &[(&str, String)], body: String) -> Result<Answer, SendError> {
        let exchange = self.exchange(url, headers, body);
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(SendError::Late(self.timeout.as_millis())),
        }
    }

    async fn exchange(&self, url: &Url, headers: &[(&str, String)], body: String) -> Result<Answer, SendError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let failed = |reason: String| SendError::Exchange { host: host.clone(), reason };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut request = Request::post(path).header(header::HOST, authority);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| failed(error.to_string()))?;
        let stream = self.connect(url, &host).await?;
        if url.scheme() != "https" {
            return ask(TokioIo::new(stream), request).await.map_err(failed);
        }
        let insecure = |reason: String| SendError::Secure { host: host.clone(), reason };
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|error| insecure(error.to_string()))?;
        let config = self.tls.get_or_init(trusting_this_machine).clone();
        let stream = TlsConnector::from(config).connect(name, stream).await;
        let stream = stream.map_err(|error| insecure(error.to_string()))?;
        ask(TokioIo::new(stream), request).await.map_err(failed)
    }

    async fn connect(&self, url: &Url, host: &str) -> Result<TcpStream, SendError> {
        let unknown = |reason: String| SendError::Resolve { host: host.to_owned(), reason };
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![(address, port).into()],
            Some(Host::Ipv6(address)) => vec![(address, port).into()],
            Some(Host::Domain(name)) => {
                let found = tokio::net::lookup_host((name, port)).await;
                found.map_err(|error| unknown(error.to_string()))?.collect()
            }
            None => Vec::new(),
        };
        let mut last = unknown("it stands for no address".to_owned());
        for address in addresses {
            if !self.private_too && !is_public(address.ip()) {
                last = SendError::Private { host: host.to_owned(), address: address.ip() };
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = SendError::Connect(address, error),
            }
        }
        Err(last)
    }
}

fn trusting_this_machine() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of this machine's certificates cannot be read");
    }
    let (trusted, _) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        tracing::error!("this machine trusts no certificate: no https webhook can be sent to");
    }
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

async fn ask(io: impl Read + Write + Unpin + Send + 'static, request: Request<Full<Bytes>>) -> Result<Answer, String> {
    let in_words = |error: hyper::Error| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    let (mut sender, connection) = http1::handshake(io).await.map_err(in_words)?;
    // Ends with this function, whatever becomes of it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let answer = sender.send_request(request).await.map_err(in_words)?;
    let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer { status: answer.status(), retry_after_s: retry_after, text: beginning(answer.into_body()).await })
}

/// As much of what was said as is kept.
async fn beginning(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_ANSWER
        && let Some(Ok(frame)) = body.frame().await
    {
        let data = frame.into_data().unwrap_or_default();
        bytes.extend(data.iter().take(MOST_ANSWER - bytes.len()));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
