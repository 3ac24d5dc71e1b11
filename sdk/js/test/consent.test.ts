import { expect, test } from "vitest";
import { World } from "./world";

test("while nobody has said, events wait in memory; agreed to, they are sent as of when they happened", async () => {
  const world = new World();
  const tab = world.open({ params: { utm_campaign: "spring" } }, { consent: "pending" });
  tab.page("Home");
  tab.identify("u-1");
  tab.track("Product Viewed", { product_id: "tea" });
  await world.pass(10_000);
  expect([...world.disk.keys()]).toEqual([]);
  expect(world.requests).toEqual([]);
  expect(tab.anonymousId()).toBe("");
  tab.consent("granted");
  await world.pass(2_000);
  expect(world.events.map(({ type }) => type)).toEqual(["page", "identify", "track"]);
  expect(world.events[2]).toMatchObject({ timestamp: "2026-03-01T08:00:00.000Z", userId: "u-1" });
  expect(world.events[2].context.campaign).toEqual({ name: "spring" });
});

test("denied, nothing is kept nor sent", async () => {
  const world = new World();
  const tab = world.open({}, { consent: "pending" });
  tab.track("before");
  tab.consent("denied");
  tab.track("after");
  tab.identify("u-1");
  expect(tab.shareLink("https://shop.example/tea")).toBe("https://shop.example/tea");
  await tab.flush();
  await world.pass(60_000);
  tab.consent("granted");
  await tab.flush();
  expect([...world.disk.keys()].filter((key) => key.startsWith("fv.q"))).toEqual([]);
  expect(world.requests).toEqual([]);
});

test("agreed to after all, it is still known how the shopper came to the page", async () => {
  const world = new World();
  const tab = world.open({ params: { utm_campaign: "spring" } }, { consent: "denied" });
  tab.consent("granted");
  tab.track("x");
  await tab.flush();
  expect(world.events[0].context.campaign).toEqual({ name: "spring" });
});

test("withdrawn, ids and what waits are cleared, in every tab", async () => {
  const world = new World();
  world.answer = () => "down";
  const one = world.open();
  const other = world.open();
  one.identify("u-1");
  other.track("waits");
  expect(world.disk.size).toBeGreaterThan(4);
  one.consent("denied");
  expect([...world.disk.keys()]).toEqual([]);
  other.track("too late");
  await world.pass(60_000);
  expect([...world.disk.keys()]).toEqual([]);
  one.consent("granted");
  other.track("again");
  world.answer = () => 200;
  await world.pass(600_000);
  expect(world.events.map(({ event }) => event)).toEqual(["again"]);
  expect(world.events[0].userId).toBeUndefined();
});

test("an answer that comes after the withdrawal leaves nothing behind", async () => {
  const world = new World();
  world.answer = () => [429, "60"];
  const tab = world.open();
  tab.track("x");
  const going = tab.flush();
  tab.consent("denied");
  await going;
  expect([...world.disk.keys()]).toEqual([]);
});

test("a page that opens denied clears what an earlier one kept", () => {
  const world = new World();
  world.open().track("x");
  world.open({}, { consent: "denied" });
  expect([...world.disk.keys()]).toEqual([]);
});

test("a browser that asks not to be tracked is heard if the shop says so, whatever else is agreed to", async () => {
  const world = new World();
  world.refuses = true;
  const heard = world.open({}, { respectDoNotTrack: true });
  heard.consent("granted");
  heard.track("x");
  await heard.flush();
  expect(world.requests).toEqual([]);
  const ignored = world.open({}, { prefix: "other." });
  ignored.track("x");
  await ignored.flush();
  expect(world.requests).toHaveLength(1);
});

test("a word that is none of the three sends nothing until it is put right", async () => {
  const world = new World();
  const tab = world.open({}, { consent: "yes" as never });
  tab.track("x");
  await tab.flush();
  expect(world.requests).toEqual([]);
  expect(world.warnings).toEqual(['consent is "yes"; granted, pending or denied is expected']);
  tab.consent("granted");
  await tab.flush();
  expect(world.events).toHaveLength(1);
});
