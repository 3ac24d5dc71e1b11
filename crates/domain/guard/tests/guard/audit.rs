//! The record of who did what.

use fanvine_contracts::access::{Actor, Means, Role};
use fanvine_guard::Act;
use serde_json::{Value, json};

use crate::house::{DAY, House, OWNER};

const AUDIT: &str = "/api/v1/audit";

#[tokio::test]
async fn every_change_and_every_refused_sign_in_is_on_record() {
    for (house, owner) in House::each_with_owner().await {
        house.try_sign_in(OWNER, "wrong password", "198.51.100.7").await;
        let ana = house.let_in(&owner, "ana@localhost", "analyst").await;
        let path = format!("/api/v1/accounts/{}", ana.id);
        house.by(&owner, "PATCH", &path, Some(json!({"role": "operator", "password": "a fresh password"}))).await;
        house.by(&owner, "DELETE", &path, None).await;
        let key = house.by(&owner, "POST", "/api/v1/keys", Some(json!({"name": "till"}))).await;
        house.by(&owner, "DELETE", &format!("/api/v1/keys/{}", key.text("/key/id")), None).await;

        let audit = house.by(&owner, "GET", AUDIT, None).await;
        let entries = audit.body["entries"].as_array().unwrap();
        let told: Vec<_> = entries
            .iter()
            .rev()
            .map(|entry| {
                ["action", "actor", "detail"].map(|part| entry[part].as_str().unwrap_or("-").to_owned()).join(" | ")
            })
            .collect();
        assert_eq!(
            told,
            [
                "account_created | fanvine | the first owner",
                "signed_in | owner@localhost | -",
                "sign_in_refused | owner@localhost | -",
                "account_created | owner@localhost | ana@localhost as analyst",
                "signed_in | ana@localhost | -",
                "account_changed | owner@localhost | role: operator, password reset",
                "account_removed | owner@localhost | ana@localhost",
                "key_created | owner@localhost | till as operator",
                "key_revoked | owner@localhost | till",
            ]
        );
        let refused = &entries[entries.len() - 3];
        assert_eq!((&refused["address"], &refused["actor_id"]), (&json!("198.51.100.7"), &Value::Null));
    }
}

#[tokio::test]
async fn the_record_is_read_page_by_page() {
    for (house, owner) in House::each_with_owner().await {
        for n in 0..5 {
            house.by(&owner, "POST", "/api/v1/keys", Some(json!({"name": format!("key {n}")}))).await;
        }
        let whole = house.by(&owner, "GET", AUDIT, None).await.body["entries"].as_array().unwrap().clone();
        let mut read = Vec::new();
        let mut path = format!("{AUDIT}?limit=3");
        loop {
            let page = house.by(&owner, "GET", &path, None).await.body;
            read.extend(page["entries"].as_array().unwrap().clone());
            let Some(before) = page["next_before"].as_i64() else { break };
            path = format!("{AUDIT}?limit=3&before={before}");
        }
        assert_eq!(read, whole);
        for limit in ["0", "501", "x"] {
            let refused = house.by(&owner, "GET", &format!("{AUDIT}?limit={limit}"), None).await;
            assert_eq!(refused.code(), (400, "invalid_parameter"), "{limit}");
        }
    }
}

#[tokio::test]
async fn an_act_whose_end_is_never_told_stands_as_unknown() {
    for (house, owner) in House::each_with_owner().await {
        let actor = Actor { id: "key_1".into(), name: "till".into(), role: Role::Operator, means: Means::ServerKey };
        let subject = ["off_1"];
        let act = Act {
            actor: &actor,
            operation: "put_offer",
            subject: &subject,
            method: "PUT",
            path: "/api/v1/offers/off_1",
            from: None,
            request_id: Some("r-1"),
        };
        let done = house.guard.begin_act(act).await.unwrap();
        house.guard.end_act(done, 200).await;
        let _cut_off = house.guard.begin_act(act).await.unwrap();
        let failed = house.guard.begin_act(act).await.unwrap();
        house.guard.end_act(failed, 503).await;
        house.guard.note_refused(act, 403).await;

        let of_till = house.by(&owner, "GET", &format!("{AUDIT}?actor=till"), None).await.body;
        let told = of_till["entries"].as_array().unwrap();
        let came: Vec<_> =
            told.iter().map(|entry| (entry["outcome"].as_str().unwrap(), entry["status"].as_u64())).collect();
        let expected = [("refused", Some(403)), ("failed", Some(503)), ("unknown", None), ("done", Some(200))];
        assert_eq!(came, expected);
        assert_eq!(told[0]["detail"], "PUT /api/v1/offers/off_1");
        assert_eq!((&told[0]["subject"], &told[0]["request_id"]), (&json!("off_1"), &json!("r-1")));
        assert!(of_till["actions"].as_array().unwrap().contains(&json!("put_offer")));
    }
}

#[tokio::test]
async fn the_record_is_asked_by_who_which_act_on_what_and_when() {
    for (house, owner) in House::each_with_owner().await {
        let key = house.by(&owner, "POST", "/api/v1/keys", Some(json!({"name": "till"}))).await;
        house.pass(DAY);
        house.by(&owner, "DELETE", &format!("/api/v1/keys/{}", key.text("/key/id")), None).await;
        for (question, count) in [
            ("action=key_created", 1),
            ("action=nothing", 0),
            ("actor=owner@localhost", 3),
            (&format!("actor={}", owner.id), 3),
            (&format!("subject={}", key.text("/key/id")), 2),
            ("from=2026-01-02T00:00:00Z", 1),
            ("to=2026-01-02T00:00:00Z", 3),
        ] {
            let page = house.by(&owner, "GET", &format!("{AUDIT}?{question}"), None).await;
            assert_eq!(page.body["entries"].as_array().unwrap().len(), count, "{question}: {}", page.body);
        }
        let turned = format!("{AUDIT}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z");
        assert_eq!(house.by(&owner, "GET", &turned, None).await.code(), (400, "invalid_parameter"));
    }
}
