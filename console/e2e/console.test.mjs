/** A walk through the console as a person takes it: each test goes on where the one before it left off. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test as plain } from "node:test";
import { collect, openBrowser, program, reads, stepsOf } from "./browser.mjs";

let browser;
let page;
let complaints;
const run = randomUUID().slice(0, 8);

before(async () => {
  ({ browser, page, complaints } = await openBrowser());
});
after(async () => {
  await browser?.close();
});

const test = stepsOf(() => page, plain);

const link = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true });
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = (name) => page.getByRole("heading", { level: 1, name, exact: true });
const heading2 = (name) => page.getByRole("heading", { level: 2, name, exact: true });

test("a wrong password is refused with a message, and the right one opens the console", async () => {
  await page.goto(`${program.url}/`);
  await heading("Sign in").waitFor();
  await page.getByText("Fanvine printed the first login in its terminal").waitFor();
  await page.getByLabel("E-mail").fill(program.email);
  await page.getByLabel("Password").fill("certainly not the password");
  await button("Sign in").click();
  await page.getByRole("alert").filter({ hasText: "The e-mail or the password is wrong" }).waitFor();
  await page.getByLabel("Password").fill(program.password);
  await button("Sign in").click();
  await heading("Overview").waitFor();
});

/**
 * FANVINE_EXPECTED: { from, to, currency, net_revenue_minor, refunded_minor, orders, average_order_minor,
 * active_shoppers (or customers), new_shoppers, returning_shoppers, guest_orders,
 * months: [{ start, net_revenue_minor, orders }], top_products: [{ product_id, revenue_minor, units }] };
 * what is absent is not checked.
 */
test("the overview shows the figures that were worked out independently", async (context) => {
  const { expected } = program;
  if (expected === null) return context.skip("FANVINE_EXPECTED is not set");
  const from = expected.from ?? "2010-12-01";
  const to = expected.to ?? "2011-12-09";
  const currency = expected.currency ?? "GBP";
  const money = (minor) =>
    new Intl.NumberFormat("en-GB", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(
      minor / 100,
    );
  const count = (value) => new Intl.NumberFormat("en-GB").format(value);

  await page.goto(`${program.url}/?from=${from}&to=${to}&interval=month`);
  const figure = (name) => page.locator(`[data-figure="${name}"]`);
  const shoppers = expected.active_shoppers ?? expected.customers;
  if (expected.net_revenue_minor !== undefined) await reads(figure("net_revenue"), money(expected.net_revenue_minor));
  if (expected.orders !== undefined) await reads(figure("orders"), count(expected.orders));
  if (expected.average_order_minor !== undefined)
    await reads(figure("average_order"), money(expected.average_order_minor));
  if (shoppers !== undefined) await reads(figure("active_shoppers"), count(shoppers));
  if (expected.new_shoppers !== undefined && expected.returning_shoppers !== undefined) {
    await reads(figure("new_shoppers"), `${count(expected.new_shoppers)} / ${count(expected.returning_shoppers)}`);
  }
  if (expected.refunded_minor !== undefined) {
    const note = `after ${money(expected.refunded_minor)} of refunds`;
    await page.getByRole("region", { name: "Net revenue" }).getByText(note).waitFor();
  }
  if (expected.guest_orders !== undefined) {
    await page
      .getByRole("region", { name: "Orders", exact: true })
      .getByText(`${count(expected.guest_orders)} by guests`)
      .waitFor();
  }
  await page.getByRole("img", { name: "Net revenue and orders over time" }).locator("svg").waitFor();
  await page.getByRole("img", { name: "New and returning shoppers over time" }).locator("svg").waitFor();

  const revenue = page.getByRole("region", { name: "Revenue and orders" });
  await revenue.getByText("Table", { exact: true }).click();
  for (const { start, net_revenue_minor, orders } of expected.months ?? []) {
    const name = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }).format(
      new Date(start),
    );
    const row = revenue.getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) });
    await row.getByRole("cell", { name: money(net_revenue_minor), exact: true }).waitFor();
    await row
      .getByRole("cell", { name: count(orders), exact: true })
      .first()
      .waitFor();
  }
  const products = page.getByRole("region", { name: "Top products" });
  for (const { product_id, revenue_minor, units } of expected.top_products ?? []) {
    const row = products.getByRole("row").filter({ has: page.getByText(product_id, { exact: true }) });
    await row.getByRole("cell", { name: money(revenue_minor), exact: true }).waitFor();
    await row
      .getByRole("cell", { name: count(units), exact: true })
      .first()
      .waitFor();
  }
  await page.getByRole("region", { name: "From visit to order" }).getByText("Ordered").waitFor();
});

test("days without data show a dash, not a nought", async (context) => {
  if (program.expected === null) return context.skip("FANVINE_EXPECTED is not set");
  await page.goto(`${program.url}/?from=1999-01-01&to=1999-03-31&interval=month`);
  await page.getByText("There are no events in these days.").waitFor();
  for (const name of ["net_revenue", "orders", "average_order", "active_shoppers", "new_shoppers", "conversion"]) {
    await reads(page.locator(`[data-figure="${name}"]`), "—");
  }
});

test("an event that is sent appears on the live page and opens to all it carries", async () => {
  await link("Live").click();
  await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
  const shopper = `visitor-${run}`;
  const answer = await collect("/v1/track", program.writeKey, {
    messageId: randomUUID(),
    anonymousId: shopper,
    event: "Product Shared",
    timestamp: new Date().toISOString(),
    properties: { product_id: `sku-${run}`, channel: "wechat" },
  });
  assert.equal(answer.status, 200, answer.text);
  const row = page
    .getByRole("region", { name: "Events", exact: true })
    .getByRole("button")
    .filter({ hasText: shopper })
    .filter({ hasText: "Product Shared" });
  await row.waitFor();
  await row.click();
  await page
    .locator("pre")
    .filter({ hasText: `"sku-${run}"` })
    .filter({ hasText: '"wechat"' })
    .waitFor();

  await page.getByLabel("Search shopper, product, order or event").fill("nobody sends this");
  await page.getByText("No event matches the filter.").waitFor();
  await page.getByLabel("Search shopper, product, order or event").fill(shopper);
  await row.waitFor();

  await button("Pause").click();
  const held = await collect("/v1/track", program.writeKey, {
    anonymousId: shopper,
    event: `Held ${run}`,
    properties: {},
  });
  assert.equal(held.status, 200, held.text);
  await page.getByRole("button", { name: /^Resume \(\d+ waiting\)$/ }).click();
  await page.getByRole("region", { name: "Events", exact: true }).getByText(`Held ${run}`).waitFor();
});

const buyer = `buyer.${run}@shop.example`;
const panel = (name) => page.getByRole("region", { name, exact: true });

async function sendAs(who, type, more) {
  const answer = await collect("/v1/batch", program.writeKey, {
    batch: [{ type, messageId: randomUUID(), timestamp: new Date().toISOString(), ...who, ...more }],
  });
  assert.equal(answer.status, 200, answer.text);
}

test("who was a visitor and then says who they are is one person, found, told and explained", async () => {
  const visitor = { anonymousId: `visitor-of-${run}` };
  const product = { product_id: `cup-${run}`, name: `Cup ${run}`, category: "Cups", price: 12.5, currency: "EUR" };
  await sendAs(visitor, "track", { event: "Product Viewed", properties: product });
  const traits = { name: `Ada ${run}`, email: buyer, gender: "female" };
  await sendAs({ ...visitor, userId: buyer }, "identify", { traits });
  const order = { order_id: `order-${run}`, revenue: 25, currency: "EUR", products: [{ ...product, quantity: 2 }] };
  await sendAs({ userId: buyer }, "track", { event: "Order Completed", properties: order });

  await link("People").click();
  await heading("People").waitFor();
  const search = page.getByRole("textbox", { name: "Search a name, e-mail, city or key" });
  await search.fill(`nobody-${run}`);
  await heading2(`Nobody answers to “nobody-${run}”`).waitFor();
  await search.fill(buyer);
  const row = page.getByRole("row").filter({ hasText: buyer });
  await row.getByRole("cell", { name: "€25.00", exact: true }).waitFor();
  await row.getByRole("link").press("Enter");

  await heading(`Ada ${run}`).waitFor();
  await page.reload();
  await heading(`Ada ${run}`).waitFor();
  await panel("At a glance").getByText("2 keys, one person").waitFor();
  await reads(page.locator('[data-value="spend"]'), "€25.00");
  await reads(page.locator('[data-value="favourite_category"]'), "Cups");
  await panel("Basic").getByText("Female").waitFor();
  await panel("What is said").getByRole("row").filter({ hasText: "E-mail" }).filter({ hasText: buyer }).waitFor();
  const reason = page.getByText("spend divided by the orders that tell an amount");
  assert.equal(await reason.count(), 0, "reasons are shown when asked for");
  await page.getByRole("switch", { name: "Show why" }).click();
  await reason.waitFor();

  await page.getByRole("tab", { name: "Timeline" }).click();
  const bought = page.getByRole("button").filter({ hasText: "Order Completed" });
  await bought
    .filter({ hasText: `Cup ${run}` })
    .filter({ hasText: "€25.00" })
    .click();
  await page
    .locator("pre")
    .filter({ hasText: `"order-${run}"` })
    .waitFor();
  const viewed = page.getByRole("button").filter({ hasText: "Product Viewed" });
  await viewed.filter({ hasText: `visitor-of-${run}` }).waitFor();

  await page.getByRole("tab", { name: "Identity" }).click();
  const evidence = panel("Evidence")
    .getByRole("row")
    .filter({ hasText: `visitor-of-${run}` });
  await evidence.filter({ hasText: buyer }).filter({ hasText: "identify" }).waitFor();
});

test("an operator keeps two identifiers apart, and takes it back", async () => {
  await panel("Identifiers").getByRole("button", { name: "Separate…" }).click();
  const dialog = page.getByRole("dialog", { name: "Separate identifiers" });
  await dialog.getByText("Choose at least two.").waitFor();
  await dialog.getByRole("checkbox", { name: "User id" }).check();
  await dialog.getByRole("checkbox", { name: "Anonymous id" }).check();
  await dialog.getByRole("textbox").fill("Two sisters, one telephone");
  await dialog.getByText("These would become another person").waitFor();
  await dialog.getByRole("button", { name: "Separate" }).click();
  await dialog.waitFor({ state: "hidden" });
  await panel("At a glance").getByText("Known by one key").waitFor();

  const decision = panel("Decisions in force").getByRole("listitem").filter({ hasText: "Two sisters" });
  await decision.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: "Undo" }).click();
  await panel("At a glance").getByText("2 keys, one person").waitFor();
  await panel("Merges and splits").getByText("An operator took a decision back").first().waitFor();
});

test("what many people use is held until somebody has looked", async () => {
  const tablet = `tablet-${run}`;
  for (const guest of [1, 2, 3, 4, 5]) {
    await sendAs({ anonymousId: tablet, userId: `guest-${guest}-${run}` }, "identify", { traits: {} });
  }
  await link("People").click();
  await page.getByRole("tab", { name: /^Identity review/ }).click();
  const held = panel("Held for review").getByRole("listitem").filter({ hasText: tablet });
  await held.getByText("it looks shared").waitFor();
  await held.getByRole("button", { name: "Evidence" }).click();
  await held.getByRole("link", { name: `guest-5-${run}` }).waitFor();
  await held.getByRole("button", { name: "It is shared" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: "It is shared" }).click();
  await held.waitFor({ state: "detached" });
  await panel("Decisions in force").getByRole("listitem").filter({ hasText: tablet }).waitFor();
});

test("a key nobody was heard of by says so", async () => {
  await page.goto(`${program.url}/people/nobody-${run}`);
  await heading("Nobody by this key").waitFor();
  await page.getByRole("main").getByRole("link", { name: "All people" }).first().click();
  await heading("People").waitFor();
});

test("a new source gives a key, code to paste, and shows what it had to set aside", async () => {
  await link("Sources").click();
  await heading("Sources").waitFor();
  await button("New source").click();
  const name = `Shop window ${run}`;
  const dialog = page.getByRole("dialog", { name: "New source" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "New source" }).click();

  const card = page.getByRole("article", { name });
  const key = (await card.locator("[data-write-key]").textContent()).trim();
  assert.ok(key.length >= 8, `a write key, not “${key}”`);
  for (const tab of ["curl", "Node.js", "Python", "Browser"]) {
    await card.getByRole("tab", { name: tab, exact: true }).click();
    const code = card.locator("pre:visible");
    await code.filter({ hasText: key }).filter({ hasText: program.url }).waitFor();
  }
  await reads(card.locator("dd").nth(1), "Never");

  const marker = `marker-${run}`;
  await collect("/v1/batch", key, {
    batch: [
      { type: "track", userId: "shopper-1", event: "Product Viewed", properties: { product_id: "sku-1" } },
      { type: "track", userId: marker, properties: { note: "a track call without a name" } },
    ],
  });
  await card.getByRole("button", { name: `Quarantine of ${name}` }).click();
  const drawer = page.getByRole("dialog").filter({ hasText: `Quarantine of ${name}` });
  await drawer.locator("pre").filter({ hasText: marker }).waitFor();
  await drawer.getByRole("button", { name: "Close" }).click();
  await drawer.waitFor({ state: "hidden" });

  const enabled = card.getByRole("switch", { name: `${name} accepts events` });
  await enabled.click();
  await card.getByRole("switch", { name: `${name} accepts events`, checked: false }).waitFor();
  const refused = await collect("/v1/track", key, { userId: "shopper-1", event: "Product Viewed", properties: {} });
  assert.equal(refused.status, 401, "a source that is switched off accepts nothing");
});

async function writeQuery(text) {
  const editor = page.getByRole("textbox", { name: "Query" });
  await editor.fill(text);
  await editor.press("Escape");
}

test("a query shows its rows, and downloads as CSV", async () => {
  await link("SQL").click();
  await heading("SQL").waitFor();
  await page.getByRole("complementary", { name: "Tables" }).getByText("order_lines", { exact: true }).waitFor();
  await writeQuery("SELECT 40 + 2 AS answer, 'leaf' AS word");
  await page.getByRole("textbox", { name: "Query" }).press("Control+Enter");
  const table = page.getByRole("table", { name: "Result" });
  await table.getByRole("columnheader", { name: "answer" }).waitFor();
  await table.getByRole("cell", { name: "42", exact: true }).waitFor();
  await table.getByRole("cell", { name: "leaf", exact: true }).waitFor();
  await page.getByRole("status").filter({ hasText: "Rows: 1" }).waitFor();

  const [download] = await Promise.all([page.waitForEvent("download"), button("Download CSV").click()]);
  assert.match(download.suggestedFilename(), /^fanvine-.+\.csv$/);
  const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/);
  assert.deepEqual(lines, ["answer,word", "42,leaf"]);
});

test("a query that is wrong says why", async () => {
  await writeQuery("SELECT * FROM no_such_table_here");
  await page.getByRole("button", { name: /Run/ }).click();
  await page.getByRole("alert").filter({ hasText: "no_such_table_here" }).waitFor();
});

test("the owner makes a server key whose secret is shown once", async () => {
  await link("Settings").click();
  const keys = page.getByRole("region", { name: "Server keys" });
  await keys.getByRole("button", { name: /New server key/ }).click();
  const dialog = page.getByRole("dialog", { name: "New server key" });
  await dialog.getByLabel("Name").fill(`Export ${run}`);
  await dialog.getByRole("button", { name: "New server key" }).click();
  const shown = page.getByRole("dialog", { name: "Your new server key" });
  const secret = (await shown.locator("code").textContent()).trim();
  await shown.getByRole("button", { name: "I have kept it" }).click();
  await shown.waitFor({ state: "hidden" });

  const answer = await fetch(`${program.url}/api/v1/sql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query: "SELECT 1 AS one" }),
  });
  assert.equal(answer.status, 200);
  assert.deepEqual((await answer.json()).rows, [[1]]);
  await keys.getByRole("button", { name: `Revoke Export ${run}` }).click();
  await page.getByRole("tooltip").getByRole("button", { name: "Revoke" }).click();
  await keys.getByText(`Export ${run}`).waitFor({ state: "detached" });
});

test("the console speaks Chinese when asked to, and remembers", async () => {
  await button("切换到简体中文").click();
  await page.locator("html[lang='zh-CN']").waitFor();
  await link("概览").click();
  await heading("概览").waitFor();
  await page.reload();
  await heading("概览").waitFor();
  await link("数据源").click();
  await button("新建数据源").waitFor();
  await button("Switch to English").click();
  await heading("Sources").waitFor();
});

test("the API reference is there and reads the contract", async () => {
  await page.goto(`${program.url}/docs/#post-/api/v1/sql`);
  const reference = page.locator("rapi-doc");
  await reference.getByText("Runs one read-only query over the event store").first().waitFor();
  // The contract is large: making it readable keeps a busy machine's browser busy for a while.
  await reference.getByText("/api/v1/sql", { exact: true }).first().waitFor({ timeout: 60_000 });
});

test("signing out closes the console", async () => {
  await page.goto(`${program.url}/`);
  await heading("Overview").waitFor();
  await button("Sign out").click();
  await heading("Sign in").waitFor();
  await page.goto(`${program.url}/sql`);
  await heading("Sign in").waitFor();
});

test("on the whole walk nothing broke in the page and nobody else was asked", () => {
  assert.deepEqual(complaints, []);
});
