import { describe, expect, test } from "vitest";
import {
  addDays,
  dateIn,
  daysIn,
  endOf,
  firstView,
  intervalFor,
  isWhole,
  mayHoldData,
  overlaps,
  presets,
  viewFromParams,
} from "./range";

const today = "2026-11-22";

describe("what is shown first", () => {
  test("a shop with fresh events sees its last 30 days by day", () => {
    expect(firstView("2026-01-01", today, today)).toEqual({ from: "2026-10-24", to: today, interval: "day" });
    expect(firstView("2026-11-20", "2026-10-23", today)?.from).toBe("2026-10-24");
  });
  test("a shop silent for more than a month sees its last 90 days", () => {
    expect(firstView("2026-01-01", "2026-10-22", today)).toEqual({ from: "2026-08-25", to: today, interval: "week" });
  });
  test("an imported history that ended long ago is shown whole, by month", () => {
    expect(firstView("2010-12-01", "2011-12-09", today)).toEqual({
      from: "2010-12-01",
      to: "2011-12-09",
      interval: "month",
    });
  });
  test("a short history that ended long ago is shown by day", () => {
    expect(firstView("2015-05-03", "2015-05-20", today)?.interval).toBe("day");
  });
  test("a shop without events has nothing to show", () => {
    expect(firstView(null, null, today)).toBeNull();
  });
});

describe("days", () => {
  test("are counted with both ends", () => {
    expect(daysIn({ from: "2010-12-01", to: "2011-12-09" })).toBe(374);
    expect(addDays("2024-02-28", 2)).toBe("2024-03-01");
  });
  test("begin in the shop's time zone", () => {
    const instant = new Date("2011-12-09T23:30:00Z");
    expect(dateIn("Europe/London", instant)).toBe("2011-12-09");
    expect(dateIn("Asia/Shanghai", instant)).toBe("2011-12-10");
  });
  test("choose an interval that suits their number", () => {
    expect(intervalFor({ from: "2026-11-01", to: "2026-11-30" })).toBe("day");
    expect(intervalFor({ from: "2026-08-25", to: "2026-11-22" })).toBe("week");
    expect(intervalFor({ from: "2010-12-01", to: "2011-12-09" })).toBe("month");
  });
  test("offered as presets end today, and all data spans the data", () => {
    const offered = new Map(presets("2010-12-01", "2011-12-09", today));
    expect(offered.get("thisMonth")).toEqual({ from: "2026-11-01", to: today });
    expect(offered.get("all")).toEqual({ from: "2010-12-01", to: "2011-12-09" });
    expect(new Map(presets(null, null, today)).has("all")).toBe(false);
  });
});

describe("the page's address", () => {
  const fallback = { from: "2026-10-24", to: today, interval: "day" } as const;
  test("names the days and the interval", () => {
    const params = new URLSearchParams("from=2011-01-01&to=2011-03-31&interval=month");
    expect(viewFromParams(params, fallback)).toEqual({ from: "2011-01-01", to: "2011-03-31", interval: "month" });
  });
  test("with nonsense in it falls back", () => {
    expect(viewFromParams(new URLSearchParams("from=yesterday&to=2011-03-31&interval=hour"), fallback)).toEqual(
      fallback,
    );
    expect(viewFromParams(new URLSearchParams("from=2011-03-31&to=2011-01-01"), fallback)).toEqual(fallback);
  });
});

describe("an interval", () => {
  const days = { first: "2010-12-01", last: "2011-12-09", today };
  test("ends where the next begins", () => {
    expect(endOf("2011-02-01", "month")).toBe("2011-02-28");
    expect(endOf("2011-12-01", "month")).toBe("2011-12-31");
    expect(endOf("2011-11-28", "week")).toBe("2011-12-04");
  });
  test("before the first event holds nothing known", () => {
    expect(mayHoldData("2010-11-01", "month", days)).toBe(false);
    expect(mayHoldData("2010-11-29", "week", days)).toBe(true);
    expect(mayHoldData("2026-11-23", "day", days)).toBe(false);
  });
  test("cut by the range, or not over yet, is not whole", () => {
    const range = { from: "2010-12-01", to: "2011-12-09" };
    expect(isWhole("2011-12-01", "month", range, today)).toBe(false);
    expect(isWhole("2011-11-01", "month", range, today)).toBe(true);
    expect(isWhole(today, "day", { from: "2026-11-01", to: today }, today)).toBe(false);
  });
  test("of another century does not overlap the data", () => {
    expect(overlaps({ from: "2009-11-22", to: "2010-11-30" }, days.first, days.last)).toBe(false);
    expect(overlaps({ from: "2009-11-22", to: "2010-12-01" }, days.first, days.last)).toBe(true);
    expect(overlaps({ from: "2009-11-22", to: "2010-12-01" }, null, null)).toBe(false);
  });
});
