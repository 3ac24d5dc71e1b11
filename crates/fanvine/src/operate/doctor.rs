//! `fanvine doctor`: looks at everything the program needs, and says what to do where something is not well.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Result, bail};
use fanvine_kernel::{Clock, Timestamp};
use fanvine_lake::lake_files;
use fanvine_store::{MigrationState, Store, StoreError};
use indicatif::HumanBytes;

use super::local::Local;
use super::upgrade;
use crate::ambient::{SystemClock, process};
use crate::settings::{Place, Settings};

/// Less free space than this is worth a warning …
const LITTLE_SPACE: u64 = 2 << 30;
/// … and less than this stops events from coming in soon.
const NO_SPACE: u64 = 100 << 20;
/// So many files and connections should be open at once.
const OPEN_FILES: u64 = 4_096;
/// A clock before this is wrong: the program is from later. 2026-01-01.
const EARLIEST_S: i64 = 1_767_225_600;
/// How far the clocks of this machine and its database may be apart, in microseconds.
const APART_US: i64 = 5_000_000;

/// Look whether everything is well, and say what to do where it is not
///
/// Nothing is changed. Ends with 0 if all is well or only warned of, else with 1. It may run beside the server.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Address the server listens on
    #[arg(long, env = "FANVINE_LISTEN", default_value = "127.0.0.1:8480", value_name = "ADDR")]
    listen: SocketAddr,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    Warning,
    Bad,
}

/// What was found out about one thing.
#[derive(Debug)]
struct Finding {
    about: &'static str,
    state: State,
    says: String,
    advice: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Well => "ok  ",
            State::Warning => "warn",
            State::Bad => "BAD ",
        };
        write!(out, "{state}  {:<12}  {}", self.about, self.says)?;
        match &self.advice {
            Some(advice) => write!(out, "\n                    → {advice}"),
            None => Ok(()),
        }
    }
}

fn well(about: &'static str, says: impl Into<String>) -> Finding {
    Finding { about, state: State::Well, says: says.into(), advice: None }
}

fn warning(about: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { about, state: State::Warning, says: says.into(), advice: Some(advice.into()) }
}

fn bad(about: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { about, state: State::Bad, says: says.into(), advice: Some(advice.into()) }
}

/// Looks, prints what it found, and fails if anything is bad.
pub async fn run(doctor: Doctor) -> Result<()> {
    let findings = look(&doctor).await;
    for finding in &findings {
        println!("{finding}");
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    match (count(State::Bad), count(State::Warning)) {
        (0, 0) => println!("all is well"),
        (0, warnings) => println!("{warnings} things are worth a look"),
        (bad, _) => bail!("{bad} of {} checks failed", findings.len()),
    }
    Ok(())
}

async fn look(doctor: &Doctor) -> Vec<Finding> {
    let place = &doctor.place;
    let settings = match Settings::load(place) {
        Ok(settings) => settings,
        Err(error) => {
            return vec![bad("settings", format!("{error:#}"), "mend the settings; docs/operating.md lists them")];
        }
    };
    let mut findings = vec![of_settings(place, &settings, doctor.listen)];
    let data = &place.data_dir;
    if !data.is_dir() {
        findings.push(bad(
            "data folder",
            format!("there is no folder {}", data.display()),
            "`fanvine serve` makes it; if there should be one, name it by --data-dir",
        ));
        return findings;
    }
    let server = {
        let data = data.clone();
        tokio::task::spawn_blocking(move || Local::find(&data)).await.ok().flatten()
    };
    findings.push(of_folder(data));
    findings.extend(process::disk(data).map(of_space));
    findings.push(of_log(data).await);
    findings.push(of_lake(data));
    findings.extend(of_store(place, &settings).await);
    findings.push(of_server(server.as_ref(), doctor.listen));
    findings.push(of_clock(SystemClock.now()));
    findings.extend(process::most_open_files().map(of_open_files));
    findings
}

fn of_settings(place: &Place, settings: &Settings, listen: SocketAddr) -> Finding {
    let from = match place.settings_file() {
        Some(path) => path.display().to_string(),
        None => "no settings file: the defaults hold".to_owned(),
    };
    if let Err(error) = settings.email.mailer() {
        return bad("settings", format!("{from}: {error}"), "mend [email]");
    }
    if !listen.ip().is_loopback() && !settings.guard.secure_cookies {
        return warning(
            "settings",
            format!("{from}: {listen} can be reached from other machines, and cookies travel without https"),
            "put a proxy with TLS in front and set guard.secure_cookies, or listen on 127.0.0.1",
        );
    }
    well("settings", from)
}

fn of_folder(data: &Path) -> Finding {
    let about = "data folder";
    let probe = data.join(".doctor");
    let written = std::fs::write(&probe, b"fanvine").and_then(|()| std::fs::remove_file(&probe));
    if let Err(error) = written {
        let advice = "give the user that runs the server the right to write there, or mend the disk";
        return bad(about, format!("{} cannot be written to: {error}", data.display()), advice);
    }
    let mode = std::fs::metadata(data).map_or(0, |about| about.permissions().mode());
    if mode & 0o007 != 0 {
        let says = format!("{} can be looked into by every user of this machine ({:o})", data.display(), mode & 0o777);
        return warning(about, says, format!("chmod 750 {}", data.display()));
    }
    well(about, format!("{} can be written to", data.display()))
}

fn of_space(disk: process::Disk) -> Finding {
    let says = format!("{} free of {}", HumanBytes(disk.free_bytes), HumanBytes(disk.all_bytes));
    let advice = "make room: events are refused with 503 storage_full when there is none";
    match disk.free_bytes {
        free if free < NO_SPACE => bad("disk", says, advice),
        free if free < LITTLE_SPACE => warning("disk", says, advice),
        _ => well("disk", says),
    }
}

async fn of_log(data: &Path) -> Finding {
    let dir = data.join("log");
    if !dir.join("segments").is_dir() {
        return warning("event log", "there is none yet", "`fanvine serve` makes it");
    }
    let checked = tokio::task::spawn_blocking(move || fanvine_stream::check(&dir)).await;
    match checked {
        Ok(Ok(offsets)) => well(
            "event log",
            format!("{} events, every one whole ({} to {})", offsets.end - offsets.start, offsets.start, offsets.end),
        ),
        Ok(Err(error)) => {
            bad("event log", error.to_string(), "stop the server, and restore the newest backup into a new folder")
        }
        Err(error) => bad("event log", error.to_string(), "look at the log for what happened"),
    }
}

fn of_lake(data: &Path) -> Finding {
    let root = data.join("lake");
    let advice = "stop the server and remove the folder `lake`: it is filled again from the event log";
    let state = match lake_files(&root) {
        Ok(Some(state)) => state,
        Ok(None) => return well("event store", "nothing is written yet"),
        Err(error) => return bad("event store", error.to_string(), advice),
    };
    for (path, bytes) in &state.files {
        let found = std::fs::metadata(root.join(path)).map(|about| about.len());
        // One that is gone may have been merged into another just now: then a newer state does not name it.
        let newer = || lake_files(&root).is_ok_and(|now| now.is_some_and(|now| now.next_offset > state.next_offset));
        match found {
            Ok(length) if length == *bytes => {}
            Ok(length) => return bad("event store", format!("{path} has {length} bytes, not {bytes}"), advice),
            Err(_) if newer() => {}
            Err(error) => return bad("event store", format!("{path}: {error}"), advice),
        }
    }
    well("event store", format!("{} files, up to event {}", state.files.len(), state.next_offset))
}

async fn of_store(place: &Place, settings: &Settings) -> Vec<Finding> {
    let url = settings.store_url(&place.data_dir);
    let mut findings = Vec::new();
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = Path::new(path.strip_prefix("//").unwrap_or(path));
        if !path.exists() {
            let says = format!("there is no database yet at {}", path.display());
            return vec![warning("database", says, "`fanvine serve` makes it")];
        }
        let advice = "stop the server, and restore the newest backup into a new folder";
        match fanvine_store::check_sqlite(path).await {
            Ok(faults) if faults.is_empty() => findings.push(well("database", format!("{} is whole", path.display()))),
            Ok(faults) => findings.push(bad("database", faults.join("; "), advice)),
            Err(error) => findings.push(bad("database", error.in_full(), advice)),
        }
    } else {
        findings.push(of_postgres(&url).await);
    }
    if findings.iter().any(|finding| finding.state == State::Bad) {
        return findings;
    }
    findings.push(match upgrade::states(place, settings).await {
        Ok(states) => of_migrations(&states),
        Err(error) => bad("migrations", format!("{error:#}"), "see above"),
    });
    findings
}

/// Whether the server answers, and how far its clock is from ours.
async fn of_postgres(url: &str) -> Finding {
    let advice = "start PostgreSQL, and look at the address, user and password in `store`";
    let asked = async {
        let store = Store::open_as_it_is(url).await?;
        let question = "SELECT current_setting('server_version') AS version, \
                        CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS at";
        let answered = store
            .read(|tx| {
                Box::pin(async move {
                    let row = tx.one(question, Vec::new()).await?;
                    row.map(|row| Ok::<(String, i64), StoreError>((row.get("version")?, row.get("at")?))).transpose()
                })
            })
            .await;
        store.close().await;
        answered
    };
    match asked.await {
        Ok(Some((version, at))) => {
            let apart = SystemClock.now().micros_since(Timestamp::from_micros(at));
            if apart.abs() > APART_US {
                let says = format!("its clock and this machine's are {} s apart", apart / 1_000_000);
                return warning("database", says, "let both keep their clocks by NTP");
            }
            well("database", format!("PostgreSQL {version} answers"))
        }
        Ok(None) => bad("database", "PostgreSQL gave no answer", advice),
        Err(error) => bad("database", error.in_full(), advice),
    }
}

fn of_migrations(states: &[(String, MigrationState)]) -> Finding {
    let named = |wanted: MigrationState| {
        let names = states.iter().filter(|(_, state)| *state == wanted).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let (pending, changed, unknown) =
        (named(MigrationState::Pending), named(MigrationState::Changed), named(MigrationState::Unknown));
    if !unknown.is_empty() {
        let says = format!("a newer Fanvine has used the database: {unknown}");
        return bad("migrations", says, "run that version, or restore a backup of before");
    }
    if !changed.is_empty() {
        return bad("migrations", format!("other texts were applied of: {changed}"), "run a released version");
    }
    if !pending.is_empty() {
        let advice = "make a backup, then start: they are applied by themselves (or by `fanvine upgrade`)";
        return warning("migrations", format!("pending: {pending}"), advice);
    }
    well("migrations", format!("all {} are applied", states.len()))
}

fn of_server(server: Option<&Local>, listen: SocketAddr) -> Finding {
    if let Some(server) = server {
        return match server.get("/readyz") {
            Ok(ready) if ready["ready"] == true => well("server", format!("it is ready at {}", server.url())),
            Ok(ready) => bad("server", format!("it is not ready: {ready}"), "look at its log"),
            Err(error) => bad("server", format!("{error:#}"), "look at its log"),
        };
    }
    match TcpListener::bind(listen) {
        Ok(_) => well("server", format!("it is not running; {listen} is free")),
        Err(error) => bad(
            "server",
            format!("it is not running on this folder, and {listen} cannot be listened on: {error}"),
            "stop the other program, or choose another address by --listen",
        ),
    }
}

fn of_clock(now: Timestamp) -> Finding {
    if now < Timestamp::from_seconds(EARLIEST_S) {
        return bad("clock", format!("it says {now}"), "set the clock, and let it be kept by NTP");
    }
    well("clock", now.to_string())
}

fn of_open_files(most: u64) -> Finding {
    if most < OPEN_FILES {
        let advice = format!("raise it to {OPEN_FILES} or more: ulimit -n, or LimitNOFILE of the systemd unit");
        return warning("open files", format!("{most} at most"), advice);
    }
    well("open files", format!("{most} at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_that_are_pending_are_a_warning_and_those_of_another_program_are_bad() {
        let states = |state: MigrationState| [("a/1".to_owned(), MigrationState::Applied), ("a/2".to_owned(), state)];
        assert_eq!(of_migrations(&states(MigrationState::Applied)).state, State::Well);
        assert_eq!(of_migrations(&states(MigrationState::Pending)).state, State::Warning);
        for strange in [MigrationState::Changed, MigrationState::Unknown] {
            let finding = of_migrations(&states(strange));
            assert!(finding.state == State::Bad && finding.says.contains("a/2"), "{finding}");
        }
    }

    #[test]
    fn little_room_is_a_warning_and_none_is_bad() {
        let free = |free_bytes| of_space(process::Disk { all_bytes: 1 << 40, free_bytes }).state;
        assert_eq!([free(1 << 35), free(1 << 30), free(1 << 20)], [State::Well, State::Warning, State::Bad]);
    }

    #[test]
    fn a_clock_that_was_never_set_is_bad() {
        assert_eq!(of_clock(Timestamp::from_seconds(0)).state, State::Bad);
    }
}
