/** A walk through referral: two levels need an owner's word, a bought mug earns commission, a withdrawal is approved. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { openBrowser, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
const run = randomUUID().slice(0, 8);
const test = stepsOf(() => page, plain);

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(async () => {
  await browser?.close();
});

const link = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true });
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
const [play, anna, bert] = [`friends_${run}`, `anna-${run}`, `bert-${run}`];

/** Asks the program as whoever is signed in, under a key of its own. */
const ask = (path, body) =>
  page.evaluate(
    async ([path, key, body]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "x-csrf-token": session.csrf_token,
      };
      const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    [path, randomUUID(), body],
  );

test("the owner signs in", async () => {
  await signIn(page);
});

test("commission on two levels is refused until an owner signs it off", async () => {
  await link("Plays").click();
  await heading("Plays").waitFor();
  await page.goto(new URL("/plays/new?kind=referral", page.url()).href);
  await heading("New play").waitFor();
  await page.getByLabel("Identifier").fill(play);
  await page.getByLabel("Days frozen").fill("0");
  await button("Add a level").click();
  await page.getByLabel("Level 2: share of what was paid").fill("5");
  await button("Save").click();
  await heading("Bring friends").waitFor();
  await button("Publish version 1").click();
  await page
    .getByRole("dialog")
    .getByText("Refused")
    .or(page.getByRole("dialog").getByText("commission_levels"))
    .first()
    .waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
  await button("Sign off").click();
  await page.getByLabel("Why it may be published").fill("Counsel looked at it");
  await page.getByRole("dialog").getByRole("button", { name: "Sign off", exact: true }).click();
  await page.getByText("Signed off", { exact: true }).waitFor();
  await button("Publish version 1").click();
  await page.getByRole("dialog").getByText("Counsel looked at it").first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
});

test("what a friend buys earns commission, which is asked for and approved", async () => {
  const { code } = await ask(`/api/v1/plays/${play}/sharers`, { shopper_id: anna });
  await ask(`/api/v1/plays/${play}/bindings`, { shopper_id: bert, code });
  const lines = [{ line_id: "1", product_id: `mug-${run}`, quantity: 2, unit_minor: 2_000 }];
  const order = { cart: { currency: "CNY", lines }, shopper: { shopper_id: bert } };
  const { redemption_id } = await ask("/api/v1/redemptions", order);
  await ask(`/api/v1/redemptions/${redemption_id}/redeem`, {});
  await ask(`/api/v1/sharers/${anna}/withdrawals`, { currency: "CNY", amount_minor: 300, payee: "bank 1" });
  await link("Commission").click();
  await heading("Commission").waitFor();
  const asked = page.getByRole("region", { name: "Withdrawals" }).getByRole("row", { name: anna });
  await asked.getByRole("button", { name: "Approve" }).click();
  await page.getByLabel("Reference of the payment").fill("transfer 7");
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await asked.waitFor({ state: "detached" });
  await page.getByLabel("Decided ones too").check();
  await asked.getByText("transfer 7").waitFor();
});

test("a sharer's page tells what they have and whom they brought", async () => {
  await page.goto(new URL(`/commissions/${anna}`, page.url()).href);
  await heading(anna).waitFor();
  await page.getByRole("region", { name: "Orders that earned commission" }).getByText(bert).waitFor();
  await page.getByRole("combobox", { name: "Plays" }).waitFor();
  await page.getByRole("heading", { name: "Whom they brought" }).waitFor();
});

test("nothing went wrong in the page", () => {
  assert.deepEqual(complaints, []);
});
