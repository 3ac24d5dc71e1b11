import { expect, test } from "vitest";
import type { OfferView } from "../api/act";
import { translator } from "../i18n/i18n";
import { formatFor } from "../ui/format";
import { templateIds, termsOf } from "./templates";
import { benefitText, instantOf, minorOf, offerIdOf, stateOf, wallTime } from "./terms";

const words = { t: translator("en"), format: formatFor("en", "UTC"), currency: "CNY" };
const now = Date.parse("2026-11-11T00:00:00Z");

test("every template says in a line what it gives, in both languages", () => {
  for (const id of templateIds) {
    const { benefit } = termsOf(id, "x", "CNY", now);
    expect(benefitText(benefit, words), id).not.toMatch(/^$|undefined|NaN/);
    expect(benefitText(benefit, { ...words, t: translator("zh-CN") }), id).not.toMatch(/^$|undefined|NaN/);
  }
  expect(benefitText(termsOf("spendOff", "x", "GBP", now).benefit, { ...words, currency: "GBP" })).toBe(
    "from £200.00: £30.00 off · from £400.00: £80.00 off",
  );
});

test("amounts are in the minor units of the currency", () => {
  expect([minorOf(9.9, "CNY"), minorOf(9.9, "JPY"), minorOf(9.9, "KWD")]).toEqual([990, 10, 9900]);
});

test("an identifier is made of the name and unlike those that are taken", () => {
  expect(offerIdOf("Summer Sale!", [])).toBe("summer-sale");
  expect(offerIdOf("Summer Sale!", ["summer-sale", "summer-sale-2"])).toBe("summer-sale-3");
  expect(offerIdOf("满减", [])).toBe("offer");
});

test("wall clocks are those of the shop, across a change of the clocks", () => {
  expect(wallTime("2026-11-11T00:00:00Z", "Asia/Shanghai")).toBe("2026-11-11T08:00");
  expect(instantOf("2026-11-11T08:00", "Asia/Shanghai")).toBe("2026-11-11T00:00:00.000Z");
  expect(instantOf("2026-03-29T00:30", "Europe/London")).toBe("2026-03-29T00:30:00.000Z");
  expect(instantOf("2026-03-29T02:30", "Europe/London")).toBe("2026-03-29T01:30:00.000Z");
  expect(instantOf("", "UTC")).toBeNull();
});

test("only what is published, begun and not over is live", () => {
  const offer = (part: object, terms: object = {}) =>
    ({ version: 2, published_version: 2, terms: { name: "x", ...terms }, ...part }) as unknown as OfferView;
  expect(stateOf(offer({ published_version: null }), now)).toBe("draft");
  expect(stateOf(offer({}), now)).toBe("live");
  expect(stateOf(offer({ published_version: 1 }), now)).toBe("changed");
  expect(stateOf(offer({}, { starts_at: "2026-11-12T00:00:00Z" }), now)).toBe("waiting");
  expect(stateOf(offer({}, { ends_at: "2026-11-11T00:00:00Z" }), now)).toBe("ended");
});
