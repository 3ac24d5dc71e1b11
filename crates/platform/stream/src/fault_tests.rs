//! The log on a disk that fills up or fails: what is refused, what is kept, and that it recovers by itself.

use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use crate::disk::Disk;
use crate::{AppendError, Appended, Log, LogError, LogOptions, Record};

fn options() -> LogOptions {
    LogOptions { segment_bytes: 4096, ahead_bytes: 0, ..LogOptions::default() }
}

fn record(key: u128) -> Record {
    Record { key, bytes: format!("record {key}").into_bytes() }
}

fn append(log: &Log, keys: impl IntoIterator<Item = u128>) -> Result<Vec<Appended>, AppendError> {
    log.append_blocking(keys.into_iter().map(record).collect())
}

/// The log holds exactly these keys' records, in this order.
fn assert_holds(log: &Log, keys: &[u128]) {
    let mut found = Vec::new();
    let mut next = log.start();
    while next < log.end() {
        let batch = log.read(next, 64).expect("reads");
        found.extend(batch.records().map(|(_, bytes)| bytes.to_vec()));
        next = batch.next;
    }
    assert_eq!(found, keys.iter().map(|k| record(*k).bytes).collect::<Vec<_>>());
}

fn assert_holds_after_reopening(log: Log, dir: &Path, keys: &[u128]) {
    log.close();
    let log = Log::open(dir, options()).expect("opens");
    assert_holds(&log, keys);
    let again = append(&log, keys.iter().copied()).expect("appends");
    assert!(again.iter().all(|a| *a == Appended::Duplicate), "{again:?}");
}

#[test]
fn a_full_disk_refuses_appends_and_recovers_when_space_returns() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let log = Log::open_on(disk.clone(), dir.path(), options()).expect("opens");
    append(&log, [1, 2]).expect("appends");
    for space in [0, 1, 31, 32, 40] {
        disk.faults.space.store(space, SeqCst);
        let refused = append(&log, [2, 3]).expect_err("is full");
        assert!(matches!(&refused, AppendError::NoSpace { dir: named } if named == dir.path()), "{refused}");
        assert_eq!(append(&log, [2]).expect("nothing to write"), [Appended::Duplicate]);
        assert_eq!(log.end(), 2);
        assert_holds(&log, &[1, 2]);
    }
    disk.faults.space.store(i64::MAX, SeqCst);
    assert_eq!(append(&log, [2, 3]).expect("appends"), [Appended::Duplicate, Appended::New { offset: 2 }]);
    assert_holds_after_reopening(log, dir.path(), &[1, 2, 3]);
}

#[test]
fn a_disk_with_room_for_the_frame_but_not_for_zeros_ahead_takes_the_frame() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let ahead = LogOptions { ahead_bytes: 4096, segment_bytes: 1 << 20, ..options() };
    let log = Log::open_on(disk.clone(), dir.path(), ahead).expect("opens");
    disk.faults.space.store(500, SeqCst);
    // The part of the failed attempt that was written is given back by truncation; the injected disk does not count that.
    let first = append(&log, [1]);
    disk.faults.space.store(500, SeqCst);
    let second = append(&log, [2]);
    disk.faults.space.store(i64::MAX, SeqCst);
    append(&log, [1, 2]).expect("appends");
    assert!(first.is_err() && second.is_err(), "the injected disk stays full");
    assert_holds_after_reopening(log, dir.path(), &[1, 2]);
}

#[test]
fn after_a_failed_sync_the_log_goes_on_in_a_new_segment() {
    for synced_before in [0_u128, 3] {
        let dir = tempfile::tempdir().expect("folder");
        let disk = Disk::default();
        let log = Log::open_on(disk.clone(), dir.path(), options()).expect("opens");
        (1..=synced_before).for_each(|key| drop(append(&log, [key]).expect("appends")));
        for _ in 0..2 {
            disk.faults.failing_syncs.store(1, SeqCst);
            assert!(matches!(append(&log, [8, 9]), Err(AppendError::Io(_))));
        }
        let expected =
            [Appended::New { offset: synced_before as u64 }, Appended::New { offset: synced_before as u64 + 1 }];
        assert_eq!(append(&log, [9, 8]).expect("appends"), expected);
        let keys: Vec<u128> = (1..=synced_before).chain([9, 8]).collect();
        assert_holds(&log, &keys);
        assert_holds_after_reopening(log, dir.path(), &keys);
    }
}

#[test]
fn frames_left_behind_by_a_failed_sync_are_not_records() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let log = Log::open_on(disk.clone(), dir.path(), options()).expect("opens");
    append(&log, [1]).expect("appends");
    disk.faults.failing_syncs.store(1, SeqCst);
    disk.faults.failing_truncations.store(2, SeqCst);
    assert!(append(&log, [2, 3]).is_err());
    append(&log, [4]).expect("appends");
    assert_holds(&log, &[1, 4]);
    assert_eq!(append(&log, [3]).expect("appends"), [Appended::New { offset: 2 }]);
    assert_holds_after_reopening(log, dir.path(), &[1, 4, 3]);
}

#[test]
fn a_partial_write_that_cannot_be_taken_back_is_left_behind_in_its_segment() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let log = Log::open_on(disk.clone(), dir.path(), options()).expect("opens");
    append(&log, [1]).expect("appends");
    disk.faults.space.store(20, SeqCst);
    disk.faults.failing_truncations.store(2, SeqCst);
    assert!(matches!(append(&log, [2]), Err(AppendError::NoSpace { .. })));
    disk.faults.space.store(i64::MAX, SeqCst);
    append(&log, [3]).expect("appends");
    assert_holds_after_reopening(log, dir.path(), &[1, 3]);
}

#[test]
fn a_segment_whose_name_could_not_be_synced_is_tried_again() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let small = LogOptions { segment_bytes: 100, ..options() };
    let log = Log::open_on(disk.clone(), dir.path(), small).expect("opens");
    append(&log, [1]).expect("appends");
    disk.faults.failing_dir_syncs.store(2, SeqCst);
    assert!(append(&log, [2]).is_err());
    assert!(append(&log, [2]).is_err());
    append(&log, [2]).expect("appends");
    assert_holds_after_reopening(log, dir.path(), &[1, 2]);
}

#[test]
fn when_seen_keys_cannot_be_written_memory_stays_bounded_and_the_log_recovers() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let roomy = LogOptions { ahead_bytes: 1 << 20, segment_bytes: 1 << 20, table_keys: 4, ..options() };
    let log = Log::open_on(disk.clone(), dir.path(), roomy).expect("opens");
    append(&log, [0]).expect("appends, and fills zeros ahead");
    disk.faults.space.store(0, SeqCst);
    let mut kept = vec![0];
    let refused = (1..1000).find_map(|key| match append(&log, [key]) {
        Ok(_) => {
            kept.push(key);
            None
        }
        Err(error) => Some(error),
    });
    assert!(matches!(refused, Some(AppendError::NoSpace { .. })), "{refused:?}");
    assert!(kept.len() <= 4 * 6, "{} keys in memory", kept.len());
    assert_eq!(append(&log, [kept[3]]).expect("known"), [Appended::Duplicate]);
    disk.faults.space.store(i64::MAX, SeqCst);
    let next = kept.len() as u128;
    let mut tries = (0..100).map(|_| append(&log, [next]));
    assert!(tries.any(|answer| answer.is_ok()), "recovers");
    kept.push(next);
    assert_holds_after_reopening(log, dir.path(), &kept);
}

#[test]
fn trimming_on_a_full_disk_is_refused_and_keeps_the_records() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let small = LogOptions { segment_bytes: 100, ..options() };
    let log = Log::open_on(disk.clone(), dir.path(), small).expect("opens");
    (0..5).for_each(|key| drop(append(&log, [key]).expect("appends")));
    disk.faults.space.store(0, SeqCst);
    assert!(matches!(log.trim(4), Err(LogError::Io { .. })));
    assert_holds(&log, &[0, 1, 2, 3, 4]);
    disk.faults.space.store(i64::MAX, SeqCst);
    append(&log, [5]).expect("appends");
    assert_eq!(log.trim(4).expect("trims"), 4);
    let again = append(&log, 0..6).expect("appends");
    assert!(again.iter().all(|a| *a == Appended::Duplicate), "trimmed keys stay known: {again:?}");
}

#[test]
fn forgetting_on_a_disk_that_is_full_or_fails_changes_nothing_and_works_the_next_time() {
    let dir = tempfile::tempdir().expect("folder");
    let disk = Disk::default();
    let log = Log::open_on(disk.clone(), dir.path(), options()).expect("opens");
    append(&log, 0..10).expect("appends");
    log.seal().expect("seals");
    let gone = |bytes: &[u8]| bytes.ends_with(b"3");
    disk.faults.space.store(10, SeqCst);
    assert!(matches!(log.forget(10, gone), Err(LogError::Io { .. })));
    disk.faults.space.store(i64::MAX, SeqCst);
    disk.faults.failing_syncs.store(1, SeqCst);
    assert!(matches!(log.forget(10, gone), Err(LogError::Io { .. })));
    disk.faults.failing_dir_syncs.store(1, SeqCst);
    assert!(matches!(log.forget(10, gone), Err(LogError::Io { .. })));
    assert_holds(&log, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(std::fs::read_dir(dir.path().join("segments")).expect("lists").count(), 2, "no draft is left");
    assert_eq!(log.forget(10, gone).expect("forgets"), 1);
    assert_holds(&log, &[0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_holds_after_reopening(log, dir.path(), &[0, 1, 2, 4, 5, 6, 7, 8, 9]);
}
