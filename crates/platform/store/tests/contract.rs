//! What every store must do, asked of SQLite and, where a server is at hand, of PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fanvine_kernel::Timestamp;
use fanvine_store::{Migration, Row, Store, StoreError, Value, args};
use fanvine_testkit::{TempStore, stores, track};

const NOTES: Migration = Migration {
    name: "test/0001_notes",
    sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT, weight DOUBLE PRECISION, body {{bytes}}, at BIGINT);
          CREATE TABLE log (id {{serial_key}}, note BIGINT NOT NULL REFERENCES notes (id));",
};

async fn with_notes() -> Vec<TempStore> {
    let stores = stores().await;
    for store in &stores {
        store.migrate(&[NOTES]).await.unwrap();
    }
    stores
}

async fn add(store: &Store, id: i64) -> Result<u64, StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move { tx.execute("INSERT INTO notes (id, text) VALUES ($1, $2)", args![id, "n"]).await })
        })
        .await
}

async fn count(store: &Store) -> i64 {
    store
        .read(|tx| {
            Box::pin(async move {
                let row = tx.one("SELECT CAST(count(*) AS BIGINT) AS n FROM notes", args![]).await?;
                row.map_or(Ok(0), |row| row.get("n"))
            })
        })
        .await
        .map_err(|error: StoreError| error.in_full())
        .unwrap()
}

#[tokio::test]
async fn values_read_back_as_they_were_written() {
    for store in with_notes().await {
        let moment = Timestamp::parse("2026-03-04T05:06:07.000008Z").unwrap();
        let row: Row = store
            .write(move |tx| {
                Box::pin(async move {
                    const INSERT: &str = "INSERT INTO notes (id, text, weight, body, at) VALUES ($1, $2, $3, $4, $5)";
                    tx.execute(INSERT, args![i64::MIN, "满\0", 2.0, vec![0u8, 255], moment]).await?;
                    tx.execute(INSERT, args![2, None::<String>, None::<f64>, None::<Vec<u8>>, None::<Timestamp>])
                        .await?;
                    tx.one("SELECT * FROM notes WHERE id = $1", args![i64::MIN]).await.map(Option::unwrap)
                })
            })
            .await
            .map_err(|error: StoreError| error.in_full())
            .unwrap();
        assert_eq!(row.get::<i64>("id").unwrap(), i64::MIN, "{}", store.name);
        assert_eq!(row.get::<String>("text").unwrap(), "满\u{FFFD}");
        assert_eq!(row.get::<f64>("weight").unwrap(), 2.0);
        assert_eq!(row.get::<Vec<u8>>("body").unwrap(), [0, 255]);
        assert_eq!(row.get::<Timestamp>(4).unwrap(), moment);
        assert!(matches!(row.get::<i64>("nothing"), Err(StoreError::NoColumn { .. })));
        assert!(matches!(row.get::<i64>("text"), Err(StoreError::Column { .. })));
        let empty: Row = store
            .read(|tx| {
                Box::pin(async move { tx.one("SELECT * FROM notes WHERE id = 2", args![]).await.map(Option::unwrap) })
            })
            .await
            .map_err(|error: StoreError| error.in_full())
            .unwrap();
        assert_eq!(empty.get::<Option<String>>("text").unwrap(), None);
        assert_eq!(empty.get::<Option<Timestamp>>("at").unwrap(), None);
        assert!(matches!(empty.get::<String>("text"), Err(StoreError::NullColumn { .. })), "{}", store.name);
        assert!(matches!(empty.get::<f64>("weight"), Err(StoreError::NullColumn { .. })), "{}", store.name);
        assert!(matches!(empty.get::<i64>("at"), Err(StoreError::NullColumn { .. })), "{}", store.name);
    }
}

#[tokio::test]
async fn a_command_that_fails_leaves_nothing_and_takes_nobody_with_it() {
    for store in with_notes().await {
        let attempts = (0..200i64).map(|id| {
            let store = store.store();
            async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            tx.execute("INSERT INTO notes (id) VALUES ($1)", args![id]).await?;
                            if id % 2 == 0 { Ok(()) } else { Err(StoreError::Closed) }
                        })
                    })
                    .await
            }
        });
        let outcomes = futures::future::join_all(attempts).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 100, "{}", store.name);
        assert_eq!(count(&store).await, 100, "{}", store.name);
    }
}

#[tokio::test]
async fn a_swallowed_failure_is_still_a_failure() {
    for store in with_notes().await {
        add(&store, 1).await.unwrap();
        let outcome = store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("INSERT INTO notes (id) VALUES (2)", args![]).await?;
                    drop(tx.execute("INSERT INTO notes (id) VALUES (1)", args![]).await);
                    Ok::<_, StoreError>(())
                })
            })
            .await;
        assert!(outcome.unwrap_err().is_duplicate(), "{}", store.name);
        assert_eq!(count(&store).await, 1, "{}", store.name);
    }
}

#[tokio::test]
async fn errors_say_what_can_be_done_about_them() {
    for store in with_notes().await {
        add(&store, 1).await.unwrap();
        let twice = add(&store, 1).await.unwrap_err();
        assert!(
            twice.is_duplicate() && !twice.is_full() && !twice.is_retryable(),
            "{}: {}",
            store.name,
            twice.in_full()
        );
        let orphan = store
            .write(|tx| Box::pin(async move { tx.execute("INSERT INTO log (note) VALUES ($1)", args![9]).await }))
            .await
            .unwrap_err();
        assert!(matches!(orphan, StoreError::Refused { .. }), "{}: {}", store.name, orphan.in_full());
        let nonsense = store.read(|tx| Box::pin(async move { tx.rows("SELECT nonsense", args![]).await })).await;
        assert!(nonsense.unwrap_err().to_string().contains("SELECT nonsense"));
    }
}

#[tokio::test]
async fn a_panic_in_a_command_is_rolled_back_and_the_next_one_runs() {
    for store in with_notes().await {
        let outcome: Result<(), StoreError> = store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("INSERT INTO notes (id) VALUES (1)", args![]).await?;
                    panic!("a bug of ours");
                })
            })
            .await;
        assert!(matches!(outcome, Err(StoreError::Panicked { message }) if message == "a bug of ours"));
        add(&store, 2).await.unwrap();
        assert_eq!(count(&store).await, 1, "{}", store.name);
    }
}

#[tokio::test]
async fn a_reader_sees_one_snapshot_and_cannot_write() {
    for store in with_notes().await {
        add(&store, 1).await.unwrap();
        let outside = store.store();
        let (before, after) = store
            .read(move |tx| {
                Box::pin(async move {
                    const COUNT: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM notes";
                    let before: i64 = tx.one(COUNT, args![]).await?.unwrap().get("n")?;
                    add(&outside, 2).await?;
                    let after: i64 = tx.one(COUNT, args![]).await?.unwrap().get("n")?;
                    Ok::<_, StoreError>((before, after))
                })
            })
            .await
            .unwrap();
        assert_eq!((before, after), (1, 1), "{}", store.name);
        assert_eq!(count(&store).await, 2);
        let refused = store.read(|tx| Box::pin(async move { tx.execute("DELETE FROM notes", args![]).await })).await;
        assert!(refused.is_err(), "{}", store.name);
        assert_eq!(count(&store).await, 2);
    }
}

#[tokio::test]
async fn many_rows_are_inserted_in_few_statements() {
    for store in with_notes().await {
        for tail in ["", "ON CONFLICT (id) DO UPDATE SET text = excluded.text"] {
            let touched = store
                .write(move |tx| {
                    let rows = (0..1_003i64).map(|id| vec![Value::from(id), Value::from(format!("n{id}"))]).collect();
                    Box::pin(async move {
                        if tail.is_empty() {
                            tx.execute("DELETE FROM notes", args![]).await?;
                        }
                        tx.insert_many("INSERT INTO notes (id, text) VALUES", rows, tail).await
                    })
                })
                .await
                .map_err(|error: StoreError| error.in_full())
                .unwrap();
            assert_eq!(touched, 1_003, "{}", store.name);
        }
        assert_eq!(count(&store).await, 1_003, "{}", store.name);
    }
}

#[tokio::test]
async fn a_big_answer_arrives_in_chunks_and_may_be_left_half_read() {
    for store in with_notes().await {
        store
            .write(|tx| {
                let rows = (0..5_000i64).map(|id| vec![Value::from(id)]).collect();
                Box::pin(async move { tx.insert_many("INSERT INTO notes (id) VALUES", rows, "").await })
            })
            .await
            .map_err(|error: StoreError| error.in_full())
            .unwrap();
        let mut chunks = store.scan("SELECT id FROM notes WHERE id >= $1 ORDER BY id", args![10], 1_000);
        let mut ids = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk.unwrap();
            assert!(chunk.len() <= 1_000);
            ids.extend(chunk.iter().map(|row| row.get::<i64>("id").unwrap()));
        }
        assert_eq!(ids, (10..5_000).collect::<Vec<_>>(), "{}", store.name);
        for _ in 0..20 {
            let mut chunks = store.scan("SELECT id FROM notes", args![], 100);
            chunks.recv().await.unwrap().unwrap();
        }
        let mut broken = store.scan("SELECT nothing FROM notes", args![], 10);
        assert!(broken.recv().await.unwrap().is_err());
        add(&store, -1).await.unwrap();
    }
}

#[tokio::test]
async fn an_edited_migration_is_refused_by_name_and_an_old_one_is_applied_once() {
    for store in with_notes().await {
        store.migrate(&[NOTES]).await.unwrap();
        let edited = Migration { sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY)", ..NOTES };
        let error = store.migrate(&[edited]).await.unwrap_err();
        assert!(matches!(&error, StoreError::MigrationChanged { name, .. } if name == NOTES.name), "{error}");
        let broken =
            Migration { name: "test/0002_half", sql: "CREATE TABLE half (id BIGINT); CREATE TABLE nonsense (" };
        assert!(matches!(store.migrate(&[broken]).await, Err(StoreError::Migration { .. })));
        let mended = Migration { name: "test/0002_half", sql: "CREATE TABLE half (id BIGINT)" };
        store.migrate(&[mended]).await.map_err(|error| error.in_full()).unwrap();
    }
}

#[tokio::test]
async fn several_programs_may_migrate_at_once() {
    for store in stores().await {
        let mut others = Vec::new();
        for _ in 0..4 {
            others.push(Store::open(&store.url).await.unwrap());
        }
        let outcomes = futures::future::join_all(others.iter().map(|other| other.migrate(&[NOTES]))).await;
        for outcome in outcomes {
            outcome.map_err(|error| error.in_full()).unwrap();
        }
        add(&others[3], 1).await.unwrap();
        assert_eq!(count(&store).await, 1, "{}", store.name);
    }
}

#[tokio::test]
async fn events_leave_in_the_order_their_commands_were_committed() {
    for store in with_notes().await {
        let refused: Result<(), StoreError> = store
            .write(|tx| {
                Box::pin(async move {
                    tx.emit(&track("Never Happened").build()).await?;
                    Err(StoreError::Closed)
                })
            })
            .await;
        assert!(refused.is_err());
        let committed = Arc::new(AtomicUsize::new(0));
        let commands = (0..30).map(|_| {
            let (store, committed) = (store.store(), Arc::clone(&committed));
            async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            tx.lock("number").await?;
                            let number = committed.fetch_add(1, Ordering::SeqCst);
                            tx.emit(&track("Happened").id(&number.to_string()).build()).await
                        })
                    })
                    .await
            }
        });
        for outcome in futures::future::join_all(commands).await {
            outcome.map_err(|error| error.in_full()).unwrap();
        }
        let pending = store.outbox_pending(100).await.unwrap();
        let numbers: Vec<String> = pending.iter().map(|(_, event)| event.message_id.clone()).collect();
        assert_eq!(numbers, (0..30).map(|number| number.to_string()).collect::<Vec<_>>(), "{}", store.name);
        assert_eq!(store.outbox_done(pending[9].0).await.unwrap(), 10);
        assert_eq!(store.outbox_pending(1).await.unwrap()[0].1.message_id, "10");
    }
}

#[tokio::test]
async fn offsets_are_kept_per_consumer() {
    for store in stores().await {
        let offsets = store
            .write(|tx| {
                Box::pin(async move {
                    let none = tx.offset("a").await?;
                    tx.set_offset("a", 5).await?;
                    tx.set_offset("a", 7).await?;
                    tx.set_offset("b", 1).await?;
                    Ok::<_, StoreError>((none, tx.offset("a").await?, tx.offset("b").await?))
                })
            })
            .await
            .unwrap();
        assert_eq!(offsets, (None, Some(7), Some(1)), "{}", store.name);
    }
}

#[tokio::test]
async fn locked_commands_never_decide_on_the_same_state() {
    for store in with_notes().await {
        add(&store, 0).await.unwrap();
        let commands = (0..40).map(|_| {
            let store = store.store();
            async move {
                store
                    .write(|tx| {
                        Box::pin(async move {
                            tx.lock("counter").await?;
                            let row = tx.one("SELECT COALESCE(at, 0) AS at FROM notes WHERE id = 0", args![]).await?;
                            let at: i64 = row.unwrap().get("at")?;
                            tx.execute("UPDATE notes SET at = $1 WHERE id = 0", args![at + 1]).await
                        })
                    })
                    .await
            }
        });
        for outcome in futures::future::join_all(commands).await {
            outcome.map_err(|error: StoreError| error.in_full()).unwrap();
        }
        let mut rows = store.scan("SELECT at FROM notes WHERE id = 0", args![], 1);
        assert_eq!(rows.recv().await.unwrap().unwrap()[0].get::<i64>("at").unwrap(), 40, "{}", store.name);
    }
}

#[tokio::test]
async fn a_closed_store_says_so_and_opens_again_with_everything_saved() {
    for store in with_notes().await {
        let queued = futures::future::join_all((0..50).map(|id| add(&store, id)));
        for outcome in queued.await {
            outcome.unwrap();
        }
        store.close().await;
        assert!(matches!(add(&store, 99).await, Err(StoreError::Closed)), "{}", store.name);
        let read = store.read(|tx| Box::pin(async move { tx.rows("SELECT 1", args![]).await })).await;
        assert!(matches!(read, Err(StoreError::Closed)), "{}", store.name);
        let again = Store::open(&store.url).await.unwrap();
        assert_eq!(count(&again).await, 50, "{}", store.name);
    }
}

#[tokio::test]
async fn a_full_disk_fails_every_command_of_the_commit_and_passes() {
    let store = TempStore::sqlite().await;
    store.migrate(&[NOTES]).await.unwrap();
    let set_limit = |pages: i64| {
        let store = store.store();
        async move {
            let pragma = format!("PRAGMA max_page_count = {pages}");
            store.write(move |tx| Box::pin(async move { tx.rows(pragma, args![]).await })).await.unwrap();
        }
    };
    set_limit(30).await;
    let insert = |id: i64, bytes: usize| {
        let store = store.store();
        async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        tx.execute("INSERT INTO notes (id, body) VALUES ($1, $2)", args![id, vec![7u8; bytes]]).await
                    })
                })
                .await
        }
    };
    let outcomes = futures::future::join_all((0..64).map(|id| insert(id, if id == 40 { 1_000_000 } else { 10 }))).await;
    let saved = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(StoreError::is_full));
    assert!(outcomes[40].is_err());
    assert_eq!(count(&store).await, saved as i64);
    set_limit(1_000_000).await;
    insert(40, 1_000_000).await.unwrap();
}

#[tokio::test]
async fn what_is_no_address_is_refused_without_its_password() {
    let error = Store::open("mysql://root:secret@db/shop").await.unwrap_err();
    assert!(matches!(&error, StoreError::UnknownAddress { .. }));
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_password_never_appears_in_an_error() {
    let error = Store::open("postgres://shop:secret@127.0.0.1:port/shop").await.unwrap_err();
    assert!(!error.in_full().contains("secret"), "{}", error.in_full());
}

#[tokio::test]
async fn one_query_sees_what_was_saved_and_nothing_else() {
    for store in with_notes().await {
        const ALL: &str = "SELECT id, text FROM notes WHERE id > $1 ORDER BY id";
        add(&store, 1).await.unwrap();
        add(&store, 2).await.unwrap();
        let failed: Result<(), StoreError> = store
            .write(|tx| {
                Box::pin(async move {
                    tx.execute("INSERT INTO notes (id) VALUES (3)", args![]).await?;
                    Err(StoreError::Closed)
                })
            })
            .await;
        failed.unwrap_err();
        let rows = store.rows(ALL, args![1]).await.map_err(|error| error.in_full()).unwrap();
        let ids: Vec<i64> = rows.iter().map(|row| row.get("id").unwrap()).collect();
        assert_eq!(ids, [2], "{}", store.name);
        assert!(store.rows("SELECT nothing FROM nowhere", args![]).await.is_err());
        // Who is given up on in the middle takes nobody else's connection along.
        for turns in 0..12 {
            let mut asking = Box::pin(store.rows(ALL, args![0]));
            for _ in 0..turns {
                if futures::poll!(asking.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        for _ in 0..40 {
            assert_eq!(store.rows(ALL, args![0]).await.unwrap().len(), 2);
        }
        // A query cannot write where nobody waits for what it writes.
        assert_eq!(count(&store).await, 2);
    }
}
