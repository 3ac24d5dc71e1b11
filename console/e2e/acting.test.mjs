/** A walk through acting: an offer from template to redemption, codes, the ledger's proof, webhooks. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test as plain } from "node:test";
import { openBrowser, program, signIn, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
let receiver;
const told = [];
const run = randomUUID().slice(0, 8);
const test = stepsOf(() => page, plain);

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      told.push({ id: request.headers["webhook-id"], ...JSON.parse(body) });
      response.writeHead(204).end();
    });
  });
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
});
after(async () => {
  await browser?.close();
  receiver?.close();
});

const link = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true });
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
const tab = (name) => page.getByRole("tab", { name, exact: true });

/** Calls the API as the person who is signed in, as a shop's server would with its key. */
async function call(method, path, body, key) {
  const answer = await page.evaluate(
    async ([method, path, body, key]) => {
      const session = await (await fetch("/api/v1/session")).json();
      const headers = { "content-type": "application/json", "x-csrf-token": session.csrf_token };
      if (key) headers["idempotency-key"] = key;
      const response = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      return { status: response.status, text: await response.text() };
    },
    [method, path, body, key],
  );
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.text === "" ? null : JSON.parse(answer.text);
}

test("the owner signs in", async () => {
  await signIn(page);
});

test("an offer is made from a template, tried on a cart, published, and seen at work", async () => {
  await link("Offers").click();
  await heading("Offers").waitFor();
  await page.getByRole("main").getByRole("button", { name: "New offer" }).click();
  await heading("New offer").waitFor();
  assert.ok((await page.locator("[data-template]").count()) >= 10);
  await page.locator('[data-template="spendOff"]').click();
  await page.getByLabel("Name", { exact: true }).fill(`Spring ${run}`);
  await page.getByLabel("Identifier", { exact: true }).fill(`spring-${run}`);
  await button("Save and try").click();

  // On a cart that falls short it says what is missing; on a larger one it applies.
  await heading(`Spring ${run}`).waitFor();
  const units = page.getByLabel("Units", { exact: true });
  await units.nth(1).fill("1");
  await button("What does it cost?").click();
  await page.locator(`[data-rejected="spring-${run}"] .unlock`).waitFor();
  await units.first().fill("4");
  await button("What does it cost?").click();
  await page.locator(`[data-applied="spring-${run}"]`).waitFor();

  await button("Publish version 1").click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-gate]").first().waitFor();
  await dialog.getByRole("button", { name: "OK", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.locator(".pill").getByText("Published", { exact: true }).waitFor();

  const shop = await call("GET", "/api/v1/shop");
  const cart = {
    currency: shop.currency ?? "CNY",
    lines: [{ line_id: "1", product_id: "mug", quantity: 4, unit_minor: 6800 }],
  };
  const form = { cart, shopper: { shopper_id: `ana-${run}` }, order_id: `order-${run}` };
  const redemption = await call("POST", "/api/v1/redemptions", form, `act-${run}`);
  await tab("Redemptions").click();
  const row = page.locator(`[data-redemption="${redemption.redemption_id}"]`);
  await row.getByText("Reserved", { exact: true }).waitFor();
  await call("POST", `/api/v1/redemptions/${redemption.redemption_id}/redeem`);
  await row.getByText("Redeemed", { exact: true }).waitFor();
  await tab("Versions").click();
  await page.getByRole("region", { name: "Version 1" }).locator("[data-gate]").first().waitFor();
});

test("codes are made, taken along and looked up", async () => {
  const terms = {
    name: `Tenth ${run}`,
    claim: "coupon",
    benefit: { kind: "tiers", tiers: [{ at: { spend_minor: 0 }, rewards: [{ kind: "percent", basis_points: 1000 }] }] },
  };
  await call("PUT", `/api/v1/offers/tenth-${run}`, terms);
  await page.goto(`${program.url}/codes?offer=tenth-${run}`);
  await page.getByLabel("How many", { exact: true }).fill("30000");
  await page.getByLabel("Beginning with", { exact: true }).fill("VIP");
  await button("Make 30,000").click();
  await page.getByText("30,000 of 30,000", { exact: true }).waitFor({ timeout: 120_000 });
  await page.getByRole("heading", { name: "30,000 codes", exact: true }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button("Export CSV").click()]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  assert.equal(lines.length, 30_001);
  assert.equal(new Set(lines).size, 30_001);
  const code = lines[1].split(",")[0];
  assert.match(code, /^VIP/);
  await page.getByLabel("Look a code up", { exact: true }).last().fill(code);
  await button("Look up").click();
  await page.locator(`[data-code="${code}"]`).waitFor();
});

test("the ledger shows its accounts and transfers, and proves itself", async () => {
  await link("Ledger").click();
  await heading("Ledger").waitFor();
  await page.locator(`[data-account="orders/ana-${run}"] button`).click();
  await page.getByText("Transfers of").waitFor();
  await page.getByText("Used", { exact: true }).first().waitFor();
  await tab("Proof").click();
  await button("Prove the ledger").click();
  await page.getByText("Everything adds up", { exact: true }).waitFor();
});

test("a webhook is made, tried, and tells of an offer", async () => {
  await link("Webhooks").click();
  await heading("Webhooks").waitFor();
  await page.getByRole("main").getByRole("button", { name: "New webhook" }).click();
  const dialog = page.getByRole("dialog");
  const { port } = receiver.address();
  await dialog.getByLabel("Address", { exact: true }).fill(`http://127.0.0.1:${port}/hook/${run}`);
  const events = dialog.getByRole("combobox", { name: "Events" });
  await events.fill("Offer Published");
  await events.press("Enter");
  await dialog.getByLabel("What it is for", { exact: true }).fill(`Stock ${run}`);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await dialog.getByText(/^whsec_/).waitFor();
  await dialog.getByRole("button", { name: "Done", exact: true }).click();
  await page
    .getByRole("link", { name: new RegExp(run) })
    .first()
    .click();
  await heading(`Stock ${run}`).waitFor();
  await button("Send a test").click();
  await page
    .getByRole("dialog")
    .getByText(/^Answered 204/)
    .waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Done", exact: true }).click();
  await call("POST", `/api/v1/offers/tenth-${run}/publish`);
  await page.locator("[data-delivery]").getByText("Delivered", { exact: true }).first().waitFor();
  assert.ok(told.some((one) => one.type === "Offer Published" && one.data.properties.offer_id === `tenth-${run}`));
});

test("an analyst reads and changes nothing", async () => {
  const email = `analyst-${run}@example.com`;
  await call("POST", "/api/v1/accounts", { email, name: "Ana", role: "analyst", password: `secret ${run} words` });
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(`secret ${run} words`);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await page.goto(`${program.url}/offers/spring-${run}`);
  await heading(`Spring ${run}`).waitFor();
  assert.equal(await button("Withdraw").count(), 0);
  await page.goto(`${program.url}/webhooks`);
  await heading("Webhooks").waitFor();
  assert.equal(await page.getByRole("button", { name: "New webhook" }).count(), 0);
  assert.deepEqual(complaints, []);
});
