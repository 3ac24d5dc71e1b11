import { expect, test } from "vitest";
import {
  activeForm,
  addedStep,
  type FunnelAsked,
  funnelBody,
  funnelForm,
  isComplete,
  pathsBody,
  pathsForm,
  readNames,
  retentionBody,
  retentionForm,
  usualFunnel,
  withOrder,
  withoutStep,
  writeNames,
} from "./question";

const range = { from: "2026-10-01", to: "2026-10-31" };

const funnel: FunnelAsked = {
  steps: [
    { events: ["Product Viewed", "Product Clicked"], optional: false },
    { events: ["Size, colour \\ fit chosen"], optional: true },
    { events: ["Order Completed"], optional: false },
  ],
  order: "ordered",
  within: { count: 36, unit: "h" },
  exclude: [{ events: ["Product Removed"], after: 2, before: 3 }],
  same: "product_id",
  breakDown: "properties.device & more",
};

/** There and back through the text of an address. */
const through = <T>(
  form: { read: (params: URLSearchParams) => T; write: (asked: T) => [string, string][] },
  asked: T,
) => form.read(new URLSearchParams(new URLSearchParams(form.write(asked)).toString()));

test("a funnel survives the address, whatever its events are called", () => {
  expect(through(funnelForm, funnel)).toEqual(funnel);
  expect(through(funnelForm, withOrder(funnel, "any"))).toEqual(withOrder(funnel, "any"));
});

test("a step whose events are not chosen yet keeps its place", () => {
  const growing = addedStep(funnel);
  expect(through(funnelForm, growing)).toEqual(growing);
  expect(isComplete(funnel)).toBe(true);
  expect(isComplete(growing)).toBe(false);
});

test("an empty address is a funnel of two empty steps, and back it is an empty address", () => {
  const empty = funnelForm.read(new URLSearchParams());
  expect(empty.steps).toHaveLength(2);
  expect(empty.within).toEqual({ count: 7, unit: "d" });
  expect(funnelForm.write(empty)).toEqual([]);
});

test("what cannot be read in an address is as usual", () => {
  const read = funnelForm.read(new URLSearchParams("order=sideways&within=soon&step=a&exclude=b&between=x"));
  expect(read).toMatchObject({ order: "ordered", within: { count: 7, unit: "d" } });
  expect(read.exclude).toEqual([{ events: ["b"], after: 1, before: 2 }]);
  expect(pathsForm.read(new URLSearchParams("steps=-1&gap=1y"))).toEqual(pathsForm.read(new URLSearchParams()));
});

test("names keep their commas and are not told twice", () => {
  const names = ["a,b", "\\", "c\\,d", "新品, 首发"];
  expect(readNames(writeNames(names))).toEqual(names);
  expect(readNames("a,a,,b")).toEqual(["a", "b"]);
  expect(readNames(null)).toEqual([]);
});

test("without a step exclusions still lie between two steps, and ends are never optional", () => {
  const shorter = withoutStep(funnel, 2);
  expect(shorter.steps.map(({ optional }) => optional)).toEqual([false, false]);
  expect(shorter.exclude).toEqual([{ events: ["Product Removed"], after: 1, before: 2 }]);
});

test("an exclusion up to the end goes along with the end", () => {
  expect(addedStep(funnel).exclude[0]).toMatchObject({ after: 2, before: 4 });
});

test("in any order nothing is optional, and exclusions are only where steps are in order", () => {
  const any = withOrder(funnel, "any");
  expect(any.steps.some(({ optional }) => optional)).toBe(false);
  expect(any.exclude).toEqual([]);
  expect(withOrder(funnel, "strict").steps[1]?.optional).toBe(true);
});

test("a funnel is asked as the API names it", () => {
  expect(funnelBody(funnel, range)).toEqual({
    steps: funnel.steps,
    order: "ordered",
    within_s: 129_600,
    exclude: [{ events: ["Product Removed"], after: 2, before: 3 }],
    same: "product_id",
    break_down: "properties.device & more",
    ...range,
  });
});

test("retention survives the address, and its horizon is as long as the interval suggests", () => {
  const asked = retentionForm.read(
    new URLSearchParams("start=a&then=b&first=any&times=2&returning=on_or_after&interval=week&horizon=8"),
  );
  expect(through(retentionForm, asked)).toEqual(asked);
  expect(retentionBody(asked, "week", range)).toMatchObject({ first_time: false, times: 2, horizon: 8 });
  const usual = retentionForm.read(new URLSearchParams());
  expect(retentionForm.write(usual)).toEqual([]);
  expect(retentionBody(usual, "day", range)).toMatchObject({ start: undefined, first_time: true, horizon: 30 });
  expect(retentionBody(usual, "month", range).horizon).toBe(12);
});

test("active shoppers and paths survive the address", () => {
  const active = { events: ["Order Completed"], interval: "month" as const };
  expect(through(activeForm, active)).toEqual(active);
  for (const text of ["", "start=a", "end=a,b&steps=7&gap=2h&repeats=kept&limit=50", "start="]) {
    const paths = pathsForm.read(new URLSearchParams(text));
    expect(through(pathsForm, paths), text).toEqual(paths);
  }
  const ending = pathsForm.read(new URLSearchParams("end=a&gap=2h"));
  expect(pathsBody(ending, range)).toEqual({
    end: ["a"],
    steps: 5,
    gap_s: 7_200,
    fold: true,
    limit: 20,
    ...range,
  });
});

test("the usual funnel has only what happens in the shop", () => {
  expect(usualFunnel(["Order Completed", "Page Viewed", "Product Viewed"])?.map(({ events }) => events)).toEqual([
    ["Product Viewed"],
    ["Order Completed"],
  ]);
  expect(usualFunnel(["Order Completed"])).toBeNull();
});
