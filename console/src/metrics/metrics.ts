/** Metrics and spend: what the API says of them, and how they are put in order. Pure but for the calls. */

import { send } from "../api/client";
import type { components } from "../api/generated/schema";
import type { Interval } from "../api/types";
import type { Table } from "../insights/figures";
import { durationText } from "../insights/figures";
import type { DateRange } from "../overview/range";
import { type Format, minorDigits, unknown } from "../ui/format";

type Schemas = components["schemas"];
export type MetricsAnswer = Schemas["MetricsAnswer"];
export type MetricValues = Schemas["MetricValues"];
export type MetricAbout = Schemas["MetricAbout"];
export type MetricTree = Schemas["MetricTree"];
export type Spend = Schemas["Spend"];
export type SpendSet = Schemas["SpendSet"];

export const listMetrics = () => send<Schemas["MetricList"]>("GET", "/api/v1/metrics");
export const askMetrics = (question: DateRange & { interval: Interval }, signal: AbortSignal) =>
  send<MetricsAnswer>("POST", "/api/v1/insights/metrics", { body: question, signal });
export const putSpend = (rows: Spend[]) => send<SpendSet>("PUT", "/api/v1/spend", { body: { rows } });

export const families = ["behaviour", "conversion", "social", "cost"] as const;
export type Family = MetricAbout["family"];

/** A metric as a person reads it. */
export function metricText(
  measured: MetricAbout["measured"],
  value: number | null | undefined,
  { format, currency, tag }: { format: Format; currency: string | null | undefined; tag: string },
): string {
  if (value == null) return unknown;
  switch (measured) {
    case "count":
      return format.count(value);
    case "money":
      return format.money(value, currency);
    case "share":
      return format.percent(value);
    case "seconds":
      return durationText(value, tag);
    default:
      return new Intl.NumberFormat(tag, { maximumFractionDigits: 3 }).format(value);
  }
}

/** Whether more of it is worse. */
export const worseWhenMore = new Set(["bounce_rate", "refund_rate", "cac", "cycle_s", "spend_share"]);

export function metricsTable(answer: MetricsAnswer): Table {
  return {
    head: ["metric", "value", "previous", ...answer.starts],
    rows: answer.metrics.map((metric) => [
      metric.key,
      metric.value ?? null,
      metric.previous ?? null,
      ...metric.series.map((value) => value ?? null),
    ]),
  };
}

/** A bar of a waterfall: it begins where the one before it ended. */
export interface Step {
  key: string;
  from: number;
  to: number;
}

/** From the period before to this one, by what each factor contributed. */
export function waterfall({ before_minor, now_minor, contributions }: MetricTree): Step[] {
  const steps: Step[] = [{ key: "before", from: 0, to: before_minor }];
  let at = before_minor;
  for (const { key, contribution_minor } of contributions) {
    steps.push({ key, from: at, to: at + contribution_minor });
    at += contribution_minor;
  }
  return [...steps, { key: "now", from: 0, to: now_minor }];
}

/** What is wrong with a file of spend: which line, and which field. */
export interface SpendFault {
  line: number;
  field: string;
  value: string;
}

const names: Record<string, keyof Spend> = {
  day: "day",
  date: "day",
  channel: "channel",
  campaign: "campaign",
  currency: "currency",
  amount: "amount_minor",
  spend: "amount_minor",
  cost: "amount_minor",
  amount_minor: "amount_minor",
  impressions: "impressions",
  clicks: "clicks",
};

/** The cells of a line of CSV; quoted cells may hold commas and doubled quotes. */
export function cellsOf(line: string): string[] {
  const cells: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(quoted === undefined ? (plain ?? "").trim() : quoted.replace(/""/g, '"'));
  }
  return cells;
}

/**
 * Rows of spend from a CSV with a head: `day`, `channel` and `amount` (in major units) or `amount_minor`, and where there
 * are such `campaign`, `currency`, `impressions`, `clicks`.
 */
export function readSpend(text: string, currency: string | null): { rows: Spend[]; faults: SpendFault[] } {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const written = cellsOf(lines[0] ?? "").map((name) => name.toLowerCase());
  const columns = written.map((name) => names[name]);
  const faults: SpendFault[] = [];
  for (const wanted of ["day", "channel", "amount_minor"] as const) {
    if (!columns.includes(wanted))
      faults.push({ line: 1, field: wanted === "amount_minor" ? "amount" : wanted, value: "" });
  }
  const rows: Spend[] = [];
  if (faults.length > 0) return { rows, faults };
  for (const [index, line] of lines.slice(1).entries()) {
    if (line.trim() === "") continue;
    const cells = cellsOf(line);
    const said = (name: keyof Spend) => cells[columns.indexOf(name)] ?? "";
    const paidIn = said("currency") || currency;
    const scale = written.includes("amount_minor") ? 1 : 10 ** minorDigits(paidIn ?? "");
    const amount = said("amount_minor").replace(/[,\s]/g, "");
    const minor = Math.round(Number(amount) * scale);
    const counts = (["impressions", "clicks"] as const).filter((field) => said(field) !== "");
    const uncounted = counts.find((field) => !/^\d+$/.test(said(field)));
    const wrong = !/^\d{4}-\d{2}-\d{2}$/.test(said("day"))
      ? "day"
      : said("channel") === ""
        ? "channel"
        : amount === "" || !Number.isSafeInteger(minor)
          ? "amount_minor"
          : uncounted;
    if (wrong !== undefined) {
      faults.push({ line: index + 2, field: wrong.replace("_minor", ""), value: said(wrong) });
      continue;
    }
    rows.push({
      day: said("day"),
      channel: said("channel"),
      amount_minor: minor,
      ...(said("campaign") === "" ? {} : { campaign: said("campaign") }),
      ...(paidIn ? { currency: paidIn } : {}),
      ...Object.fromEntries(counts.map((field) => [field, Number(said(field))])),
    });
  }
  return { rows, faults };
}

/** What is told of each step of the tree. */
export const factorWords = {
  before: "metrics.before",
  now: "metrics.now",
  active_shoppers: "metrics.factor.active_shoppers",
  conversion: "metrics.factor.conversion",
  frequency: "metrics.factor.frequency",
  orders: "metrics.factor.orders",
  units_per_order: "metrics.factor.units_per_order",
  unit_price: "metrics.factor.unit_price",
} as const;
export type FactorKey = keyof typeof factorWords;
