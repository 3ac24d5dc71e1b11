import { expect, test } from "vitest";
import { en, type Key } from "./en";
import { chooseLocale, translator } from "./i18n";
import { zh } from "./zh";

const keys = Object.keys(en) as Key[];
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([found]) => found).sort();

test("both languages have the same keys", () => {
  expect(Object.keys(zh).sort()).toEqual([...keys].sort());
});

test("both languages say the same values", () => {
  for (const key of keys) expect(placeholders(zh[key]), key).toEqual(placeholders(en[key]));
});

test("no words are left untranslated", () => {
  const sameInBoth = new Set<Key>(["nav.sql", "snippet.curl", "snippet.node", "snippet.python"]);
  for (const key of keys) if (!sameInBoth.has(key)) expect(zh[key], key).not.toBe(en[key]);
});

test("values are put in their places", () => {
  expect(translator("en")("sql.place", { line: 3, column: 7 })).toBe("Line 3, column 7");
  expect(translator("zh-CN")("sql.place", { line: 3, column: 7 })).toBe("第 3 行，第 7 列");
});

test("the remembered language wins, then the browser's first that is known", () => {
  expect(chooseLocale("zh-CN", ["en-US"])).toBe("zh-CN");
  expect(chooseLocale(null, ["de-DE", "zh-TW", "en"])).toBe("zh-CN");
  expect(chooseLocale("klingon", ["de-DE"])).toBe("en");
});
