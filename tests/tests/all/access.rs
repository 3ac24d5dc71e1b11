//! Who may ask what: by nobody, by server keys of each role, by a session in the console.

use anyhow::{Context, Result, bail, ensure};
use fanvine_tests::{Fanvine, OWNER_PASSWORD, Reply, SERVER_KEY, on_both_columns};
use serde_json::{Value, json};

/// Every operation of the contract: method, path with its blanks filled in, and the role it asks for.
fn operations(shop: &Fanvine) -> Result<Vec<(&'static str, String, Option<String>)>> {
    let contract = shop.get("/openapi.json").expect(200)?.json()?;
    let mut found = Vec::new();
    for (path, item) in contract["paths"].as_object().context("no paths")? {
        for (method, operation) in item.as_object().context("not an object")? {
            let method = match method.as_str() {
                "get" => "GET",
                "post" => "POST",
                "put" => "PUT",
                "patch" => "PATCH",
                "delete" => "DELETE",
                "options" => "OPTIONS",
                other => bail!("{path} answers {other}, which no test knows"),
            };
            let filled: Vec<&str> =
                path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
            let role = operation["security"][0]["role"][0].as_str().map(str::to_owned);
            found.push((method, filled.join("/"), role));
        }
    }
    Ok(found)
}

fn key_of(shop: &Fanvine, role: &str) -> Result<String> {
    let made =
        shop.post("/api/v1/keys", &json!({ "name": role, "role": role })).bearer(SERVER_KEY).expect(201)?.json()?;
    Ok(made["secret"].as_str().context("no secret")?.to_owned())
}

fn sign_in(shop: &Fanvine, email: &str, password: &str) -> Result<Reply> {
    shop.post("/api/v1/session", &json!({ "email": email, "password": password })).send()
}

/// The cookie to send back, and the token to prove that a page of ours asks.
fn session_of(reply: &Reply) -> Result<(String, String)> {
    let cookie = reply.header("set-cookie").split(';').next().context("no cookie")?.to_owned();
    Ok((cookie, reply.json()?["csrf_token"].as_str().context("no token")?.to_owned()))
}

on_both_columns! {
    fn whatever_asks_for_a_role_refuses_a_stranger(column) {
        let shop = Fanvine::start(&column)?;
        let operations = operations(&shop)?;
        let guarded: Vec<_> = operations.iter().filter(|(_, _, role)| role.is_some()).collect();
        ensure!(guarded.len() > 20, "the contract has only {} guarded operations", guarded.len());
        for (method, path, _) in &guarded {
            shop.request(method, path).send()?.expect_problem(401, "sign_in_required")?;
            shop.request(method, path).bearer("fvs_nobody").send()?.expect_problem(401, "sign_in_required")?;
        }
        let public: Vec<&str> =
            operations.iter().filter(|(_, _, role)| role.is_none()).map(|(_, path, _)| path.as_str()).collect();
        println!("{} operations ask for a role; public: {public:?}", guarded.len());
        Ok(())
    }

    fn each_role_may_do_what_the_contract_says_and_no_more(column) {
        let shop = Fanvine::start(&column)?;
        let roles = ["analyst", "operator", "owner"];
        let rank = |role: &str| roles.iter().position(|known| *known == role);
        for (level, role) in roles.iter().enumerate() {
            let key = key_of(&shop, role)?;
            for (method, path, needed) in operations(&shop)? {
                let Some(needed) = needed else { continue };
                if rank(&needed).with_context(|| format!("{path} asks for {needed}"))? > level {
                    shop.request(method, &path).bearer(&key).send()?.expect_problem(403, "forbidden")?;
                }
            }
            shop.get("/api/v1/shop").bearer(&key).expect(200)?;
            let made = shop.post("/api/v1/sources", &json!({ "name": *role })).bearer(&key).send()?;
            ensure!(made.status == if level >= 1 { 201 } else { 403 }, "{role}: {}", made.status);
            let keys = shop.get("/api/v1/keys").bearer(&key).send()?;
            ensure!(keys.status == if level >= 2 { 200 } else { 403 }, "{role}: {}", keys.status);
            ensure!(!keys.text().contains(&key), "a key is shown again");
        }
        Ok(())
    }

    fn a_revoked_key_is_refused(column) {
        let shop = Fanvine::start(&column)?;
        let made = shop.post("/api/v1/keys", &json!({ "name": "brief", "role": "analyst" })).bearer(SERVER_KEY).expect(201)?.json()?;
        let (id, secret) = (made["key"]["id"].as_str().context("no id")?, made["secret"].as_str().context("no secret")?);
        shop.get("/api/v1/shop").bearer(secret).expect(200)?;
        shop.request("DELETE", &format!("/api/v1/keys/{id}")).bearer(SERVER_KEY).expect(204)?;
        shop.get("/api/v1/shop").bearer(secret).send()?.expect_problem(401, "sign_in_required")?;
        Ok(())
    }

    fn a_session_changes_things_only_with_its_token(column) {
        let shop = Fanvine::start(&column)?;
        let owner = shop.owner.clone().context("the first login was not printed")?;
        sign_in(&shop, &owner, "not the password")?.expect_problem(401, "wrong_credentials")?;
        sign_in(&shop, "nobody@localhost", OWNER_PASSWORD)?.expect_problem(401, "wrong_credentials")?;
        let signed_in = sign_in(&shop, &owner, OWNER_PASSWORD)?;
        ensure!(signed_in.status == 200 && signed_in.json()?["account"]["role"] == "owner", "{}", signed_in.text());
        let attributes = signed_in.header("set-cookie").to_lowercase();
        ensure!(attributes.contains("httponly") && attributes.contains("samesite=strict"), "{attributes}");
        let (cookie, token) = session_of(&signed_in)?;
        let with = |method, path: &str| shop.request(method, path).header("Cookie", &cookie);
        let again = with("GET", "/api/v1/session").expect(200)?.json()?;
        ensure!(again["account"]["email"] == owner.as_str() && again["csrf_token"] == token.as_str(), "{again}");
        let source = json!({ "name": "App" });
        with("POST", "/api/v1/sources").json(&source).send()?.expect_problem(403, "csrf_refused")?;
        with("POST", "/api/v1/sources").json(&source).header("X-CSRF-Token", "no").send()?.expect_problem(403, "csrf_refused")?;
        with("POST", "/api/v1/sources").json(&source).header("X-CSRF-Token", &token).expect(201)?;
        with("DELETE", "/api/v1/session").send()?.expect_problem(403, "csrf_refused")?;
        with("DELETE", "/api/v1/session").header("X-CSRF-Token", &token).expect(204)?;
        with("GET", "/api/v1/session").send()?.expect_problem(401, "sign_in_required")?;
        Ok(())
    }

    fn a_person_who_is_let_in_keeps_to_their_role_and_survives_a_restart(column) {
        let mut shop = Fanvine::start(&column)?;
        let person = json!({ "email": "mei@shop.example", "name": "梅", "role": "analyst", "password": "plum blossom in snow" });
        let made = shop.post("/api/v1/accounts", &person).bearer(SERVER_KEY).expect(201)?.json()?;
        ensure!(made["role"] == "analyst" && made.get("password").is_none(), "{made}");
        shop.post("/api/v1/accounts", &person).bearer(SERVER_KEY).send()?.expect_problem(409, "conflict")?;
        let (cookie, token) = session_of(&sign_in(&shop, "mei@shop.example", "plum blossom in snow")?)?;
        shop.kill()?;
        shop.begin()?;
        let asked = shop.request("GET", "/api/v1/shop").header("Cookie", &cookie).send()?;
        ensure!(asked.status == 200, "the session did not survive: {}", asked.text());
        let refused = shop.request("POST", "/api/v1/sources").header("Cookie", &cookie).header("X-CSRF-Token", &token);
        refused.json(&json!({ "name": "App" })).send()?.expect_problem(403, "forbidden")?;
        let audit = shop.get("/api/v1/audit").bearer(SERVER_KEY).expect(200)?.text();
        ensure!(audit.contains("mei@shop.example") || audit.contains(made["id"].as_str().unwrap_or("?")), "{audit}");
        Ok(())
    }

    fn the_first_login_is_printed_once(column) {
        let mut shop = Fanvine::start(&column)?;
        ensure!(shop.owner.take().is_some(), "the first login was not printed");
        ensure!(shop.stop()?.success());
        shop.begin()?;
        ensure!(shop.owner.is_none(), "the first login was printed again");
        let password = Value::from(OWNER_PASSWORD);
        let signed_in = shop.post("/api/v1/session", &json!({ "email": "owner@localhost", "password": password })).send()?;
        ensure!(signed_in.status == 200, "{}", signed_in.text());
        Ok(())
    }
}
