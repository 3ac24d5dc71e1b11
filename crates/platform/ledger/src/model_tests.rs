//! Random commands, held against the naive ledger: in memory by the ten thousand, and on both stores with crashes between.

use std::collections::BTreeMap;

use fanvine_kernel::Timestamp;
use fanvine_store::{Store, StoreError};
use fanvine_testkit::{TempStore, stores};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::book::Book;
use crate::model::{Lots, Model};
use crate::{Account, Act, Command, Kind, Leg, MIGRATIONS, Refusal, Share, prove, standings, sweep, work};

/// What a test does next.
#[derive(Debug, Clone)]
enum Step {
    /// Carry out some groups in one transaction.
    Do(Vec<Vec<Command>>),
    /// Let time go by.
    Wait(i64),
    /// Sweep.
    Sweep,
    /// Fail in the middle of a transaction that did this.
    Fail(Vec<Command>),
    /// Close the store, and open it again.
    Reopen,
}

fn accounts() -> [Account; 6] {
    [
        Account::new("mint", "points", Kind::Issue),
        Account::new("stock", "points", Kind::FlashStock),
        Account::new("taken", "points", Kind::RedemptionLimit).at_most(12),
        Account::new("anna", "points", Kind::Points),
        Account::new("bert", "points", Kind::Commission),
        Account::new("sold", "points", Kind::Gone),
    ]
}

fn any_leg(now: i64) -> impl Strategy<Value = Leg> {
    let date = || prop::option::weighted(0.6, 0..60i64);
    (0..6usize, 1..6usize, 1..9i64, date(), date()).prop_map(move |(from, step, amount, opens, expires)| {
        let accounts = accounts();
        let (from, to) = (&accounts[from], &accounts[(from + step) % 6]);
        let mut leg = Leg::new(from.clone(), to.clone(), amount);
        if to.kind.has_lots() {
            leg.opens_at = opens.map(|after| Timestamp::from_micros(now + after / 3));
            leg.expires_at = expires.map(|after| Timestamp::from_micros(now + after));
        }
        leg
    })
}

fn any_key() -> impl Strategy<Value = String> {
    (0..24u8).prop_map(|number| format!("k{number}"))
}

fn any_share() -> impl Strategy<Value = Share> {
    prop_oneof![3 => Just(Share::All), 2 => prop::collection::vec(0..7i64, 1..3).prop_map(Share::Of)]
}

fn any_command() -> impl Strategy<Value = Command> {
    let legs = || prop::collection::vec(any_leg(0), 1..3);
    // Much comes in, so that there is something to move on.
    let earn = (3..5usize, 1..15i64, any_leg(0)).prop_map(|(to, amount, leg)| {
        let accounts = accounts();
        let (opens_at, expires_at) = (leg.opens_at, leg.expires_at);
        Act::Move(vec![Leg { opens_at, expires_at, ..Leg::new(accounts[0].clone(), accounts[to].clone(), amount) }])
    });
    let act = prop_oneof![
        4 => earn,
        3 => legs().prop_map(Act::Move),
        5 => (legs(), 1..40i64).prop_map(|(legs, after)| {
            Act::Reserve { legs, deadline: Timestamp::from_micros(after) }
        }),
        4 => (any_key(), any_share()).prop_map(|(of, share)| Act::Post { of, share }),
        2 => any_key().prop_map(|of| Act::Void { of }),
        4 => (any_key(), any_share()).prop_map(|(of, share)| Act::Reverse { of, share }),
    ];
    (any_key(), act).prop_map(|(key, act)| Command { key, act })
}

/// Points that came in at several times are spent together and come back in parts: chance alone seldom gets there.
fn any_story() -> impl Strategy<Value = Vec<(Vec<Command>, i64)>> {
    let earned = prop::collection::vec((1..6i64, any_leg(0)), 2..4);
    let backs = prop::collection::vec(1..4i64, 2..4);
    (earned, 3..9i64, backs, prop::collection::vec(0..6i64, 8)).prop_map(|(earned, spent, backs, waits)| {
        let [mint, .., anna, _, sold] = accounts();
        let earn = |(at, (amount, leg)): (usize, (i64, Leg))| {
            let (opens_at, expires_at) = (None, leg.expires_at.map(|moment| moment.plus_micros(5)));
            let leg = Leg { opens_at, expires_at, ..Leg::new(mint.clone(), anna.clone(), amount) };
            Command::transfer(format!("earn {at}"), vec![leg])
        };
        let spend = Command::transfer("spend", vec![Leg::new(anna.clone(), sold, spent)]);
        let back = |(at, amount)| Command::reverse(format!("back {at}"), "spend", Share::Of(vec![amount]));
        let commands = earned.into_iter().enumerate().map(earn).chain([spend]);
        let commands = commands.chain(backs.into_iter().enumerate().map(back));
        commands.zip(waits).map(|(command, wait)| (vec![command], wait)).collect()
    })
}

fn any_group() -> impl Strategy<Value = Vec<Command>> {
    prop_oneof![4 => prop::collection::vec(any_command(), 1), 1 => prop::collection::vec(any_command(), 2..4)]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop::collection::vec(any_group(), 1..4).prop_map(Step::Do),
        3 => (1..25i64).prop_map(Step::Wait),
        1 => Just(Step::Sweep),
        1 => any_group().prop_map(Step::Fail),
        1 => Just(Step::Reopen),
    ]
}

/// The same group with its dates counted from `now`.
fn from_now(group: &[Command], now: Timestamp) -> Vec<Command> {
    let later = |moment: &mut Timestamp| *moment = moment.plus_micros(now.micros());
    let mut group = group.to_vec();
    for command in &mut group {
        if let Act::Reserve { deadline, .. } = &mut command.act {
            later(deadline);
        }
        if let Act::Move(legs) | Act::Reserve { legs, .. } = &mut command.act {
            for leg in legs {
                leg.opens_at.iter_mut().for_each(later);
                leg.expires_at.iter_mut().for_each(later);
            }
        }
    }
    group
}

/// An outcome as the model tells it: amounts, or the name of the refusal.
fn told(outcome: Result<Vec<crate::Receipt>, Refusal>) -> Result<Vec<Vec<i64>>, String> {
    let name = |refusal: Refusal| format!("{refusal:?}").split([' ', '{']).next().unwrap_or_default().to_owned();
    outcome.map(|receipts| receipts.into_iter().map(|receipt| receipt.amounts).collect()).map_err(name)
}

/// The ledger in memory alone, with everything that ever was in the book.
#[derive(Default)]
struct InMemory {
    book: Book,
    holds: Vec<(std::sync::Arc<str>, Timestamp)>,
}

impl InMemory {
    fn attempt(&mut self, group: &[Command], now: Timestamp) -> Result<Vec<crate::Receipt>, Refusal> {
        self.bring_up_to(now);
        let outcome = self.book.attempt(group, now);
        let changes = std::mem::take(&mut self.book.changes);
        self.holds.extend(changes.holds);
        self.holds.retain(|(key, _)| !changes.released.contains(key));
        outcome
    }

    fn bring_up_to(&mut self, now: Timestamp) {
        let (due, open) = std::mem::take(&mut self.holds).into_iter().partition(|(_, deadline)| *deadline <= now);
        self.holds = open;
        let due: Vec<_> = due;
        due.iter().for_each(|(key, _)| self.book.lapse(key, now));
        let accounts: Vec<i64> = self.book.accounts.keys().copied().collect();
        for account in
            accounts.into_iter().filter(|account| self.book.due_to_expire(*account, now) > 0).collect::<Vec<_>>()
        {
            self.book.expire(account, now);
        }
    }

    fn lots(&self) -> Lots {
        let mut lots = Lots::new();
        for (number, of_account) in &self.book.lots {
            let name = &self.book.accounts[number].name;
            for lot in of_account.iter().filter(|lot| lot.remaining != 0) {
                *lots.entry((name.to_string(), lot.opens_at, lot.expires_at)).or_default() += lot.remaining;
            }
        }
        lots
    }

    fn balances(&self) -> BTreeMap<String, (i64, i64, i64)> {
        let own = self.book.accounts.values().filter(|state| !state.name.starts_with('~'));
        own.map(|state| (state.name.to_string(), (state.balance, state.held_out, state.held_in))).collect()
    }
}

#[test]
fn ten_thousand_interleavings_in_memory_agree_with_a_naive_ledger() {
    let random = || prop::collection::vec((any_group(), 0..6i64), 1..30);
    let told_first = (any_story(), random()).prop_map(|(story, rest)| story.into_iter().chain(rest).collect());
    let steps = prop_oneof![3 => random(), 1 => told_first];
    let mut runner = TestRunner::new(Config { cases: 10_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps, |steps| {
            let (mut real, mut model) = (InMemory::default(), Model::default());
            let mut now = Timestamp::from_seconds(1);
            for (group, wait) in steps {
                now = now.plus_micros(wait);
                let group = from_now(&group, now);
                let said = told(real.attempt(&group, now));
                prop_assert_eq!(&said, &model.attempt(&group, now).map_err(str::to_owned), "{:?}", group);
                prop_assert_eq!(real.balances(), model.balances());
                prop_assert_eq!(real.lots(), model.lots(), "{:?}", group);
                let sum: i64 = real.book.accounts.values().map(|state| state.balance).sum();
                prop_assert_eq!(sum, 0);
            }
            Ok(())
        })
        .unwrap();
}

struct Shop {
    temporary: TempStore,
    store: Store,
    now: Timestamp,
    model: Model,
}

impl Shop {
    async fn on(temporary: TempStore) -> Self {
        temporary.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let store = temporary.store();
        Self { temporary, store, now: Timestamp::from_seconds(1), model: Model::default() }
    }

    async fn step(&mut self, step: Step, book: &mut Book) -> Result<(), TestCaseError> {
        let now = self.now;
        match step {
            Step::Wait(micros) => self.now = now.plus_micros(micros),
            Step::Reopen => {
                self.store = Store::open(&self.temporary.url).await.map_err(|error| error.in_full()).unwrap();
                *book = Book::default();
            }
            Step::Sweep => {
                while self.store.write(move |tx| Box::pin(sweep(tx, now, 5))).await.unwrap() != crate::Swept::default()
                {
                }
                self.model.bring_up_to(now);
            }
            Step::Fail(group) => {
                let group = from_now(&group, now);
                let failed: Result<(), StoreError> = self
                    .store
                    .write(move |tx| {
                        Box::pin(async move {
                            work(tx, &mut Book::default(), &[&group], &[], now).await?;
                            Err(StoreError::Closed)
                        })
                    })
                    .await;
                prop_assert!(failed.is_err());
            }
            Step::Do(groups) => {
                let groups: Vec<Vec<Command>> = groups.iter().map(|group| from_now(group, now)).collect();
                let asked = groups.clone();
                let mut kept = std::mem::take(book);
                let (kept, outcomes) = self
                    .store
                    .write(move |tx| {
                        Box::pin(async move {
                            let groups: Vec<&[Command]> = groups.iter().map(Vec::as_slice).collect();
                            let outcomes = work(tx, &mut kept, &groups, &[], now).await?;
                            kept.slim(100);
                            Ok::<_, StoreError>((kept, outcomes))
                        })
                    })
                    .await
                    .map_err(|error| TestCaseError::fail(error.in_full()))?;
                *book = kept;
                for (group, outcome) in asked.iter().zip(outcomes) {
                    let expected = self.model.attempt(group, now).map_err(str::to_owned);
                    prop_assert_eq!(told(outcome), expected, "{:?}", group);
                }
            }
        }
        Ok(())
    }

    /// After a last sweep, balances are the model's and the proof holds.
    async fn end(&mut self) -> Result<(), TestCaseError> {
        self.step(Step::Sweep, &mut Book::default()).await?;
        let expected = self.model.balances();
        let (names, now): (Vec<String>, _) = (expected.keys().cloned().collect(), self.now);
        let (found, proof) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let found = standings(tx, names.iter().map(String::as_str), now).await?;
                    Ok::<_, StoreError>((found, prove(tx).await?))
                })
            })
            .await
            .map_err(|error| TestCaseError::fail(error.in_full()))?;
        let found: BTreeMap<_, _> = found
            .into_iter()
            .map(|(name, standing)| (name, (standing.balance, standing.held_out, standing.held_in)))
            .collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(proof.faults, vec![]);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_commands_on_a_store_agree_with_a_naive_ledger_through_crashes() {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let steps = prop::collection::vec(any_step(), 10..50);
        let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        runner
            .run(&steps, |steps| {
                runtime.block_on(async {
                    for temporary in stores().await {
                        let (mut shop, mut book) = (Shop::on(temporary).await, Book::default());
                        for step in steps.clone() {
                            shop.step(step, &mut book).await?;
                        }
                        shop.end().await?;
                    }
                    Ok(())
                })
            })
            .unwrap();
    })
    .await
    .unwrap();
}
