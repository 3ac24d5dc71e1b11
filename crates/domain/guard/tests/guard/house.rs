//! A guard with a clock that stands still until told, and callers to speak to it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use fanvine_guard::{ClientAddress, Guard, GuardOptions, HashCost, MIGRATIONS, router};
use fanvine_kernel::{Code, Problem};
use fanvine_store::{Row, StoreError};
use fanvine_testkit::{FakeClock, SeededEntropy, TempStore};
use fanvine_web::Refusal;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const SECOND: i64 = 1_000_000;
pub const HOUR: i64 = 3_600 * SECOND;
pub const DAY: i64 = 24 * HOUR;
pub const OWNER: &str = "owner@localhost";
pub const OWNER_PASSWORD: &str = "owner password";

pub struct House {
    pub guard: Arc<Guard>,
    store: TempStore,
    clock: Arc<FakeClock>,
    router: axum::Router,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn code(&self) -> (u16, &str) {
        (self.status.as_u16(), self.text("/code"))
    }
}

/// Somebody signed in.
#[derive(Clone)]
pub struct Person {
    pub cookie: String,
    pub csrf: String,
    pub id: String,
}

impl House {
    /// An empty house over each database at hand.
    pub async fn each_empty() -> Vec<Self> {
        let mut houses = Vec::new();
        for store in fanvine_testkit::stores().await {
            houses.push(Self::over(store).await);
        }
        houses
    }

    /// A house with its first owner signed in, over each database at hand.
    pub async fn each_with_owner() -> Vec<(Self, Person)> {
        let mut houses = Vec::new();
        for house in Self::each_empty().await {
            house.guard.ensure_first_owner(Some(OWNER_PASSWORD)).await.unwrap().unwrap();
            let owner = house.sign_in(OWNER, OWNER_PASSWORD).await;
            houses.push((house, owner));
        }
        houses
    }

    async fn over(store: TempStore) -> Self {
        store.migrate(MIGRATIONS).await.unwrap();
        let clock = Arc::new(FakeClock::at("2026-01-01T00:00:00Z"));
        let options = GuardOptions { secure_cookies: true, hash_cost: HashCost { memory_kib: 16, passes: 1 } };
        let entropy = Arc::new(SeededEntropy::new(7));
        let guard = Arc::new(Guard::new(store.store(), clock.clone(), entropy, options));
        let (router, _) = router(guard.clone()).split_for_parts();
        let router = router.layer(from_fn_with_state(guard.clone(), at_the_door));
        Self { guard, store, clock, router }
    }

    pub fn pass(&self, micros: i64) {
        self.clock.advance_micros(micros);
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
            }
            None => request.body(Body::empty()).unwrap(),
        };
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn try_sign_in(&self, email: &str, password: &str, address: &str) -> Reply {
        let body = json!({"email": email, "password": password});
        self.send("POST", "/api/v1/session", &[("x-test-address", address)], Some(body)).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Person {
        let reply = self.try_sign_in(email, password, "192.0.2.1").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
        Person {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: reply.text("/csrf_token").to_owned(),
            id: reply.text("/account/id").to_owned(),
        }
    }

    /// A request by somebody signed in, as the console sends it.
    pub async fn by(&self, person: &Person, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.send(method, path, &[("cookie", &person.cookie), ("x-csrf-token", &person.csrf)], body).await
    }

    /// A request by a server with a key.
    pub async fn with_key(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.send(method, path, &[("authorization", &format!("Bearer {key}"))], body).await
    }

    /// A new account, signed in.
    pub async fn let_in(&self, owner: &Person, email: &str, role: &str) -> Person {
        let body = json!({"email": email, "name": "Somebody", "role": role, "password": "some password"});
        let reply = self.by(owner, "POST", "/api/v1/accounts", Some(body)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        self.sign_in(email, "some password").await
    }

    /// What a table holds in these columns of text or bytes, one row a line.
    pub async fn everything_in(&self, table: &'static str, columns: &'static [&'static str]) -> Vec<String> {
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let rows = tx.rows(format!("SELECT {} FROM {table}", columns.join(", ")), vec![]).await?;
                let lines = rows.iter().map(|row| (0..columns.len()).map(|place| shown(row, place)).collect());
                Ok::<Vec<String>, StoreError>(lines.collect())
            })
        });
        read.await.unwrap()
    }
}

fn shown(row: &Row, place: usize) -> String {
    let text = row.get::<Option<String>>(place).map(Option::unwrap_or_default);
    let bytes = || row.get::<Vec<u8>>(place).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    text.or_else(|_| bytes()).unwrap() + " "
}

/// What the program does with each request, in small.
async fn at_the_door(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let address = request.headers().get("x-test-address").and_then(|value| value.to_str().ok());
    if let Some(address) = address.and_then(|text| text.parse::<IpAddr>().ok()) {
        request.extensions_mut().insert(ClientAddress(address));
    }
    let public = request.method() == Method::POST && request.uri().path() == "/api/v1/session";
    if !public {
        match guard.recognise(request.method(), request.headers()).await {
            Ok(Some(actor)) => {
                request.extensions_mut().insert(actor);
            }
            Ok(None) => return Refusal(Problem::new(Code::SignInRequired, "sign in")).into_response(),
            Err(problem) => return Refusal(problem).into_response(),
        }
    }
    next.run(request).await
}
