import { describe, expect, test } from "vitest";
import { formatFor, growthOf, minorDigits, readInstant } from "./format";

const english = formatFor("en", "Europe/London");
const chinese = formatFor("zh-CN", "Asia/Shanghai");

describe("money", () => {
  test("is minor units in the currency's own form", () => {
    expect(english.money(974_774_793, "GBP")).toBe("£9,747,747.93");
    expect(english.money(-50, "EUR")).toBe("-€0.50");
    expect(chinese.money(12_345, "CNY")).toBe("¥123.45");
  });
  test("follows the currency's number of decimals", () => {
    expect(minorDigits("JPY")).toBe(0);
    expect(minorDigits("KWD")).toBe(3);
    expect(english.money(1_500, "JPY")).toBe("¥1,500");
  });
  test("that is not known is a dash, and nought is nought", () => {
    expect(english.money(null, "GBP")).toBe("—");
    expect(english.money(undefined, "GBP")).toBe("—");
    expect(english.money(0, "GBP")).toBe("£0.00");
  });
  test("in a code nobody knows still shows its figure", () => {
    expect(english.money(12_345, "not-a-currency")).toBe("123.45 not-a-currency");
    expect(english.money(12_345, null)).toBe("12,345");
  });
});

describe("figures", () => {
  test("that are not known are a dash", () => {
    for (const text of [
      english.count(null),
      english.percent(undefined),
      english.change(null),
      english.dateTime(null),
    ]) {
      expect(text).toBe("—");
    }
  });
  test("of growth carry their sign", () => {
    expect(english.change(0.124)).toBe("+12.4%");
    expect(english.change(-0.05)).toBe("-5.0%");
    expect(english.change(0)).toBe("0.0%");
  });
  test("growth from nothing is unknown, not infinite", () => {
    expect(growthOf(5, 0)).toBeNull();
    expect(growthOf(null, 5)).toBeNull();
    expect(growthOf(15, 10)).toBeCloseTo(0.5);
    expect(growthOf(-5, -10)).toBeCloseTo(0.5);
  });
  test("of size on disk are readable", () => {
    expect(english.bytes(148_211_002)).toBe("148.2 MB");
    expect(english.bytes(0)).toBe("0 byte");
  });
});

describe("times", () => {
  test("are shown in the shop's time zone", () => {
    expect(english.dateTime("2011-07-01T12:00:00Z")).toBe("1 Jul 2011, 13:00");
    expect(chinese.time("2011-07-01T12:00:00Z")).toBe("20:00:00");
  });
  test("without a zone are UTC", () => {
    expect(readInstant("2010-12-01T08:26:00").toISOString()).toBe("2010-12-01T08:26:00.000Z");
    expect(readInstant("2010-12-01 08:26:00.5").toISOString()).toBe("2010-12-01T08:26:00.500Z");
    expect(readInstant("2010-12-01T08:26:00+01:00").toISOString()).toBe("2010-12-01T07:26:00.000Z");
  });
  test("are told relative to now", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(english.relative("2026-11-22T11:57:00Z", now)).toBe("3 minutes ago");
    expect(english.relative("2011-12-09T12:00:00Z", now)).toBe("14 years ago");
    expect(chinese.relative("2026-11-21T12:00:00Z", now)).toBe("昨天");
    expect(english.relative(null, now)).toBe("—");
  });
  test("of a series are as short as their interval allows", () => {
    expect(english.period("2011-11-01", "month")).toBe("Nov 2011");
    expect(english.period("2011-11-07", "week")).toBe("7 Nov");
    expect(chinese.period("2011-11-07", "day")).toBe("11月7日");
  });
});
