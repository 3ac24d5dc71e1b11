//! PostgreSQL's own tools: `pg_dump` takes a snapshot while others write, `pg_restore` brings it back.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Dumps the database at `url` into a file.
pub fn dump(url: &str, file: &Path) -> Result<()> {
    let (url, password) = apart(url)?;
    let mut command = Command::new("pg_dump");
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(file).arg("--dbname").arg(&url);
    run(command, password, "pg_dump")
}

/// Brings a dump into the database at `url`, which must be empty.
pub fn restore(url: &str, file: &Path) -> Result<()> {
    let (url, password) = apart(url)?;
    let mut command = Command::new("pg_restore");
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname"]).arg(&url);
    command.arg(file);
    run(command, password, "pg_restore")
}

fn run(mut command: Command, password: Option<String>, name: &str) -> Result<()> {
    // In a variable only this user can read: arguments can be read by every process of the machine.
    command.envs(password.map(|password| ("PGPASSWORD", password)));
    let done = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "the operational store is PostgreSQL, and {name} is not installed here; install PostgreSQL's client programs \
             of the server's version or a later one (on Debian: apt-get install postgresql-client)"
        ),
        done => done.with_context(|| format!("cannot run {name}"))?,
    };
    if !done.status.success() {
        bail!("{name} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}

/// An address without its password, and the password.
fn apart(url: &str) -> Result<(String, Option<String>)> {
    let Some((scheme, rest)) = url.split_once("://") else { bail!("`{url}` is not an address of PostgreSQL") };
    let Some((login, place)) = rest.rsplit_once('@') else { return Ok((url.to_owned(), None)) };
    let Some((user, password)) = login.split_once(':') else { return Ok((url.to_owned(), None)) };
    Ok((format!("{scheme}://{user}@{place}"), Some(unescaped(password)?)))
}

/// What `%XX` stands for.
fn unescaped(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
                _ => bail!(
                    "the password in the address of PostgreSQL has a `%` that stands for nothing; write it as %25"
                ),
            },
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).context("the password in the address of PostgreSQL is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_out_of_the_address() {
        let password = |url| apart(url).unwrap();
        assert_eq!(
            password("postgres://shop:s%40cr:et@db:5433/fanvine?sslmode=require"),
            ("postgres://shop@db:5433/fanvine?sslmode=require".into(), Some("s@cr:et".into()))
        );
        assert_eq!(password("postgres://shop@db/fanvine"), ("postgres://shop@db/fanvine".into(), None));
        assert!(apart("postgres://shop:10%@db/fanvine").is_err());
    }
}
