/** A walk through levels and points: they are set, an order lifts its buyer, growth is given and taken back, points are given. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test as plain } from "node:test";
import { openBrowser, program, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
let currency;
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
const region = (name) => page.getByRole("region", { name, exact: true });
const anna = `anna-${run}`;

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

test("levels are set, and refused by name where nobody could hold them", async () => {
  await link("Points & levels").click();
  await heading("Points & levels").waitFor();
  await region("Levels").getByRole("button", { name: "Set" }).click();
  await page.getByLabel("An order counts after (days)").fill("0");
  await page.getByLabel("To reach it").nth(1).fill("600");
  const rate = await page.getByText(/^Paid for one, in /).innerText();
  currency = rate.slice(-3);
  await page.getByLabel(rate).fill("1");
  await page.getByLabel("To keep it").nth(1).fill("700");
  await button("Save").click();
  await page.getByText("levels.keeps is 700, where 250 to 600 can be").waitFor();
  await page.getByLabel("To keep it").nth(1).fill("300");
  await button("Save").click();
  await region("Levels").getByRole("row", { name: "gold" }).getByText("600").waitFor();
});

test("an order lifts its buyer at once", async () => {
  // Offers that other walks left behind may take something off: what is paid still reaches gold, and nothing above it.
  const lines = [{ line_id: "1", product_id: `mug-${run}`, quantity: 1, unit_minor: 90_000 }];
  const order = { cart: { currency, lines }, shopper: { shopper_id: anna } };
  const { redemption_id } = await ask("/api/v1/redemptions", order);
  await ask(`/api/v1/redemptions/${redemption_id}/redeem`, {});
  await page.getByLabel("Shopper's number").fill(anna);
  await page.keyboard.press("Enter");
  await heading(anna).waitFor();
  await region("Level").getByText("gold", { exact: true }).waitFor();
  await region("What they grew by").getByText(redemption_id).waitFor();
});

test("growth is given and taken back, and points are given", async () => {
  await button("Give growth").click();
  await page.getByLabel("How much").fill("20000");
  await page.getByLabel("For what").fill("a review");
  await page.getByRole("dialog").getByRole("button", { name: "Give growth" }).click();
  await region("Level").getByText("diamond", { exact: true }).waitFor();
  await region("What they grew by").getByRole("button", { name: "Take back" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: "OK" }).click();
  await region("Level").getByText("gold", { exact: true }).waitFor();
  await button("Give points").click();
  await page.getByLabel("How much").fill("77");
  await page.getByRole("dialog").getByRole("button", { name: "Give points" }).click();
  await region("Where they come from").getByText("77", { exact: true }).waitFor();
});

test("members are listed, by level", async () => {
  await link("Points & levels").click();
  await region("Members").getByRole("row", { name: anna }).waitFor();
});

test("the rule of points is set", async () => {
  await region("Points")
    .getByRole("button", { name: /Set|Edit/ })
    .click();
  await page.getByLabel("Expire after (days)").fill("365");
  await button("Save").click();
  await region("Points").getByText("They expire 365 days after they were earned.").waitFor();
});

test("goods earn twice as many points, as the quote says", async () => {
  await region("Points").getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("One is earned for", { exact: true }).fill("1");
  await button("Add goods or levels").click();
  await page.getByLabel("Points (% of the usual)").last().fill("200");
  await page.getByLabel("Products", { exact: true }).last().fill(`tea-${run}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await button("Save").click();
  await region("Points").getByText(`200.0% of the usual points: tea-${run}; everybody.`).waitFor();
  const line = (id) => ({ line_id: id, product_id: `${id}-${run}`, quantity: 1, unit_minor: 1_000 });
  const quote = await ask("/api/v1/quotes", { cart: { currency, lines: [line("tea"), line("cup")] } });
  assert.equal(quote.earning.lines.tea, 20_000);
  assert.equal(quote.earning.lines.cup, undefined);
});

test("what shoppers do earns points, once for each fact", async () => {
  const earning = region("Points for what shoppers do");
  const event = `Review ${run}`;
  await earning.getByRole("button", { name: "Add a rule" }).click();
  await page.getByLabel("Identifier").fill(`reviews-${run}`);
  await page.getByLabel("Called").fill("A review");
  await page.getByLabel("Event", { exact: true }).fill("Order Completed");
  await button("Save").click();
  await page.getByText(/tells of a payment/).waitFor();
  await page.getByLabel("Event", { exact: true }).fill(event);
  await page.keyboard.press("Escape");
  await page.getByRole("spinbutton", { name: "Points", exact: true }).fill("15");
  await page.getByLabel("Once for each value of").fill("review_id");
  await button("Save").click();
  const row = earning.getByRole("row", { name: `reviews-${run}` });
  await row.getByText("1 a day").waitFor();
  const track = (id) => ({ type: "track", messageId: id, event, userId: anna, properties: { review_id: "1" } });
  const sent = await fetch(`${program.url}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${program.writeKey}:`)}` },
    body: JSON.stringify({ batch: [track(`${event}-1`), track(`${event}-2`)] }),
  });
  assert.equal(sent.status, 200);
  await row.getByText("15", { exact: true }).nth(1).waitFor();
  await page.getByLabel("Shopper's number").fill(anna);
  await page.keyboard.press("Enter");
  await heading(anna).waitFor();
  await region("Points for what they did").getByRole("row", { name: "A review" }).getByText("15").waitFor();
  assert.equal(await region("Points for what they did").getByRole("row").count(), 2);
});

test("nothing went wrong in the page", () => {
  assert.deepEqual(complaints, []);
});
