//! The life of a campaign and who takes part in it, on every store.

mod world;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use fanvine_contracts::campaigns::{Admission, Campaigns as _, Piece, UsedIn};
use fanvine_engage::MIGRATIONS;
use fanvine_engage::campaigns::{Admissions, Arm, CampaignOthers, Campaigns, arm_of, router};
use fanvine_kernel::{Clock, Timestamp};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore, stores};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use world::World;

const HOUR: i64 = 3_600_000_000;

struct Shop {
    store: TempStore,
    clock: Arc<FakeClock>,
    world: Arc<World>,
    admissions: Arc<Admissions>,
    campaigns: Arc<Campaigns>,
    routes: axum::Router,
}

async fn shops() -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in stores().await {
        store.migrate(MIGRATIONS).await.map_err(|error| error.in_full()).unwrap();
        let clock = Arc::new(FakeClock::at("2026-11-11T00:00:00Z"));
        let world = Arc::new(World::default());
        for id in ["spring", "autumn"] {
            world.pieces.lock().unwrap().insert(Piece::offer(id), false);
        }
        shops.push(Shop::open(store, clock, world).await);
    }
    shops
}

impl Shop {
    async fn open(store: TempStore, clock: Arc<FakeClock>, world: Arc<World>) -> Self {
        let admissions = Admissions::open(store.store(), world.clone()).await.unwrap();
        let (pieces, audience, persons, orders) = (world.clone(), world.clone(), world.clone(), world.clone());
        let others = CampaignOthers { pieces, audience, persons, orders };
        let entropy = Arc::new(SeededEntropy::new(7));
        let campaigns = Campaigns::new(store.store(), clock.clone(), entropy, admissions.clone(), others);
        let campaigns = Arc::new(campaigns);
        let (routes, _) = router(campaigns.clone()).split_for_parts();
        Self { store, clock, world, admissions, campaigns, routes }
    }

    /// As it is after the program ended, whenever that was, and began again.
    async fn again(self) -> Self {
        Self::open(self.store, self.clock, self.world).await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("/api/v1/campaigns{path}"));
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{method} {path}: {answer}");
        answer
    }

    async fn refused(&self, method: &str, path: &str, body: Value) -> (String, String) {
        let (status, answer) = self.call(method, path, body).await;
        assert!(!status.is_success(), "{method} {path}: {answer}");
        let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        (text("code"), text("detail"))
    }

    async fn admit(&self, shopper: &str) -> Option<Admission> {
        let piece = Piece::offer("spring");
        let now = self.clock.now();
        self.admissions.admit(Some(shopper), vec![piece.clone()], now).await.unwrap().remove(&piece)
    }

    async fn state(&self) -> String {
        let view = self.done("GET", "/c", Value::Null).await;
        view["status"]["state"].as_str().unwrap().to_owned()
    }

    async fn published(&self, terms: Value) -> String {
        self.done("PUT", "/c", terms).await;
        let done = self.done("POST", "/c/publish", Value::Null).await;
        done["campaign"]["salt"].as_str().unwrap().to_owned()
    }
}

fn terms() -> Value {
    json!({
        "name": "Spring", "currency": "CNY", "budget_minor": 100_000, "ends_at": "2026-12-01T00:00:00Z",
        "pieces": [{ "kind": "offer", "id": "spring" }], "holdout_basis_points": 5_000,
    })
}

#[tokio::test]
async fn a_campaign_goes_from_draft_to_its_review_and_every_step_is_kept() {
    for shop in shops().await {
        let mut early = terms();
        early["starts_at"] = json!("2026-11-12T00:00:00Z");
        early["budget_minor"] = Value::Null;
        shop.done("PUT", "/c", early.clone()).await;
        assert_eq!(shop.admit("u1").await, None, "a draft concerns nobody");
        let (code, detail) = shop.refused("POST", "/c/publish", Value::Null).await;
        assert_eq!(code, "invalid_campaign");
        assert!(detail.contains("campaign_budget"), "{detail}");
        early["budget_minor"] = json!(100_000);
        shop.published(early.clone()).await;
        assert!(shop.world.is_published(&Piece::offer("spring")));
        assert_eq!(shop.state().await, "published");
        assert!(matches!(shop.admit("u1").await, Some(Admission::NotYet { .. })));
        shop.clock.advance_micros(25 * HOUR);
        shop.campaigns.sweep().await;
        assert_eq!(shop.state().await, "running");
        let (code, detail) = shop.refused("PUT", "/c", terms()).await;
        assert_eq!(
            (code.as_str(), detail.contains("starts_at can change no more")),
            ("campaign_state", true),
            "{detail}"
        );
        early["budget_minor"] = json!(200_000);
        assert_eq!(shop.done("PUT", "/c", early).await["version"], 3);
        shop.done("POST", "/c/pause", Value::Null).await;
        assert_eq!(shop.admit("u1").await, Some(Admission::Paused));
        shop.done("POST", "/c/resume", Value::Null).await;
        shop.clock.set(Timestamp::parse("2026-12-01T00:00:00Z").unwrap());
        shop.campaigns.sweep().await;
        assert_eq!(shop.state().await, "closed");
        assert!(!shop.world.is_published(&Piece::offer("spring")));
        assert_eq!(shop.admit("u1").await, None, "what is withdrawn is held by nobody");
        let history = shop.done("GET", "/c/history", Value::Null).await;
        let what: Vec<&str> =
            history["steps"].as_array().unwrap().iter().map(|s| s["what"].as_str().unwrap()).collect();
        assert_eq!(
            what,
            [
                "Campaign Closed",
                "Campaign Resumed",
                "Campaign Paused",
                "Campaign Changed",
                "Campaign Started",
                "Campaign Published",
                "Campaign Changed",
                "Campaign Changed"
            ]
        );
        let review = shop.done("GET", "/c/review", Value::Null).await;
        assert_eq!((&review["why"], &review["terms"]["budget_minor"]), (&json!("ended"), &json!(200_000)));
        assert!(review["gates"].as_array().unwrap().len() >= 6 && review["verdict"]["zh"].is_string());
        let csv = shop.done("GET", "/c/review/export", Value::Null).await;
        assert!(csv.as_str().unwrap().starts_with("figure,value,low,high\r\ncurrency,CNY,,\r\nreach,0,,\r\n"), "{csv}");
        for verb in ["publish", "pause", "resume"] {
            assert_eq!(shop.refused("POST", &format!("/c/{verb}"), Value::Null).await.0, "campaign_state", "{verb}");
        }
    }
}

#[tokio::test]
async fn the_same_person_is_treated_alike_whoever_asks_and_after_a_merge() {
    for shop in shops().await {
        let salt = shop.published(terms()).await;
        let of = |arm| (0..).map(|n| format!("u{n}")).find(|key| arm_of(&salt, key, 5_000) == arm).unwrap();
        let (treated, held_out) = (of(Arm::Treated), of(Arm::HeldOut));
        assert!(matches!(shop.admit(&treated).await, Some(Admission::Open(charge)) if charge.campaign_id == "c"));
        shop.clock.advance_micros(1);
        assert_eq!(shop.admit(&held_out).await, Some(Admission::OtherShoppers));
        let page = shop.done("POST", "/c/admissions", json!({ "shopper_id": held_out })).await;
        assert_eq!((&page["admitted"], &page["words"]["en"]), (&json!(false), &json!("is for other shoppers")));
        // Both are found to be one person, with a key nobody met: who came first decides for all.
        let keys = vec![held_out.clone(), treated.clone(), "third".to_owned()];
        shop.world.merged.lock().unwrap().push(keys);
        let shop = shop.again().await;
        for key in [&treated, &held_out, "third"] {
            assert!(matches!(shop.admit(key).await, Some(Admission::Open(_))), "{key}");
        }
        let numbers = shop.done("GET", "/c/numbers", Value::Null).await;
        assert_eq!((&numbers["reach"], &numbers["exposed"], &numbers["mixed"]), (&json!(1), &json!(1), &json!(1)));
        let audit = shop.done("GET", &format!("/c/assignments?shopper_id={held_out}"), Value::Null).await;
        assert_eq!(audit["stands"], "treated");
        assert_eq!(audit["assignments"].as_array().unwrap().len(), 3);
        // Taken apart again, each is what it was.
        shop.world.merged.lock().unwrap().clear();
        let shop = shop.again().await;
        assert_eq!(shop.admit(&held_out).await, Some(Admission::OtherShoppers));
        assert_eq!(shop.done("GET", "/c/numbers", Value::Null).await["mixed"], 0);
    }
}

#[tokio::test]
async fn whoever_is_outside_the_audience_is_refused_and_not_counted_and_whoever_was_in_stays() {
    for shop in shops().await {
        let mut vip = terms();
        vip["segment"] = json!("vip");
        vip["holdout_basis_points"] = json!(0);
        shop.done("PUT", "/c", vip.clone()).await;
        assert!(shop.refused("POST", "/c/publish", Value::Null).await.1.contains("campaign_holdout"));
        vip["no_holdout_because"] = json!("a promise to all members");
        shop.published(vip).await;
        shop.world.vip.lock().unwrap().insert("in".to_owned());
        assert_eq!(shop.admit("out").await, Some(Admission::OtherShoppers));
        assert!(matches!(shop.admit("in").await, Some(Admission::Open(_))));
        shop.world.vip.lock().unwrap().clear();
        let shop = shop.again().await;
        assert!(matches!(shop.admit("in").await, Some(Admission::Open(_))), "who was assigned stays");
        let numbers = shop.done("GET", "/c/numbers", Value::Null).await;
        assert_eq!(numbers["reach"], 1);
        assert!(numbers["lift"]["too_early"]["en"].as_str().unwrap().contains("nobody is held out"));
    }
}

#[tokio::test]
async fn no_two_campaigns_hold_the_same_offer() {
    for shop in shops().await {
        shop.published(terms()).await;
        shop.done("PUT", "/d", terms()).await;
        let (code, detail) = shop.refused("POST", "/d/publish", Value::Null).await;
        assert_eq!(code, "invalid_campaign");
        assert!(detail.contains("spring is held by campaign c"), "{detail}");
        shop.done("POST", "/c/close", Value::Null).await;
        shop.done("POST", "/d/publish", Value::Null).await;
        assert!(matches!(shop.admit("u1").await, Some(Admission::Open(_) | Admission::OtherShoppers)));
    }
}

#[tokio::test]
async fn what_a_crash_came_between_is_done_after_it() {
    for shop in shops().await {
        shop.done("PUT", "/c", terms()).await;
        *shop.world.jammed.lock().unwrap() = true;
        assert_eq!(shop.refused("POST", "/c/publish", Value::Null).await.0, "unavailable");
        assert!(shop.admit("u1").await.is_some(), "it decides before anything of it is published");
        *shop.world.jammed.lock().unwrap() = false;
        let shop = shop.again().await;
        shop.campaigns.sweep().await;
        assert!(shop.world.is_published(&Piece::offer("spring")));
    }
}

#[tokio::test]
async fn a_used_budget_and_a_low_return_pause_it_and_a_higher_budget_lets_it_go_on() {
    for shop in shops().await {
        shop.published(terms()).await;
        let used = |paid_minor| UsedIn { redemption_id: String::new(), shopper_key: None, paid_minor, off_minor: 0 };
        {
            let mut given = shop.world.given.lock().unwrap();
            given.spent_minor = 99_000;
            given.orders = vec![used(1_000_000); 10];
        }
        shop.campaigns.sweep().await;
        let view = shop.done("GET", "/c", Value::Null).await;
        assert_eq!(view["status"], json!({ "state": "paused", "why": "budget_used" }));
        let mut more = terms();
        more["budget_minor"] = json!(500_000);
        more["floor"] = json!({ "least_per_hundred": 200, "after_orders": 10 });
        shop.done("PUT", "/c", more).await;
        shop.done("POST", "/c/resume", Value::Null).await;
        shop.campaigns.sweep().await;
        assert_eq!(shop.state().await, "running");
        {
            let mut given = shop.world.given.lock().unwrap();
            (given.spent_minor, given.orders) = (100_000, vec![used(19_000); 10]);
        }
        shop.campaigns.sweep().await;
        let view = shop.done("GET", "/c", Value::Null).await;
        assert_eq!(view["status"], json!({ "state": "paused", "why": "below_floor" }));
    }
}

#[tokio::test]
async fn lift_is_told_of_everybody_who_met_it_whatever_they_did_with_it() {
    for shop in shops().await {
        let salt = shop.published(terms()).await;
        for n in 0..400 {
            shop.admit(&format!("u{n}")).await;
        }
        shop.clock.advance_micros(HOUR);
        let now = shop.clock.now();
        let arms: Vec<Arm> = (0..400).map(|n| arm_of(&salt, &format!("u{n}"), 5_000)).collect();
        for (n, arm) in arms.iter().enumerate().filter(|(n, _)| n % 4 == 0) {
            shop.world.bought(&format!("u{n}"), now, if *arm == Arm::Treated { 900 } else { 300 });
        }
        shop.world.bought("stranger", now, 1_000_000);
        let numbers = shop.done("GET", "/c/numbers", Value::Null).await;
        let lift = &numbers["lift"];
        let treated = arms.iter().filter(|arm| **arm == Arm::Treated).count();
        assert_eq!((&numbers["reach"], &lift["treated"]["people"]), (&json!(400), &json!(treated)));
        assert_eq!(lift["too_early"], Value::Null, "{lift}");
        let found = &lift["revenue_per_person"];
        assert!(found["low"].as_f64().unwrap() > 0.0 && found["high"].as_f64() > found["estimate"].as_f64(), "{found}");
        // The review keeps what was; the numbers go on.
        shop.done("POST", "/c/close", Value::Null).await;
        shop.world.orders.lock().unwrap().clear();
        assert_eq!(shop.done("GET", "/c/review", Value::Null).await["numbers"]["lift"]["revenue_per_person"], *found);
        assert_eq!(shop.done("GET", "/c/numbers", Value::Null).await["lift"]["treated"]["orders"], 0);
    }
}
