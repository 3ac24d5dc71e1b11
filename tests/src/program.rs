//! The program as a process.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Column, PATIENCE, Request, wait_for};

/// The write key every program of the tests starts with.
pub const WRITE_KEY: &str = "fvw_blackbox0000000000000000000";
/// The server key every program of the tests starts with.
pub const SERVER_KEY: &str = "fvs_blackbox00000000000000000000";
/// The first owner's password.
pub const OWNER_PASSWORD: &str = "correct horse battery staple";

/// How the program is run, before it runs.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// `FANVINE_STORE`.
    store: Option<String>,
    /// More variables.
    environment: Vec<(&'static str, String)>,
}

impl Run {
    /// On this column.
    pub fn on(column: &Column) -> Self {
        Self { store: column.store(), environment: Vec::new() }
    }

    /// With one more variable.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    fn command(&self) -> Result<Command> {
        let program = std::env::var_os("FANVINE_BIN").map(PathBuf::from).context(
            "FANVINE_BIN does not name the program to test; run `scripts/test blackbox`, or build it with \
             `cargo build --workspace --bin fanvine` and set FANVINE_BIN",
        )?;
        ensure!(program.is_file(), "FANVINE_BIN names {}, which is not there", program.display());
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FANVINE_")) {
            command.env_remove(name);
        }
        command.env("FANVINE_WRITE_KEY", WRITE_KEY).env("FANVINE_SERVER_KEY", SERVER_KEY);
        command.env("FANVINE_OWNER_PASSWORD", OWNER_PASSWORD);
        if let Some(store) = &self.store {
            command.env("FANVINE_STORE", store);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Starts `fanvine import …` on a data folder.
    pub fn start_import(&self, data: &Path, arguments: &[OsString]) -> Result<Child> {
        let mut command = self.command()?;
        command.arg("import").args(arguments).arg("--data-dir").arg(data).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start the import")
    }

    /// Runs any other command on a data folder to its end.
    pub fn tool(&self, data: &Path, arguments: &[OsString]) -> Result<Outcome> {
        let mut command = self.command()?;
        command.args(arguments).arg("--data-dir").arg(data).stdin(Stdio::null());
        Outcome::of(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
    }

    /// Runs `fanvine import …` on a data folder to its end.
    pub fn import(&self, data: &Path, arguments: &[OsString]) -> Result<Outcome> {
        Outcome::of(self.start_import(data, arguments)?)
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it printed, both streams.
    pub text: String,
}

impl Outcome {
    /// Waits for a command to end.
    pub fn of(child: Child) -> Result<Self> {
        let done = child.wait_with_output()?;
        let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
        Ok(Self { status: done.status, text })
    }

    /// Insists that it went well.
    pub fn expect_success(self) -> Result<Self> {
        ensure!(self.status.success(), "the command ended with {}: {}", self.status, self.text);
        Ok(self)
    }
}

/// The words of a command line.
pub fn words(words: &[&dyn AsRef<std::ffi::OsStr>]) -> Vec<OsString> {
    words.iter().map(|word| word.as_ref().to_owned()).collect()
}

/// A running program on a data folder of its own. Ended when dropped.
pub struct Fanvine {
    run: Run,
    data: PathBuf,
    /// Where it answers, such as `http://127.0.0.1:40001`.
    pub url: String,
    /// The first owner's e-mail, when it was printed.
    pub owner: Option<String>,
    agent: ureq::Agent,
    child: Option<Child>,
    log: PathBuf,
    _folder: Arc<TempDir>,
}

impl Fanvine {
    /// Starts it on a fresh data folder.
    pub fn start(column: &Column) -> Result<Self> {
        Self::start_as(Run::on(column))
    }

    /// Starts it on a fresh data folder, run in a particular way.
    pub fn start_as(run: Run) -> Result<Self> {
        let folder = Arc::new(tempfile::Builder::new().prefix("fanvine-test-").tempdir()?);
        let data = folder.path().join("data");
        Self::start_in(run, folder, data)
    }

    /// Starts it on the data folder `data`; its log goes to `folder`.
    pub fn start_in(run: Run, folder: Arc<TempDir>, data: PathBuf) -> Result<Self> {
        let log = folder.path().join("program.log");
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        // No connection is used twice: a server may close one on which it refused a body unread.
        let agent = config.max_idle_connections(0).timeout_global(Some(PATIENCE)).build().new_agent();
        let mut shop = Self { run, data, url: String::new(), owner: None, agent, child: None, log, _folder: folder };
        shop.begin()?;
        Ok(shop)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// How it is run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Its process id.
    pub fn id(&self) -> Result<u32> {
        Ok(self.child.as_ref().context("the program does not run")?.id())
    }

    /// Starts it again on the same data folder, after [`kill`](Self::kill) or [`stop`](Self::stop).
    pub fn begin(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = self.run.command()?;
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&self.data);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().context("no standard output")?;
        self.child = Some(child);
        let (found, answer) = mpsc::channel();
        let owner = Arc::new(Mutex::new(None));
        let into = owner.clone();
        std::thread::spawn(move || read_greeting(BufReader::new(stdout), &found, &into));
        match answer.recv_timeout(PATIENCE) {
            Ok(url) => self.url = url,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                bail!("the program ended before it was ready; its log ends:\n{}", self.last_of_log())
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                bail!("the program did not say where it is ready; its log ends:\n{}", self.last_of_log())
            }
        }
        wait_for("the program to be ready", || Ok((self.get("/readyz").send()?.status == 200).then_some(())))?;
        if let Some(owner) = owner.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.owner = Some(owner);
        }
        Ok(())
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the program does not run")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Asks it to stop, as an operator would (SIGTERM), and waits for it to end.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        self.signal("TERM")?;
        self.stopped()
    }

    /// Waits for it to end, after it was signalled.
    pub fn stopped(&mut self) -> Result<ExitStatus> {
        let mut child = self.child.take().context("the program does not run")?;
        Ok(child.wait()?)
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) -> Result<()> {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.id()?.to_string()).status()?;
        ensure!(sent.success(), "cannot send SIG{name}");
        Ok(())
    }

    /// A request.
    pub fn request(&self, method: &'static str, path: &str) -> Request<'_> {
        let url = format!("{}{path}", self.url);
        Request { agent: &self.agent, method, url, headers: Vec::new(), body: None }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    /// A POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Request<'_> {
        self.request("POST", path).json(body)
    }

    /// Sends one message to `/v1/CALL` and insists that it is taken.
    pub fn send(&self, call: &str, message: &Value) -> Result<()> {
        self.post(&format!("/v1/{call}"), message).write_key(WRITE_KEY).expect(200)?;
        Ok(())
    }

    /// Sends messages as one batch and insists that it is taken.
    pub fn send_batch(&self, messages: &[Value]) -> Result<()> {
        self.send("batch", &json!({ "batch": messages }))
    }

    /// The rows a query answers.
    pub fn sql(&self, query: &str) -> Result<Vec<Vec<Value>>> {
        let answer = self.post("/api/v1/sql", &json!({ "query": query })).bearer(SERVER_KEY).expect(200)?.json()?;
        let rows = answer["rows"].as_array().with_context(|| format!("an answer without rows: {answer}"))?;
        ensure!(answer["truncated"] != true, "the answer to `{query}` was cut");
        Ok(rows.iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect())
    }

    /// The one value a query answers.
    pub fn value(&self, query: &str) -> Result<Value> {
        let rows = self.sql(query)?;
        rows.first().and_then(|row| row.first()).cloned().with_context(|| format!("`{query}` answered no value"))
    }

    /// The answer to a query as the lines of its CSV, without the head.
    pub fn csv(&self, query: &str) -> Result<Vec<String>> {
        let request = self.post("/api/v1/sql", &json!({ "query": query, "max_rows": 100_000_000 })).bearer(SERVER_KEY);
        let text = request.header("Accept", "text/csv").expect(200)?.text();
        Ok(text.lines().skip(1).map(str::to_owned).collect())
    }

    /// Waits until a query answers these rows.
    pub fn wait_until_sql(&self, query: &str, expected: &Value) -> Result<()> {
        let mut last = Value::Null;
        let came = wait_for(&format!("`{query}` to answer {expected}"), || {
            last = Value::from(self.sql(query)?.into_iter().map(Value::from).collect::<Vec<_>>());
            Ok((last == *expected).then_some(()))
        });
        came.with_context(|| format!("the last answer was {last}"))
    }

    /// Waits until everything in the log has been taken in by every projection.
    pub fn settle(&self) -> Result<()> {
        wait_for("every projection to catch up", || {
            let readiness = self.get("/readyz").send()?.json()?;
            let lags = readiness["behind"].as_array().with_context(|| format!("no `behind` in {readiness}"))?;
            Ok(lags.iter().all(|lag| lag["events"] == 0).then_some(()))
        })
    }

    /// Runs `fanvine import …` on this program's data folder to its end.
    pub fn import(&self, arguments: &[OsString]) -> Result<Outcome> {
        self.run.import(&self.data, arguments)
    }

    fn last_of_log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

/// Finds the address and the first login in what the program prints, and goes on reading so that it never blocks.
fn read_greeting(stdout: impl BufRead, found: &mpsc::Sender<String>, owner: &Mutex<Option<String>>) {
    let mut url = None;
    for line in stdout.lines().map_while(Result::ok) {
        if let Some((_, address)) = line.split_once(" is ready at ") {
            url = Some(address.trim().to_owned());
        }
        if let Some((_, login)) = line.split_once("first login") {
            *owner.lock().unwrap_or_else(PoisonError::into_inner) = login.split_whitespace().next().map(str::to_owned);
        }
        // The address comes first and `API` last; the login, when there is one, between them.
        if line.trim_start().starts_with("API")
            && let Some(url) = url.take()
        {
            // Nobody listens any more when starting took too long.
            let _ = found.send(url);
        }
    }
}

impl Drop for Fanvine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the program's log ends:\n{}", self.last_of_log());
        }
        if let Some(mut child) = self.child.take() {
            // It may have ended already; either way it is gone afterwards.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
