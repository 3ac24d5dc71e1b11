import { expect, test } from "vitest";
import { type TrendAsked, trendBody, trendForm } from "./trend";

const range = { from: "2026-10-01", to: "2026-10-31" };
const asked: TrendAsked = {
  series: [
    {
      events: ["Order Completed", "Size, colour & fit"],
      figure: "percentile",
      of: "revenue",
      percentile: 90,
      where: [{ field: "channel", is: { in: ["mail", "wechat"] } }],
    },
    { events: [], figure: "shoppers", of: "", percentile: 50 },
  ],
  formulas: ["A / B * 100", ""],
  interval: "week",
  breakDown: "properties.device & more",
  top: 5,
  compare: true,
  segment: "vip",
};

const through = (one: TrendAsked) =>
  trendForm.read(new URLSearchParams(new URLSearchParams(trendForm.write(one)).toString()));

test("a trend survives the address, whatever its events are called", () => {
  expect(through(asked)).toEqual(asked);
});

test("an empty address counts every event, and back it is an empty address", () => {
  const empty = trendForm.read(new URLSearchParams());
  expect(empty.series).toHaveLength(1);
  expect(trendForm.write(empty)).toEqual([]);
});

test("a question has only what its figures need, and no formula that says nothing", () => {
  const body = trendBody(asked, "week", range);
  expect(body.series[0]).toEqual({
    events: { names: asked.series[0]?.events, where: asked.series[0]?.where },
    figure: "percentile",
    of: "revenue",
    percentile: 90,
  });
  expect(body.series[1]).toEqual({ events: undefined, figure: "shoppers", of: undefined, percentile: undefined });
  expect(body.formulas).toEqual(["A / B * 100"]);
});

test("filters of an address that cannot be read are none", () => {
  const odd = new URLSearchParams([["series", `where=${encodeURIComponent('[{"field":1},3')}`]]);
  expect(trendForm.read(odd).series[0]?.where).toBeUndefined();
});
