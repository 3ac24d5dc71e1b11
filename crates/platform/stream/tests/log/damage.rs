//! Torn writes are cut off; damage is reported where it is; promises survive closing, trimming and lost indexes.

use std::fs;

use fanvine_stream::{AppendError, Appended, Log, LogError, LogOptions, Record};

use crate::{append, copy_of, frames, read_all, record, segment_files, small};

#[test]
fn a_last_frame_cut_at_any_byte_leaves_exactly_what_was_acknowledged_before() {
    for ahead_bytes in [0, 4096] {
        let options = LogOptions { ahead_bytes, segment_bytes: 1 << 20, ..LogOptions::default() };
        let dir = tempfile::tempdir().expect("folder");
        let log = Log::open(dir.path(), options.clone()).expect("opens");
        append(&log, [1]);
        append(&log, [2, 3]);
        append(&log, [4, 5, 6]);
        let torn = copy_of(dir.path());
        let file = segment_files(torn.path()).remove(0);
        let whole = fs::read(&file).expect("reads");
        let (start, end) = frames(&whole)[2];
        for cut in start..=end {
            for zeros_follow in [false, true] {
                let mut bytes = whole[..cut].to_vec();
                bytes.resize(if zeros_follow { end + 100 } else { cut }, 0);
                // A frame whose last bytes are zeros is whole when zeros follow.
                let is_whole = bytes.len() >= end && bytes[..end] == whole[..end];
                fs::write(&file, bytes).expect("writes");
                let log = Log::open(torn.path(), options.clone()).expect("opens");
                let kept = if is_whole { 6 } else { 3 };
                assert_eq!(log.end(), kept, "cut at {cut}");
                let expected: Vec<_> = (0..kept).map(|o| (o, record(u128::from(o) + 1).bytes)).collect();
                assert_eq!(read_all(&log, 0, 1 << 20), expected);
                drop(log);
                fs::remove_dir_all(torn.path().join("seen")).expect("removes");
            }
        }
    }
}

#[test]
fn records_lost_to_a_torn_write_are_new_again_and_others_are_not() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    append(&log, [1]);
    append(&log, [2]);
    let torn = copy_of(dir.path());
    let file = segment_files(torn.path()).remove(0);
    let whole = fs::read(&file).expect("reads");
    fs::write(&file, &whole[..frames(&whole)[1].1 - 1]).expect("writes");
    let log = Log::open(torn.path(), small()).expect("opens");
    assert_eq!(append(&log, [1, 2]), [Appended::Duplicate, Appended::New { offset: 1 }]);
}

#[test]
fn a_bad_frame_with_valid_ones_after_it_is_reported_with_file_and_position() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    (0..5).for_each(|key| drop(append(&log, [key])));
    let copy = copy_of(dir.path());
    let file = segment_files(copy.path()).remove(0);
    let whole = fs::read(&file).expect("reads");
    let (start, end) = frames(&whole)[2];
    for changed in start..end {
        let mut bytes = whole.clone();
        bytes[changed] ^= 0x40;
        fs::write(&file, &bytes).expect("writes");
        let error = Log::open(copy.path(), small()).expect_err("is damaged");
        match error {
            LogError::Corrupt { file: named, position, .. } => {
                assert_eq!((named, position), (file.clone(), start as u64))
            }
            other => panic!("byte {changed}: {other}"),
        }
        assert_eq!(fs::read(&file).expect("reads"), bytes, "the file is left as it was found");
    }
}

#[test]
fn damage_in_a_sealed_segment_is_reported_when_it_is_read() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    (0..100).for_each(|key| drop(append(&log, [key])));
    let files = segment_files(dir.path());
    assert!(files.len() > 3);
    let start = log.trim(log.end()).expect("trims, and so indexes all keys");
    log.close();
    let log = Log::open(dir.path(), small()).expect("opens");
    (100..200).for_each(|key| drop(append(&log, [key])));
    let file = segment_files(dir.path()).remove(1);
    let mut bytes = fs::read(&file).expect("reads");
    let at = frames(&bytes)[1].0;
    bytes[at + 40] ^= 1;
    fs::write(&file, bytes).expect("writes");
    let mut next = start;
    let error = loop {
        match log.read(next, 1) {
            Ok(batch) => next = batch.next,
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, LogError::Corrupt { file: f, position, .. } if *f == file && *position == at as u64),
        "{error}"
    );
}

#[test]
fn losing_acknowledged_records_after_a_clean_closing_is_noticed() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    append(&log, [1]);
    append(&log, [2]);
    log.close();
    let file = segment_files(dir.path()).remove(0);
    let bytes = fs::read(&file).expect("reads");
    fs::write(&file, &bytes[..frames(&bytes)[1].1 - 1]).expect("writes");
    assert!(matches!(Log::open(dir.path(), small()), Err(LogError::Corrupt { .. })));
    fs::remove_file(&file).expect("removes");
    assert!(matches!(Log::open(dir.path(), small()), Err(LogError::Corrupt { .. })));
}

#[test]
fn a_record_that_imitates_a_frame_is_not_taken_for_one_when_the_write_is_torn() {
    let dir = tempfile::tempdir().expect("folder");
    let other = tempfile::tempdir().expect("folder");
    let stranger = Log::open(other.path(), small()).expect("opens");
    (0..9).for_each(|key| drop(append(&stranger, [key])));
    let image = fs::read(segment_files(other.path()).remove(0)).expect("reads");
    let (start, end) = frames(&image)[8];
    let log = Log::open(dir.path(), small()).expect("opens");
    append(&log, [1]);
    log.append_blocking([Record { key: 2, bytes: image[start..end].to_vec() }].into()).expect("appends");
    let torn = copy_of(dir.path());
    let file = segment_files(torn.path()).remove(0);
    let mut bytes = fs::read(&file).expect("reads");
    let second = frames(&bytes)[1].0;
    bytes[second + 5] ^= 1;
    fs::write(&file, bytes).expect("writes");
    assert_eq!(Log::open(torn.path(), small()).expect("opens").end(), 1);
}

#[test]
fn trimmed_keys_stay_known_and_trimmed_offsets_are_refused_by_name() {
    let dir = tempfile::tempdir().expect("folder");
    let mut log = Log::open(dir.path(), small()).expect("opens");
    let keys = || (0..500_u128).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    for key in keys() {
        append(&log, [key]);
    }
    let before = log.bytes_on_disk();
    assert_eq!(log.trim(0).expect("trims nothing"), 0);
    let start = log.trim(400).expect("trims");
    assert!(start > 300 && start <= 400 && log.start() == start);
    assert!(log.bytes_on_disk() < before);
    for _ in 0..3 {
        assert!(matches!(log.read(start - 1, 1), Err(LogError::Trimmed { start: s, .. }) if s == start));
        assert!(matches!(log.read(501, 1), Err(LogError::BeyondEnd { from: 501, end: 500 })));
        assert!(log.read(500, 1).expect("the end").is_empty());
        assert_eq!(read_all(&log, start, 100).len() as u64, 500 - start);
        assert!(append(&log, keys()).iter().all(|a| *a == Appended::Duplicate));
        assert_eq!(log.end(), 500);
        log.close();
        log = Log::open(dir.path(), small()).expect("opens");
        assert_eq!(log.start(), start);
    }
}

#[test]
fn a_lost_index_of_keys_is_rebuilt_or_named() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    (0..100).for_each(|key| drop(append(&log, [key])));
    log.close();
    fs::write(dir.path().join("seen/manifest.json"), "{").expect("writes");
    let log = Log::open(dir.path(), small()).expect("rebuilds");
    assert!(append(&log, 0..100).iter().all(|a| *a == Appended::Duplicate));
    assert!(log.trim(50).expect("trims") > 0);
    log.close();
    fs::remove_dir_all(dir.path().join("seen")).expect("removes");
    assert!(matches!(Log::open(dir.path(), small()), Err(LogError::SeenLost { .. })));
}

#[test]
fn a_folder_in_use_is_refused_until_it_is_closed() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    assert!(matches!(Log::open(dir.path(), small()), Err(LogError::Locked { dir: named }) if named == dir.path()));
    append(&log, [1]);
    log.close();
    let again = Log::open(dir.path(), small()).expect("opens");
    assert_eq!(again.end(), 1);
    assert!(matches!(log.append_blocking([record(2)].into()), Err(AppendError::Closed)));
    assert_eq!(log.read(0, 1).expect("still reads").len(), 1);
    assert!(matches!(log.trim(1), Ok(0)));
}

#[test]
fn an_append_of_nothing_and_an_oversized_one() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), LogOptions { group_bytes: 1000, ..small() }).expect("opens");
    assert_eq!(append(&log, []), []);
    let big = Record { key: 1, bytes: vec![0; 981] };
    let refused = log.append_blocking([big].into()).expect_err("is too large");
    assert!(matches!(refused, AppendError::TooLarge { bytes: 1001, limit_bytes: 1000 }), "{refused}");
    let fits = Record { key: 1, bytes: vec![7; 980] };
    log.append_blocking([fits.clone()].into()).expect("fits");
    assert_eq!(read_all(&log, 0, 1), [(0, fits.bytes)]);
}
