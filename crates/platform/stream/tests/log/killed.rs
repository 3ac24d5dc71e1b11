//! A process that is killed while it appends.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use fanvine_stream::{Appended, Log};

use crate::{append, read_all, record, small};

const DIR: &str = "FANVINE_STREAM_TEST_DIR";

/// The child: four threads append and print what was acknowledged, for as long as they live.
fn append_for_ever(dir: &str) {
    let log = Log::open(dir.as_ref(), small()).expect("opens");
    let first = u128::from(log.end()) * 1000;
    std::thread::scope(|scope| {
        for me in 0..4_u128 {
            let log = &log;
            scope.spawn(move || {
                for i in 0.. {
                    let keys = [first + i * 8 + me * 2, first + i * 8 + me * 2 + 1];
                    append(log, keys);
                    let mut out = std::io::stdout().lock();
                    let printed = writeln!(out, "\nkept {} {}", keys[0], keys[1]).and_then(|()| out.flush());
                    if printed.is_err() {
                        std::process::abort();
                    }
                }
            });
        }
    });
}

#[test]
fn what_a_killed_process_acknowledged_is_there_once() {
    if let Ok(dir) = std::env::var(DIR) {
        return append_for_ever(&dir);
    }
    let dir = tempfile::tempdir().expect("folder");
    let mut kept: HashSet<u128> = HashSet::new();
    for round in 1..=5 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["killed::what_a_killed_process_acknowledged_is_there_once", "--exact", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut heard = 0;
        for line in lines {
            let line = line.expect("text");
            let Some(keys) = line.strip_prefix("kept ") else { continue };
            if let [Ok(a), Ok(b)] = keys.split(' ').map(str::parse::<u128>).collect::<Vec<_>>()[..] {
                kept.extend([a, b]);
                heard += 1;
            }
            if heard == 40 * round {
                child.kill().expect("kills");
            }
        }
        child.wait().expect("ends");
        assert!(heard >= 40 * round);
        let log = Log::open(dir.path(), small()).expect("opens");
        let stored: Vec<Vec<u8>> = read_all(&log, 0, 4000).into_iter().map(|(_, bytes)| bytes).collect();
        let distinct: HashSet<&Vec<u8>> = stored.iter().collect();
        assert_eq!(distinct.len(), stored.len(), "nothing twice");
        assert!(kept.iter().all(|key| distinct.contains(&record(*key).bytes)), "nothing lost");
        assert!(append(&log, kept.iter().copied()).iter().all(|a| *a == Appended::Duplicate));
    }
}
