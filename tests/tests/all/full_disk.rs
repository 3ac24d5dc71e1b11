//! A full disk: refused by name, never a 200 for something lost, and well again when there is space.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, Run, WRITE_KEY, on_both_columns, wait_for};
use serde_json::json;
use tempfile::TempDir;

use crate::messages::track;

/// Says to a test that it already runs where it may mount.
const INSIDE: &str = "FANVINE_TEST_MAY_MOUNT";

/// A small disk in memory, mounted until dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, mebibytes: u32) -> Result<Option<Self>> {
        std::fs::create_dir_all(&at)?;
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"]).arg(&at).output();
        Ok(mounted.is_ok_and(|done| done.status.success()).then_some(Self(at)))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.0.display());
        }
    }
}

/// Writes until nothing more fits.
fn fill(path: &Path) -> Result<()> {
    let mut ballast = File::create(path)?;
    for size in [1 << 20, 4_096, 1] {
        let bytes = vec![1_u8; size];
        while ballast.write_all(&bytes).is_ok() {}
    }
    Ok(())
}

/// Text that does not compress, other for each id.
fn noise(id: &str) -> String {
    let mut state =
        id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mut text = String::with_capacity(20_000);
    while text.len() < 20_000 {
        // xorshift64 (Marsaglia 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(char::from(b'#' + (state % 57) as u8));
    }
    text
}

fn story(column: &Column, folder: &Arc<TempDir>, disk: &Path) -> Result<()> {
    let mut shop = Fanvine::start_in(Run::on(column), folder.clone(), disk.join("data"))?;
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    let send = |shop: &Fanvine, id: &str| {
        let message = track(id, "Product Viewed", "u1", json!({ "text": noise(id) }));
        shop.post("/v1/track", &message).write_key(WRITE_KEY).send()
    };
    for number in 0..20 {
        let id = format!("before-{number}");
        ensure!(send(&shop, &id)?.status == 200);
        kept.push(id);
    }
    let ballast = disk.join("ballast");
    fill(&ballast)?;
    // What was set aside ahead may still be used up; then every answer must be a refusal.
    for number in 0..400 {
        let id = format!("full-{number}");
        let reply = send(&shop, &id)?;
        if reply.status == 200 {
            kept.push(id);
        } else {
            let problem = reply.expect_problem(503, "storage_full")?;
            ensure!(problem["retryable"] == true && !reply.header("retry-after").is_empty(), "{problem}");
            refused.push(id);
        }
        if refused.len() >= 20 {
            break;
        }
    }
    ensure!(refused.len() >= 20, "the disk is full and {} of 400 events were refused", refused.len());
    shop.get("/healthz").expect(200)?;
    println!("{} events kept, {} refused while the disk was full", kept.len(), refused.len());
    std::fs::remove_file(&ballast)?;
    for id in refused {
        wait_for("an event to be taken again", || Ok((send(&shop, &id)?.status == 200).then_some(())))?;
        kept.push(id);
    }
    shop.settle()?;
    kept.sort();
    for crash in [true, false] {
        let mut found = shop.csv("SELECT message_id FROM events")?;
        found.sort();
        ensure!(found == kept, "{} events are there, {} were acknowledged", found.len(), kept.len());
        if crash {
            shop.kill()?;
            shop.begin()?;
            shop.settle()?;
        }
    }
    Ok(())
}

/// Runs the story here if we may mount, else once more in a namespace of our own where we may.
fn on_a_small_disk(column: &Column, test: &str) -> Result<()> {
    let folder = Arc::new(tempfile::tempdir()?);
    if let Some(disk) = SmallDisk::mount(folder.path().join("disk"), 32)? {
        return story(column, &folder, &disk.0);
    }
    if std::env::var_os(INSIDE).is_none() {
        let program = std::env::current_exe().context("which program this is")?;
        let mut again = Command::new("unshare");
        again.args(["--user", "--map-root-user", "--mount"]).arg(program).args(["--exact", test, "--nocapture"]);
        let done = again.env(INSIDE, "1").output();
        if let Ok(done) = done
            && String::from_utf8_lossy(&done.stdout).contains("running 1 test")
        {
            let text = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
            println!("{text}");
            ensure!(done.status.success(), "in a namespace of its own it failed: {text}");
            return Ok(());
        }
    }
    println!("skipped: a small disk cannot be mounted here, neither as root nor in a namespace");
    Ok(())
}

on_both_columns! {
    fn a_full_disk_refuses_by_name_and_recovers(column) {
        let test = match column.store() {
            None => "full_disk::a_full_disk_refuses_by_name_and_recovers::on_sqlite",
            Some(_) => "full_disk::a_full_disk_refuses_by_name_and_recovers::on_postgresql",
        };
        on_a_small_disk(&column, test)
    }
}
