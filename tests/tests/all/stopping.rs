//! Stopping as an operator stops it: what was answered is kept, what is open is finished, the exit says so.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, Run, WRITE_KEY, on_both_columns, wait_for, words};
use serde_json::json;

use crate::messages::track;

on_both_columns! {
    fn stopping_under_load_loses_nothing_and_exits_well(column) {
        let mut shop = Fanvine::start(&column)?;
        let (acknowledged, over) = (Mutex::new(Vec::<String>::new()), AtomicBool::new(false));
        let acknowledge = |id: String| acknowledged.lock().map(|mut all| all.push(id)).unwrap_or_default();
        let send = |thread: usize| {
            for number in 0.. {
                let id = format!("t{thread}-{number}");
                let message = track(&id, "Product Viewed", "u1", json!({}));
                match shop.post("/v1/track", &message).write_key(WRITE_KEY).send() {
                    Ok(reply) if reply.status == 200 => acknowledge(id),
                    _ if over.load(SeqCst) => return,
                    // Refused because it is stopping; asked again until nobody answers any more.
                    _ => {}
                }
            }
        };
        std::thread::scope(|scope| -> Result<()> {
            for thread in 0..4 {
                scope.spawn(move || send(thread));
            }
            wait_for("some events to be acknowledged", || {
                Ok(acknowledged.lock().is_ok_and(|all| all.len() > 200).then_some(()))
            })?;
            shop.signal("TERM")?;
            over.store(true, SeqCst);
            Ok(())
        })?;
        ensure!(shop.stopped()?.success(), "it did not exit with 0");
        ensure!(!shop.data().join("running.json").exists(), "it left its note of running behind");
        shop.begin()?;
        shop.settle()?;
        let mut expected = acknowledged.into_inner().ok().context("a sender panicked")?;
        let mut found = shop.csv("SELECT message_id FROM events")?;
        expected.sort();
        found.sort();
        let unique = found.windows(2).all(|pair| pair[0] != pair[1]);
        ensure!(unique, "an event is there twice");
        let lost: Vec<_> = expected.iter().filter(|id| found.binary_search(id).is_err()).collect();
        ensure!(lost.is_empty(), "lost {} of {}: {lost:?}", lost.len(), expected.len());
        println!("{} events acknowledged, {} found", expected.len(), found.len());
        Ok(())
    }

    fn a_second_program_on_the_same_data_is_refused_by_name(column) {
        let shop = Fanvine::start(&column)?;
        let folder = std::sync::Arc::new(tempfile::tempdir()?);
        let second = Fanvine::start_in(Run::on(&column), folder, shop.data().to_owned());
        let error = format!("{:#}", second.err().context("the second program started")?);
        ensure!(error.contains("ended before it was ready"), "{error}");
        ensure!(error.contains(&*shop.data().to_string_lossy()), "the refusal does not name the folder: {error}");
        shop.send("track", &track("m1", "Product Viewed", "u1", json!({})))?;
        shop.wait_until_sql("SELECT count(*) FROM events", &json!([[1]]))
    }
}

#[test]
fn a_command_line_nobody_understands_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let outcome = Run::default().import(folder.path(), &words(&[&"--preset", &"no-such-preset", &"missing.csv"]))?;
    ensure!(!outcome.status.success() && outcome.text.contains("no-such-preset"), "{}", outcome.text);
    Ok(())
}
