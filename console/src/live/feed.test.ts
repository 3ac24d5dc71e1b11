import { expect, test } from "vitest";
import type { LiveEvent } from "../api/types";
import { matches, merge, rates } from "./feed";

function event(id: string, second: number, more: Partial<LiveEvent> = {}): LiveEvent {
  const at = new Date(1_700_000_000_000 + second * 1000).toISOString();
  return {
    message_id: id,
    kind: "track",
    event: "Product Viewed",
    occurred_at: at,
    received_at: at,
    source_id: "src_1",
    properties: {},
    ...more,
  } as LiveEvent;
}
const ids = (events: LiveEvent[]) => events.map((one) => one.message_id);

test("the newest event is on top, wherever it arrives in the batch", () => {
  expect(ids(merge([event("a", 1)], [event("c", 3), event("b", 2)]))).toEqual(["c", "b", "a"]);
});

test("an event seen before is not repeated", () => {
  const shown = [event("a", 1)];
  expect(merge(shown, [event("a", 1)])).toBe(shown);
  expect(ids(merge([], [event("a", 1), event("a", 1)]))).toEqual(["a"]);
});

test("the list stays bounded, and the oldest fall out", () => {
  expect(ids(merge([event("a", 1), event("b", 0)], [event("c", 2)], 2))).toEqual(["c", "a"]);
});

test("a filter looks at names and identifiers", () => {
  const viewed = event("a", 1, { shopper_id: "Lin", product_id: "SKU-9" });
  expect(matches(viewed, { events: [], text: "sku" })).toBe(true);
  expect(matches(viewed, { events: ["Order Completed"], text: "" })).toBe(false);
  expect(matches(event("b", 1, { kind: "identify", event: "" }), { events: ["identify"], text: "" })).toBe(true);
});

test("seconds before the page was opened are unknown, silent ones since are nought", () => {
  const now = 1_700_000_060_000;
  const perSecond = rates(new Map([[1_700_000_058, 4]]), now, now - 3_000);
  expect(perSecond).toHaveLength(60);
  expect(perSecond.slice(-4)).toEqual([null, 0, 4, 0]);
});
