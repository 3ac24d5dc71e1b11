//! Who may sign in, and that an owner always remains.

use serde_json::json;

use crate::house::{House, OWNER, OWNER_PASSWORD, Person, SECOND};

const ACCOUNTS: &str = "/api/v1/accounts";

fn at(id: &str) -> String {
    format!("{ACCOUNTS}/{id}")
}

#[tokio::test]
async fn the_first_owner_is_made_on_an_empty_database_only() {
    for house in House::each_empty().await {
        let first = house.guard.ensure_first_owner(None).await.unwrap().unwrap();
        assert_eq!(first.email, OWNER);
        assert!(!format!("{first:?}").contains(first.password.reveal()));
        assert_eq!(house.guard.ensure_first_owner(None).await.unwrap(), None);
        house.sign_in(OWNER, first.password.reveal()).await;
    }
}

#[tokio::test]
async fn two_programs_starting_together_make_one_first_owner() {
    for house in House::each_empty().await {
        let (one, two) = tokio::join!(house.guard.ensure_first_owner(None), house.guard.ensure_first_owner(None));
        let made: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
        assert_eq!(made.len(), 1);
        house.sign_in(OWNER, made[0].password.reveal()).await;
    }
}

#[tokio::test]
async fn a_preset_password_that_is_too_short_is_refused() {
    for house in House::each_empty().await {
        let refusal = house.guard.ensure_first_owner(Some("short")).await.unwrap_err();
        assert_eq!(refusal.to_string(), "a password has 10 to 256 characters, this one has 5");
    }
}

#[tokio::test]
async fn an_account_is_made_listed_and_signs_in() {
    for (house, owner) in House::each_with_owner().await {
        house.pass(SECOND);
        let body =
            json!({"email": "Ana@Shop.Example", "name": " 安娜 ", "role": "analyst", "password": "ana's password"});
        let made = house.by(&owner, "POST", ACCOUNTS, Some(body.clone())).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.body["email"], "ana@shop.example");
        assert_eq!(made.body["name"], "安娜");
        assert!(!made.body.to_string().contains("password"));
        let again = house.by(&owner, "POST", ACCOUNTS, Some(body)).await;
        assert_eq!((again.code(), again.text("/pointer")), ((409, "conflict"), "/email"));
        let listed = house.by(&owner, "GET", ACCOUNTS, None).await;
        assert_eq!(listed.body["accounts"][1], made.body);
        house.sign_in("ana@shop.example", "ana's password").await;
    }
}

#[tokio::test]
async fn an_account_with_a_bad_part_is_refused_by_name() {
    for (house, owner) in House::each_with_owner().await {
        let good = json!({"email": "a@b", "name": "A", "role": "analyst", "password": "a good password"});
        for (part, value) in [("email", "a"), ("name", ""), ("password", "short")] {
            let mut body = good.clone();
            body[part] = value.into();
            let reply = house.by(&owner, "POST", ACCOUNTS, Some(body)).await;
            assert_eq!((reply.code(), reply.text("/pointer")), ((400, "invalid_body"), format!("/{part}").as_str()));
        }
        let mut body = good;
        body["role"] = "root".into();
        assert_eq!(house.by(&owner, "POST", ACCOUNTS, Some(body)).await.code(), (400, "invalid_body"));
    }
}

#[tokio::test]
async fn the_last_owner_can_neither_be_removed_nor_demoted() {
    for (house, owner) in House::each_with_owner().await {
        let demote = || Some(json!({"role": "operator"}));
        assert_eq!(house.by(&owner, "DELETE", &at(&owner.id), None).await.code(), (409, "conflict"));
        assert_eq!(house.by(&owner, "PATCH", &at(&owner.id), demote()).await.code(), (409, "conflict"));
        let second = house.let_in(&owner, "second@localhost", "owner").await;
        assert_eq!(house.by(&second, "PATCH", &at(&owner.id), demote()).await.status, 200);
        assert_eq!(house.by(&second, "DELETE", &at(&second.id), None).await.code(), (409, "conflict"));
    }
}

#[tokio::test]
async fn two_owners_who_demote_each_other_at_once_leave_one() {
    for (house, owner) in House::each_with_owner().await {
        let second = house.let_in(&owner, "second@localhost", "owner").await;
        let demote = async |by: &Person, whom: &Person| {
            house.by(by, "PATCH", &at(&whom.id), Some(json!({"role": "analyst"}))).await.status.as_u16()
        };
        let mut statuses = tokio::join!(demote(&owner, &second), demote(&second, &owner));
        if statuses.0 > statuses.1 {
            statuses = (statuses.1, statuses.0);
        }
        assert_eq!(statuses, (200, 409));
    }
}

#[tokio::test]
async fn a_change_of_role_counts_from_the_next_request() {
    for (house, owner) in House::each_with_owner().await {
        let ana = house.let_in(&owner, "ana@localhost", "analyst").await;
        let role = async || house.by(&ana, "GET", "/api/v1/session", None).await.body["account"]["role"].clone();
        assert_eq!(role().await, "analyst");
        let changed = house.by(&owner, "PATCH", &at(&ana.id), Some(json!({"role": "operator", "name": "Ana"}))).await;
        assert_eq!((changed.body["role"].clone(), changed.body["name"].clone()), (json!("operator"), json!("Ana")));
        assert_eq!(role().await, "operator");
        let headers = [("cookie", ana.cookie.parse().unwrap())];
        let headers = http::HeaderMap::from_iter(headers.map(|(name, value)| (name.parse().unwrap(), value)));
        let actor = house.guard.recognise(&http::Method::GET, &headers).await.unwrap().unwrap();
        assert_eq!((actor.role.as_str(), actor.name.as_str()), ("operator", "ana@localhost"));
    }
}

#[tokio::test]
async fn removing_an_account_ends_its_sessions_at_once() {
    for (house, owner) in House::each_with_owner().await {
        let ana = house.let_in(&owner, "ana@localhost", "analyst").await;
        assert_eq!(house.by(&ana, "GET", "/api/v1/session", None).await.status, 200);
        assert_eq!(house.by(&owner, "DELETE", &at(&ana.id), None).await.status, 204);
        assert_eq!(house.by(&ana, "GET", "/api/v1/session", None).await.status, 401);
        assert_eq!(house.by(&owner, "DELETE", &at(&ana.id), None).await.code(), (404, "not_found"));
        assert_eq!(house.by(&owner, "DELETE", &at("nonsense"), None).await.code(), (404, "not_found"));
    }
}

#[tokio::test]
async fn resetting_a_password_ends_the_sessions_opened_with_the_old_one() {
    for (house, owner) in House::each_with_owner().await {
        let ana = house.let_in(&owner, "ana@localhost", "analyst").await;
        let reset = house.by(&owner, "PATCH", &at(&ana.id), Some(json!({"password": "a fresh password"}))).await;
        assert_eq!(reset.status, 200);
        assert_eq!(house.by(&ana, "GET", "/api/v1/session", None).await.status, 401);
        assert_eq!(house.try_sign_in("ana@localhost", "some password", "192.0.2.1").await.status, 401);
        house.sign_in("ana@localhost", "a fresh password").await;
        assert_eq!(house.by(&owner, "GET", "/api/v1/session", None).await.status, 200);
    }
}

#[tokio::test]
async fn no_password_is_kept_as_it_was_typed() {
    for (house, _) in House::each_with_owner().await {
        for line in house.everything_in("accounts", &["email", "name", "password_hash"]).await {
            assert!(line.contains("$argon2id$") && !line.contains(OWNER_PASSWORD), "{line}");
        }
    }
}
