import { expect, test } from "vitest";
import { cellsOf, metricsTable, readSpend, waterfall } from "./metrics";

test("a waterfall begins with what was and ends with what is", () => {
  const steps = waterfall({
    before_minor: 100,
    now_minor: 150,
    branches: [],
    contributions: [
      { key: "conversion", contribution_minor: 70 },
      { key: "active_shoppers", contribution_minor: -20 },
    ],
  });
  expect(steps.map(({ from, to }) => [from, to])).toEqual([
    [0, 100],
    [100, 170],
    [170, 150],
    [0, 150],
  ]);
});

test("cells may be quoted", () => {
  expect(cellsOf('2026-03-01,"a ""b"", c",,12.5')).toEqual(["2026-03-01", 'a "b", c', "", "12.5"]);
});

test("spend is read from a file, in minor units of its currency", () => {
  const file =
    "\ufeffDate,Channel,Campaign,Cost,Currency,Clicks\r\n2026-03-01,wechat,spring,12.34,CNY,7\r\n2026-03-02,sms,,1000,JPY,\r\n";
  expect(readSpend(file, null)).toEqual({
    rows: [
      { day: "2026-03-01", channel: "wechat", campaign: "spring", amount_minor: 1234, currency: "CNY", clicks: 7 },
      { day: "2026-03-02", channel: "sms", amount_minor: 1000, currency: "JPY" },
    ],
    faults: [],
  });
  expect(readSpend("day,channel,amount_minor\n2026-03-01,sms,55", "CNY").rows[0]?.amount_minor).toBe(55);
});

test("what cannot be read is named with its line", () => {
  expect(readSpend("day,amount\n", "CNY").faults).toEqual([{ line: 1, field: "channel", value: "" }]);
  const { rows, faults } = readSpend("day,channel,amount\n1 March,sms,5\n2026-03-02,sms,five\n2026-03-03,sms,6", "CNY");
  expect(rows).toHaveLength(1);
  expect(faults).toEqual([
    { line: 2, field: "day", value: "1 March" },
    { line: 3, field: "amount", value: "five" },
  ]);
});

test("the table has a column for each interval", () => {
  const table = metricsTable({
    starts: ["2026-03-01"],
    metrics: [{ key: "gmv", value: 5, previous: null, series: [5], previous_series: [] }],
  } as never);
  expect(table).toEqual({ head: ["metric", "value", "previous", "2026-03-01"], rows: [["gmv", 5, null, 5]] });
});
