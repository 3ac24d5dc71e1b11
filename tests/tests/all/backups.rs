//! The restore drill: a backup is made while events come in, lost is what was, restored is all that was in the backup.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Column, Fanvine, Run, SERVER_KEY, on_both_columns, wait_for, words};
use serde_json::{Value, json};

use crate::messages::{order, track};

/// A shop with events, orders, products, an account and a source.
fn fill(shop: &Fanvine) -> Result<()> {
    let views = |from: usize| -> Vec<Value> {
        (from..from + 400)
            .map(|n| track(&format!("m{n}"), "Product Viewed", &format!("u{}", n % 50), json!({})))
            .collect()
    };
    shop.send_batch(&views(0))?;
    shop.send_batch(&views(400))?;
    let orders: Vec<Value> =
        (0..40).map(|n| order(&format!("o{n}"), &format!("order-{n}"), &format!("u{n}"))).collect();
    shop.send_batch(&orders)?;
    let product = json!({ "name": "龙井茶", "price_minor": 8_800, "currency": "CNY" });
    shop.request("PUT", "/api/v1/products/tea").json(&product).bearer(SERVER_KEY).send()?;
    shop.post("/api/v1/sources", &json!({ "name": "第二 source" })).bearer(SERVER_KEY).expect(201)?;
    shop.settle()
}

const QUESTIONS: [&str; 5] = [
    "SELECT event, count(*), sum(revenue_minor) FROM events GROUP BY 1 ORDER BY 1",
    "SELECT order_id, shopper_id, revenue_minor, units FROM orders ORDER BY 1",
    "SELECT product_id, name FROM products ORDER BY 1",
    "SELECT shopper_id, events, orders FROM shoppers ORDER BY 1",
    "SELECT count(*) FROM persons",
];

fn answers(shop: &Fanvine) -> Result<Vec<Value>> {
    shop.settle()?;
    let mut answers = QUESTIONS.iter().map(|query| Ok(json!(shop.sql(query)?))).collect::<Result<Vec<_>>>()?;
    let sources = shop.get("/api/v1/sources").bearer(SERVER_KEY).expect(200)?.json()?;
    let names = sources["sources"].as_array().context("no sources")?.iter().map(|one| one["name"].clone());
    answers.push(names.collect());
    Ok(answers)
}

/// The run of a restored program: on the database it was restored into.
fn restored(column: &Column) -> Result<(Run, Option<Column>)> {
    if column.store().is_none() {
        return Ok((Run::on(column), None));
    }
    let other = Column::postgresql()?.context("no PostgreSQL")?;
    Ok((Run::on(&other), Some(other)))
}

fn start_restored(run: &Run, folder: Arc<tempfile::TempDir>, data: &Path) -> Result<Fanvine> {
    Fanvine::start_in(run.clone(), folder, data.to_owned())
}

on_both_columns! {
    fn what_was_lost_is_restored_and_answers_the_same(column) {
        let mut shop = Fanvine::start(&column)?;
        fill(&shop)?;
        let folder = Arc::new(tempfile::tempdir()?);
        let (backups, data) = (folder.path().join("backups"), folder.path().join("data"));
        let before = answers(&shop)?;
        shop.run().tool(shop.data(), &words(&[&"backup", &backups]))?.expect_success()?;
        shop.kill()?;
        std::fs::remove_dir_all(shop.data())?;

        let (run, _database) = restored(&column)?;
        let outcome = run.tool(&data, &words(&[&"restore", &backups, &"--verify"]))?.expect_success()?;
        ensure!(outcome.text.contains("verified"), "{}", outcome.text);
        let again = run.tool(&data, &words(&[&"restore", &backups]))?;
        ensure!(!again.status.success() && again.text.contains("not empty"), "{}", again.text);
        let shop = start_restored(&run, folder, &data)?;
        ensure!(answers(&shop)? == before, "{:?}\n{before:?}", answers(&shop)?);
        // It goes on: what came before is known, what is new is taken.
        shop.send("track", &track("m1", "Product Viewed", "u1", json!({})))?;
        shop.send("track", &track("new", "Product Viewed", "u1", json!({})))?;
        shop.wait_until_sql("SELECT count(*) FROM events WHERE event = 'Product Viewed'", &json!([[801]]))
    }

    fn a_backup_made_while_events_come_in_holds_all_that_were_acknowledged_before(column) {
        let shop = Fanvine::start(&column)?;
        fill(&shop)?;
        let folder = Arc::new(tempfile::tempdir()?);
        let (backups, data) = (folder.path().join("backups"), folder.path().join("data"));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| -> Result<()> {
            let sending = scope.spawn(|| -> Result<usize> {
                let mut sent = 0;
                while !over.load(SeqCst) {
                    let batch: Vec<Value> = (0..20)
                        .map(|n| track(&format!("live{sent}-{n}"), "Cart Viewed", &format!("v{sent}"), json!({ "n": n })))
                        .collect();
                    shop.send_batch(&batch)?;
                    sent += 1;
                }
                Ok(sent)
            });
            let outcome = wait_for("events to come in", || Ok((shop.value("SELECT count(*) FROM events")? != 840).then_some(())))
                .and_then(|()| shop.run().tool(shop.data(), &words(&[&"backup", &backups]))?.expect_success());
            over.store(true, SeqCst);
            sending.join().map_err(|_| anyhow::anyhow!("the sender panicked"))??;
            outcome.map(drop)
        })?;
        let (run, _database) = restored(&column)?;
        run.tool(&data, &words(&[&"restore", &backups, &"--verify"]))?.expect_success()?;
        let restored = start_restored(&run, folder, &data)?;
        restored.settle()?;
        ensure!(restored.value("SELECT count(*) FROM events WHERE event <> 'Cart Viewed'")? == 840);
        let kept = restored.csv("SELECT message_id FROM events")?;
        let distinct: HashSet<&String> = kept.iter().collect();
        ensure!(distinct.len() == kept.len() && kept.len() > 840, "{} of {}", distinct.len(), kept.len());
        // What arrived in the backup arrived in order: the first so many, and no other.
        let all: HashSet<String> = shop.csv("SELECT message_id FROM events")?.into_iter().collect();
        ensure!(kept.iter().all(|id| all.contains(id)));
        Ok(())
    }

    fn a_second_backup_copies_only_what_is_new_and_each_can_be_restored(column) {
        let mut shop = Fanvine::start(&column)?;
        fill(&shop)?;
        ensure!(shop.stop()?.success());
        shop.begin()?;
        let folder = Arc::new(tempfile::tempdir()?);
        let backups = folder.path().join("backups");
        let objects = || -> Result<HashSet<std::path::PathBuf>> {
            let mut found = HashSet::new();
            for part in std::fs::read_dir(backups.join("objects"))? {
                for object in std::fs::read_dir(part?.path())? {
                    found.insert(object?.path());
                }
            }
            Ok(found)
        };
        shop.run().tool(shop.data(), &words(&[&"backup", &backups]))?.expect_success()?;
        let first = objects()?;
        shop.send("track", &track("later", "Product Viewed", "u1", json!({})))?;
        shop.settle()?;
        shop.run().tool(shop.data(), &words(&[&"backup", &backups]))?.expect_success()?;
        let second = objects()?;
        ensure!(second.is_superset(&first), "the first backup lost something");
        // The columns did not change: only the database, the log's last file and the like are new.
        ensure!(second.len() - first.len() <= 4, "{} new objects beside {}", second.len() - first.len(), first.len());
        let listed = shop.run().tool(&folder.path().join("none"), &words(&[&"restore", &backups, &"--list"]))?.expect_success()?;
        let names: Vec<&str> = listed.text.lines().filter_map(|line| line.split_whitespace().next()).collect();
        ensure!(names.len() == 2, "{}", listed.text);
        if column.store().is_none() {
            let data = folder.path().join("first");
            shop.run().tool(&data, &words(&[&"restore", &backups, &"--name", &names[0]]))?.expect_success()?;
            let restored = start_restored(shop.run(), folder.clone(), &data)?;
            ensure!(restored.value("SELECT count(*) FROM events")? == 840);
            drop(restored);
            // A backup that is verified is also compared with the running server, when it stands still.
            let verified = shop.run().tool(shop.data(), &words(&[&"backup", &backups, &"--verify", &"--keep", &"1"]))?.expect_success()?;
            ensure!(verified.text.contains("the running server answers the same"), "{}", verified.text);
            let gone = shop.run().tool(&data.join("x"), &words(&[&"restore", &backups, &"--name", &names[0]]))?;
            ensure!(!gone.status.success() && gone.text.contains("there is no backup"), "{}", gone.text);
        } else {
            let refused = shop.run().tool(shop.data(), &words(&[&"backup", &backups, &"--verify"]))?;
            ensure!(!refused.status.success() && refused.text.contains("--verify-store"), "{}", refused.text);
        }
        Ok(())
    }
}

#[test]
fn a_backup_in_which_a_byte_rotted_is_not_restored() -> Result<()> {
    let shop = Fanvine::start(&Column::embedded())?;
    fill(&shop)?;
    let folder = tempfile::tempdir()?;
    let backups = folder.path().join("backups");
    shop.run().tool(shop.data(), &words(&[&"backup", &backups]))?.expect_success()?;
    let part = std::fs::read_dir(backups.join("objects"))?.next().context("no objects")??;
    let object = std::fs::read_dir(part.path())?.next().context("no object")??.path();
    let mut bytes = std::fs::read(&object)?;
    let last = bytes.last_mut().context("an empty object")?;
    *last ^= 1;
    std::fs::write(&object, bytes)?;
    let outcome = shop.run().tool(&folder.path().join("data"), &words(&[&"restore", &backups]))?;
    ensure!(!outcome.status.success() && outcome.text.contains("the backup is damaged"), "{}", outcome.text);
    Ok(())
}
