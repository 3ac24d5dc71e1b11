import { describe, expect, test } from "vitest";
import type { LifecycleReport, RfmBands, RfmReport } from "../api/types";
import { flowOf, monthBounds } from "./flow";
import { groupsIn, isHighSpend, quarterOf, quarterOfGroup, rangeOf, readCuts, rfmGroups } from "./rfm";

const bands = (cuts: RfmBands["cuts"], mean = 3): RfmBands => ({ fixed: false, cuts, mean });

describe("what a score stands for", () => {
  test("days since the last order go down as the score goes up", () => {
    const recency = bands([178, 70, 31, 11]);
    expect(rangeOf(recency, 5, "lower")).toEqual({ least: null, most: 11 });
    expect(rangeOf(recency, 4, "lower")).toEqual({ least: 12, most: 31 });
    expect(rangeOf(recency, 1, "lower")).toEqual({ least: 179, most: null });
  });
  test("orders go up with it", () => {
    const frequency = bands([2, 3, 4, 7]);
    expect(rangeOf(frequency, 1, "higher")).toEqual({ least: null, most: 1 });
    expect(rangeOf(frequency, 4, "higher")).toEqual({ least: 4, most: 6 });
    expect(rangeOf(frequency, 5, "higher")).toEqual({ least: 7, most: null });
  });
  test("a score nobody has stands for nothing, and its neighbour goes on", () => {
    const frequency = bands([null, 2, 3, 5]);
    expect(rangeOf(frequency, 2, "higher")).toBeNull();
    expect(rangeOf(frequency, 1, "higher")).toEqual({ least: null, most: 1 });
  });
});

test("every group lies in the quarter the program puts it in", () => {
  const report = {
    recency: bands([null, null, null, null], 3),
    frequency: bands([null, null, null, null], 2.6),
  } as RfmReport;
  expect(quarterOf({ recency: 4, frequency: 3 }, report)).toBe("best");
  expect(quarterOf({ recency: 3, frequency: 3 }, report)).toBe("risky");
  expect(quarterOf({ recency: 5, frequency: 2 }, report)).toBe("fresh");
  expect(quarterOf({ recency: 1, frequency: 1 }, report)).toBe("gone");
  for (const group of rfmGroups) expect(groupsIn(quarterOfGroup(group))[isHighSpend(group) ? 0 : 1]).toBe(group);
});

test("limits of one's own are four numbers, in whatever way they are set apart", () => {
  expect(readCuts("180, 90 60、30")).toEqual({ cuts: "180,90,60,30" });
  expect(readCuts("10.5,20,30,40", 100)).toEqual({ cuts: "1050,2000,3000,4000" });
  expect(readCuts("  ")).toEqual({ cuts: "" });
  expect(readCuts("1,2,3")).toEqual({ wrong: true });
  expect(readCuts("1,2,x,4")).toEqual({ wrong: true });
});

test("a month lies between the end of the one before and its own, or now", () => {
  expect(monthBounds("2011-11", "2026-11-22")).toEqual({ before: "2011-10-31", as_of: "2011-11-30" });
  expect(monthBounds("2026-11", "2026-11-22")).toEqual({ before: "2026-10-31", as_of: undefined });
  expect(monthBounds("2024-02", "2026-11-22")).toEqual({ before: "2024-01-31", as_of: "2024-02-29" });
});

test("moves become links between a stage before and a stage now, in the order of the stages", () => {
  const report = {
    moves: [
      { from: "lost", to: "won_back", buyers: 2, sample: [] },
      { from: null, to: "new", buyers: 3, sample: [] },
      { from: "new", to: "new", buyers: 4, sample: [] },
    ],
  } as unknown as LifecycleReport;
  const flow = flowOf(report);
  expect(flow.nodes.map(({ name }) => name)).toEqual([
    "before:none",
    "before:new",
    "before:lost",
    "now:new",
    "now:won_back",
  ]);
  expect(flow.links.map(({ source, target, value }) => [source, target, value])).toEqual([
    ["before:lost", "now:won_back", 2],
    ["before:none", "now:new", 3],
    ["before:new", "now:new", 4],
  ]);
});
