//! Somebody at the other end: an HTTP server that takes messages, fails, hangs or is gone as told, and a mail server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// How a receiver answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// With this status.
    Answers(u16),
    /// With a redirect to that address.
    Redirects(String),
    /// Not at all, until it is in another mood.
    Hangs,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, byte by byte.
    pub body: String,
    /// The status it was answered with; none if it was left hanging.
    pub answered: Option<u16>,
}

impl Received {
    /// A header's value, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }

    /// Insists that one of its signatures is what the Standard Webhooks specification says it must be, worked out here.
    pub fn verify(&self, secret: &str) -> Result<()> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").context("a secret begins with whsec_")?)?;
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        ensure!(timestamp.parse::<u64>().is_ok_and(|seconds| seconds > 1_700_000_000), "timestamp `{timestamp}`");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
        mac.update(format!("{id}.{timestamp}.{}", self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let given = self.header("webhook-signature");
        ensure!(given.split(' ').any(|one| one == expected), "`{given}` has not the signature {expected}");
        Ok(())
    }
}

struct Shared {
    mood: Mutex<Mood>,
    changed: Condvar,
    received: Mutex<Vec<Received>>,
}

/// An HTTP server that receives webhooks.
pub struct Receiver {
    /// Where it listens, such as `http://127.0.0.1:40002/hook`.
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Listens on a free port, in that mood.
    pub fn start(mood: Mood) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let shared = Arc::new(Shared { mood: Mutex::new(mood), changed: Condvar::new(), received: Mutex::default() });
        let theirs = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = theirs.clone();
                // A connection that is cut off was received by nobody.
                std::thread::spawn(move || drop(serve(&shared, &stream)));
            }
        });
        Ok(Self { url, shared })
    }

    /// Changes its mood; whoever hangs is answered so.
    pub fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        self.shared.changed.notify_all();
    }

    /// What has come so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has come so far and was taken.
    pub fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|one| one.answered == Some(204)).collect()
    }
}

fn serve(shared: &Shared, stream: &TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").context("no length")?.1.parse()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut received = Received { headers, body: String::from_utf8(body)?, answered: None };
    let keep = |one: Received| shared.received.lock().unwrap_or_else(PoisonError::into_inner).push(one);
    let mut mood = shared.mood.lock().unwrap_or_else(PoisonError::into_inner);
    if *mood == Mood::Hangs {
        keep(received.clone());
        while *mood == Mood::Hangs {
            mood = shared.changed.wait(mood).unwrap_or_else(PoisonError::into_inner);
        }
        return Ok(());
    }
    let (status, location) = match &*mood {
        Mood::Answers(status) => (*status, String::new()),
        Mood::Redirects(to) => (302, format!("Location: {to}\r\n")),
        Mood::Hangs => return Ok(()),
    };
    drop(mood);
    received.answered = Some(status);
    keep(received);
    let mut writer = stream;
    write!(writer, "HTTP/1.1 {status} so\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(())
}

/// An e-mail as it came.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's addressee.
    pub to: String,
    /// Headers and body.
    pub text: String,
}

/// A mail server (RFC 5321, as much of it as a client needs). It has no place for `nobody@…`, and none just now for `later@…`.
pub struct MailServer {
    /// Where it listens, such as `smtp://127.0.0.1:40003`.
    pub url: String,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl MailServer {
    /// Listens on a free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("smtp://{}", listener.local_addr()?);
        let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
        let theirs = letters.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let letters = theirs.clone();
                // Whoever hangs up early has sent nothing.
                std::thread::spawn(move || drop(receive(&letters, &stream)));
            }
        });
        Ok(Self { url, letters })
    }

    /// What has come so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn receive(letters: &Mutex<Vec<Letter>>, stream: &TcpStream) -> Result<()> {
    let mut writer = stream;
    let mut reader = BufReader::new(stream);
    let mut letter = Letter { from: String::new(), to: String::new(), text: String::new() };
    write!(writer, "220 mail.test ready\r\n")?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        let address = || command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer = match command.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => "250-mail.test\r\n250 8BITMIME",
            "MAIL" => {
                letter.from = address();
                "250 2.1.0 fine"
            }
            "RCPT" => {
                letter.to = address();
                match letter.to.split('@').next() {
                    Some("nobody") => "550 5.1.1 no such mailbox",
                    Some("later") => "451 4.3.0 try later",
                    _ => "250 2.1.5 fine",
                }
            }
            "DATA" => {
                write!(writer, "354 go on\r\n")?;
                while reader.read_line(&mut line)? > 0 && line != ".\r\n" {
                    letter.text.push_str(&line);
                    line.clear();
                }
                line.clear();
                letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
                letter.text.clear();
                "250 2.0.0 taken"
            }
            "QUIT" => "221 2.0.0 good bye",
            _ => "250 fine",
        };
        write!(writer, "{answer}\r\n")?;
    }
    Ok(())
}
