/** Which days the Overview shows. Civil dates are `YYYY-MM-DD` strings, which compare and sort as dates. */
import type { Interval } from "../api/types";

export interface DateRange {
  from: string;
  to: string;
}

export interface View extends DateRange {
  interval: Interval;
}

const dayMs = 86_400_000;

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** The days of a range, both ends counted. */
export function daysIn({ from, to }: DateRange): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs) + 1;
}

/** The civil date of an instant in the shop's time zone. */
export function dateIn(timeZone: string, instant: Date): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(instant);
}

/** An interval that gives a chart neither three points nor three hundred. */
export function intervalFor(range: DateRange): Interval {
  const days = daysIn(range);
  if (days <= 62) return "day";
  return days <= 200 ? "week" : "month";
}

/**
 * What to show first. A shop with fresh events sees its last 30 days; one whose data stops within the last quarter
 * the last 90; one whose data ended long ago (an imported history) sees all of it. `null` when there are no events.
 */
export function firstView(first: string | null, last: string | null, today: string): View | null {
  if (first === null || last === null) return null;
  const silence = daysIn({ from: last, to: today }) - 1;
  if (silence <= 30) return viewOf({ from: addDays(today, -29), to: today });
  if (silence <= 90) return viewOf({ from: addDays(today, -89), to: today });
  return viewOf({ from: first, to: last });
}

export function viewOf(range: DateRange): View {
  return { ...range, interval: intervalFor(range) };
}

export type PresetKey = "last7" | "last30" | "last90" | "thisMonth" | "last12Months" | "all";

/** Ranges offered beside the calendar. `all` needs data to span. */
export function presets(first: string | null, last: string | null, today: string): [PresetKey, DateRange][] {
  const list: [PresetKey, DateRange][] = [
    ["last7", { from: addDays(today, -6), to: today }],
    ["last30", { from: addDays(today, -29), to: today }],
    ["last90", { from: addDays(today, -89), to: today }],
    ["thisMonth", { from: `${today.slice(0, 7)}-01`, to: today }],
    ["last12Months", { from: addDays(today, -364), to: today }],
  ];
  if (first !== null && last !== null) list.push(["all", { from: first, to: last }]);
  return list;
}

const datePattern = /^\d{4}-\d{2}-\d{2}$/;

/** Reads a view from the page's address; anything unreadable falls back to `fallback`. */
export function viewFromParams(params: URLSearchParams, fallback: View): View {
  const from = params.get("from");
  const to = params.get("to");
  const interval = params.get("interval");
  const chosen = from !== null && to !== null && datePattern.test(from) && datePattern.test(to) && from <= to;
  const view = chosen ? viewOf({ from, to }) : fallback;
  return interval === "day" || interval === "week" || interval === "month" ? { ...view, interval } : view;
}

/** Whether any of the shop's data can lie in these days. */
export function overlaps(range: DateRange, first: string | null, last: string | null): boolean {
  return first !== null && last !== null && range.from <= last && range.to >= first;
}

/** What is known of the shop's days: its first and last event, and today in its time zone. */
export interface ShopDays {
  first: string | null;
  last: string | null;
  today: string;
}

/** The last day of the interval that begins with `start`. */
export function endOf(start: string, interval: Interval): string {
  if (interval === "day") return start;
  if (interval === "week") return addDays(start, 6);
  const next = new Date(`${start}T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1);
  return addDays(next.toISOString().slice(0, 10), -1);
}

/** Days before the first event and days to come are unknown; a silent day in between is a true zero. */
export function mayHoldData(start: string, interval: Interval, days: ShopDays): boolean {
  return days.first !== null && endOf(start, interval) >= days.first && start <= days.today;
}

/** Whether an interval lies in the range from its first to its last day, and is over. */
export function isWhole(start: string, interval: Interval, range: DateRange, today: string): boolean {
  const end = endOf(start, interval);
  return start >= range.from && end <= range.to && end < today;
}
