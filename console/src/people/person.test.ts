import { expect, test } from "vitest";
import type { ComputedTrait, IdentityEvidence, PersonDetail, PersonTag, PersonTrait } from "../api/types";
import { translator } from "../i18n/i18n";
import { formatFor } from "../ui/format";
import {
  byKind,
  byPair,
  daysText,
  groupTags,
  groupValues,
  kindText,
  nameOf,
  personPath,
  pricesIn,
  reasonText,
  shortId,
  shortValue,
  valueText,
  wordFor,
  wordsSaid,
} from "./person";

const t = translator("en");
const why = { en: "because", zh: "因为" };
const said = (name: string, value: string, more: Partial<PersonTrait> = {}): PersonTrait => ({
  name,
  value,
  source_id: "src_1",
  said_at: "2026-05-01T00:00:00Z",
  holds: true,
  ...more,
});
const person = (more: Partial<PersonDetail>): PersonDetail => ({
  person_id: "per_1",
  shopper_ids: ["u1"],
  identifiers: [],
  traits: [],
  computed: [],
  tags: [],
  ...more,
});
const count = (name: string, value: number): ComputedTrait => ({ name, why, type: "count", value });

test("a key goes into the address whole, its dots too", () => {
  expect(personPath("lin.yue@example.com")).toBe("/people/lin%2Eyue%40example%2Ecom");
  expect(personPath("a/b c")).toBe("/people/a%2Fb%20c");
});

test("a person is called by what holds, else by their user id, else by the key asked for", () => {
  const old = said("name", "Old", { holds: false });
  expect(nameOf(person({ traits: [old, said("name", "New")] }), "k")).toBe("New");
  expect(nameOf(person({ traits: [said("first_name", "Ada"), said("last_name", "K")] }), "k")).toBe("Ada K");
  expect(nameOf(person({ traits: [old], identifiers: [{ kind: "user_id", value: "u1" }] }), "k")).toBe("u1");
  expect(nameOf(person({}), "k")).toBe("k");
});

test("values stand in their groups, nothing stands apart, and what is new is not lost", () => {
  const money: ComputedTrait = { name: "refunds", why, type: "money", value: [] };
  const groups = groupValues([count("orders", 2), count("shares", 0), count("moons", 3), money]);
  const names = groups.map(({ group, known, none }) => [
    group,
    known.map((one) => one.name),
    none.map((one) => one.name),
  ]);
  expect(names).toEqual([
    ["buying", ["orders"], ["refunds"]],
    ["social", [], ["shares"]],
    ["other", ["moons"], []],
  ]);
});

test("each kind of value is written as people read it", () => {
  const format = formatFor("en", "Asia/Shanghai");
  const text = (value: object) => valueText({ name: "x", why, ...value } as ComputedTrait, format, t, "en-GB");
  expect(text({ type: "count", value: 1234 })).toBe("1,234");
  expect(text({ type: "hour", value: 23 })).toBe("23:00 – 00:00");
  expect(text({ type: "moment", value: "2026-11-20T17:00:00Z" })).toContain("21 Nov 2026");
  const spent = [
    { minor: 12345, currency: "GBP" },
    { minor: 500, currency: "JPY" },
  ];
  expect(text({ type: "money", value: spent })).toBe("£123.45 + ¥500");
  expect(text({ name: "device", type: "text", value: "mini_program" })).toBe("Mini program");
  expect(text({ name: "device", type: "text", value: "fridge" })).toBe("fridge");
  expect(pricesIn("100.00 GBP – 199.99 GBP", format)).toBe("£100.00 – £199.99");
  expect(pricesIn("≥ 1000 JPY", format)).toBe("≥ ¥1,000");
});

test("less than a day is told in hours or minutes", () => {
  expect(daysText(0.02, "en-GB")).toBe("28 minutes");
  expect(daysText(0.5, "en-GB")).toBe("12 hours");
  expect(daysText(8.34, "en-GB")).toBe("8.3 days");
  expect(daysText(41.6, "zh-CN")).toBe("42天");
});

test("a reason names its source and has no marks of code", () => {
  const text = reasonText(
    "`city` is Oslo, said by src_01abc; src_other too",
    (id) => ({ src_01abc: "Web shop" })[id] ?? id,
  );
  expect(text).toBe("“city” is Oslo, said by Web shop; src_other too");
});

test("the terms of one interest stand together, and every family has its place", () => {
  const tag = (tag: string, family: string, term: string | null): PersonTag => ({
    tag,
    family,
    term,
    label: why,
    why,
    weight: 0.5,
    confidence: 0.5,
  });
  const families = groupTags([
    tag("interest.brand", "interest", "Muji"),
    tag("social.sharing", "social", null),
    tag("interest.brand", "interest", "Hario"),
  ]);
  expect(families.map(({ family }) => family)).toEqual(["basic", "consumption", "interest", "social", "psychological"]);
  expect(families[2]?.tags.map(({ terms }) => terms.map((one) => one.term))).toEqual([["Muji", "Hario"]]);
});

test("the same word of one source is said once, and what holds comes first", () => {
  const traits = [
    said("city", "Oslo", { holds: false, said_at: "2026-01-01T00:00:00Z" }),
    said("city", "Bergen"),
    said("city", "Bergen", { holds: false, said_at: "2026-04-01T00:00:00Z" }),
    said("age", "30"),
  ];
  expect(wordsSaid(traits).map(({ name, value, holds }) => [name, value, holds])).toEqual([
    ["age", "30", true],
    ["city", "Bergen", true],
    ["city", "Oslo", false],
  ]);
});

test("evidence on the same two identifiers is one row", () => {
  const [a, b] = [
    { kind: "user_id", value: "u1" },
    { kind: "anonymous_id", value: "a1" },
  ] as const;
  const seen = (call: string, first_at: string, last_at: string, times: number): IdentityEvidence => ({
    a,
    b,
    call,
    source: "src_1",
    first_at,
    last_at,
    times,
  });
  const pairs = byPair([
    seen("track", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", 4),
    seen("identify", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 1),
  ]);
  expect(pairs).toEqual([
    {
      a,
      b,
      calls: ["track", "identify"],
      sources: ["src_1"],
      first_at: "2026-01-01T00:00:00Z",
      last_at: "2026-03-01T00:00:00Z",
      times: 5,
    },
  ]);
});

test("kinds, hashes and ids are short and readable", () => {
  expect(kindText("openid:wx_app", t)).toBe("WeChat openid · wx_app");
  expect(kindText("custom:loyalty:card", t)).toBe("Your own · loyalty:card");
  expect(shortValue({ kind: "email_hash", value: `80d0608611d2aec72694${"0".repeat(44)}` })).toBe("80d0608611d2…");
  expect(shortValue({ kind: "user_id", value: "a-very-long-user-id-indeed" })).toBe("a-very-long-user-id-indeed");
  expect(shortId("per_29d3hxjwwk2x5y5zkjn8bj178g")).toBe("per_29d3hx…");
  expect(wordFor(t, "event", "Something Else")).toBe("Something Else");
  const [a, b, c] = ["1", "2", "3"].map((value) => ({ kind: value === "2" ? "device" : "user_id", value }));
  expect(byKind([a, b, c].filter((one) => one !== undefined)).map(([kind, list]) => [kind, list.length])).toEqual([
    ["user_id", 2],
    ["device", 1],
  ]);
});
