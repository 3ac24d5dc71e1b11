//! The record of who did what.

use serde_json::{Value, json};

use crate::house::{House, OWNER};

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
