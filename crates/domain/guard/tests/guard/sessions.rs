//! Signing in, staying in, and going out.

use http::header;
use serde_json::json;

use crate::house::{DAY, HOUR, House, OWNER, OWNER_PASSWORD, SECOND};

const SESSION: &str = "/api/v1/session";

#[tokio::test]
async fn signing_in_opens_a_session_closed_to_scripts_and_other_sites() {
    for (house, _) in House::each_with_owner().await {
        let reply = house.try_sign_in("  Owner@LocalHost ", OWNER_PASSWORD, "192.0.2.1").await;
        assert_eq!(reply.status, 200);
        assert_eq!((reply.text("/account/email"), reply.text("/account/role")), (OWNER, "owner"));
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
        for attribute in ["fanvine_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Secure", "Max-Age=1209600"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
}

#[tokio::test]
async fn the_session_says_who_is_signed_in_with_the_same_token() {
    for (house, owner) in House::each_with_owner().await {
        let reply = house.send("GET", SESSION, &[("cookie", &owner.cookie)], None).await;
        assert_eq!((reply.status.as_u16(), reply.text("/csrf_token")), (200, owner.csrf.as_str()));
        assert_eq!(house.send("GET", SESSION, &[], None).await.code(), (401, "sign_in_required"));
        let made_up = format!("fanvine_session={}", "A".repeat(43));
        assert_eq!(house.send("GET", SESSION, &[("cookie", &made_up)], None).await.code(), (401, "sign_in_required"));
    }
}

#[tokio::test]
async fn an_unknown_email_and_a_wrong_password_get_the_same_answer() {
    for (house, _) in House::each_with_owner().await {
        let unknown = house.try_sign_in("nobody@localhost", OWNER_PASSWORD, "192.0.2.1").await;
        let wrong = house.try_sign_in(OWNER, "another password", "192.0.2.1").await;
        let nonsense = house.try_sign_in("not an address", "x", "192.0.2.1").await;
        assert_eq!(unknown.code(), (401, "wrong_credentials"));
        assert_eq!((unknown.status, &unknown.body), (wrong.status, &wrong.body));
        assert_eq!((unknown.status, &unknown.body), (nonsense.status, &nonsense.body));
        assert!(wrong.headers.get(header::SET_COOKIE).is_none());
    }
}

#[tokio::test]
async fn a_change_needs_the_sessions_own_token() {
    for (house, owner) in House::each_with_owner().await {
        let other = house.sign_in(OWNER, OWNER_PASSWORD).await;
        let body = || Some(json!({"name": "till", "role": "operator"}));
        let cookie = ("cookie", owner.cookie.as_str());
        let without = house.send("POST", "/api/v1/keys", &[cookie], body()).await;
        assert_eq!(without.code(), (403, "csrf_refused"));
        let others = house.send("POST", "/api/v1/keys", &[cookie, ("x-csrf-token", &other.csrf)], body()).await;
        assert_eq!(others.code(), (403, "csrf_refused"));
        assert_eq!(house.by(&owner, "POST", "/api/v1/keys", body()).await.status, 201);
        assert_eq!(house.send("GET", "/api/v1/keys", &[cookie], None).await.status, 200);
    }
}

#[tokio::test]
async fn a_session_ends_after_two_idle_days() {
    for (house, owner) in House::each_with_owner().await {
        house.pass(2 * DAY - SECOND);
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 200);
        house.pass(2 * DAY - SECOND);
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 200, "being used kept it alive");
        house.pass(2 * DAY);
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.code(), (401, "sign_in_required"));
    }
}

#[tokio::test]
async fn a_session_ends_after_fourteen_days_even_if_used() {
    for (house, owner) in House::each_with_owner().await {
        for _ in 0..13 {
            house.pass(DAY);
            assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 200);
        }
        house.pass(DAY);
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 401);
        // The next to sign in sweeps it away.
        house.sign_in(OWNER, OWNER_PASSWORD).await;
        assert_eq!(house.everything_in("console_sessions", &["session_id"]).await.len(), 1);
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    for (house, owner) in House::each_with_owner().await {
        let other = house.sign_in(OWNER, OWNER_PASSWORD).await;
        let reply = house.by(&owner, "DELETE", SESSION, None).await;
        assert_eq!(reply.status, 204);
        assert!(reply.headers[header::SET_COOKIE].to_str().unwrap().starts_with("fanvine_session=; Path=/; Max-Age=0"));
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 401);
        assert_eq!(house.by(&other, "GET", SESSION, None).await.status, 200);
    }
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    for (house, owner) in House::each_with_owner().await {
        let other = house.sign_in(OWNER, OWNER_PASSWORD).await;
        assert_eq!(house.by(&other, "GET", SESSION, None).await.status, 200);
        let change = |current: &str, new: &str| Some(json!({"current": current, "new": new}));
        let path = "/api/v1/session/password";

        let wrong = house.by(&owner, "PUT", path, change("not the password", "a new password")).await;
        assert_eq!((wrong.code(), wrong.text("/pointer")), ((400, "invalid_body"), "/current"));
        let short = house.by(&owner, "PUT", path, change(OWNER_PASSWORD, "short")).await;
        assert_eq!((short.code(), short.text("/pointer")), ((400, "invalid_body"), "/new"));
        assert_eq!(house.by(&other, "GET", SESSION, None).await.status, 200);

        assert_eq!(house.by(&owner, "PUT", path, change(OWNER_PASSWORD, "a new password")).await.status, 204);
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 200);
        assert_eq!(house.by(&other, "GET", SESSION, None).await.status, 401);
        assert_eq!(house.try_sign_in(OWNER, OWNER_PASSWORD, "192.0.2.1").await.status, 401);
        house.sign_in(OWNER, "a new password").await;
    }
}

#[tokio::test]
async fn guessing_a_password_is_stopped_and_may_go_on_later() {
    for (house, _) in House::each_with_owner().await {
        let guess = async |n: u8| house.try_sign_in(OWNER, "guess guess", &format!("198.51.100.{n}")).await;
        for n in 0..10 {
            assert_eq!(guess(n).await.code(), (401, "wrong_credentials"));
        }
        let refused = guess(10).await;
        assert_eq!(refused.code(), (429, "too_many_attempts"));
        assert_eq!(refused.headers[header::RETRY_AFTER], "30");
        // Not even the right password is heard now; another account is.
        assert_eq!(house.try_sign_in(OWNER, OWNER_PASSWORD, "198.51.100.99").await.status, 429);
        assert_eq!(house.try_sign_in("nobody@localhost", "guess guess", "198.51.100.99").await.status, 401);
        house.pass(30 * SECOND);
        assert_eq!(house.try_sign_in(OWNER, OWNER_PASSWORD, "198.51.100.99").await.status, 200);
    }
}

#[tokio::test]
async fn one_client_may_not_guess_at_many_accounts() {
    for (house, _) in House::each_with_owner().await {
        let mut heard = 0;
        while house.try_sign_in(&format!("n{heard}@localhost"), "guess guess", "2001:db8::1").await.status == 401 {
            heard += 1;
        }
        assert_eq!(heard, 30);
        assert_eq!(house.try_sign_in(OWNER, OWNER_PASSWORD, "2001:db8::ffff").await.status, 429, "the same network");
        assert_eq!(house.try_sign_in(OWNER, OWNER_PASSWORD, "2001:db8:0:1::1").await.status, 200);
    }
}

#[tokio::test]
async fn signing_in_rightly_is_never_too_often() {
    for (house, _) in House::each_with_owner().await {
        for _ in 0..50 {
            house.sign_in(OWNER, OWNER_PASSWORD).await;
        }
    }
}

#[tokio::test]
async fn last_seen_is_written_once_a_minute_at_most() {
    for (house, owner) in House::each_with_owner().await {
        let seen = async || house.everything_in("console_sessions", &["CAST(seen_at AS TEXT) AS seen"]).await;
        let before = seen().await;
        house.pass(59 * SECOND);
        house.by(&owner, "GET", "/api/v1/keys", None).await;
        assert_eq!(seen().await, before);
        house.pass(SECOND);
        house.by(&owner, "GET", "/api/v1/keys", None).await;
        assert_ne!(seen().await, before);
    }
}

#[tokio::test]
async fn a_session_survives_a_clock_set_back() {
    for (house, owner) in House::each_with_owner().await {
        house.pass(-HOUR);
        assert_eq!(house.by(&owner, "GET", SESSION, None).await.status, 200);
    }
}
