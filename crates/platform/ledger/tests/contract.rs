//! What the ledger promises, on every store: the failures that shops are known for, each by its name.

use std::sync::Arc;

use fanvine_kernel::{Clock, Timestamp};
use fanvine_ledger::{
    Account, Along, Command, Kind, Lane, LedgerError, Leg, MIGRATIONS, Receipt, Refusal, Share, Standing, carry_out,
    prove, standings,
};
use fanvine_store::{Migration, StoreError, args};
use fanvine_testkit::{FakeClock, TempStore, stores};

const ORDERS: Migration =
    Migration { name: "test/0001_orders", sql: "CREATE TABLE orders (id TEXT PRIMARY KEY, units BIGINT NOT NULL);" };

struct Shop {
    store: TempStore,
    clock: Arc<FakeClock>,
    lane: Lane,
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        store.migrate(&[ORDERS]).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-11-11T00:00:00Z"));
        let lane = Lane::start(store.store(), clock.clone());
        shops.push(Shop { store, clock, lane });
    }
    shops
}

impl Shop {
    async fn tx(&self, commands: Vec<Command>) -> Result<Vec<Receipt>, LedgerError> {
        let now = self.clock.now();
        self.store.write(move |tx| Box::pin(carry_out(tx, commands, now))).await
    }

    async fn done(&self, command: Command) -> Receipt {
        self.tx(vec![command]).await.unwrap().remove(0)
    }

    async fn refused(&self, command: Command) -> Refusal {
        match self.tx(vec![command]).await {
            Err(LedgerError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    async fn of(&self, account: &Account) -> Standing {
        let (name, now) = (account.name.clone(), self.clock.now());
        let found = self.store.read(move |tx| {
            Box::pin(async move { standings(tx, [name.as_str()], now).await.map(|mut found| found.remove(&name)) })
        });
        found.await.unwrap().unwrap()
    }

    async fn holds(&self) {
        let proof = self.store.read(|tx| Box::pin(prove(tx))).await.unwrap();
        assert_eq!(proof.faults, [], "{}", self.store.name);
        assert!(proof.transfers > 0);
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let row = self.store.read(move |tx| Box::pin(async move { tx.one(sql, args![]).await })).await;
        row.map_err(|error: StoreError| error.in_full()).unwrap().unwrap().get(0).unwrap()
    }
}

fn leg(from: &Account, to: &Account, amount: i64) -> Vec<Leg> {
    vec![Leg::new(from.clone(), to.clone(), amount)]
}

fn minutes(number: i64) -> i64 {
    number * 60_000_000
}

/// Where stock comes from, where it lies, where it goes.
fn stock() -> [Account; 3] {
    let account = |name, kind| Account::new(name, "red mugs", kind);
    [account("mint", Kind::Issue), account("stock", Kind::FlashStock), account("sold", Kind::Gone)]
}

fn points() -> [Account; 3] {
    let account = |name, kind| Account::new(name, "points", kind);
    [account("points/mint", Kind::Issue), account("points/anna", Kind::Points), account("points/spent", Kind::Gone)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_raced_by_64_shoppers_is_never_over_issued() {
    for shop in shops().await {
        let [mint, quota, _] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &quota, 10))).await;
        let mut tasks = tokio::task::JoinSet::new();
        for shopper in 0..64 {
            let (lane, quota, store, now) = (shop.lane.clone(), quota.clone(), shop.store.store(), shop.clock.now());
            tasks.spawn(async move {
                let wallet = Account::new(format!("wallet/{shopper}"), "red mugs", Kind::RedemptionLimit);
                let claim = Command::transfer(format!("claim/{shopper}"), leg(&quota, &wallet, 1));
                // Half through the lane, half in transactions of their own; all of them twice.
                let mut won = 0;
                for _ in 0..2 {
                    let claim = claim.clone();
                    let outcome = match shopper % 2 {
                        0 => lane.carry_out(vec![claim], vec![]).await,
                        _ => store.write(move |tx| Box::pin(carry_out(tx, vec![claim], now))).await,
                    };
                    match outcome {
                        Ok(_) => won = 1,
                        Err(LedgerError::Refused(Refusal::Short { .. })) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                won
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().sum::<i64>(), 10, "{}", shop.store.name);
        assert_eq!(shop.of(&quota).await.balance, 0);
        shop.holds().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_per_person_raced_by_64_requests_of_one_holds() {
    for shop in shops().await {
        let [mint, stock, _] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &stock, 100))).await;
        let anna = Account::new("bought/anna", "red mugs", Kind::RedemptionLimit).at_most(2);
        let mut tasks = tokio::task::JoinSet::new();
        for request in 0..64 {
            let (lane, leg) = (shop.lane.clone(), leg(&stock, &anna, 1));
            let deadline = shop.clock.now().plus_micros(minutes(15));
            tasks.spawn(async move {
                let reserve = Command::reserve(format!("order/{request}"), leg, deadline);
                match lane.carry_out(vec![reserve], vec![]).await {
                    Ok(_) => 1,
                    Err(LedgerError::Refused(Refusal::Full { room: 0, wanted: 1, .. })) => 0,
                    Err(error) => panic!("{error}"),
                }
            });
        }
        assert_eq!(tasks.join_all().await.into_iter().sum::<i64>(), 2);
        assert_eq!((shop.of(&stock).await.free(), shop.of(&anna).await.room()), (98, Some(0)));
        shop.holds().await;
    }
}

#[tokio::test]
async fn stock_whose_payment_never_came_is_on_sale_again() {
    for shop in shops().await {
        let [mint, stock, sold] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &stock, 1))).await;
        let deadline = shop.clock.now().plus_micros(minutes(15));
        shop.done(Command::reserve("order/1", leg(&stock, &sold, 1), deadline)).await;
        let late = Command::reserve("order/2", leg(&stock, &sold, 1), deadline.plus_micros(minutes(15)));
        assert!(matches!(shop.refused(late.clone()).await, Refusal::Short { left: 0, .. }));
        shop.clock.set(deadline);
        assert_eq!(shop.of(&stock).await.free(), 1, "seen at once, before anything swept");
        shop.done(late).await;
        let paid_late = shop.refused(Command::post("pay/1", "order/1")).await;
        assert_eq!(paid_late, Refusal::Settled { of: "order/1".into(), became: "lapsed" });
        shop.done(Command::post("pay/2", "order/2")).await;
        assert_eq!((shop.of(&stock).await.balance, shop.of(&sold).await.balance), (0, 1));
        shop.holds().await;
    }
}

#[tokio::test]
async fn points_are_not_taken_when_what_they_pay_for_is_refused() {
    for shop in shops().await {
        let ([mint, anna, spent], [_, stock, sold]) = (points(), stock());
        shop.done(Command::transfer("earn", leg(&mint, &anna, 100))).await;
        let both = [leg(&anna, &spent, 60), leg(&stock, &sold, 1)].concat();
        assert!(matches!(shop.refused(Command::transfer("one", both)).await, Refusal::Short { left: 0, .. }));
        let apart = vec![
            Command::transfer("two/points", leg(&anna, &spent, 60)),
            Command::transfer("two/stock", leg(&stock, &sold, 1)),
        ];
        assert!(shop.tx(apart.clone()).await.is_err());
        assert!(shop.lane.carry_out(apart, vec![]).await.is_err());
        assert_eq!(shop.of(&anna).await.balance, 100);
        shop.holds().await;
    }
}

#[tokio::test]
async fn the_same_key_answers_what_it_did_and_other_content_is_refused_by_name() {
    for shop in shops().await {
        let [mint, stock, sold] = stock();
        let issue = Command::transfer("issue", leg(&mint, &stock, 5));
        let first = shop.done(issue.clone()).await;
        shop.clock.advance_micros(minutes(1));
        let again = shop.done(issue).await;
        assert_eq!(again, Receipt { repeated: true, ..first });
        let other = shop.refused(Command::transfer("issue", leg(&mint, &stock, 6))).await;
        assert_eq!(other.to_string(), "`issue` was used before to move something else");
        let now = shop.clock.now();
        let reserve = |after| Command::reserve("r", leg(&stock, &sold, 2), now.plus_micros(minutes(after)));
        let reserved = shop.done(reserve(15)).await;
        assert_eq!(shop.done(reserve(20)).await.deadline, reserved.deadline, "a retry counts its deadline anew");
        assert_eq!(shop.of(&stock).await.free(), 3);
        shop.holds().await;
    }
}

#[tokio::test]
async fn what_goes_back_in_parts_never_exceeds_what_moved() {
    for shop in shops().await {
        let [mint, stock, sold] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &stock, 5))).await;
        let deadline = shop.clock.now().plus_micros(minutes(15));
        shop.done(Command::reserve("r", leg(&stock, &sold, 5), deadline)).await;
        let share = |amount| Share::Of(vec![amount]);
        assert!(matches!(shop.refused(Command::reverse("x", "r", share(1))).await, Refusal::Unfit { .. }));
        shop.done(Command { key: "p".into(), act: fanvine_ledger::Act::Post { of: "r".into(), share: share(3) } })
            .await;
        assert_eq!(shop.of(&stock).await.free(), 2, "what was not posted is free again");
        shop.done(Command::reverse("back/1", "p", share(2))).await;
        let refused = shop.refused(Command::reverse("back/2", "p", share(2))).await;
        assert_eq!(refused, Refusal::Exceeds { of: "p".into(), leg: 0, left: 1, wanted: 2 });
        shop.done(Command::reverse("back/2", "p", Share::All)).await;
        assert!(matches!(shop.refused(Command::reverse("back/3", "p", Share::All)).await, Refusal::Exceeds { .. }));
        assert_eq!((shop.of(&stock).await.balance, shop.of(&sold).await.balance), (5, 0));
        shop.holds().await;
    }
}

#[tokio::test]
async fn points_that_were_spent_are_still_clawed_back() {
    for shop in shops().await {
        let [mint, anna, spent] = points();
        shop.done(Command::transfer("earn", leg(&mint, &anna, 100))).await;
        shop.done(Command::transfer("spend", leg(&anna, &spent, 80))).await;
        shop.done(Command::reverse("order returned", "earn", Share::All)).await;
        assert_eq!(shop.of(&anna).await.balance, -80);
        assert!(matches!(shop.refused(Command::transfer("more", leg(&anna, &spent, 1))).await, Refusal::Short { .. }));
        shop.done(Command::transfer("earn again", leg(&mint, &anna, 100))).await;
        shop.done(Command::transfer("more", leg(&anna, &spent, 20))).await;
        assert_eq!(shop.of(&anna).await.balance, 0);
        shop.holds().await;
    }
}

#[tokio::test]
async fn points_expire_soonest_first_and_commission_stays_frozen_until_its_day() {
    for shop in shops().await {
        let [mint, anna, spent] = points();
        let now = shop.clock.now();
        let earn = |key: &str, amount, opens: Option<i64>, expires: Option<i64>| {
            let moment = |after: Option<i64>| after.map(|after| now.plus_micros(minutes(after)));
            let leg = Leg::new(mint.clone(), anna.clone(), amount);
            Command::transfer(key, vec![Leg { opens_at: moment(opens), expires_at: moment(expires), ..leg }])
        };
        shop.done(earn("year", 50, None, Some(100))).await;
        shop.done(earn("month", 50, None, Some(10))).await;
        shop.done(earn("frozen", 50, Some(20), None)).await;
        let spend = |key: &str, amount| Command::transfer(key, leg(&anna, &spent, amount));
        assert!(matches!(shop.refused(spend("a", 101)).await, Refusal::Short { left: 100, .. }));
        shop.done(spend("a", 30)).await;
        shop.clock.advance_micros(minutes(10));
        assert!(matches!(shop.refused(spend("b", 51)).await, Refusal::Short { left: 50, .. }));
        shop.clock.advance_micros(minutes(10));
        shop.done(spend("b", 100)).await;
        assert_eq!((shop.of(&anna).await.balance, shop.of(&spent).await.balance), (0, 130));
        shop.holds().await;
    }
}

#[tokio::test]
async fn what_is_paid_for_is_saved_with_its_payment_or_not_at_all() {
    for shop in shops().await {
        let [mint, stock, sold] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &stock, 3))).await;
        let order = |id: &str| Along { head: "INSERT INTO orders (id, units) VALUES", row: args![id, 1], tail: "" };
        let buy = |key: &str, units| vec![Command::transfer(key, leg(&stock, &sold, units))];
        for _ in 0..2 {
            shop.lane.carry_out(buy("o1", 2), vec![order("o1")]).await.unwrap();
        }
        assert!(shop.lane.carry_out(buy("o2", 2), vec![order("o2")]).await.is_err());
        // A row that cannot be saved takes its payment with it, and nobody else's.
        let (bad, good) = tokio::join!(
            shop.lane.carry_out(buy("o3", 1), vec![order("o1")]),
            shop.lane.carry_out(vec![Command::transfer("more", leg(&mint, &stock, 1))], vec![order("o4")]),
        );
        assert!(matches!(bad, Err(LedgerError::Store(error)) if error.is_duplicate()));
        good.unwrap();
        assert_eq!(shop.count("SELECT CAST(count(*) AS BIGINT) FROM orders").await, 2);
        assert_eq!(shop.of(&stock).await.balance, 2);
        shop.holds().await;
    }
}

#[tokio::test]
async fn the_proof_names_what_was_tampered_with() {
    for shop in shops().await {
        let [mint, stock, _] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &stock, 5))).await;
        shop.holds().await;
        for sql in [
            "UPDATE ledger_accounts SET balance = 6 WHERE name = 'stock'",
            "UPDATE ledger_transfers SET amount = 7 WHERE idempotency_key = 'issue'",
            "INSERT INTO ledger_holds (idempotency_key, deadline) VALUES ('issue', 1)",
        ] {
            let proof = shop.store.write(move |tx| {
                Box::pin(async move {
                    tx.execute(sql, args![]).await?;
                    prove(tx).await
                })
            });
            assert!(!proof.await.unwrap().faults.is_empty(), "{sql}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    for shop in shops().await {
        let ([mint, stock, sold], [_, anna, _]) = (stock(), points());
        let now: Timestamp = shop.clock.now();
        let transfer = |legs| Command::transfer("k", legs);
        for (command, says) in [
            (
                Command::transfer("", leg(&mint, &stock, 1)),
                "`` cannot name a key of the ledger: it has 1 to 255 bytes and does not begin with ~",
            ),
            (
                Command::transfer("~x", leg(&mint, &stock, 1)),
                "`~x` cannot name a key of the ledger: it has 1 to 255 bytes and does not begin with ~",
            ),
            (transfer(leg(&mint, &stock, 0)), "`k` would move 0"),
            (transfer(vec![]), "`k` has 0 legs or shares, where 1 to 1000 can be"),
            (transfer(leg(&stock, &stock, 1)), "account stock cannot give to itself"),
            (transfer(leg(&mint, &anna, 1)), "mint counts red mugs, points/anna counts points"),
            (transfer(leg(&stock, &sold, 1)), "account stock has 0 left, not 1"),
            (transfer(leg(&mint, &stock.clone().at_most(3), 4)), "account stock has room for 3 more, not 4"),
            (
                Command::reserve("k", leg(&mint, &stock, 1), now),
                "the reservation `k` would end at 2026-11-11T00:00:00Z, which is not after 2026-11-11T00:00:00Z",
            ),
            (Command::post("k", "nothing"), "nothing was done under the key `nothing`"),
        ] {
            assert_eq!(shop.refused(command).await.to_string(), says);
        }
        shop.done(transfer(leg(&mint, &stock, i64::MAX))).await;
        assert!(matches!(shop.refused(Command::transfer("l", leg(&mint, &stock, 1))).await, Refusal::TooLarge { .. }));
        let other = Account::new("stock", "points", Kind::FlashStock);
        let refused = shop.refused(Command::transfer("l", leg(&anna, &other, 1))).await;
        assert_eq!(refused.to_string(), "account stock is flash_stock of red mugs, not flash_stock of points");
        shop.holds().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_at_stands_as_it_does_with_the_commit() {
    for shop in shops().await {
        let [mint, stock, sold] = stock();
        shop.done(Command::transfer("issue", leg(&mint, &stock, 20))).await;
        let look = || vec![stock.name.clone(), sold.name.clone(), "nobody/opened/this".to_owned()];
        let mut last = 20;
        for number in 0..12i64 {
            let sale = Command::reserve(
                format!("sale/{number}"),
                leg(&stock, &sold, 1),
                shop.clock.now().plus_micros(minutes(5)),
            );
            let done = shop.lane.carry_out_and_look(vec![sale.clone()], vec![], vec![], look()).await.unwrap();
            assert!(done.is_new());
            assert_eq!(done.standings.len(), 2, "what was never opened is not there");
            assert_eq!(done.standings[&stock.name], shop.of(&stock).await, "{}", shop.store.name);
            assert_eq!(done.standings[&sold.name], shop.of(&sold).await);
            last = done.standings[&stock.name].free();
            if number == 5 {
                // Somebody else writes to the ledger, and some reservations are over meanwhile.
                shop.done(Command::post("pay", format!("sale/{number}"))).await;
                shop.clock.advance_micros(minutes(6));
            }
            let again = shop.lane.carry_out_and_look(vec![sale], vec![], vec![], look()).await;
            assert!(number == 5 || !again.unwrap().is_new());
        }
        assert_eq!(last, 13, "six were sold or lapsed before, six are held");
        shop.holds().await;
    }
}
