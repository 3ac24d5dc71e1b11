/** The tracker in a real Chromium, against the real program: what a shop's pages tell is what SQL finds. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { openBrowser, openShop, program, shopper, stored, storedOf, until } from "./shop.mjs";

const run = randomUUID().slice(0, 8);
let browser;
let shop;

before(async () => {
  browser = await openBrowser();
  shop = await openShop(`order-${run}`);
});
after(async () => {
  await browser?.close();
  shop?.close();
});

const idOf = (page) => page.evaluate(() => fanvine.anonymousId());
const names = (events) => events.map(({ event }) => event);
const queued = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("fv.q.")).length);
const kept = (page) => page.evaluate(() => Object.keys(localStorage).length);

test("the program serves the tracker to any shop, and says when it has not changed", async () => {
  const answer = await fetch(`${program}/sdk/fanvine.js`);
  assert.equal(answer.status, 200, await answer.clone().text());
  assert.match(answer.headers.get("content-type"), /javascript/);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=3600, stale-while-revalidate=86400");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  assert.equal(answer.headers.get("cross-origin-resource-policy"), "cross-origin");
  const again = await fetch(`${program}/sdk/fanvine.js`, { headers: { "if-none-match": answer.headers.get("etag") } });
  assert.equal(again.status, 304);
  for (const name of ["types/index.d.ts", "nothing.js", "miniprogram/package.json"])
    assert.equal((await fetch(`${program}/sdk/${name}`)).status, 404, name);
});

test("the snippet tells of the page and of what was pushed; the calls are found by SQL", async () => {
  const { context, open, complaints, requests } = await shopper(browser);
  const page = await open(`${shop.url}/?utm_campaign=spring-${run}&utm_source=baidu&utm_medium=cpc`);
  await page.evaluate((user) => {
    fanvine.push(["track", "Product Viewed", { product_id: "tea-1", name: "茶", price: 12.5, currency: "CNY" }]);
    fanvine.push((tracker) => tracker.identify(user, { email: `${user}@example.com` }));
    fanvine.alias("second-name");
    fanvine.track("Order Completed", { order_id: `pushed-${user}`, revenue: 12.5, currency: "CNY" });
    return fanvine.flush();
  }, `user-${run}`);
  const id = await idOf(page);
  // Events of one millisecond have no order of their own.
  const events = await stored(id, 5);
  const named = (name) => events.find(({ event }) => event === name);
  const [seen, viewed, order] = ["Page Viewed", "Product Viewed", "Order Completed"].map(named);
  const [identified, alias] = [named("Identify"), named("Alias")];
  assert.deepEqual([seen.kind, seen.event, seen.properties.title], ["page", "Page Viewed", "Shop"]);
  assert.deepEqual([viewed.event, viewed.product_id, viewed.properties.name], ["Product Viewed", "tea-1", "茶"]);
  assert.deepEqual(
    [identified.kind, identified.user_id, identified.properties.email],
    ["identify", `user-${run}`, `user-${run}@example.com`],
  );
  assert.deepEqual([alias.kind, alias.user_id, alias.properties.previousId], ["alias", "second-name", `user-${run}`]);
  assert.deepEqual([order.user_id, order.revenue_minor, order.currency], [`user-${run}`, 1250, "CNY"]);
  for (const event of [seen, viewed, order])
    assert.deepEqual(
      [event.channel, event.campaign, event.session_id],
      ["paid_search", `spring-${run}`, seen.session_id],
    );
  assert.ok(seen.session_id);
  assert.deepEqual(complaints, []);
  for (const request of requests) {
    assert.equal(request.method(), "POST");
    assert.match(await request.headerValue("content-type"), /^text\/plain/);
  }
  await context.close();
});

test("offline and online again, over a reload and in two tabs, nothing is lost and nothing doubled", async () => {
  const { context, open } = await shopper(browser);
  const page = await open(`${shop.url}/`);
  const id = await idOf(page);
  await stored(id, 1);
  const other = await open(`${shop.url}/`);
  await stored(id, 2);
  // The shop is there, the program is not.
  await context.route(`${program}/v1/**`, (route) => route.abort("internetdisconnected"));
  for (let number = 0; number < 130; number++)
    await page.evaluate((number) => fanvine.track("Offline", { number }), number);
  await other.evaluate(() => fanvine.track("Offline", { number: 130 }));
  await page.reload();
  await page.waitForFunction(() => typeof window.fanvine?.track === "function");
  assert.equal(await queued(page), 132);
  // The server takes events and the answer is lost: what is sent again counts once.
  await context.unroute(`${program}/v1/**`);
  let lost = 0;
  await context.route(`${program}/v1/**`, async (route) => {
    if (lost++ > 1) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await other.evaluate(() => dispatchEvent(new Event("online")));
  await until(
    "an empty queue",
    () => queued(page),
    (count) => count === 0,
  );
  assert.ok(lost > 2);
  const events = await stored(id, 134);
  const numbers = events.filter(({ event }) => event === "Offline").map(({ properties }) => properties.number);
  assert.deepEqual(
    numbers.sort((one, two) => one - two),
    [...Array(131).keys()],
  );
  await context.close();
});

test("what was told just before leaving arrives, from pages with and without TLS", async () => {
  for (const url of [shop.url, shop.plainUrl]) {
    const { context, open } = await shopper(browser);
    const page = await open(`${url}/`);
    const id = await idOf(page);
    await stored(id, 1);
    await page.evaluate(() => fanvine.track("Left"));
    await page.goto("about:blank");
    assert.deepEqual(names(await stored(id, 2)), ["Page Viewed", "Left"]);
    // The next page finds it in the queue and sends it again: it counts once.
    const back = await open(`${url}/`);
    await until(
      "an empty queue",
      () => queued(back),
      (count) => count === 0,
    );
    await stored(id, 3);
    await context.close();
  }
});

test("without consent nothing is kept or sent; given, what waited is sent; withdrawn, all is cleared in every tab", async () => {
  const { context, open, requests } = await shopper(browser);
  const page = await open(`${shop.url}/pending`);
  await page.evaluate(() => fanvine.track("Waiting"));
  await page.evaluate(() => fanvine.flush());
  assert.equal(await kept(page), 0);
  assert.equal(requests.length, 0);
  await page.evaluate(() => fanvine.consent("granted"));
  const id = await idOf(page);
  assert.deepEqual(names(await stored(id, 2)), ["Page Viewed", "Waiting"]);
  const other = await open(`${shop.url}/pending`);
  await other.evaluate(() => fanvine.consent("granted"));
  assert.equal(await idOf(other), id);
  await stored(id, 3);
  await page.evaluate(() => fanvine.consent("denied"));
  await other.waitForFunction(() => fanvine.anonymousId() === "");
  await other.evaluate(() => fanvine.track("Too late"));
  await page.evaluate(() => fanvine.track("Too late"));
  await Promise.all([page, other].map((tab) => tab.goto("about:blank")));
  const again = await open(`${shop.url}/pending`);
  assert.equal(await kept(again), 0);
  await stored(id, 3);
  await context.close();
});

test("a share tree of two generations stands in the events", async () => {
  const ana = await shopper(browser);
  const bo = await shopper(browser);
  const cy = await shopper(browser);
  const share = (page) => page.evaluate(() => fanvine.shareLink(undefined, { what: { product_id: "0042" } }));
  const anaPage = await ana.open(`${shop.url}/?utm_campaign=ad`);
  const first = await share(anaPage);
  const boPage = await bo.open(first);
  const second = await share(boPage);
  const cyPage = await cy.open(second);
  const [anaId, boId, cyId] = await Promise.all([anaPage, boPage, cyPage].map(idOf));

  const [, shared] = await stored(anaId, 2);
  const [opened, , sharedOn] = await stored(boId, 3).then((events) => order(events));
  const [openedOn] = await stored(cyId, 2).then((events) => order(events));
  assert.deepEqual([shared.event, shared.product_id], ["Product Shared", "0042"]);
  assert.equal(shared.properties.url, `${shop.url}/`);
  assert.equal(opened.event, "Share Opened");
  assert.deepEqual(opened.properties, { share_id: shared.properties.share_id, sharer_id: anaId, product_id: "0042" });
  assert.equal(sharedOn.properties.parent_share_id, shared.properties.share_id);
  assert.deepEqual(openedOn.properties, {
    share_id: sharedOn.properties.share_id,
    sharer_id: boId,
    parent_share_id: shared.properties.share_id,
    product_id: "0042",
  });
  assert.equal(openedOn.channel, "referral");
  for (const { context } of [ana, bo, cy]) await context.close();
});

/** Share Opened, then the page, then what was shared. */
const order = (events) => {
  const ranks = ["Share Opened", "Page Viewed", "Product Shared"];
  return [...events].sort((one, two) => ranks.indexOf(one.event) - ranks.indexOf(two.event));
};

test("the funnel is told by the page's attributes: seen, clicked, submitted, each once", async () => {
  const { context, open, complaints } = await shopper(browser);
  const page = await open(`${shop.url}/funnel`);
  const id = await idOf(page);
  const named = async (name, count = 1) => {
    const all = () => storedOf(id).then((events) => events.filter(({ event }) => event === name));
    const events = await until(`${count} ${name}`, all, ({ length }) => length >= count);
    assert.equal(events.length, count, name);
    return events[0];
  };
  const tea = { product_id: "0042", name: "Tea tin", price: 12.5, currency: "EUR" };
  assert.deepEqual((await named("Product Viewed")).properties, tea);
  await page.getByRole("button", { name: "Add" }).click();
  const added = await named("Product Added");
  assert.deepEqual(added.properties, { ...tea, quantity: 2 });
  assert.equal(added.quantity, 2);
  await page.getByRole("textbox").fill("oolong");
  await page.getByRole("button", { name: "Search" }).click();
  assert.deepEqual((await named("Products Searched")).properties, { query: "oolong" });

  assert.ok(!names(await storedOf(id)).includes("Product List Viewed"));
  await page.getByText("One").scrollIntoViewIfNeeded();
  const list = { list_id: "like", products: [{ product_id: "1", price: 5 }, { product_id: "2" }] };
  assert.deepEqual((await named("Product List Viewed")).properties, list);
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByText("One").click();
  await named("Product Clicked");
  await named("Product List Viewed");

  // What comes later is watched as well.
  await page.evaluate(() => {
    scrollTo(0, 0);
    document.body.insertAdjacentHTML(
      "afterbegin",
      '<p data-fv-event="Promotion Viewed" data-fv-promotion-id="p-1">Sale</p>',
    );
  });
  assert.equal((await named("Promotion Viewed")).properties.promotion_id, "p-1");

  await page.goto(`${shop.url}/thanks`);
  const ordered = await named("Order Completed");
  assert.deepEqual([ordered.order_id, ordered.revenue_minor], [`order-${run}`, 2500]);
  assert.deepEqual(ordered.properties.products, [{ product_id: "0042", price: 12.5, quantity: 2 }]);
  await page.reload();
  await until(
    "two pages of thanks",
    () => storedOf(id),
    (events) => names(events).filter((name) => name === "Page Viewed").length === 3,
  );
  await until(
    "an empty queue",
    () => queued(page),
    (count) => count === 0,
  );
  await named("Order Completed");
  assert.deepEqual(complaints, []);
  await context.close();
});
