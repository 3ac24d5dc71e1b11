//! What shoppers' phones ask by a token of the shop's: group buys, bargains, invitations, draws, check-ins, sharing for commission.

use anyhow::{Context, Result, ensure};
use fanvine_tests::{Fanvine, Reply, SERVER_KEY, on_both_columns, wait_for};
use serde_json::{Value, json};

use crate::checkout::{get, is_sound, of, order, post, put};
use crate::knowing::token;

/// The shop's own server, which signs tokens for its shoppers. It outlives a crash of the program.
pub struct Phones {
    source: String,
    secret: String,
}

impl Phones {
    pub fn of(shop: &Fanvine) -> Result<Self> {
        let sources = get(shop, "/api/v1/sources")?;
        let all = sources.as_array().or(sources["sources"].as_array());
        let source = all.and_then(|all| all[0]["id"].as_str()).with_context(|| format!("no source in {sources}"))?;
        let path = format!("/api/v1/sources/{source}/signing-secret");
        let made = shop.post(&path, &json!({})).bearer(SERVER_KEY).expect(201)?.json()?;
        let secret = made["secret"].as_str().context("no secret")?.to_owned();
        Ok(Self { source: source.to_owned(), secret })
    }

    fn token(&self, shop: &Fanvine, who: &str) -> Result<String> {
        token(shop, (&self.source, &self.secret), who, 600)
    }

    /// What somebody is shown.
    pub fn sees(&self, shop: &Fanvine, who: &str, path: &str) -> Result<Value> {
        shop.get(path).bearer(&self.token(shop, who)?).expect(200)?.json()
    }

    /// Somebody asks for something under a key, whatever the answer.
    pub fn asks(&self, shop: &Fanvine, who: &str, key: &str, path: &str, form: &Value) -> Result<Reply> {
        shop.post(path, form).bearer(&self.token(shop, who)?).header("Idempotency-Key", key).send()
    }

    /// Somebody does something under a key, and must be answered 200.
    pub fn does(&self, shop: &Fanvine, who: &str, key: &str, path: &str, form: &Value) -> Result<Value> {
        let reply = self.asks(shop, who, key, path, form)?;
        ensure!(reply.status == 200, "{who}, {path}: {} {}", reply.status, reply.text());
        reply.json()
    }
}

fn publish(shop: &Fanvine, id: &str, terms: &Value) -> Result<()> {
    put(shop, &format!("/api/v1/plays/{id}"), terms)?;
    post(shop, &format!("/api/v1/plays/{id}/publish"), "", &json!({}))?;
    Ok(())
}

fn tea(shop: &Fanvine) -> Result<()> {
    put(shop, "/api/v1/products/tea", &json!({ "name": "Tea", "price_minor": 6_000, "currency": "CNY" }))?;
    Ok(())
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("no {field} in {value}"))
}

on_both_columns! {
    fn a_group_is_opened_joined_and_completed_from_phones_at_the_catalogues_price_only(column) {
        let mut shop = Fanvine::start(&column)?;
        tea(&shop)?;
        publish(&shop, "together", &json!({ "name": "Together", "rules": {
            "kind": "group_buy", "product_id": "tea", "hours": 24, "stock": 100,
            "sizes": [{ "size": 2, "unit_minor": 4_000 }],
        }}))?;
        let phones = Phones::of(&shop)?;
        let wanted = |expected: i64| json!({ "play_id": "together", "size": 2, "expect_payable_minor": expected });
        let open = "/v1/groups/open";
        let refused = phones.asks(&shop, "ann", "open", open, &wanted(3_999))?.expect_problem(409, "price_changed");
        refused.context("at a price that is not the play's")?;
        let led = phones.does(&shop, "ann", "open-2", open, &wanted(4_000))?;
        let group = text(&led["group"], "group_id")?.to_owned();
        shop.kill()?;
        shop.begin()?;
        let again = phones.does(&shop, "ann", "open-2", open, &wanted(4_000))?;
        ensure!(again["redemption_id"] == led["redemption_id"], "{again}, before {led}");
        post(&shop, &of(&led, "redeem")?, "", &json!({}))?;
        // The same key is another request when somebody else says it.
        let form = json!({ "group_id": group });
        let joined = phones.does(&shop, "bob", "open-2", "/v1/groups/join", &form)?;
        ensure!(joined["redemption_id"] != led["redemption_id"] && joined["payable_minor"] == 4_000, "{joined}");
        let late = phones.asks(&shop, "cat", "join", "/v1/groups/join", &form)?;
        late.expect_problem(409, "play_full")?;
        post(&shop, &of(&joined, "redeem")?, "", &json!({}))?;
        let path = format!("/v1/groups/{group}");
        let shown = phones.sees(&shop, "bob", &path)?;
        ensure!(shown["state"] == "completed" && shown["mine"]["status"] == "redeemed", "{shown}");
        ensure!(!shown.to_string().contains("ann") && !shown.to_string().contains("bob"), "it says who is in it: {shown}");
        let anybody = shop.get(&path).expect(200)?.json()?;
        ensure!(anybody["mine"].is_null() && anybody["paid"] == 2, "{anybody}");
        is_sound(&shop)
    }

    fn a_bargain_a_draw_and_a_check_in_are_done_from_phones_once_each_through_a_crash(column) {
        let mut shop = Fanvine::start(&column)?;
        tea(&shop)?;
        publish(&shop, "cut", &json!({ "name": "Cut it", "rules": {
            "kind": "bargain", "product_id": "tea", "start_minor": 6_000, "floor_minor": 1_000, "helps": 2, "hours": 24,
        }}))?;
        publish(&shop, "wheel", &json!({ "name": "Wheel", "ends_at": "2099-01-01T00:00:00Z", "rules": {
            "kind": "lottery", "currency": "CNY", "daily_free": 1, "prizes": [{
                "prize_id": "points", "name": "Ten points", "odds": 1_000_000, "stock": 5, "value_minor": 10,
                "gives": { "kind": "points", "points": 10 },
            }],
        }}))?;
        publish(&shop, "daily", &json!({ "name": "Every day", "rules": { "kind": "check_in", "points": 5 } }))?;
        let phones = Phones::of(&shop)?;
        let opened = phones.does(&shop, "ann", "open", "/v1/bargains/open", &json!({ "play_id": "cut" }))?;
        let bargain = json!({ "bargain_id": text(&opened, "bargain_id")? });
        let help = "/v1/bargains/help";
        phones.asks(&shop, "ann", "help", help, &bargain)?.expect_problem(409, "play_rule")?;
        let helped = phones.does(&shop, "bob", "help", help, &bargain)?;
        shop.kill()?;
        shop.begin()?;
        let again = phones.does(&shop, "bob", "help", help, &bargain)?;
        ensure!(again["cut_minor"] == helped["cut_minor"], "{again}, before {helped}");
        let last = phones.does(&shop, "cat", "help", help, &bargain)?;
        let cuts = [&helped, &last].map(|one| one["cut_minor"].as_i64().unwrap_or_default());
        ensure!(cuts.iter().sum::<i64>() == 5_000, "{cuts:?}");
        let bought = phones.does(&shop, "ann", "order", "/v1/bargains/order", &bargain)?;
        ensure!(bought["payable_minor"] == 1_000, "{bought}");
        post(&shop, &of(&bought, "redeem")?, "", &json!({}))?;

        let (wheel, daily) = (json!({ "play_id": "wheel" }), json!({ "play_id": "daily" }));
        let drawn = phones.does(&shop, "ann", "draw", "/v1/lotteries/draw", &wheel)?;
        let streak = phones.does(&shop, "ann", "in", "/v1/check-ins/today", &daily)?;
        ensure!(streak["streak"] == 1 && streak["checked_in"] == true, "{streak}");
        shop.kill()?;
        shop.begin()?;
        ensure!(phones.does(&shop, "ann", "draw", "/v1/lotteries/draw", &wheel)? == drawn, "drawn twice");
        phones.asks(&shop, "ann", "draw-2", "/v1/lotteries/draw", &wheel)?.expect_problem(409, "play_full")?;
        phones.does(&shop, "ann", "in-2", "/v1/check-ins/today", &daily)?;
        ensure!(phones.sees(&shop, "ann", "/v1/check-ins/daily")?["streak"] == 1);
        ensure!(phones.sees(&shop, "ann", "/v1/points")?["balance"] == 15, "ten drawn and five for the day");
        is_sound(&shop)
    }

    fn an_invitation_is_opened_and_accepted_from_phones_and_names_nobody(column) {
        let mut shop = Fanvine::start(&column)?;
        publish(&shop, "friends", &json!({ "name": "Invite friends", "rules": {
            "kind": "assist", "currency": "CNY", "hours": 24, "per_shopper": 1,
            "rungs": [{ "friends": 1, "gives": { "kind": "points", "points": 50 } }],
            "activated_by": { "by": "paid_order", "least_minor": 1_000, "hold_days": 0 },
        }}))?;
        let phones = Phones::of(&shop)?;
        let (open, friends) = ("/v1/assists/open", json!({ "play_id": "friends" }));
        let opened = phones.does(&shop, "anna", "open", open, &friends)?;
        ensure!(opened["yours"] == true && opened["state"] == "open", "{opened}");
        let assist = text(&opened, "assist_id")?.to_owned();
        shop.kill()?;
        shop.begin()?;
        ensure!(phones.does(&shop, "anna", "open", open, &friends)?["assist_id"] == assist, "opened twice");
        phones.asks(&shop, "anna", "open-2", open, &friends)?.expect_problem(409, "play_full")?;
        let (accept, which) = ("/v1/assists/accept", json!({ "assist_id": assist }));
        phones.asks(&shop, "anna", "a", accept, &which)?.expect_problem(409, "play_rule")?;
        let accepted = phones.does(&shop, "bert", "a", accept, &which)?;
        ensure!(accepted["you"] == "accepted" && accepted["yours"] == false, "{accepted}");
        let bought = order(&shop, "o1", &json!({
            "cart": { "currency": "CNY", "lines": [{ "line_id": "1", "product_id": "tea", "quantity": 1, "unit_minor": 5_000 }] },
            "shopper": { "shopper_id": "bert" },
        }))?;
        ensure!(bought["status"] == "redeemed", "{bought}");
        shop.kill()?;
        shop.begin()?;
        let page = format!("/v1/assists/{assist}");
        let counted = wait_for("the friend to count", || {
            let seen = phones.sees(&shop, "bert", &page)?;
            Ok((seen["you"] == "counts").then_some(seen))
        })?;
        ensure!(counted["state"] == "completed" && counted["rungs"][0]["given"] == true, "{counted}");
        let anybody = shop.get(&page).expect(200)?.json()?;
        ensure!(anybody["you"].is_null() && anybody["yours"] == false && anybody["activated"] == 1, "{anybody}");
        ensure!(["anna", "bert"].iter().all(|name| !counted.to_string().contains(name)), "it says who is in it: {counted}");
        ensure!(phones.sees(&shop, "anna", "/v1/points")?["balance"] == 50);
        is_sound(&shop)
    }

    fn sharing_from_a_phone_binds_earns_and_is_asked_for_and_names_no_buyer(column) {
        let mut shop = Fanvine::start(&column)?;
        let rules = |links_bind: bool| json!({
            "kind": "referral", "binding": { "rule": "last" }, "frozen_days": 0, "links_bind": links_bind,
            "levels": [{ "basis_points": 1_000 }],
        });
        publish(&shop, "friends", &json!({ "name": "Friends", "rules": rules(true) }))?;
        publish(&shop, "closed", &json!({ "name": "Closed", "rules": rules(false) }))?;
        let phones = Phones::of(&shop)?;
        let (page, friends) = ("/v1/sharers/friends", json!({ "play_id": "friends" }));
        let anybody = shop.get(page).expect(200)?.json()?;
        ensure!(anybody["mine"].is_null() && anybody["basis_points"] == json!([1_000]) && anybody["open"] == true, "{anybody}");
        ensure!(phones.sees(&shop, "anna", page)?["mine"]["code"].is_null());
        let joined = phones.does(&shop, "anna", "j", "/v1/sharers/join", &friends)?;
        let code = text(&joined["mine"], "code")?.to_owned();
        ensure!(joined["mine"]["link_query"] == format!("fv_share={code}~anna~"), "{joined}");
        let by = |play: &str, code: &str| json!({ "play_id": play, "code": code });
        phones.asks(&shop, "anna", "b", "/v1/sharers/bind", &by("friends", &code))?.expect_problem(409, "play_rule")?;
        phones.asks(&shop, "bert", "c", "/v1/sharers/bind", &by("closed", &code))?.expect_problem(409, "play_rule")?;
        phones.asks(&shop, "bert", "d", "/v1/sharers/bind", &by("friends", "nobodys0"))?.expect_problem(404, "not_found")?;
        let bound = phones.does(&shop, "bert", "b", "/v1/sharers/bind", &by("friends", &code))?;
        ensure!(bound["by_this_code"] == true, "{bound}");
        shop.kill()?;
        shop.begin()?;
        ensure!(phones.does(&shop, "bert", "b", "/v1/sharers/bind", &by("friends", &code))? == bound);
        ensure!(phones.does(&shop, "anna", "k", "/v1/sharers/join", &friends)?["mine"]["code"] == code, "another code");

        let bought = order(&shop, "o1", &json!({
            "cart": { "currency": "CNY", "lines": [{ "line_id": "1", "product_id": "tea", "quantity": 4, "unit_minor": 5_000 }] },
            "shopper": { "shopper_id": "bert" },
        }))?;
        let one = json!({ "lines": [{ "line_id": "1", "quantity": 1 }] });
        post(&shop, &of(&bought, "returns")?, "back", &one)?;
        let mine = phones.sees(&shop, "anna", page)?["mine"].clone();
        let entry = &mine["entries"][0];
        ensure!(entry["amount_minor"] == 2_000 && entry["taken_back_minor"] == 500 && mine["brought"] == 1, "{mine}");
        ensure!(!mine.to_string().contains("bert"), "it says who bought: {mine}");

        let withdraw = "/v1/sharers/withdraw";
        let form = |minor: i64| json!({ "currency": "CNY", "amount_minor": minor, "payee": "bank 1" });
        phones.asks(&shop, "anna", "w1", withdraw, &form(1_501))?.expect_problem(409, "play_full")?;
        let asked = phones.does(&shop, "anna", "w2", withdraw, &form(1_500))?;
        shop.kill()?;
        shop.begin()?;
        ensure!(phones.does(&shop, "anna", "w2", withdraw, &form(1_500))? == asked, "asked twice");
        phones.asks(&shop, "bert", "w2", withdraw, &form(1))?.expect_problem(409, "play_full")?;
        let id = text(&asked, "withdrawal_id")?;
        post(&shop, &format!("/api/v1/withdrawals/{id}/approve"), "", &json!({ "note": "transfer 7" }))?;
        let mine = phones.sees(&shop, "anna", page)?["mine"].clone();
        ensure!(mine["withdrawals"][0]["state"] == "paid" && mine["balances"][0]["balance_minor"] == 0, "{mine}");
        ensure!(!mine.to_string().contains("transfer 7"), "it says what the shop noted for itself: {mine}");
        is_sound(&shop)
    }
}
