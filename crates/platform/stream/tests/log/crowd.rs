//! Many appenders and readers at once.

use std::collections::HashMap;
use std::sync::Barrier;

use fanvine_stream::{AppendError, Appended, Log, LogOptions, Record};

use crate::{append, read_all, record, small};

#[test]
fn each_key_is_stored_once_however_many_send_it() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    let barrier = Barrier::new(8);
    let offsets: Vec<(u128, u64)> = std::thread::scope(|scope| {
        let appenders: Vec<_> = (0..8_u128)
            .map(|me| {
                let (log, barrier) = (&log, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let mut new = Vec::new();
                    for batch in 0..60_u128 {
                        let keys: Vec<u128> = (0..5).map(|i| (batch * 5 + i * (me + 1)) % 300).collect();
                        for (key, answer) in keys.iter().zip(append(log, keys.iter().copied())) {
                            if let Appended::New { offset } = answer {
                                new.push((*key, offset));
                            } else {
                                assert!(log.end() > 0, "a duplicate is durable");
                            }
                        }
                    }
                    new
                })
            })
            .collect();
        appenders.into_iter().flat_map(|a| a.join().expect("appender")).collect()
    });
    let by_offset: HashMap<u64, u128> = offsets.iter().map(|(key, offset)| (*offset, *key)).collect();
    let by_key: HashMap<u128, u64> = offsets.iter().copied().collect();
    assert_eq!((by_offset.len(), by_key.len()), (offsets.len(), offsets.len()), "once each");
    assert_eq!(log.end(), offsets.len() as u64, "dense");
    for (offset, bytes) in read_all(&log, 0, 500) {
        assert_eq!(bytes, record(by_offset[&offset]).bytes);
    }
}

#[test]
fn a_reader_follows_an_appender_without_gaps() {
    let dir = tempfile::tempdir().expect("folder");
    let log = Log::open(dir.path(), small()).expect("opens");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
    std::thread::scope(|scope| {
        scope.spawn(|| (0..300_u128).for_each(|key| drop(append(&log, [key * 2, key * 2 + 1]))));
        let mut next = 0;
        while next < 600 {
            runtime.block_on(log.wait_past(next));
            let batch = log.read(next, 30).expect("reads");
            for (offset, bytes) in batch.records() {
                assert_eq!(offset, next);
                assert_eq!(bytes, record(u128::from(offset)).bytes);
                next += 1;
            }
            assert_eq!(batch.next, next);
        }
    });
}

#[test]
fn waiting_ends_when_the_log_is_closed_and_queued_appends_are_kept() {
    let dir = tempfile::tempdir().expect("folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("runtime");
    let log = Log::open(dir.path(), small()).expect("opens");
    runtime.block_on(async {
        let waiter = tokio::spawn({
            let log = log.clone();
            async move { log.wait_past(1_000_000).await }
        });
        let appends: Vec<_> = (0..50_u128)
            .map(|key| {
                let log = log.clone();
                tokio::spawn(async move { (key, log.append([record(key)].into()).await) })
            })
            .collect();
        tokio::task::spawn_blocking({
            let log = log.clone();
            move || log.close()
        })
        .await
        .expect("closes");
        waiter.await.expect("is released");
        let mut kept = 0;
        for append in appends {
            match append.await.expect("appender") {
                (_, Ok(answer)) => {
                    assert!(matches!(answer[..], [Appended::New { .. }]));
                    kept += 1;
                }
                (_, Err(AppendError::Closed)) => {}
                (key, Err(other)) => panic!("{key}: {other}"),
            }
        }
        assert_eq!(log.end(), kept);
    });
}

#[test]
fn a_busy_log_refuses_rather_than_grows_and_loses_nothing_it_took() {
    let dir = tempfile::tempdir().expect("folder");
    let tight = LogOptions { queue_bytes: 2000, group_bytes: 2000, ..LogOptions::default() };
    let log = Log::open(dir.path(), tight).expect("opens");
    let taken: u64 = std::thread::scope(|scope| {
        let appenders: Vec<_> = (0..8_u128)
            .map(|me| {
                let log = &log;
                scope.spawn(move || {
                    let mut taken = 0;
                    for i in 0..40 {
                        let bytes = vec![me as u8; 700];
                        match log.append_blocking([Record { key: me * 100 + i, bytes }].into()) {
                            Ok(_) => taken += 1,
                            Err(AppendError::Busy { queued_bytes, retry_after_s }) => {
                                assert!(queued_bytes <= 2000 && (1..=60).contains(&retry_after_s));
                            }
                            Err(other) => panic!("{other}"),
                        }
                    }
                    taken
                })
            })
            .collect();
        appenders.into_iter().map(|a| a.join().expect("appender")).sum()
    });
    assert_eq!(log.end(), taken);
    assert!(read_all(&log, 0, 10_000).iter().all(|(_, bytes)| bytes.len() == 700));
}
