/** A walk through a contest: made from the template, joined, ranked by what is paid, and somebody excluded and let in again. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { openBrowser, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
let contest;
const run = randomUUID().slice(0, 8);
const [ann, bob] = [`ann-${run}`, `bob-${run}`];
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
const standings = () => page.getByRole("region", { name: "Standings", exact: true });

/** Asks the program as whoever is signed in, under a key of its own. */
const ask = (method, path, body) =>
  page.evaluate(
    async ([method, path, key, body]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "x-csrf-token": session.csrf_token,
      };
      const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    [method, path, randomUUID(), body],
  );

async function pays(shopper_id, unit_minor) {
  const lines = [{ line_id: "1", product_id: "tea", quantity: 1, unit_minor }];
  const form = { cart: { currency: "CNY", lines }, shopper: { shopper_id } };
  const { redemption_id } = await ask("POST", "/api/v1/redemptions", form);
  await ask("POST", `/api/v1/redemptions/${redemption_id}/redeem`, {});
}

async function picture(name) {
  const folder = process.env.FANVINE_SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/console-${name}.png`, fullPage: true });
}

test("the owner signs in", async () => {
  await signIn(page);
});

test("a contest is made from the template, checked by its gates and published", async () => {
  await link("Plays").click();
  await heading("Plays").waitFor();
  await button("New play").first().click();
  await heading("New play").waitFor();
  await page.getByText("Contest", { exact: true }).first().click();
  await page.getByLabel("Identifier", { exact: true }).fill(`lead_${run}`);
  await page.getByText("who reached it first comes first").waitFor();
  await button("Add a prize").click();
  assert.equal(await page.getByLabel("From place 4 to").inputValue(), "4");
  await page.getByLabel("From place 4 to").fill("10");
  await picture("contest-form");
  await button("Save").click();
  await heading("Who leads").waitFor();
  await page.getByText("What they pay, less returns, prizes for 10 places").first().waitFor();
  await button("Publish version 1").click();
  await page.getByRole("dialog").getByText("Published").first().waitFor();
  await page.getByRole("dialog").getByText("it ends at").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "OK" }).click();
  await page.getByText("Nobody is ranked yet.").waitFor();
});

test("who takes part is ranked by what they pay, as it is paid", async () => {
  const list = await ask("GET", `/api/v1/contests?play_id=lead_${run}`);
  contest = `/api/v1/contests/${list.contests[0].contest_id}`;
  for (const shopper_id of [ann, bob]) await ask("POST", `${contest}/join`, { shopper_id });
  await pays(bob, 3_000);
  await pays(ann, 5_000);
  await standings()
    .getByRole("row", { name: new RegExp(`^1 ${ann} .*50\\.00`) })
    .waitFor();
  await standings()
    .getByRole("row", { name: new RegExp(`^2 ${bob} .*30\\.00`) })
    .waitFor();
  await standings().getByText("2 take part, 2 are ranked.").waitFor();
  await picture("contest-standings");
});

test("somebody is looked up, excluded with a reason, and let in again", async () => {
  await page.getByLabel("Look a shopper up").fill(ann);
  await page.getByLabel("Look a shopper up").press("Enter");
  await page.getByText("Takes part · place 1").waitFor();
  assert.ok(await button("Exclude").isDisabled(), "nobody is excluded without a reason");
  await page.getByLabel("Reason, which is kept").fill("ten orders with one stolen card");
  await button("Exclude").click();
  await page.getByText("ten orders with one stolen card").waitFor();
  await standings()
    .getByRole("row", { name: new RegExp(`^1 ${bob}`) })
    .waitFor();
  await picture("contest-excluded");
  await button("Let in again").click();
  await standings()
    .getByRole("row", { name: new RegExp(`^1 ${ann}`) })
    .waitFor();
});

test("in Chinese it reads as well", async () => {
  await button("切换到简体中文").click();
  await page.getByText("成绩相同者先达到的在前").first().waitFor();
  await picture("contest-zh");
});

test("nothing went wrong in the page", () => {
  assert.deepEqual(complaints, []);
});
