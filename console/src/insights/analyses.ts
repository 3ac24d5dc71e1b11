/** Attribution, sessions, correlation and baskets: what is asked, how it stands in the page's address, what is saved as CSV. Pure. */

import { send } from "../api/client";
import type { components } from "../api/generated/schema";
import type { Interval, Path } from "../api/types";
import type { DateRange } from "../overview/range";
import type { Table } from "./figures";
import { apart, type Form, readNames, writeNames } from "./question";

type Schemas = components["schemas"];
export type AttributionAnswer = Schemas["AttributionAnswer"];
export type AttributionRow = Schemas["AttributionRow"];
export type SessionsAnswer = Schemas["SessionsAnswer"];
export type SessionFigures = Schemas["SessionFigures"];
export type CorrelationAnswer = Schemas["CorrelationAnswer"];
export type BasketAnswer = Schemas["BasketAnswer"];
export type BasketRule = Schemas["BasketRule"];

const asker =
  <Answer>(path: Path) =>
  (body: object, signal: AbortSignal) =>
    send<Answer>("POST", path, { body, signal });
export const askAttribution = asker<AttributionAnswer>("/api/v1/insights/attribution");
export const askSessions = asker<SessionsAnswer>("/api/v1/insights/sessions");
export const askCorrelation = asker<CorrelationAnswer>("/api/v1/insights/correlation");
export const askBasket = asker<BasketAnswer>("/api/v1/insights/basket");

export const models = ["first", "last", "linear", "time_decay", "position", "shapley", "markov"] as const;
export type Model = (typeof models)[number];

export interface AttributionAsked {
  by: string;
  conversion: string[];
  lookBackDays: number;
  halfLifeDays: number;
  keepDirect: boolean;
}

export interface SessionsAsked {
  byId: boolean;
  gapMinutes: number;
  breakDown: string;
  interval: Interval | null;
}

export interface CorrelationAsked {
  goal: string[];
  start: string[];
  fields: string[];
  least: number;
}

export const levels = ["product", "category", "brand"] as const;
export const sortings = ["lift", "confidence", "support"] as const;
export interface BasketAsked {
  level: (typeof levels)[number];
  sort: (typeof sortings)[number];
  items: number;
  /** The least number of orders; 0 for what is usual. */
  leastOrders: number;
  leastPercent: number;
  with: string;
}

const count = (params: URLSearchParams, name: string, usual: number) => {
  const text = params.get(name);
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : usual;
};
const one = <T extends string>(known: readonly T[], text: string | null, usual: T): T =>
  known.find((value) => value === text) ?? usual;

type Pair = [string, string];
/** Only what differs from what is usual. */
const differing = (pairs: [name: string, value: string | number, usual: string | number][]): Pair[] =>
  pairs.flatMap(([name, value, usual]) => (value === usual ? [] : [[name, String(value)]]));

export const attributionForm: Form<AttributionAsked> = {
  read: (params) => ({
    by: params.get("by") ?? "channel",
    conversion: readNames(params.get("conversion")),
    lookBackDays: count(params, "back", 30),
    halfLifeDays: count(params, "half", 7),
    keepDirect: params.get("direct") === "kept",
  }),
  write: (asked) =>
    differing([
      ["by", asked.by, "channel"],
      ["conversion", writeNames(asked.conversion), ""],
      ["back", asked.lookBackDays, 30],
      ["half", asked.halfLifeDays, 7],
      ["direct", asked.keepDirect ? "kept" : "", ""],
    ]),
};

const intervals = ["day", "week", "month"] as const;
export const sessionsForm: Form<SessionsAsked> = {
  read: (params) => ({
    byId: params.get("ids") === "client",
    gapMinutes: count(params, "gap", 30),
    breakDown: params.get("by") ?? "",
    interval: intervals.find((interval) => interval === params.get("interval")) ?? null,
  }),
  write: (asked) =>
    differing([
      ["ids", asked.byId ? "client" : "", ""],
      ["gap", asked.gapMinutes, 30],
      ["by", asked.breakDown, ""],
      ["interval", asked.interval ?? "", ""],
    ]),
};

export const correlationForm: Form<CorrelationAsked> = {
  read: (params) => ({
    goal: readNames(params.get("goal")),
    start: readNames(params.get("start")),
    fields: params.has("fields") ? readNames(params.get("fields")) : ["channel"],
    least: count(params, "least", 20),
  }),
  write: (asked) =>
    differing([
      ["goal", writeNames(asked.goal), ""],
      ["start", writeNames(asked.start), ""],
      ["fields", writeNames(asked.fields), "channel"],
      ["least", asked.least, 20],
    ]),
};

export const basketForm: Form<BasketAsked> = {
  read: (params) => ({
    level: one(levels, params.get("level"), "product"),
    sort: one(sortings, params.get("sort"), "lift"),
    items: count(params, "items", 3),
    leastOrders: count(params, "orders", 0),
    leastPercent: count(params, "sure", 10),
    with: params.get("with") ?? "",
  }),
  write: (asked) =>
    differing([
      ["level", asked.level, "product"],
      ["sort", asked.sort, "lift"],
      ["items", asked.items, 3],
      ["orders", asked.leastOrders, 0],
      ["sure", asked.leastPercent, 10],
      ["with", asked.with, ""],
    ]),
};

const orNothing = (names: string[]) => (names.length === 0 ? undefined : names);
const day = 86_400;

export const attributionBody = (asked: AttributionAsked, { from, to }: DateRange) => ({
  by: asked.by,
  conversion: orNothing(asked.conversion),
  look_back_s: asked.lookBackDays * day,
  half_life_s: asked.halfLifeDays * day,
  keep_direct: asked.keepDirect,
  from,
  to,
});

export const sessionsBody = (asked: SessionsAsked, interval: Interval, { from, to }: DateRange) => ({
  by_id: asked.byId,
  gap_s: asked.gapMinutes * 60,
  ...apart(asked.breakDown),
  interval,
  from,
  to,
});

export const correlationBody = (asked: CorrelationAsked, { from, to }: DateRange) => ({
  goal: orNothing(asked.goal),
  start: orNothing(asked.start),
  fields: asked.fields,
  least: asked.least,
  from,
  to,
});

export const basketBody = (asked: BasketAsked, { from, to }: DateRange) => ({
  level: asked.level,
  sort: asked.sort,
  items: asked.items,
  least_orders: asked.leastOrders === 0 ? undefined : asked.leastOrders,
  least_confidence: asked.leastPercent / 100,
  with: asked.with === "" ? undefined : asked.with,
  from,
  to,
});

type Credit = AttributionAnswer["total"];
const creditOf = (row: AttributionRow, model: Model): Credit | null => row.credit[model] ?? null;

export function attributionTable(answer: AttributionAnswer): Table {
  const head = ["value", "touches", "assisted", "removal_effect"];
  for (const model of models) head.push(`${model}_conversions`, `${model}_revenue_minor`);
  const same = (value: string, credit: Credit) => [
    value,
    null,
    null,
    null,
    ...models.flatMap(() => [credit.conversions, credit.revenue_minor]),
  ];
  return {
    head,
    rows: [
      ...answer.rows.map((row) => [
        row.value ?? "(others)",
        row.touches,
        row.assisted,
        row.removal_effect ?? null,
        ...models.flatMap((model) => {
          const credit = creditOf(row, model);
          return [credit?.conversions ?? null, credit?.revenue_minor ?? null];
        }),
      ]),
      same("(direct)", answer.unattributed.direct),
      same("(no touch)", answer.unattributed.untouched),
      same("(guests)", answer.unattributed.guests),
    ],
  };
}

const figureNames = [
  "sessions",
  "shoppers",
  "events",
  "pages",
  "bounced",
  "ordered",
  "mean_s",
  "bounce_rate",
  "conversion",
] as const;
const figuresOf = (figures: SessionFigures) => figureNames.map((name) => figures[name] ?? null);

export function sessionsTable(answer: SessionsAnswer): Table {
  return {
    head: ["of", "value", ...figureNames],
    rows: [
      ["all", null, ...figuresOf(answer.total)],
      ...answer.points.map((point) => ["interval", point.start, ...figuresOf(point)]),
      ...answer.parts.map((part) => ["part", part.value ?? null, ...figuresOf(part)]),
    ],
  };
}

export function correlationTable(answer: CorrelationAnswer): Table {
  const head = ["field", "value", "converted", "others", "converted_share", "others_share", "conversion"];
  head.push("odds_ratio", "odds_low", "odds_high", "share_ratio", "share_low", "share_high", "p", "adjusted_p", "test");
  return {
    head,
    rows: answer.correlates.map((one) => [
      one.field ?? "event",
      one.value,
      one.converted,
      one.others,
      one.converted_share,
      one.others_share,
      one.conversion,
      one.odds.ratio,
      one.odds.low,
      one.odds.high,
      one.shares.ratio,
      one.shares.low,
      one.shares.high,
      one.p,
      one.adjusted_p,
      one.test,
    ]),
  };
}

const itemName = ({ item, name }: BasketRule["also"]) => name ?? item;

export const ruleName = (rule: BasketRule) => `${rule.with.map(itemName).join(" + ")} → ${itemName(rule.also)}`;

export function basketTable(answer: BasketAnswer): Table {
  return {
    head: ["with", "also", "orders", "support", "confidence", "lift", "leverage", "conviction"],
    rows: answer.rules.map((rule) => [
      rule.with.map(({ item }) => item).join(" + "),
      rule.also.item,
      rule.orders,
      rule.support,
      rule.confidence,
      rule.lift,
      rule.leverage,
      rule.conviction ?? null,
    ]),
  };
}

/** A chance as people read it: 0.031, or < 0.001. */
export const chanceText = (chance: number) => (chance < 0.001 ? "< 0.001" : chance.toFixed(3));
/** A ratio with its interval: 2.14 (1.71–2.67). */
export const ratioText = ({ ratio, low, high }: { ratio: number; low: number; high: number }) => {
  const short = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  return `${short(ratio)} (${short(low)}–${short(high)})`;
};
