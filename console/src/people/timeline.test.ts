import { expect, test } from "vitest";
import type { TimelineEvent } from "../api/types";
import { byDay, hasProperties, subjectOf, toneOfEvent } from "./timeline";

const event = (occurred_at: string, properties: object = {}, more: Partial<TimelineEvent> = {}): TimelineEvent => ({
  message_id: occurred_at,
  event: "Product Viewed",
  occurred_at,
  shopper_id: "u1",
  properties: properties as TimelineEvent["properties"],
  ...more,
});

test("days begin in the shop's zone", () => {
  const events = ["2026-11-21T17:00:00Z", "2026-11-21T15:59:00Z", "2026-11-20T16:00:00Z"].map((at) => event(at));
  expect(byDay(events, "Asia/Shanghai").map(({ date, events }) => [date, events.length])).toEqual([
    ["2026-11-22", 1],
    ["2026-11-21", 2],
  ]);
  expect(byDay(events, "UTC").map(({ events }) => events.length)).toEqual([2, 1]);
});

test("an event says what it is about in a few words", () => {
  const at = "2026-11-21T17:00:00Z";
  expect(subjectOf(event(at, { name: "Apron" }, { product_id: "sku-1" }))).toBe("Apron");
  expect(subjectOf(event(at, {}, { product_id: "sku-1" }))).toBe("sku-1");
  expect(subjectOf(event(at, { query: "linen" }))).toBe("“linen”");
  const products = [{ name: "A" }, { product_id: 7 }, { name: "C" }, { name: "D" }, null, { name: "" }];
  expect(subjectOf(event(at, { products }))).toBe("A, 7, C +1");
  expect(subjectOf(event(at, { segment_id: "vip", segment_name: "VIP" }))).toBe("VIP");
  expect(subjectOf(event(at))).toBeNull();
});

test("what carries no properties does not open", () => {
  expect(hasProperties(event("2026-11-21T17:00:00Z"))).toBe(false);
  expect(hasProperties({ ...event("2026-11-21T17:00:00Z"), properties: null as never })).toBe(false);
  expect(hasProperties(event("2026-11-21T17:00:00Z", { a: 1 }))).toBe(true);
});

test("colours tell money from shopping, society and identity", () => {
  const names = ["Order Completed", "Product Shared", "Product Viewed", "Identify", "Page Viewed"];
  expect(names.map(toneOfEvent)).toEqual(["money", "social", "shop", "identity", "rest"]);
});
