//! Server keys: made, used, revoked, preset.

use fanvine_contracts::access::{Actor, Means, Role};
use fanvine_kernel::Code;
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use crate::house::{House, Person, SECOND};

const KEYS: &str = "/api/v1/keys";

async fn make(house: &House, owner: &Person, body: Value) -> (Value, String) {
    let reply = house.by(owner, "POST", KEYS, Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    (reply.body["key"].clone(), reply.text("/secret").to_owned())
}

async fn recognise(house: &House, key: &str) -> Result<Actor, Code> {
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, format!("Bearer {key}").parse().unwrap())]);
    match house.guard.recognise(&Method::POST, &headers).await {
        Ok(actor) => Ok(actor.expect("a bearer is recognised or refused")),
        Err(problem) => Err(problem.code),
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_recognised_after() {
    for (house, owner) in House::each_with_owner().await {
        let (key, secret) = make(&house, &owner, json!({"name": "till"})).await;
        assert!(secret.starts_with("fvs_") && secret.len() == 47, "{secret}");
        assert_eq!((key["role"].as_str(), key["prefix"].as_str()), (Some("operator"), Some(&secret[..8])));
        let listed = house.by(&owner, "GET", KEYS, None).await;
        assert_eq!(listed.body["keys"], json!([key]));
        assert!(!listed.body.to_string().contains(&secret));
        let actor = recognise(&house, &secret).await.unwrap();
        let expected = Actor {
            id: key["id"].as_str().unwrap().to_owned(),
            name: "till".to_owned(),
            role: Role::Operator,
            means: Means::ServerKey,
        };
        assert_eq!(actor, expected);
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_from_that_moment() {
    for (house, owner) in House::each_with_owner().await {
        let (key, secret) = make(&house, &owner, json!({"name": "till", "role": "owner"})).await;
        assert_eq!(house.with_key(&secret, "GET", KEYS, None).await.status, 200);
        let path = format!("{KEYS}/{}", key["id"].as_str().unwrap());
        assert_eq!(house.by(&owner, "DELETE", &path, None).await.status, 204);
        assert_eq!(house.with_key(&secret, "GET", KEYS, None).await.code(), (401, "sign_in_required"));
        assert_eq!(house.by(&owner, "DELETE", &path, None).await.code(), (404, "not_found"));
    }
}

#[tokio::test]
async fn a_replaced_key_goes_on_for_as_long_as_was_said_and_no_longer() {
    for (house, owner) in House::each_with_owner().await {
        let (old, first) = make(&house, &owner, json!({"name": "till", "role": "analyst"})).await;
        let path = format!("{KEYS}/{}/rotate", old["id"].as_str().unwrap());
        let reply = house.by(&owner, "POST", &path, Some(json!({"overlap_s": 60}))).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        let second = reply.text("/secret").to_owned();
        assert_eq!((&reply.body["key"]["name"], &reply.body["key"]["role"]), (&old["name"], &old["role"]));
        assert!(first != second && reply.body["key"]["id"] != old["id"]);
        for key in [&first, &second] {
            assert_eq!(recognise(&house, key).await.unwrap().role, Role::Analyst);
        }
        // A shorter time stays when it is replaced again with a longer one.
        assert_eq!(house.by(&owner, "POST", &path, Some(json!({}))).await.status, 201);
        house.pass(60 * SECOND);
        assert_eq!(recognise(&house, &first).await, Err(Code::SignInRequired));
        assert!(recognise(&house, &second).await.is_ok());
        assert_eq!(house.by(&owner, "POST", &path, Some(json!({}))).await.code(), (404, "not_found"));
        let long = house.by(&owner, "POST", &path, Some(json!({"overlap_s": 2_592_001}))).await;
        assert_eq!(long.code(), (400, "invalid_parameter"));
        let audited = house.everything_in("audit_log", &["action"]).await;
        assert_eq!(audited.iter().filter(|row| format!("{row:?}").contains("key_rotated")).count(), 2);
    }
}

#[tokio::test]
async fn a_key_of_the_configuration_is_replaced_there() {
    for (house, owner) in House::each_with_owner().await {
        house.guard.ensure_preset_key(Some("first-key")).await.unwrap();
        let listed = house.by(&owner, "GET", KEYS, None).await;
        let path = format!("{KEYS}/{}/rotate", listed.body["keys"][0]["id"].as_str().unwrap());
        let refused = house.by(&owner, "POST", &path, Some(json!({}))).await;
        assert_eq!(refused.code(), (409, "conflict"));
        assert!(refused.body["detail"].as_str().unwrap().contains("FANVINE_SERVER_KEY"));
    }
}

#[tokio::test]
async fn a_key_needs_no_csrf_token_and_has_no_session() {
    for (house, owner) in House::each_with_owner().await {
        let (_, secret) = make(&house, &owner, json!({"name": "till", "role": "owner"})).await;
        assert_eq!(house.with_key(&secret, "POST", KEYS, Some(json!({"name": "another"}))).await.status, 201);
        assert_eq!(house.with_key(&secret, "GET", "/api/v1/session", None).await.code(), (401, "sign_in_required"));
        assert_eq!(house.with_key(&secret, "DELETE", "/api/v1/session", None).await.code(), (401, "sign_in_required"));
    }
}

#[tokio::test]
async fn a_key_nobody_knows_is_refused_even_beside_a_session() {
    for (house, owner) in House::each_with_owner().await {
        assert_eq!(recognise(&house, "fvs_made_up").await, Err(Code::SignInRequired));
        let headers = [("authorization", "Bearer fvs_made_up"), ("cookie", owner.cookie.as_str())];
        assert_eq!(house.send("GET", KEYS, &headers, None).await.code(), (401, "sign_in_required"));
        // A session's token is not a key.
        let token = owner.cookie.split_once('=').unwrap().1;
        assert_eq!(recognise(&house, token).await, Err(Code::SignInRequired));
    }
}

#[tokio::test]
async fn last_used_is_known_to_the_minute() {
    for (house, owner) in House::each_with_owner().await {
        let (key, secret) = make(&house, &owner, json!({"name": "till"})).await;
        assert_eq!(key["last_used_at"], Value::Null);
        let last_used = async || house.by(&owner, "GET", KEYS, None).await.body["keys"][0]["last_used_at"].clone();
        recognise(&house, &secret).await.unwrap();
        let first = last_used().await;
        assert_ne!(first, Value::Null);
        house.pass(30 * SECOND);
        recognise(&house, &secret).await.unwrap();
        assert_eq!(last_used().await, first);
        house.pass(30 * SECOND);
        recognise(&house, &secret).await.unwrap();
        assert_ne!(last_used().await, first);
    }
}

#[tokio::test]
async fn a_preset_key_is_an_owners_and_replaces_the_one_before() {
    for house in House::each_empty().await {
        house.guard.ensure_preset_key(None).await.unwrap();
        house.guard.ensure_preset_key(Some("first-key")).await.unwrap();
        house.guard.ensure_preset_key(Some("first-key")).await.unwrap();
        assert_eq!(recognise(&house, "first-key").await.unwrap().role, Role::Owner);
        assert_eq!(house.everything_in("audit_log", &["action"]).await.len(), 1, "the second start changed nothing");
        house.guard.ensure_preset_key(Some("second-key")).await.unwrap();
        assert_eq!(recognise(&house, "first-key").await, Err(Code::SignInRequired));
        assert!(recognise(&house, "second-key").await.is_ok());
        house.guard.ensure_preset_key(None).await.unwrap();
        assert!(recognise(&house, "second-key").await.is_ok());
        assert!(house.guard.ensure_preset_key(Some("short")).await.is_err());
    }
}

#[tokio::test]
async fn no_secret_is_kept_in_clear() {
    for (house, owner) in House::each_with_owner().await {
        let (_, secret) = make(&house, &owner, json!({"name": "till"})).await;
        let token = owner.cookie.split_once('=').unwrap().1.to_owned();
        let kept = [
            house.everything_in("server_keys", &["secret_hash", "name", "prefix"]).await,
            house.everything_in("console_sessions", &["token_hash", "session_id"]).await,
            house.everything_in("audit_log", &["actor", "subject", "detail"]).await,
        ]
        .concat()
        .join("\n");
        assert!(!kept.contains(&secret) && !kept.contains(&token) && !kept.contains(&owner.csrf), "{kept}");
        assert!(!format!("{:?}", house.guard).contains("fvs_"));
    }
}
