//! Votes and topic challenges: so many votes a person a day, none for oneself; and a random walk beside a plain tally.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use fanvine_contracts::campaigns::{Charge, Piece, Pieces};
use fanvine_kernel::Timestamp;
use fanvine_promote::vote::{EntryForm, EntryState, VoteForm};
use http::StatusCode;
use serde_json::{Value, json};

use super::group_buys::MINUTE;
use super::walk::{Dice, code, cut_off};
use super::{Shop, shops};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Shop {
    async fn votes(&self, rules: Value) {
        let terms = json!({ "name": "The best tea", "ends_at": "2027-11-11T00:00:00Z", "rules": rules });
        let (status, answer) = self.call("PUT", "/api/v1/plays/best", "", terms).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.post("/api/v1/plays/best/publish", "", Value::Null).await;
    }

    async fn order_of(&self) -> Vec<(String, i64)> {
        let standings = self.get("/api/v1/plays/best/votes").await;
        let text = |one: &Value| one["entry_id"].as_str().unwrap().to_owned();
        let entries = standings["entries"].as_array().unwrap().iter();
        entries.map(|one| (text(one), one["votes"].as_i64().unwrap())).collect()
    }
}

fn teas(more: Value) -> Value {
    let candidates = ["green", "oolong", "white"].map(|id| json!({ "entry_id": id, "title": id }));
    let mut rules = json!({ "kind": "vote", "candidates": candidates });
    rules.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rules
}

fn ballot(shopper: &str, entry: &str) -> Value {
    json!({ "shopper_id": shopper, "entry_id": entry })
}

/// The failure of polls that look whether somebody voted today, and then count: two requests at once find nothing, and both count.
#[tokio::test(flavor = "multi_thread")]
async fn two_votes_at_once_count_once() {
    for shop in shops().await {
        shop.votes(teas(json!({ "points": 2 }))).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..16 {
            let shop = shop.clone();
            let key = format!("v{number}");
            tasks.spawn(
                async move { shop.call("POST", "/api/v1/plays/best/votes", &key, ballot("anna", "green")).await.0 },
            );
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(shop.order_of().await[0], ("green".to_owned(), 1));
        assert_eq!(shop.get("/api/v1/points/anna").await["balance"], 2);
        assert_eq!(shop.told("Vote Cast").await.len(), 1);
        // The next day of the shop she votes again.
        shop.clock.advance_micros(DAY);
        shop.post("/api/v1/plays/best/votes", "next", ballot("anna", "green")).await;
        assert_eq!(shop.order_of().await[0], ("green".to_owned(), 2));
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn of_as_many_votes_who_had_them_first_comes_first() {
    for shop in shops().await {
        shop.votes(teas(json!({ "per_day": 2 }))).await;
        for (number, (shopper, tea)) in
            [("a", "white"), ("b", "oolong"), ("c", "oolong"), ("a", "green"), ("b", "white")].iter().enumerate()
        {
            shop.clock.advance_micros(MINUTE);
            shop.post("/api/v1/plays/best/votes", &format!("k{number}"), ballot(shopper, tea)).await;
        }
        let expected = [("oolong", 2), ("white", 2), ("green", 1)].map(|(tea, votes)| (tea.to_owned(), votes));
        assert_eq!(shop.order_of().await, expected);
        let standings = shop.get("/api/v1/plays/best/votes").await;
        assert_eq!(
            (&standings["votes"], &standings["voters"], &standings["over"]),
            (&json!(5), &json!(3), &json!(false))
        );
        let twice = shop.refused("/api/v1/plays/best/votes", "k9", ballot("c", "oolong")).await;
        assert_eq!(twice.1, "play_rule", "both of a day to the same");
        assert_eq!(shop.refused("/api/v1/plays/best/votes", "k10", ballot("a", "oolong")).await.1, "play_full");
        assert_eq!(shop.refused("/api/v1/plays/best/votes", "k11", ballot("d", "black")).await.1, "not_found");
        assert_eq!(
            shop.refused("/api/v1/plays/best/vote-entries", "e1", json!({ "shopper_id": "d", "title": "Black" }))
                .await
                .1,
            "play_rule"
        );
        // A campaign counts everybody who voted once.
        let currency = "CNY".parse().unwrap();
        let charge = Charge { campaign_id: "tea".into(), currency, budget_minor: None };
        let given = shop.promote.given(&charge, &[Piece::play("best")], Timestamp::from_micros(0)).await.unwrap();
        let parts: Vec<_> = given.parts.iter().map(|part| (part.shopper_key.as_str(), part.led)).collect();
        assert_eq!(parts, [("a", true), ("b", true), ("c", true)]);
        shop.clock.advance_micros(400 * DAY);
        assert_eq!(shop.refused("/api/v1/plays/best/votes", "k12", ballot("d", "green")).await.1, "play_over");
        // Whoever was answered before is answered the same.
        assert_eq!(shop.post("/api/v1/plays/best/votes", "k0", ballot("a", "white")).await["votes"], 1);
        assert_eq!(shop.get("/api/v1/plays/best/votes").await["over"], true);
    }
}

/// What a plain tally knows.
#[derive(Default)]
struct Tally {
    /// Owner and state, by entry.
    entries: BTreeMap<String, (usize, EntryState)>,
    /// Voter, day, for what, when.
    votes: Vec<(usize, i64, String, i64)>,
}

const PER_DAY: usize = 3;
const IN_ALL: usize = 40;
const EACH: usize = 2;

impl Tally {
    fn votes(&mut self, who: usize, day: i64, entry: &str, at: i64) -> Result<(), &'static str> {
        if let Some((owner, state)) = self.entries.get(entry) {
            if *owner != who && *state != EntryState::Shown {
                return Err("not_found");
            }
            if *owner == who {
                return Err("play_rule");
            }
        }
        let mine = || self.votes.iter().filter(|one| one.0 == who);
        if mine().filter(|one| one.1 == day).count() >= PER_DAY || mine().count() >= IN_ALL {
            return Err("play_full");
        }
        if mine().any(|one| one.1 == day && one.2 == entry) {
            return Err("play_rule");
        }
        self.votes.push((who, day, entry.to_owned(), at));
        Ok(())
    }

    /// What is shown, by votes, by when they were reached, by name.
    fn order(&self) -> Vec<(String, i64)> {
        let shown =
            self.entries.iter().filter(|(_, (_, state))| *state == EntryState::Shown).map(|(id, _)| id.as_str());
        let mut all: Vec<(i64, Option<i64>, &str)> = ["green", "oolong", "white"]
            .into_iter()
            .chain(shown)
            .map(|id| {
                let its = self.votes.iter().filter(|one| one.2 == id);
                (its.clone().count() as i64, its.map(|one| one.3).max(), id)
            })
            .collect();
        all.sort_by_key(|(votes, reached, id)| (Reverse(*votes), *reached, *id));
        all.into_iter().map(|(votes, _, id)| (id.to_owned(), votes)).collect()
    }
}

#[tokio::test]
async fn votes_do_what_a_plain_tally_says() {
    for mut shop in shops().await {
        let more = json!({ "entries": { "per_shopper": EACH }, "per_day": PER_DAY, "in_all": IN_ALL, "points": 1 });
        shop.votes(teas(more)).await;
        let steps = if shop.store.name.contains("ostgre") { 300 } else { 5_200 };
        let (dice, mut tally) = (Dice::of(11), Tally::default());
        for number in 0..steps {
            let who = dice.below(8) as usize;
            let shopper_id = format!("s{who}");
            let (today, at) = (shop.now().micros().div_euclid(DAY), shop.now().micros());
            let crashes = dice.below(12) == 0;
            let ids: Vec<String> = ["green", "oolong", "white"]
                .map(str::to_owned)
                .into_iter()
                .chain(tally.entries.keys().cloned())
                .collect();
            let any = ids[dice.below(ids.len() as u64) as usize].clone();
            match dice.below(20) {
                0..=11 => {
                    let form = VoteForm { shopper_id, entry_id: any.clone() };
                    let key = format!("vote-{number}");
                    if crashes {
                        cut_off(shop.promote.cast_vote("best", key.clone(), form.clone()), dice.below(20)).await;
                        shop.start_anew(number).await;
                    }
                    let done = shop.promote.cast_vote("best", key, form).await.map(drop).map_err(code);
                    assert_eq!(done, tally.votes(who, today, &any, at), "step {number}: {any}");
                }
                12 => {
                    let form =
                        EntryForm { shopper_id, title: format!("Tea {number}"), about: String::new(), image_url: None };
                    let key = format!("enter-{number}");
                    if crashes {
                        cut_off(shop.promote.enter_vote("best", key.clone(), form.clone()), dice.below(20)).await;
                        shop.start_anew(number).await;
                    }
                    let standing = tally.entries.values().filter(|one| one.0 == who && one.1 != EntryState::Hidden);
                    let full = standing.count() >= EACH;
                    match shop.promote.enter_vote("best", key, form).await {
                        Ok(entry) => {
                            assert!(!full, "step {number}: a third entry");
                            tally.entries.insert(entry.entry_id, (who, EntryState::Waiting));
                        }
                        Err(error) => assert!(full && code(error) == "play_full", "step {number}"),
                    }
                }
                13 | 14 => {
                    let Some((_, state)) = tally.entries.get_mut(&any) else { continue };
                    let show = dice.below(3) > 0;
                    let decided = shop.promote.decide_vote_entry(&any, show, "mei".to_owned()).await.unwrap();
                    *state = if show { EntryState::Shown } else { EntryState::Hidden };
                    assert_eq!(decided.state, *state);
                }
                _ => shop.clock.advance_micros((1 + dice.below(5) as i64) * HOUR),
            }
            if number % 97 == 0 {
                let shown = shop.promote.vote_standings("best", 500).await.unwrap().entries;
                let shown: Vec<_> = shown.into_iter().map(|one| (one.entry_id, one.votes)).collect();
                assert_eq!(shown, tally.order(), "step {number}");
            }
        }
        let points: i64 = 8 * i64::try_from(IN_ALL).unwrap();
        for who in 0..8 {
            let cast = tally.votes.iter().filter(|one| one.0 == who).count();
            assert_eq!(shop.get(&format!("/api/v1/points/s{who}")).await["balance"], cast, "s{who}");
        }
        assert_eq!(shop.told("Vote Cast").await.len(), tally.votes.len());
        assert!(i64::try_from(tally.votes.len()).unwrap() <= points);
        assert!(tally.votes.iter().any(|one| one.2.starts_with("ent_")) || steps < 5_200);
        shop.is_sound().await;
    }
}
