import { expect, test } from "vitest";
import {
  attributionBody,
  attributionForm,
  attributionTable,
  basketForm,
  chanceText,
  correlationForm,
  ratioText,
  sessionsForm,
} from "./analyses";

const from = (text: string) => new URLSearchParams(text);

test("a question is read back from its address as it was written", () => {
  for (const [form, text] of [
    [attributionForm, "by=sharer&conversion=Order+Completed&back=14&half=3&direct=kept"],
    [sessionsForm, "ids=client&gap=20&by=entry_page&interval=week"],
    [correlationForm, "goal=A&start=B&fields=campaign&least=5"],
    [basketForm, "level=category&sort=support&items=2&orders=9&sure=30&with=tea"],
  ] as const) {
    expect(new URLSearchParams(form.write(form.read(from(text)) as never)).toString()).toBe(text);
    expect(form.write(form.read(from("")) as never)).toEqual([]);
  }
});

test("days become seconds", () => {
  const body = attributionBody(attributionForm.read(from("back=14")), { from: "2026-01-01", to: "2026-01-31" });
  expect(body).toMatchObject({ by: "channel", look_back_s: 1_209_600, half_life_s: 604_800 });
  expect(body.conversion).toBeUndefined();
});

test("the table has what is not attributed too", () => {
  const credit = { conversions: 1, revenue_minor: 100 };
  const none = { conversions: 0, revenue_minor: 0 };
  const table = attributionTable({
    currency: "CNY",
    other_currencies: [],
    total: credit,
    attributed: none,
    unattributed: { direct: none, untouched: credit, guests: none },
    lost: 0,
    rows: [],
    values: 0,
  });
  expect(table.rows.map(([value]) => value)).toEqual(["(direct)", "(no touch)", "(guests)"]);
  expect(table.head).toHaveLength(table.rows[0]?.length ?? 0);
});

test("chances and ratios are short", () => {
  expect([chanceText(0.0312), chanceText(1e-9)]).toEqual(["0.031", "< 0.001"]);
  expect(ratioText({ ratio: 2.136, low: 1.708, high: 120 })).toBe("2.14 (1.71–120)");
});
