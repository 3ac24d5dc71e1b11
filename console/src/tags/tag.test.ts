import { expect, test } from "vitest";
import { formOf, idIn, makingOf, makings, newDefinition, newKind, numbersOf, ruleOfTenth, ruleOfTerm } from "./tag";

test("every way to make a tag is told from its kind", () => {
  for (const making of makings) expect(makingOf(newKind(making))).toBe(making);
});

test("only the numbers a kind makes use of are asked for", () => {
  expect(numbersOf(newKind("interest"))).toEqual({ half_life: true, half_at: true, evidence: true, top: true });
  expect(numbersOf(newKind("formula")).top).toBe(false);
  expect(numbersOf(newKind("model"))).toEqual({ half_life: false, half_at: false, evidence: false, top: false });
});

test("the id goes along with the family", () => {
  expect(idIn("social", "consumption.big_spender")).toBe("social.big_spender");
  expect(idIn("basic", "consumption.")).toBe("basic.");
});

test("what is sent is the definition without its id", () => {
  const definition = { ...newDefinition(), id: "consumption.vip", en: "VIP", zh: "贵宾" };
  const form = formOf(definition, 7);
  expect(form).toMatchObject({ en: "VIP", zh: "贵宾", family: "consumption", based_on: 7 });
  expect("id" in form).toBe(false);
});

test("a bar of the histogram is a rule", () => {
  expect(ruleOfTenth("t", 0)).toEqual({
    all: [{ tag: { tag: "t", weight: { gt: 0 } } }, { tag: { tag: "t", weight: { lt: 0.1 } } }],
  });
  expect(ruleOfTenth("t", 9)).toEqual({ all: [{ tag: { tag: "t", weight: { ge: 0.9 } } }] });
  expect(ruleOfTerm("t", "Tea")).toEqual({ tag: { tag: "t", term: "Tea", weight: { gt: 0 } } });
});
