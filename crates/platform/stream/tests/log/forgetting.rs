//! Records that leave the log: their bytes go, their offsets and keys stay.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use fanvine_stream::{Appended, Log, check, record_files};

use crate::{append, read_kept, record, segment_files, small};

fn is_even(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|digit| digit % 2 == 0)
}

fn odd(keys: std::ops::Range<u64>) -> Vec<(u64, Vec<u8>)> {
    keys.filter(|key| key % 2 == 1).map(|key| (key, record(key.into()).bytes)).collect()
}

#[test]
fn what_is_forgotten_is_passed_over_and_stays_known() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    (0..100u128).for_each(|pair| drop(append(&log, [pair * 2, pair * 2 + 1])));
    assert!(segment_files(dir.path()).len() > 3);
    let halfway = log.read(0, 700).expect("reads");
    assert_eq!(log.seal().expect("seals"), 200);
    assert_eq!(log.seal().expect("nothing to seal"), 200);
    assert_eq!(log.forget(200, is_even).expect("forgets"), 100);
    assert_eq!(log.forget(200, is_even).expect("forgets"), 0);
    assert_eq!(read_kept(&log, halfway.next, 700), odd(halfway.next..200), "a reader goes on where it was");
    assert_eq!(read_kept(&log, 0, 1), odd(0..200));
    let found: Vec<u8> = segment_files(dir.path()).iter().flat_map(|path| fs::read(path).expect("reads")).collect();
    let holds = |key: u128| found.windows(record(key).bytes.len()).any(|bytes| bytes == record(key).bytes);
    assert!(holds(101) && !holds(102), "its bytes are on the disk no more");
    assert!(append(&log, 0..200).iter().all(|answer| *answer == Appended::Duplicate));
    assert_eq!(append(&log, [200]), [Appended::New { offset: 200 }]);
    assert_eq!(record_files(dir.path()).expect("lists").end, 201);
    log.close();

    assert_eq!(check(dir.path()).expect("is whole"), 0..201);
    let log = Log::open(dir.path(), small()).expect("opens");
    let mut left = odd(0..200);
    left.push((200, record(200).bytes));
    assert_eq!(read_kept(&log, 0, 300), left);
    assert!(append(&log, 0..201).iter().all(|answer| *answer == Appended::Duplicate));
    assert_eq!(log.forget(200, |_| true).expect("forgets"), 100, "again, in a file that was written anew before");
    assert_eq!(read_kept(&log, 0, 300), [(200, record(200).bytes)]);
    assert_eq!(log.trim(200).expect("trims"), 200);
    assert_eq!(segment_files(dir.path()).len(), 1);
}

#[test]
fn what_lies_beyond_the_given_offset_or_in_the_file_being_written_stays() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    append(&log, 0..4);
    assert_eq!(log.forget(4, |_| true).expect("forgets"), 0, "it is being written");
    log.seal().expect("seals");
    append(&log, 4..8);
    log.seal().expect("seals");
    assert_eq!(log.forget(7, |_| true).expect("forgets"), 4);
    assert_eq!(read_kept(&log, 0, 1 << 20).len(), 4);
}

#[test]
fn readers_and_appenders_go_on_meanwhile() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    (0..400u128).for_each(|key| drop(append(&log, [key])));
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let read = read_kept(&log, 0, 500);
                    assert!(odd(0..400).iter().all(|record| read.contains(record)), "only what is gone is missing");
                }
            });
        }
        scope.spawn(|| (400..500u128).for_each(|key| drop(append(&log, [key]))));
        for tenth in 1..=10 {
            let gone = |bytes: &[u8]| is_even(bytes) && bytes.len() % 10 < tenth;
            log.forget(400, gone).expect("forgets");
        }
        ended.store(true, Ordering::Relaxed);
    });
    assert_eq!(log.end(), 500);
}

#[test]
fn what_a_crash_left_behind_is_swept_away() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    append(&log, 0..10);
    log.seal().expect("seals");
    let before = segment_files(dir.path()).remove(0);
    let old = fs::read(&before).expect("reads");
    log.forget(10, is_even).expect("forgets");
    log.close();
    assert!(!before.exists());
    // Killed before the old edition was removed, and in the middle of the next one.
    fs::write(&before, old).expect("writes");
    fs::write(before.with_extension("log.new"), b"half").expect("writes");
    let log = Log::open(dir.path(), small()).expect("opens");
    assert_eq!(read_kept(&log, 0, 1 << 20), odd(0..10));
    assert!(!before.exists() && !before.with_extension("log.new").exists());
}
