import { describe, expect, test } from "vitest";
import { changed, type Draft, draftOf, faultsOf, group, leaf, ruleOf } from "./draft";
import { type Clause, literalsOf, type Rule, readSpan, writeSpan } from "./rule";

const bought: Clause = {
  event: {
    of: { names: ["Order Completed"], where: [{ field: "category", is: { eq: "Tea" } }] },
    measure: { count: { ge: 2 } },
    window: { last: "30 days" },
  },
};
const staff: Clause = { segment: "staff" };
const city: Clause = { trait: { name: "city", is: { in: ["上海", "北京"] } } };

describe("a rule that is edited", () => {
  test("reads back as it was", () => {
    const rules: Rule[] = [
      bought,
      { all: [bought, { not: staff }] },
      { any: [{ all: [bought, city] }, { not: { any: [staff, city] } }] },
      { all: [{ computed: { name: "orders", is: { between: [2, 5] } } }, { tag: { tag: "t", weight: { ge: 0.5 } } }] },
      {
        sequence: {
          steps: [{ names: ["Product Viewed"] }, { names: ["Order Completed"] }],
          within: "7 days",
          without: { names: ["Coupon Applied"] },
          window: { last: "90 days" },
        },
      },
    ];
    for (const rule of rules) expect(ruleOf(draftOf(rule)).rule).toEqual(rule);
  });

  test("is a group, even of a single clause, and a negation is a mark", () => {
    const draft = draftOf({ not: { not: { not: bought } } });
    expect(draft.kind).toBe("group");
    expect(draft.parts).toHaveLength(1);
    expect(draft.parts[0]?.negated).toBe(true);
    expect(ruleOf(draft).rule).toEqual({ not: bought });
  });

  test("without any clause is an empty group, which the program refuses by name", () => {
    expect(ruleOf(group("all")).rule).toEqual({ all: [] });
  });

  test("says where each of its parts stands", () => {
    const inner = leaf(city, true);
    const box = group("any", [leaf(staff), inner]);
    const root = group("all", [leaf(bought), box]);
    const { paths } = ruleOf(root);
    expect([root, box, inner].map(({ id }) => paths.get(id))).toEqual(["", "all[1]", "all[1].any[1].not"]);
  });

  test("changes in one place and keeps the rest", () => {
    const kept = leaf(bought);
    const gone = leaf(staff);
    const root = group("all", [kept, group("any", [gone, leaf(city)])]);
    const without = changed(root, gone.id, () => null);
    expect(ruleOf(without).rule).toEqual({ all: [bought, { any: [city] }] });
    expect(without.parts[0]).toBe(kept);
    const negated = changed(root, kept.id, (draft: Draft) => ({ ...draft, negated: true }));
    expect(ruleOf(negated).rule).toEqual({ all: [{ not: bought }, { any: [staff, city] }] });
  });
});

test("a fault is told at the innermost part it is about", () => {
  const clause = leaf(bought);
  const negated = leaf(staff, true);
  const box = group("any", [negated]);
  const root = group("all", [clause, box]);
  const { paths } = ruleOf(root);
  const faults = [
    { path: "all[0].event.window" },
    { path: "all[1].any[0].not.segment" },
    { path: "all[1].any" },
    { path: "all[10].trait" },
    { path: "" },
  ];
  const at = (draft: Draft) => faultsOf(draft, paths, faults).map(({ path }) => path);
  expect(at(clause)).toEqual(["all[0].event.window"]);
  expect(at(negated)).toEqual(["all[1].any[0].not.segment"]);
  expect(at(box)).toEqual(["all[1].any"]);
  expect(at(root)).toEqual(["all[10].trait", ""]);
});

test("lengths of time read and write as the program has them", () => {
  for (const text of ["1 day", "30 days", "7 calendar days", "1 calendar day", "15 minutes", "2 hours"]) {
    const { count, unit } = readSpan(text);
    expect(writeSpan(count, unit)).toBe(text);
  }
  expect(readSpan("soon")).toEqual({ count: 30, unit: "days" });
});

test("a test tells what it compares with", () => {
  expect(literalsOf({ between: [1, 2] })).toEqual([1, 2]);
  expect(literalsOf({ in: ["a"] })).toEqual(["a"]);
  expect(literalsOf({ ge: { minor: 1, currency: "CNY" } })).toEqual([{ minor: 1, currency: "CNY" }]);
  expect(literalsOf("exists")).toEqual([]);
  expect(literalsOf({ within: "3 days" })).toEqual([]);
});
