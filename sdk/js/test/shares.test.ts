import { expect, test } from "vitest";
import { paramsOf, withParams } from "../src/links";
import { World } from "./world";

/** Opens a link on the device of somebody else. */
function visit(world: World, link: string) {
  world.disk = new Map();
  return world.open({ url: link, path: "/tea", params: paramsOf(/\?([^#]*)/.exec(link)?.[1] || "") });
}

test("a share tree of two generations can be read from what was opened", async () => {
  const world = new World();
  const what = { product_id: "tea-1", share_via: "wechat" };
  const ana = world.open({ url: "https://shop.example/tea?utm_campaign=ad&v=2#top" });
  const first = ana.shareLink(undefined, { what });
  const anaId = ana.anonymousId();
  await ana.flush();
  const bo = visit(world, first);
  const boId = bo.anonymousId();
  const second = bo.shareLink(first, { what });
  await bo.flush();
  const cy = visit(world, second);
  cy.track("Order Completed", { order_id: "o-1" });
  await cy.flush();

  const [shared, sharedOn] = world.named("Product Shared");
  const [opened, openedOn] = world.named("Share Opened");
  expect(shared.properties).toMatchObject({ ...what, url: "https://shop.example/tea?v=2#top" });
  expect(shared.properties.parent_share_id).toBeUndefined();
  expect(opened).toMatchObject({
    anonymousId: boId,
    properties: { share_id: shared.properties.share_id, sharer_id: anaId, product_id: "tea-1" },
  });
  expect(sharedOn.properties.parent_share_id).toBe(shared.properties.share_id);
  expect(openedOn.properties).toEqual({
    share_id: sharedOn.properties.share_id,
    sharer_id: boId,
    parent_share_id: shared.properties.share_id,
    product_id: "tea-1",
  });
  const [order] = world.named("Order Completed");
  expect(order.context.share).toEqual({
    id: sharedOn.properties.share_id,
    sharerId: boId,
    parentId: shared.properties.share_id,
  });
  expect(order.context.campaign).toEqual({ source: "share", medium: "share" });
});

test("a share that is opened is told once a session, and one's own never", async () => {
  const world = new World();
  const ana = world.open();
  const link = ana.shareLink("https://shop.example/tea");
  world.open({ url: link, params: paramsOf(link.split("?")[1] || "") });
  await ana.flush();
  expect(world.named("Share Opened")).toEqual([]);
  const bo = visit(world, link);
  bo.page();
  world.open(bo.shown).page();
  await bo.flush();
  expect(world.named("Share Opened")).toHaveLength(1);
  await world.pass(3_600_000);
  bo.page();
  await bo.flush();
  expect(world.named("Share Opened")).toHaveLength(1);
  await world.pass(3_600_000);
  await world.open(bo.shown).flush();
  expect(world.named("Share Opened")).toHaveLength(2);
});

test("a cart is shared by its own name, and the shop may name sharer and parent", async () => {
  const world = new World();
  const tab = world.open();
  const link = tab.shareLink("https://shop.example/c", { what: { cart_id: "c-1" }, sharer: "a~b&c", parent: "root" });
  const alone = tab.shareLink("https://shop.example/c", { event: "Wishlist Shared", parent: null });
  const bo = visit(world, link);
  await bo.flush();
  expect(world.named("Share Opened")[0].properties).toMatchObject({ sharer_id: "a~b&c", parent_share_id: "root" });
  await visit(world, alone).flush();
  expect(world.named("Share Opened")[1].properties.parent_share_id).toBeUndefined();
});

test("addresses keep what is theirs", () => {
  expect(withParams("/pages/tea?id=1&a=b%20c#x", { a: "ü", d: null, e: "1" })).toBe("/pages/tea?id=1&a=%C3%BC&e=1#x");
  expect(withParams("https://a.example/?utm_source=x&q=1&fv_share=2", {}, /^(utm|fv)_/)).toBe("https://a.example/?q=1");
  expect(withParams("", { a: "1" })).toBe("?a=1");
  expect(paramsOf("?a=1&a=2&b=%E8%8C%B6+x&c&%=%&=d")).toEqual({ a: "1", b: "茶 x", c: "", "%": "%" });
});
