/**
 * A shop of a few pages that load the tracker from the running program, shoppers who each have a browser of their own, and
 * what the program has stored of them.
 *
 * - FANVINE_URL             the running program, http://127.0.0.1:8480
 * - FANVINE_WRITE_KEY       a source's write key
 * - FANVINE_SERVER_KEY      a server key, for SQL
 * - FANVINE_PATIENCE_MS     how long to wait for anything to appear, 20000 by default
 * - CHROMIUM                the browser, /usr/bin/chromium by default
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

function needed(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; these tests need a running program and its keys`);
  return value;
}

export const program = needed("FANVINE_URL").replace(/\/$/, "");
const writeKey = needed("FANVINE_WRITE_KEY");
const serverKey = needed("FANVINE_SERVER_KEY");
const patience = Number(process.env.FANVINE_PATIENCE_MS ?? 20_000);

/** The snippet as the console shows it, with more settings if there are any. */
const snippet = (
  settings = "",
) => `<script async src="${program}/sdk/fanvine.js" data-write-key="${writeKey}"${settings}></script>
  <script>window.fanvine = window.fanvine || [];</script>`;

const product = `<article data-fv-event="Product Viewed" data-fv-product-id="0042" data-fv-name="Tea tin" data-fv-price="12.50" data-fv-currency="EUR">
    <button data-fv-event="Product Added" data-fv-quantity="2">Add</button>
  </article>`;

const pages = {
  "/": snippet(),
  "/pending": snippet(' data-consent="pending" data-flush-seconds="0"'),
  "/funnel": `${snippet()}
    <form data-fv-event="Products Searched" onsubmit="return false"><input name="q" data-fv-field="query"><button>Search</button></form>
    ${product}
    <div style="height: 3000px"></div>
    <section data-fv-view="Product List Viewed" data-fv-click="Product Clicked" data-fv-list-id="like">
      <a data-fv-item data-fv-product-id="1" data-fv-price="5">One</a><a data-fv-item data-fv-product-id="2">Two</a>
    </section>`,
  "/thanks": `${snippet()}
    <section data-fv-event="Order Completed" data-fv-order-id="ORDER" data-fv-revenue="25" data-fv-currency="EUR">
      Thank you<i data-fv-item data-fv-product-id="0042" data-fv-price="12.50" data-fv-quantity="2"></i></section>`,
};

/** Opens the shop; `order` is the order that is thanked for. */
export async function openShop(order) {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url, "http://shop").pathname];
    response.writeHead(page ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end(
      `<!doctype html><title>Shop</title><link rel="icon" href="data:,">${page?.replace("ORDER", order) ?? ""}`,
    );
  }).listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  // Chromium takes localhost for a page with TLS, and the address for one without.
  const { port } = server.address();
  return { url: `http://localhost:${port}`, plainUrl: `http://127.0.0.1:${port}`, close: () => server.close() };
}

export const openBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--headless",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
    ],
  });

/** A person's: what a headless browser calls itself is marked as a robot's. */
const userAgent =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** Somebody with a browser of their own, and what it sent to the program. */
export async function shopper(browser, options = {}) {
  const context = await browser.newContext({ userAgent, ...options });
  context.setDefaultTimeout(patience);
  const complaints = [];
  const requests = [];
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => request.url().startsWith(`${program}/v1/`) && requests.push(request));
  return { context, complaints, requests, open: (url) => open(context, url) };
}

async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => typeof window.fanvine?.track === "function");
  return page;
}

/** Rows of a query, each an object. */
export async function ask(sql) {
  const answer = await fetch(`${program}/api/v1/sql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${serverKey}` },
    body: JSON.stringify({ query: sql }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const { columns, rows } = JSON.parse(text);
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
}

/** What is stored of an anonymous id, in the order it happened, with properties and context read. */
export async function storedOf(anonymousId) {
  const rows = await ask(`SELECT * FROM events WHERE anonymous_id = '${anonymousId}' ORDER BY occurred_at, message_id`);
  return rows.map((row) => ({
    ...row,
    properties: JSON.parse(row.properties || "{}"),
    context: JSON.parse(row.context || "{}"),
  }));
}

/** Asks again until it is so, and fails with what it was instead. */
export async function until(what, look, holds) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
    if (Date.now() > deadline) assert.fail(`${what}; instead: ${JSON.stringify(found)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Waits until so many events of an anonymous id are stored, and no more. */
export async function stored(anonymousId, count) {
  await until(
    `${count} events of ${anonymousId}`,
    () => storedOf(anonymousId),
    ({ length }) => length >= count,
  );
  const events = await storedOf(anonymousId);
  assert.equal(events.length, count, JSON.stringify(events.map(({ event }) => event)));
  return events;
}
