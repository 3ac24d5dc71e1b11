/** What is asked, and how it stands in the page's address. Pure: an address in, a question out, and back. */
import type { Interval } from "../api/types";
import type { DateRange } from "../overview/range";
import type { Filter } from "../segments/rule";
import { chosen, readWhere, said, writeWhere } from "./where";

export const views = [
  "funnel",
  "trends",
  "retention",
  "active",
  "paths",
  "attribution",
  "sessions",
  "correlation",
  "basket",
] as const;
export type InsightView = (typeof views)[number];

const spanUnits = ["s", "m", "h", "d"] as const;
export type SpanUnit = (typeof spanUnits)[number];
const unitSeconds: Record<SpanUnit, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** How long, as it was said: a day and 24 hours are the same, but read differently. */
export interface Span {
  count: number;
  unit: SpanUnit;
}

export const secondsOf = ({ count, unit }: Span) => count * unitSeconds[unit];

export interface Step {
  events: string[];
  optional: boolean;
  /** What their fields must be. */
  where?: Filter[];
}

/** What must not happen after one step and before another, both counted from 1. */
export interface Exclusion {
  events: string[];
  after: number;
  before: number;
}

export const orders = ["ordered", "strict", "any"] as const;
export type Order = (typeof orders)[number];

export interface FunnelAsked {
  steps: Step[];
  order: Order;
  within: Span;
  exclude: Exclusion[];
  /** Fields; empty for none. */
  same: string;
  breakDown: string;
  /** Only people of this segment. */
  segment?: string;
  /** Every entry instead of every shopper. */
  entries?: true;
}

export interface RetentionAsked {
  /** No names: anything. */
  start: string[];
  back: string[];
  startWhere?: Filter[];
  backWhere?: Filter[];
  segment?: string;
  firstTime: boolean;
  times: number;
  returning: "on" | "on_or_after";
  /** As the period suggests if not said. */
  interval: Interval | null;
  horizon: number | null;
  /** Empty for none. */
  breakDown: string;
}

export interface ActiveAsked {
  events: string[];
  where?: Filter[];
  segment?: string;
  interval: Interval | null;
}

export interface PathsAsked {
  anchor: "session" | "start" | "end";
  events: string[];
  where?: Filter[];
  segment?: string;
  steps: number;
  gap: Span;
  fold: boolean;
  limit: number;
}

/** How a question is read from an address, and what it puts there: only what differs from what is usual. */
export interface Form<Asked> {
  read: (params: URLSearchParams) => Asked;
  write: (asked: Asked) => [name: string, value: string][];
}

export const mostSteps = 20;
const emptyStep: Step = { events: [], optional: false };
const week: Span = { count: 7, unit: "d" };
const halfAnHour: Span = { count: 30, unit: "m" };

/** Names in one value, with commas between; a comma in a name is escaped. */
export function writeNames(names: string[]): string {
  return names.map((name) => name.replace(/[\\,]/g, (char) => `\\${char}`)).join(",");
}

export function readNames(text: string | null): string[] {
  const names = (text ?? "").match(/(?:\\.|[^\\,])+/gs) ?? [];
  return [...new Set(names.map((name) => name.replace(/\\(.)/gs, "$1")))];
}

const writeSpan = ({ count, unit }: Span) => `${count}${unit}`;

function readSpan(text: string | null, usual: Span): Span {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text ?? "") ?? [];
  return count === undefined ? usual : { count: Number(count), unit: unit as SpanUnit };
}

function readCount(text: string | null, usual: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : usual;
}

function oneOf<T extends string>(known: readonly T[], text: string | null): T | null {
  return known.find((one) => one === text) ?? null;
}

const intervals = ["day", "week", "month"] as const;

const unlessUsual = (text: string, usual: string) => (text === usual ? null : text);

const readSegment = (params: URLSearchParams) => {
  const segment = params.get("segment");
  return segment === null || segment === "" ? {} : { segment };
};

export const funnelForm: Form<FunnelAsked> = {
  read: (params) => {
    const optional = new Set((params.get("optional") ?? "").split(","));
    const steps = params.getAll("step").slice(0, mostSteps);
    const between = params.getAll("between");
    while (steps.length < 2) steps.push("");
    return {
      steps: steps.map((names, place) => ({
        events: readNames(names),
        optional: optional.has(String(place + 1)),
        ...readWhere(params, "where", `where-${place + 1}`),
      })),
      order: oneOf(orders, params.get("order")) ?? "ordered",
      within: readSpan(params.get("within"), week),
      exclude: params.getAll("exclude").map((names, place) => {
        const [, after, before] = /^(\d{1,2})-(\d{1,2})$/.exec(between[place] ?? "") ?? [];
        return { events: readNames(names), after: Number(after ?? 1), before: Number(before ?? steps.length) };
      }),
      same: params.get("same") ?? "",
      breakDown: params.get("by") ?? "",
      ...readSegment(params),
      ...(params.get("count") === "entries" ? { entries: true as const } : {}),
    };
  },
  write: (asked) => {
    const optional = asked.steps.flatMap((step, place) => (step.optional ? [place + 1] : []));
    const blank = asked.steps.length === 2 && asked.steps.every(({ events }) => events.length === 0);
    return [
      ...(blank ? [] : asked.steps.map((step): [string, string] => ["step", writeNames(step.events)])),
      ...said([
        ["optional", optional.join(",")],
        ["order", unlessUsual(asked.order, "ordered")],
        ["within", unlessUsual(writeSpan(asked.within), writeSpan(week))],
      ]),
      ...asked.exclude.flatMap((one): [string, string][] => [
        ["exclude", writeNames(one.events)],
        ["between", `${one.after}-${one.before}`],
      ]),
      ...said([
        ["same", asked.same],
        ["by", asked.breakDown],
        ...asked.steps.map((step, place): [string, string | null] => [`where-${place + 1}`, writeWhere(step.where)]),
        ["segment", asked.segment ?? null],
        ["count", asked.entries ? "entries" : null],
      ]),
    ];
  },
};

export const retentionForm: Form<RetentionAsked> = {
  read: (params) => ({
    start: readNames(params.get("start")),
    back: readNames(params.get("then")),
    firstTime: params.get("first") !== "any",
    times: readCount(params.get("times"), 1),
    returning: oneOf(["on", "on_or_after"] as const, params.get("returning")) ?? "on",
    interval: oneOf(intervals, params.get("interval")),
    horizon: params.has("horizon") ? readCount(params.get("horizon"), 30) : null,
    breakDown: params.get("by") ?? "",
    ...readWhere(params, "startWhere", "start-where"),
    ...readWhere(params, "backWhere", "then-where"),
    ...readSegment(params),
  }),
  write: (asked) =>
    said([
      ["start", writeNames(asked.start)],
      ["then", writeNames(asked.back)],
      ["first", asked.firstTime ? null : "any"],
      ["times", unlessUsual(String(asked.times), "1")],
      ["returning", unlessUsual(asked.returning, "on")],
      ["interval", asked.interval],
      ["horizon", asked.horizon === null ? null : String(asked.horizon)],
      ["by", asked.breakDown],
      ["start-where", writeWhere(asked.startWhere)],
      ["then-where", writeWhere(asked.backWhere)],
      ["segment", asked.segment ?? null],
    ]),
};

export const activeForm: Form<ActiveAsked> = {
  read: (params) => ({
    events: readNames(params.get("events")),
    interval: oneOf(intervals, params.get("interval")),
    ...readWhere(params, "where", "where"),
    ...readSegment(params),
  }),
  write: (asked) =>
    said([
      ["events", writeNames(asked.events)],
      ["interval", asked.interval],
      ["where", writeWhere(asked.where)],
      ["segment", asked.segment ?? null],
    ]),
};

export const pathsForm: Form<PathsAsked> = {
  read: (params) => {
    const anchor = params.has("start") ? "start" : params.has("end") ? "end" : "session";
    return {
      anchor,
      events: anchor === "session" ? [] : readNames(params.get(anchor)),
      steps: readCount(params.get("steps"), 5),
      gap: readSpan(params.get("gap"), halfAnHour),
      fold: params.get("repeats") !== "kept",
      limit: readCount(params.get("limit"), 20),
      ...readWhere(params, "where", "where"),
      ...readSegment(params),
    };
  },
  // An anchor whose events are not chosen yet is kept too.
  write: (asked) => [
    ...(asked.anchor === "session" ? [] : [[asked.anchor, writeNames(asked.events)] as [string, string]]),
    ...said([
      ["steps", unlessUsual(String(asked.steps), "5")],
      ["gap", unlessUsual(writeSpan(asked.gap), writeSpan(halfAnHour))],
      ["repeats", asked.fold ? null : "kept"],
      ["limit", unlessUsual(String(asked.limit), "20")],
      ["where", writeWhere(asked.where)],
      ["segment", asked.segment ?? null],
    ]),
  ],
};

/** The same, asked of the people of a segment, or of everybody. */
export function ofSegment<Asked extends { segment?: string }>(asked: Asked, segment: string | undefined): Asked {
  const { segment: _, ...everybody } = asked;
  return (segment === undefined ? everybody : { ...everybody, segment }) as Asked;
}

/** Whether every step and exclusion says what it is. */
export function isComplete(asked: FunnelAsked): boolean {
  return [...asked.steps, ...asked.exclude].every(({ events }) => events.length > 0);
}

/** Without one step. The ends are never optional, and exclusions stay between two steps. */
export function withoutStep(asked: FunnelAsked, place: number): FunnelAsked {
  return withSteps(
    asked,
    asked.steps.filter((_, other) => other !== place),
  );
}

export function withSteps(asked: FunnelAsked, steps: Step[]): FunnelAsked {
  const last = steps.length - 1;
  const grown = steps.length > asked.steps.length;
  return {
    ...asked,
    steps: steps.map((step, place) => (place === 0 || place === last ? { ...step, optional: false } : step)),
    exclude: asked.exclude.map((one) => {
      // What lasted to the end still does.
      const before = grown && one.before === asked.steps.length ? steps.length : Math.min(one.before, steps.length);
      return { ...one, before, after: Math.min(one.after, before - 1) };
    }),
  };
}

/** In another order, without what makes no sense in it. */
export function withOrder(asked: FunnelAsked, order: Order): FunnelAsked {
  const { entries: _, ...shoppers } = asked;
  return {
    ...(order === "any" ? shoppers : asked),
    order,
    steps: order === "any" ? asked.steps.map((step) => ({ ...step, optional: false })) : asked.steps,
    exclude: order === "ordered" ? asked.exclude : [],
  };
}

/** Counting every entry, or every shopper. */
export function withEntries(asked: FunnelAsked, every: boolean): FunnelAsked {
  const { entries: _, ...shoppers } = asked;
  return every ? { ...shoppers, entries: true } : shoppers;
}

export const addedStep = (asked: FunnelAsked) => withSteps(asked, [...asked.steps, emptyStep]);

/** The order of a shop's usual way; a funnel to begin with are those of it that happen there. */
const usualWay = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"];

export function usualFunnel(known: string[]): Step[] | null {
  const steps = usualWay.filter((name) => known.includes(name));
  return steps.length < 2 ? null : steps.map((name) => ({ events: [name], optional: false }));
}

export const usualHorizon = (interval: Interval) => (interval === "day" ? 30 : 12);

/** What tells things apart, as the program reads it: `segment.` and ids are segments, all else is a field. */
export function apart(breakDown: string): { break_down?: string; segments?: string[] } {
  if (breakDown.startsWith("segment.")) return { segments: readNames(breakDown.slice("segment.".length)) };
  return breakDown === "" ? {} : { break_down: breakDown };
}

export function funnelBody(asked: FunnelAsked, { from, to }: DateRange) {
  return {
    steps: asked.steps.map(({ events, optional, where }) => ({ events: chosen(events, where) ?? events, optional })),
    order: asked.order,
    within_s: secondsOf(asked.within),
    exclude: asked.exclude,
    same: asked.same === "" ? undefined : asked.same,
    ...apart(asked.breakDown),
    segment: asked.segment,
    counted: asked.entries ? "entries" : undefined,
    from,
    to,
  };
}

export function retentionBody(asked: RetentionAsked, interval: Interval, { from, to }: DateRange) {
  return {
    start: chosen(asked.start, asked.startWhere),
    // biome-ignore lint/suspicious/noThenProperty: that is what the API calls it, and nobody awaits it
    then: chosen(asked.back, asked.backWhere),
    first_time: asked.firstTime,
    times: asked.times,
    returning: asked.returning,
    interval,
    horizon: asked.horizon ?? usualHorizon(interval),
    ...apart(asked.breakDown),
    segment: asked.segment,
    from,
    to,
  };
}

export function activeBody(asked: ActiveAsked, interval: Interval, { from, to }: DateRange) {
  return { events: chosen(asked.events, asked.where), interval, segment: asked.segment, from, to };
}

export function pathsBody(asked: PathsAsked, { from, to }: DateRange) {
  return {
    ...(asked.anchor === "session" ? {} : { [asked.anchor]: chosen(asked.events, asked.where) ?? asked.events }),
    segment: asked.segment,
    steps: asked.steps,
    gap_s: secondsOf(asked.gap),
    fold: asked.fold,
    limit: asked.limit,
    from,
    to,
  };
}
