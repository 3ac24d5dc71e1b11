/** What a trend asks, and how it stands in the page's address. Pure. */
import type { DateRange } from "../overview/range";
import type { Filter } from "../segments/rule";
import { apart, type Form } from "./question";
import { chosen, readWhere, said, writeWhere } from "./where";

export const figures = ["count", "shoppers", "sum", "average", "min", "max", "percentile", "per_shopper"] as const;
export type TrendFigure = (typeof figures)[number];

export const trendIntervals = ["hour", "day", "week", "month"] as const;
export type TrendInterval = (typeof trendIntervals)[number];

export interface TrendSeries {
  events: string[];
  where?: Filter[];
  figure: TrendFigure;
  /** The number that events carry; empty for none. */
  of: string;
  percentile: number;
}

export interface TrendAsked {
  series: TrendSeries[];
  formulas: string[];
  interval: TrendInterval | null;
  breakDown: string;
  top: number;
  compare: boolean;
  segment?: string;
}

export const mostSeries = 8;
export const firstSeries: TrendSeries = { events: [], figure: "count", of: "", percentile: 50 };

/** Whether a figure is of a number that events carry. */
export const isOfNumber = (figure: TrendFigure) => figure !== "count" && figure !== "shoppers";
/** Whether a series says what it needs to. */
export const isWhole = ({ figure, of }: TrendSeries) => !isOfNumber(figure) || figure === "per_shopper" || of !== "";

export const letterOf = (place: number) => String.fromCharCode(65 + place);

function readSeries(text: string): TrendSeries {
  const params = new URLSearchParams(text);
  const figure = figures.find((one) => one === params.get("figure")) ?? "count";
  const percentile = Number(params.get("p") ?? 50);
  return {
    events: params.getAll("event"),
    figure,
    of: params.get("of") ?? "",
    percentile: Number.isFinite(percentile) ? Math.min(Math.max(percentile, 0), 100) : 50,
    ...readWhere(params, "where", "where"),
  };
}

function writeSeries({ events, where, figure, of, percentile }: TrendSeries): string {
  return new URLSearchParams([
    ...events.map((event): [string, string] => ["event", event]),
    ...said([
      ["figure", figure === "count" ? null : figure],
      ["of", of],
      ["p", percentile === 50 ? null : String(percentile)],
      ["where", writeWhere(where)],
    ]),
  ]).toString();
}

export const trendForm: Form<TrendAsked> = {
  read: (params) => {
    const series = params.getAll("series").slice(0, mostSeries).map(readSeries);
    const top = Number(params.get("top") ?? 10);
    const segment = params.get("segment");
    return {
      series: series.length === 0 ? [firstSeries] : series,
      formulas: params.getAll("formula").slice(0, mostSeries),
      interval: trendIntervals.find((one) => one === params.get("interval")) ?? null,
      breakDown: params.get("by") ?? "",
      top: Number.isInteger(top) && top >= 1 && top <= 100 ? top : 10,
      compare: params.get("compare") === "yes",
      ...(segment === null || segment === "" ? {} : { segment }),
    };
  },
  write: (asked) => [
    ...asked.series
      .map((series): [string, string] => ["series", writeSeries(series)])
      .filter(([, text], _, all) => all.length > 1 || text !== ""),
    ...asked.formulas.map((formula): [string, string] => ["formula", formula]),
    ...said([
      ["interval", asked.interval],
      ["by", asked.breakDown],
      ["top", asked.top === 10 ? null : String(asked.top)],
      ["compare", asked.compare ? "yes" : null],
      ["segment", asked.segment ?? null],
    ]),
  ],
};

export function trendBody(asked: TrendAsked, interval: TrendInterval, { from, to }: DateRange) {
  return {
    series: asked.series.map(({ events, where, figure, of, percentile }) => ({
      events: chosen(events, where),
      figure,
      of: isOfNumber(figure) && of !== "" ? of : undefined,
      percentile: figure === "percentile" ? percentile : undefined,
    })),
    // A formula that is just being added says nothing yet.
    formulas: asked.formulas.filter((formula) => formula.trim() !== ""),
    interval,
    ...apart(asked.breakDown),
    top: asked.top,
    compare: asked.compare,
    segment: asked.segment,
    from,
    to,
  };
}
