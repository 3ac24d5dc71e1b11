import { describe, expect, test } from "vitest";
import type { ActivePoint, FunnelAnswer } from "../api/types";
import type { Palette } from "../app/theme";
import { translator } from "../i18n/i18n";
import { formatFor } from "../ui/format";
import { csvOf } from "./csv";
import { durationText, flowOf, funnelTable, retentionTable, startAfter, strengthOf, wentNoFurther } from "./figures";
import { activeOption, curveOption, lifecycleOption, sankeyOption } from "./options";

const step = (events: string[], shoppers: number) => ({ events, shoppers, times: [] });
const answer: FunnelAnswer = {
  counted: "shoppers",
  steps: [step(["A"], 100), step(["B", "C"], 30), step(["D"], 40)],
  conversion: 0.4,
  bounds_s: [60],
  parts: [{ value: null, shoppers: [50, 10, 20] }],
  values: 1,
  people: [],
  not_told_apart: 0,
  trend: [],
};
const plain = ["A", "B", "D"].map((name) => ({ events: [name], optional: false }));
const withOptional = plain.map((one, place) => ({ ...one, optional: place === 1 }));

describe("a funnel's table", () => {
  test("tells a part's share of the last step before that may not be left out", () => {
    const { head, rows } = funnelTable(answer, withOptional);
    const of = (row: number, name: string) => rows[row]?.[head.indexOf(name)];
    expect(rows).toHaveLength(6);
    expect([of(3, "value"), of(4, "events"), of(5, "shoppers")]).toEqual([null, "B / C", 20]);
    expect(of(5, "of_previous")).toBe(0.4);
    expect(funnelTable(answer, plain).rows[5]?.[head.indexOf("of_previous")]).toBe(2);
  });
  test("does not guess who went no further where a step may be left out", () => {
    expect(wentNoFurther(answer, plain, 0)).toBe(70);
    expect(wentNoFurther(answer, plain, 2)).toBe(40);
    expect(wentNoFurther(answer, withOptional, 0)).toBeNull();
  });
});

const retention = { interval: "day" as const, brackets: [], parts: [], not_told_apart: 0 };

test("a retention table has a gap where a cohort is too young", () => {
  const cohorts = [
    { start: "2026-10-01", shoppers: 4, returned: [4, 2] },
    { start: "2026-10-02", shoppers: 3, returned: [3] },
  ];
  const { head, rows } = retentionTable({ ...retention, cohorts, average: [1, 0.5, null] });
  expect(head).toEqual(["start", "shoppers", "0", "1"]);
  expect(rows).toEqual([
    ["2026-10-01", 4, 4, 2],
    ["2026-10-02", 3, 3, null],
    ["average", null, 1, 0.5],
  ]);
});

test("CSV quotes what needs it, and holds no formulas", () => {
  expect(
    csvOf(
      ["a", "b"],
      [
        ['x"y, z', null],
        ["=1+1", -2.5],
      ],
    ),
  ).toBe('a,b\r\n"x""y, z",\r\n\'=1+1,-2.5\r\n');
});

test("times are told in the largest unit there is one of", () => {
  expect([0, 59, 90, 5_400, 604_800].map((seconds) => durationText(seconds, "en-GB"))).toEqual([
    "0 secs",
    "59 secs",
    "1.5 mins",
    "1.5 hrs",
    "7 days",
  ]);
  expect(durationText(null, "en-GB")).toBe("—");
});

test("an interval so many after another begins where the calendar says", () => {
  expect(startAfter("2026-01-31", "day", 1)).toBe("2026-02-01");
  expect(startAfter("2026-01-05", "week", 2)).toBe("2026-01-19");
  expect(startAfter("2026-11-01", "month", 3)).toBe("2027-02-01");
});

test("the more the stronger, and nobody is no colour", () => {
  expect(strengthOf(0, 10)).toBe(0);
  expect(strengthOf(1, 0)).toBe(0);
  expect(strengthOf(1, 10)).toBeLessThan(strengthOf(5, 10));
  expect(strengthOf(10, 10)).toBeLessThanOrEqual(100);
});

const links = [
  { step: 0, from: "View", to: "Add", sessions: 6 },
  { step: 0, from: "View", to: null, sessions: 3 },
  { step: 0, from: "Search", to: "View", sessions: 2 },
  { step: 0, from: "Share", to: "View", sessions: 1 },
  { step: 1, from: "Add", to: "Order", sessions: 6 },
  { step: 1, from: "View", to: "Order", sessions: 3 },
];

describe("a flow", () => {
  test("tells an event at each place apart, and where paths end", () => {
    const flow = flowOf(links, 8, true);
    const of = (event: string | null, step: number) =>
      flow.nodes.find((node) => node.event === event && node.step === step)?.sessions;
    expect([of("View", 0), of("View", 1), of("Order", 2)]).toEqual([9, 3, 9]);
    expect(flow.nodes.filter(({ kind }) => kind === "end")).toMatchObject([{ step: 1, sessions: 3 }]);
    expect(flow.nodes.some(({ kind }) => kind === "others")).toBe(false);
  });
  test("puts the rarest together and loses nobody", () => {
    const flow = flowOf(links, 2, true);
    expect(flow.nodes.filter(({ step }) => step === 0).map(({ kind, sessions }) => [kind, sessions])).toEqual([
      ["event", 9],
      ["others", 3],
    ]);
    const sum = (all: number, { value }: { value: number }) => all + value;
    expect(flow.links.reduce(sum, 0)).toBe(21);
  });
});

test("where paths lead up to an event, none of them ends", () => {
  const flow = flowOf([...links, { step: 0, from: "Order", to: null, sessions: 5 }], 8, false);
  expect(flow.nodes.some(({ kind }) => kind === "end")).toBe(false);
  expect(flow.nodes.find(({ name }) => name === "0:event:Order")?.sessions).toBe(5);
  expect(flow.nodes.find(({ name }) => name === "0:event:View")?.sessions).toBe(9);
});

const palette = new Proxy({} as Palette, { get: (_, name) => String(name) });
const words = { format: formatFor("en"), palette, t: translator("en") };
const point = (start: string, rest: Partial<ActivePoint>): ActivePoint => ({
  start,
  active: 0,
  new: 0,
  returning: 0,
  resurrected: 0,
  dormant: 0,
  ...rest,
});
interface Series {
  name?: string;
  stack?: string;
  data: unknown[];
}
const seriesOf = (option: unknown) => (option as { series: Series[] }).series;

test("who stayed away is below zero, unknown days are gaps, and what is not over is paler", () => {
  const points = [
    point("2026-10-01", { new: 9 }),
    point("2026-10-02", { new: 2, dormant: 5 }),
    point("2026-10-03", { dormant: 1 }),
  ];
  const option = lifecycleOption({
    ...words,
    answer: { interval: "day", points },
    known: ({ start }) => start > "2026-10-01",
    whole: ({ start }) => start < "2026-10-03",
  });
  const [dormant] = seriesOf(option).filter(({ name }) => name === "Dormant");
  expect(dormant?.data).toEqual([
    null,
    { value: -5, group: "dormant" },
    { value: -1, group: "dormant", itemStyle: { opacity: 0.45 } },
  ]);
  expect(new Set(seriesOf(option).map(({ stack }) => stack)).size).toBe(1);
});

test("weekly and monthly figures are only there by day", () => {
  const activity = (interval: "day" | "week") => ({
    ...words,
    answer: { interval, points: [point("2026-10-05", { active: 3, weekly: 4, monthly: 6, stickiness: 0.5 })] },
    known: () => true,
    whole: () => true,
  });
  expect(seriesOf(activeOption(activity("day"))).map(({ data }) => data[0])).toEqual([3, 4, 6, 0.5]);
  expect(seriesOf(activeOption(activity("week"))).map(({ data }) => data[0])).toEqual([3]);
});

test("the average calls out its milestones, and has a gap where nothing is known", () => {
  const option = curveOption({
    ...words,
    answer: { ...retention, cohorts: [], average: [1, 0.25, null] },
    called: [1],
  });
  const data = seriesOf(option)[0]?.data as { value: unknown; label: { show: boolean; formatter: string } }[];
  expect(data.map(({ value }) => value)).toEqual([1, 0.25, "-"]);
  expect(data.map(({ label }) => label.show)).toEqual([false, true, false]);
  expect(data[1]?.label.formatter).toBe("D1 25.0%");
});

test("an event has one colour in all places of the diagram", () => {
  const [series] = seriesOf(sankeyOption({ ...words, flow: flowOf(links, 8, true) }));
  const nodes = series?.data as { name: string; depth: number; itemStyle: { color: string } }[];
  const views = nodes.filter(({ name }) => name.endsWith(":View"));
  expect(views.map(({ depth }) => depth)).toEqual([0, 1]);
  expect(new Set(views.map(({ itemStyle }) => itemStyle.color)).size).toBe(1);
});
