//! Contests, from the publication to the prizes; and what boards get wrong elsewhere: scores that returned goods leave standing, ties
//! that chance decides, a person on two places, prizes that are not there, names of people who are gone.

use std::sync::Arc;

use fanvine_contracts::campaigns::{Admission, Charge, Piece, Pieces};
use fanvine_kernel::Timestamp;
use fanvine_kernel::event::EventRef;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::bargains::with;
use super::group_buys::MINUTE;
use super::{Shop, cart, coupon, of, referrals, shops};

const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A day of ranking by spending, goods returned for a day more.
pub fn spenders() -> Value {
    json!({
        "kind": "contest", "measure": { "by": "spent" }, "currency": "CNY", "least": 500, "hold_days": 1,
        "prizes": [
            { "up_to": 1, "gives": { "kind": "coupon", "offer_id": "tenth" }, "value_minor": 1_000 },
            { "up_to": 3, "gives": { "kind": "points", "points": 50 }, "value_minor": 500 },
        ],
    })
}

fn by(shopper: &str) -> Value {
    json!({ "shopper_id": shopper })
}

impl Shop {
    /// Sets a contest that ends in `micros`.
    pub async fn put_contest(&self, id: &str, rules: Value, micros: i64) {
        let ends_at = self.now().plus_micros(micros);
        let terms = json!({ "name": "Who buys most", "ends_at": ends_at, "rules": rules });
        let (status, answer) = self.call("PUT", &format!("/api/v1/plays/{id}"), "", terms).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Publishes a contest that ends in `micros`; its identifier.
    pub async fn contest(&self, id: &str, rules: Value, micros: i64) -> String {
        self.put_contest(id, rules, micros).await;
        self.post(&format!("/api/v1/plays/{id}/publish"), "", Value::Null).await;
        let list = self.get(&format!("/api/v1/contests?play_id={id}")).await;
        list["contests"][0]["contest_id"].as_str().unwrap().to_owned()
    }

    async fn joins(&self, contest: &str, shopper: &str) -> Value {
        self.post(&format!("/api/v1/contests/{contest}/join"), "", by(shopper)).await
    }

    async fn pays(&self, shopper: &str, units: i64) -> Value {
        self.clock.advance_micros(1_000_000);
        let key = format!("{shopper}-{}", self.now().micros());
        let order = self.post("/api/v1/redemptions", &key, cart(shopper, &[("tea", units, 1_000)], &[])).await;
        self.post(&of(&order, "redeem"), "", Value::Null).await
    }

    async fn gives_back(&self, order: &Value, units: i64) {
        let lines = json!({ "lines": [{ "line_id": "tea", "quantity": units }] });
        self.post(&of(order, "returns"), &format!("r-{}", self.now().micros()), lines).await;
    }

    /// Everything told so far is read once more: what was read before changes nothing.
    pub async fn follow(&self) {
        let pending = self.store.outbox_pending(100_000).await.unwrap();
        let events: Vec<(u64, EventRef<'_>)> =
            (1..).zip(pending.iter().map(|(_, event)| EventRef::from(event))).collect();
        self.promote.issue_for(&events, events.len() as u64 + 1).await.unwrap();
    }

    /// Who is ranked, with the score.
    async fn board(&self, contest: &str) -> Vec<(String, i64)> {
        let found = self.get(&format!("/api/v1/contests/{contest}/standings")).await;
        let one = |one: &Value| (one["shopper_id"].as_str().unwrap_or("-").to_owned(), one["score"].as_i64().unwrap());
        found["entrants"].as_array().unwrap().iter().map(one).collect()
    }

    async fn entrant(&self, contest: &str, shopper: &str) -> Value {
        self.get(&format!("/api/v1/contests/{contest}/entrants/{shopper}")).await
    }

    async fn state_of(&self, contest: &str) -> String {
        self.get(&format!("/api/v1/contests/{contest}")).await["state"].as_str().unwrap().to_owned()
    }
}

fn board(of: &[(&str, i64)]) -> Vec<(String, i64)> {
    of.iter().map(|(who, score)| ((*who).to_owned(), *score)).collect()
}

#[tokio::test]
async fn a_contest_goes_from_its_publication_to_frozen_places_and_prizes() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        shop.pays("anna", 9).await;
        shop.clock.advance_micros(1);
        let contest = shop.contest("spend", spenders(), DAY).await;
        for account in ["contest_cost/spend/CNY", &format!("contest_given/{contest}"), "received/tenth"] {
            let kept = shop.account(account).await["held_in"].as_i64().unwrap();
            assert!(kept > 0, "{account} keeps nothing");
        }
        assert_eq!(shop.account("contest_cost/spend/CNY").await["held_in"], 2_000);
        let first = shop.joins(&contest, "anna").await;
        assert_eq!((&first["number"], &first["score"], &first["place"]), (&json!(1), &json!(0), &Value::Null));
        assert_eq!(shop.joins(&contest, "anna").await["number"], 1, "again it changes nothing");
        for shopper in ["bert", "carl", "dora"] {
            shop.joins(&contest, shopper).await;
        }
        let annas = shop.pays("anna", 3).await;
        shop.pays("bert", 2).await;
        shop.pays("carl", 2).await;
        shop.pays("eric", 9).await;
        shop.follow().await;
        shop.follow().await;
        // Who does not take part is not shown; what was paid before does not count; who reached it first comes first.
        assert_eq!(shop.board(&contest).await, board(&[("anna", 3_000), ("bert", 2_000), ("carl", 2_000)]));
        let carl = shop.entrant(&contest, "carl").await;
        assert_eq!((&carl["place"], &carl["prize"]["kind"]), (&json!(3), &json!("points")));
        assert_eq!(carl["ahead"], json!({ "place": 2, "name": "b***", "score": 2_000, "missing": 1 }));
        assert_eq!(shop.entrant(&contest, "dora").await["place"], Value::Null);
        // What comes back is gone, also after the end; what is paid after it does not count.
        shop.clock.advance_micros(DAY);
        assert_eq!(shop.state_of(&contest).await, "settling");
        shop.gives_back(&annas, 2).await;
        shop.pays("dora", 9).await;
        shop.follow().await;
        assert_eq!(shop.board(&contest).await, board(&[("bert", 2_000), ("carl", 2_000), ("anna", 1_000)]));
        assert_eq!(shop.refused(&format!("/api/v1/contests/{contest}/join"), "", by("eric")).await.1, "play_over");
        shop.clock.advance_micros(DAY + HOUR);
        shop.promote.sweep().await.unwrap();
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.state_of(&contest).await, "settled");
        let places = shop.board(&contest).await;
        assert_eq!(places, board(&[("bert", 2_000), ("carl", 2_000), ("anna", 1_000)]));
        // A coupon for the first, points for the next two, and nothing is kept any more.
        let coupons = shop.get("/api/v1/coupons?shopper_id=bert").await;
        assert_eq!(coupons["coupons"].as_array().map(Vec::len), Some(1), "{coupons}");
        let points = async |who: &str| shop.get(&format!("/api/v1/points/{who}")).await["balance"].clone();
        assert_eq!(
            [points("bert").await, points("carl").await, points("anna").await],
            [json!(0), json!(50), json!(50)]
        );
        let cost = shop.account("contest_cost/spend/CNY").await;
        assert_eq!((&cost["balance"], &cost["held_in"]), (&json!(2_000), &json!(0)));
        assert_eq!(shop.account("received/tenth").await["balance"], 1);
        assert_eq!(shop.told("Contest Prize Given").await.len(), 3);
        // What comes back now changes no place.
        shop.gives_back(&annas, 1).await;
        shop.follow().await;
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.board(&contest).await, places);
        shop.is_sound().await;
    }
}

/// The digest is what anybody computes of the final standings as everybody sees them.
#[tokio::test]
async fn final_standings_are_open_to_all_name_nobody_and_prove_themselves() {
    for shop in shops().await {
        let contest = shop.contest("spend", with(spenders(), json!({ "prizes": [] })), DAY).await;
        for (shopper, units) in [("annabel", 3), ("bertrand", 5), ("13812345678", 4)] {
            shop.joins(&contest, shopper).await;
            shop.pays(shopper, units).await;
        }
        let early = shop.call("GET", "/v1/contests/spend/standings", "", Value::Null).await;
        assert_eq!((early.0.as_u16(), early.1["code"].as_str()), (409, Some("play_rule")), "{}", early.1);
        shop.clock.advance_micros(3 * DAY);
        shop.promote.sweep().await.unwrap();
        let shown = shop.get("/v1/contests/spend/standings").await;
        let names: Vec<_> = shown["standings"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, ["b***d", "1***8", "a***l"]);
        let view = shop.get(&format!("/api/v1/contests/{contest}")).await;
        let micros = |text: &Value| Timestamp::parse(text.as_str().unwrap()).unwrap().micros();
        let (starts, ends) = (micros(&view["starts_at"]), micros(&view["ends_at"]));
        let mut lines = vec![format!("{contest},1,spent,CNY,500,{starts},{ends}")];
        for one in shown["standings"].as_array().unwrap() {
            lines.push(format!("{},{},{},{}", one["place"], one["number"], one["score"], micros(&one["reached_at"])));
        }
        let digest: String =
            Sha256::digest(lines.join("\n").as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown["digest"], digest);
        let told = shop.told("Contest Settled").await;
        assert!(told[0].properties.as_ref().unwrap().get().contains(&digest), "the log has it too");
        // Page by page it is the same.
        let first = shop.get("/v1/contests/spend/standings?limit=2").await;
        let next = shop.get(&format!("/v1/contests/spend/standings?limit=2&after={}", first["next"])).await;
        assert_eq!(next["standings"][0], shown["standings"][2]);
        // Who is erased afterwards has no name any more, and the proof stands.
        shop.known.erased.lock().unwrap().insert("bertrand".into(), shop.now());
        let after = shop.get("/v1/contests/spend/standings").await;
        assert_eq!((&after["standings"][0]["name"], &after["digest"]), (&Value::Null, &shown["digest"]));
        assert_eq!(shop.board(&contest).await[0].0, "-");
    }
}

#[tokio::test]
async fn who_left_was_excluded_erased_or_is_somebody_else_is_on_no_board() {
    for shop in shops().await {
        let contest = shop.contest("spend", with(spenders(), json!({ "prizes": [] })), DAY).await;
        for shopper in ["anna", "bert", "carl", "dora", "anna-2"] {
            shop.joins(&contest, shopper).await;
            shop.pays(shopper, 2).await;
        }
        shop.follow().await;
        assert_eq!(shop.board(&contest).await.len(), 5);
        let path = |verb: &str| format!("/api/v1/contests/{contest}/{verb}");
        shop.post(&path("leave"), "", by("bert")).await;
        let cheat = json!({ "shopper_id": "carl", "reason": "ten orders with one stolen card" });
        let carl = shop.post(&path("exclude"), "", cheat.clone()).await;
        assert_eq!((&carl["state"], &carl["reason"]), (&json!("excluded"), &cheat["reason"]));
        shop.post(&path("exclude"), "", cheat.clone()).await;
        assert_eq!(shop.told("Contestant Excluded").await.len(), 1, "again it changes nothing");
        assert_eq!(shop.refused(&path("join"), "", by("carl")).await.1, "play_rule");
        let blank = json!({ "shopper_id": "dora", "reason": " " });
        assert_eq!(shop.refused(&path("exclude"), "", blank).await.1, "invalid_play");
        assert_eq!(
            shop.refused(&path("exclude"), "", json!({ "shopper_id": "zoe", "reason": "x" })).await.1,
            "play_rule"
        );
        // Two turn out to be one: the first number stands for both. Nothing tells of that; a look over everybody finds it.
        let keys = ["anna", "anna-2"].map(str::to_owned).into_iter().collect();
        shop.known.persons.lock().unwrap().push(keys);
        shop.known.erased.lock().unwrap().insert("dora".into(), shop.now());
        shop.promote.sweep().await.unwrap();
        assert_eq!(shop.board(&contest).await, board(&[("anna", 4_000)]));
        assert_eq!(shop.entrant(&contest, "anna-2").await["number"], 1, "by any key of the person");
        // What was told wrong is put right again; who comes back keeps the number.
        shop.known.persons.lock().unwrap().clear();
        shop.post(&path("readmit"), "", by("carl")).await;
        assert_eq!(shop.joins(&contest, "bert").await["number"], 2);
        shop.promote.sweep().await.unwrap();
        let all = [("anna", 2_000), ("bert", 2_000), ("carl", 2_000), ("anna-2", 2_000)];
        assert_eq!(shop.board(&contest).await, board(&all));
        // Who was erased and comes anew is another.
        shop.clock.advance_micros(MINUTE);
        assert_eq!(shop.joins(&contest, "dora").await["number"], 6);
        shop.known.erased.lock().unwrap().insert("anna-2".into(), shop.now());
        shop.clock.advance_micros(MINUTE);
        assert_eq!(shop.joins(&contest, "anna-2").await["number"], 7, "at once too");
        shop.clock.advance_micros(3 * DAY);
        shop.promote.sweep().await.unwrap();
        for (verb, form) in [("leave", by("anna")), ("exclude", cheat), ("readmit", by("carl")), ("join", by("zoe"))] {
            let answer = shop.call("POST", &path(verb), "", form).await;
            let known = verb == "readmit" && answer.0 == StatusCode::OK;
            assert!(known || answer.1["code"] == "play_over", "{verb}: {}", answer.1);
        }
    }
}

#[tokio::test]
async fn friends_sales_and_votes_are_counted_as_their_own_plays_count_them() {
    for shop in shops().await {
        let of_play = |measure: &str, play: &str| json!({ "kind": "contest", "measure": { "by": measure, "play_id": play }, "currency": "CNY", "hold_days": 7 });
        let two = with(referrals::rules(), json!({ "levels": [{ "basis_points": 1_000 }] }));
        shop.referral(two).await;
        let topic = json!({ "kind": "vote", "entries": { "per_shopper": 1, "reviewed": false }, "per_day": 5 });
        shop.play("topic", topic).await;
        let assist = json!({
            "kind": "assist", "currency": "CNY", "hours": 48,
            "rungs": [{ "friends": 3, "gives": { "kind": "points", "points": 50 } }],
        });
        shop.play("invite", assist).await;
        let sales = shop.contest("sell", of_play("sales", "friends"), 2 * DAY).await;
        let votes = shop.contest("best", of_play("votes", "topic"), 2 * DAY).await;
        let friends = shop.contest("bring", of_play("friends", "invite"), 2 * DAY).await;
        for contest in [&sales, &votes, &friends] {
            shop.joins(contest, "anna").await;
            shop.joins(contest, "bert").await;
        }
        shop.brings("anna", "x").await;
        shop.brings("bert", "y").await;
        let invite = shop.post("/api/v1/plays/invite/assists", "i", by("bert")).await;
        let accept = format!("/api/v1/assists/{}/accept", invite["assist_id"].as_str().unwrap());
        shop.post(&accept, "", by("x")).await;
        let xs = shop.pays("x", 5).await;
        shop.pays("y", 3).await;
        shop.pays("anna", 50).await;
        let entry = async |who: &str, key: &str| {
            let form = json!({ "shopper_id": who, "title": who });
            let entry = shop.post("/api/v1/plays/topic/vote-entries", key, form).await;
            entry["entry_id"].as_str().unwrap().to_owned()
        };
        let (annas, berts) = (entry("anna", "e1").await, entry("bert", "e2").await);
        for (number, (who, what)) in [("x", &annas), ("y", &annas), ("y", &berts), ("zoe", &annas)].iter().enumerate() {
            let ballot = json!({ "shopper_id": who, "entry_id": what });
            shop.post("/api/v1/plays/topic/votes", &format!("v{number}"), ballot).await;
        }
        shop.follow().await;
        assert_eq!(shop.board(&sales).await, board(&[("anna", 5_000), ("bert", 3_000)]));
        assert_eq!(shop.board(&votes).await, board(&[("anna", 3), ("bert", 1)]));
        assert_eq!(shop.board(&friends).await, [], "goods may come back yet");
        shop.gives_back(&xs, 3).await;
        shop.post(&format!("/api/v1/vote-entries/{annas}/decide"), "", json!({ "show": false })).await;
        shop.follow().await;
        assert_eq!(shop.board(&sales).await, board(&[("bert", 3_000), ("anna", 2_000)]));
        assert_eq!(shop.board(&votes).await, board(&[("bert", 1)]));
        // The friend counts a week after the payment, which was in time; and no more once the order is given up.
        shop.clock.advance_micros(7 * DAY);
        shop.promote.sweep().await.unwrap();
        shop.follow().await;
        assert_eq!(shop.board(&friends).await, board(&[("bert", 1)]));
        shop.post(&of(&xs, "roll-back"), "", Value::Null).await;
        shop.follow().await;
        assert_eq!(shop.board(&friends).await, []);
        assert_eq!(shop.board(&sales).await, board(&[("bert", 3_000)]));
    }
}

#[tokio::test]
async fn a_contest_is_published_only_if_what_it_promises_is_there() {
    for shop in shops().await {
        let refused = async |more: Value| {
            shop.put_contest("spend", with(spenders(), more), DAY).await;
            let (status, answer) = shop.call("POST", "/api/v1/plays/spend/publish", "", Value::Null).await;
            assert_ne!(status, StatusCode::OK, "{answer}");
            answer["detail"].as_str().unwrap_or_default().to_owned()
        };
        assert!(refused(json!({})).await.contains("there is no published offer tenth"));
        let rich = json!([{ "up_to": 1, "gives": { "kind": "points", "points": 1 }, "value_minor": 5_000_001 }]);
        assert!(refused(json!({ "prizes": rich })).await.contains("top_prize"));
        let nobody = json!({ "by": "friends", "play_id": "nobody" });
        assert!(
            refused(json!({ "measure": nobody, "prizes": [] })).await.contains("there is no published play nobody")
        );
        assert!(
            refused(json!({ "entrants": { "who": "buyers" }, "prizes": [] })).await.contains("no_purchase_to_qualify")
        );
        // Of two coupons one is given out already.
        shop.offer("tenth", with(coupon(), json!({ "receive": { "total": 2 } }))).await;
        let given = json!({ "shopper_ids": ["zoe"] });
        shop.post("/api/v1/offers/tenth/coupons", "i1", given).await;
        let two = json!([{ "up_to": 2, "gives": { "kind": "coupon", "offer_id": "tenth" } }]);
        assert!(refused(json!({ "prizes": two })).await.contains("fewer coupons of offer tenth"));
        assert_eq!(shop.account("received/tenth").await["held_in"], 0, "what was not published keeps nothing");
        // What is published holds until it is settled.
        shop.contest("spend", spenders(), DAY).await;
        assert!(refused(json!({ "least": 700 })).await.contains("contest_frozen"));
        let endless = json!({ "name": "x", "rules": with(spenders(), json!({ "prizes": [] })) });
        shop.call("PUT", "/api/v1/plays/endless", "", endless).await;
        assert_eq!(shop.refused("/api/v1/plays/endless/publish", "", Value::Null).await.1, "invalid_play");
        shop.is_sound().await;
    }
}

#[tokio::test]
async fn prizes_are_kept_in_the_budget_of_the_campaign_from_the_first_who_takes_part() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        let contest = shop.contest("spend", spenders(), DAY).await;
        let (piece, currency) = (Piece::play("spend"), "CNY".parse().unwrap());
        let charge = |budget| Charge { campaign_id: "autumn".into(), currency, budget_minor: Some(budget) };
        shop.known.campaign_says(piece.clone(), "", Admission::Open(charge(1_999)));
        shop.known.campaign_says(piece.clone(), "held", Admission::OtherShoppers);
        let path = format!("/api/v1/contests/{contest}/join");
        assert_eq!(shop.refused(&path, "", by("anna")).await.1, "play_full", "the budget does not reach");
        shop.known.campaign_says(piece.clone(), "", Admission::Open(charge(2_000)));
        shop.joins(&contest, "anna").await;
        shop.joins(&contest, "bert").await;
        assert_eq!(shop.account("campaign/autumn/CNY").await["held_in"], 2_000);
        assert_eq!(shop.refused(&path, "", by("held")).await.1, "play_rule", "who is held out takes no part");
        shop.pays("anna", 2).await;
        shop.clock.advance_micros(3 * DAY);
        shop.promote.sweep().await.unwrap();
        let account = shop.account("campaign/autumn/CNY").await;
        assert_eq!((&account["balance"], &account["held_in"]), (&json!(1_000), &json!(0)), "one place, one prize");
        let given = shop.promote.given(&charge(2_000), &[piece], Timestamp::from_micros(0)).await.unwrap();
        let parts: Vec<_> = given.parts.iter().map(|part| (part.shopper_key.as_str(), part.led)).collect();
        assert_eq!(parts, [("anna", true), ("bert", true)]);
        assert_eq!((given.runs.opened, given.runs.completed), (1, 1));
        shop.is_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_at_once_has_a_number_of_their_own_and_each_one() {
    for shop in shops().await {
        let contest = shop.contest("spend", with(spenders(), json!({ "prizes": [] })), DAY).await;
        let shop = Arc::new(shop);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..24 {
            let (shop, path) = (shop.clone(), format!("/api/v1/contests/{contest}/join"));
            tasks.spawn(async move { shop.post(&path, "", by(&format!("s{}", number % 8))).await["number"].as_i64() });
        }
        let mut numbers: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        numbers.sort_unstable();
        let thrice: Vec<i64> = (1..=8).flat_map(|number| [number; 3]).collect();
        assert_eq!(numbers, thrice);
        assert_eq!(shop.told("Contest Joined").await.len(), 8);
    }
}

#[tokio::test]
async fn a_page_shows_the_first_places_and_ones_own() {
    for shop in shops().await {
        shop.offer("tenth", coupon()).await;
        let contest = shop.contest("spend", with(spenders(), json!({ "shown": 1 })), DAY).await;
        for (shopper, units) in [("annabel", 3), ("bertrand", 5)] {
            shop.joins(&contest, shopper).await;
            shop.pays(shopper, units).await;
        }
        shop.follow().await;
        let token = [("authorization", "Bearer token-of-annabel")];
        let (_, shown) = shop.call_with("GET", "/v1/contests/spend", "", &token, Value::Null).await;
        assert_eq!(shown["board"].as_array().map(Vec::len), Some(1));
        assert_eq!(shown["board"][0]["name"], "b***d");
        assert_eq!((&shown["mine"]["place"], &shown["mine"]["ahead"]["missing"]), (&json!(2), &json!(2_001)));
        assert_eq!(shown["prizes"][0], json!({ "from": 1, "up_to": 1, "points": null, "coupon": "A tenth" }));
        assert!(!shown.to_string().contains("bertrand"), "{shown}");
        let (status, left) =
            shop.call_with("POST", "/v1/contests/leave", "l1", &token, json!({ "play_id": "spend" })).await;
        assert_eq!((status, &left["mine"]["state"]), (StatusCode::OK, &json!("left")), "{left}");
        let (status, answer) = shop.call("POST", "/v1/contests/join", "j1", json!({ "play_id": "spend" })).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{answer}");
    }
}
