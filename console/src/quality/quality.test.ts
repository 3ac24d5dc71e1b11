import { describe, expect, it } from "vitest";
import type { TrackingPlan } from "../api/types";
import { addDays } from "../overview/range";
import { driftsOf } from "./drift";
import { median, volumes } from "./volume";

describe("volume", () => {
  it("expects the median of the same weekday", () => {
    expect(median([])).toBeNull();
    expect(median([3, 1])).toBe(2);
    const counts = new Map<string, number>();
    for (let week = 1; week <= 4; week++) counts.set(addDays("2026-03-30", -7 * week), 100 * week);
    const [day] = volumes(counts, "2026-03-30", "2026-03-30");
    expect(day).toEqual({ day: "2026-03-30", events: 0, expected: 250, unusual: true });
  });

  it("says nothing where too little is known, and of small differences", () => {
    const counts = new Map([
      ["2026-03-30", 8],
      ["2026-03-23", 2],
      ["2026-03-16", 2],
    ]);
    const days = volumes(counts, "2026-03-23", "2026-03-30");
    expect(days[0]?.expected).toBeNull();
    expect(days.at(-1)).toMatchObject({ expected: 2, unusual: false });
  });
});

describe("drift", () => {
  const plan = (events: Record<string, object>) =>
    ({
      unknown_events: "warn",
      trim: true,
      coerce: true,
      events: Object.fromEntries(
        Object.entries(events).map(([name, schema]) => [name, { on_violation: "warn", schema }]),
      ),
    }) as TrackingPlan;

  it("names new events, new properties and other types", () => {
    const planned = plan({
      A: { properties: { price: { type: "number" }, lines: { items: { properties: { id: { type: "string" } } } } } },
      B: {},
    });
    const observed = plan({
      A: {
        properties: {
          price: { type: ["integer", "string"] },
          size: { type: "string" },
          lines: { type: "array", items: { properties: { id: { type: "integer" } } } },
        },
      },
      B: { properties: { any: { type: "string" } } },
      C: {},
    });
    expect(driftsOf(planned, observed).map(({ event, path, kind, found }) => [event, path, kind, found])).toEqual([
      ["A", "price", "type", "string"],
      ["A", "size", "property", "string"],
      ["A", "lines[].id", "type", "integer"],
      ["C", "", "event", ""],
    ]);
  });
});
