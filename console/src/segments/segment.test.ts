import { expect, test } from "vitest";
import { translator } from "../i18n/i18n";
import { formatFor } from "../ui/format";
import { listIdOf, newSegmentPath, observedText, ruleFrom } from "./segment";

const format = formatFor("en", "Asia/Shanghai");
const t = translator("en");

test("what was found is told in words", () => {
  const text = (observed: Parameters<typeof observedText>[0]) => observedText(observed, format, t);
  expect(text({ values: [] })).toBe("nothing is known");
  expect(text({ values: ["上海", "北京"] })).toBe("it is 上海, 北京");
  expect(text({ values: ["2026-10-03T18:07:13.074934Z"] })).toBe("it is 4 Oct 2026, 02:07");
  expect(text({ followed: { followed: 1, of: 2, wanted: 3 } })).toBe("there are only 2 of 3");
  expect(text({ followed: { followed: 1, of: 3, wanted: 3 } })).toBe("1 of 3 were followed");
  expect(text({ sequence: null })).toBe("never done so");
  expect(text({ member: false })).toBe("not a member");
});

test("a rule travels in an address, and anything else there is no rule", () => {
  const rule = { all: [{ segment: "vip" }, { not: { list: "staff" } }] };
  const query = new URLSearchParams(newSegmentPath(rule, "VIP & more").split("?")[1]);
  expect(ruleFrom(query.get("rule"))).toEqual(rule);
  expect(query.get("name")).toBe("VIP & more");
  for (const text of [null, "", "{", "7", "{}", "null"]) expect(ruleFrom(text)).toBeNull();
});

test("a list has an id the program takes, and one of its own", () => {
  expect(listIdOf("VIP 2026 (spring)", [])).toBe("vip_2026_spring");
  expect(listIdOf("高价值", [])).toBe("list");
  expect(listIdOf("VIP", ["vip", "vip_2"])).toBe("vip_3");
});
