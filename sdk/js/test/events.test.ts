import { expect, test } from "vitest";
import { minutes, World } from "./world";

test("an event says who, when, where and in which session", async () => {
  const world = new World();
  const tab = world.open({ url: "https://shop.example/tea", path: "/tea", title: "Tea" });
  tab.track("Product Viewed", { product_id: "tea-1", price: 12.5 });
  await world.pass(2_000);
  const [request] = world.requests;
  expect(request).toMatchObject({
    url: "https://fanvine.example/v1/batch",
    writeKey: "fvw_test",
    sentAt: "2026-03-01T08:00:02.000Z",
  });
  expect(request?.batch).toHaveLength(1);
  expect(request?.batch[0]).toMatchObject({
    type: "track",
    event: "Product Viewed",
    timestamp: "2026-03-01T08:00:00.000Z",
    anonymousId: tab.anonymousId(),
    properties: { product_id: "tea-1", price: 12.5 },
    context: {
      library: { name: "@fanvine/tracker" },
      page: { url: "https://shop.example/tea", path: "/tea", title: "Tea" },
      locale: "zh-CN",
      sessionNumber: 1,
      firstTouch: { url: "https://shop.example/tea" },
    },
  });
  expect(request?.batch[0].userId).toBeUndefined();
});

test("a page names itself, and the page before", async () => {
  const world = new World();
  const place = { url: "https://shop.example/tea?x=1", path: "/tea", search: "?x=1", title: "Tea" };
  world.open({ ...place, referrer: "https://shop.example/" }).page("Tea", { category: "Drinks" });
  await world.pass(2_000);
  expect(world.events[0]).toMatchObject({
    type: "page",
    name: "Tea",
    properties: { ...place, referrer: "https://shop.example/", category: "Drinks" },
  });
  expect(world.events[0].context.referrer).toBeUndefined();
});

test("what was told is told as it was then", async () => {
  const world = new World();
  const tab = world.open();
  const product = { product_id: "tea-1" };
  tab.track("Product Viewed", product);
  product.product_id = "tea-2";
  await tab.flush();
  expect(world.events[0].properties.product_id).toBe("tea-1");
});

test("who has signed in is named from then on, until they sign out", async () => {
  const world = new World();
  const tab = world.open();
  tab.track("before");
  tab.identify("u-1", { email: "lei@example.com" });
  tab.track("signed in");
  const first = tab.anonymousId();
  tab.reset();
  tab.track("after");
  await tab.flush();
  const [before, identify, within, after] = world.events;
  expect(before.userId).toBeUndefined();
  expect(identify).toMatchObject({ type: "identify", userId: "u-1", traits: { email: "lei@example.com" } });
  expect(within).toMatchObject({ userId: "u-1", anonymousId: first });
  expect(after.userId).toBeUndefined();
  expect(after.anonymousId).not.toBe(first);
  expect(after.context.sessionId).not.toBe(before.context.sessionId);
});

test("two who sign in one after the other on one device share no anonymous id", async () => {
  const world = new World();
  const tab = world.open();
  tab.identify("u-1");
  tab.identify("u-1", { vip: true });
  tab.identify("u-2");
  await tab.flush();
  const [one, again, other] = world.events;
  expect(again.anonymousId).toBe(one.anonymousId);
  expect(other.anonymousId).not.toBe(one.anonymousId);
});

test("an alias ties a new id to the one in force", async () => {
  const world = new World();
  const tab = world.open();
  tab.alias("u-1");
  tab.identify("u-1");
  tab.alias("u-2");
  await tab.flush();
  const [first, , second] = world.events;
  expect(first).toMatchObject({ type: "alias", userId: "u-1", previousId: tab.anonymousId() });
  expect(second).toMatchObject({ type: "alias", userId: "u-2", previousId: "u-1" });
});

test("a session ends after 30 minutes of silence, and outlives its page", async () => {
  const world = new World();
  const sessions: string[] = [];
  for (const pause of [0, minutes(29), minutes(29), minutes(31)]) {
    await world.pass(pause);
    const tab = world.open();
    tab.track("x");
    await tab.flush();
    sessions.push(`${world.events.at(-1).context.sessionId} ${world.events.at(-1).context.sessionNumber}`);
    tab.close();
  }
  expect(new Set(sessions.slice(0, 3)).size).toBe(1);
  expect(sessions[3]).not.toBe(sessions[0]);
  expect(sessions[3]).toMatch(/ 2$/);
});

test("another campaign begins another session, the same one does not", async () => {
  const world = new World();
  const by = (utm_campaign?: string) => {
    const tab = world.open({ params: { utm_campaign, utm_medium: utm_campaign && "cpc" } });
    tab.track("x");
    return tab.flush();
  };
  for (const campaign of ["spring", "spring", undefined, "summer"]) await by(campaign);
  const contexts = world.events.map(({ context }) => context);
  expect(contexts.map(({ sessionNumber }) => sessionNumber)).toEqual([1, 1, 1, 2]);
  expect(contexts[2].campaign).toEqual({ name: "spring", medium: "cpc" });
  expect(contexts[3].campaign).toEqual({ name: "summer", medium: "cpc" });
});

test("what brought a shopper first and last is remembered; a visit out of the blue takes no credit", async () => {
  const world = new World();
  const visit = async (place: object) => {
    const tab = world.open(place);
    tab.track("x");
    await tab.flush();
    tab.close();
    await world.pass(minutes(60));
    return world.events.at(-1).context;
  };
  await visit({ referrer: "https://www.baidu.com/s", url: "https://shop.example/a" });
  await visit({ params: { utm_source: "weibo", utm_campaign: "spring" } });
  const context = await visit({});
  expect(context.firstTouch).toMatchObject({ url: "https://shop.example/a", referrer: "https://www.baidu.com/s" });
  expect(context.lastTouch.campaign).toEqual({ source: "weibo", name: "spring" });
  expect(context.campaign).toBeUndefined();
  expect(context.referrer).toBeUndefined();
});

test("every event of a session says how it began, so that an order has the channel of its visit", async () => {
  const world = new World();
  world.open({ referrer: "https://www.google.com/" }).close();
  const tab = world.open({ url: "https://shop.example/thanks", referrer: "https://www.shop.example/cart" });
  tab.track("Order Completed", { order_id: "o-1" });
  await tab.flush();
  expect(world.events[0].context.referrer).toEqual({ url: "https://www.google.com/" });
});

test("what cannot be told is told on the console, and throws nothing", async () => {
  const world = new World();
  const tab = world.open();
  const round: Record<string, unknown> = {};
  round.round = round;
  tab.track("x", round);
  tab.track("");
  tab.alias("");
  await tab.flush();
  expect(world.requests).toEqual([]);
  expect(world.warnings).toHaveLength(3);
  expect(world.warnings[1]).toBe('track: the event\'s name is ""; a text is expected');
});

test("without a write key or a host it does not begin", () => {
  const world = new World();
  expect(() => world.open({}, { writeKey: "" })).toThrow('fanvine: writeKey is ""; a text is expected');
  expect(() => world.open({}, { host: undefined as never })).toThrow("fanvine: host is undefined; a text is expected");
});
